"""Learn the body model from labelled pages, and score it on publishers that it did not learn from.

Two forests in sequence. The second learns from guesses that the first made of pages it had not seen (cross-fitted by
publisher, as in stacked generalisation, Wolpert 1992), so that it knows how far such guesses are to be trusted.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import lightgbm
import numpy as np
from numpy.typing import NDArray

from config.limits import Limits
from tasks.align import align, squeeze
from tasks.blocks import cut
from tasks.decode import decode
from tasks.features import Matrix, features
from tasks.labelled import LabelledPage
from tasks.model import BodyModel, context
from tasks.page import Page, Rejected
from tasks.phrases import Phrases, load_phrases

PARAMETERS = {
    "objective": "binary",
    "num_leaves": 31,
    "learning_rate": 0.06,
    "min_data_in_leaf": 40,
    "feature_fraction": 0.4,
    "bagging_fraction": 0.8,
    "bagging_freq": 1,
    "lambda_l2": 5.0,
    "deterministic": True,
    "force_row_wise": True,
    "verbose": -1,
}
ROUNDS = 250  # trees a forest
INNER_FOLDS = 4
DECK_REACH = 0.6  # a page's first share in which a line equal to its deck is the deck


@dataclass(frozen=True, slots=True)
class Example:
    """A page to learn from. `weight` is 0 for blocks that are neither right nor wrong in the body (the deck)."""

    page: Page = field(repr=False)
    seen: Matrix = field(repr=False)
    body: NDArray[np.bool_] = field(repr=False)
    weight: NDArray[np.float64] = field(repr=False)
    group: str


def example(labelled: LabelledPage, phrases: Phrases | None = None) -> Example | None:
    """The labelled page as the model sees it; None for a page without blocks."""
    phrases = phrases or load_phrases()
    source = decode(labelled.raw, Limits())
    page = source if isinstance(source, Rejected) else cut(source)
    if isinstance(page, Rejected) or not page.blocks:
        return None
    texts = [block.text for block in page.blocks]
    hits = [[phrases.rules[index].label for index in found] for found in phrases.hits(texts)]
    body = align(texts, labelled.truth["body"])
    return Example(page, features(page, hits), body, _weights(page, labelled.truth.get("deck")), labelled.group)


def _weights(page: Page, deck: str | list[str] | None) -> NDArray[np.float64]:
    """A block counts by its length's root, a page as much as any other."""
    weight = np.sqrt([min(len(block.text), 600) for block in page.blocks]) + 2
    decks = {squeeze(line) for line in ([deck] if isinstance(deck, str) else deck or [])}
    for row, block in enumerate(page.blocks[: int(len(page.blocks) * DECK_REACH)]):
        if decks and squeeze(block.text) in decks:
            weight[row] = 0
    return weight / max(weight.sum(), 1) * 100


def folds(groups: Sequence[str], count: int, seed: int) -> NDArray[np.int64]:
    """A fold (0 to count - 1) a page; pages of one group share theirs. The same for the same groups and seed."""
    by_hash = {group: hashlib.sha256(f"{seed}:{group}".encode()).hexdigest() for group in set(groups)}
    order = {group: place % count for place, group in enumerate(sorted(by_hash, key=lambda group: by_hash[group]))}
    return np.array([order[group] for group in groups])


def fit(examples: Sequence[Example], seed: int = 0) -> BodyModel:
    """Both forests from all the examples; the same bytes for the same examples and seed."""
    guesses = _cross_fitted_guesses(examples, seed)
    first = _fit_forest([each.seen for each in examples], examples, seed)
    again = [context(each.page, each.seen, guess) for each, guess in zip(examples, guesses, strict=True)]
    second = _fit_forest(again, examples, seed)
    return BodyModel(first, second, "")


def _cross_fitted_guesses(examples: Sequence[Example], seed: int) -> list[NDArray[np.float64]]:
    """What a first forest that has not seen a page's publisher says of the page."""
    fold = folds([each.group for each in examples], INNER_FOLDS, seed + 1)
    guesses: list[NDArray[np.float64]] = [np.empty(0)] * len(examples)
    for held in range(INNER_FOLDS):
        train = [each for each, of in zip(examples, fold, strict=True) if of != held]
        forest = _fit_forest([each.seen for each in train], train, seed)
        for row in np.flatnonzero(fold == held):
            guesses[row] = forest.predict(examples[row].seen, num_threads=1)
    return guesses


def _fit_forest(matrices: Sequence[Matrix], examples: Sequence[Example], seed: int) -> lightgbm.Booster:
    data = lightgbm.Dataset(
        np.vstack(matrices),
        np.concatenate([each.body for each in examples]).astype(np.float64),
        weight=np.concatenate([each.weight for each in examples]),
    )
    return lightgbm.train({**PARAMETERS, "seed": seed}, data, ROUNDS)


def cross_validated(
    examples: Sequence[Example], count: int = 5, seed: int = 0, told: Callable[[str], None] = lambda _: None
) -> list[BodyModel]:
    """For each example the model that learned from the other folds' publishers alone."""
    fold = folds([each.group for each in examples], count, seed)
    models = []
    for held in range(count):
        models.append(fit([each for each, of in zip(examples, fold, strict=True) if of != held], seed))
        told(f"fold {held + 1} of {count} learned")
    return [models[of] for of in fold]
