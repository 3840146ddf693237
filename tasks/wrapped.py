"""Lines of a text dump, and paragraphs that a renderer wrapped at a column (lynx, w3m, e-mail), whole again.

A page is mended where it shows the habit: hardly a line is wide, and full lines end where their next word did not fit.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from tasks.walk import MAX_BLOCKS

NARROWEST, WIDEST = 50, 100  # columns of a page that is wrapped
FULL = 0.6  # share of the widest line from which a line was full when its next word did not fit
HANGING = 0.98  # share of the lines that are no wider than the column: addresses are, and signs hang over
FAR_OVER, MOST_OVER = 8, 2  # columns that nothing hangs over by, and the lines that do so all the same
ENOUGH_WRAPS, WRAPPED = 3, 0.5  # full lines that another goes on from, and the share of them that was broken there
RAGGED = 2  # columns that a full line of East Asian letters may leave: the next one takes two, a sign hangs over
PROSE_WORDS = 4  # of a line that a sentence may have been broken in

_ITEM = re.compile(r"(?:[*+•·▪◦□■○●o#-]|\(?\d{1,3}[.)]|\(BUTTON\))\s")
_HANGUL = "가", "힣"  # the first and the last syllable
_BEYOND = re.compile("[^\x00-\u10ff]")  # all that take two columns, and others


@dataclass(frozen=True, slots=True)
class Line:
    """A line with text in it, its white space folded."""

    text: str
    gap: int  # blank lines before it
    indent: int
    width: int  # with the indent, as the renderer counts


@dataclass(frozen=True, slots=True)
class _Renderer:
    """How a renderer counts a line, and whether it breaks one between any two East Asian letters."""

    width: Callable[[str], int]
    breaks_within: bool


def lines_of(text: str) -> Sequence[Line]:
    """The lines of a dump in reading order; those that were wrapped are whole again."""
    for renderer in (_BY_LETTERS, _BY_COLUMNS) if _BEYOND.search(text) else (_BY_LETTERS,):
        lines = list(_lines(text, renderer))
        if _is_wrapped(lines, renderer):
            return list(_unwrapped(lines, renderer))
    return lines


def _lines(text: str, renderer: _Renderer) -> Iterator[Line]:
    gap = 0
    for line in text.split("\n")[:MAX_BLOCKS]:
        words = " ".join(line.split())
        if words:
            yield Line(words, gap, len(line) - len(line.lstrip()), renderer.width(line.rstrip()))
            gap = 0
        else:
            gap += 1


def _columns(text: str) -> int:
    """The columns of a text in a terminal (Unicode Standard Annex 11): letters of East Asia take two."""
    return len(text) + sum(map(_is_wide, _BEYOND.findall(text)))


def _is_wide(char: str) -> bool:
    return char > "\u10ff" and unicodedata.east_asian_width(char) in "WF"  # Python says F of unassigned ones before it


_BY_LETTERS = _Renderer(len, breaks_within=False)  # as lynx and e-mail
_BY_COLUMNS = _Renderer(_columns, breaks_within=True)  # as w3m


def _is_wrapped(lines: Sequence[Line], renderer: _Renderer) -> bool:
    column = _column(lines)
    if not NARROWEST <= column <= WIDEST or sum(_is_over(line, column) for line in lines) > MOST_OVER:
        return False
    full = [pair for pair in pairwise(lines) if _may_go_on(*pair, column) and _has_words(*pair, renderer)]
    wraps = sum(not _fits(*pair, column, renderer) for pair in full)
    return wraps >= ENOUGH_WRAPS and wraps >= WRAPPED * len(full)


def _column(lines: Sequence[Line]) -> int:
    """The column that the page may have been wrapped at: its widest line, but for what hangs over it."""
    widths = sorted(line.width for line in lines)
    return widths[int(HANGING * (len(widths) - 1))] if widths else 0


def _is_over(line: Line, column: int) -> bool:
    """Whether a line goes on over the column though it could have been broken before."""
    return line.width > column + FAR_OVER and " " in line.text[: max(column - line.indent, 0)]


def _may_go_on(one: Line, two: Line, column: int) -> bool:
    return not two.gap and one.width >= FULL * column and not _ITEM.match(two.text)


def _has_words(one: Line, two: Line, renderer: _Renderer) -> bool:
    """Whether a line has words enough to be prose; those of Chinese and Japanese are not told apart by spaces."""
    return one.text.count(" ") >= PROSE_WORDS - 1 or _is_within(one, two, renderer)


def _fits(one: Line, two: Line, column: int, renderer: _Renderer) -> bool:
    """Whether the next line's first word would have had room at the end of the line."""
    if _is_within(one, two, renderer):
        return one.width + RAGGED < column
    return one.width + 1 + renderer.width(two.text.split(" ", 1)[0]) <= column


def _is_within(one: Line, two: Line, renderer: _Renderer) -> bool:
    """Whether the lines may have been parted between two letters of a word."""
    return renderer.breaks_within and _is_wide(one.text[-1]) and _is_wide(two.text[0])


def _unwrapped(lines: Sequence[Line], renderer: _Renderer) -> Iterator[Line]:
    column = _column(lines)
    opening = last = lines[0]
    pieces = [opening.text]
    for line in lines[1:]:
        if _may_go_on(last, line, column) and not _fits(last, line, column, renderer):
            pieces += _space(last, line, column, renderer), line.text
        else:
            yield replace(opening, text="".join(pieces))
            opening, pieces = line, [line.text]
        last = line
    yield replace(opening, text="".join(pieces))


def _space(one: Line, two: Line, column: int, renderer: _Renderer) -> str:
    """What stood where a line was broken. A Korean word may be broken within; a space there leaves a column free."""
    if not _is_within(one, two, renderer):
        return " "
    return " " if _HANGUL[0] <= two.text[0] <= _HANGUL[1] and one.width + 1 < column else ""
