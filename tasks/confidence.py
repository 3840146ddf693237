"""How far a page's cleaning is to be trusted."""

from collections.abc import Sequence

from tasks.page import LabelledBlock


def page_confidence(blocks: Sequence[LabelledBlock]) -> float:
    """The mean confidence (0 to 1) over the page's characters that are body or were nearly so."""
    weight = total = 0.0
    for block in blocks:
        if block.kept or block.confidence < 0.9:
            size = min(len(block.text), 2_000)
            weight += size
            total += size * block.confidence
    return round(total / weight, 4) if weight else 0.0
