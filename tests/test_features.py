"""What the model sees: as many numbers as it learned from, finite, and told by the page alone."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tasks.blocks import cut
from tasks.columns import Columns, bits, rolling, shift
from tasks.features import columns, features, group_ids, with_wording
from tasks.grams import Grams
from tasks.model import context, load_model
from tasks.page import Block, Container, Declared, Kind, Label, Page, Source
from tasks.places import KINDS_OF_PLACE, container_places, place_bits
from tasks.tree import Tree
from tests.stories import SCRIPTS, story_page


def page_of(markup: str, kind: Kind = Kind.HTML) -> Page:
    page = cut(Source(markup, kind, "utf-8"))
    assert isinstance(page, Page)
    return page


def dump_of(*lines: str) -> Page:
    return Page(Kind.DUMP, tuple(Block(line) for line in lines), (Container("", "", -1, 0),), Declared())


def table(page: Page, hits: Sequence[Sequence[Label]] | None = None) -> dict[str, list[float]]:
    found = columns(page, hits or [()] * len(page.blocks))
    return {name: column.tolist() for name, column in zip(found.names, found.values, strict=True)}


# ---- the matrix ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("script", SCRIPTS)
def test_a_row_a_block_and_a_column_a_feature_of_the_model(script: str) -> None:
    page = page_of(story_page(script))
    seen = features(page, [()] * len(page.blocks))
    assert seen.dtype == np.float32
    seen = with_wording(seen, Grams.of([block.text for block in page.blocks]), load_model().wording)
    assert seen.shape == (len(page.blocks), load_model().first.width)
    again = context(page, seen, np.full(len(page.blocks), 0.7))
    assert again.shape == (len(page.blocks), load_model().second.width)
    assert np.array_equal(again[:, : seen.shape[1]], seen, equal_nan=True)


def test_html_and_dump_have_the_same_columns_in_the_same_order() -> None:
    html, dump = page_of(story_page("latin")), dump_of("a", "b")
    names = columns(html, [()] * len(html.blocks)).names
    assert names == columns(dump, [()] * 2).names
    assert len(set(names)) == len(names)


BLOCKS = st.builds(
    Block,
    st.text(min_size=1, max_size=40).map(lambda text: " ".join(text.split()) or "x"),
    st.sampled_from(["p", "h1", "li", "td", "x-y", ""]),
    st.sampled_from(["", "article-body", "share"]),
    link_chars=st.integers(0, 3),
    gap=st.integers(0, 3),
    indent=st.integers(0, 8),
)


@settings(deadline=None, max_examples=200, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(BLOCKS, min_size=1, max_size=12), st.sampled_from(Kind), st.booleans(), st.text(max_size=300))
def test_any_blocks_give_finite_numbers_or_nan(blocks: list[Block], kind: Kind, has_title: bool, body: str) -> None:
    root = Container("html" if kind is Kind.HTML else "", "", -1, 0)
    page = Page(kind, tuple(blocks), (root,), Declared(body=body), headline=len(blocks) // 2 if has_title else None)
    with np.errstate(all="raise"):
        seen = features(page, [(Label.PROMO, Label.TITLE)] * len(blocks))
        again = context(page, seen, np.linspace(0, 1, len(blocks)))
    assert seen.shape[0] == again.shape[0] == len(blocks)
    assert not np.isinf(again).any()
    assert np.array_equal(seen, features(page, [(Label.PROMO, Label.TITLE)] * len(blocks)), equal_nan=True)


def test_what_a_dump_cannot_know_is_nan() -> None:
    found = table(dump_of("One sentence stands here.", "Another one."))
    for name in ("tag_p", "depth", "own_body", "in_article", "after_title", "h1_before", "in_declared_body"):
        assert np.isnan(found[name]).all(), name
    assert found["html"] == [0, 0]


def test_lone_surrogates_and_letters_beyond_the_first_plane_count_as_one_character_each() -> None:
    found = table(dump_of("a\ud800b", "\U0001f600\U00020000"))
    assert found["chars"] == pytest.approx([np.log1p(3), np.log1p(2)])


# ---- single columns --------------------------------------------------------------------------------------------------


def test_shares_of_characters() -> None:
    found = table(dump_of('"Ab 1, c!"', "漢字。", "สวัส", "12|34"))
    assert found["share_upper"] == pytest.approx([0.1, 0, 0, 0])
    assert found["share_lower"] == pytest.approx([0.2, 0, 0, 0])
    assert found["share_digit"] == pytest.approx([0.1, 0, 0, 0.8])
    assert found["share_quote"] == pytest.approx([0.2, 0, 0, 0])
    assert found["share_ideograph"] == pytest.approx([0, 2 / 3, 0, 0])
    assert found["share_other_letter"] == pytest.approx([0, 0, 0.75, 0])
    assert found["share_bar"] == pytest.approx([0, 0, 0, 0.2])
    assert found["stopped"] == [1, 1, 0, 0]
    assert found["begins_quote"] == [1, 0, 0, 0]


def test_links_tags_and_places() -> None:
    page = page_of("<article class=story-body><p><a>ab</a>cd</p><ul class=share-tools><li>x</ul></article><nav>y</nav>")
    found = table(page, [(Label.BYLINE,), (), ()])
    assert found["link_share"] == [0.5, 0, 0]
    assert found["tag_p"] == [1, 0, 0]
    assert found["tag_li"] == [0, 1, 0]
    assert found["in_article"] == [1, 1, 0]
    assert found["in_list"] == [0, 1, 0]
    assert found["in_nav"] == [0, 0, 1]
    assert found["near_body"] == [1, 1, 0]
    assert found["near_share"] == [0, 1, 0]
    assert found["own_share"] == [0, 0, 0]
    assert found["hit_byline"] == [1, 0, 0]


def test_where_a_block_stands() -> None:
    page = page_of("<title>The ferry stays</title><p>a<h1>The ferry stays</h1><p>b<p>c")
    found = table(page)
    assert page.headline == 1
    assert found["is_title"] == [0, 1, 0, 0]
    assert found["after_title"] == pytest.approx([-np.log1p(1), 0, np.log1p(1), np.log1p(2)])
    assert found["row_share"] == [0, 0.25, 0.5, 0.75]
    assert found["h1_before"] == [0, 0, 1, 1]
    assert found["tag_p_before1"][1:] == [1, 0, 1]
    assert found["tag_p_after1"][:-1] == [0, 1, 1]
    assert np.isnan(found["tag_p_after1"][-1])


def test_the_declared_body_and_description() -> None:
    body = "The council keeps the ferry for another winter, it said on Monday. " * 4
    page = Page(
        Kind.HTML,
        (Block("The council – keeps the FERRY", "p"), Block("The council keeps the ferry for another winter!", "p")),
        (Container("html", "", -1, 0),),
        Declared(body=body, descriptions=("The council keeps the ferry for another winter",)),
    )
    found = table(page)
    assert found["in_declared_body"] == [0, 1]
    assert found["is_described"] == [0, 1]


def test_blocks_of_the_same_make_share_a_number() -> None:
    page = page_of("<div class=a><p>1<p>2<p class=x>3</div><div class=b><p>4</div>")
    ids = group_ids(page).tolist()
    assert ids[0] == ids[1]
    assert len(set(ids)) == 3


# ---- places ----------------------------------------------------------------------------------------------------------


def places(words: str) -> set[str]:
    found = place_bits(words)
    return {name for bit, name in enumerate(KINDS_OF_PLACE) if found >> bit & 1}


def test_places_are_told_by_the_words_of_an_element() -> None:
    assert places("") == set()
    assert {"body", "article", "content"} <= places("article-body content")
    assert "byline" in places("c-byline__author")
    assert {"share"} <= places("social-links")
    assert "navigation" in places("breadcrumb")
    assert "advert" in places("ad")
    assert "advert" not in places("shadow")
    assert places("xyz") == set()


def test_what_is_around_a_container() -> None:
    page = page_of("<article class=story><div class=byline><figure><p class=credit>a</p></figure></div></article>")
    own, near, above, around = container_places(page.containers)
    last = len(page.containers) - 1
    assert page.containers[last].words == "credit"
    assert own[last] == place_bits("credit")
    assert near[last] == place_bits("byline")
    assert above[last] == place_bits("byline") | place_bits("story")
    assert around[last] == around[last - 1]
    assert around[last] != around[0] == 0


# ---- columns and tree ------------------------------------------------------------------------------------------------

NUMBERS = st.lists(st.floats(-100, 100, width=32), min_size=1, max_size=30)


@given(NUMBERS, st.integers(0, 40))
def test_rolling_is_the_mean_around(values: list[float], reach: int) -> None:
    wanted = [np.mean(values[max(0, at - reach) : at + reach + 1]) for at in range(len(values))]
    assert rolling(np.array(values, np.float32), reach) == pytest.approx(wanted, abs=1e-3)


@given(NUMBERS, st.integers(-40, 40).filter(bool))
def test_shift_looks_that_many_rows_away(values: list[float], by: int) -> None:
    wanted = [values[at - by] if 0 <= at - by < len(values) else -1000.0 for at in range(len(values))]
    assert shift(np.array(values, np.float32), by, -1000.0).tolist() == wanted


@given(st.lists(st.integers(0, 2**20 - 1), max_size=10))
def test_bits(values: list[int]) -> None:
    wanted = [[float(value >> bit & 1) for bit in range(20)] for value in values]
    assert bits(np.array(values, np.int64), 20).tolist() == wanted


def test_columns_keep_their_order_and_are_float32() -> None:
    out = Columns()
    out.add("a", np.array([True, False]))
    out.add_all("b", ["x", "y"], np.array([[1, 2], [3, 4]], np.float32))
    assert out.names == ["a", "b_x", "b_y"]
    assert [value.tolist() for value in out.values] == [[1, 0], [1, 3], [2, 4]]


@st.composite
def trees(draw: st.DrawFn) -> tuple[list[int], list[int]]:
    """Parents of containers in document order, and the containers of some blocks."""
    parents = [-1]
    around = [0]
    for index in range(1, draw(st.integers(1, 25))):
        around = around[: draw(st.integers(1, len(around)))]
        parents.append(around[-1])
        around.append(index)
    return parents, draw(st.lists(st.integers(0, len(parents) - 1), min_size=1, max_size=20))


def elders(parents: list[int], container: int) -> list[int]:
    found = []
    while container >= 0:
        found.append(container)
        container = parents[container]
    return found


@settings(deadline=None)
@given(trees())
def test_sums_and_membership_of_subtrees(made: tuple[list[int], list[int]]) -> None:
    parents, homes = made
    depths = [len(elders(parents, at)) - 1 for at in range(len(parents))]
    boxes = tuple(Container("div", "", parent, depth) for parent, depth in zip(parents, depths, strict=True))
    page = Page(Kind.HTML, tuple(Block("a", "div", "", home) for home in homes), boxes, Declared())
    tree = Tree.of(page)
    weight = np.arange(1, len(homes) + 1, dtype=np.float32)
    for container in range(len(parents)):
        inside = [container in elders(parents, home) for home in homes]
        assert tree.within(container).tolist() == inside
        assert tree.inside(weight)[container] == weight[inside].sum()


def test_the_container_of_the_article() -> None:
    text = "The harbour council voted to keep the ferry running through the winter, it said on Monday."
    page = page_of(f"<nav>Home</nav><main><article>{f'<p>{text}</p>' * 5}</article><aside><p>{text}</p></aside></main>")
    found = table(page)
    assert found["within_best"] == [0, 1, 1, 1, 1, 1, 0]
    assert found["child_of_best"] == [0, 1, 1, 1, 1, 1, 0]
    assert found["within_0.6"] == [0, 1, 1, 1, 1, 1, 0]
    assert found["within_0.85"] == [0, 1, 1, 1, 1, 1, 1]
    assert found["below_0.6"] == [-1, 1, 1, 1, 1, 1, -1]
    assert found["articles_before"] == [0, 1, 1, 1, 1, 1, 1]
