"""Which line of a text dump is the article's headline: there is no markup to say so, but the body's words do."""

from collections import Counter
from collections.abc import Sequence

from tasks.page import Block
from tasks.shingles import tokens

REACH = 40  # lines before the body in which the headline is looked for
SHORTEST, LONGEST = 8, 250  # characters


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
