"""The labelled suites, beside the checkout; a clone without them skips what needs them."""

from pathlib import Path

import pytest

SUITES = Path(__file__).resolve().parents[2] / "shared" / "bench"
at_hand = pytest.mark.skipif(not SUITES.is_dir(), reason=f"the suites are not at {SUITES}")
