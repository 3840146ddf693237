"""Learning: the same examples and seed give the same bytes, and no publisher stands on both sides."""

import json
from pathlib import Path

import lightgbm
import numpy as np
import pytest

from outputs.model import FILES, write_model
from tasks import learn
from tasks.examples import Example, examples
from tasks.forest import Forest
from tasks.labelled import LabelledError, read_labelled
from tasks.learn import FAR_STEP, MEMBERS, NEAR_BODY, cross_validated, fit, folds, mean_of
from tasks.page import Kind
from tests.stories import SCRIPTS, paragraphs, story_page

PUBLISHERS = 4


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Labelled pages of four publishers, in five scripts."""
    folder = tmp_path_factory.mktemp("labelled")
    (folder / "pages").mkdir()
    truths = []
    for publisher in range(PUBLISHERS):
        for script in SCRIPTS:
            name = f"{publisher}-{script}"
            (folder / "pages" / f"{name}.html").write_text(story_page(script, publisher), "utf-8")
            body = "\n\n".join(paragraphs(script, publisher))
            truths.append({"id": name, "url": f"https://www.p{publisher}.example/{script}", "body": body})
    (folder / "truth.jsonl").write_text("".join(json.dumps(truth) + "\n" for truth in truths), "utf-8")
    return folder


@pytest.fixture(scope="module")
def seen(folder: Path) -> list[Example]:
    return [each for page in read_labelled([folder]) for each in examples(page)]


@pytest.fixture
def few_trees(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(learn, "ROUNDS", 12)
    monkeypatch.setitem(learn.PARAMETERS, "num_threads", 1)  # threads that wait for each other on a busy machine


def files(folder: Path) -> list[bytes]:
    return [(folder / name).read_bytes() for name in FILES]


@pytest.mark.usefixtures("few_trees")
def test_the_same_examples_and_seed_give_the_same_bytes(seen: list[Example], folder: Path, tmp_path: Path) -> None:
    again = [each for page in read_labelled([folder]) for each in examples(page)]
    for name, of, seed in (("a", seen, 3), ("b", again, 3), ("c", seen, 4)):
        write_model(fit(of, seed), {}, tmp_path / name)
    assert files(tmp_path / "a") == files(tmp_path / "b")
    assert files(tmp_path / "a") != files(tmp_path / "c")


@pytest.mark.usefixtures("few_trees")
def test_what_was_learned_tells_body_from_menu(seen: list[Example]) -> None:
    model = fit(seen)
    for example in seen[:9]:
        found = model.probabilities(example.page, [()] * len(example.page.blocks))
        assert found[example.body].min() > found[~example.body].mean()
    assert {example.page.kind for example in seen[:9]} == set(Kind)


@pytest.mark.usefixtures("few_trees")
def test_each_publisher_is_judged_by_a_model_that_has_not_seen_it(
    seen: list[Example], monkeypatch: pytest.MonkeyPatch
) -> None:
    learned: list[frozenset[str]] = []
    monkeypatch.setattr(
        learn, "fit", lambda of, seed: learned.append(frozenset(each.group for each in of)) or learned[-1]
    )
    told: list[str] = []
    models = cross_validated(seen, 2, 0, told.append)
    groups = {f"p{number}.example" for number in range(PUBLISHERS)}
    assert set(models) == groups
    for group, model in models.items():
        assert group not in model
        assert len(model) == PUBLISHERS // 2
    assert told == ["fold 1 of 2 learned", "fold 2 of 2 learned"]


def test_a_mean_of_forests_scores_their_mean() -> None:
    chance = np.random.default_rng(0)
    rows = chance.normal(size=(500, 6)).astype(np.float32)
    wanted = rows[:, 0] + chance.normal(size=500) > 0
    texts = []
    for seed, rounds in ((1, 5), (2, 9), (3, 1)):
        data = lightgbm.Dataset(rows, wanted)
        given = {"objective": "binary", "bagging_fraction": 0.5, "bagging_freq": 1, "verbose": -1, "seed": seed}
        texts.append(lightgbm.train(given, data, rounds).model_to_string())
    logits = [np.log(said / (1 - said)) for said in (Forest(text).predict(rows) for text in texts)]
    mean = Forest(mean_of(texts))
    assert mean.trees == 15
    np.testing.assert_allclose(mean.predict(rows), 1 / (1 + np.exp(-np.mean(logits, 0))), rtol=1e-12)
    np.testing.assert_array_equal(Forest(mean_of(texts[:1])).predict(rows), Forest(texts[0]).predict(rows))


@pytest.mark.usefixtures("few_trees")
def test_a_forest_is_the_mean_of_runs_with_seeds_of_their_own(seen: list[Example]) -> None:
    model = fit(seen)
    for forest in (model.first, model.second):
        assert forest.trees == MEMBERS * learn.ROUNDS
        trees = forest.text.split("Tree=")[1:]
        assert len({tree.split("\n", 1)[1] for tree in trees[:MEMBERS]}) == MEMBERS


def test_folds_are_even_and_depend_on_groups_and_seed_alone() -> None:
    groups = [f"p{number}.example" for number in range(20)]
    found = folds(groups, 4, 7)
    assert np.bincount(found).tolist() == [5] * 4
    assert folds(groups, 4, 7).tolist() == found.tolist()
    assert folds(groups[::-1], 4, 7).tolist() == found.tolist()[::-1]
    assert folds([*groups, *groups], 4, 7).tolist() == found.tolist() * 2
    assert folds(groups, 4, 8).tolist() != found.tolist()


def test_blocks_far_from_the_body_count_one_for_many() -> None:
    body = np.zeros(200, bool)
    body[[100, 101, 110]] = True
    shares = learn._shares(body)
    near = np.zeros(200, bool)
    near[100 - NEAR_BODY : 110 + NEAR_BODY + 1] = True
    assert (shares[near] == 1).all()
    assert set(shares[~near].tolist()) == {0, FAR_STEP}
    assert shares.sum() == pytest.approx(200, abs=2 * FAR_STEP)


@pytest.mark.usefixtures("few_trees")
def test_one_publisher_is_too_few(seen: list[Example]) -> None:
    for few in ([], [each for each in seen if each.group == "p0.example"]):
        with pytest.raises(LabelledError, match="at least two publishers"):
            fit(few)
    two = [each for each in seen if each.group in ("p0.example", "p1.example")]
    assert fit(two).first.trees == 12 * MEMBERS
    with pytest.raises(LabelledError, match="at least"):
        cross_validated(two, 5)
