"""The page in a record of a WARC file."""

import hashlib
import io
from typing import TYPE_CHECKING, Any

from tasks.bodies import decoded
from tasks.fetched import moment_of
from tasks.page import RawPage, Rejected, RejectReason
from tasks.refs import safe_name
from tasks.unpack import TooLargeError, UnpackError

if TYPE_CHECKING:
    from fastwarc.warc import ArchiveIterator, WarcRecord

PAGE_TYPES = frozenset({"text/html", "application/xhtml+xml", "text/plain"})


def records_of(file: Any) -> "ArchiveIterator":
    """The records of a file to read. Raises OSError, on the way, at a broken one."""
    from fastwarc.warc import ArchiveIterator  # noqa: PLC0415  (only where there is a WARC)

    return ArchiveIterator(file, parse_http=True)


def holds_page(record: "WarcRecord") -> bool:
    """Whether a record is a page: a response, a resource or a conversion, and text."""
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


def page_in(data: bytes, source_name: str, limit: int) -> RawPage | Rejected:
    """The page in a record's bytes, or why it cannot be read. Raises OSError where the record is broken."""
    records = iter(records_of(io.BytesIO(data)))
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
