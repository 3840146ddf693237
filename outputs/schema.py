"""The columns of the archive: the one place where they are written down.

Each column and struct field carries its description in its field metadata, and each file the version of this schema.
The partition column `archived_on` (a date) is in the folders' names, not in the files.
"""

import pyarrow as pa

SCHEMA_VERSION = 3
ID_DIGITS = 20

_UTC = pa.timestamp("us", tz="UTC")


def _field(name: str, kind: pa.DataType, description: str, *, nullable: bool = True) -> pa.Field:
    return pa.field(name, kind, nullable=nullable, metadata={"description": description})


def _list(element: pa.DataType) -> pa.ListType:
    return pa.list_(pa.field("element", element))  # the name that Parquet prescribes


def _schema(table: str, fields: list[pa.Field]) -> pa.Schema:
    return pa.schema(fields, metadata={"stet.table": table, "stet.schema_version": str(SCHEMA_VERSION)})


IMAGE = pa.struct(
    [
        _field("url", pa.string(), "Absolute address of the image."),
        _field("caption", pa.string(), "What the page writes under the image, without the credit."),
        _field("credit", pa.string(), "Who made or owns the image, as the page writes it."),
    ]
)

BLOCK = pa.struct(
    [
        _field("label", pa.string(), "What the block is: paragraph, heading, byline, promo, …"),
        _field("text", pa.string(), "The block's visible text."),
        _field("kept", pa.bool_(), "Whether the block stands in the article's text."),
        _field("reason", pa.string(), "What decided: a rule's id, `model`, or a step's name."),
        _field("confidence", pa.float32(), "Probability, 0 to 1, that the verdict on keeping the block is right."),
    ]
)

_SOURCE = [
    _field("source_name", pa.string(), "The page's path relative to its source, or its record's id.", nullable=False),
]
_RUN = [
    _field("archived_at", _UTC, "When the run that wrote the row began.", nullable=False),
    _field("run_id", pa.string(), "The run that wrote the row: _runs/<run_id>.json.", nullable=False),
    _field("cleaner_version", pa.string(), "The version of Stet that cleaned the page.", nullable=False),
]

ARTICLES = _schema("articles", [
    _field(
        "article_id", pa.string(),
        f"First {ID_DIGITS} hex digits of source_sha256: the same page has the same id in every archive; of one "
        "that was cleaned again, those of the SHA-256 of that, a space and run_id. Its text file is named by it.",
        nullable=False,
    ),
    *_SOURCE,
    _field("source_sha256", pa.string(), "SHA-256 of the raw page's bytes, decompressed; hex.", nullable=False),
    _field("url", pa.string(), "Canonical address, absolute."),
    _field("publisher", pa.string(), "Registered domain, else the name that the page gives."),
    _field("title", pa.string(), "The headline."),
    _field("kicker", pa.string(), "The short line above the headline."),
    _field("deck", pa.string(), "The summary under the headline."),
    _field("authors", _list(pa.string()), "Names in the page's order; empty where none is given.", nullable=False),
    _field("author_bio", pa.string(), "What the page says of the author."),
    _field("dateline", pa.string(), "The place that the report is from."),
    _field("section", pa.string(), "The part of the publication."),
    _field("tags", _list(pa.string()), "Topics that the page names; empty where none is given.", nullable=False),
    _field("language", pa.string(), "ISO 639-1 code."),
    _field("published_at", _UTC, "When published. Where published_zone is null: the page's wall clock read as UTC."),
    _field("modified_at", _UTC, "When last changed, by the same reading."),
    _field("published_raw", pa.string(), "The date of publication as the page writes it."),
    _field("published_zone", pa.string(), "The zone that turned published_raw into UTC; null where none is known."),
    _field("text", pa.string(), "The article: the kept blocks, a blank line between.", nullable=False),
    _field(
        "word_count", pa.int32(),
        "Words of the text: what stands between white space and holds a letter or digit; in scripts without spaces, "
        "each Han or Kana character, and one per 4.5 characters of Thai, Lao, Burmese and Khmer.",
        nullable=False,
    ),
    _field("images", _list(IMAGE), "The article's images in the page's order.", nullable=False),
    _field("blocks", _list(BLOCK), "Every block of the page in reading order, removed ones too.", nullable=False),
    _field("is_live_blog", pa.bool_(), "Whether the page is a running report of dated entries.", nullable=False),
    _field("is_paywalled", pa.bool_(), "Whether the page holds only the free part of its article.", nullable=False),
    _field("confidence", pa.float32(), "Probability, 0 to 1, that the text is right.", nullable=False),
    _field("text_sha256", pa.string(), "SHA-256 of text in UTF-8; hex. Equal texts have equal ones.", nullable=False),
    _field(
        "minhash", pa.string(),
        "MinHash of the text's runs of three words: the low 8 bits of 128 minima; hex. The share of equal bytes of two "
        "texts is about the share of runs that they have in common. Null for a text without words.",
    ),
    _field(
        "duplicate_of", pa.string(),
        "article_id of the earlier article that this one repeats, at another URL or with trifling changes; that one is "
        "never a duplicate itself. Null where there is none.",
    ),
    _field(
        "revision", pa.int32(),
        "1 for the first text of a URL, then 2, … for another text, or the same page cleaned otherwise; null where the "
        "URL is not known or a site's front page.",
    ),
    _field("fetched_at", _UTC, "When the raw page was fetched, where its source says (WARC)."),
    *_RUN,
])  # fmt: skip

REJECTS = _schema("rejects", [
    *_SOURCE,
    _field(
        "source_sha256", pa.string(),
        "SHA-256 of the raw page's bytes, decompressed; of the file's where it cannot be decompressed; null where it "
        "cannot be read; hex.",
    ),
    _field("url", pa.string(), "The page's address, where its source says."),
    _field("reason", pa.string(), "Why the page could not be archived: empty, binary, no_article, …", nullable=False),
    _field("detail", pa.string(), "More about the reason."),
    _field("size", pa.int64(), "Bytes of the raw page, where known."),
    *_RUN,
])  # fmt: skip

# The order of rows within a part, nulls last. Readers skip row groups by it.
ARTICLE_ORDER = ("publisher", "published_at", "article_id")
REJECT_ORDER = ("reason", "source_name")
