"""What the model sees of a page's tree: which containers hold its text, and where the headline stands to a block.

Containers stand in document order, so that a subtree is a run of them: sums over subtrees are differences of running
totals, and "is inside" is a comparison of indices.
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from tasks.columns import Column, Columns
from tasks.page import Page

Index = NDArray[np.int64]
ELDERS = 4  # levels above a block that are looked at
HOLDERS = (0.4, 0.6, 0.85)  # shares of the page's good text: the innermost container that holds so much


@dataclass(frozen=True, slots=True)
class Tree:
    """A page's containers as arrays. The subtree of container `i` is `i … end[i] - 1`."""

    index: Index = field(repr=False)  # each block's container
    parent: Index = field(repr=False)
    end: Index = field(repr=False)
    depth: Index = field(repr=False)

    @classmethod
    def of(cls, page: Page) -> "Tree":
        """The tree of a page."""
        parents = [container.parent for container in page.containers]
        ends = list(range(1, len(parents) + 1))
        for child in range(len(parents) - 1, 0, -1):
            up = parents[child]
            ends[up] = max(ends[up], ends[child])
        return cls(
            np.array([block.container for block in page.blocks]),
            np.array(parents),
            np.array(ends),
            np.array([container.depth for container in page.containers]),
        )

    def inside(self, weight: Column) -> NDArray[np.float64]:
        """For each container the sum of its blocks' weights, at any depth."""
        own = np.bincount(self.index, weight, minlength=len(self.parent))
        total = np.concatenate(([0.0], np.cumsum(own)))
        return np.asarray(total[self.end] - total[:-1])

    def within(self, container: int) -> NDArray[np.bool_]:
        """Whether each block stands inside the container."""
        return np.asarray((self.index >= container) & (self.index < self.end[container]))


def add_tree(out: Columns, page: Page, text: dict[str, Column]) -> None:
    """Add the tree's columns; `text` has the columns size, link and good."""
    tree = Tree.of(page)
    inside = {name: tree.inside(text[name]) for name in ("size", "good", "link")}
    _add_elders(out, tree, inside)
    _add_holders(out, tree, inside["good"], text["good"])
    _add_stories(out, page, tree)


def _add_elders(out: Columns, tree: Tree, inside: dict[str, NDArray[np.float64]]) -> None:
    """How much of the page's text, and how much of it in links, each level above a block holds."""
    whole = max(float(inside["good"][0]), 1.0)
    level = tree.index
    for elder in range(ELDERS):
        size = inside["size"][level] + 1
        out.add(f"elder{elder}_good_of_page", inside["good"][level] / whole)
        out.add(f"elder{elder}_good_share", inside["good"][level] / size)
        out.add(f"elder{elder}_link_share", inside["link"][level] / size)
        level = np.maximum(tree.parent[level], 0)


def _add_holders(out: Columns, tree: Tree, inside: NDArray[np.float64], good: Column) -> None:
    """Whether a block stands inside the container that holds the article, found in several ways."""
    whole = float(inside[0])
    for share in HOLDERS:
        holder = int(np.flatnonzero(inside >= share * whole)[-1]) if whole > 1 else 0
        within = tree.within(holder)
        out.add(f"within_{share}", within)
        out.add(f"below_{share}", np.where(within, tree.depth[tree.index] - tree.depth[holder], -1))
    best = _best_parent(tree, good)
    out.add("within_best", tree.within(best))
    out.add("child_of_best", tree.parent[tree.index] == best)


def _best_parent(tree: Tree, good: Column) -> int:
    """The container with the most good text right below it (half of it counts one level up), as Readability scores."""
    count = len(tree.parent)
    up = np.maximum(tree.parent[tree.index], 0)
    above = np.maximum(tree.parent[up], 0)
    score = np.bincount(up, good, minlength=count) + np.bincount(above, good / 2, minlength=count)
    return int(np.argmax(score))


def _add_stories(out: Columns, page: Page, tree: Tree) -> None:
    """Where a page shows several stories: how far is a block from the headline, and how many began before it?"""
    count, title = len(page.blocks), page.headline
    names = ("h1_before", "articles_before", "levels_to_title", "in_titles_article")
    if not page.containers[0].tag:
        for name in names:
            out.add(name, np.full(count, np.nan))
        return
    heads = np.array([block.tag == "h1" for block in page.blocks])
    out.add(names[0], np.cumsum(heads) - heads)
    begins = np.cumsum([container.tag == "article" for container in page.containers])
    out.add(names[1], begins[tree.index] - (begins[tree.index[title]] if title is not None else 0))
    if title is None:
        out.add(names[2], np.full(count, np.nan))
        out.add(names[3], np.full(count, np.nan))
        return
    out.add(names[2], _levels_up(tree, int(tree.index[title])))
    home = int(tree.index[title])
    while home > 0 and page.containers[home].tag != "article":
        home = int(tree.parent[home])
    out.add(names[3], tree.within(home) if home > 0 else np.full(count, np.nan))


def _levels_up(tree: Tree, container: int) -> Index:
    """How many levels up from the container one must go until the block is inside."""
    levels = np.full(len(tree.index), -1)
    up = 0
    while container >= 0:
        levels[(levels < 0) & tree.within(container)] = up
        container = int(tree.parent[container])
        up += 1
    return levels
