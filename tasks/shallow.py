"""Markup that nests deeper than the parser goes: libxml2 stops at 2,048 levels, and with it all text that follows."""

import re
from collections.abc import Iterator
from typing import Final

LEVELS: Final = 400  # the elements that are not counted are at the most four a level: a table's body, row and cell

_TAG = re.compile(r"<(/?)([a-zA-Z][^\s/<>]*+)[^<>]*+>")
# They have no end, or need none: one that is never closed does not hold what comes after it.
_NOT_COUNTED = frozenset(
    "area base br col embed hr img input link meta param source track wbr "  # noqa: SIM905
    "a body colgroup dd dt head html li optgroup option p rp rt tbody td tfoot th thead tr".split()
)


def shallow(markup: str) -> str:
    """The same text without the tags of the elements that stand deeper than LEVELS. For pages that need it alone."""
    return "".join(_shallow(markup))


def _shallow(markup: str) -> Iterator[str]:
    depth = end = 0
    for tag in _TAG.finditer(markup):
        if tag[2].lower() in _NOT_COUNTED or tag[0].endswith("/>"):
            continue
        is_deep = depth > LEVELS if tag[1] else depth >= LEVELS
        depth = max(depth - 1, 0) if tag[1] else depth + 1
        if is_deep:
            yield markup[end : tag.start()]
            yield " "
            end = tag.end()
    yield markup[end:]
