"""Find the raw pages of sources, and read one within its limits."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from config.limits import Limits
from tasks.formats import Format
from tasks.page import RawPage, Rejected, RejectReason
from tasks.refs import PageRef, SourceError, unreadable
from tasks.sources import SourceFile, find_files
from tasks.storage import Place, open_file
from tasks.unpack import TooLargeError, UnpackError, page_bytes

__all__ = ["PageRef", "SourceError", "approach", "find_pages", "fingerprint", "pages_of", "read_page"]


def find_pages(sources: Sequence[Path | str]) -> Iterator[PageRef]:
    """The pages of files and folders, in an order that depends on their names alone.

    Raises SourceError, before the first page, for a source that cannot be read. See `find_files` and `pages_of`.
    """
    files = find_files(sources)
    return (ref for file in files for ref in pages_of(file))


def pages_of(file: SourceFile) -> Iterator[PageRef]:
    """The pages of a file. One that cannot be read, whole or from some place on, is accounted for as a page."""
    if file.format is Format.PAGE:
        yield PageRef(file.place, file.name)
        return
    try:
        yield from _inside(file.format)(file.place, file.name)
    except OSError as error:
        yield unreadable(file.place, file.name, error.strerror or str(error))


def _inside(kind: Format) -> Callable[[Place, str], Iterator[PageRef]]:
    """What finds the pages inside a file. Imported where there is such a file: most runs have none."""
    from tasks import bundles, tables, warc  # noqa: PLC0415

    match kind:
        case Format.WARC:
            return warc.warc_pages
        case Format.ZIP:
            return bundles.zip_pages
        case Format.TAR:
            return bundles.tar_pages
        case Format.JSONL:
            return tables.jsonl_pages
        case Format.PARQUET:
            return tables.parquet_pages
    raise OSError("a list inside a list is not opened")


def approach(ref: PageRef) -> None:
    """Go to a page, so that the way through a packed stream does not count as its time. Reading it says what fails."""
    if ref.record:
        with suppress(OSError):
            ref.record.approach(ref.path)


def read_page(ref: PageRef, limits: Limits) -> RawPage | Rejected:
    """The raw page, unpacked where it is packed, or why it cannot be read. Holds no more than the size limit of it."""
    try:
        if ref.record:
            return ref.record.read(ref.path, ref.source_name, limits)
        with open_file(ref.path) as file:
            return RawPage(ref.source_name, page_bytes(file, limits.max_page_bytes))
    except UnpackError as error:
        return _rejected(ref, RejectReason.BROKEN_COMPRESSION, str(error))
    except OSError as error:
        return _rejected(ref, RejectReason.UNREADABLE, error.strerror or str(error))
    except TooLargeError as error:
        return _rejected(ref, RejectReason.TOO_LARGE, str(error))


def fingerprint(ref: PageRef) -> tuple[str | None, int | None]:
    """The SHA-256 and the size of a page's file as it lies, where its content is not known; of a file of one page."""
    if ref.record is None:
        with suppress(OSError), open_file(ref.path) as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
            return digest, file.tell()
    return None, None


def _rejected(ref: PageRef, reason: RejectReason, detail: str) -> Rejected:
    digest, size = fingerprint(ref) if reason is not RejectReason.UNREADABLE else (None, None)
    return Rejected(ref.source_name, reason, " ".join(detail.split()), digest, None, size)
