"""Writing a batch's parts beside the archive, for the coordinating process to put in place."""

import hashlib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from outputs.again import content_of
from outputs.layout import Table, flush
from outputs.ledger import article_key, reject_key
from outputs.manifest import Counts
from outputs.parquet import write_articles, write_rejects, write_table
from outputs.relations import Relation
from outputs.rows import ArticleRow, RejectRow
from outputs.s3 import S3Path
from outputs.schema import ARTICLE_ORDER, REJECT_ORDER
from outputs.text import write_texts
from outputs.text_index import Texts, new_texts, url_key
from tasks.page import Rejected, RejectReason


@dataclass(frozen=True, slots=True)
class StagedFile:
    """A finished file that is not yet in place."""

    table: Table
    path: Path
    rows: int
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class RejectKey:
    """What the coordinator needs to know of a reject. `article` is the key that its page would have as an article."""

    article: bytes | None
    reject: bytes
    reason: RejectReason


@dataclass(frozen=True, slots=True)
class StagedPart:
    """The files of one part, and the keys of its pages."""

    files: tuple[StagedFile, ...]
    articles: tuple[bytes, ...] = field(repr=False)
    rejects: tuple[RejectKey, ...] = field(repr=False)
    texts: Texts = field(repr=False, compare=False)  # of the articles, in the same order


@dataclass(frozen=True, slots=True)
class StagedBatch:
    """What became of a batch. More than one part only where its pages are unusually large."""

    number: int
    piece: str
    parts: tuple[StagedPart, ...]
    read: int
    unchanged: int
    duplicate: int
    samples: tuple[Rejected, ...] = ()  # a few of the rejects, to show
    keys: bytes = field(default=b"", repr=False)  # of all its pages, in their order; NO_KEY where one could not be read

    @property
    def counts(self) -> Counts:
        """What became of the batch's pages."""
        reasons = Counter(reject.reason for part in self.parts for reject in part.rejects)
        archived = sum(len(part.articles) for part in self.parts)
        return Counts(self.read, archived, self.unchanged, self.duplicate, dict(reasons))


def stage_part(folder: Path, number: int, articles: Sequence[ArticleRow], rejects: Sequence[RejectRow]) -> StagedPart:
    """Write the files of one part into a folder."""
    files: list[StagedFile] = []
    if articles:
        path = folder / f"articles-{number}.parquet"
        write_articles(articles, path)
        files += _finish_articles(path, len(articles))
    if rejects:
        path = folder / f"rejects-{number}.parquet"
        write_rejects(rejects, path)
        files.append(finish(Table.REJECTS, path, len(rejects)))
    return StagedPart(
        files=tuple(files),
        articles=tuple(article_key(row.article.source_sha256) for row in articles),
        rejects=tuple(_reject_key(row.rejected) for row in rejects),
        texts=new_texts(
            [_signature(row) for row in articles],
            [row.article_id for row in articles],
            [row.article.metadata.url for row in articles],
            # A page that was cleaned again is another version, though its fields alone may have changed.
            [content_of(row).hex() if row.is_again else row.text_sha256 for row in articles],
        ),
    )


def _signature(row: ArticleRow) -> str | None:
    """What an article is found alike by; none where that would be with itself, as it was archived before."""
    return None if row.is_again and not url_key(row.article.metadata.url) else row.minhash


def without(part: StagedPart, is_seen: Callable[[bytes], bool], folder: Path) -> StagedPart:
    """Write a part's files again, in its batch's folder, without the pages that are already in place."""
    files: list[StagedFile] = []
    for file in part.files:
        if file.table is Table.ARTICLES:
            files += _rewrite_articles(_brought(file, folder).path, is_seen)
        elif file.table is Table.REJECTS:
            files += _rewrite_rejects(_brought(file, folder).path, is_seen)
    return StagedPart(
        files=tuple(files),
        articles=tuple(key for key in part.articles if not is_seen(key)),
        rejects=tuple(reject for reject in part.rejects if not _is_seen_reject(reject, is_seen)),
        texts=part.texts[[not is_seen(key) for key in part.articles]],
    )


def related(part: StagedPart, relations: Sequence[Relation], folder: Path) -> StagedPart:
    """Write a part's articles again with what each is to those before it, where that is not what they say.

    `folder` is the batch's.
    """
    found = {text["id"].tobytes().hex(): relation for text, relation in zip(part.texts, relations, strict=True)}
    if all(each.duplicate_of is None and each.revision in (None, 1) for each in relations):
        return part
    files = [_relate(_brought(file, folder), found) if file.table is Table.ARTICLES else file for file in part.files]
    return replace(part, files=tuple(files))


def seen_in(part: StagedPart, is_seen: Callable[[bytes], bool]) -> int:
    """Count a part's pages that are already in place."""
    return sum(map(is_seen, part.articles)) + sum(_is_seen_reject(reject, is_seen) for reject in part.rejects)


def finish(table: Table, path: Path, rows: int) -> StagedFile:
    """Flush a written file and take its measure."""
    flush(path)
    return StagedFile(table, path, rows, path.stat().st_size, sha256_of(path))


def sha256_of(path: Path) -> str:
    """Return the digest of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _brought(file: StagedFile, folder: Path) -> StagedFile:
    """A file that a worker elsewhere has staged in the store, on this machine."""
    if not isinstance(file.path, S3Path):
        return file
    folder.mkdir(exist_ok=True)
    here = folder / file.path.name
    file.path.bring(here)
    file.path.unlink()
    return replace(file, path=here)


def _finish_articles(path: Path, rows: int) -> list[StagedFile]:
    text = path.with_name(path.name.replace("articles-", "text-")).with_suffix(".zip")
    write_texts(path, text)
    return [finish(Table.TEXT, text, rows), finish(Table.ARTICLES, path, rows)]


def _rewrite_articles(path: Path, is_seen: Callable[[bytes], bool]) -> list[StagedFile]:
    rows = _filter(path, lambda digest, _: not is_seen(article_key(str(digest))))
    if not rows.num_rows:
        return []
    write_table(rows, ARTICLE_ORDER, path)
    return _finish_articles(path, rows.num_rows)


def _rewrite_rejects(path: Path, is_seen: Callable[[bytes], bool]) -> list[StagedFile]:
    def is_new(digest: str | None, name: str) -> bool:
        key = RejectKey(article_key(digest) if digest else None, reject_key(digest, name), RejectReason.EMPTY)
        return not _is_seen_reject(key, is_seen)

    rows = _filter(path, is_new)
    if not rows.num_rows:
        return []
    write_table(rows, REJECT_ORDER, path)
    return [finish(Table.REJECTS, path, rows.num_rows)]


def _relate(file: StagedFile, found: Mapping[str, Relation]) -> StagedFile:
    with pq.ParquetFile(file.path) as articles:
        rows = articles.read()
    relations = [found[article] for article in rows["article_id"].to_pylist()]
    for name in ("duplicate_of", "revision"):
        place = rows.schema.get_field_index(name)
        values = pa.array([getattr(relation, name) for relation in relations], rows.schema.field(name).type)
        rows = rows.set_column(place, rows.schema.field(name), values)
    write_table(rows, ARTICLE_ORDER, file.path)
    return finish(file.table, file.path, file.rows)


def _filter(path: Path, keep: Callable[[str | None, str], bool]) -> pa.Table:
    with pq.ParquetFile(path) as file:
        table = file.read()
    pages = zip(table["source_sha256"].to_pylist(), table["source_name"].to_pylist(), strict=True)
    return table.filter(pa.array([keep(digest, name) for digest, name in pages], pa.bool_())).combine_chunks()


def _reject_key(rejected: Rejected) -> RejectKey:
    digest = rejected.source_sha256
    key = reject_key(digest, rejected.source_name)
    return RejectKey(article_key(digest) if digest else None, key, rejected.reason)


def _is_seen_reject(reject: RejectKey, is_seen: Callable[[bytes], bool]) -> bool:
    return is_seen(reject.reject) or (reject.article is not None and is_seen(reject.article))
