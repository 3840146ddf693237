"""Where an article's fields come from: the blocks that show a value, and the places of the page that declare it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from lxml import etree, html

from outputs.values import as_cell
from tasks.folding import squeeze
from tasks.linked_data import loose_json
from tasks.page import Kind, Page

MOST_VALUES, MOST_CHARS = 5_000, 500  # of what a page declares; more is not looked at
MOST_SHOWN = 60  # values of a list
MOST_NAMED = 3  # places that are named of one value
LEAST_PART = 6  # squeezed characters of a value that is looked for inside others


@dataclass(frozen=True, slots=True)
class Field:
    """A field's value, the number of the block that shows it, and what declares it."""

    name: str
    value: str
    block: int | None = None
    origins: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Declaration:
    """A value that a page declares, and where: "meta og:title", "JSON-LD headline"."""

    where: str
    value: str
    squeezed: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Places:
    """All that a page declares, in its order. `is_known` is False where the raw page is not at hand."""

    declarations: tuple[Declaration, ...] = field(repr=False)
    is_known: bool = True

    @classmethod
    def of(cls, page: Page, text: str) -> "Places":
        """What a page declares; `text` is the decoded page."""
        if page.kind is Kind.DUMP:
            return cls(())
        found = ((where, " ".join(value[:MOST_CHARS].split())) for where, value in _declared(text))
        return cls(tuple(Declaration(w, v, squeeze(v)) for w, v in islice(found, MOST_VALUES) if v))

    @classmethod
    def unknown(cls) -> "Places":
        """Of a page that is not at hand."""
        return cls((), is_known=False)

    def naming(self, value: str) -> tuple[str, ...]:
        """What declares a value, word for word or as a part."""
        wanted = squeeze(value)
        if not wanted:
            return ()
        same = [each.where for each in self.declarations if each.squeezed == wanted]
        if not same and len(wanted) >= LEAST_PART:
            same = [f"part of {each.where}" for each in self.declarations if wanted in each.squeezed]
        return tuple(dict.fromkeys(same))[:MOST_NAMED]

    def timing(self, moment: datetime) -> tuple[str, ...]:
        """What declares a moment, in whatever zone."""
        return tuple(dict.fromkeys(d.where for d in self.declarations if _moment(d.value) == moment))[:MOST_NAMED]


def fields_of(record: Mapping[str, Any], places: Places) -> Iterator[Field]:
    """The fields that a record has, in the order in which a reader looks for them."""
    blocks = [(block["label"], squeeze(block["text"])) for block in record["blocks"]]
    for name in ("title", "kicker", "deck", "dateline"):
        yield from _shown(name, record[name], blocks, places)
    yield from _shown("section", record["section"], [], places)
    for author in record["authors"][:MOST_SHOWN]:
        yield from _shown("author", author, blocks, places)
    yield from _shown("author_bio", record["author_bio"], blocks, places)
    yield from _dates(record, blocks, places)
    yield from _page_fields(record, places)
    for tag in record["tags"][:MOST_SHOWN]:
        yield from _shown("tag", tag, [], places)
    for image in record["images"][:MOST_SHOWN]:
        text = image["caption"] or image["credit"] or image["url"]
        yield from _shown("image", text, blocks, places)
    yield from (Field(name, "yes") for name in ("is_live_blog", "is_paywalled") if record[name])


def _shown(name: str, value: str | None, blocks: Sequence[tuple[str, str]], places: Places) -> Iterator[Field]:
    if value:
        yield Field(name, value, _block_of(name, value, blocks), places.naming(value))


# The labels of blocks that show a field, where they are not the field's name.
_LABELS = {
    "author": "byline",
    "author_bio": "bio",
    "image": "caption",
    "dateline": "paragraph",
    "published_at": "timestamp",
}


def _block_of(name: str, value: str, blocks: Sequence[tuple[str, str]]) -> int | None:
    """The block that is the value, one with the field's label before others, or holds it; the closest to the title."""
    wanted, label = squeeze(value), _LABELS.get(name, name)
    title = next((number for number, (own, _) in enumerate(blocks, 1) if own == "title"), 0)
    ranks = []
    for number, (own, flat) in enumerate(blocks, 1):
        if wanted and (wanted == flat or (wanted in flat and own == label)):
            ranks.append((own != label, wanted != flat, abs(number - title), number))
    return min(ranks)[-1] if ranks else None


def _dates(record: Mapping[str, Any], blocks: Sequence[tuple[str, str]], places: Places) -> Iterator[Field]:
    if record["published_at"]:
        raw = record["published_raw"] or ""
        zone = record["published_zone"] or "no zone: the page's wall clock"
        shown = f"{as_cell(record['published_at'])} ({zone}), written {raw}"
        yield Field("published_at", shown, _block_of("published_at", raw, blocks), places.naming(raw))
    if record["modified_at"]:
        yield Field("modified_at", as_cell(record["modified_at"]), None, places.timing(record["modified_at"]))


def _page_fields(record: Mapping[str, Any], places: Places) -> Iterator[Field]:
    """The fields that a page seldom shows."""
    url, publisher, language = record["url"], record["publisher"], record["language"]
    if url:
        yield Field("url", url, None, places.naming(url) or _if_known(places, "the source's record"))
    if publisher:
        in_url = url is not None and publisher in url
        yield Field("publisher", publisher, None, ("registered domain of url",) if in_url else places.naming(publisher))
    if language:
        said = tuple(d.where for d in places.declarations if _is_language(d, language))[:MOST_NAMED]
        yield Field("language", language, None, ("the text's words", *said))


def _if_known(places: Places, origin: str) -> tuple[str, ...]:
    return (origin,) if places.is_known else ()


def _is_language(declared: Declaration, language: str) -> bool:
    is_place = "lang" in declared.where.lower() or "locale" in declared.where
    return is_place and declared.value.lower().replace("_", "-").split("-")[0] == language


def _declared(text: str) -> Iterator[tuple[str, str]]:
    """Each value that the markup declares, and where."""
    try:
        root = html.document_fromstring(text.encode(), parser=html.HTMLParser(encoding="utf-8"))
    except (etree.LxmlError, ValueError):
        return
    yield "html lang", root.get("lang") or ""
    for element in root.iter("script", "meta", "title", "link", "time"):
        yield from _of_element(element)
    for element in root.iterfind(".//*[@itemprop]"):
        value = element.get("content") or element.get("datetime") or "".join(islice(map(str, element.itertext()), 20))
        yield f"microdata {element.get('itemprop')}", value


def _of_element(element: html.HtmlElement) -> Iterator[tuple[str, str]]:
    match element.tag:
        case "meta":
            name = element.get("property") or element.get("name") or element.get("itemprop")
            yield f"meta {name}", element.get("content") or ""
        case "title":
            yield "<title>", element.text or ""
        case "time":
            yield "time", element.get("datetime") or ""
        case "link" if (element.get("rel") or "").lower() == "canonical":
            yield "link canonical", element.get("href") or ""
        case "script" if "json" in (element.get("type") or ""):
            for value in loose_json(element.text or ""):
                yield from _of_json(value)


def _of_json(value: Any) -> Iterator[tuple[str, str]]:
    """The texts of JSON-LD by their keys, nested ones by both: "JSON-LD author name"."""
    waiting: list[tuple[tuple[str, ...], Any]] = [((), value)]
    for _ in range(MOST_VALUES):
        if not waiting:
            return
        keys, each = waiting.pop()
        if isinstance(each, dict):
            waiting += [((*keys[-1:], str(key)), inner) for key, inner in reversed(each.items())]
        elif isinstance(each, list):
            waiting += [(keys, inner) for inner in reversed(each)]
        elif isinstance(each, str):
            yield " ".join(("JSON-LD", *(key for key in keys if not key.startswith("@")))), each


def _moment(value: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
