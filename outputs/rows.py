"""From articles and rejects to rows and columns. Every column's value is said once, in `_ARTICLE` and `_REJECT`."""

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from itertools import chain
from operator import attrgetter
from typing import Any, TypeVar

import pyarrow as pa

from outputs.minhash import signature
from outputs.schema import ARTICLE_ORDER, ARTICLES, ID_DIGITS, REJECT_ORDER, REJECTS
from outputs.text_index import url_key
from tasks.page import Article, Image, LabelledBlock, Rejected
from tasks.words import count_words

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class RunStamp:
    """What all rows of a run have in common. `archived_at` is aware and in UTC."""

    run_id: str
    archived_at: datetime
    cleaner_version: str


@dataclass(frozen=True, slots=True)
class ArticleRow:
    """An article on its way to the archive, and its text, joined once, with what it is known by."""

    article: Article
    stamp: RunStamp
    fetched_at: datetime | None = None
    is_again: bool = False  # of a page that the archive has an article of
    text: str = field(init=False, repr=False)
    text_sha256: str = field(init=False, repr=False)
    minhash: str | None = field(init=False, repr=False)

    def __post_init__(self) -> None:
        text = self.article.text
        object.__setattr__(self, "text", text)
        object.__setattr__(self, "text_sha256", hashlib.sha256(text.encode("utf-8", "replace")).hexdigest())
        object.__setattr__(self, "minhash", signature(text))

    @property
    def article_id(self) -> str:
        """The article's id."""
        return article_id(self.article.source_sha256, self.stamp.run_id if self.is_again else None)


@dataclass(frozen=True, slots=True)
class RejectRow:
    """A rejected page on its way to the archive."""

    rejected: Rejected
    stamp: RunStamp


def article_id(source_sha256: str, again_in: str | None = None) -> str:
    """Return the id of the article that a raw page becomes; `again_in` is the run that cleans a known one again."""
    if again_in is None:
        return source_sha256[:ID_DIGITS]
    return hashlib.sha256(f"{source_sha256} {again_in}".encode()).hexdigest()[:ID_DIGITS]


def article_record(row: ArticleRow) -> dict[str, Any]:
    """Return an article as one plain record with all columns, in their order."""
    return {name: value(row) for name, value in _ARTICLE.items()} | {
        "images": [asdict(image) for image in row.article.metadata.images],
        "blocks": [_block_record(block) for block in row.article.blocks],
    }


def article_table(rows: Sequence[ArticleRow]) -> pa.Table:
    """Build the columns of articles, in the order of `rows`."""
    return _table(rows, _ARTICLE, ARTICLES)


def reject_table(rows: Sequence[RejectRow]) -> pa.Table:
    """Build the columns of rejects, in the order of `rows`."""
    return _table(rows, _REJECT, REJECTS)


def sort_articles(rows: Iterable[ArticleRow]) -> list[ArticleRow]:
    """Sort as ARTICLE_ORDER says, nulls last."""
    return sorted(rows, key=lambda row: tuple(_nulls_last(_ARTICLE[name](row)) for name in ARTICLE_ORDER))


def sort_rejects(rows: Iterable[RejectRow]) -> list[RejectRow]:
    """Sort as REJECT_ORDER says."""
    return sorted(rows, key=lambda row: tuple(_REJECT[name](row) for name in REJECT_ORDER))


def _nulls_last(value: Any) -> tuple[bool, Any]:
    return (True, 0) if value is None else (False, value)


_RUN: Mapping[str, Callable[[Any], Any]] = {
    "archived_at": lambda row: row.stamp.archived_at,
    "run_id": lambda row: row.stamp.run_id,
    "cleaner_version": lambda row: row.stamp.cleaner_version,
}

_ARTICLE: Mapping[str, Callable[[ArticleRow], Any]] = {
    "article_id": lambda row: row.article_id,
    "source_name": lambda row: row.article.source_name,
    "source_sha256": lambda row: row.article.source_sha256,
    "url": lambda row: row.article.metadata.url,
    "publisher": lambda row: row.article.metadata.publisher,
    "title": lambda row: row.article.metadata.title,
    "kicker": lambda row: row.article.metadata.kicker,
    "deck": lambda row: row.article.metadata.deck,
    "authors": lambda row: list(row.article.metadata.authors),
    "author_bio": lambda row: row.article.metadata.author_bio,
    "dateline": lambda row: row.article.metadata.dateline,
    "section": lambda row: row.article.metadata.section,
    "tags": lambda row: list(row.article.metadata.tags),
    "language": lambda row: row.article.metadata.language,
    "published_at": lambda row: _utc(row.article.metadata.published_at),
    "modified_at": lambda row: _utc(row.article.metadata.modified_at),
    "published_raw": lambda row: row.article.metadata.published_raw,
    "published_zone": lambda row: row.article.metadata.published_zone,
    "text": lambda row: row.text,
    "word_count": lambda row: count_words(row.text),
    "images": lambda row: row.article.metadata.images,
    "blocks": lambda row: row.article.blocks,
    "is_live_blog": lambda row: row.article.metadata.is_live_blog,
    "is_paywalled": lambda row: row.article.metadata.is_paywalled,
    "confidence": lambda row: row.article.confidence,
    "text_sha256": lambda row: row.text_sha256,
    "minhash": lambda row: row.minhash,
    # What an article is to others is found when its batch is put in place: see outputs.relations.
    "duplicate_of": lambda _: None,
    "revision": lambda row: 1 if url_key(row.article.metadata.url) else None,
    "fetched_at": lambda row: _utc(row.fetched_at),
    **_RUN,
}

_REJECT: Mapping[str, Callable[[RejectRow], Any]] = {
    "source_name": lambda row: row.rejected.source_name,
    "source_sha256": lambda row: row.rejected.source_sha256,
    "url": lambda row: row.rejected.url,
    "reason": lambda row: row.rejected.reason.value,
    "detail": lambda row: row.rejected.detail or None,
    "size": lambda row: row.rejected.size,
    **_RUN,
}


def _utc(moment: datetime | None) -> datetime | None:
    return moment.astimezone(UTC) if moment else None


def _block_record(block: LabelledBlock) -> dict[str, Any]:
    return {
        "label": block.label.value,
        "text": block.text,
        "kept": block.kept,
        "reason": block.reason,
        "confidence": block.confidence,
    }


def _table(rows: Sequence[Row], columns: Mapping[str, Callable[[Row], Any]], schema: pa.Schema) -> pa.Table:
    arrays = [_array([columns[column.name](row) for row in rows], column.type) for column in schema]
    return pa.Table.from_arrays(arrays, schema=schema)


def _array(values: list[Any], kind: pa.DataType) -> pa.Array:
    if not pa.types.is_list(kind):
        return _flat_array(values, kind)
    offsets = [0]
    for value in values:
        offsets.append(offsets[-1] + len(value))
    element = kind.value_type
    members = list(chain.from_iterable(values))
    items = _structs(members, element) if pa.types.is_struct(element) else _flat_array(members, element)
    return pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), items, type=kind)


def _structs(members: Sequence[Image | LabelledBlock], kind: pa.StructType) -> pa.StructArray:
    columns = [_flat_array(list(map(attrgetter(part.name), members)), part.type) for part in kind]
    return pa.StructArray.from_arrays(columns, fields=list(kind))


def _flat_array(values: list[Any], kind: pa.DataType) -> pa.Array:
    try:
        return pa.array(values, kind)
    except UnicodeEncodeError:  # half of a surrogate pair, as an escape in JSON-LD can leave it
        return pa.array([value and value.encode("utf-8", "replace").decode("utf-8") for value in values], kind)
