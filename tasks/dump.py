"""Cut a text dump into blocks: a line each, once lines that a renderer broke are whole again.

Two habits of renderers break paragraphs: wrapping at a column (lynx, w3m, e-mail), and a line of its own for every run
of text, so that each link cuts its sentence in three (`get_text("\\n")`). A page is mended where it shows the habit.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from tasks.page import Block
from tasks.walk import MAX_BLOCKS

WIDEST = 100  # columns of a page that is wrapped
FULL = 0.6  # share of the widest line from which a line was full when its next word did not fit
HANGING = 0.98  # share of the lines that are no wider than the column: addresses are, and signs hang over
ENOUGH_WRAPS, WRAPPED = 8, 0.6  # full lines that another follows, and the share of them whose next word did not fit
ENOUGH_LINKS = 5  # of a list of addresses
ENOUGH_CUTS, CUT = 4, 0.04  # lines that go on with what the line before left open, and their share of all
PROSE_WORDS = 4  # of a line that a sentence may have been cut in
PIECE_CHARS = 60  # of the words of a link within a sentence

_ITEM = re.compile(r"(?:[*+•·▪◦o#-]|\(?\d{1,3}[.)])\s")
_LINK = re.compile(r"\[\d{1,4}\]")
_LISTED = re.compile(r"(?m)^ *\d{1,4}\. \S+$")
_CLOSING = frozenset(",;:.!?%)]»”’…")
_ENDED = frozenset('.!?:…。！？؟।"”»’)')


@dataclass(slots=True)
class _Line:
    text: str
    gap: int  # blank lines before it
    indent: int
    width: int  # columns with the indent


def dump_blocks(text: str) -> Iterator[Block]:
    """The blocks of a dump in reading order."""
    lines = list(_lines(_without_links(text)))
    if _is_wrapped(lines):
        lines = list(_unwrapped(lines))
    if _is_cut(lines):
        lines = list(_rejoined(lines))
    return (Block(line.text, gap=line.gap, indent=line.indent) for line in lines)


def _without_links(text: str) -> str:
    """The text without the numbers of its links and the list of their addresses, as lynx writes both."""
    body, found, listed = text.rpartition("\nReferences\n")
    if not found or len(_LISTED.findall(listed)) < ENOUGH_LINKS:
        return text
    return _LINK.sub("", body)


def _lines(text: str) -> Iterator[_Line]:
    gap = 0
    for line in text.split("\n")[:MAX_BLOCKS]:
        words = " ".join(line.split())
        if words:
            yield _Line(words, gap, len(line) - len(line.lstrip()), len(line.rstrip()))
            gap = 0
        else:
            gap += 1


# ---- lines wrapped at a column ---------------------------------------------------------------------------------------


def _is_wrapped(lines: list[_Line]) -> bool:
    """Whether the page was wrapped: no line is wide, and full lines end where their next word would not have fitted."""
    column = _column(lines)
    if column > WIDEST:
        return False
    full = [
        (one, two) for one, two in pairwise(lines) if one.width >= FULL * column and _has_words(one) and not two.gap
    ]
    wraps = sum(one.width + 1 + len(two.text.split(" ", 1)[0]) > column for one, two in full)
    return wraps >= ENOUGH_WRAPS and wraps >= WRAPPED * len(full)


def _has_words(line: _Line) -> bool:
    """Whether words are told apart by spaces, as Chinese and Japanese do not."""
    return line.text.count(" ") >= PROSE_WORDS - 1


def _column(lines: list[_Line]) -> int:
    """The column that the page may have been wrapped at: its widest line, but for what hangs over it."""
    widths = sorted(line.width for line in lines)
    return widths[int(HANGING * (len(widths) - 1))] if widths else 0


def _unwrapped(lines: list[_Line]) -> Iterator[_Line]:
    column = _column(lines)
    open_line = lines[0]
    width = open_line.width  # of the last line that went into the open one
    for line in lines[1:]:
        first = line.text.split(" ", 1)[0]
        if not line.gap and not _ITEM.match(line.text) and width >= FULL * column and width + 1 + len(first) > column:
            open_line.text = f"{open_line.text} {line.text}"
        else:
            yield open_line
            open_line = line
        width = line.width
    yield open_line


# ---- sentences cut at their links ------------------------------------------------------------------------------------


def _is_cut(lines: list[_Line]) -> bool:
    """Whether sentences are cut into several lines: too many lines go on with what the line before left open."""
    after = [(one, two) for one, two in pairwise(lines) if _continues(two)]
    cuts = sum(_is_open(one.text) or two.text[0] in _CLOSING for one, two in after)
    return cuts >= ENOUGH_CUTS and cuts >= CUT * len(lines)


def _is_open(text: str) -> bool:
    """Whether a line reads like prose and does not end like a sentence."""
    return text[-1] not in _ENDED and text.count(" ") >= PROSE_WORDS - 1


def _continues(line: _Line) -> bool:
    """Whether a line begins like the middle of a sentence."""
    first = line.text[0]
    return not line.gap and (first in _CLOSING or (first.islower() and not line.text.startswith(("http", "www."))))


def _rejoined(lines: list[_Line]) -> Iterator[_Line]:
    """The lines, each with those that go on with it; the words of a link between two of them, however they begin."""
    open_line = lines[0]
    rest = iter(range(1, len(lines)))
    for at in rest:
        line = lines[at]
        after = lines[at + 1] if at + 1 < len(lines) else None
        is_link = after is not None and not line.gap and len(line.text) <= PIECE_CHARS and _continues(after)
        if _is_open(open_line.text) and (_continues(line) or is_link):
            open_line.text = _joined(open_line.text, line.text)
            if is_link and after is not None and line.text[-1] not in _ENDED:
                open_line.text = _joined(open_line.text, after.text)
                next(rest)
        elif line.text[0] in _CLOSING and not line.gap:
            open_line.text = _joined(open_line.text, line.text)
        else:
            yield open_line
            open_line = line
    yield open_line


def _joined(text: str, more: str) -> str:
    return f"{text}{more}" if more[0] in _CLOSING else f"{text} {more}"
