"""Cut a text dump into blocks: a line each, once lines that a renderer broke are whole again.

Two habits of renderers break paragraphs: wrapping at a column (`tasks/wrapped.py`), and a line of its own for every run
of text, so that each link cuts its sentence in three (`get_text("\\n")`). A page is mended where it shows the habit.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from tasks.page import Block
from tasks.words import STOPS
from tasks.wrapped import PROSE_WORDS, Line, lines_of

ENOUGH_LINKS = 5  # of a list of addresses
PROSE_CUTS, PROSE_CHARS = 2, 40  # lines of so many characters that the next one goes on with: that alone is enough
ENOUGH_CUTS, CUT = 4, 0.04  # lines that go on with what the line before left open, and their share of all
PIECE_CHARS = 60  # of the words of a link within a sentence

_LINK = re.compile(r"\[\d{1,4}\]")
_LISTED = re.compile(r"(?m)^ *\d{1,4}\. \S+$")
_CLOSING = frozenset(",;:.!?%)]»”’…")
_ENDED = frozenset(f'{STOPS}:"”»’)')


def dump_blocks(text: str) -> Iterator[Block]:
    """The blocks of a dump in reading order."""
    lines = lines_of(_without_links(text))
    if _is_cut(lines):
        lines = tuple(_rejoined(lines))
    return (Block(line.text, gap=line.gap, indent=line.indent) for line in lines)


def _without_links(text: str) -> str:
    """The text without the numbers of its links and the list of their addresses, as lynx writes both."""
    body, found, listed = text.rpartition("\nReferences\n")
    if not found or len(_LISTED.findall(listed)) < ENOUGH_LINKS:
        return text
    return _LINK.sub("", body)


def _is_cut(lines: Sequence[Line]) -> bool:
    """Whether sentences are cut into several lines: some lines go on with what the prose before them left open."""
    after = [(one, two) for one, two in pairwise(lines) if _continues(two)]
    if sum(_is_prose(one) and _is_open([one.text]) for one, two in after) >= PROSE_CUTS:
        return True
    cuts = sum(_is_open([one.text]) or two.text[0] in _CLOSING for one, two in after)
    return cuts >= ENOUGH_CUTS and cuts >= CUT * len(lines)


def _continues(line: Line) -> bool:
    """Whether a line begins like the middle of a sentence."""
    first = line.text[0]
    return not line.gap and (first in _CLOSING or (first.islower() and not line.text.startswith(("http", "www."))))


def _rejoined(lines: Sequence[Line]) -> Iterator[Line]:
    """The lines, each with those that go on with it."""
    opening, pieces = lines[0], [lines[0].text]
    at = 1
    while at < len(lines):
        count = _going_on(pieces, lines[at], lines[at + 1] if at + 1 < len(lines) else None)
        if count:
            pieces += [_joint(line.text) for line in lines[at : at + count]]
        else:
            yield replace(opening, text="".join(pieces))
            opening, pieces = lines[at], [lines[at].text]
        at += count or 1
    yield replace(opening, text="".join(pieces))


def _going_on(pieces: Sequence[str], line: Line, after: Line | None) -> int:
    """How many of the next two lines go on with what the pieces began: both, if the first is a link in a sentence."""
    link = after if after and not line.gap and len(line.text) <= PIECE_CHARS and _continues(after) else None
    if (
        _goes_on(pieces, line)
        or (link and _is_open(pieces))  # however the words of the link begin
        or (link and _continues(line) and _goes_on(pieces, link))  # the link is the second word of the sentence
    ):
        return 2 if link and line.text[-1] not in _ENDED else 1
    return int(line.text[0] in _CLOSING and not line.gap)


def _goes_on(pieces: Sequence[str], line: Line) -> bool:
    """Whether a line goes on with the sentence that the pieces began: either of the two must read like prose."""
    return _continues(line) and pieces[-1][-1] not in _ENDED and (_is_prose(line) or _is_open(pieces))


def _is_prose(line: Line) -> bool:
    return len(line.text) >= PROSE_CHARS


def _is_open(pieces: Sequence[str]) -> bool:
    """Whether the pieces of a text read like prose and do not end like a sentence."""
    if pieces[-1][-1] in _ENDED:
        return False
    return len(pieces) >= PROSE_WORDS or sum(map(_words, pieces)) >= PROSE_WORDS


def _words(text: str) -> int:
    return len(text.split())


def _joint(text: str) -> str:
    """A text as it goes on after another."""
    return text if text[0] in _CLOSING else f" {text}"
