"""Which blocks stand in the body that a page declares in its data (JSON-LD's `articleBody`)."""

import re

import numpy as np
from numpy.typing import NDArray

from tasks.page import Page

LEAST_CHARS = 200  # a shorter one is a teaser
MOST_CHARS = 100_000  # in which each block is looked for
BEGIN = 60  # letters of a block that are
_SIGNS = re.compile(r"\W+")


def in_declared_body(page: Page) -> NDArray[np.bool_] | None:
    """Whether each block begins somewhere in the declared body, white space and signs aside; None without one."""
    body = " ".join((page.declared.body or "").split())
    if len(body) < LEAST_CHARS:
        return None
    flat = _SIGNS.sub("", body[:MOST_CHARS])
    return np.array([_SIGNS.sub("", block.text)[:BEGIN] in flat for block in page.blocks])
