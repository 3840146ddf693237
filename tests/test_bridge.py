"""How sure the model must be on a page that leaves it in doubt."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.bridge import BODY, GUESS, LEAST, bridged, threshold
from tasks.page import Block, Container, Declared, Kind, Page

SENTENCE = "The council met on Tuesday and spoke about the bridge for an hour."


def page_of(count: int, kind: Kind = Kind.DUMP) -> Page:
    container = Container("p", "", -1, 0)
    return Page(kind, tuple(Block(SENTENCE, "p") for _ in range(count)), (container,), Declared())


def test_a_page_that_the_model_is_sure_of_is_taken_as_it_is() -> None:
    chances = [0.02, 0.99, 0.97, 0.4, 0.99, 0.01]
    assert bridged(page_of(6), chances) == chances


def test_a_page_that_leaves_it_in_doubt_is_asked_less() -> None:
    assert bridged(page_of(6), [0.02, 0.6, 0.45, 0.41, 0.55, 0.05]) == [0.02, 0.6, BODY, BODY, 0.55, 0.05]


def test_of_a_page_without_a_sure_block_the_best_guess_is_taken() -> None:
    assert bridged(page_of(3), [0.1, 0.31, 0.3]) == [0.1, BODY, BODY]


def test_of_a_page_without_any_likely_block_none_becomes_body() -> None:
    chances = [GUESS / 2] * 4
    assert bridged(page_of(4), chances) == chances


def test_a_page_that_the_model_does_not_know_is_taken_at_its_word() -> None:
    texts = [f"On day {number} of five, {SENTENCE}" for number in range(5)]
    declared = Declared(body="\n\n".join(texts[1:4]))
    page = replace(page_of(5, Kind.HTML), blocks=tuple(Block(text, "p") for text in texts), declared=declared)
    assert bridged(page, [0.1] * 5) == [0.1, BODY, BODY, BODY, 0.1]
    assert bridged(page, [0.1, 0.1, 0.1, 0.1, 0.9]) == [0.1, 0.1, 0.1, 0.1, 0.9]
    teased = replace(page, declared=Declared(body=texts[1] + " And so on, at great length." * 40))
    assert bridged(teased, [0.1] * 5) == [0.1] * 5


@given(st.lists(st.tuples(st.integers(1, 500), st.floats(0, 1)), min_size=1, max_size=8))
def test_the_threshold_takes_the_blocks_that_promise_the_best_f1(blocks: list[tuple[int, float]]) -> None:
    sizes, chances = (np.array(column) for column in zip(*blocks, strict=True))
    least = threshold(sizes.tolist(), chances.tolist())
    assert LEAST <= least <= BODY

    def promised(taken: np.ndarray) -> float:
        return float(2 * (sizes * chances)[taken].sum() / (sizes[taken].sum() + (sizes * chances).sum() or 1))

    best = max(promised(np.array(choice, dtype=bool)) for choice in product((False, True), repeat=len(blocks)))
    if least > LEAST:
        assert promised(chances >= least) == pytest.approx(best)
