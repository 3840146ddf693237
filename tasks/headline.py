"""Which block is the article's headline, by what the page declares."""

from collections.abc import Iterable, Sequence, Set

from tasks.folding import fold
from tasks.page import Block

TITLE_CHARS = 400  # longer blocks are no headline
SIGNS = 40  # characters that a headline may have besides letters and digits
REPEATED, ALIKE = 3, 0.6  # blocks below a headline in which it may stand again, and the share of words then in common
FOLDING = 2  # times that a text without case may be longer: "ß" becomes "ss", "İ" a letter and its dot


def headline_row(blocks: Sequence[Block], headlines: Iterable[str]) -> int | None:
    """The block that shows the article's headline: the one that the page declares, a heading before any other.

    Where none is the same, an `<h1>` that shares its words with what is declared; else the first `<h1>`: on some pages
    that is the site's name.
    """
    wanted = dict.fromkeys(folded for headline in headlines if (folded := fold(headline[:TITLE_CHARS])))
    most_trusted = next(iter(wanted), None)
    shortest, longest = min(map(len, wanted), default=0) // FOLDING, max(map(len, wanted), default=0) + SIGNS
    same, alike, heads = [], [], []
    for row, block in enumerate(blocks):
        is_head = block.tag == "h1"
        if not is_head and not shortest <= len(block.text) <= longest:
            continue
        folded = fold(block.text[:TITLE_CHARS])
        if folded in wanted:
            same.append(row)
        elif is_head and _is_part_of_any(folded, wanted):
            alike.append(row)
        if is_head:
            heads.append(row)
    headings = [row for row in same if blocks[row].tag in ("h1", "h2")]
    if alike and headings and blocks[headings[0]].tag == "h2" and fold(blocks[headings[0]].text) != most_trusted:
        headings = []  # a deck may be declared as a title, too
    found = next(iter(headings + alike + same + heads), None)
    return found if found is None else _again(blocks, found)


def _again(blocks: Sequence[Block], row: int) -> int:
    """The `<h2>` right below an `<h1>` that words the headline again: the upper one ends a trail of sections."""
    if blocks[row].tag != "h1":
        return row
    words = frozenset(fold(blocks[row].text[:TITLE_CHARS]).split())
    for at in range(row + 1, min(row + 1 + REPEATED, len(blocks))):
        is_heading = blocks[at].tag == "h2" and len(blocks[at].text) <= TITLE_CHARS
        if is_heading and alike(words, frozenset(fold(blocks[at].text).split())) >= ALIKE:
            return at
    return row


def alike(one: Set[str], other: Set[str]) -> float:
    """The share of words that two wordings have in common, 0 to 1 (Dice's coefficient)."""
    return 2 * len(one & other) / max(1, len(one) + len(other))


def _is_part_of_any(text: str, wanted: Iterable[str]) -> bool:
    """Whether one holds the other: "Headline" and "Headline | Site"."""
    return len(text) > 10 and any(text in other or (len(other) > 10 and other in text) for other in wanted)
