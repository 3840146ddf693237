"""Learn the body model from labelled pages, and score it on publishers that it did not learn from.

Two forests in sequence. The second learns from guesses that the first made of pages it had not seen (cross-fitted by
publisher, as in stacked generalisation, Wolpert 1992), so that it knows how far such guesses are to be trusted.
"""

import hashlib
import re
from collections.abc import Callable, Sequence
from itertools import zip_longest

import lightgbm
import numpy as np
from numpy.typing import NDArray

from tasks.columns import Matrix
from tasks.examples import Example
from tasks.features import with_wording
from tasks.forest import Forest
from tasks.grams import Usage, Weights
from tasks.labelled import LabelledError
from tasks.model import BodyModel, context

PARAMETERS = {
    "objective": "binary",
    "num_leaves": 31,
    "learning_rate": 0.1,
    "min_data_in_leaf": 40,
    "feature_fraction": 0.25,
    "bagging_fraction": 0.8,
    "bagging_freq": 1,
    "lambda_l2": 5.0,
    "max_bin": 63,
    "deterministic": True,
    "force_row_wise": True,
    "verbose": -1,
}
ROUNDS = 150  # trees of a member
MEMBERS = 2  # boosted runs, each with a seed of its own, whose mean a forest is: single pages tip less from run to run
INNER_FOLDS = 4
NEAR_BODY = 15  # rows from the body within which every block is learned from
SEED_STEP = 1_000  # between the seeds of members
FAR_STEP = 5  # of those further away, menus and footers, one in so many

_TREE, _END_OF_TREES = "Tree=", "end of trees"  # in LightGBM's text form


def folds(groups: Sequence[str], count: int, seed: int) -> NDArray[np.int64]:
    """A fold (0 to count - 1) a page; pages of one group share theirs. The same for the same groups and seed."""
    by_hash = {group: hashlib.sha256(f"{seed}:{group}".encode()).hexdigest() for group in set(groups)}
    order = {group: place % count for place, group in enumerate(sorted(by_hash, key=lambda group: by_hash[group]))}
    return np.array([order[group] for group in groups])


def fit(examples: Sequence[Example], seed: int = 0) -> BodyModel:
    """Both forests from all the examples; the same bytes for the same examples and seed.

    Raises `LabelledError` where they are of fewer than two publishers: one is held out while learning from the others.
    """
    if len({each.group for each in examples}) < 2:
        raise LabelledError("learning takes usable pages of at least two publishers")
    usage = Usage((each.group, each.grams, each.body) for each in examples if not each.is_made)
    matrices = _matrices(examples, usage)
    guesses = _cross_fitted_guesses(matrices, examples, seed)
    first = _fit_forest(matrices, examples, seed)
    sights = zip(examples, matrices, guesses, strict=True)
    second = _fit_forest([context(each.page, seen, guess) for each, seen, guess in sights], examples, seed)
    return BodyModel(usage.weights(), first, second, "")


def _matrices(examples: Sequence[Example], usage: Usage) -> list[Matrix]:
    """What the first forest sees of each example; the weights of its wording leave out its own publisher."""
    own: dict[str, Weights] = {}
    matrices = []
    for each in examples:
        if each.group not in own:
            own = {each.group: usage.weights(without=each.group)}  # examples come by publisher, more or less
        matrices.append(with_wording(each.seen, each.grams, own[each.group]))
    return matrices


def _cross_fitted_guesses(
    matrices: Sequence[Matrix], examples: Sequence[Example], seed: int
) -> list[NDArray[np.float64]]:
    """What a first forest that has not seen a page's publisher says of the page."""
    fold = folds([each.group for each in examples], INNER_FOLDS, seed + 1)
    guesses: list[NDArray[np.float64]] = [np.empty(0)] * len(examples)
    for held in range(INNER_FOLDS):
        rows = np.flatnonzero(fold != held).tolist()
        forest = _fit_forest([matrices[row] for row in rows], [examples[row] for row in rows], seed)
        for row in np.flatnonzero(fold == held).tolist():
            guesses[row] = forest.predict(matrices[row])
    return guesses


def _fit_forest(matrices: Sequence[Matrix], examples: Sequence[Example], seed: int) -> Forest:
    shares = [_shares(each.body) for each in examples]
    rows = [share > 0 for share in shares]
    data = lightgbm.Dataset(
        np.vstack([matrix[row] for matrix, row in zip(matrices, rows, strict=True)]),
        np.concatenate([each.body[row] for each, row in zip(examples, rows, strict=True)]).astype(np.float64),
        weight=np.concatenate([(each.weight * share)[share > 0] for each, share in zip(examples, shares, strict=True)]),
    )
    runs = (lightgbm.train({**PARAMETERS, "seed": seed + SEED_STEP * run}, data, ROUNDS) for run in range(MEMBERS))
    return Forest(mean_of([run.model_to_string() for run in runs]))


def mean_of(forests: Sequence[str]) -> str:
    """A forest in LightGBM's text form whose raw score is the mean of several: all their trees, with smaller leaves.

    Their trees take turns, so that the first ones already tell how all will: prediction stops early (`tasks.forest`).
    """
    head, ends = forests[0][: forests[0].index(_TREE)], forests[0].index(_END_OF_TREES)
    runs = [text[text.index(_TREE) : text.index(_END_OF_TREES)].split(_TREE)[1:] for text in forests]
    trees = [tree for turn in zip_longest(*runs) for tree in turn if tree is not None]
    written = [f"{_TREE}{number}\n{_smaller(tree, len(forests))}" for number, tree in enumerate(trees)]
    sizes = " ".join(str(len(tree.encode())) for tree in written)
    return re.sub(r"(?m)^tree_sizes=.*$", f"tree_sizes={sizes}", head) + "".join(written) + forests[0][ends:]


def _smaller(tree: str, times: int) -> str:
    """A tree without its number, each leaf's value divided."""
    _, body = tree.split("\n", 1)
    return re.sub(r"(?m)^leaf_value=(.*)$", lambda found: f"leaf_value={_divided(found[1], times)}", body)


def _divided(values: str, times: int) -> str:
    return " ".join(repr(float(value) / times) for value in values.split())


def _shares(body: NDArray[np.bool_]) -> NDArray[np.float64]:
    """How much each block counts: far from the body one in `FAR_STEP` stands for all, so that learning takes less."""
    rows = np.arange(len(body))
    known = np.flatnonzero(body)
    after = known[np.minimum(np.searchsorted(known, rows), len(known) - 1)]
    before = known[np.maximum(np.searchsorted(known, rows, side="right") - 1, 0)]
    near = np.minimum(np.abs(after - rows), np.abs(rows - before)) <= NEAR_BODY
    return np.where(near, 1.0, np.where(rows % FAR_STEP == 0, float(FAR_STEP), 0.0))


def cross_validated(
    examples: Sequence[Example], count: int = 5, seed: int = 0, told: Callable[[str], None] = lambda _: None
) -> dict[str, BodyModel]:
    """For each publisher a model that did not learn from it."""
    groups = sorted({each.group for each in examples})
    fold = dict(zip(groups, folds(groups, count, seed).tolist(), strict=True))
    models = []
    for held in range(count):
        models.append(fit([each for each in examples if fold[each.group] != held], seed))
        told(f"fold {held + 1} of {count} learned")
    return {group: models[of] for group, of in fold.items()}
