"""Find the raw pages of files and folders, and read one within its limits."""

import hashlib
import os
import stat
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from config.limits import Limits
from tasks.page import RawPage, Rejected, RejectReason

PAGE_SUFFIXES = tuple(suffix + packed for suffix in (".html", ".htm", ".xhtml", ".txt") for packed in ("", ".gz"))
ARCHIVE_FOLDERS = ("_runs", "articles")  # what marks a folder as one of our archives
GZIP_MAGIC = b"\x1f\x8b\x08"
GZIP_BITS = 16 + zlib.MAX_WBITS
CHUNK = 1 << 20  # bytes read at a time: most pages come in one
MAX_LAYERS = 3  # a page packed by its server and again by its crawler is still a page


class SourceError(ValueError):
    """A source that cannot be read at all: the user's mistake, said in one line."""


class BrokenGzipError(ValueError):
    """A gzip stream that ends early or does not unpack."""


class TooLargeError(ValueError):
    """A page over the size limit."""


@dataclass(frozen=True, slots=True)
class PageRef:
    """Where a raw page lies, and the name that the archive knows it by.

    `source_name` is relative to the source that holds the page, with POSIX slashes, and unique over a call's sources.
    """

    path: Path
    source_name: str


def find_pages(sources: Sequence[Path]) -> Iterator[PageRef]:
    """The pages of files and folders, in an order that depends on their names alone.

    A folder gives its .html, .htm, .xhtml and .txt files at any depth, plain or .gz; a file that is named itself is
    taken whatever its name. Raises SourceError, before the first page, for a source that cannot be read.
    """
    roots = list(dict.fromkeys(_checked(source) for source in sources))
    refs = ((root, ref) for root in roots for ref in _refs_of(root))
    return (ref for _, ref in refs) if len(roots) == 1 else _unique(refs)


def read_page(ref: PageRef, limits: Limits) -> RawPage | Rejected:
    """The raw page, unpacked where it is gzip, or why it cannot be read. Holds no more than the size limit of it."""
    try:
        with ref.path.open("rb") as file:
            return RawPage(ref.source_name, _content(file, limits.max_page_bytes))
    except OSError as error:
        return Rejected(ref.source_name, RejectReason.UNREADABLE, error.strerror or str(error))
    except BrokenGzipError as error:
        return _rejected_file(ref, RejectReason.BROKEN_COMPRESSION, str(error))
    except TooLargeError as error:
        return _rejected_file(ref, RejectReason.TOO_LARGE, str(error))


def _checked(source: Path) -> Path:
    """The source's absolute path. A file keeps the name that it was given by, where that is a link."""
    try:
        source.stat()
    except (OSError, ValueError) as error:
        raise SourceError(f"no such file or folder: {_safe(str(source))}") from error
    if not os.access(source, os.R_OK):
        raise SourceError(f"not allowed to read: {_safe(str(source))}")
    if _is_archive(source):
        raise SourceError(f"this is an archive, not a source of pages: {_safe(str(source))}")
    return source.resolve() if source.is_dir() else source.absolute()


def _is_archive(folder: Path) -> bool:
    return all((folder / name).is_dir() for name in ARCHIVE_FOLDERS)


def _refs_of(root: Path) -> Iterator[PageRef]:
    if root.is_dir():
        return _walk(root)
    return iter((PageRef(root, _safe(root.name)),))


def _walk(root: Path) -> Iterator[PageRef]:
    """Depth first, by name. Links to folders are followed, but no folder is entered twice."""
    waiting = [root]
    entered = set[tuple[int, int]]()
    while waiting:
        path = waiting.pop()
        name = _safe(path.relative_to(root).as_posix())
        if not path.is_dir():
            yield PageRef(path, name)
            continue
        try:
            status = path.stat()
            if (identity := (status.st_dev, status.st_ino)) in entered or _is_archive(path):
                continue
            entered.add(identity)
            waiting.extend(_entries(path))
        except OSError:
            yield PageRef(path, name)  # a folder that cannot be listed is accounted for as one unreadable page


def _entries(folder: Path) -> list[Path]:
    """The sub-folders and pages of a folder, last name first. Pipes, sockets and devices are no pages."""
    with os.scandir(folder) as entries:
        taken = [entry for entry in entries if _is_folder(entry) or _is_page(entry)]
    return [Path(entry.path) for entry in sorted(taken, key=lambda entry: entry.name, reverse=True)]


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link to itself
        return False


def _is_page(entry: os.DirEntry[str]) -> bool:
    if not entry.name.lower().endswith(PAGE_SUFFIXES):
        return False
    try:
        return stat.S_ISREG(entry.stat().st_mode) if entry.is_symlink() else entry.is_file()
    except OSError:  # a link to nowhere is an unreadable page
        return True


def _safe(name: str) -> str:
    """The name as text: bytes that are not UTF-8 as `\\xff`, control characters escaped likewise."""
    text = os.fsencode(name).decode("utf-8", "backslashreplace")
    return text if text.isprintable() else "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


def _unique(refs: Iterator[tuple[Path, PageRef]]) -> Iterator[PageRef]:
    """The pages of several sources: a name that was there before gets its source's name in front."""
    taken = set[str]()
    for root, ref in refs:
        name, number = ref.source_name, 1
        while name in taken:
            folder = (root if root.is_dir() else root.parent).name
            name = str(PurePosixPath(_safe(folder) + (f"~{number}" if number > 1 else ""), ref.source_name))
            number += 1
        taken.add(name)
        yield PageRef(ref.path, name)


def _rejected_file(ref: PageRef, reason: RejectReason, detail: str) -> Rejected:
    """A file known by its bytes as they lie, since its page's are not known."""
    try:
        with ref.path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
            return Rejected(ref.source_name, reason, detail, digest, None, file.tell())
    except OSError:
        return Rejected(ref.source_name, reason, detail)


def _content(file: BinaryIO, limit: int) -> bytes:
    """The file's bytes, unpacked. Raises BrokenGzipError and TooLargeError."""
    head = file.read(CHUNK)
    if not head.startswith(GZIP_MAGIC):
        return _joined(_chunks(head, file), limit)
    content = _joined(_unpacked(_chunks(head, file), limit), limit)
    for _ in range(MAX_LAYERS - 1):
        if not content.startswith(GZIP_MAGIC):
            break
        content = _joined(_unpacked(iter((content,)), limit), limit)
    return content


def _chunks(head: bytes, file: BinaryIO) -> Iterator[bytes]:
    chunk = head
    while chunk:
        yield chunk
        chunk = file.read(CHUNK)


def _joined(chunks: Iterator[bytes], limit: int) -> bytes:
    parts: list[bytes] = []
    size = 0
    for chunk in chunks:
        size += len(chunk)
        if size > limit:
            raise TooLargeError(f"more than {limit:,} bytes")
        parts.append(chunk)
    return parts[0] if len(parts) == 1 else b"".join(parts)


def _unpacked(chunks: Iterator[bytes], limit: int) -> Iterator[bytes]:
    """The data of a gzip stream of one or more members, no piece much larger than the limit.

    What follows a whole member and is no member itself is padding, and ignored, as gzip does.
    """
    member = zlib.decompressobj(GZIP_BITS)
    packed = 0
    for chunk in chunks:
        packed += len(chunk)
        if packed > limit:  # a stream of empty members unpacks to nothing and goes on for ever
            raise TooLargeError(f"more than {limit:,} bytes packed")
        rest = chunk
        while rest:
            if member.eof:
                rest = rest.lstrip(b"\0")
                if not rest:
                    break
                if not GZIP_MAGIC.startswith(rest[:3]):
                    return
                member = zlib.decompressobj(GZIP_BITS)
            try:
                yield member.decompress(rest, limit + 1)
            except zlib.error as error:
                raise BrokenGzipError(f"corrupt gzip: {error}") from error
            rest = member.unconsumed_tail or member.unused_data
    if not member.eof:
        raise BrokenGzipError("the gzip stream ends early")
