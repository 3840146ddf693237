"""Unpack gzip, zstd, bzip2, xz, deflate and brotli, never more at a time than was asked for."""

import io
import sys
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from typing import Any, Protocol

CHUNK = 1 << 20  # bytes read at a time: most pages come in one
_BUFFER = 1 << 16  # bytes
MAX_LAYERS = 3  # a page packed by its server and again by its crawler is still a page
_XZ_MEMORY = 1 << 27  # a stream may ask for a dictionary of gigabytes


class UnpackError(OSError):
    """A packed stream that ends early or does not unpack."""


class TooLargeError(ValueError):
    """A page over the size limit."""


class Packing(StrEnum):
    """How a stream is packed."""

    GZIP = "gzip"
    ZSTD = "zstd"
    BZIP2 = "bzip2"
    XZ = "xz"


MAGIC = {
    Packing.GZIP: (b"\x1f\x8b\x08",),
    Packing.ZSTD: (b"\x28\xb5\x2f\xfd", *(bytes((byte,)) + b"\x2a\x4d\x18" for byte in range(0x50, 0x60))),
    Packing.BZIP2: (b"BZh",),
    Packing.XZ: (b"\xfd7zXZ\0",),
}
DICTIONARY = b"\x5d\x2a\x4d\x18"  # begins a zstd file's first frame where that is a dictionary
FRAME_HEAD = 8  # bytes: that, and the size
MAX_DICTIONARY = 1 << 24  # bytes
_OF_PAGES = (Packing.GZIP, Packing.ZSTD)


class Readable(Protocol):
    """An open file, as far as it is needed."""

    def read(self, size: int, /) -> bytes:
        """Up to so many bytes; none at the end."""

    def close(self) -> None:
        """Close it."""


class Decompressor(Protocol):
    """What the decompressors of bz2, lzma and zstd have in common."""

    @property
    def eof(self) -> bool:
        """Whether the stream has come to its end."""

    @property
    def needs_input(self) -> bool:
        """Whether there is no more output without more input."""

    @property
    def unused_data(self) -> bytes:
        """What followed the end."""

    def decompress(self, data: bytes, max_length: int) -> bytes:
        """Up to `max_length` bytes."""


class Inflater:
    """zlib's decompressor with the others' interface. `bits` as of `zlib.decompressobj`."""

    def __init__(self, bits: int = 16 + zlib.MAX_WBITS) -> None:
        self._stream = zlib.decompressobj(bits)

    @property
    def eof(self) -> bool:
        """Whether the stream has come to its end."""
        return self._stream.eof

    @property
    def needs_input(self) -> bool:
        """Whether there is no more output without more input."""
        return not self._stream.unconsumed_tail

    @property
    def unused_data(self) -> bytes:
        """What followed the end."""
        return self._stream.unused_data

    def decompress(self, data: bytes, max_length: int) -> bytes:
        """Up to `max_length` bytes."""
        return self._stream.decompress(self._stream.unconsumed_tail + data, max_length)


@dataclass(frozen=True, slots=True)
class Codec:
    """A way of packing: how to begin a stream, what a corrupt one raises, and with what another member begins."""

    name: str
    new: Callable[[], Decompressor]
    errors: tuple[type[Exception], ...]
    magic: tuple[bytes, ...] = ()  # none: there is one member


class Unpacked(io.RawIOBase):
    """The data of a packed file of one or more members, after `head`, which was read from it before.

    What follows a whole member and is no member itself is padding, and ignored, as gzip does. A stream that breaks ends
    there, so that nothing before the break is lost to a reader's buffer, and `fault` says why: see `check_end`. `most`
    bounds the bytes that are taken in: a stream of empty members unpacks to nothing and goes on for ever. Reading
    raises TooLargeError.
    """

    fault: str | None = None

    def __init__(self, file: Readable, codec: Codec, head: bytes = b"", most: int | None = None) -> None:
        self._file = file
        self._codec = codec
        self._waiting = head
        self._most = most
        self._member = codec.new()
        self._taken = 0
        self._given = 0
        self._over = False

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill some of the buffer; 0 at the end."""
        while not self._over:
            data = self._take() if self._member.needs_input else b""
            try:
                out = self._member.decompress(data, len(buffer))
            except self._codec.errors as error:
                return self._break(f"corrupt {self._codec.name}: {error}")
            if self._member.eof:
                self._begin_member()
            elif not (data or out) and self._member.needs_input:
                return self._break(f"the {self._codec.name} stream ends early")
            if out:
                buffer[: len(out)] = out
                self._given += len(out)
                return len(out)
        return 0

    def tell(self) -> int:
        """How many bytes were read."""
        return self._given

    def close(self) -> None:
        """Close the file, too."""
        if not self.closed:
            self._file.close()
        super().close()

    def _break(self, fault: str) -> int:
        self.fault = fault
        self._over = True
        return 0

    def _take(self) -> bytes:
        data, self._waiting = self._waiting or self._file.read(CHUNK), b""
        if not data:
            check_end(self._file)
        self._taken += len(data)
        if self._most is not None and self._taken > self._most:
            raise TooLargeError(f"more than {self._most:,} bytes packed")
        return data

    def _begin_member(self) -> None:
        magic = self._codec.magic
        rest = self._member.unused_data.lstrip(b"\0") if magic else b""
        while magic and len(rest) < len(magic[0]) and (more := self._take()):
            rest = (rest + more).lstrip(b"\0")
        self._over = not rest or not any(begins.startswith(rest[: len(begins)]) for begins in magic)
        if not self._over:
            self._taken -= len(rest)
            self._waiting, self._member = rest, self._codec.new()


def packing_of(head: bytes) -> Packing | None:
    """How a file that begins so is packed."""
    return next((packing for packing, magic in MAGIC.items() if head.startswith(magic)), None)


def unpacked(file: io.BufferedReader, packing: Packing | None) -> io.BufferedReader:
    """The data of a file, however large. Who reads to the end calls `check_end`."""
    return io.BufferedReader(Unpacked(file, codec_of(packing)), _BUFFER) if packing else file


def check_end(stream: Readable) -> None:
    """Raise UnpackError where a stream that was read to its end has broken there."""
    fault = getattr(getattr(stream, "raw", None), "fault", None)
    if fault:
        raise UnpackError(fault)


def page_bytes(file: Readable, limit: int) -> bytes:
    """The bytes of one page, unpacked where they are gzip or zstd. Raises UnpackError and TooLargeError."""
    head = file.read(CHUNK)
    for _ in range(MAX_LAYERS):
        packing = packing_of(head)
        if packing not in _OF_PAGES:
            break
        file = io.BufferedReader(Unpacked(file, codec_of(packing), head, limit), _BUFFER)
        head = file.read(CHUNK)
        if len(head) < CHUNK:
            check_end(file)
    return joined(head, file, limit)


def joined(head: bytes, file: Readable, limit: int) -> bytes:
    """What was read of a file and its rest. Raises UnpackError and TooLargeError."""
    parts, size = [head], len(head)
    while size <= limit and (chunk := file.read(CHUNK)):
        parts.append(chunk)
        size += len(chunk)
    if size > limit:
        raise TooLargeError(f"more than {limit:,} bytes")
    check_end(file)
    return head if len(parts) == 1 else b"".join(parts)


def codec_of(packing: Packing, dictionary: bytes = b"") -> Codec:
    """How a packing is undone. `dictionary` is a zstd file's first frame, where that is one."""
    match packing:
        case Packing.GZIP:
            return Codec(packing, Inflater, (zlib.error,), MAGIC[packing])
        case Packing.ZSTD:
            return _zstd(dictionary)
        case Packing.BZIP2:
            import bz2  # noqa: PLC0415  (as the next: few files are packed so)

            return Codec(packing, bz2.BZ2Decompressor, (OSError, EOFError), MAGIC[packing])
        case Packing.XZ:
            import lzma  # noqa: PLC0415

            new = partial(lzma.LZMADecompressor, memlimit=_XZ_MEMORY)
            return Codec(packing, new, (lzma.LZMAError,), MAGIC[packing])


def _zstd(frame: bytes) -> Codec:
    if sys.version_info >= (3, 14):
        from compression import zstd  # noqa: PLC0415
    else:
        from backports import zstd  # noqa: PLC0415

    # The dictionary may be packed itself: https://iipc.github.io/warc-specifications/specifications/warc-zstd/
    dictionary = page_bytes(io.BytesIO(frame[FRAME_HEAD:]), MAX_DICTIONARY) if frame else b""
    new = partial(zstd.ZstdDecompressor, zstd.ZstdDict(dictionary)) if dictionary else zstd.ZstdDecompressor
    return Codec(Packing.ZSTD, new, (zstd.ZstdError,), MAGIC[Packing.ZSTD])
