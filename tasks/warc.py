"""The pages of WARC and WET files: response, resource and conversion records of text.

The file is gone through once for its records' heads, which is most of the work of unpacking it, some hundredth of that
of cleaning it; a page is known by the offset and size of its record, and read from there by whoever cleans it. A file
that is packed as one stream has no offsets to go to: its records are known by their place in the stream.
"""

import hashlib
import io
from collections import deque
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, BinaryIO

from config.limits import Limits
from tasks.bodies import decoded
from tasks.fetched import moment_of
from tasks.page import RawPage, Rejected, RejectReason
from tasks.refs import PageRef, safe_name, unreadable
from tasks.resync import end_of_record, next_record
from tasks.storage import Place, open_file
from tasks.streams import span, stream_at
from tasks.unpack import MAGIC, Packing, TooLargeError, UnpackError, check_end, packing_of

if TYPE_CHECKING:
    from fastwarc.warc import ArchiveIterator, WarcRecord

PAGE_TYPES = frozenset({"text/html", "application/xhtml+xml", "text/plain"})
_HEADS = 1 << 17  # bytes of a record that are not its page: two heads, and what packing adds
_MAGIC_BYTES = 4
_READS = 32  # of FastWARC, each of 64 KB: it has been seen to be four ahead of a record
_PADDING = b"\0\r\n\t "


class _OneStreamError(Exception):
    """The records of a packed file are not packed one by one."""


@dataclass(frozen=True, slots=True)
class WarcRecordSpan:
    """A record of a WARC file. `packing` is that of a stream which holds all records, None where each is packed."""

    start: int
    size: int
    packing: Packing | None = None

    def approach(self, place: Place) -> None:
        """Go to the record."""
        if self.packing:
            with stream_at(place, self.packing, self.start):
                pass

    def read(self, place: Place, source_name: str, limits: Limits) -> RawPage | Rejected:
        """The page in the record."""
        if self.size > limits.max_page_bytes + _HEADS:
            return Rejected(source_name, RejectReason.TOO_LARGE, f"a record of {self.size:,} bytes", size=self.size)
        return _page(span(place, self.packing, self.start, self.size), source_name, limits.max_page_bytes)


def warc_pages(place: Place, name: str) -> Iterator[PageRef]:
    """The pages of a WARC file, in its order. A record that is broken is a page that cannot be read."""
    found = 0
    try:
        for start, size in _spans(place):
            found += 1
            yield _ref(place, name, start, size, None)
    except _OneStreamError:
        yield from islice(_pages_of_stream(place, name), found, None)


def _ref(place: Place, name: str, start: int, size: int | None, packing: Packing | None) -> PageRef:
    record_name = f"{name}#{start}"
    if size is None:
        return unreadable(place, record_name, "a broken record")
    return PageRef(place, record_name, WarcRecordSpan(start, size, packing))


def _spans(place: Place) -> Iterator[tuple[int, int | None]]:
    """The offset and size of each record with a page; without a size where the record is broken.

    Raises _OneStreamError at the first record that does not begin a member of a packed file.
    """
    with open_file(place) as file:
        packing = packing_of(file.read(8))
        size = file.seek(0, io.SEEK_END)
        at = 0
        while at < size:
            at = yield from _stretch(file, at, packing)


def _stretch(file: BinaryIO, at: int, packing: Packing | None) -> Generator[tuple[int, int | None], None, int]:
    """The records up to the first that is broken. Returns where to go on after it."""
    last, is_page, is_broken = None, False, False
    file.seek(at)
    watched = _Watched(file)
    try:
        for start, holds_page in _heads(watched):
            if packing and (start == last or not watched.begins_member(start, packing)):
                raise _OneStreamError
            if is_page and last is not None:
                yield last, start - last
            last, is_page = start, holds_page
    except OSError:
        is_broken = True
    if last is not None:
        end = end_of_record(file, last, packing)
        if end is None:
            yield last, None
            return next_record(file, last + 1, packing)
        if is_broken and _begins_record(file, end):  # the one before it says a wrong length
            yield last, None
            return end
        if is_page:
            yield last, end - last
        at = end
    file.seek(at)
    if not file.read(_HEADS).strip(_PADDING):
        return file.seek(0, io.SEEK_END)
    yield at, None
    return next_record(file, at + 1, packing)


def _pages_of_stream(place: Place, name: str) -> Iterator[PageRef]:
    """The pages of a file that is packed as one stream, up to the first broken record."""
    with open_file(place) as file:
        packing = packing_of(file.read(8))
    last, is_page = 0, False
    try:
        with stream_at(place, packing, 0) as stream:
            for start, holds_page in _heads(_Watched(stream)):
                if is_page:
                    yield _ref(place, name, last, start - last, packing)
                last, is_page = start, holds_page
            check_end(stream)
            if is_page:
                yield _ref(place, name, last, stream.tell() - last, packing)
    except OSError as error:
        yield unreadable(place, f"{name}#{last}", f"broken from here on: {error}")


class _Watched:
    """A file on its way through FastWARC, which says of what it has just read how some offset's bytes begin.

    FastWARC seeks for nothing but where it is, so that a stream will do.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._recent: deque[bytes] = deque(maxlen=_READS)
        self.tell = file.tell
        self.close = file.close

    def read(self, size: int = -1) -> bytes:
        """Read on."""
        data = self._file.read(size)
        self._recent.append(data)
        return data

    def seek(self, _offset: int, _whence: int = 0) -> int:
        """Stay."""
        return self.tell()

    def begins_member(self, at: int, packing: Packing) -> bool:
        """Whether a packed member begins at an offset."""
        start, after = self.tell(), b""
        for chunk in reversed(self._recent):
            start -= len(chunk)
            if start <= at:
                return (chunk[at - start : at - start + _MAGIC_BYTES] + after).startswith(MAGIC[packing])
            after = chunk[:_MAGIC_BYTES]
        return self._reads(at).startswith(MAGIC[packing])

    def _reads(self, at: int) -> bytes:
        here = self.tell()
        self._file.seek(at)
        head = self._file.read(_MAGIC_BYTES)
        self._file.seek(here)
        return head


def _iterator(file: "BinaryIO | _Watched") -> "ArchiveIterator":
    from fastwarc.warc import ArchiveIterator  # noqa: PLC0415  (only where there is a WARC)

    return ArchiveIterator(file, parse_http=True)


def _heads(file: _Watched) -> Iterator[tuple[int, bool]]:
    """The offset of each record from here on, and whether it holds a page. Raises OSError at a broken one."""
    for record in _iterator(file):
        yield record.stream_pos, _holds_page(record)


def _begins_record(file: BinaryIO, at: int) -> bool:
    file.seek(at)
    try:
        return next(_heads(_Watched(file)), None) is not None
    except OSError:
        return False


def _holds_page(record: "WarcRecord") -> bool:
    from fastwarc.warc import WarcRecordType  # noqa: PLC0415

    if record.record_type not in (WarcRecordType.response, WarcRecordType.resource, WarcRecordType.conversion):
        return False
    status = _status(record)
    if status is not None and (status < 200 or 300 <= status < 400):
        return False
    return _content_type(record) in PAGE_TYPES


def _status(record: "WarcRecord") -> int | None:
    return record.http_headers.status_code if record.http_headers else None


def _content_type(record: "WarcRecord") -> str:
    """The type of a record's page. A response that does not say is taken for a page."""
    if record.is_http:
        said = _http(record, "Content-Type") or record.headers.get("WARC-Identified-Payload-Type") or "text/html"
    else:
        said = record.headers.get("Content-Type") or ""
    return said.partition(";")[0].strip().lower()


def _http(record: "WarcRecord", name: str) -> str:
    return (record.http_headers.get(name) if record.http_headers else None) or ""


def _page(data: bytes, source_name: str, limit: int) -> RawPage | Rejected:
    """The page in a record's bytes."""
    records = iter(_iterator(io.BytesIO(data)))
    record = next(records, None)
    if record is None:
        raise OSError("no record")
    url, size = _url(record), record.content_length
    payload = record.reader.read(limit + 1)
    if len(payload) > limit:
        return Rejected(source_name, RejectReason.TOO_LARGE, f"more than {limit:,} bytes", url=url, size=size)
    if len(payload) < size:
        raise OSError("the record ends early")
    next(records, None)  # to the end of the packed data, where its checksum is
    if record.headers.get("WARC-Segment-Number"):
        return Rejected(source_name, RejectReason.UNREADABLE, "one segment of a page", url=url)
    try:
        content = decoded(payload, _http(record, "Transfer-Encoding"), _http(record, "Content-Encoding"), limit)
    except UnpackError as error:
        return Rejected(source_name, RejectReason.BROKEN_COMPRESSION, str(error), _sha256(payload), url, size)
    except TooLargeError as error:
        return Rejected(source_name, RejectReason.TOO_LARGE, str(error), _sha256(payload), url, size)
    status = _status(record)
    if status is not None and status >= 400:
        detail = f"HTTP status {status}"
        return Rejected(source_name, RejectReason.ERROR_PAGE, detail, _sha256(content), url, len(content))
    return RawPage(source_name, content, url, moment_of(record.record_date), record.http_charset)


def _url(record: "WarcRecord") -> str | None:
    url = record.headers.get("WARC-Target-URI")
    return safe_name(url.strip("<>")) if url else None


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
