"""Wording: grams within blocks, weights that tell bodies from the rest, none of them from a page's own publisher."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tasks.columns import Columns
from tasks.grams import LENGTH, SIZE, Grams, Usage, add_wording

BODY, MENU = "The council voted to keep the ferry.", "Subscribe to our newsletter"
FLAT = np.zeros(SIZE, dtype=np.int8)


def columns(texts: list[str], weights: np.ndarray) -> dict[str, list[float]]:
    out = Columns()
    add_wording(out, Grams.of(texts), weights)
    return {name: column.tolist() for name, column in zip(out.names, out.values, strict=True)}


def usage(*pages: tuple[str, list[str], list[bool]]) -> Usage:
    return Usage((group, Grams.of(texts), np.array(body)) for group, texts, body in pages)


@given(st.lists(st.text(min_size=1, max_size=30).map(lambda text: " ".join(text.split()) or "x"), max_size=8))
def test_each_block_has_the_grams_of_itself_and_its_edges(texts: list[str]) -> None:
    grams = Grams.of(texts)
    # The edge before and the one after count as a character each.
    assert grams.counts.tolist() == [max(len(text) + 2 - LENGTH + 1, 0) for text in texts]
    assert len(grams.places) == grams.counts.sum()
    assert (grams.places < SIZE).all()
    alone = [Grams.of([text]).places for text in texts]
    assert np.array_equal(grams.places, np.concatenate([np.empty(0, np.uint32), *alone]))


def test_case_digits_and_lines_make_no_difference_but_edges_do() -> None:
    one, two = Grams.of(["12 Ferries\nsail"]), Grams.of(["34 FERRIES sail"])
    assert np.array_equal(one.places, two.places)
    assert Grams.of(["sail on"]).places[0] != Grams.of(["I sail on"]).places[2]


def test_weights_speak_for_the_side_that_a_wording_was_seen_on() -> None:
    weights = usage(*((f"p{page}", [BODY, MENU], [True, False]) for page in range(5))).weights()
    seen = columns([BODY, MENU, "an"], weights)
    assert seen["wording"][0] > 1
    assert seen["wording"][1] < -1
    assert seen["wording_begin"][0] > 1 > -1 > seen["wording_end"][1]
    assert seen["wording_against"][0] == 0
    assert seen["wording_around_2"][0] < seen["wording"][0] * 10
    assert np.isnan(columns(["a"], weights)["wording"]).all()


def test_a_publishers_own_pages_have_no_part_in_its_weights() -> None:
    pages = [("a", [BODY, MENU], [True, False]), ("b", ["Ahoy there", "Legal notice"], [True, False])]
    both, only = usage(*pages), usage(pages[1])
    assert np.array_equal(both.weights(without="a"), only.weights())
    assert not np.array_equal(both.weights(), only.weights())
    assert np.array_equal(both.weights(without="nobody"), both.weights())


def test_a_publisher_of_many_pages_has_no_more_say_than_its_root() -> None:
    many = [("big", [BODY], [False])] * 16
    few = [(f"p{page}", [BODY], [True]) for page in range(5)]
    assert columns([BODY], usage(*many, *few).weights())["wording"][0] > 0


@given(st.lists(st.text(min_size=1, max_size=20), min_size=1, max_size=5))
def test_flat_weights_say_nothing(texts: list[str]) -> None:
    for values in columns(texts, FLAT).values():
        assert np.nan_to_num(values).tolist() == [0] * len(texts)
