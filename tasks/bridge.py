"""Where the page itself speaks for a block that the model is not quite sure of."""

from collections.abc import Sequence

from tasks.page import Block, Kind, Page

BODY = 0.5  # a block of at least this probability is body
NEARLY, GUESS, LONG = 0.25, 0.25, 50  # two probabilities, and characters of a sentence


def bridged(page: Page, chances: Sequence[float]) -> list[float]:
    """The chances, a little higher where the page itself speaks for a block: the neighbours' make, or nothing better.

    A long block of the same make as the body's block beside it is body unless the model is rather sure that it is not;
    a dump's lines are all of one make. Where the model is sure of no block at all (a very short story), its best guess
    is taken.
    """
    best = max(chances)
    out = list(chances)
    if GUESS <= best < BODY:
        blocks = zip(page.blocks, chances, strict=True)
        return [BODY if chance >= 0.9 * best and _is_text(block) else chance for block, chance in blocks]
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


def _are_alike(page: Page, row: int, other: int) -> bool:
    one, two = page.blocks[row], page.blocks[other]
    parents = page.containers[one.container].parent, page.containers[two.container].parent
    return (one.tag, one.words, parents[0]) == (two.tag, two.words, parents[1])


def _is_text(block: Block) -> bool:
    """Whether a block is a sentence or more, and no link."""
    size = len(block.text)
    return size >= LONG and block.link_chars * 2 < size and (size >= 2 * LONG or block.text[-1] in '.!?…。”"»')
