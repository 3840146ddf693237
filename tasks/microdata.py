"""Microdata: the properties that a page's elements mark as its article's (https://html.spec.whatwg.org/#microdata).

An element's property is that of the item around it. A page may hold items of other stories, and of comments; the own is
the one whose headline the document's title holds.
"""

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
_HEADLINES: Any = etree.XPath("//*[@itemprop='headline'][position()<100]")
_SCOPE: Any = etree.XPath("string(ancestor::*[@itemscope][1]/@itemtype)")
_STORY: Any = etree.XPath("ancestor::*[@itemscope][contains(@itemtype,'Article') or contains(@itemtype,'Posting')][1]")


def own_story(root: HtmlElement, document_title: str) -> Any:
    """The item of the page's own story; None where there are not several, or none that the document's title tells."""
    headlines = [(element, story) for element in _HEADLINES(root) if (story := _story(element)) is not None]
    if len({id(story) for _, story in headlines}) < 2:
        return None
    title = squeeze(document_title)
    keys = ((squeeze(_value(element)), story) for element, story in headlines)
    return next((story for key, story in keys if len(key) >= MIN_HEADLINE and key in title), None)


def _story(element: Any) -> Any:
    return next(iter(_STORY(element)), None)


def is_anothers(element: Any, own: Any) -> bool:
    """Whether an element stands in the item of another story than `own`, where that is known."""
    return own is not None and (story := _story(element)) is not None and story is not own


def microdata(root: HtmlElement, own: Any) -> dict[str, list[str]]:
    """The values of `itemprop` and `rel=author` that are the article's, not a comment's or another story's.

    Of each property only those of an article's item where there are some, else those of other items or of none; links
    to authors, which may lead to their pages elsewhere, where nothing else names any.
    """
    ranked: dict[str, tuple[list[str], ...]] = {name: ([], [], []) for name in MARKED}
    for element in _MARKED(root):
        for name in (element.get("itemprop") or "author").split():
            values = ranked.get("author" if name == "creator" else name)
            if values is None or "Comment" in _SCOPE(element) or is_anothers(element, own):
                continue
            rank = 2 if "itemprop" not in element.attrib else int(_story(element) is None)
            if len(values[rank]) < MAX_VALUES:
                values[rank].extend(_author_names(element) if name in ("author", "creator") else [_value(element)])
    return {name: next(filter(None, values), []) for name, values in ranked.items()}


def _value(element: Any) -> str:
    value = element.get("content") or element.get("datetime")
    return plain(value[:MAX_VALUE]) if value else " ".join("".join(element.itertext()).split())[:MAX_VALUE]


def _author_names(element: Any) -> list[str]:
    parts = (part for part in element.iterdescendants() if "name" in (part.get("itemprop") or "").split())
    return [_value(part) for part in parts] or [_value(element)]
