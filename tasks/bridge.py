"""Where the page itself speaks for a block that the model is not quite sure of."""

from collections.abc import Sequence

import numpy as np

from tasks.declared_body import in_declared_body
from tasks.page import Block, Kind, Page
from tasks.words import STOPS

BODY = 0.5  # a block of at least this probability is body
LEAST = 0.4  # less is asked on no page: where the model is lost, all that it half believes would be body
DECLARED = 0.5  # share of the declared body that must be found on the page
NEARLY, GUESS, LONG = 0.25, 0.25, 50  # two probabilities, and characters of a sentence
_ENDS = frozenset(f'{STOPS}"”»')  # of sentences


def bridged(page: Page, chances: Sequence[float]) -> list[float]:
    """The chances, those raised to `BODY` that are body on this page though they are under it.

    On a page that leaves the model in doubt, less is asked of every block (`threshold`). And a long block of the same
    make as the body's block beside it is body unless the model is rather sure that it is not; a dump's lines are all of
    one make. Where the model takes no block at all, the body that the page declares is taken, or else (a very short
    story) its best guess.
    """
    best = max(chances)
    if best < BODY and (declared := _declared(page)) is not None:
        return [BODY if is_in else chance for is_in, chance in zip(declared, chances, strict=True)]
    if GUESS <= best < BODY:
        blocks = zip(page.blocks, chances, strict=True)
        return [BODY if chance >= 0.9 * best and _is_text(block) else chance for block, chance in blocks]
    least = threshold([len(block.text) for block in page.blocks], chances)
    out = [BODY if least <= chance < BODY else chance for chance in chances]
    if page.kind is Kind.DUMP:
        return out
    for rows in (range(1, len(out)), range(len(out) - 2, -1, -1)):
        for row in rows:
            beside = row - rows.step
            if (
                NEARLY <= out[row] < BODY <= out[beside]
                and _are_alike(page, row, beside)
                and _is_text(page.blocks[row])
            ):
                out[row] = BODY
    return out


def threshold(sizes: Sequence[int], chances: Sequence[float]) -> float:
    """The chance from which on a block is body (`LEAST` to `BODY`), so that the page's expected F1 is highest.

    That is half of the best F1 that the page's chances promise, blocks counted by their `sizes` in characters: near
    `BODY` where the model is sure of the page, and less the more it doubts (Lipton, Elkan and Naryanaswamy 2014,
    "Optimal thresholding of classifiers to maximize F1 measure").
    """
    chance, size = np.array(chances), np.array(sizes)
    order = np.argsort(-chance, kind="stable")
    right, taken = np.cumsum((chance * size)[order]), np.cumsum(size[order])
    best = (2 * right / (taken + right[-1])).max()
    return min(max(float(best) / 2, LEAST), BODY)


def _declared(page: Page) -> list[bool] | None:
    """Which blocks are text of the body that the page declares; None where they are less than half of it."""
    declared = in_declared_body(page)
    if declared is None:
        return None
    found = [bool(is_in) and _is_text(block) for is_in, block in zip(declared, page.blocks, strict=True)]
    size = sum(len(block.text) for is_in, block in zip(found, page.blocks, strict=True) if is_in)
    return found if size >= DECLARED * len(page.declared.body or "") else None


def _are_alike(page: Page, row: int, other: int) -> bool:
    one, two = page.blocks[row], page.blocks[other]
    parents = page.containers[one.container].parent, page.containers[two.container].parent
    return (one.tag, one.words, parents[0]) == (two.tag, two.words, parents[1])


def _is_text(block: Block) -> bool:
    """Whether a block is a sentence or more, and no link."""
    size = len(block.text)
    return size >= LONG and block.link_chars * 2 < size and (size >= 2 * LONG or block.text[-1] in _ENDS)
