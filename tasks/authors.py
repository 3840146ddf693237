"""Who wrote the article: of what a page declares and shows, the names, in the page's order."""

from collections.abc import Iterable, Iterator, Sequence

from tasks.byline_lines import (
    MAX_ALONE,
    MAX_LINE,
    announced_lines,
    byline_lines,
    is_name,
    is_name_with_role,
    marked_lines,
    unglued,
    without_dates,
)
from tasks.folding import squeeze
from tasks.names import Name, byline_words, joined_by_and, names_of, starts_with_by
from tasks.page import Kind, LabelledBlock, Page

MAX_AUTHORS = 30
MOST_AGENCIES = 2
MENUS = 3  # short lines of a dump that hold the site's name


def find_authors(
    page: Page, blocks: Sequence[LabelledBlock], title_row: int | None, names: Iterable[str]
) -> tuple[str, ...]:
    """The authors' names; agencies, desks and sites only where no person is named. `names` are the site's."""
    site = frozenset(key for name in names if (key := squeeze(name)))
    declared = [names_of(values, site, structured=True) for values in page.declared.author_sources]
    best = next((source for source in declared if any(name.is_person for name in source)), None)
    if best is not None:
        announced = (_persons(line, site) for line in announced_lines(page, blocks, title_row))
        marked = (_persons(line, site) for line in marked_lines(page, title_row))
        best = _completed(page, best, announced, marked)
    else:
        lines = byline_lines(page, blocks, title_row)
        desk = next((source for source in declared if source), [])
        best = _shown(page, lines, title_row, site, desk) or desk or _agencies(lines, site)
    return tuple(name.text for name in best)[:MAX_AUTHORS]


def authors_in(lines: Iterable[str], names: Iterable[str]) -> tuple[str, ...]:
    """The names in lines that are known to be bylines. `names` are the site's."""
    site = frozenset(key for name in names if (key := squeeze(name)))
    found = names_of([without_dates(line) for line in lines], site, structured=True)
    return tuple(name.text for name in [name for name in found if name.is_person] or found)[:MAX_AUTHORS]


def _completed(
    page: Page, declared: list[Name], announced: Iterable[list[Name]], marked: Iterable[list[Name]]
) -> list[Name]:
    """The declared names; those of a byline where it names them and others, or where the page shows none of them."""
    known = {squeeze(name.text): name for name in declared}
    is_unseen = _unseen(page, declared)
    for line in announced:
        persons = {squeeze(name.text): name for name in line}
        if known.keys() < persons.keys() or (is_unseen and persons and not known.keys() & persons.keys()):
            return [known.get(key, name) for key, name in persons.items()]
    return next(filter(None, marked), declared) if is_unseen else declared


def _unseen(page: Page, names: Sequence[Name]) -> bool:
    """Whether the page shows none of the names: who put the text there did not write it."""
    wanted = [name.text.casefold() for name in names]
    return not any(name in text for block in page.blocks for text in (block.text.casefold(),) for name in wanted)


def _shown(
    page: Page, lines: Sequence[str], title_row: int | None, site: frozenset[str], desk: Sequence[Name]
) -> list[Name]:
    """The persons that the byline by the headline names.

    Where the page declares an author that is no person (`desk`), only a line that announces its author or also names
    the desk is believed against it.
    """
    if desk:
        lines = [line for line in lines if starts_with_by(line) or any(name.text in line for name in desk)]
    for line in lines:
        if persons := _persons(line, site):
            others = [*persons[1:], *_following(page, line, title_row or 0, site)]
            named = [persons[0], *(name for name in others if not _is_of_menus(page, name, line))]
            return list({squeeze(name.text): name for name in named}.values())
    return [] if desk else _alone(lines, site)


def _persons(line: str, site: frozenset[str]) -> list[Name]:
    return [name for name in names_of([without_dates(line)], site, structured=False) if name.is_person]


def _following(page: Page, line: str, title_row: int, site: frozenset[str]) -> Iterator[Name]:
    """The persons of the bylines right below a line that is one: of an article by several, each may have his own.

    Where one of them stands again, their portraits begin.
    """
    texts = [block.text for block in page.blocks]
    same = (row for row, text in enumerate(texts[title_row:], title_row) if line in (text[: len(line)], unglued(text)))
    row = next(same, len(texts))
    seen = {squeeze(name.text) for name in _persons(line, site)}
    for block in page.blocks[row + 1 : row + MAX_AUTHORS]:
        is_byline = starts_with_by(block.text) or is_name(page, block) or is_name_with_role(block.text)
        persons = _persons(unglued(block.text), site) if is_byline and len(block.text) <= MAX_LINE else []
        keys = {squeeze(name.text) for name in persons}
        if not persons or keys & seen:
            break
        seen |= keys
        yield from persons


def _is_of_menus(page: Page, name: Name, line: str) -> bool:
    """Whether a dump repeats a name in its short lines, as it does the site's: "Jane Doe, Harbour Gazette".

    What "and" joins to a person, or stands on a line of its own, is one.
    """
    if page.kind is Kind.HTML or joined_by_and(line, name.text):
        return False
    short = (block.text for block in page.blocks if len(block.text) < MAX_ALONE)
    return sum(name.text in text for text in short) >= MENUS


def _agencies(lines: Sequence[str], site: frozenset[str]) -> list[Name]:
    """The agency or desk that is all of a byline."""
    for line in lines:
        found = names_of([without_dates(line)], site, structured=True)
        if any(name.is_person for name in found) and len(line) <= MAX_ALONE:  # "News - dpa"
            found = names_of([without_dates(line)], site, structured=False)
        is_agency = found and not any(name.is_person or name.text.islower() for name in found)
        if is_agency or (found and byline_words().organisation.fullmatch(found[0].text)):
            return found[:MOST_AGENCIES]
    return []


def _alone(lines: Sequence[str], site: frozenset[str]) -> list[Name]:
    """What a line announces as its author though it does not look like a person: "By Witgren", "Von dpa"."""
    for line in lines:
        if starts_with_by(line) and len(line) <= MAX_ALONE:
            found = names_of([without_dates(line)], site, structured=True)
            if len(found) == 1 and len(found[0].text.split()) <= 3 and not found[0].text[0].islower():
                return found
    return []
