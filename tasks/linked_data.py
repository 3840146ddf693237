"""JSON-LD: what a page's `<script type="application/ld+json">` says of its article (https://schema.org/NewsArticle).

Bounded in size, depth and number of objects. What can be repaired simply is repaired; what cannot is passed over.
"""

import html
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import re2

Node = dict[str, Any]

MAX_SCRIPT = 4_000_000  # characters of one script
MAX_NODES = 3_000
MAX_DEPTH = 12
MAX_VALUES = 100  # of one property

# Property names under which a page's own article is found; others (ItemList, comments, related) are not followed.
FOLLOWED = ("@graph", "mainEntity", "mainEntityOfPage", "mainContentOfPage", "hasPart", "itemReviewed", "@list")
ARTICLE_TYPES = {
    name: rank
    for rank, names in enumerate((
        "NewsArticle LiveBlogPosting ReportageNewsArticle AnalysisNewsArticle OpinionNewsArticle BackgroundNewsArticle "
        "ReviewNewsArticle AskPublicNewsArticle AdvertiserContentArticle SatiricalArticle OpinionArticle",
        "Article BlogPosting Report ScholarlyArticle TechArticle SocialMediaPosting DiscussionForumPosting",
        "Review Recipe HowTo CreativeWork Question",
        "PodcastEpisode VideoObject AudioObject",
        "WebPage ItemPage MedicalWebPage",
    ))
    for name in names.split()
}  # fmt: skip
PAGE_RANK = 4

_WRAPPERS = re2.compile(
    r"^\s*(?:<!--|//\s*<!\[CDATA\[|/\*\s*<!\[CDATA\[\s*\*/|<!\[CDATA\[)|(?://\s*|/\*\s*)?(?:-->|\]\]>)(?:\s*\*/)?\s*$"
)
_TRAILING_COMMA = re2.compile(r",(\s*[}\]])")
_BAD_ESCAPE = re2.compile(r"\\([^\"\\/bfnrtu])")
_CONTROLS = re2.compile(r"[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f]")  # those that are no white space
_DECODER = json.JSONDecoder(strict=False)


@dataclass(frozen=True, slots=True)
class LinkedData:
    """The objects of a page's JSON-LD: the article's own first, then those that describe the page around it."""

    nodes: tuple[Node, ...] = ()
    by_id: dict[str, Node] | None = None
    types: tuple[str, ...] = ()
    breadcrumbs: tuple[str, ...] = ()

    def values(self, *names: str) -> Iterator[Any]:
        """The values of these properties, the most trusted object's first."""
        for name in names:
            for node in self.nodes:
                if (value := node.get(name)) not in (None, "", []):
                    yield value

    def texts(self, *names: str) -> list[str]:
        """The same as strings: of an object its name, of a list each entry."""
        return [text for value in self.values(*names) for text in self.strings(value)]

    def first_texts(self, *names: str) -> list[str]:
        """The strings of the first value that has any."""
        return next((texts for value in self.values(*names) if (texts := self.strings(value))), [])

    def is_organisation(self, name: str) -> bool:
        """Whether the first value of a property is made of organisations alone."""
        value = next(self.values(name), None)
        entries = value if isinstance(value, list) else [value]
        kinds = [types_of(self._resolved(entry)) for entry in entries if isinstance(entry, dict)]
        return bool(kinds) and all("Organization" in kind or "NewsMediaOrganization" in kind for kind in kinds)

    def _resolved(self, node: Node) -> Node:
        return node if "@type" in node else (self.by_id or {}).get(str(node.get("@id")), node)

    def strings(self, value: Any, depth: int = 0) -> list[str]:
        """The strings that a value stands for."""
        if isinstance(value, str):
            return [text] if (text := plain(value)) else []
        if isinstance(value, int | float) and not isinstance(value, bool):
            return [str(value)]
        if depth > 3:
            return []
        if isinstance(value, list):
            return [text for entry in value[:MAX_VALUES] for text in self.strings(entry, depth + 1)]
        if isinstance(value, dict):
            return self._of_node(value, depth)
        return []

    def _of_node(self, node: Node, depth: int) -> list[str]:
        for name in ("name", "@value", "headline", "alternateName", "termCode"):
            if texts := self.strings(node.get(name), depth + 1):
                return texts
        if parts := [text for name in ("givenName", "familyName") for text in self.strings(node.get(name), depth + 1)]:
            return [" ".join(parts)]
        target = (self.by_id or {}).get(str(node.get("@id")))
        return self.strings(target, depth + 1) if target is not None and target is not node else []


def linked_data(scripts: Iterable[str], page_urls: frozenset[str], document_title: str) -> LinkedData:
    """What the scripts say of the page's article; `page_urls` and the title tell it from others on the page."""
    nodes, by_id = _collect(scripts)
    crumbs = next((names for node in nodes if "BreadcrumbList" in types_of(node) if (names := _crumbs(node))), ())
    ranked = sorted((node for node in nodes if _rank(node) < 9), key=_rank)
    articles = [node for node in ranked if _rank(node) < PAGE_RANK]
    around = [node for node in ranked if _rank(node) == PAGE_RANK]
    own = _own(articles, page_urls, document_title)
    types = list(dict.fromkeys(kind for node in [*own, *around, *nodes] for kind in types_of(node)))
    return LinkedData(tuple(own + around), by_id, tuple(types[:MAX_VALUES]), crumbs)


def _own(articles: list[Node], page_urls: frozenset[str], document_title: str) -> list[Node]:
    """The article's object, and others that tell of the same article."""
    if len(articles) < 2:
        return articles
    told = [node for node in articles if page_urls & _urls(node)]
    if not told and document_title:
        told = [
            node for node in articles if (line := plain(str(node.get("headline") or ""))) and line in document_title
        ]
    return told or [next((node for node in articles if node.get("headline")), articles[0])]


def _headline(node: Node) -> str:
    return plain(str(node.get("headline") or ""))


def _urls(node: Node) -> set[str]:
    page = node.get("mainEntityOfPage")
    found = [node.get("url"), node.get("@id"), page.get("@id") if isinstance(page, dict) else page]
    return {address_key(url) for url in found if isinstance(url, str)}


def address_key(url: str) -> str:
    """An address without its scheme, `www.`, query, fragment and last slash: what two spellings of it share."""
    return url.partition("#")[0].partition("?")[0].partition("//")[2].removeprefix("www.").rstrip("/").lower()


def types_of(node: Node) -> list[str]:
    """The object's types, without the vocabulary's address."""
    value = node.get("@type")
    values = value if isinstance(value, list) else [value]
    return [entry.rpartition("/")[2] for entry in values[:5] if isinstance(entry, str)]


def _rank(node: Node) -> int:
    return min((ARTICLE_TYPES.get(kind, 9) for kind in types_of(node)), default=9)


def _collect(scripts: Iterable[str]) -> tuple[list[Node], dict[str, Node]]:
    """The objects in the order of the page, and all that carry an `@id`."""
    nodes: list[Node] = []
    by_id: dict[str, Node] = {}
    for script in scripts:
        for value in loose_json(script):
            _visit(value, nodes, by_id)
    return nodes, by_id


def _visit(value: Any, nodes: list[Node], by_id: dict[str, Node]) -> None:
    waiting = [(value, 0)]
    while waiting and len(nodes) < MAX_NODES:
        entry, depth = waiting.pop()
        if depth > MAX_DEPTH:
            continue
        if isinstance(entry, list):
            waiting += [(part, depth + 1) for part in reversed(entry[:MAX_NODES])]
        elif isinstance(entry, dict):
            if "@type" in entry:
                nodes.append(entry)
            if isinstance(entry.get("@id"), str) and len(entry) > 1:
                by_id.setdefault(entry["@id"], entry)
            waiting += [
                (entry[name], depth + 1) for name in reversed(FOLLOWED) if isinstance(entry.get(name), dict | list)
            ]


def _crumbs(node: Node) -> tuple[str, ...]:
    """The names of a breadcrumb trail from the home page down."""
    names = []
    entries = node.get("itemListElement")
    for entry in (entries if isinstance(entries, list) else [entries])[:10]:
        if isinstance(entry, dict):
            item = entry.get("item")
            name = entry.get("name") or (item.get("name") if isinstance(item, dict) else None)
            if isinstance(name, str) and name.strip():
                names.append(plain(name))
    return tuple(names)


def loose_json(text: str) -> list[Any]:
    """The values of a script: one as a rule, several where they stand one after the other, none where beyond repair."""
    values = _values(text[:MAX_SCRIPT].strip().rstrip(";"))
    return _without_surrogates(values) if "\\ud" in text or "\\uD" in text else values


def _without_surrogates(values: list[Any]) -> list[Any]:
    """The values with U+FFFD for each half of a surrogate pair: JSON lets it stand alone, UTF-8 does not."""
    mended: list[Any] = json.loads(whole_characters(json.dumps(values, ensure_ascii=False)))
    return mended


def whole_characters(text: str) -> str:
    """The text with halves of surrogate pairs joined, and U+FFFD for each that is alone."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _values(text: str) -> list[Any]:
    for mended in _mendings(text):
        try:
            return [_DECODER.decode(mended)]
        except (ValueError, RecursionError):
            continue
    return _in_a_row(text)


def _mendings(text: str) -> Iterator[str]:
    yield text
    text = _WRAPPERS.sub("", text)
    yield text.strip()
    if "&quot;" in text or "&#34;" in text:
        text = html.unescape(text)
        yield text.strip()
    yield _BAD_ESCAPE.sub(r"\1", _TRAILING_COMMA.sub(r"\1", text)).strip()


def _in_a_row(text: str) -> list[Any]:
    values: list[Any] = []
    place = 0
    while place < len(text) and len(values) < 50:
        try:
            value, place = _DECODER.raw_decode(text, place)
        except (ValueError, RecursionError):
            break
        values.append(value)
        while place < len(text) and text[place] in " \t\r\n,;":
            place += 1
    return values


def plain(value: str, keep_lines: bool = False) -> str:
    """A value's text: entities resolved, tags gone, white space folded (or by line)."""
    if "&" in value:
        value = html.unescape(html.unescape(value))
    if "<" in value and ">" in value:
        value = _without_tags(value)
    if not value.isprintable():
        value = _CONTROLS.sub("", value)
    if not keep_lines:
        return " ".join(value.split())
    return "\n".join(folded for line in value.split("\n") if (folded := " ".join(line.split())))


def _without_tags(fragment: str) -> str:
    from bs4 import BeautifulSoup  # noqa: PLC0415  (slow to load, and few pages need it)

    soup = BeautifulSoup(fragment[:MAX_SCRIPT], "lxml")
    for element in soup(["script", "style"]):
        element.decompose()
    for element in soup(["br", "p", "div", "li", "h2", "h3", "h4", "blockquote"]):
        element.insert_before("\n")
    return soup.get_text("")
