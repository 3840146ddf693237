"""Which of the dates on a page is the article's: when it was published, and when it was last changed."""

import functools
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib import resources

from tasks.dates import Habits, Moment, find_dates, read_date, relative_date
from tasks.page import Block, Kind, Label, LabelledBlock, Page
from tasks.publisher_rules import in_zone

AHEAD = timedelta(days=1)  # by which a publisher's clock may be ahead of the fetch
MAX_LINE = 220  # characters of a line that gives the date
MIN_BODY = 100  # characters of a paragraph that is body for sure
BEFORE, AFTER = 12, 14  # blocks around the headline in which the date is looked for
AFTER_TEXT = 4  # blocks after the text in which a dump may give it
# How little a dump's line tells of the date: by its label, and from which on it is not asked.
COSTS = {Label.TIMESTAMP: 0, Label.BYLINE: 2, Label.DATELINE: 2}
UNLIKELY = 30
NEAR = 8  # the same for a line that stands by the headline
SAME = timedelta(hours=26)  # two writings of one date differ by no more, whatever their zones
FAR_EAST = timedelta(hours=14)  # the farthest zone

_DATE_PLACE = re.compile(
    r"date|time(?!line)|publish|posted|(?:post|entry|article)[-_]?meta|datum|fecha|veröffentlicht|horodat|data-pub|"
    r"pubdate|stamp"
)
_BRACKETED = re.compile(r"\(((?=[^()]{0,30}(?:19|20)\d\d)[^()]{6,30})\)\s?(?=\w)")
_DIGIT = re.compile(r"\d")
_URL_DATE = re.compile(
    r"[/_.=-](?:((?:19|20)\d{2})([/_.-]?)(0[1-9]|1[0-2])\2(0[1-9]|[12]\d|3[01])|((?:19|20)\d{2})/([1-9])/([1-9]\d?))"
    # In /2012/07/16_deaths_a_day/ the number may be the headline's.
    r"(?!\d|(?<=/\d{2})[_-][a-z])",
    re.ASCII,
)
_URL_MONTHS = re.compile(
    r"/((?:19|20)\d{2})/(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}/(\d{1,2})(?!\d)"
)


@dataclass(frozen=True, slots=True)
class DateWords:
    """The patterns made of `config/date_words.toml`: what says that a date is that of a change, or the first."""

    modified: re.Pattern[str]
    published: re.Pattern[str]


@functools.cache
def date_words() -> DateWords:
    """The words that say what a date is, compiled once."""
    table: Mapping[str, list[str]] = tomllib.loads(
        resources.files("config").joinpath("date_words.toml").read_text("utf-8")
    )
    return DateWords(*(_any(table[kind], table[f"{kind}_signs"]) for kind in ("modified", "published")))


def _any(words: Iterable[str], signs: Iterable[str]) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{'|'.join(words)})(?!\w)|{'|'.join(signs)}", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Dates:
    """When the article was published and last changed; None where the page does not say."""

    published: Moment | None = None
    modified: Moment | None = None


@dataclass(frozen=True, slots=True)
class _Line:
    row: int
    text: str
    datetime: str | None
    rank: int  # the lower, the likelier it gives the article's date


def find_dates_of(page: Page, blocks: Sequence[LabelledBlock], title_row: int | None, habits: Habits) -> Dates:
    """The article's dates: what the page declares, else what stands by the headline, else what its address says."""
    lines = _lines(page, blocks, title_row)
    changes = [moment for text in page.declared.modified if (moment := _usable(page, read_date(text, habits)))]
    if not changes:
        changes += _shown(page, lines, habits, modified=True)
    declared = [moment for text in page.declared.published if (moment := _usable(page, read_date(text, habits)))]
    if declared and declared[0].has_time:
        published: Moment | None = _most_exact(declared)
    else:
        latest = changes[0] if changes and page.kind is Kind.DUMP else None
        shown = [moment for moment in _shown(page, lines, habits, modified=False) if not _is_after(moment, latest)]
        address = _url_date(page)
        near = _shown(page, [line for line in lines if line.rank <= NEAR], habits, modified=False)
        published = (
            _before_change(declared, changes, near)
            or _most_exact(declared, shown)
            or _shown_date(shown, address)
            or address
        )
        if published is None and latest is None:
            published = _anywhere(page, habits)
    published = in_zone(published, page.ruled.zone)
    changes = [in_zone(moment, page.ruled.zone) for moment in changes]
    modified = next((moment for moment in changes if published is None or moment.when >= published.when), None)
    return Dates(published, modified)


def _is_after(moment: Moment, change: Moment | None) -> bool:
    """Whether a date is later than the article's change, and so another story's."""
    return change is not None and moment.when > change.when + SAME


def _usable(page: Page, moment: Moment | None) -> Moment | None:
    """The moment, unless it lies in the future of the page's fetch."""
    if moment is None or moment.when > (page.fetched_at or datetime.now(UTC)) + AHEAD or _is_unset(moment):
        return None
    return moment


def _is_unset(moment: Moment) -> bool:
    """Whether a program wrote the beginning of its calendar for a date that it did not have."""
    return abs(moment.when - datetime(1970, 1, 1, tzinfo=UTC)) < timedelta(days=2)


def _most_exact(declared: Sequence[Moment], shown: Sequence[Moment] = ()) -> Moment | None:
    """The most trusted declared date, as the most exact of the sources writes it; those shown where none has a time."""
    if not declared:
        return None
    first = declared[0]
    same = [moment for moment in declared if abs(moment.when - first.when) <= SAME]
    same += [moment for moment in shown if abs(moment.when - first.when) <= SAME]
    return max(
        same, key=lambda moment: (moment.has_time, moment.has_time and moment.zone is not None, -same.index(moment))
    )


def _before_change(declared: Sequence[Moment], changes: Sequence[Moment], near: Iterator[Moment]) -> Moment | None:
    """An earlier date by the headline, where the declared one is a day alone and that of the last change.

    Programs that do not remember when a page was first there write its last change into both fields.
    """
    if not declared or not changes or changes[0].when - declared[0].when > SAME:
        return None
    shown = next(near, None)
    return shown if shown is not None and declared[0].when - shown.when > SAME else None


def _shown_date(shown: Sequence[Moment], address: Moment | None) -> Moment | None:
    """The first date by the headline; one that the page's address confirms before others."""
    if address is not None:
        return next((moment for moment in shown if _on_day(moment, address)), address)
    return shown[0] if shown else None


def _on_day(moment: Moment, day: Moment) -> bool:
    """Whether a moment falls on that day, in whatever zone."""
    if not moment.has_time:
        return moment.when == day.when
    return -FAR_EAST <= moment.when - day.when <= timedelta(days=1) + FAR_EAST


def _lines(page: Page, blocks: Sequence[LabelledBlock], title_row: int | None) -> list[_Line]:
    """The short lines that may give the article's date, the most telling first."""
    if page.kind is Kind.DUMP:
        return _labelled_lines(blocks)
    start = 0 if title_row is None else max(0, title_row - BEFORE)
    end = (title_row or 0) + AFTER * 3
    lines = [
        _Line(row, block.text, block.datetime, _rank(block, row, title_row))
        for row, block in enumerate(page.blocks[start:end], start)
        if len(block.text) <= MAX_LINE and (block.datetime or _has_digit(block.text))
    ]
    opening = [line for row in range(start, min(end, len(page.blocks))) if (line := _opening(page, row))]
    return sorted((*lines, *opening[:1]), key=lambda line: (line.rank, line.row))


def _opening(page: Page, row: int) -> _Line | None:
    """The date in brackets that opens a paragraph: "(18.01.2018) The harbour …"."""
    found = _BRACKETED.match(page.blocks[row].text) if len(page.blocks[row].text) > MAX_LINE else None
    return _Line(row, found.group(1), None, UNLIKELY) if found else None


def _labelled_lines(blocks: Sequence[LabelledBlock]) -> list[_Line]:
    """The lines of a dump around the headline, and right after the text, by how likely they give its date."""
    body = [row for row, block in enumerate(blocks) if block.kept and len(block.text) >= MIN_BODY]
    first, last = (body[0], body[-1]) if body else (len(blocks), len(blocks))
    titles = [row for row, block in enumerate(blocks[:first]) if block.label is Label.TITLE]
    start = titles[-1] if titles else max(0, first - BEFORE)
    rows = [row for row in range(max(0, start - BEFORE), min(len(blocks), last + AFTER_TEXT)) if not blocks[row].kept]
    lines = [
        _Line(row, blocks[row].text, None, _cost(blocks[row], row, start, first))
        for row in rows
        if len(blocks[row].text) <= MAX_LINE and _has_digit(blocks[row].text)
    ]
    return sorted((line for line in lines if line.rank < UNLIKELY), key=lambda line: (line.rank, line.row))


def _cost(block: LabelledBlock, row: int, start: int, first: int) -> int:
    """How little a dump's line tells of the date: best is one that says so right under the headline."""
    cost = COSTS.get(block.label, 8) - (6 if date_words().published.search(block.text) else 0)
    if row > first + 2:
        return cost + 20
    return cost + (2 * (start - row) + 4 if row < start else min(row - start, abs(first - row) + 3))


def _has_digit(text: str) -> bool:
    return _DIGIT.search(text) is not None


def _rank(block: Block, row: int, title_row: int | None) -> int:
    """How little a line tells of the date: best is what is marked as one, near the headline, and says little else."""
    told = block.datetime is not None or bool(_DATE_PLACE.search(block.words))
    cost = (0 if told else 3) + (3 if len(block.text) > 80 else 0)
    if title_row is None:
        return cost
    return cost + abs(row - title_row) + (4 if row < title_row else 0)


def _shown(page: Page, lines: Sequence[_Line], habits: Habits, modified: bool) -> Iterator[Moment]:
    """The dates of these lines that are (or are not) those of a change."""
    for line in lines:
        for moment, is_change in _of_line(page, line, habits):
            if is_change is modified and (usable := _usable(page, moment)):
                yield usable


def _of_line(page: Page, line: _Line, habits: Habits) -> Iterator[tuple[Moment, bool]]:
    found = list(find_dates(line.text, habits))
    if line.datetime and (exact := read_date(line.datetime, habits)):
        is_change = bool(date_words().modified.search(line.text)) and len(found) < 2
        if is_change and found and date_words().published.search(line.text[: line.text.find(found[0].raw)]):
            yield exact, True  # "Posted: May 4, 2020 | Last updated: 2 hours ago": the attribute's is the second
        else:
            yield _agreed(exact, found[0] if found else None), is_change
            found = found[1:]
    place = 0
    for moment in found:
        at = line.text.find(moment.raw, place)
        before = line.text[max(0, at - 40, place) : at] if at >= 0 else line.text[:40]
        yield moment, bool(date_words().modified.search(before))
        place = at + len(moment.raw) if at >= 0 else place
    if not found and not line.datetime and page.fetched_at is not None:
        ago = relative_date(line.text, page.fetched_at, habits)
        if ago is not None:
            yield ago, bool(date_words().modified.search(line.text))


def _agreed(exact: Moment, shown: Moment | None) -> Moment:
    """A `datetime` attribute, unless the words beside it name another day, or a zone that it lacks."""
    if shown is None or (abs(exact.when - shown.when) <= SAME and not (shown.zone and not exact.zone)):
        return exact
    return shown


def _url_date(page: Page) -> Moment | None:
    """The day in the page's address: /2017/10/19/, 2017-10-19, 20171019."""
    for url in (page.url, page.declared.url):
        if url and (found := _URL_DATE.search(url[:500])):
            parts = [part for part in found.group(1, 3, 4, 5, 6, 7) if part]
            return _usable(page, read_date("-".join(part.zfill(2) for part in parts), Habits()))
        if url and (found := _URL_MONTHS.search(url[:500].lower())):
            year, month, day = found.groups()
            return _usable(page, read_date(f"{day} {month} {year}", Habits()))
    return None


def _anywhere(page: Page, habits: Habits) -> Moment | None:
    """The first date of a line that is marked as one, or that is hardly more than a date."""
    for row, block in enumerate(page.blocks):
        told = block.datetime is not None or bool(_DATE_PLACE.search(block.words))
        if len(block.text) <= (MAX_LINE if told else 60) and (block.datetime or _has_digit(block.text)):
            for moment, is_change in _of_line(page, _Line(row, block.text, block.datetime, 0), habits):
                if not is_change and _usable(page, moment):
                    return moment
    return None
