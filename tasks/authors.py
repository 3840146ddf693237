"""Who wrote the article: of what a page declares and shows, the names, in the page's order."""

import re
from collections.abc import Iterable, Iterator, Sequence

from tasks.folding import squeeze
from tasks.names import Name, byline_words, is_menu, looks_like_person, names_of, split_byline, starts_with_by
from tasks.page import Block, Kind, Label, LabelledBlock, Page

MAX_LINE = 220  # characters of a line that may be a byline
MAX_ALONE = 60
MAX_AUTHORS = 30
BEFORE, AFTER = 4, 14  # blocks around the headline in which a byline is looked for
AFTER_MENUS = 45
# Lines of a dump that name no author.
OTHERS = frozenset((Label.TITLE, Label.CAPTION, Label.CREDIT, Label.SHARE, Label.READ_TIME))
MOST_AGENCIES = 2
MENUS = 3  # short lines of a dump that hold the site's name
LONE = 2  # lines under the headline in which a name may stand alone
LONE_IN_DUMP = (4, 8)  # the same in a dump, and for a name that recurs
TAIL = 4  # blocks after the text in which its byline may stand
UP = 3  # elements up from a block that may mark it as a byline

_PLACE = re.compile(
    r"by-?line|author|auteur|autor(?!is)|writer|\bfirma|signature|contributor|journalist|reporter|creator|\bvcard|\bfn\b|"
    r"verfasser|redakteur|skribent|penulis|muhabir|origins|published-by|posted-by"
)
_NOT_PLACE = re.compile(r"comment|related|recommend|promo|bio\b|widget|teaser|sidebar|footer|caption|credit|figure")
_DATES = re.compile(
    r"\d{1,4}[./-]\d{1,2}[./-]\d{1,4}|\d{1,2}\s?[:h]\s?\d{2}(?::\d{2})?(?:\s?[ap]\.?m\b\.?)?(?:\s?(?:[A-Z]{2,4}|Uhr))?|"
    r"\b\d{1,2}(?:st|nd|rd|th|\.)?\s(?:de\s)?[^\W\d_]{3,12}\.?,?\s(?:de\s)?\d{4}|\b[^\W\d_]{3,12}\.?\s\d{1,2}(?:st|nd|rd|th)?,?\s\d{4}|"
    r"\b\d{1,3}\s?(?:min|minutes?|Minuten|comments?|hours?)\b(?:\s(?:read|ago))?",
    re.IGNORECASE,
)
_GLUED = re.compile(r"^By(?=[A-Z][a-z])")
_GLUED_END = re.compile(r"(?<=[a-z]{3})(?=[A-Z][a-z]{3})")  # "Jane DoeReporter", but not "MacDonald"
_GLUED_MONTH = re.compile(r"(?<=[^\W\d_]{3})(?=(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]{0,6}\.?\s\d)")
_DASH = re.compile(r"\s[-–—]\s")
_NOTICE = re.compile(r"\([^()]{50,200}\)")  # "(This content was not reviewed by the paper's staff.)"
_FOOTNOTE = re.compile(r"(?<=[a-z]{2})\d(?!\d)")  # "Jane Doe1"
_LONE_BY = re.compile(r"^(?:by|von|par|por|door|di|av|af)\W{0,2}$", re.IGNORECASE)


def find_authors(
    page: Page, blocks: Sequence[LabelledBlock], title_row: int | None, names: Iterable[str]
) -> tuple[str, ...]:
    """The authors' names; agencies, desks and sites only where no person is named. `names` are the site's."""
    site = frozenset(key for name in names if (key := squeeze(name)))
    declared = [names_of(values, site, structured=True) for values in page.declared.author_sources]
    best = next((source for source in declared if any(name.is_person for name in source)), None)
    if best is not None:
        announced = (_persons(line, site) for line in _announced(page, blocks, title_row))
        best = _completed(page, best, announced)
    else:
        lines = _byline_lines(page, blocks, title_row)
        desk = next((source for source in declared if source), [])
        best = _shown(page, lines, site, desk) or desk or _agencies(lines, site)
    return tuple(name.text for name in best)[:MAX_AUTHORS]


def authors_in(lines: Iterable[str], names: Iterable[str]) -> tuple[str, ...]:
    """The names in lines that are known to be bylines. `names` are the site's."""
    site = frozenset(key for name in names if (key := squeeze(name)))
    found = names_of([_without_dates(line) for line in lines], site, structured=True)
    return tuple(name.text for name in [name for name in found if name.is_person] or found)[:MAX_AUTHORS]


def _completed(page: Page, declared: list[Name], shown: Iterable[list[Name]]) -> list[Name]:
    """The declared names; those of a byline where it names them and others, or where the page shows none of them."""
    known = {squeeze(name.text): name for name in declared}
    for line in shown:
        persons = {squeeze(name.text): name for name in line}
        if (known.keys() < persons.keys()) or (
            persons and not known.keys() & persons.keys() and _unseen(page, declared)
        ):
            return [known.get(key, name) for key, name in persons.items()]
    return declared


def _unseen(page: Page, names: Sequence[Name]) -> bool:
    """Whether the page shows none of the names: who put the text there did not write it."""
    wanted = [name.text.casefold() for name in names]
    return not any(name in text for block in page.blocks for text in (block.text.casefold(),) for name in wanted)


def _announced(page: Page, blocks: Sequence[LabelledBlock], title_row: int | None) -> Iterator[str]:
    """The lines by the headline, then those labelled as bylines, that announce an author."""
    start = max(0, (title_row or 0) - BEFORE)
    near = [block.text for block in page.blocks[start : (title_row or 0) + AFTER] if len(block.text) <= MAX_LINE]
    return (line for line in dict.fromkeys([*near, *_labelled(blocks)]) if starts_with_by(line))


def _byline_lines(page: Page, blocks: Sequence[LabelledBlock], title_row: int | None) -> list[str]:
    """The lines that may name the authors, the most telling first."""
    lines = _labelled(blocks)
    if page.kind is Kind.HTML:
        lines = _lines(page, title_row, frozenset()) + lines
    elif title_row is not None:
        others = frozenset(block.text for block in blocks if block.label in OTHERS)
        lines = [_unglued(line) for line in lines + _lines(page, title_row, others)]
    return sorted(dict.fromkeys(lines), key=lambda line: not (starts_with_by(line) or _GLUED.match(line)))


def _unglued(line: str) -> str:
    return _GLUED_MONTH.sub(" ", _GLUED_END.sub(" | ", _FOOTNOTE.sub("", line)))


def _shown(page: Page, lines: Sequence[str], site: frozenset[str], desk: Sequence[Name]) -> list[Name]:
    """The persons that the byline by the headline names.

    Where the page declares an author that is no person (`desk`), only a line that announces its author or also names
    the desk is believed against it.
    """
    if desk:
        lines = [line for line in lines if starts_with_by(line) or any(name.text in line for name in desk)]
    for line in lines:
        if persons := _persons(line, site):
            others = [*persons[1:], *_following(page, line, site)]
            named = [persons[0], *(name for name in others if not _is_of_menus(page, name))]
            return list({squeeze(name.text): name for name in named}.values())
    return [] if desk else _alone(lines, site)


def _persons(line: str, site: frozenset[str]) -> list[Name]:
    return [name for name in names_of([_without_dates(line)], site, structured=False) if name.is_person]


def _following(page: Page, line: str, site: frozenset[str]) -> Iterator[Name]:
    """The persons of the bylines right below a line that is one: of an article by several, each may have his own."""
    texts = [block.text for block in page.blocks]
    row = next((row for row, text in enumerate(texts) if line in (text, _unglued(text))), len(texts))
    for block in page.blocks[row + 1 : row + MAX_AUTHORS]:
        if len(block.text) > MAX_LINE or not (starts_with_by(block.text) or _is_name(page, block)):
            break
        yield from _persons(_unglued(block.text), site)


def _is_of_menus(page: Page, name: Name) -> bool:
    """Whether a dump repeats a name in its short lines, as it does the site's: "Jane Doe, Harbour Gazette"."""
    short = (block.text for block in page.blocks if len(block.text) < MAX_ALONE)
    return page.kind is Kind.DUMP and sum(name.text in text for text in short) >= MENUS


def _labelled(blocks: Sequence[LabelledBlock]) -> list[str]:
    """The lines labelled as bylines, but for those of other stories after the text."""
    last = max((row for row, block in enumerate(blocks) if block.kept), default=len(blocks))
    bylines = [block.text for block in blocks[: last + TAIL] if block.label is Label.BYLINE]
    return [text for text in bylines if len(text) <= MAX_LINE]


def _agencies(lines: Sequence[str], site: frozenset[str]) -> list[Name]:
    """The agency or desk that is all of a byline."""
    for line in lines:
        found = names_of([_without_dates(line)], site, structured=True)
        is_agency = found and not any(name.is_person or name.text.islower() for name in found)
        if is_agency or (found and byline_words().organisation.fullmatch(found[0].text)):
            return found[:MOST_AGENCIES]
    return []


def _alone(lines: Sequence[str], site: frozenset[str]) -> list[Name]:
    """What a line announces as its author though it does not look like a person: "By Witgren", "Von dpa"."""
    for line in lines:
        if starts_with_by(line) and len(line) <= MAX_ALONE:
            found = names_of([_without_dates(line)], site, structured=True)
            if len(found) == 1 and len(found[0].text.split()) <= 3 and not found[0].text[0].islower():
                return found
    return []


def _without_dates(line: str) -> str:
    """A line without its dates, and without what stands after a dash behind the names: a place, an agency."""
    line = _GLUED_MONTH.sub(" ", _GLUED.sub("By ", _NOTICE.sub(" ", line)))
    head, *rest = _DASH.split(_DATES.sub(" | ", line))
    line = head if any(map(looks_like_person, split_byline(head))) else " | ".join((head, *rest))
    found = byline_words().inside.search(line, 1)
    return line[found.start() :] if found and found.start() < 80 else line


def _lines(page: Page, title_row: int | None, others: frozenset[str]) -> list[str]:
    """The lines near the headline that may be a byline: those that say so, those marked so, those beside a date."""
    start = 0 if title_row is None else max(0, title_row - BEFORE)
    end = (title_row or 0) + AFTER if page.kind is Kind.HTML else _body_row(page, title_row or 0)
    found: tuple[list[str], list[str], list[str]] = ([], [], [])
    for row, block in enumerate(page.blocks[start:end], start):
        if len(block.text) > MAX_LINE or row == title_row or block.text in others:
            continue
        if row and _LONE_BY.match(page.blocks[row - 1].text):
            found[0].append(f"{page.blocks[row - 1].text} {block.text}")
        elif (rank := _rank(page, row, title_row)) is not None:
            found[rank].append(block.text)
    return [*found[0], *found[1], *found[2], *(_lone_names(page, title_row, others) if title_row is not None else [])]


def _body_row(page: Page, title_row: int) -> int:
    """The row to which the byline of a dump may stand: that of the second paragraph, since the first may be a deck."""
    reach = range(title_row + 1, min(title_row + AFTER_MENUS, len(page.blocks)))
    long = [row for row in reach if len(page.blocks[row].text) > MAX_LINE]
    return long[1] if len(long) > 1 else reach.stop


def _rank(page: Page, row: int, title_row: int | None) -> int | None:
    """0 for a line that announces its author, 1 for one marked as a byline, 2 for a name beside a date, else None."""
    block = page.blocks[row]
    if starts_with_by(block.text) or _GLUED.match(block.text) or _announces(block.text):
        return 0
    place = _place_of(page, block)
    if place is not None:
        return 1 if place else None
    dated = any(_has_date(page.blocks[at]) for at in range(max(row - 1, 0), min(row + 2, len(page.blocks))))
    return 2 if row > (title_row or 0) and dated and _may_name(block.text) else None


def _has_date(block: Block) -> bool:
    return len(block.text) <= MAX_LINE and (block.datetime is not None or _DATES.search(block.text) is not None)


def _lone_names(page: Page, title_row: int, others: frozenset[str]) -> list[str]:
    """The lines under the headline, or under the deck, that are persons' names and nothing else, as one."""
    near, reach = (LONE, LONE) if page.kind is Kind.HTML else LONE_IN_DUMP
    found: list[int] = []
    for row in range(title_row + 1, min(title_row + reach + 1, len(page.blocks))):
        block = page.blocks[row]
        if block.text in others or not _is_name(page, block):
            continue
        if row > title_row + near and not found and not _recurs(page, row):
            continue
        if found and row - found[-1] > LONE:
            break
        found.append(row)
    return [" | ".join(page.blocks[row].text for row in found)] if found else []


def _is_name(page: Page, block: Block) -> bool:
    if len(block.text) >= MAX_ALONE or starts_with_by(block.text) or byline_words().no_name.match(block.text):
        return False
    parts = byline_words().trailing.sub("", _unglued(block.text)).strip(" ,&").split(" | ")
    named = all(looks_like_person(part) and part.count(" ") in (1, 2) and not is_menu(part) for part in parts)
    return named and _place_of(page, block) is not False


def _recurs(page: Page, row: int) -> bool:
    """Whether the page names the same person again: at a portrait, above a biography."""
    name = page.blocks[row].text
    return any(name in block.text for at, block in enumerate(page.blocks) if at != row)


def _announces(text: str) -> bool:
    found = byline_words().inside.search(text[:100])
    return found is not None and len(text) < 100 and text[found.end() : found.end() + 1].isupper()


def _may_name(text: str) -> bool:
    """Whether a line holds a name and otherwise no more than a date."""
    parts = list(split_byline(_without_dates(text)))
    if len(parts) > 3:
        return _DATES.search(text) is not None and looks_like_person(parts[0])
    return any(looks_like_person(part) or byline_words().organisation.fullmatch(part) for part in parts)


def _place_of(page: Page, block: Block) -> bool | None:
    """Whether the elements around a line mark it as a byline (True) or as something else (False); None for neither."""
    place = block.container
    found = None
    for _ in range(UP):
        if place < 0:
            break
        container = page.containers[place]
        if _NOT_PLACE.search(container.words):
            return False
        if _PLACE.search(container.words):
            found = True
        place = container.parent
    return found
