"""The standfirst: which blocks below the headline it is."""

from collections.abc import Sequence

from tasks.folding import fold
from tasks.page import KEPT, Block, Kind, Label, Page
from tasks.places import PLACE_BIT, place_bits
from tasks.verdict import Verdict
from tasks.words import STOPS

DECK_LEAST, DECK_CHARS = 30, 600
NEARLY_BODY = 0.2
DECK_REACH = 12  # blocks below the headline
DESCRIBED = 60  # characters of a description that a deck begins with
HEAD_REACH = 6  # blocks after the deck in which the byline or the time is looked for
HEAD = frozenset((Label.BYLINE, Label.TIMESTAMP, Label.READ_TIME))
DESCRIBED_CHARS = 1_000
CAPTIONS = frozenset(("figcaption", "caption"))
_DECK = PLACE_BIT["deck"]


def deck_rows(page: Page, verdicts: Sequence[Verdict], ruled: Sequence[bool], title: int) -> list[int]:
    """The rows below the headline that read like a standfirst, at most three; `ruled`: a phrase rule names the block.

    What stands between headline and byline is one; elsewhere above the body it takes a class or the page's own
    description to say so, and the model to have left it out of the body.
    """
    found: list[int] = []
    for row in range(title + 1, min(title + DECK_REACH, len(page.blocks))):
        block, verdict = page.blocks[row], verdicts[row]
        is_kept = verdict.label in KEPT
        if not ruled[row] and verdict.label is not Label.TITLE and _may_be_deck(block, page.kind):
            if _is_nearly_body(verdict) and page.kind is Kind.HTML:
                found.append(row)
                continue
            is_called = _is_called_deck(block, page)
            is_above = row < title + 4 and _head_follows(verdicts, row) and _reads_as_deck(block, page.kind)
            if (is_above and (is_called or not is_kept or page.kind is Kind.DUMP)) or (is_called and not is_kept):
                found.append(row)
                continue
        if is_kept:
            break
    return found[:3]


def _is_nearly_body(verdict: Verdict) -> bool:
    """Whether the model left the block out of the body, but not for sure: under a headline that is what decks are."""
    return verdict.label is Label.NAVIGATION and verdict.reason == "model" and 1 - verdict.confidence >= NEARLY_BODY


def _is_called_deck(block: Block, page: Page) -> bool:
    """Whether the block's class, its parent's, or the page's description says that it is the standfirst."""
    if page.kind is Kind.DUMP:
        return False
    parent = page.containers[block.container].parent
    around = page.containers[parent].words if parent >= 0 else ""
    if (place_bits(block.words) | place_bits(around)) & _DECK:
        return True
    begin = fold(block.text[:DESCRIBED_CHARS])[:DESCRIBED]
    return any(fold(text)[:DESCRIBED] == begin for text in page.declared.descriptions)


def _reads_as_deck(block: Block, kind: Kind) -> bool:
    return kind is Kind.DUMP or block.tag in ("h2", "h3", "p") or bool(place_bits(block.words) & _DECK)


def _may_be_deck(block: Block, kind: Kind) -> bool:
    size = len(block.text)
    if kind is Kind.DUMP:
        return DECK_LEAST <= size <= DECK_CHARS and block.text[-1] in STOPS
    return DECK_LEAST <= size <= DECK_CHARS and block.link_chars * 2 < size and block.tag not in CAPTIONS


def _head_follows(verdicts: Sequence[Verdict], row: int) -> bool:
    """Whether a byline, a time or a read time stands shortly after the row: what stands before them is no body."""
    return any(verdict.label in HEAD for verdict in verdicts[row + 1 : row + 1 + HEAD_REACH])
