"""Which line of a text dump is the headline, where no markup tells.

Each line above the body is scored by a few signs of headlines; their weights are learned (conditional logit: one line
of each page is the headline) by `benchmarks/dump_titles.py`, right on 94 % of the dumps of publishers not seen.
"""

import math
import re
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

from tasks.names import looks_like_person
from tasks.page import Block, Label
from tasks.shingles import tokens

REACH, AFTER = 60, 3  # lines before and after the body's first paragraph in which the headline is looked for
SHORTEST, LONGEST = 2, 300  # characters
PARAGRAPH = 100  # characters of a paragraph that is body for sure
LONG = 120  # characters that few headlines have
TWICE = 6  # lines between a document's title and its headline, where a dump holds both
KICKER = 25  # characters
ENOUGH_WORDS = 4  # fewer tell less
DENSE = 2.2  # characters that one of a script without spaces stands for
UNLIKELY = 4.5  # score up to which a line is no headline: of 526 right ones the lowest has 6.8, without blank lines 5.3

WEIGHTS = {
    "shared": 2.22, "told": 2.32, "words": 2.37, "long": -1.25, "stop": -2.73, "comma": -0.92, "alone": 2.91,
    "kicker": 2.14, "kept": -3.23, "timestamp": 1.68, "byline": 1.52, "person": -2.00, "capitals": 1.39, "bars": -1.13,
    "bracket": -0.78, "named": -1.46, "repeated": 0.18,
    "twice": 2.00,  # not learned (0.25): none of the dumps learned from holds the document's title
}  # fmt: skip
_BARS = re.compile(r"\||»|\s[/>]\s")
_BRACKETED = re.compile(r"\([^)]{0,200}\)\.?$")


class Dump(NamedTuple):
    """A dump's lines with what is known of them: which are kept as body, and what the phrase rules take each for."""

    blocks: Sequence[Block]
    kept: Sequence[bool]
    named: Sequence[Collection[Label]]


def dump_title_row(dump: Dump) -> int | None:
    """The row of the headline; None where there is no body, or no line above it that reads like one."""
    scored = [(sum(WEIGHTS[sign] * value for sign, value in signs.items()), row) for row, signs in candidates(dump)]
    score, row = max(scored, key=lambda each: (each[0], -each[1]), default=(UNLIKELY, 0))
    return row if score > UNLIKELY else None


def candidates(dump: Dump) -> list[tuple[int, dict[str, float]]]:
    """The lines that may be the headline, with the signs that tell."""
    rows = [row for row, keeps in enumerate(dump.kept) if keeps]
    if not rows:
        return []
    body = next((row for row in rows if _is_body(dump, row)), rows[0])
    counts = Counter(word for row in rows for word in _content_words(dump.blocks[row].text))
    reach = range(max(0, body - REACH), min(len(dump.blocks), body + AFTER))
    lines = Counter(dump.blocks[row].text for row in reach)
    near = [row for row in reach if SHORTEST <= len(dump.blocks[row].text) <= LONGEST and not _is_body(dump, row)]
    return [(row, _signs(dump, row, counts, lines)) for row in near]


def _is_body(dump: Dump, row: int) -> bool:
    return dump.kept[row] and len(dump.blocks[row].text) >= PARAGRAPH


def _content_words(text: str) -> list[str]:
    return [word.casefold() for word in tokens(text) if len(word) > 3 or not word.isascii()]


def _signs(dump: Dump, row: int, body: Counter[str], lines: Counter[str]) -> dict[str, float]:
    """What a line looks like, and what stands around it; most are 0 or 1."""
    text, named = dump.blocks[row].text, dump.named[row]
    words = set(_content_words(text))
    trust = min(1.0, len(words) / ENOUGH_WORDS)
    told = sum(math.log1p(body[word]) for word in words) / max(1, len(words))
    size = len(text) * (DENSE if len(tokens(text)) * 2 > len(text) else 1)
    after = [label for below in dump.named[row + 1 : row + 5] for label in below]
    begins = [word[0].isupper() for word in text.split() if word[0].isalpha()]
    return {
        "shared": trust * sum(word in body for word in words) / max(1, len(words)),
        "told": trust * min(told, 3.0),
        "words": min(len(words), 10) / 10,
        "long": float(size > LONG),
        "stop": float(text[-1] in ".。"),
        "comma": float(text[-1] in ",:;"),
        "alone": float(_is_alone(dump.blocks, row)),
        "kicker": float(row > 0 and len(dump.blocks[row - 1].text) < KICKER),
        "kept": float(dump.kept[row]),
        "timestamp": float(Label.TIMESTAMP in after),
        "byline": float(Label.BYLINE in after),
        "person": float(looks_like_person(text)),
        "capitals": sum(begins) / max(1, len(begins)) * min(1.0, len(begins) / ENOUGH_WORDS),
        "bars": float(_BARS.search(text) is not None),
        "bracket": float(_BRACKETED.search(text) is not None),
        "named": float(bool(named)),
        "repeated": float(lines[text] > 1),
        "twice": float(any(dump.blocks[at].text == text for at in _near(row, len(dump.blocks)))),
    }


def _near(row: int, end: int) -> Iterator[int]:
    """The rows a few lines before and after a row."""
    return (at for at in range(max(0, row - TWICE), min(end, row + TWICE + 1)) if at != row)


def _is_alone(blocks: Sequence[Block], row: int) -> bool:
    """Whether blank lines, or the page's beginning, stand before and after the line."""
    return (row == 0 or blocks[row].gap > 0) and row + 1 < len(blocks) and blocks[row + 1].gap > 0
