"""What must hold inside a part: its schema, its order, its ids and digests, and its text in the ZIP beside it."""

import hashlib
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from outputs.content import read_batches
from outputs.layout import Layout, Table, place_of
from outputs.manifest import WrittenFile
from outputs.merge import sort_keys
from outputs.parquet import open_part
from outputs.rows import article_id
from outputs.schema import ARTICLE_ORDER, ARTICLES, ID_DIGITS, REJECT_ORDER, REJECTS, SCHEMA_VERSION
from outputs.text import TEXT_COLUMNS, article_text, member_name

Ids = npt.NDArray[np.bytes_]

_SCHEMAS = {Table.ARTICLES: (ARTICLES, ARTICLE_ORDER), Table.REJECTS: (REJECTS, REJECT_ORDER)}
_ARTICLE_COLUMNS = {
    *TEXT_COLUMNS,
    *ARTICLE_ORDER,
    "source_sha256",
    "text_sha256",
    "archived_at",
    "run_id",
    "duplicate_of",
}
_REJECT_COLUMNS = {*REJECT_ORDER, "archived_at", "run_id"}
_UNREADABLE = (OSError, ValueError, KeyError, RuntimeError, pa.ArrowException, zipfile.BadZipFile, zlib.error)


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """What is wrong with a file. `path` is relative to the archive."""

    path: str
    problem: str

    def __str__(self) -> str:
        return f"{_on_one_line(self.path)}: {self.problem}"


@dataclass(slots=True)
class Tally:
    """The rows that were seen, for the accounting."""

    articles: Counter[str] = field(default_factory=Counter)  # by run
    rejects: Counter[tuple[str, str]] = field(default_factory=Counter)  # by run and reason
    ids: list[tuple[str, Ids]] = field(default_factory=list)  # by part
    repeats: list[tuple[str, Ids, Ids]] = field(default_factory=list)  # by part: duplicates, and what they repeat
    is_whole: bool = True  # whether all parts could be read


def check_part(layout: Layout, file: WrittenFile, tally: Tally, *, has_text: bool) -> list[Finding]:
    """Check the inside of a part whose bytes are right. `has_text`: its ZIP's bytes are, too."""
    table, day = place_of(file.path)
    path = layout.root / file.path
    try:
        if table is Table.TEXT:
            problems = list(_text_problems(path, file))
        elif problem := _schema_problem(path, table):
            problems = [problem]
            tally.is_whole = False
        else:
            rows = _Rows(path, table, day.isoformat(), layout.sibling(path, Table.TEXT) if has_text else None)
            problems = [*_form_problems(path, table, file.rows), *rows.problems(tally)]
    except _UNREADABLE as error:
        problems = [f"cannot be read: {' '.join(str(error).split())}"]
        tally.is_whole = False
    return [Finding(file.path, problem) for problem in problems]


def _text_problems(path: Path, file: WrittenFile) -> Iterator[str]:
    with _open_zip(path) as texts:
        if len(texts.namelist()) != file.rows:
            yield f"{len(texts.namelist()):,} texts, its manifest says {file.rows:,}"


def _schema_problem(path: Path, table: Table) -> str | None:
    expected = _SCHEMAS[table][0]
    with open_part(path) as file:
        found = file.schema_arrow
    version = (found.metadata or {}).get(b"stet.schema_version", b"none").decode("utf-8", "replace")
    if version != str(SCHEMA_VERSION):
        return f"schema {version} is not the current one, {SCHEMA_VERSION}: stet migrate"
    if not found.equals(expected, check_metadata=True):
        return f"its columns are not those of schema {SCHEMA_VERSION}: {_difference(found, expected)}"
    return None


def _form_problems(path: Path, table: Table, rows: int) -> Iterator[str]:
    with open_part(path) as file:
        metadata = file.metadata
    if metadata.num_rows != rows:
        yield f"{metadata.num_rows:,} rows, its manifest says {rows:,}"
    groups = [metadata.row_group(group) for group in range(metadata.num_row_groups)]
    if any(len(group.sorting_columns) != len(_SCHEMAS[table][1]) for group in groups):
        yield "it does not say how it is sorted"


def _difference(found: pa.Schema, expected: pa.Schema) -> str:
    for field_found, field_expected in zip(found, expected, strict=False):
        if not field_found.equals(field_expected, check_metadata=True):
            return f"{field_found.name} {field_found.type}, not {field_expected.name} {field_expected.type}"
    return f"{len(found)} columns, not {len(expected)}, or other metadata"


class _Rows:
    """The rows of a part, read once."""

    def __init__(self, path: Path, table: Table, day: str, text: Path | None) -> None:
        self._path = path
        self._table = table
        self._day = day
        self._text = text

    def problems(self, tally: Tally) -> Iterator[str]:
        """Check every row and count it."""
        if self._table is Table.REJECTS:
            for record in self._records(_REJECT_COLUMNS):
                tally.rejects[record["run_id"], record["reason"]] += 1
                if problem := self._wrong_day(record):
                    yield problem
        else:
            yield from self._articles(tally)
        yield from self._order()

    def _articles(self, tally: Tally) -> Iterator[str]:
        ids, repeats = [], []
        with ExitStack() as stack:
            texts = stack.enter_context(_open_zip(self._text)) if self._text else None
            for record in self._records(_ARTICLE_COLUMNS):
                ids.append(record["article_id"])
                if record["duplicate_of"]:
                    repeats.append((record["article_id"], record["duplicate_of"]))
                tally.articles[record["run_id"]] += 1
                for problem in (self._wrong_day(record), _wrong_digest(record), texts and _wrong_text(record, texts)):
                    if problem:
                        yield f"article {record['article_id']}: {problem}"
            if texts and texts.namelist() != [member_name(each) for each in ids]:
                yield "its ZIP's texts are not those of its rows, in their order"
        tally.ids.append((self._path.name, _packed(ids)))
        if repeats:
            duplicates, roots = zip(*repeats, strict=True)
            tally.repeats.append((self._path.name, _packed(duplicates), _packed(roots)))

    def _records(self, columns: set[str]) -> Iterator[dict[str, Any]]:
        for batch in read_batches([self._path], columns=sorted(columns)):
            yield from batch.to_pylist()

    def _wrong_day(self, record: dict[str, Any]) -> str | None:
        day = record["archived_at"].date().isoformat()
        return None if day == self._day else f"archived on {day}"

    def _order(self) -> Iterator[str]:
        order: Sequence[str] = _SCHEMAS[self._table][1]
        last: tuple[Any, ...] = ()
        for batch in read_batches([self._path], columns=list(order)):
            for key in sort_keys(batch, order):
                if key < last:
                    yield f"not sorted by {', '.join(order)}"
                    return
                last = key


@contextmanager
def _open_zip(path: Path) -> Iterator[zipfile.ZipFile]:
    with path.open("rb") as file, zipfile.ZipFile(file) as texts:
        yield texts


def _packed(ids: Sequence[str]) -> Ids:
    return np.array(list(map(bytes.fromhex, ids)), f"S{ID_DIGITS // 2}")


def _on_one_line(path: str) -> str:
    return "".join(sign if sign.isprintable() else sign.encode("unicode_escape").decode() for sign in path)


def _wrong_digest(record: dict[str, Any]) -> str | None:
    digest = record["source_sha256"]
    if record["article_id"] not in (article_id(digest), article_id(digest, record["run_id"])):
        return "article_id is not that of source_sha256"
    if hashlib.sha256(record["text"].encode()).hexdigest() != record["text_sha256"]:
        return "text_sha256 is not that of its text"
    return None


def _wrong_text(record: dict[str, Any], texts: zipfile.ZipFile) -> str | None:
    try:
        text = texts.read(member_name(record["article_id"]))
    except KeyError:
        return "it has no text in the ZIP"
    return None if text == article_text(record).encode() else "its text in the ZIP is not that of its row"
