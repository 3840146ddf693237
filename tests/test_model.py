"""The model's files: written whole, read back as they were, and a bad one is one line of error."""

import json
from pathlib import Path

import numpy as np
import pytest

from outputs.model import CARD, write_model
from tasks.blocks import cut
from tasks.features import features
from tasks.model import FILES, BodyModel, ModelError, context, load_model
from tasks.page import Block, Container, Declared, Kind, Page, Source
from tests.stories import SCRIPTS, paragraphs, story_page

CONFIG = Path(__file__).resolve().parent.parent / "config" / "model"


def page_of(markup: str, kind: Kind = Kind.HTML) -> Page:
    page = cut(Source(markup, kind, "utf-8"))
    assert isinstance(page, Page)
    return page


def chances(model: BodyModel, page: Page) -> np.ndarray:
    return model.probabilities(page, [()] * len(page.blocks))


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A folder with the program's model."""
    for name in FILES:
        (tmp_path / name).write_bytes((CONFIG / name).read_bytes())
    return tmp_path


# ---- what it says ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("script", SCRIPTS)
def test_probabilities_are_those_of_a_reader(script: str) -> None:
    page = page_of(story_page(script))
    found = chances(load_model(), page)
    assert found.dtype == np.float32
    assert found.shape == (len(page.blocks),)
    assert ((found >= 0) & (found <= 1)).all()
    body = [block.text in paragraphs(script) for block in page.blocks]
    assert found[body].min() > 0.5 > np.median(found[~np.array(body)])


def test_a_page_of_one_block() -> None:
    for kind, tag in ((Kind.HTML, "html"), (Kind.DUMP, "")):
        page = Page(kind, (Block("a", tag),), (Container(tag, "", -1, 0),), Declared())
        assert chances(load_model(), page).shape == (1,)


def test_what_the_second_forest_sees_of_the_first() -> None:
    page = page_of("<div><p>aaaa</p><p>bb</p></div><p>cccc")
    seen = features(page, [()] * 3)
    extra = context(page, seen, np.array([1.0, 0.5, 0.0]))[:, seen.shape[1] :]
    columns = extra.T.tolist()
    assert columns[0] == [1, 0.5, 0]
    assert columns[1][1:] == [1, 0.5]  # of the block before
    assert columns[2][:-1] == [0.5, 0]  # of the block after
    assert columns[9] == pytest.approx([0, 4 / 5, 1])  # share of the likely characters before
    assert columns[10] == pytest.approx([1 / 5, 0, 0])
    assert columns[-4] == [0, 1, 2]  # rows since the first sure block
    assert columns[-3] == [0, -1, -2]
    assert set(columns[-2]) == {1}
    assert columns[-1] == pytest.approx([np.log1p(5)] * 3)


def test_without_a_sure_block_there_is_no_edge() -> None:
    page = page_of("<p>a<p>b")
    extra = context(page, features(page, [()] * 2), np.array([0.1, 0.2]))
    assert np.isnan(extra[:, -4:-2]).all()


# ---- its files -------------------------------------------------------------------------------------------------------


def test_a_model_is_read_back_as_it_was_written(tmp_path: Path) -> None:
    model = load_model()
    write_model(model, {"pages": 3, "name": "Größe"}, tmp_path / "made" / "here")
    again = load_model(tmp_path / "made" / "here")
    page = page_of(story_page("latin"))
    assert np.array_equal(chances(model, page), chances(again, page))
    assert json.loads((tmp_path / "made" / "here" / CARD).read_text("utf-8")) == {"name": "Größe", "pages": 3}
    assert sorted(path.name for path in (tmp_path / "made" / "here").iterdir()) == sorted([*FILES, CARD])


def test_the_same_model_gives_the_same_bytes_and_digest(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_model(load_model(), {"b": 1, "a": [2]}, tmp_path / name)
    for name in (*FILES, CARD):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()
    assert load_model(tmp_path / "a").digest == load_model(tmp_path / "b").digest
    assert len(load_model().digest) == 64


def test_writing_replaces_what_was_there(copy: Path) -> None:
    (copy / FILES[0]).write_text("old", "utf-8")
    write_model(load_model(), {}, copy)
    assert load_model(copy).first.trees == load_model().first.trees


def test_the_programs_model_has_its_card() -> None:
    card = json.loads((CONFIG / CARD).read_text("utf-8"))
    assert card["pages"] > 0
    assert card["seed"] >= 0
    assert {"data_sha256", "rules_sha256", "publishers", "versions"} <= set(card)


# ---- bad files -------------------------------------------------------------------------------------------------------


def message(folder: Path) -> str:
    with pytest.raises(ModelError) as error:
        load_model(folder)
    assert "\n" not in str(error.value)
    assert str(folder) in str(error.value)
    return str(error.value)


@pytest.mark.parametrize("name", FILES)
def test_a_missing_file(copy: Path, name: str) -> None:
    (copy / name).unlink()
    assert name in message(copy)


@pytest.mark.parametrize(
    "content", [b"", b"no model", b"\xff\xfe\x00", b"tree\nversion=v4\n\nend of trees\n\nend of parameters\n"]
)
def test_a_file_that_is_no_model(copy: Path, content: bytes) -> None:
    (copy / FILES[1]).write_bytes(content)
    message(copy)


@pytest.mark.parametrize("share", [0.01, 0.5, 0.9, 0.99])
def test_a_file_cut_short_does_not_end_the_process(copy: Path, share: float) -> None:
    content = (copy / FILES[0]).read_bytes()
    (copy / FILES[0]).write_bytes(content[: int(len(content) * share)])
    assert "not a whole file" in message(copy)


def test_a_model_of_other_features(copy: Path) -> None:
    (copy / FILES[0]).write_bytes((copy / FILES[1]).read_bytes())
    assert "other features" in message(copy)
