"""CSS selectors on lxml's trees, in time that a page cannot blow up.

cssselect translates a selector into XPath. Its own way goes down from the left side, and libxml2 takes quadratic time
to join what it finds: 44 s for `div p` on 20,000 paragraphs in 200 nested boxes. Here each element is tested by itself,
looking up and back from it: 10 ms for the same.
"""

from collections.abc import Callable
from typing import Any

from cssselect import HTMLTranslator
from cssselect import SelectorError as CssError
from cssselect.xpath import XPathExpr
from lxml import etree

Select = Callable[[Any], list[Any]]

DEEPEST = 200  # levels of elements; of 1,276 real pages the deepest had 138
MOST_SIBLINGS = 2_000  # of 1,276 real pages none had more than 1,681
MOST_ELEMENTS = 100_000


class SelectorError(ValueError):
    """No selector, or one of a kind that is not taken. The message is one line."""


class _Upwards(HTMLTranslator):
    """What stands left of a combinator becomes a condition on what stands right of it."""

    def xpath_descendant_combinator(self, left: XPathExpr, right: XPathExpr) -> XPathExpr:
        return right.add_condition(f"ancestor::{left}")

    def xpath_child_combinator(self, left: XPathExpr, right: XPathExpr) -> XPathExpr:
        return right.add_condition(f"parent::{left}")

    def xpath_direct_adjacent_combinator(self, left: XPathExpr, right: XPathExpr) -> XPathExpr:
        left.add_name_test()
        return right.add_condition(f"preceding-sibling::*[1][{left.condition or 'true()'}]")

    def xpath_indirect_adjacent_combinator(self, left: XPathExpr, right: XPathExpr) -> XPathExpr:
        return right.add_condition(f"preceding-sibling::{left}")

    xpath_contains_function: Any = None  # no part of CSS: words are for phrases


def compile_selector(css: str) -> Select:
    """A function that finds the elements of a tree that a selector, or a list of them, matches.

    Raises SelectorError.
    """
    try:
        found: Any = etree.XPath(_Upwards().css_to_xpath(css))
        found(etree.Element("html"))  # a prefix that nobody declared is found out only here
    except (CssError, etree.XPathError, ValueError) as error:
        raise SelectorError(" ".join(str(error).split())) from error
    select: Select = found
    return select


def is_selectable(root: Any) -> bool:
    """Whether a tree is small enough for any selector: no real page is as deep, wide or large as the bounds."""
    level, elements = [root], 1
    for _ in range(DEEPEST):
        if any(len(element) > MOST_SIBLINGS for element in level):
            return False
        level = [child for element in level for child in element]
        elements += len(level)
        if not level:
            return elements <= MOST_ELEMENTS
    return False
