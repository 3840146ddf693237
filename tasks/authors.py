"""Who wrote the article: of what a page declares and shows, the names, in the page's order."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from tasks.byline_lines import (
    MAX_ALONE,
    MAX_LINE,
    announced_lines,
    byline_lines,
    is_dated_name,
    is_name,
    is_name_with_role,
    marked_lines,
    signatures,
    unglued,
    without_dates,
)
from tasks.folding import squeeze
from tasks.language import find_language
from tasks.names import Name, byline_words, is_menu, joined_by_and, names_of, starts_with_by
from tasks.page import Kind, LabelledBlock, Page
from tasks.sites import dump_sites

MAX_AUTHORS = 30
MOST_AGENCIES = 2
MIN_HANDLE = 5  # letters of a name in small letters
CAPITALS = frozenset((None, "en", "de"))  # languages in which a header, too, may be two words with capitals
BELOW = 4  # blocks under the headline in which a name with a date is the author's, against a site that is declared
MENUS = 3  # short lines of a dump that hold the site's name


@dataclass(frozen=True, slots=True)
class _Lines:
    """A page's lines that may name its authors, and those that it marks as its byline."""

    page: Page
    blocks: Sequence[LabelledBlock]
    title_row: int
    lines: Sequence[str]
    marked: Sequence[str]


def find_authors(
    page: Page, blocks: Sequence[LabelledBlock], title_row: int | None, names: Iterable[str]
) -> tuple[str, ...]:
    """The authors' names; agencies, desks and sites only where no person is named. `names` are the site's."""
    names = (*names, *dump_sites(page)) if page.kind is Kind.DUMP else names
    site = frozenset(key for name in names if (key := squeeze(name)))
    declared = [names_of(values, site, structured=True) for values in page.declared.author_sources]
    persons = next((source for source in declared if any(name.is_person for name in source)), None)
    marked = list(marked_lines(page, title_row))
    if persons is None:
        lines = byline_lines(page, blocks, title_row, site)
        best = _without_persons(_Lines(page, blocks, title_row or 0, lines, marked), site, declared)
    else:
        announced = (_persons(line, site) for line in announced_lines(page, blocks, title_row))
        best = _completed(page, persons, announced, (_persons(line, site) for line in marked))
    return tuple(name.text for name in best)[:MAX_AUTHORS]


def _without_persons(found: _Lines, site: frozenset[str], declared: Sequence[list[Name]]) -> list[Name]:
    """The authors of a page that declares no person: who is shown, else a desk, the site itself last."""
    desk, own = _desk(declared, site), next(filter(None, declared), [])
    below = found.page.blocks[found.title_row + 1 : found.title_row + 1 + BELOW]
    dated = [] if desk else [block.text for block in below if is_dated_name(block.text)]
    return (
        _shown(replace(found, marked=[*found.marked, *dated]), site, desk or own)
        or desk
        or _signed(found, site)
        or own
        or _agencies(found.lines, site)
        or _handle(found)
    )


def _desk(declared: Sequence[list[Name]], site: frozenset[str]) -> list[Name]:
    """The agency or desk that the page declares, unless more of its sources name the site."""
    sources = [source for source in declared if source]
    desks = [source for source in sources if not all(squeeze(name.text) in site for name in source)]
    return desks[0] if 2 * len(desks) >= len(sources) > 0 else []


def _signed(found: _Lines, site: frozenset[str]) -> list[Name]:
    """The person whose name stands alone right under the text."""
    lines = signatures(found.page, found.blocks)
    if not lines or find_language(found.blocks, found.page.declared.language) in CAPITALS:
        return []
    return names_of(lines, site, structured=True)


def _handle(found: _Lines) -> list[Name]:
    """The name of one word, as writers of communities have, that the page marks as its byline."""
    words = (line.split(" for ")[0] for line in found.marked)
    names = (names_of([word], frozenset(), structured=True) for word in words if _may_be_handle(word))
    return next(filter(None, names), [])


def _may_be_handle(word: str) -> bool:
    known = byline_words()
    is_other = known.role.match(word) or known.begins.match(f"{word} x") or is_menu(word)
    return word.isalnum() and len(word) >= MIN_HANDLE - 1 and not is_other


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


def _shown(found: _Lines, site: frozenset[str], desk: Sequence[Name]) -> list[Name]:
    """The persons that the byline by the headline names.

    Where the page declares an author that is no person (`desk`), only a line that announces its author, that is a name
    marked as the byline or also names the desk is believed against it.
    """
    lines = found.lines
    if desk:
        told = dict.fromkeys(line for line in found.marked if _is_a_persons(line, site))
        named = [line for line in lines if starts_with_by(line) or any(name.text in line for name in desk)]
        lines = list(dict.fromkeys((*named, *told)))
    for line in lines:
        if persons := _persons(line, site):
            others = [*persons[1:], *_following(found, line, site)]
            names = [persons[0], *(name for name in others if not _is_of_menus(found.page, name, line))]
            return list({squeeze(name.text): name for name in names}.values())
    return [] if desk else _alone(lines, site)


def _is_a_persons(line: str, site: frozenset[str]) -> bool:
    """Whether a line is a person's name, and behind it no more than a date, an agency or the site."""
    persons = _persons(line, site)
    return is_dated_name(line) or (len(persons) == 1 and line.startswith(persons[0].text) and len(line) <= MAX_ALONE)


def _persons(line: str, site: frozenset[str]) -> list[Name]:
    return [name for name in names_of([without_dates(line)], site, structured=False) if name.is_person]


def _following(found: _Lines, line: str, site: frozenset[str]) -> Iterator[Name]:
    """The persons of the bylines right below a line that is one: of an article by several, each may have his own.

    Where one of them stands again, their portraits begin.
    """
    page, start = found.page, found.title_row
    texts = [block.text for block in page.blocks]
    same = (row for row, text in enumerate(texts[start:], start) if line in (text[: len(line)], unglued(text)))
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
        found = [name for name in found if all(name is other or name.text not in other.text for other in found)]
        is_agency = found and not any(name.is_person or name.text.islower() for name in found)
        if is_agency or (found and byline_words().organisation.fullmatch(found[0].text)):
            return found[:MOST_AGENCIES]
    return []


def _alone(lines: Sequence[str], site: frozenset[str]) -> list[Name]:
    """What a line announces as its author though it does not look like a person: "By Witgren", "Von dpa"."""
    for line in lines:
        if starts_with_by(line) and len(line) <= MAX_ALONE:
            found = names_of([without_dates(line)], site, structured=True)
            if len(found) == 1 and len(found[0].text.split()) <= 3 and not _is_small(found[0].text):
                return found
    return []


def _is_small(text: str) -> bool:
    """Whether a text is words of a sentence rather than a name, which may be one word in small letters."""
    return text[0].islower() and (" " in text or len(text) < MIN_HANDLE)
