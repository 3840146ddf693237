"""Whether probabilities mean what they say."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.reliability import reliability


def of(*pairs):
    said, found = zip(*pairs, strict=True) if pairs else ((), ())
    return reliability(np.array(said, np.float32), np.array(found, np.bool_))


def test_bins_and_error():
    found = of((0.8, True), (0.8, True), (0.8, True), (0.84, False), (0.1, False), (1.0, True))
    assert [(each.low, each.blocks) for each in found.bins] == [(0.1, 1), (0.8, 4), (0.9, 1)]
    assert found.bins[1].said == pytest.approx(0.81)
    assert found.bins[1].found == pytest.approx(0.75)
    assert found.error == pytest.approx((0.1 + 4 * 0.06) / 6)
    assert found.to_record()["bins"][2] == {"low": 0.9, "blocks": 1, "said": 1.0, "found": 1.0}


def test_no_blocks():
    assert of().to_record() == {"error": 0.0, "bins": []}


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1))
def test_every_block_is_in_one_bin(pairs):
    found = of(*pairs)
    assert sum(each.blocks for each in found.bins) == len(pairs)
    assert 0 <= found.error <= 1
