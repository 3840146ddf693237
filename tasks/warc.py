"""The pages of WARC and WET files: response, resource and conversion records of text.

The file is gone through once for its records' heads, which is most of the work of unpacking it, some hundredth of that
of cleaning it; a page is known by the offset and size of its record, and read from there by whoever cleans it. A file
that is packed as one stream has no offsets to go to: its records are known by their place in the stream.
"""

import io
from collections import deque
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from typing import BinaryIO

from config.limits import Limits
from tasks.page import RawPage, Rejected, RejectReason
from tasks.refs import PageRef, unreadable
from tasks.resync import end_of_record, next_record
from tasks.storage import Place, open_file
from tasks.streams import identity, span, stream_at
from tasks.unpack import (
    DICTIONARY,
    FRAME_HEAD,
    MAX_DICTIONARY,
    Codec,
    Packing,
    check_end,
    codec_of,
    packing_of,
)
from tasks.warc_page import holds_page, page_in, records_of

_HEADS = 1 << 17  # bytes of a record that are not its page: two heads, and what packing adds
_MAGIC_BYTES = 4
_READS = 32  # of FastWARC, each of 64 KB: it has been seen to be four ahead of a record
_PADDING = b"\0\r\n\t "


class _OneStreamError(Exception):
    """The records of a packed file are not packed one by one."""


@dataclass(frozen=True, slots=True)
class WarcRecordSpan:
    """A record of a WARC file. `packing` is that of a stream which holds all records, None where each is packed.

    `dictionary` is the size of the file's first frame, where that is the dictionary to unpack the record with.
    """

    start: int
    size: int
    packing: Packing | None = None
    dictionary: int = 0

    def approach(self, place: Place) -> None:
        """Go to the record."""
        if self.packing:
            with stream_at(place, self.packing, self.start):
                pass

    def read(self, place: Place, source_name: str, limits: Limits) -> RawPage | Rejected:
        """The page in the record."""
        if self.size > limits.max_page_bytes + _HEADS:
            return Rejected(source_name, RejectReason.TOO_LARGE, f"a record of {self.size:,} bytes", size=self.size)
        dictionary = _first_frame(place, identity(place), self.dictionary) if self.dictionary else b""
        record = span(place, self.packing, self.start, self.size)
        return page_in(dictionary + record, source_name, limits.max_page_bytes)


@lru_cache(maxsize=1)
def _first_frame(place: Place, _identity: object, size: int) -> bytes:
    return span(place, None, 0, size)


def warc_pages(place: Place, name: str) -> Iterator[PageRef]:
    """The pages of a WARC file, in its order. A record that is broken is a page that cannot be read."""
    found = 0
    try:
        with open_file(place) as file:
            dictionary = _dictionary(file)
            for start, size in _spans(file, dictionary):
                found += 1
                yield _ref(place, name, start, size, len(dictionary))
    except _OneStreamError:
        yield from islice(_pages_of_stream(place, name), found, None)


def _dictionary(file: BinaryIO) -> bytes:
    """A file's first frame, where that is a dictionary."""
    head = file.read(FRAME_HEAD)
    size = int.from_bytes(head[len(DICTIONARY) :], "little")
    return head + file.read(size) if head.startswith(DICTIONARY) and size <= MAX_DICTIONARY else b""


def _ref(place: Place, name: str, start: int, size: int | None, dictionary: int) -> PageRef:
    record_name = f"{name}#{start}"
    if size is None:
        return unreadable(place, record_name, "a broken record")
    return PageRef(place, record_name, WarcRecordSpan(start, size, None, dictionary))


def _spans(file: BinaryIO, dictionary: bytes) -> Iterator[tuple[int, int | None]]:
    """The offset and size of each record with a page; without a size where the record is broken.

    Raises _OneStreamError at the first record that does not begin a member of a packed file.
    """
    file.seek(0)
    packing = packing_of(file.read(8))
    codec = codec_of(packing, dictionary) if packing else None
    size = file.seek(0, io.SEEK_END)
    at = len(dictionary)
    while at < size:
        at = yield from _stretch(file, at, codec, dictionary)


def _stretch(
    file: BinaryIO, at: int, codec: Codec | None, dictionary: bytes
) -> Generator[tuple[int, int | None], None, int]:
    """The records up to the first that is broken. Returns where to go on after it."""
    last, is_page, is_broken = None, False, False
    file.seek(at)
    watched = _Watched(file, dictionary)
    try:
        for start, holds_page in _heads(watched):
            if codec and (start == last or not watched.begins_member(start, codec)):
                raise _OneStreamError
            if is_page and last is not None:
                yield last, start - last
            last, is_page = start, holds_page
    except OSError:
        is_broken = True
    if last is not None:
        end = end_of_record(file, last, codec)
        if end is None:
            yield last, None
            return next_record(file, last + 1, codec)
        if is_broken and _begins_record(file, end, dictionary):  # the one before it says a wrong length
            yield last, None
            return end
        if is_page:
            yield last, end - last
        at = end
    file.seek(at)
    if not file.read(_HEADS).strip(_PADDING):
        return file.seek(0, io.SEEK_END)
    yield at, None
    return next_record(file, at + 1, codec)


def _pages_of_stream(place: Place, name: str) -> Iterator[PageRef]:
    """The pages of a file that is packed as one stream, up to the first broken record."""
    with open_file(place) as file:
        packing = packing_of(file.read(8))
    last = 0
    try:
        for start, size in _spans_of_stream(place, packing):
            last = start
            yield PageRef(place, f"{name}#{start}", WarcRecordSpan(start, size, packing))
    except OSError as error:
        yield unreadable(place, f"{name}#{last}+", f"broken after this record: {error}")


def _spans_of_stream(place: Place, packing: Packing | None) -> Iterator[tuple[int, int]]:
    last, is_page = 0, False
    with stream_at(place, packing, 0) as stream:
        for start, holds_page in _heads(_Watched(stream)):
            if is_page:
                yield last, start - last
            last, is_page = start, holds_page
        check_end(stream)
        if is_page:
            yield last, stream.tell() - last


class _Watched:
    """A file on its way through FastWARC, which says of what it has just read how some offset's bytes begin.

    FastWARC seeks for nothing but where it is, so that a stream will do. Offsets go from `base`: a dictionary is given
    to FastWARC as the beginning of a file, which goes on where this one is.
    """

    def __init__(self, file: BinaryIO, dictionary: bytes = b"") -> None:
        self._file = file
        self._dictionary = dictionary
        self._recent: deque[bytes] = deque(maxlen=_READS)
        self.base = file.tell() - len(dictionary) if dictionary else 0
        self.close = file.close

    def read(self, size: int = -1) -> bytes:
        """Read on."""
        if self._dictionary and size > 0:
            data, self._dictionary = self._dictionary[:size], self._dictionary[size:]
        else:
            data = self._file.read(size)
        self._recent.append(data)
        return data

    def tell(self) -> int:
        """How far it has been read, from `base` on."""
        return self._file.tell() - len(self._dictionary) - self.base

    def seek(self, _offset: int, _whence: int = 0) -> int:
        """Stay."""
        return self.tell()

    def begins_member(self, at: int, codec: Codec) -> bool:
        """Whether a packed member begins at an offset."""
        start, after = self._file.tell() - len(self._dictionary), b""
        for chunk in reversed(self._recent):
            start -= len(chunk)
            if start <= at:
                return (chunk[at - start : at - start + _MAGIC_BYTES] + after).startswith(codec.magic)
            after = chunk[:_MAGIC_BYTES]
        return self._reads(at).startswith(codec.magic)

    def _reads(self, at: int) -> bytes:
        here = self._file.tell()
        self._file.seek(at)
        head = self._file.read(_MAGIC_BYTES)
        self._file.seek(here)
        return head


def _heads(file: _Watched) -> Iterator[tuple[int, bool]]:
    """The offset of each record from here on, and whether it holds a page. Raises OSError at a broken one."""
    for record in records_of(file):
        yield file.base + record.stream_pos, holds_page(record)


def _begins_record(file: BinaryIO, at: int, dictionary: bytes) -> bool:
    file.seek(at)
    try:
        return next(_heads(_Watched(file, dictionary)), None) is not None
    except OSError:
        return False
