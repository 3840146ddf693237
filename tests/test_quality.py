"""The quality gate: no figure of the labelled suites is under its floor.

The floors are in tests/quality/floors.toml; `python -m tests.quality.gate` prints them as they would be now. Where the
suites are not at hand (a clone without them), their part is skipped, and the smaller gate, this repository's own pages
(tests/test_pages.py, exact to the letter), is all there is.
"""

import tomllib

import pytest

from tasks.clean import clean_page
from tasks.page import Article, RawPage
from tests.quality.gate import HERE, digest, is_under, shipped, unseen
from tests.suites import SUITES, at_hand

FLOORS = tomllib.loads((HERE / "floors.toml").read_text("utf-8"))


def under(figures, floors):
    """The figures that are worse than their floors, or missing."""
    return {
        name: (figures.get(name), floor)
        for name, floor in floors.items()
        if name not in figures or is_under(name, figures[name], floor)
    }


def test_a_figure_under_its_floor_is_found():
    floors = {"f1": 0.9, "caption_leak": 0.01}
    assert under({"f1": 0.9, "caption_leak": 0.01}, floors) == {}
    assert under({"f1": 0.89, "caption_leak": 0.02}, floors) == {"f1": (0.89, 0.9), "caption_leak": (0.02, 0.01)}
    assert under({"caption_leak": 0.0}, floors) == {"f1": (None, 0.9)}


@pytest.mark.parametrize("suite", [name for name, floors in FLOORS.items() if "unseen" in floors])
def test_the_model_s_card_keeps_what_it_reached_on_publishers_that_it_had_not_seen(suite):
    assert under(unseen()[suite], FLOORS[suite]["unseen"]) == {}


@at_hand
@pytest.mark.parametrize("suite", FLOORS)
def test_the_floors_are_of_these_pages(suite):
    assert digest(SUITES / suite) == FLOORS[suite]["digest"], "other pages: run python -m tests.quality.gate, and look"


@at_hand
@pytest.mark.long
@pytest.mark.parametrize("suite", FLOORS)
def test_the_program_as_it_ships_keeps_what_it_reached(suite):
    assert under(shipped(SUITES / suite), FLOORS[suite]["shipped"]) == {}


@at_hand
def test_the_first_page_that_a_user_brought_comes_out_whole():
    path = SUITES.parent / "pages" / "raw-page.txt"
    article = clean_page(RawPage(path.name, path.read_bytes()))
    assert isinstance(article, Article)
    head = ["title", "deck", "timestamp", "read_time", "title", "caption", "credit"]
    text = [*["paragraph"] * 2, "promo", *["paragraph"] * 7]
    assert [block.label for block in article.blocks] == [*head, *text, "bio", *["related"] * 4]
    assert [block.kept for block in article.blocks] == [block.label == "paragraph" for block in article.blocks]
    assert [(image.caption is not None, image.credit) for image in article.metadata.images] == [(True, "REUTERS")]
    assert str(article.metadata.published_at) == "2017-10-19 22:59:00+00:00"
