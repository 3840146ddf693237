"""The lines of a page that may name its authors: by what they say, how they are marked, and where they stand."""

import re
from collections.abc import Iterator, Sequence

from tasks.names import (
    before_role,
    byline_words,
    is_menu,
    looks_like_person,
    split_byline,
    starts_with_by,
    without_site,
)
from tasks.page import Block, Kind, Label, LabelledBlock, Page

MAX_LINE = 220  # characters of a line that may be a byline
MAX_ALONE = 60
MAX_WITH_ROLE = 90
BEFORE, AFTER = 4, 14  # blocks around the headline in which a byline is looked for
AFTER_MENUS = 45
# Lines of a dump that name no author.
OTHERS = frozenset((Label.TITLE, Label.CAPTION, Label.CREDIT, Label.SHARE, Label.READ_TIME))
ABOVE = 3  # lines above a dump's headline in which its author may stand
BESIDE = 2  # lines between a date and a line that is a name alone
LONE = 2  # lines under the headline in which a name may stand alone
LONE_IN_DUMP = (4, 8)  # the same in a dump, and for a name that recurs
TAIL = 4  # blocks after the text in which its byline may stand
UP = 3  # elements up from a block that may mark it as a byline
PROSE = 100  # characters from which on a line that ends like a sentence is one
CAPTION = 20  # characters of a caption by which a line that begins with it is known
FAR = 120  # characters before the word that announces a name within a line
MAX_LISTED = 40  # rows that a list of names may take

_PLACE = re.compile(
    r"by-?line|author|auteur|autor(?!is)|writer|\bfirma|signature|contributor|journalist|reporter|creator|\bvcard|\bfn\b|"
    r"verfasser|redakteur|skribent|penulis|muhabir|origins|published-by|posted-by|\battribution"
)
_NOT_PLACE = re.compile(r"comment|related|recommend|promo|bio\b|widget|teaser|sidebar|footer|caption|credit|figure")
_DATES = re.compile(
    r"\d{1,4}[./-]\d{1,2}[./-]\d{1,4}|\d{1,2}\s?[:h]\s?\d{2}(?::\d{2})?(?:\s?[ap]\.?m\b\.?)?(?:\s?(?:[A-Z]{2,4}|Uhr))?|"
    r"\b\d{1,2}(?:st|nd|rd|th|\.)?\s(?:de\s)?[^\W\d_]{3,12}\.?,?\s(?:de\s)?\d{4}|\b[^\W\d_]{3,12}\.?\s\d{1,2}(?:st|nd|rd|th)?,?\s\d{4}|"
    r"\b\d{1,3}\s?(?:min|minutes?|Minuten|comments?|hours?)\b(?:\s(?:read|ago))?|"
    r"\b\d{1,2}\s(?:days?|weeks?|months?|years?)\sago\b",
    re.IGNORECASE,
)
_GLUED = re.compile(r"^By(?=[A-Z][a-z])")
_GLUED_END = re.compile(r"(?<=[a-z]{3})(?=[A-Z][a-z]{3})")  # "Jane DoeReporter", but not "MacDonald"
_GLUED_MONTH = re.compile(r"(?<=[^\W\d_]{3})(?=(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]{0,6}\.?\s\d)")
_DASH = re.compile(r"\s[-–—]\s")
_NOTICE = re.compile(r"\([^()]{50,200}\)")  # "(This content was not reviewed by the paper's staff.)"
_FOOTNOTE = re.compile(r"(?<=[a-z]{2})\d(?!\d)")  # "Jane Doe1"
_SIGNS = re.compile(r"[\W_]{1,3}$")  # between two names
_TWEET = re.compile(r"[—–-]\s?[^()]{1,60}\(@\w{1,30}\)")  # "— Jane Doe (@jane) May 4, 2020" ends a post that is shown
_BY = re.compile(r"\W{0,3}(?:by|von|par|por|door|di|av|af|oleh|written by|story by)\b", re.IGNORECASE)
_LONE_BY = re.compile(r"^(?:by|von|par|por|door|di|av|af)\W{0,2}$", re.IGNORECASE)


def announced_lines(page: Page, blocks: Sequence[LabelledBlock], title_row: int | None) -> Iterator[str]:
    """The lines by the headline, then those labelled as bylines, that announce an author."""
    start = max(0, (title_row or 0) - BEFORE)
    near = [block.text for block in page.blocks[start : (title_row or 0) + AFTER] if len(block.text) <= MAX_LINE]
    return (line for line in dict.fromkeys([*near, *_labelled(blocks)]) if starts_with_by(line))


def byline_lines(page: Page, blocks: Sequence[LabelledBlock], title_row: int | None, site: frozenset[str]) -> list[str]:
    """The lines that may name the authors, the most telling first; `site` are the site's names, squeezed."""
    lines = _labelled(blocks)
    if page.kind is Kind.HTML:
        lines = _near_lines(page, title_row, frozenset(), site) + lines
    elif title_row is not None:
        others = frozenset(block.text for block in blocks if block.label in OTHERS)
        lines = [unglued(line) for line in lines + _near_lines(page, title_row, others, site)]
    lines = [line for line in dict.fromkeys(lines) if not _names_others(line)]
    return sorted(lines, key=lambda line: not (starts_with_by(line) or _GLUED.match(line)))


def marked_lines(page: Page, title_row: int | None) -> Iterator[str]:
    """The lines under the headline that its page marks as its byline."""
    start = 0 if title_row is None else title_row + 1
    for block in page.blocks[start : start + AFTER]:
        if len(block.text) <= MAX_ALONE and _place_of(page, block) and not _names_others(block.text):
            yield block.text


def _names_others(line: str) -> bool:
    """Whether a line names persons who did not write the article, or is a sentence of it."""
    is_prose = len(line) > PROSE and line[-1] in ".!?…" and not _BY.match(line)
    return is_prose or _TWEET.match(line) is not None or byline_words().no_author.match(line) is not None


def unglued(line: str) -> str:
    """A line of a dump with signs between words that its renderer wrote without a space: "Jane DoeReporter"."""
    return _GLUED_MONTH.sub(" ", _GLUED_END.sub(" | ", _FOOTNOTE.sub("", line)))


def _labelled(blocks: Sequence[LabelledBlock]) -> list[str]:
    """The lines labelled as bylines, but for those of other stories after the text."""
    last = max((row for row, block in enumerate(blocks) if block.kept), default=len(blocks))
    bylines = [block.text for block in blocks[: last + TAIL] if block.label is Label.BYLINE]
    return [text for text in bylines if len(text) <= MAX_LINE]


def without_dates(line: str) -> str:
    """A line without its dates, and without what stands after a dash behind the names: a place, an agency."""
    line = _GLUED_MONTH.sub(" ", _GLUED.sub("By ", _NOTICE.sub(" ", line)))
    head, *rest = _DASH.split(_DATES.sub(" | ", line))
    line = head if any(map(looks_like_person, split_byline(head))) else " | ".join((head, *rest))
    found = byline_words().inside.search(line, 1)
    return line[found.start() :] if found and found.start() < FAR else line


def _near_lines(page: Page, title_row: int | None, others: frozenset[str], site: frozenset[str]) -> list[str]:
    """The lines near the headline that may be a byline: those that say so, those marked so, those beside a date."""
    start = 0 if title_row is None else max(0, title_row - BEFORE)
    end = (title_row or 0) + AFTER if page.kind is Kind.HTML else _body_row(page, title_row or 0)
    found: tuple[list[str], ...] = ([], [], [], [])
    captions = tuple(text for text in others if len(text) >= CAPTION)
    for row, block in enumerate(page.blocks[start:end], start):
        if len(block.text) > MAX_LINE or row == title_row or block.text in others or block.text.startswith(captions):
            continue
        if row and _LONE_BY.match(page.blocks[row - 1].text):
            found[0].append("\n".join((page.blocks[row - 1].text, *_listed(page, row))))
        elif (rank := _rank(page, row, title_row)) is not None:
            found[rank].append(block.text)
        elif 0 < row - (title_row or 0) <= LONE and _is_name_and_site(block.text, site):
            found[2].append(block.text)
    lone = _lone_names(page, title_row, others) if title_row is not None else []
    if lone and found[2] and found[2][0] in lone[0]:
        return [*found[0], *found[1], *lone, *found[2], *found[3]]
    return [*found[0], *found[1], *found[2], *lone, *found[3]]


def _listed(page: Page, first: int) -> list[str]:
    """The names that stand a line each from a row on; behind the first those that a sign, a role or a date tells."""
    names = [unglued(page.blocks[first].text)]
    told = 1  # names up to the last that is told
    was_sign = names[0][-1] in ",&"
    for block in page.blocks[first + 1 : first + MAX_LISTED]:
        text = unglued(block.text)
        if _SIGNS.match(text):
            was_sign = True
        elif _has_date(block):
            return names
        elif is_name(page, block) or (was_sign and len(text) < MAX_ALONE) or is_name_with_role(text):
            names.append(text)
            told = len(names) if was_sign or is_name_with_role(text) else told
            was_sign = text[-1] in ",&"
        else:
            break
    return names[:told]


def _body_row(page: Page, title_row: int) -> int:
    """The row to which the byline of a dump may stand: that of the second paragraph, since the first may be a deck."""
    reach = range(title_row + 1, min(title_row + AFTER_MENUS, len(page.blocks)))
    long = [row for row in reach if len(page.blocks[row].text) > MAX_LINE]
    return long[1] if len(long) > 1 else reach.stop


def _rank(page: Page, row: int, title_row: int | None) -> int | None:
    """0 for a line that announces its author, 1 for one marked as a byline, 2 for a name beside a date, 3 for one over
    the headline, else None.
    """
    block = page.blocks[row]
    if starts_with_by(block.text) or _GLUED.match(block.text) or _announces(block.text):
        return 0
    place = _place_of(page, block)
    if place is not None:
        return 1 if place else None
    is_above = row <= (title_row or 0)
    if is_above and not _stands_above(page, row, title_row):
        return None
    reach = BESIDE if is_name(page, block) and not is_above else 1
    dated = any(map(_has_date, page.blocks[max(row - reach, 0) : row + reach + 1]))
    return (3 if is_above else 2) if dated and _may_name(block.text) else None


def _stands_above(page: Page, row: int, title_row: int | None) -> bool:
    """Whether a line of a dump right above the headline is a name that recurs under it alone, as no section's does."""
    if page.kind is Kind.HTML or not title_row or row < title_row - ABOVE or not is_name(page, page.blocks[row]):
        return False
    name = page.blocks[row].text.strip(" /,")
    before = any(name in block.text for block in page.blocks[:row])
    return not before and any(name in block.text for block in page.blocks[title_row:])


def _has_date(block: Block) -> bool:
    return len(block.text) <= MAX_LINE and (block.datetime is not None or _DATES.search(block.text) is not None)


def _lone_names(page: Page, title_row: int, others: frozenset[str]) -> list[str]:
    """The lines under the headline, or under the deck, that are persons' names and nothing else, as one."""
    near, reach = (LONE, LONE) if page.kind is Kind.HTML else LONE_IN_DUMP
    found: list[int] = []
    for row in range(title_row + 1, min(title_row + reach + 1, len(page.blocks))):
        block = page.blocks[row]
        if block.text in others or not is_name(page, block):
            continue
        if row > title_row + near and not found and not _recurs(page, row):
            continue
        if found and row - found[-1] > LONE:
            break
        found.append(row)
    return [" | ".join(page.blocks[row].text for row in found)] if found else []


def is_name(page: Page, block: Block) -> bool:
    """Whether a line is a person's name, or several, and nothing else."""
    if len(block.text) >= MAX_ALONE or starts_with_by(block.text) or byline_words().no_name.match(block.text):
        return False
    parts = byline_words().trailing.sub("", unglued(block.text)).strip(" ,&/").split(" | ")
    return all(map(is_name_alone, parts)) and _place_of(page, block) is not False


def is_dated_name(line: str) -> bool:
    """Whether a line is a person's name and a date: "Jane Doe — 4 May, 15:26"."""
    parts = list(split_byline(without_dates(line)))
    return len(parts) == 1 and parts[0] != line and is_name_alone(parts[0])


def is_name_alone(text: str) -> bool:
    """Whether a text is the name of one person, in two or three words."""
    is_header = byline_words().header.match(text) is not None or byline_words().role.search(text) is not None
    return looks_like_person(text) and text.count(" ") in (1, 2) and not is_menu(text) and not is_header


def signatures(page: Page, blocks: Sequence[LabelledBlock]) -> list[str]:
    """The line right under the text that is a name and set as its paragraphs are."""
    last = max((row for row, block in enumerate(blocks) if block.kept), default=len(blocks))
    below = next((block.text for block in blocks[last + 1 : last + 2]), "")
    is_signature = len(below) <= MAX_ALONE and is_name_alone(below) and below[-1].isalpha()
    return [below] if is_signature and _is_set_alike(page, blocks[last].text, below) else []


def _is_set_alike(page: Page, text: str, below: str) -> bool:
    """Whether two lines of a page stand beside each other in elements of one kind."""
    rows = [row for row, block in enumerate(page.blocks) if block.text == below]
    return any(
        page.blocks[row - 1].text.endswith(text) and page.blocks[row - 1].tag == page.blocks[row].tag
        for row in rows
        if row
    )


def is_name_with_role(text: str) -> bool:
    """Whether a line is a name and what the person does: "Jane Doe, reporter", "Jane Doe – Journalist in Oslo"."""
    before = before_role(text).strip(" ,|-–—")
    if before == text.strip(" ,|-–—") or (before.partition(" ")[0].isupper() and not before.isupper()):
        return False  # "NASA Spaceflight Historian"
    return (
        len(text) < MAX_WITH_ROLE and before.count(" ") in (1, 2) and looks_like_person(before) and not is_menu(before)
    )


def _is_name_and_site(text: str, site: frozenset[str]) -> bool:
    name = without_site(text, site)
    return name != text and is_name_alone(name)


def _recurs(page: Page, row: int) -> bool:
    """Whether the page names the same person again: at a portrait, above a biography."""
    name = page.blocks[row].text.strip(" ,&/")
    return any(name in block.text for at, block in enumerate(page.blocks) if at != row)


def _announces(text: str) -> bool:
    found = byline_words().inside.search(text[:100])
    return found is not None and len(text) < 100 and text[found.end() : found.end() + 1].isupper()


def _may_name(text: str) -> bool:
    """Whether a line holds a name and otherwise no more than a date."""
    parts = list(split_byline(without_dates(text)))
    if len(parts) > 3:
        is_role = byline_words().role.match(parts[1]) is not None
        return (is_role or _DATES.search(text) is not None) and looks_like_person(parts[0])
    return any(looks_like_person(before_role(part)) or byline_words().organisation.fullmatch(part) for part in parts)


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
