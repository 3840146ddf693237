"""Which block is the article's headline: by what the page declares, or, in a text dump, by the body's words."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence

from tasks.page import Block
from tasks.shingles import tokens

TITLE_CHARS = 400  # longer blocks are no headline
SIGNS = 40  # characters that a headline may have besides letters and digits
FOLDING = 2  # times that a text without case may be longer: "ß" becomes "ss", "İ" a letter and its dot
REACH = 40  # lines before the body in which the headline is looked for
SHORTEST, LONGEST = 8, 250  # characters


def fold(text: str) -> str:
    """The text (its first 400 characters) without case and signs."""
    return " ".join(re.sub(r"[\W_]+", " ", text[:TITLE_CHARS]).split()).casefold()


def headline_row(blocks: Sequence[Block], headlines: Iterable[str]) -> int | None:
    """The block that shows the article's headline: the one that the page declares, a heading before any other.

    Where none is the same, an `<h1>` that shares its words with what is declared; else the first `<h1>`: on some pages
    that is the site's name.
    """
    wanted = {folded for headline in headlines if (folded := fold(headline))}
    shortest, longest = min(map(len, wanted), default=0) // FOLDING, max(map(len, wanted), default=0) + SIGNS
    same, alike, heads = [], [], []
    for row, block in enumerate(blocks):
        is_head = block.tag == "h1"
        if not is_head and not shortest <= len(block.text) <= longest:
            continue
        folded = fold(block.text)
        if folded in wanted:
            same.append(row)
        elif is_head and _is_part_of_any(folded, wanted):
            alike.append(row)
        if is_head:
            heads.append(row)
    headings = [row for row in same if blocks[row].tag in ("h1", "h2")]
    return next(iter(headings + alike + same + heads), None)


def _is_part_of_any(text: str, wanted: set[str]) -> bool:
    """Whether one holds the other: "Headline" and "Headline | Site"."""
    return len(text) > 10 and any(text in other or (len(other) > 10 and other in text) for other in wanted)


def dump_title_row(blocks: Sequence[Block], kept: Sequence[bool], named: Sequence[bool]) -> int | None:
    """The row of the headline; None where no line before the body reads like one.

    `kept` says which lines are body, `named` which lines a phrase rule knows (a byline, a date, a menu word).
    """
    first = next((row for row, keeps in enumerate(kept) if keeps), None)
    if first is None:
        return None
    body = _content_words(" ".join(block.text for block, keeps in zip(blocks, kept, strict=True) if keeps))
    repeats = Counter(block.text for block in blocks[: first + 1])
    rows = [row for row in range(max(0, first - REACH), first + 1) if not named[row] and _may_be(blocks[row].text)]
    scored = [(_score(blocks, row, first, body, repeats, named), -row) for row in rows]
    best = max(scored, default=(0.0, 0))
    if best[0] <= 1.0:
        return None
    return next(row for row in rows if blocks[row].text == blocks[-best[1]].text)  # the first, where it is repeated


def _may_be(text: str) -> bool:
    return SHORTEST <= len(text) <= LONGEST and text[-1] not in ".。,:;"


def _content_words(text: str) -> frozenset[str]:
    return frozenset(word.casefold() for word in tokens(text) if len(word) > 3 or not word.isascii())


def _score(  # noqa: PLR0917
    blocks: Sequence[Block], row: int, first: int, body: frozenset[str], repeats: Counter[str], named: Sequence[bool]
) -> float:
    """How much a line reads like the headline; over 1 for a likely one."""
    block = blocks[row]
    words = _content_words(block.text)
    shared = len(words & body) / len(words) if words else 0.0
    score = 3.0 * shared * min(1.0, len(words) / 4) + min(len(words), 10) / 8
    score += 1.5 if repeats[block.text] > 1 else 0.0
    score += 1.0 - (first - row) / REACH
    score += 0.5 if any(named[row + 1 : row + 4]) else 0.0
    score += 0.5 if block.gap and row + 1 < len(blocks) and blocks[row + 1].gap else 0.0
    return score
