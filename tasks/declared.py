"""What a page says of itself outside its visible text: JSON-LD, OpenGraph, meta tags, microdata, `<title>`.

Nothing is chosen here; the values of a field go from the most to the least trusted source.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

from lxml.html import HtmlElement

from tasks.linked_data import LinkedData, address_key, linked_data, plain
from tasks.microdata import MARKED, MAX_VALUE, MAX_VALUES, is_anothers, microdata, own_story
from tasks.page import Declared, Image

MAX_SCRIPTS = 100
MAX_MARKED = 4  # authors in microdata and links; where there are more, those of other stories are among them

# Where a field stands in `<meta name|property|itemprop>`, from the most to the least trusted.
META: dict[str, str] = {
    "headline": "og:title twitter:title parsely-title sailthru.title dc.title dcterms.title headline title "
    "twitter:text:title",
    "description": "og:description description twitter:description sailthru.description dc.description "
    "dcterms.description",
    "author": "author article:author parsely-author sailthru.author dc.creator dcterms.creator dc.author byl byline "
    "citation_author cxenseparse:author og:article:author article_author article.author articleauthor og:author "
    "creator content-creator authors dcsext.author analyticsattributes.author",
    "published": "article:published_time og:article:published_time datepublished article:published parsely-pub-date "
    "sailthru.date dc.date.issued dcterms.issued dcterms.created date.created article_date_original article:post_date "
    "publish-date publish_date published_at pubdate pub_date publication_date published_time published_time_telegram "
    "cxenseparse:publishtime cxenseparse:recs:publishtime citation_publication_date citation_date og:published_time "
    "og:pubdate dc.date dcterms.date date_published datecreated ptime displaydate originalpublicationdate "
    "analyticsattributes.articledate rnews:datepublished iso-8601-publish-date "
    "article:create_at dc.created dc.date.created shareaholic:article_published_time bt:pubdate vr:published_time",
    "loose_date": "date dcsext.articlefirstpublished",
    "modified": "article:modified_time og:article:modified_time article:modified datemodified og:updated_time "
    "dcterms.modified dc.date.modified date.modified date.updated article_date_updated last-modified revision_date "
    "lastmod article:updated_time",
    "section": "article:section parsely-section og:article:section og:section prism.section section articlesection "
    "sailthru.section mrf:sections cxenseparse:section dc.subject.section category",
    "tag": "article:tag news_keywords parsely-tags sailthru.tags og:article:tag keywords mrf:tags tags",
    "language": "og:locale dc.language dcterms.language language content-language og:language",
    "url": "og:url twitter:url parsely-link",
    "site_name": "og:site_name application-name apple-mobile-web-app-title publisher dc.publisher "
    "article_publication_name",
    "image": "og:image og:image:url og:image:secure_url twitter:image twitter:image:src image thumbnailurl",
    "tier": "article:content_tier",
    "type": "og:type",
    "subtitle": "cxenseparse:subtitle alternativeheadline subheadline",
}
PLACES = {name: (field, rank) for field, names in META.items() for rank, name in enumerate(names.split())}
TIERS = {"locked": True, "paid": True, "premium": True, "free": False}


class Found(NamedTuple):
    """A value and how far down its field's list of sources it stands."""

    rank: int
    value: str


class _Head:
    """The page's meta tags, links and scripts; those of other stories' microdata left out."""

    def __init__(self, root: HtmlElement) -> None:
        self.found: dict[str, list[Found]] = {field: [] for field in META}
        self.scripts: list[str] = []
        self.title: str | None = None
        self.canonical: str | None = None
        for element in root.iter("script", "link", "title"):
            getattr(self, f"_{element.tag}")(element)
        self.own = own_story(root, self.title or "")
        for element in root.iter("meta"):
            self._meta(element)

    def _meta(self, element: Any) -> None:
        content = element.get("content") or element.get("value")
        if not content or content.isspace():
            return
        for key in ("property", "name", "itemprop", "http-equiv"):
            name = element.get(key)
            if name and (place := PLACES.get(name.strip().lower())):
                found = self.found[place[0]]
                if len(found) < MAX_VALUES and not (key == "itemprop" and is_anothers(element, self.own)):
                    found.append(Found(place[1], plain(content[:MAX_VALUE])))
                return

    def _script(self, element: Any) -> None:
        kind = element.get("type")
        if kind and "ld+json" in kind.lower() and len(self.scripts) < MAX_SCRIPTS:
            self.scripts.append(element.text or "")

    def _link(self, element: Any) -> None:
        if self.canonical is None and (element.get("rel") or "").lower() == "canonical":
            self.canonical = (element.get("href") or "").strip() or None

    def _title(self, element: Any) -> None:
        parent = element.getparent()
        if self.title is None and (parent is None or parent.tag != "svg"):
            self.title = plain((element.text or "")[:MAX_VALUE]) or None

    def texts(self, field: str) -> list[str]:
        """The field's values, the most trusted first."""
        return [found.value for found in sorted(self.found[field], key=lambda found: found.rank) if found.value]

    def groups(self, field: str) -> Iterator[list[str]]:
        """The field's values, a list a source."""
        for rank in sorted({found.rank for found in self.found[field]}):
            yield [found.value for found in self.found[field] if found.rank == rank and found.value]


def declared(root: HtmlElement, url: str | None) -> Declared:
    """What the page of this tree declares; `url` is where it was found, where that is known."""
    head = _Head(root)
    addresses = [url, head.canonical, *head.texts("url")[:1]]
    keys = frozenset(key for address in addresses if address and (key := address_key(address)))
    data = linked_data(head.scripts, keys, head.title or "")
    told = data.nodes and all(data.first_texts(name) for name in ("headline", "author", "datePublished"))
    marked = {name: [] for name in MARKED} if told else microdata(root, head.own)
    sources = _author_sources(data, head, marked)
    return Declared(
        headlines=_unique(
            data.texts("headline"), head.texts("headline")[:1], marked["headline"], head.texts("headline"),
            data.texts("name", "alternativeHeadline"), [head.title or ""],
        ),
        document_title=head.title,
        descriptions=_unique(
            data.texts("description"), head.texts("description"), head.texts("subtitle"), marked["description"]
        ),
        authors=_unique(*sources),
        author_sources=sources,
        published=_unique(
            data.texts("datePublished"), head.texts("published"), marked["datePublished"],
            data.texts("dateCreated", "uploadDate"), head.texts("loose_date"),
        ),
        modified=_unique(data.texts("dateModified"), head.texts("modified"), marked["dateModified"]),
        section=_section(data, head, marked),
        tags=_unique(_tags(data, head, marked)),
        language=_language(root, data, head),
        url=head.canonical or next(iter(head.texts("url")), None),
        site_name=_site_name(data, head),
        images=_images(data, head),
        body=_body(data),
        types=_unique(data.types, head.texts("type")),
        is_paywalled=_is_paywalled(data, head),
    )  # fmt: skip


def _unique(*lists: Any) -> tuple[str, ...]:
    values = (value for values in lists for value in values if value)
    return tuple(dict.fromkeys(value[:MAX_VALUE] for value in values))[:MAX_VALUES]


def _author_sources(data: LinkedData, head: _Head, marked: dict[str, list[str]]) -> tuple[tuple[str, ...], ...]:
    """The authors as written, a tuple a source; last the source that names organisations alone."""
    first = data.first_texts("author")
    shown = marked["author"] if len(set(marked["author"])) <= MAX_MARKED else marked["author"][:1]
    sources = [*head.groups("author"), shown, data.first_texts("creator")]
    sources = [*sources, first] if first and data.is_organisation("author") else [first, *sources]
    return tuple(names for source in sources if (names := _unique(source)))


def _section(data: LinkedData, head: _Head, marked: dict[str, list[str]]) -> str | None:
    found = [*data.texts("articleSection"), *head.texts("section"), *marked["articleSection"]]
    if found:
        return found[0][:200]
    trail = data.breadcrumbs[1:-1]  # without the home page and the article itself
    return trail[-1][:200] if trail else None


def _tags(data: LinkedData, head: _Head, marked: dict[str, list[str]]) -> list[str]:
    """The first source that has several, else any, split at commas where one value holds several."""
    single: list[str] = []
    for source in (data.first_texts("keywords"), *head.groups("tag"), marked["keywords"]):
        values = source if len(source) > 1 else [part for value in source for part in _split_tags(value)]
        tags = [tag for value in values if (tag := value.strip(" ,;#")) and len(tag) < 100]
        if len(tags) > 1:
            return tags
        single = single or tags
    return single


def _split_tags(value: str) -> list[str]:
    sign = next((sign for sign in (";", ",", "|", "、", "،") if sign in value), None)
    return [part.strip() for part in value.split(sign)] if sign else [value]


def _language(root: HtmlElement, data: LinkedData, head: _Head) -> str | None:
    said = root.get("lang") or root.get("{http://www.w3.org/XML/1998/namespace}lang") or root.get("xml:lang")
    return next(
        (text.strip() for text in [said, *data.texts("inLanguage"), *head.texts("language")] if text and text.strip()),
        None,
    )


def _site_name(data: LinkedData, head: _Head) -> str | None:
    return next(iter([*head.texts("site_name")[:1], *data.texts("publisher"), *head.texts("site_name")]), None)


def _body(data: LinkedData) -> str | None:
    """The longest articleBody that is declared."""
    bodies = [value for value in data.values("articleBody", "text") if isinstance(value, str)]
    return plain(max(bodies, key=len), keep_lines=True) or None if bodies else None


def _images(data: LinkedData, head: _Head) -> tuple[Image, ...]:
    images: dict[str, Image] = {}
    for value in data.values("image", "thumbnailUrl"):
        for entry in (value if isinstance(value, list) else [value])[:MAX_VALUES]:
            image = _image(data, entry)
            if image.url:
                images.setdefault(address_key(image.url), image)
    for url in head.texts("image"):
        images.setdefault(address_key(url), Image(url))
    return tuple(images.values())[:MAX_VALUES]


def _image(data: LinkedData, value: Any) -> Image:
    if isinstance(value, str):
        return Image(value.strip() or None)
    if not isinstance(value, dict):
        return Image()
    node = value if len(value) > 2 else (data.by_id or {}).get(str(value.get("@id")), value)
    url = next(
        (found for name in ("url", "contentUrl", "@id") if isinstance(found := node.get(name), str) and found.strip()),
        None,
    )
    caption = next(iter(data.strings(node.get("caption"))), None)
    credit = next((text for name in ("creditText", "author", "creator") for text in data.strings(node.get(name))), None)
    return Image(url, caption, credit)


def _is_paywalled(data: LinkedData, head: _Head) -> bool | None:
    for value in data.values("isAccessibleForFree"):
        if isinstance(value, bool):
            return not value
        if isinstance(value, str) and (word := value.strip().lower().rpartition("/")[2]) in ("true", "false"):
            return word == "false"
    return next((TIERS[tier] for text in head.texts("tier") if (tier := text.lower()) in TIERS), None)
