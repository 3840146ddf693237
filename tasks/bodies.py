"""Undo what an HTTP transfer did to a body: chunks and content encodings. Headers are not trusted: many crawlers keep
the header and store the body already decoded."""

import io
import zlib
from functools import partial

from tasks.unpack import CHUNK, Codec, Inflater, Packing, Unpacked, codec_of, joined, packing_of

_LINE = 1024  # bytes of a chunk's head, extensions included
_MAX_ENCODINGS = 4
_DEFLATE_BITS = (zlib.MAX_WBITS, -zlib.MAX_WBITS)  # as the standard says, and as some servers understood it


def decoded(body: bytes, transfer: str, encodings: str, limit: int) -> bytes:
    """The page in a body, whose Transfer-Encoding and Content-Encoding are given, "" for none.

    Raises UnpackError and TooLargeError.
    """
    if "chunked" in transfer.lower():
        body = _without_chunks(body)
    for name in reversed(encodings.lower().replace(" ", "").split(",")[:_MAX_ENCODINGS]):
        codec = _codec(name.removeprefix("x-"), body)
        if codec and body:
            body = joined(b"", io.BufferedReader(Unpacked(io.BytesIO(body), codec), CHUNK), limit)
    return body


def _codec(name: str, body: bytes) -> Codec | None:
    """How to undo an encoding; None where the body does not have it."""
    match name:
        case "gzip" | "zstd":
            packing = packing_of(body)
            return codec_of(packing) if packing == Packing(name) else None
        case "deflate":
            bits = next((bits for bits in _DEFLATE_BITS if _inflates(body, bits)), None)
            return Codec(name, partial(Inflater, bits), (zlib.error,)) if bits else None
        case "br":
            return None if body.lstrip()[:1] == b"<" else _brotli()
    return None


def _inflates(body: bytes, bits: int) -> bool:
    try:
        return bool(zlib.decompressobj(bits).decompress(body[:_LINE], 1)) or not body
    except zlib.error:
        return False


def _without_chunks(body: bytes) -> bytes:
    """The data of a chunked body; the body itself where it does not begin with a chunk, what is there where it ends."""
    parts: list[bytes] = []
    at = 0
    while (end := body.find(b"\r\n", at, at + _LINE)) >= 0:
        try:
            size = int(body[at:end].partition(b";")[0], 16)
        except ValueError:
            size = -1
        if size <= 0:
            break
        parts.append(body[end + 2 : end + 2 + size])
        at = end + 2 + size + 2
    return b"".join(parts) if parts else body


class _Brotli:
    """brotli's decompressor with the others' interface."""

    unused_data = b""

    def __init__(self) -> None:
        import brotli  # noqa: PLC0415  (few pages are packed so)

        self._stream = brotli.Decompressor()
        self._waiting = b""

    @property
    def eof(self) -> bool:
        """Whether the stream has come to its end."""
        return not self._waiting and bool(self._stream.is_finished())

    @property
    def needs_input(self) -> bool:
        """Whether there is no more output without more input."""
        return not self._waiting and bool(self._stream.can_accept_more_data())

    def decompress(self, data: bytes, max_length: int) -> bytes:
        """Up to `max_length` bytes; the library rounds that up to its buffer."""
        out = self._waiting or bytes(self._stream.process(data, output_buffer_limit=max_length))
        self._waiting = out[max_length:]
        return out[:max_length]


def _brotli() -> Codec:
    import brotli  # noqa: PLC0415

    return Codec("br", _Brotli, (brotli.error,))
