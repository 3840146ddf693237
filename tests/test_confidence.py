"""How far a page is to be trusted: a mean by characters, worked out by hand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.confidence import page_confidence
from tasks.page import Label, LabelledBlock


def block(size: int, confidence: float, label: Label = Label.PARAGRAPH) -> LabelledBlock:
    return LabelledBlock("a" * size, label, "model", confidence)


def test_the_mean_over_characters() -> None:
    assert page_confidence([block(300, 1.0), block(100, 0.6)]) == pytest.approx((300 * 1.0 + 100 * 0.6) / 400)


def test_a_removed_block_counts_only_where_it_was_in_doubt() -> None:
    kept = block(100, 1.0)
    assert page_confidence([kept, block(100, 0.95, Label.SHARE)]) == 1.0
    assert page_confidence([kept, block(100, 0.5, Label.SHARE)]) == 0.75
    assert page_confidence([block(100, 0.95, Label.SHARE)]) == 0.0


def test_one_endless_block_does_not_drown_the_others() -> None:
    assert page_confidence([block(1_000_000, 1.0), block(2_000, 0.5)]) == 0.75


def test_nothing_is_no_confidence() -> None:
    assert page_confidence([]) == 0.0
    assert page_confidence([block(0, 1.0)]) == 0.0


@given(st.lists(st.builds(block, st.integers(0, 5_000), st.floats(0, 1), st.sampled_from(Label)), max_size=20))
def test_between_the_least_and_the_most(blocks: list[LabelledBlock]) -> None:
    found = page_confidence(blocks)
    assert 0 <= found <= 1
    assert found == round(found, 4)
    if all(one.kept and one.text for one in blocks) and blocks:
        low, high = min(one.confidence for one in blocks), max(one.confidence for one in blocks)
        assert low - 1e-4 <= found <= high + 1e-4
