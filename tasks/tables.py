"""The pages of tables: JSON lines and Parquet, one page a row."""

import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, BinaryIO

from config.limits import Limits
from tasks.fetched import moment_of
from tasks.page import RawPage, Rejected, RejectReason
from tasks.refs import PageRef, SourceError, safe_name, unreadable
from tasks.storage import Place, open_file
from tasks.streams import identity, keep, span, stream_at, take
from tasks.unpack import CHUNK, Packing, TooLargeError, UnpackError, check_end, packing_of, page_bytes

# By which names a column is known, the surest first.
_PAGE_NAMES = ("html", "raw_html", "html_content", "page", "raw_content", "content", "body", "raw", "text")
_URL_NAMES = ("url", "uri", "link", "page_url", "source_url", "warc-target-uri", "warc_target_uri")
_FETCHED_NAMES = (
    "fetched_at", "fetch_time", "fetched", "crawled_at", "crawl_date", "crawl_time", "scraped_at", "retrieved_at",
    "download_date", "date_download", "warc-date", "warc_date", "timestamp", "date",
)  # fmt: skip
_CHARSET_NAMES = ("charset", "encoding")
_FIRST_ROWS = 100  # of JSON lines, to find the columns in
_ROWS_AT_A_TIME = 64  # of Parquet


class BrokenTableError(OSError):
    """A Parquet file that cannot be read, from some place on."""


@dataclass(frozen=True, slots=True)
class Columns:
    """Which columns of a table are a page's parts."""

    page: str
    url: str | None = None
    fetched_at: str | None = None
    charset: str | None = None

    @property
    def names(self) -> list[str]:
        """The columns to read."""
        return [name for name in (self.page, self.url, self.fetched_at, self.charset) if name]


@dataclass(frozen=True, slots=True)
class JsonLine:
    """A line of a file of JSON objects: its offset and size in the file's data, packed or not."""

    start: int
    size: int
    packing: Packing | None
    columns: Columns

    def approach(self, place: Place) -> None:
        """Go to the line."""
        if self.packing:
            with stream_at(place, self.packing, self.start):
                pass

    def read(self, place: Place, source_name: str, limits: Limits) -> RawPage | Rejected:
        """The page in the line."""
        if self.size > limits.max_page_bytes:
            return Rejected(source_name, RejectReason.TOO_LARGE, f"a line of {self.size:,} bytes", size=self.size)
        row = _object(span(place, self.packing, self.start, self.size))
        if row is None:
            return Rejected(source_name, RejectReason.UNREADABLE, "no JSON object", size=self.size)
        return _page(row, self.columns, source_name, limits.max_page_bytes)


@dataclass(frozen=True, slots=True)
class ParquetRow:
    """A row of a Parquet file."""

    group: int
    row: int  # in the group
    columns: Columns

    def approach(self, place: Place) -> None:
        """Go to the row."""
        with self._rows(place) as rows:
            rows.go_to(self.row)

    def read(self, place: Place, source_name: str, limits: Limits) -> RawPage | Rejected:
        """The page in the row."""
        with self._rows(place) as rows:
            row = rows.at(self.row)
        return _page(row, self.columns, source_name, limits.max_page_bytes)

    @contextmanager
    def _rows(self, place: Place) -> Iterator["_Rows"]:
        key = identity(place), self.group
        rows = take(key)
        if not isinstance(rows, _Rows) or rows.first > self.row:
            rows = _Rows(place, self.group, self.columns.names)
        try:
            yield rows
        except BrokenTableError:  # it breaks there for all rows that follow, too
            keep(key, rows)
            raise
        except BaseException:
            rows.close()
            raise
        keep(key, rows)


def jsonl_pages(place: Place, name: str) -> Iterator[PageRef]:
    """The pages of a file of JSON lines. Names go by the line's number, from 1."""
    try:
        packing, columns = _jsonl_columns(place)
        with stream_at(place, packing, 0) as stream:
            for number, start, size in _lines(stream):
                yield PageRef(place, f"{name}#{number}", JsonLine(start, size, packing, columns))
            check_end(stream)
    except (OSError, SourceError) as error:
        yield unreadable(place, name, str(error))


def parquet_pages(place: Place, name: str) -> Iterator[PageRef]:
    """The pages of a Parquet file. Names go by the row's number in the file, from 1."""
    try:
        columns = _parquet_columns(place)
        number = 0
        for group, rows in enumerate(_rows_of_groups(place)):
            for row in range(rows):
                number += 1
                yield PageRef(place, f"{name}#{number}", ParquetRow(group, row, columns))
    except (OSError, SourceError) as error:
        yield unreadable(place, name, str(error))


def check_columns(place: Place, *, is_parquet: bool) -> None:
    """Refuse a table without a page. Raises SourceError, which names the columns that there are, and OSError."""
    if is_parquet:
        _parquet_columns(place)
    else:
        _jsonl_columns(place)


def choose_columns(names: Iterable[str]) -> Columns:
    """Which of a table's columns are a page's parts. Raises SourceError where none is the page."""
    known = {name.lower(): name for name in reversed(list(names))}
    page = _first(_PAGE_NAMES, known)
    if page is None:
        there = ", ".join(safe_name(name) for name in sorted(known.values())) or "none"
        raise SourceError(f"no column with the page (one of {', '.join(_PAGE_NAMES)}); the columns are: {there}")
    return Columns(page, _first(_URL_NAMES, known), _first(_FETCHED_NAMES, known), _first(_CHARSET_NAMES, known))


def _first(names: Sequence[str], known: Mapping[str, str]) -> str | None:
    return next((known[name] for name in names if name in known), None)


def _jsonl_columns(place: Place) -> tuple[Packing | None, Columns]:
    with open_file(place) as file:
        packing = packing_of(file.read(8))
    names: dict[str, None] = {}
    with stream_at(place, packing, 0) as stream:
        for _, line in zip(range(_FIRST_ROWS), stream, strict=False):
            names |= dict.fromkeys(_object(line) or ())
    return packing, choose_columns(names)


def _lines(stream: BinaryIO) -> Iterator[tuple[int, int, int]]:
    """The number, offset and size of each line that is not blank."""
    start, size, is_blank, number = 0, 0, True, 1
    while piece := stream.readline(CHUNK):
        size += len(piece)
        is_blank = is_blank and piece.isspace()
        if piece.endswith(b"\n"):
            if not is_blank:
                yield number, start, size
            start, size, is_blank, number = start + size, 0, True, number + 1
    if not is_blank:
        yield number, start, size


def _object(line: bytes) -> dict[str, Any] | None:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return row if isinstance(row, dict) else None


def _page(row: Mapping[str, Any], columns: Columns, source_name: str, limit: int) -> RawPage | Rejected:
    url = row.get(columns.url or "")
    url = safe_name(url) if isinstance(url, str) and url else None
    charset = row.get(columns.charset or "")
    value = row.get(columns.page)
    if isinstance(value, str):
        value, charset = value.encode("utf-8", "replace"), "utf-8"
    if not isinstance(value, bytes | None):
        return Rejected(source_name, RejectReason.UNREADABLE, f"{columns.page} is a {type(value).__name__}", url=url)
    try:
        content = page_bytes(io.BytesIO(value or b""), limit)
    except UnpackError as error:
        return Rejected(source_name, RejectReason.BROKEN_COMPRESSION, str(error), url=url, size=len(value or b""))
    except TooLargeError as error:
        return Rejected(source_name, RejectReason.TOO_LARGE, str(error), url=url, size=len(value or b""))
    fetched_at = moment_of(row.get(columns.fetched_at or ""))
    return RawPage(source_name, content, url, fetched_at, charset if isinstance(charset, str) else None)


def _parquet_columns(place: Place) -> Columns:
    with _as_broken(), _parquet(place) as file:
        return choose_columns(file.schema_arrow.names)


def _rows_of_groups(place: Place) -> list[int]:
    with _as_broken(), _parquet(place) as file:
        rows = [file.metadata.row_group(group).num_rows for group in range(file.num_row_groups)]
    with open_file(place) as opened:
        size = opened.seek(0, io.SEEK_END)
    if sum(rows) > size or min(rows, default=0) < 0:  # what is said of rows is not to make a run endless
        raise BrokenTableError(f"a broken Parquet file: {sum(rows):,} rows in {size:,} bytes")
    return rows


def _parquet(place: Place) -> Any:
    import pyarrow.parquet as pq  # noqa: PLC0415

    # A buffer, so that a column is read page by page and not a group of rows at once.
    return pq.ParquetFile(open_file(place), buffer_size=CHUNK, pre_buffer=False, page_checksum_verification=True)


@contextmanager
def _as_broken() -> Iterator[None]:
    """Say of all that can go wrong inside a Parquet file that it is broken."""
    import pyarrow as pa  # noqa: PLC0415  (only where there is a Parquet file)

    try:
        yield
    except FileNotFoundError:
        raise
    except (OSError, pa.ArrowException, UnicodeDecodeError, StopIteration) as error:
        raise BrokenTableError(f"a broken Parquet file: {error}") from error


class _Rows:
    """The rows of a group of a Parquet file, on the way through it. Raises OSError."""

    def __init__(self, place: Place, group: int, columns: list[str]) -> None:
        self.first = 0
        with _as_broken():
            self._file = _parquet(place)
            self._batches = self._file.iter_batches(_ROWS_AT_A_TIME, row_groups=[group], columns=columns)
        self._batch: Any = None
        self._fault: str | None = None

    def go_to(self, row: int) -> None:
        """Read on until a row is there."""
        if self._fault:
            raise BrokenTableError(self._fault)
        try:
            while self._batch is None or row >= self.first + self._batch.num_rows:
                self._read_on()
        except BrokenTableError as error:
            self._fault = str(error)
            raise

    def _read_on(self) -> None:
        with _as_broken():
            batch = next(self._batches)
        self.first += self._batch.num_rows if self._batch is not None else 0
        self._batch = batch

    def at(self, row: int) -> dict[str, Any]:
        """A row that is not before the last one asked for."""
        self.go_to(row)
        with _as_broken():
            return dict(self._batch.slice(row - self.first, 1).to_pylist()[0])

    def close(self) -> None:
        """Close the file."""
        self._file.close()
