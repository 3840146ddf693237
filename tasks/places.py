"""What elements are for, told by their tags and by the words of their class, id, role and itemprop."""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import re2
from numpy.typing import NDArray

from tasks.page import Container

# Kinds of place on a page, and the words that sites use for them.
KINDS_OF_PLACE: dict[str, str] = {
    "body": r"article-?_?(?:body|text|content)|body-?_?(?:text|content|copy)|story-?_?(?:body|text|content)|"
    r"(?:entry|post|page|main|td-post)-?_?content|rich-?text|paragraph|wysiwyg|prose",
    "article": r"article|story|entry|\bpost\b|post-|hentry",
    "content": r"content|main|\btext\b",
    "title": r"headline|title|heading",
    "deck": r"deck|(?:^|[^a-z])dek(?:[^a-z]|$)|standfirst|subtitle|sub-?head|summary|excerpt|\blead\b|\blede\b|intro|"
    r"chapo|teaser|description",
    "byline": r"byline|author|writer|autor|contributor|signature",
    "date": r"date|time|publish|posted|meta",
    "caption": r"caption|legend|figure|image|photo|picture|media|gallery|slide|lightbox",
    "credit": r"credit|copyright|source|attribution",
    "navigation": r"\bnav|menu|breadcrumb|pagination|pager|toolbar|skip|sitemap|\btabs?\b",
    "frame": r"header|masthead|footer|banner|\bfoot\b",
    "side": r"sidebar|\baside|\bside\b|\brail\b|column|widget|secondary|complementary|right|left",
    "related": r"related|recommend|\bmore\b|more-|popular|trending|most-|latest|recirc|suggest|similar|read-?next|"
    r"also|up-?next|\bnext|previous|outbrain|taboola|promo-?list|teaser|\bcard|\blist\b|\bitem|carousel|\bfeed\b|grid",
    "comment": r"comment|disqus|reply|respond|discussion|forum",
    "share": r"share|social|sharing|facebook|twitter|whatsapp|follow",
    "promo": r"promo|newsletter|subscri|sign-?up|signup|register|donat|\bcta\b|call-to|app-?download|callout|offer",
    "advert": r"advert|\bads?\b|ad-|-ad\b|sponsor|commercial|dfp|banner-ad",
    "paywall": r"paywall|premium|regwall|meter|piano|locked|gate",
    "tags": r"\btags?\b|topic|keyword|categor|label|kicker|eyebrow|section",
    "bio": r"\bbio|about-?(?:the-?)?author|author-?(?:box|info|bio|card)|profile",
    "legal": r"cookie|consent|gdpr|privacy|legal|disclaimer|terms|modal|popup|overlay|dialog",
    "quote": r"quote|blockquote|pull",
    "embed": r"embed|tweet|instagram|video|player|iframe|widget",
    "hidden": r"hidden|visually-?hidden|sr-only|screen-reader|d-none|collapse",
}

PLACE_BIT = {name: 1 << bit for bit, name in enumerate(KINDS_OF_PLACE)}


def _compile() -> "re2.Set":
    """One automaton for all kinds: a class attribute is read once, in linear time."""
    found = re2.Set.SearchSet()
    for pattern in KINDS_OF_PLACE.values():
        found.Add(pattern)
    found.Compile()
    return found


_PLACES = _compile()


@lru_cache(maxsize=50_000)
def place_bits(words: str) -> int:
    """The kinds of place that an element's words name, a bit each: see `PLACE_BIT`."""
    return sum(1 << bit for bit in _PLACES.Match(words) or ()) if words else 0


TAG_GROUPS: dict[str, tuple[str, ...]] = {
    "p": ("p",),
    "h1": ("h1",),
    "h2": ("h2",),
    "h3": ("h3", "h4", "h5", "h6"),
    "li": ("li", "dd", "dt"),
    "cell": ("td", "th", "tr"),
    "quote": ("blockquote", "q"),
    "caption": ("figcaption", "caption", "figure"),
    "control": ("button", "label", "form", "legend", "summary"),
    "pre": ("pre", "code"),
    "box": ("div", "section", "article", "main", "body"),
}
TAG_GROUP = {tag: group for group, tags in enumerate(TAG_GROUPS.values()) for tag in tags}
AROUND = (
    "article",
    "main",
    "nav",
    "header",
    "footer",
    "aside",
    "figure",
    "form",
    "list",
    "table",
    "blockquote",
    "section",
)
_AROUND = {tag: 1 << bit for bit, tag in enumerate(AROUND)} | {
    "ul": 1 << AROUND.index("list"),
    "ol": 1 << AROUND.index("list"),
    "dl": 1 << AROUND.index("list"),
    "figcaption": 1 << AROUND.index("figure"),
}


def container_places(containers: Sequence[Container]) -> tuple[NDArray[np.int64], ...]:
    """For each container the bits of its own words, its next two elders', all elders', and the tags around it."""
    own = [place_bits(container.words) if container.words else 0 for container in containers]
    words = np.array([*own, 0], dtype=np.int64)  # the last one, of the place -1, for what has no parent
    parent = np.array([*(container.parent for container in containers), -1])
    near = (words[parent] | words[parent[parent]])[:-1]
    above, around = [0] * len(own), [0] * len(own)
    for at, container in enumerate(containers):
        up, tag = container.parent, container.tag
        if up >= 0:
            above[at] = above[up] | own[up]
            around[at] = around[up]
        if tag in _AROUND:
            around[at] |= _AROUND[tag]
    return words[:-1], near, np.array(above, dtype=np.int64), np.array(around, dtype=np.int64)
