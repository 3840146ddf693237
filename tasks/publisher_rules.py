"""What a publisher's rules say of a page's blocks and fields.

An entry is a selector, which names elements and all that stands in them, or a phrase, which names blocks by their
words. Nothing is deleted: an entry gives a block its label, with the entry's id as the reason.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeVar
from zoneinfo import ZoneInfo

from tasks.dates import Habits, Moment, read_date
from tasks.page import BOILERPLATE, KEPT, Block, Container, Label, Page, Ruled, Ruling
from tasks.phrases import normal, trim

if TYPE_CHECKING:
    from tasks.publisher_file import Entry, Period

ANY_LANGUAGE = Habits(language="")
NO_RULES = Ruled()

MaybeMoment = TypeVar("MaybeMoment", Moment, Moment | None)
Entries = Sequence["Entry"]
Chosen = Mapping[Any, Entries]  # elements of a tree, and the entries that select them


class Key(StrEnum):
    """What an entry is for; of several that name one block the first here wins."""

    REMOVE = "remove"
    TITLE = "title"
    DECK = "deck"
    BYLINE = "byline"
    DATE = "date"
    BODY = "body"


STRENGTH = tuple(Key)


def choose(periods: Sequence["Period"], root: Any) -> Chosen:
    """The elements of a tree that the rules select. None of a tree that is larger than any real page's."""
    entries = [entry for period in periods for entry in period.entries if entry.select]
    if not entries:
        return {}
    from tasks.selectors import is_selectable  # noqa: PLC0415  (loads cssselect, which few pages need)

    chosen: dict[Any, list[Entry]] = {}
    if is_selectable(root):
        for entry in entries:
            for element in entry.select(root) if entry.select else ():
                chosen.setdefault(element, []).append(entry)
    return chosen


def ruled(
    periods: Sequence["Period"],
    blocks: Sequence[Block],
    containers: Sequence[Container] = (),
    marks: Mapping[int, Entries] = MappingProxyType({}),
) -> Ruled:
    """What the rules say of a page. `marks` are the containers that are chosen elements."""
    places = _places(containers, marks)
    phrases = [entry for period in periods for entry in period.entries if entry.phrase]
    rows: dict[int, Ruling] = {}
    hits: Counter[str] = Counter()
    body: str | None = None
    for row, block in enumerate(blocks):
        own = marks.get(block.container, ())
        found = [_ruling(entry, block.text, entry in own) for entry in places.get(block.container, ())]
        if body is None:
            body = next((ruling.rule for ruling in found if ruling.key == Key.BODY), None)
        found += _spoken(phrases, block.text)
        if found:
            hits.update({ruling.rule for ruling in found})
            rows[row] = min(found, key=_rank)
    zones = [period.zone for period in periods if period.zone]
    languages = [period.language for period in periods if period.language]
    return Ruled(rows, hits, body, *(values[-1] if values else None for values in (zones, languages)))


def _places(containers: Sequence[Container], marks: Mapping[int, Entries]) -> dict[int, Entries]:
    """For each container that is a chosen element or stands in one the entries that select those."""
    places: dict[int, Entries] = {}
    for index, container in enumerate(containers if marks else ()):
        if entries := (*marks.get(index, ()), *places.get(container.parent, ())):
            places[index] = tuple(dict.fromkeys(entries))
    return places


def _spoken(phrases: Sequence["Entry"], text: str) -> Iterator[Ruling]:
    """The rulings of the phrases that are found in a block. A phrase's group is what it names, else the whole block."""
    bare = trim(text) if phrases else ""
    plain = normal(bare)
    for entry in phrases:
        found = entry.phrase.search(plain) if entry.phrase else None
        if found:
            whole = not found.groups() or found.group(1) is None
            yield _ruling(entry, bare if whole else bare[slice(*found.span(1))], True)


def _ruling(entry: "Entry", value: str, is_own: bool) -> Ruling:
    return Ruling(entry.id, entry.key, entry.label, value, is_own)


def _rank(ruling: Ruling) -> tuple[int, bool]:
    return STRENGTH.index(Key(ruling.key)), not ruling.is_own


def title_row(found: Ruled) -> int | None:
    """The block that the rules call the title."""
    return next((row for row, ruling in found.rows.items() if ruling.key == Key.TITLE), None)


def overruled(page: Page, labels: Sequence[Label], reasons: Sequence[str]) -> Iterator[tuple[int, Label | None, str]]:
    """The blocks that the rules decide, with label and reason; without a label, the block is body.

    In a box that is body, what the labeller told by more than the model alone stays what it is: a caption, a credit,
    a promo's phrase. Of a block that an entry names itself, the entry is right.
    """
    found = page.ruled
    for row in range(len(labels) if found.rows else 0):
        label, ruling = labels[row], found.rows.get(row)
        if ruling is None:
            if found.body and label in KEPT:
                yield row, Label.NAVIGATION, found.body
        elif ruling.key == Key.REMOVE:
            yield row, ruling.label or (label if label in BOILERPLATE else Label.NAVIGATION), ruling.rule
        elif ruling.label is not None:
            yield row, ruling.label, ruling.rule
        elif label in KEPT:
            yield row, label, ruling.rule
        elif ruling.is_own or reasons[row] == "model":
            yield row, None, ruling.rule


def given_title(page: Page) -> tuple[str, int] | None:
    """The title that the rules name, and the row of its first block."""
    first = title_row(page.ruled)
    if first is None:
        return None
    rows = page.ruled.rows
    rule, parts, row = rows[first].rule, [], first
    while row in rows and rows[row].rule == rule:
        parts.append(rows[row].value)
        row += 1
    return " ".join(" ".join(parts).split()), first


def given(page: Page, key: str) -> tuple[str, ...]:
    """The texts that the rules name for a field, each once, in the page's order."""
    texts = (" ".join(ruling.value.split()) for ruling in page.ruled.rows.values() if ruling.key == key)
    return tuple(dict.fromkeys(texts))


def with_given_date(page: Page) -> Page:
    """The page as if it declared the date that the rules name, and no other; unchanged where that cannot be read."""
    rows = [(row, ruling) for row, ruling in page.ruled.rows.items() if ruling.key == Key.DATE]
    texts = [text for row, ruling in rows for text in (page.blocks[row].datetime, ruling.value) if text]
    dates = tuple(text for text in texts if read_date(text, ANY_LANGUAGE))
    return replace(page, declared=replace(page.declared, published=dates)) if dates else page


def in_zone(moment: MaybeMoment, zone: str | None) -> MaybeMoment:
    """The moment in the publisher's zone, where the page names a time of day and no zone."""
    if moment is None or zone is None or moment.zone is not None or not moment.has_time:
        return moment
    return replace(moment, when=moment.when.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC), zone=zone)
