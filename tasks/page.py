"""The data that the steps hand on, and the label set.

The line of a page::

    RawPage ─decode─► Source ─parse─► Page (blocks, what the page declares) ─label─► LabelledBlock… ─assemble─► Article

Every step may end the line with a `Rejected` instead. All values are frozen: a step returns a new one.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Kind(StrEnum):
    """What a raw page is made of."""

    HTML = "html"
    DUMP = "dump"  # the visible text of a page, one line a block


class Label(StrEnum):
    """What a block of a page is. The one place where the label set is written down."""

    # Kept: the text of the article.
    PARAGRAPH = "paragraph"
    HEADING = "heading"
    QUOTE = "quote"
    LIST_ITEM = "list_item"
    TABLE = "table"
    CORRECTION = "correction"
    # Lifted into fields.
    TITLE = "title"
    KICKER = "kicker"
    DECK = "deck"
    BYLINE = "byline"
    DATELINE = "dateline"
    TIMESTAMP = "timestamp"
    CAPTION = "caption"
    CREDIT = "credit"
    BIO = "bio"
    # Boilerplate.
    PROMO = "promo"
    RELATED = "related"
    READ_TIME = "read_time"
    SHARE = "share"
    ADVERT = "advert"
    PAYWALL = "paywall"
    COMMENT = "comment"
    LEGAL = "legal"
    NAVIGATION = "navigation"


KEPT = frozenset({Label.PARAGRAPH, Label.HEADING, Label.QUOTE, Label.LIST_ITEM, Label.TABLE, Label.CORRECTION})
LIFTED = frozenset({
    Label.TITLE, Label.KICKER, Label.DECK, Label.BYLINE, Label.DATELINE, Label.TIMESTAMP, Label.CAPTION,
    Label.CREDIT, Label.BIO,
})  # fmt: skip
BOILERPLATE = frozenset(Label) - KEPT - LIFTED


class RejectReason(StrEnum):
    """Why a page could not be archived."""

    EMPTY = "empty"  # no bytes, or white space alone
    BINARY = "binary"  # an image, a PDF, an executable: no page
    TOO_LARGE = "too_large"  # over the size limit, as it is or once decompressed (a bomb)
    BROKEN_COMPRESSION = "broken_compression"  # truncated or corrupt gzip
    UNREADABLE = "unreadable"  # the file could not be read
    UNDECODABLE = "undecodable"  # no encoding fits the bytes
    UNPARSABLE = "unparsable"  # the parser gave up
    NO_TEXT = "no_text"  # a page without visible text
    NO_ARTICLE = "no_article"  # a front page, a list, a gallery without text
    ERROR_PAGE = "error_page"  # "404", "access denied"
    CONSENT_WALL = "consent_wall"  # a cookie wall, a robot check, "enable JavaScript"
    TIMEOUT = "timeout"  # took longer than the page's time limit
    CRASHED = "crashed"  # cleaning raised or killed its worker: a defect of ours, kept in `detail`


@dataclass(frozen=True, slots=True)
class RawPage:
    """A page as it was found.

    `source_name` is the file's path relative to its source (POSIX slashes) or the record's id; `charset` is what an
    HTTP header said. `fetched_at` is aware and in UTC.
    """

    source_name: str
    content: bytes = field(repr=False)
    url: str | None = None
    fetched_at: datetime | None = None
    charset: str | None = None


@dataclass(frozen=True, slots=True)
class Rejected:
    """A page that could not be archived, and why."""

    source_name: str
    reason: RejectReason
    detail: str = ""
    source_sha256: str | None = None
    url: str | None = None
    size: int | None = None  # bytes of the raw page, where known


@dataclass(frozen=True, slots=True)
class Source:
    """A decoded page: its text and what it is made of."""

    text: str = field(repr=False)
    kind: Kind
    encoding: str
    url: str | None = None
    fetched_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Image:
    """An image of the article. Each part is None where the page does not give it."""

    url: str | None = None
    caption: str | None = None
    credit: str | None = None


@dataclass(frozen=True, slots=True)
class Declared:
    """What a page says of itself outside its visible text: JSON-LD, OpenGraph, meta tags, `<title>`.

    Raw values in the page's order, white space folded, markup and entities resolved, nothing chosen yet: lists go from
    the most to the least trusted source. Dates are as written. URLs are as written, not yet resolved. Empty for a dump.
    """

    headlines: tuple[str, ...] = ()  # JSON-LD headline, og:title, twitter:title, …, the document's <title> last
    document_title: str | None = None  # the <title> element
    descriptions: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()  # names as written; one entry may hold several ("Jane Doe and John Roe")
    author_sources: tuple[tuple[str, ...], ...] = ()  # the same, a tuple for each source that names any
    published: tuple[str, ...] = ()
    modified: tuple[str, ...] = ()
    section: str | None = None
    tags: tuple[str, ...] = ()
    language: str | None = None  # <html lang>, og:locale, inLanguage as written
    url: str | None = None  # canonical link, og:url
    site_name: str | None = None
    images: tuple[Image, ...] = ()
    body: str | None = field(default=None, repr=False)  # JSON-LD articleBody, paragraphs as it separates them
    types: tuple[str, ...] = ()  # JSON-LD @type and og:type
    is_paywalled: bool | None = None  # isAccessibleForFree, where said


@dataclass(frozen=True, slots=True)
class Container:
    """An element that holds blocks. `parent` is an index into the page's containers, -1 for the root."""

    tag: str
    words: str  # its class, id, role and itemprop, lower case, joined by a space
    parent: int
    depth: int


@dataclass(frozen=True, slots=True)
class Block:
    """A run of visible text that stands by itself: a paragraph, a heading, a list item, a line of a dump.

    White space is folded, except that a `\\n` stands where a `<br>` broke the line.
    """

    text: str
    tag: str = ""  # the element that made the block ("p", "h2", "li", "figcaption"); "" in a dump
    words: str = ""  # that element's class, id, role and itemprop, lower case
    container: int = 0  # index of the element that holds it; in a dump 0
    link_chars: int = 0  # characters of the text inside links
    strong_chars: int = 0  # characters of the text inside b, strong, i, em
    gap: int = 0  # dump: blank lines before it
    indent: int = 0  # dump: leading spaces
    datetime: str | None = None  # the datetime attribute of a <time> inside it


@dataclass(frozen=True, slots=True)
class Picture:
    """An `<img>` of the page, and the index of the first block after it."""

    url: str
    alt: str
    before: int
    container: int


@dataclass(frozen=True, slots=True)
class Ruling:
    """What an entry of the publisher's rules says of a block: `rule` is its id, `value` the text that it names.

    `key` says what the entry is for (`body`, `title`, `remove`, …); `label` is None where it leaves that open.
    """

    rule: str
    key: str
    label: Label | None
    value: str
    is_own: bool  # names the block itself, not something around it


@dataclass(frozen=True, slots=True)
class Ruled:
    """What the rules of the page's publisher say of it; nothing where there are none."""

    rows: Mapping[int, Ruling] = field(default_factory=dict, repr=False)  # the strongest ruling on each block
    hits: Mapping[str, int] = field(default_factory=dict)  # blocks that each entry names, by its id
    body: str | None = None  # the entry that says where the body stands: what is elsewhere is none
    zone: str | None = None  # of dates that name none, as "Europe/Berlin"
    language: str | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """A page cut into blocks in reading order, and what it declares."""

    kind: Kind
    blocks: tuple[Block, ...] = field(repr=False)
    containers: tuple[Container, ...] = field(repr=False)
    declared: Declared
    pictures: tuple[Picture, ...] = field(default=(), repr=False)
    url: str | None = None
    fetched_at: datetime | None = None
    headline: int | None = None  # the block that shows the declared headline; a dump's is found later, by its words
    ruled: Ruled = Ruled()


@dataclass(frozen=True, slots=True)
class LabelledBlock:
    """A block with its verdict. `reason` is a rule's id, `model`, or the name of the step that decided.

    `confidence` is the probability (0 to 1) that the verdict on keeping it is right.
    """

    text: str
    label: Label
    reason: str
    confidence: float

    @property
    def kept(self) -> bool:
        """Whether the block stands in the article's text."""
        return self.label in KEPT


@dataclass(frozen=True, slots=True)
class Metadata:
    """The fields around the text. A missing value is None, never an empty string or a guess."""

    title: str | None = None
    kicker: str | None = None
    deck: str | None = None
    authors: tuple[str, ...] = ()
    author_bio: str | None = None
    dateline: str | None = None
    section: str | None = None
    tags: tuple[str, ...] = ()
    language: str | None = None  # ISO 639-1
    url: str | None = None  # canonical, absolute
    publisher: str | None = None  # registered domain, else the name the page gives
    published_at: datetime | None = None  # aware, UTC
    modified_at: datetime | None = None  # aware, UTC
    published_raw: str | None = None
    published_zone: str | None = None
    images: tuple[Image, ...] = ()
    is_live_blog: bool = False
    is_paywalled: bool = False


@dataclass(frozen=True, slots=True)
class Article:
    """A cleaned page: its fields, and every block of the page with its label and reason, in reading order."""

    source_name: str
    source_sha256: str
    metadata: Metadata
    blocks: tuple[LabelledBlock, ...] = field(repr=False)
    confidence: float

    @property
    def text(self) -> str:
        """The kept blocks, a blank line between."""
        return "\n\n".join(block.text for block in self.blocks if block.kept)
