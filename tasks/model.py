"""The trained part of the labeller: how likely is each block a part of the article's body?

Two gradient-boosted forests (LightGBM) in sequence: the first sees the blocks' features, the second also what the first
said of a block's neighbours, its container and its kind. Files in `config/model/`: `first.txt`, `second.txt`,
`card.json`.
"""

import functools
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from config.errors import FileOfOursError
from tasks.columns import Column, Matrix, rolling, shift
from tasks.features import Groups, features, group_ids, with_wording
from tasks.forest import Forest, ForestError
from tasks.grams import SIZE, Grams, Weights
from tasks.page import Block, Container, Declared, Kind, Label, Page

Probabilities = NDArray[np.float32]
FORESTS, WORDING = ("first.txt", "second.txt"), "wording.bin"
FILES = (*FORESTS, WORDING)
NEIGHBOURS = 4
END = b"\nend of parameters\n"  # LightGBM reads on past the end of a file that was cut short, and dies of it
SURE = 0.6  # a block over this probability marks where the body begins and ends


class ModelError(FileOfOursError):
    """A model that cannot be used; the message is one line and names the file."""


@dataclass(frozen=True, slots=True)
class BodyModel:
    """The weights of wordings and the two forests. `digest` is the SHA-256 of their files."""

    wording: Weights
    first: Forest
    second: Forest
    digest: str

    def probabilities(self, page: Page, hits: Sequence[Sequence[Label]]) -> Probabilities:
        """The probability (0 to 1, four decimals) that each block of the page is body."""
        groups = group_ids(page)
        return self.judge(page, features(page, hits, groups), Grams.of([block.text for block in page.blocks]), groups)

    def judge(self, page: Page, seen: Matrix, grams: Grams, groups: Groups | None = None) -> Probabilities:
        """The same of a page whose features, but for its wording, are known."""
        seen = with_wording(seen, grams, self.wording)
        again = context(page, seen, self.first.predict(seen), groups)
        return np.asarray(np.round(self.second.predict(again), 4), dtype=np.float32)


def context(page: Page, seen: Matrix, guess: NDArray[np.float64], groups: Groups | None = None) -> Matrix:
    """The second forest's features: the first's, and its guesses around each block."""
    likely: Column = guess.astype(np.float32)
    size = np.array([len(block.text) for block in page.blocks], dtype=np.float32)
    index = np.array([block.container for block in page.blocks])
    parents = np.array([container.parent for container in page.containers])
    mass: Column = size * likely
    total = max(float(mass.sum()), 1.0)
    before = np.cumsum(mass)
    rows = np.arange(len(likely), dtype=np.float32)
    sure = np.flatnonzero(likely > SURE)
    begin, end = (float(sure[0]), float(sure[-1])) if sure.size else (np.nan, np.nan)
    extra: list[NDArray[Any]] = [likely]
    extra += [shift(likely, by) for near in range(1, NEIGHBOURS + 1) for by in (near, -near)]
    extra += [(before - mass) / total, (total - before) / total]
    groups = group_ids(page) if groups is None else groups
    extra += [_mean_of(ids, mass, size) for ids in (index, np.maximum(parents[index], 0), groups)]
    extra += [rolling(mass, reach) / (rolling(size, reach) + 1) for reach in (2, 5, 12)]
    extra += [rows - begin, end - rows, np.full_like(likely, likely.max()), np.full_like(likely, np.log1p(total))]
    return np.concatenate([seen.T, np.array(extra, dtype=np.float32)]).T


def _mean_of(ids: NDArray[np.int64], mass: Column, size: Column) -> NDArray[np.float64]:
    """The mean guess, by characters, over all the blocks with the same id."""
    return np.asarray((np.bincount(ids, mass) / np.maximum(np.bincount(ids, size), 1))[ids])


@functools.cache
def load_model(folder: Path | None = None) -> BodyModel:
    """The model of a folder, by default the one that comes with the program. Raises `ModelError`."""
    where = _source(folder)
    contents = _contents(folder)
    try:
        first, second = (Forest(contents[name].decode()) for name in FORESTS)
    except (ForestError, UnicodeDecodeError) as error:
        raise ModelError(f"{where}: no usable model: {error}") from error
    model = BodyModel(np.frombuffer(contents[WORDING], dtype=np.int8), first, second, _digest(contents))
    if [forest.width for forest in (first, second)] != _widths(model.wording):
        raise ModelError(f"{where}: no usable model: it was trained for other features than this version has")
    return model


def model_digest(folder: Path | None = None) -> str:
    """The SHA-256 of a model's files, without loading it. Raises `ModelError`."""
    return _digest(_contents(folder))


def _source(folder: Path | None) -> Traversable:
    return folder if folder is not None else resources.files("config.model")


def _contents(folder: Path | None) -> dict[str, bytes]:
    """The model's files by name, checked to be whole."""
    contents = {}
    for name in FILES:
        file = _source(folder) / name
        try:
            content = contents[name] = file.read_bytes()
        except OSError as error:
            raise ModelError(f"{file}: no usable model: {error}") from error
        if (name == WORDING and len(content) != SIZE) or (name in FORESTS and END not in content):
            raise ModelError(f"{file}: no usable model: not a whole file")
    return contents


def _digest(contents: Mapping[str, bytes]) -> str:
    digest = hashlib.sha256()
    for content in contents.values():
        digest.update(content)
    return digest.hexdigest()


def _widths(wording: Weights) -> list[int]:
    """How many features each forest is given."""
    page = Page(Kind.DUMP, (Block("a"),), (Container("", "", -1, 0),), Declared())
    seen = with_wording(features(page, [()]), Grams.of(["a"]), wording)
    return [seen.shape[1], context(page, seen, np.zeros(1)).shape[1]]
