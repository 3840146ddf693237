"""Examples to learn from: labelled pages as the model sees them, each in the several forms that a user may hand in.

A page of the web also comes as the text of a browser, a crawler or an editor's copy and paste: so each page is shown
as it is, as a text dump in one of three styles, and as a dump cut close around the article.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from config.limits import Limits
from tasks.align import align
from tasks.blocks import cut
from tasks.columns import Matrix
from tasks.decode import decode
from tasks.features import features
from tasks.folding import squeeze
from tasks.grams import Grams
from tasks.labelled import LabelledPage
from tasks.page import Block, Container, Declared, Kind, Label, Page, Rejected
from tasks.phrases import Phrases, load_phrases

DECK_REACH = 0.6  # a page's first share in which a line equal to its deck is the deck
CROP_BEFORE, CROP_AFTER = 8, 12  # most lines that a crop leaves around the article
VIEW_WEIGHT = 0.5  # of a made view against the page itself
# Styles of dumps: no blank lines (WET), one after each (copy and paste), as browsers do, and with bullets (lynx).
FLAT, SPACED, MIXED, BULLETED = range(4)

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Example:
    """A page to learn from. `weight` is 0 for blocks that are neither right nor wrong in the body, as its deck."""

    page: Page = field(repr=False)
    seen: Matrix = field(repr=False)
    body: Bools = field(repr=False)
    weight: Floats = field(repr=False)
    grams: Grams = field(repr=False)
    group: str
    is_made: bool  # a view made of a page, not the page itself


def examples(labelled: LabelledPage, phrases: Phrases | None = None) -> list[Example]:
    """The views of a labelled page; none for a page without blocks or of which no block is in the known body."""
    phrases = phrases or load_phrases()
    source = decode(labelled.raw, Limits())
    page = source if isinstance(source, Rejected) else cut(source)
    if isinstance(page, Rejected) or not page.blocks:
        return []
    body = align([block.text for block in page.blocks], labelled.truth["body"])
    if not body.any():
        return []
    weight = _weights(page, _lines(labelled.truth.get("deck")), _lines(labelled.truth.get("neither")))
    chance = np.random.default_rng(int.from_bytes(hashlib.sha256(labelled.id.encode()).digest()[:8], "big"))
    return [
        Example(
            view,
            features(view, _hits(view, phrases)),
            of,
            heavy * share,
            Grams.of([block.text for block in view.blocks]),
            labelled.group,
            is_made=view is not page,
        )
        for view, of, heavy, share in _views(page, body, weight, chance)
    ]


def _hits(page: Page, phrases: Phrases) -> list[list[Label]]:
    return [[phrases.rules[index].label for index in found] for found in phrases.hits(b.text for b in page.blocks)]


def _lines(said: str | list[str] | None) -> set[str]:
    """The lines that a truth's field holds, squeezed."""
    return {squeeze(line) for line in ([said] if isinstance(said, str) else said or [])} - {""}


def _weights(page: Page, deck: set[str], neither: set[str]) -> Floats:
    """A block counts by its length's root, a page as much as any other; a deck not at all."""
    weight = np.sqrt([min(len(block.text), 600) for block in page.blocks]) + 2
    reach = int(len(page.blocks) * DECK_REACH)
    if deck or neither:
        for row, block in enumerate(page.blocks):
            line = squeeze(block.text)
            if line in neither or (row < reach and line in deck):
                weight[row] = 0
    return np.asarray(weight / max(weight.sum(), 1) * 100)


def _views(
    page: Page, body: Bools, weight: Floats, chance: np.random.Generator
) -> Iterator[tuple[Page, Bools, Floats, float]]:
    """The page itself; a dump of it, where it is none; and a dump cut close around the article."""
    yield page, body, weight, 1.0
    if page.kind is Kind.HTML:
        page, body, weight = _as_dump(page, body, weight, int(chance.integers(4)))
        yield page, body, weight, VIEW_WEIGHT
    rows = np.flatnonzero(body)
    begin = max(0, int(rows[0]) - int(chance.integers(1, CROP_BEFORE)))
    end = min(len(body), int(rows[-1]) + 1 + int(chance.integers(CROP_AFTER)))
    headline = None if page.headline is None or page.headline < begin else page.headline - begin
    cropped = replace(page, blocks=page.blocks[begin:end], headline=headline)
    yield cropped, body[begin:end], weight[begin:end], VIEW_WEIGHT


def _as_dump(page: Page, body: Bools, weight: Floats, style: int) -> tuple[Page, Bools, Floats]:
    """The page as its visible text, a line a block and at each `<br>`."""
    blocks: list[Block] = []
    rows: list[int] = []
    for row, block in enumerate(page.blocks):
        is_item = block.tag in ("li", "td", "tr", "dd", "dt", "button")
        gap = {FLAT: 0, SPACED: 1}.get(style, 0 if is_item else 1)
        indent, bullet = {MIXED: (2 * is_item, ""), BULLETED: (3 + 2 * is_item, "* " * is_item)}.get(style, (0, ""))
        for line in block.text.split("\n"):
            blocks.append(Block(bullet + line, gap=gap, indent=indent))
            rows.append(row)
            gap = 0
    dump = Page(Kind.DUMP, tuple(blocks), (Container("", "", -1, 0),), Declared(), url=page.url)
    return dump, body[rows], weight[rows]
