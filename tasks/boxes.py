"""What stands around an article: boxes that a header opens ("Related stories"), menus, footers, cards of other stories.

Names alone, but for links that a box's header takes out of the body: nothing here takes a block into the text.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate

from tasks.page import KEPT, Block, Container, Kind, Label, Page

LINK_SHARE = 0.9  # of a block that is nothing but a link
STORY_WORDS, STORY_CHARS = 6, 14  # of a link that is another story's headline; characters where words are not spaced
MENU_WORDS, MENU_CHARS = 4, 40  # of the longest entry of a menu
MOST_GLUED = 2  # "NewsSportCulture": entries of a menu that stand in one block
MOST_COMMAS = 5
_GLUED = re.compile(r"[a-zß-ÿ](?=[A-Z][a-z])")
CARD = 5  # blocks of another story: headline, teaser, section, time, author
# What a box's header may name: what nothing else has named, and what the cards of other stories hold, too.
UNNAMED = frozenset((Label.NAVIGATION, Label.TIMESTAMP))
IN_CARDS = UNNAMED | {Label.BYLINE, Label.READ_TIME, Label.CAPTION, Label.CREDIT, Label.TITLE}
# What a menu's entry is taken for by its word alone.
IN_MENUS = frozenset((
    Label.PROMO, Label.ADVERT, Label.RELATED, Label.PAYWALL, Label.CAPTION, Label.COMMENT,
))  # fmt: skip
GUESSED = frozenset((Label.RELATED, Label.ADVERT, Label.PAYWALL))
ARTICLE = KEPT | {Label.TITLE, Label.DECK, Label.KICKER}
HEADINGS = frozenset(("h2", "h3", "h4", "h5", "h6"))
MENU_TAGS, FOOTER_TAGS = frozenset(("nav",)), frozenset(("footer",))
_MENU = re.compile(r"(?:^|[^a-z])(?:nav|navigation|navbar|menu|sitemap|breadcrumbs?)(?:[^a-z]|$)")
_FOOTER = re.compile(r"(?:^|[^a-z])(?:site|page|main)?-?footer(?:[^a-z]|$)")


@dataclass(frozen=True, slots=True)
class Opener:
    """A header that names what follows it, and the rule that says so."""

    label: Label
    rule: str


@dataclass(frozen=True, slots=True)
class Renamed:
    """What a block is that belongs to something around the article. `is_certain`: taken out of the body for that."""

    row: int
    label: Label
    reason: str
    is_certain: bool = False


@dataclass(frozen=True, slots=True)
class Frames:
    """Of each container whether it stands in a menu or a footer (the page's, or a card's), and where it ends.

    `ends` are the indices after the last container that each holds: containers stand in the page's order.
    """

    menus: Sequence[bool]
    footers: Sequence[bool]
    ends: Sequence[int]


def frames(page: Page) -> Frames:
    """What the page's containers are to the boxes around the article."""
    containers = page.containers
    return Frames(
        _flags(containers, MENU_TAGS, _is_menu), _flags(containers, FOOTER_TAGS, _is_footer), _ends(containers)
    )


def boxed(page: Page, found: Frames, labels: Sequence[Label], openers: Mapping[int, Opener]) -> Iterator[Renamed]:
    """What belongs to the boxes of a page; `openers` are their headers by row.

    A box ends where the article goes on, and where the element ends that holds header and contents. A kept block that
    is nothing but a link belongs to the box before it, wherever it stands.
    """
    opener: Opener | None = None
    scope = range(0)
    below = False  # whether the body has begun: a menu's word does not rename deck and byline below it
    is_marked = page.kind is Kind.HTML
    menus, footers, ends = found.menus, found.footers, found.ends
    before = [0] * (len(page.containers) + 1)  # blocks of the article in the containers before each
    for block, label in zip(page.blocks, labels, strict=True):
        before[block.container + 1] += label in ARTICLE
    before = list(accumulate(before))
    for row, (block, label) in enumerate(zip(page.blocks, labels, strict=True)):
        below = below or label in KEPT
        if row in openers and not below and is_link(block) and _is_entry(block):
            yield Renamed(row, Label.NAVIGATION, "in a menu")
            continue
        if row in openers:
            opener, scope = openers[row], _scope(page, row, ends)
            around = before[scope.stop] > before[scope.start]  # it holds the article, too
            if is_marked and around and (not below or opener.label is Label.COMMENT):
                scope = range(0)
            continue
        if label is Label.LEGAL and below:
            opener = None  # the page's last lines begin
        if opener is None:
            continue
        linked = is_link(block)
        if linked and label in KEPT:
            yield Renamed(row, opener.label, opener.rule, True)
        elif label in KEPT or (label is Label.TITLE and not linked):
            opener = None
        elif block.container in scope and _belongs(block, label, opener.label):
            is_apart = not menus[block.container] and not footers[block.container]
            if is_apart and (below or (is_marked and opener.label is not Label.COMMENT)):
                yield Renamed(row, opener.label, opener.rule)


def _belongs(block: Block, label: Label, box: Label) -> bool:
    """Whether a block within a box is what such boxes hold."""
    if box is Label.COMMENT and is_story(block):
        return False
    return label in (IN_CARDS if box is Label.RELATED and is_link(block) else UNNAMED)


def menus_and_stories(page: Page, found: Frames, labels: Sequence[Label], guessed: frozenset[int]) -> Iterator[Renamed]:
    """Entries of menus that their word alone has named, and the cards of other stories; of a page with markup.

    `guessed` are the rows that only the words of their element have named.
    """
    if page.kind is Kind.DUMP:
        return
    menus, footers, ends = found.menus, found.footers, found.ends
    cards: set[int] = set()
    entries: set[int] = set()
    below = False  # whether the body has begun
    for row, (block, label) in enumerate(zip(page.blocks, labels, strict=True)):
        below = below or label in KEPT
        if label in IN_MENUS and _is_entry(block):
            is_kind = label is not Label.RELATED and not (below and label is Label.COMMENT)
            in_frame = is_kind and (menus[block.container] or footers[block.container])
            linked = is_link(block)
            if (linked and in_frame) or (row in guessed and _is_guess(block, label, linked, below)):
                entries.add(row)
        elif label in (Label.NAVIGATION, Label.RELATED) and is_story(block) and not menus[block.container]:
            cards.update(_card(page, labels, row, ends))
    cards -= _head(labels)
    cards |= {row - 1 for row in cards if row and _heads(page.blocks[row - 1], labels[row - 1])}
    for row in sorted(cards | entries):
        if row not in cards:
            yield Renamed(row, Label.NAVIGATION, "in a menu")
        elif labels[row] is not Label.RELATED:
            yield Renamed(row, Label.RELATED, "another story")


def _is_guess(block: Block, label: Label, linked: bool, below: bool) -> bool:
    """Whether a short block has its name only from an element's words that menus have, too."""
    if label is Label.CAPTION:
        return block.tag == "li" or (linked and block.tag != "figcaption")
    return (label is Label.RELATED and linked) or (label in GUESSED and not below)


def _head(labels: Sequence[Label]) -> frozenset[int]:
    """The rows from the line over the headline to the first of the body."""
    body = next((row for row, label in enumerate(labels) if label in KEPT), 0)
    title = next((row for row in range(body - 1, -1, -1) if labels[row] is Label.TITLE), body + 1)
    return frozenset(range(title - 1, body))


def _heads(block: Block, label: Label) -> bool:
    """Whether a block may be the heading of a list of stories."""
    return label is Label.NAVIGATION and block.tag in HEADINGS


def _card(page: Page, labels: Sequence[Label], row: int, ends: Sequence[int]) -> list[int]:
    """The rows of another story's card, around its linked headline: the largest element that holds little else."""
    blocks, rows = page.blocks, [row]
    first = last = row
    place = page.containers[blocks[row].container].parent
    while place >= 0:
        while first > 0 and last - first < CARD and place <= blocks[first - 1].container < ends[place]:
            first -= 1
        while last + 1 < len(blocks) and last - first < CARD and place <= blocks[last + 1].container < ends[place]:
            last += 1
        inside = range(first, last + 1)
        if len(inside) > CARD or any(labels[at] in ARTICLE and not is_link(blocks[at]) for at in inside):
            break
        rows = [at for at in inside if at == row or labels[at] in IN_CARDS]
        place = page.containers[place].parent
    return rows


def _is_entry(block: Block) -> bool:
    return len(block.text) <= MENU_CHARS and len(block.text.split()) <= MENU_WORDS


def is_link(block: Block) -> bool:
    """Whether a block is nothing but a link."""
    return block.link_chars >= LINK_SHARE * len(block.text)


def is_story(block: Block) -> bool:
    """Whether a block is nothing but a link, and as long as a headline."""
    if not is_link(block):
        return False
    text, words = block.text, len(block.text.split())
    is_long = words >= STORY_WORDS or (not text.isascii() and len(text) >= STORY_CHARS * words)
    return is_long and text.count(",") < MOST_COMMAS and len(_GLUED.findall(text)) < MOST_GLUED


def _scope(page: Page, row: int, ends: Sequence[int]) -> range:
    """The containers of the smallest element that holds a block and the next one; in a dump all."""
    containers = page.containers
    if page.kind is Kind.DUMP or row + 1 >= len(page.blocks):
        return range(len(containers))
    place, other = page.blocks[row].container, page.blocks[row + 1].container
    while place != other and place >= 0:
        if containers[place].depth > containers[other].depth:
            place = containers[place].parent
        else:
            other = containers[other].parent
    return range(place, ends[place]) if place >= 0 else range(len(containers))


def _ends(containers: Sequence[Container]) -> list[int]:
    ends = [len(containers)] * len(containers)
    open_: list[int] = []
    for index, container in enumerate(containers):
        while open_ and containers[open_[-1]].depth >= container.depth:
            ends[open_.pop()] = index
        open_.append(index)
    return ends


def _flags(containers: Sequence[Container], tags: frozenset[str], is_named: Callable[[str], bool]) -> list[bool]:
    flags: list[bool] = []
    for container in containers:
        up, words = container.parent, container.words
        flags.append((up >= 0 and flags[up]) or container.tag in tags or (words != "" and is_named(words)))
    return flags


@lru_cache(maxsize=50_000)  # a site's elements have the same names on all its pages
def _is_menu(words: str) -> bool:
    return _MENU.search(words) is not None


@lru_cache(maxsize=50_000)
def _is_footer(words: str) -> bool:
    return _FOOTER.search(words) is not None
