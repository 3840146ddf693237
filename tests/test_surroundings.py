"""Blocks far inside a list of comments, a stream of other stories or a consent manager."""

import numpy as np
import pytest

from tasks.blocks import cut
from tasks.label import label
from tasks.page import KEPT, Kind, Label, Page, Source
from tasks.phrases import Phrases
from tasks.surroundings import surroundings

TITLE, DEEP = "Ferry stays afloat", "<div><ul><li><div><p>A text of some length.</p></div></li></ul></div>"


class Told:
    def __init__(self, *chances):
        self.chances = chances

    def probabilities(self, page, hits):
        return np.array(self.chances, dtype=np.float32)


def labelled(markup, *chances):
    page = cut(Source(f"<title>{TITLE}</title><h1>{TITLE}</h1><p>Body of the story.</p>{markup}", Kind.HTML, "utf-8"))
    assert isinstance(page, Page)
    return label(page, Phrases(()), Told(0.1, 0.95, *chances))[-1]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("id=onetrust-consent-sdk", Label.LEGAL),
        ("class='box cookie-banner'", Label.LEGAL),
        ("class=comment-list", Label.COMMENT),
        ("id=disqus_thread", Label.COMMENT),
        ("class='module-more-stories x'", Label.RELATED),
        ("class=related-articles", Label.RELATED),
    ],
)
def test_a_text_far_inside_is_body_only_where_the_model_is_sure(name, expected):
    markup = f"<section {name}>{DEEP}</section>"
    assert labelled(markup, 0.6).label is expected
    assert labelled(markup, 0.95).label in KEPT


@pytest.mark.parametrize("name", ["", "class=commentary", "class=story-cookies", "class=unrelated-articles-x"])
def test_other_names_mean_nothing(name):
    assert labelled(f"<section {name}>{DEEP}</section>", 0.6).label in KEPT


def test_what_holds_the_headline_is_no_such_box():
    page = cut(Source(f"<div class=more-stories><h1>{TITLE}</h1>{DEEP}</div>", Kind.HTML, "utf-8"))
    assert isinstance(page, Page)
    assert page.headline == 0
    assert set(surroundings(page)) == {None}


def test_a_dump_has_none():
    page = cut(Source("a line\nand another", Kind.DUMP, "utf-8"))
    assert isinstance(page, Page)
    assert surroundings(page) == [None]
