"""Microdata: the properties that a page's elements mark as its article's (https://html.spec.whatwg.org/#microdata).

An element's property is that of the item around it. A page may hold items of other stories, and of comments; the own is
the one whose headline the document's title holds.
"""

from collections.abc import Iterator
from typing import Any

from lxml import etree
from lxml.html import HtmlElement

from tasks.folding import squeeze
from tasks.linked_data import plain

MAX_VALUES = 60  # of one field
MAX_VALUE = 2_000  # characters of one value
MIN_HEADLINE = 8  # letters by which a headline is known
MARKED = ("headline", "description", "author", "datePublished", "dateModified", "articleSection", "keywords")

_MARKED: Any = etree.XPath("//*[@itemprop][position()<1000] | //a[contains(@rel,'author')][position()<40]")
_SCOPE: Any = etree.XPath("string(ancestor::*[@itemscope][1]/@itemtype)")
_STORY: Any = etree.XPath("ancestor::*[@itemscope][contains(@itemtype,'Article') or contains(@itemtype,'Posting')][1]")


def microdata(root: HtmlElement, document_title: str) -> dict[str, list[str]]:
    """The values of `itemprop` and `rel=author` that are the article's, not a comment's or another story's."""
    marked: dict[str, list[str]] = {name: [] for name in MARKED}
    properties = [(name, element) for element in _MARKED(root) for name in _names(element) if name in marked]
    linked: list[str] = []
    own = _own_story(properties, squeeze(document_title))
    for name, element in properties:
        values = marked[name]
        if len(values) >= MAX_VALUES or "Comment" in _SCOPE(element) or (own is not None and _is_others(element, own)):
            continue
        if "itemprop" in element.attrib:
            values.extend(_author_names(element) if name == "author" else [_value(element)])
        else:
            linked.extend(_author_names(element))
    marked["author"] = marked["author"] or linked  # links may lead to the author's pages elsewhere
    return marked


def is_of_item(element: Any) -> bool:
    """Whether an element stands in an item, whose property it then is."""
    return any("itemscope" in around.attrib for around in element.iterancestors())


def _names(element: Any) -> Iterator[str]:
    for name in (element.get("itemprop") or "author").split():
        yield "author" if name == "creator" else name


def _own_story(properties: list[tuple[str, Any]], title: str) -> Any:
    """The item of the page's own story; None where there are not several, or none that the title tells."""
    headlines = [
        (element, story[0]) for name, element in properties if name == "headline" and (story := _STORY(element))
    ]
    if len({id(story) for _, story in headlines}) < 2:
        return None
    keys = ((squeeze(_value(element)), story) for element, story in headlines)
    return next((story for key, story in keys if len(key) >= MIN_HEADLINE and key in title), None)


def _is_others(element: Any, own: Any) -> bool:
    """Whether an element stands in the item of another story."""
    story = _STORY(element)
    return bool(story) and story[0] is not own


def _value(element: Any) -> str:
    value = element.get("content") or element.get("datetime")
    return plain(value[:MAX_VALUE]) if value else " ".join("".join(element.itertext()).split())[:MAX_VALUE]


def _author_names(element: Any) -> list[str]:
    parts = (part for part in element.iterdescendants() if "name" in (part.get("itemprop") or "").split())
    return [_value(part) for part in parts] or [_value(element)]
