"""Other stories whole on the same page, as where a site loads the next below the one that was asked for."""

from collections.abc import Iterator, Sequence

from tasks.boxes import Renamed
from tasks.folding import fold
from tasks.page import KEPT, Label, Page


def other_stories(page: Page, labels: Sequence[Label]) -> Iterator[Renamed]:
    """What is kept of every `<article>` that has a headline of its own and does not hold the page's."""
    if page.headline is None or page.blocks[page.headline].tag != "h1":
        return
    around = _articles(page)
    own = around[page.blocks[page.headline].container]
    if own is None:
        return
    title = fold(page.blocks[page.headline].text)
    others = {
        article
        for block in page.blocks[page.headline + 1 :]
        if block.tag == "h1" and (article := around[block.container]) not in (None, own) and fold(block.text) != title
    }
    for row, block in enumerate(page.blocks if others else ()):
        if around[block.container] in others and labels[row] in KEPT:
            yield Renamed(row, Label.RELATED, "another story")


def _articles(page: Page) -> list[int | None]:
    """For each container the innermost `<article>` around it, or that it is."""
    around: list[int | None] = []
    for index, container in enumerate(page.containers):
        above = around[container.parent] if container.parent >= 0 else None
        around.append(index if container.tag == "article" else above)
    return around
