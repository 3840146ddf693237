"""Turn a raw page's bytes into text and say what the text is made of.

What comes out holds no control character but tab and newline, no lone surrogate and no `\\r`. A byte that is wrong in
its encoding becomes U+FFFD; but a quote, dash or letter of windows-1252 strayed into UTF-8 becomes what it meant.
"""

import codecs
import re

from config.limits import Limits
from tasks.encodings import (
    UTF_8,
    codec_of,
    declared_codec,
    is_mostly_utf_8,
    legacy_codec,
    marked,
    non_ascii_sample,
    wide_codec,
)
from tasks.kind import is_binary, kind_of
from tasks.page import RawPage, Rejected, RejectReason, Source

MAX_WRONG = 0.05  # share of U+FFFD above which no encoding fits
REPAIRED = 1_000_000  # bytes of a page whose stray ones are looked at one by one: it takes 1 µs each
HEAD = 1 << 16
REPAIR = "stet.windows-1252-in-utf-8"

_CONTROL_BYTES = bytes({*range(32), 127} - set(b"\t\n\r"))
_CR_TO_LF = bytes(range(256)).replace(b"\r", b"\n")
_LONE_CR = re.compile(rb"\r(?!\n)")
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]+")
_C1_IN_UTF_8 = re.compile(rb"\xc2[\x80-\x9f]")
_HOST = re.compile(r"[a-zA-Z]+://[^/?#]*\.([a-zA-Z]+)(?:[:/?#]|$)")
_QUOTES = frozenset(b"\x85\x91\x92\x93\x94\x95\x96\x97")  # … ‘ ’ “ ” • – — in windows-1252
_FIRST_BYTES = frozenset(b"\xc2\xc3\xc4\xc5\xe2")  # of cut UTF-8 characters, where they end a word


def decode(raw: RawPage, limits: Limits) -> Source | Rejected:
    """The page's text, or why it has none: EMPTY, BINARY, TOO_LARGE or UNDECODABLE."""

    def rejected(reason: RejectReason, detail: str) -> Rejected:
        return Rejected(raw.source_name, reason, detail, url=raw.url, size=len(raw.content))

    if len(raw.content) > limits.max_page_bytes:
        return rejected(RejectReason.TOO_LARGE, f"more than {limits.max_page_bytes:,} bytes")
    content, mark = marked(raw.content)
    if not content or content.isspace():
        return rejected(RejectReason.EMPTY, "no text")
    wide = mark if mark and mark != UTF_8 else wide_codec(content)
    if wide is None and is_binary(content):
        return rejected(RejectReason.BINARY, "no text file")
    text, encoding = _decoded(content, wide, UTF_8 if mark else raw.charset, raw.url)
    text = text.lstrip("\ufeff")  # files that were joined bring their marks with them
    if not text or text.isspace():
        return rejected(RejectReason.EMPTY, "no text")
    if text.count("\ufffd") > MAX_WRONG * len(text):
        return rejected(RejectReason.UNDECODABLE, f"not even {encoding}")
    return Source(text, kind_of(text), encoding, raw.url, raw.fetched_at)


def _decoded(content: bytes, wide: str | None, charset: str | None, url: str | None) -> tuple[str, str]:
    if wide:
        return _clean(content.decode(wide, "replace")), wide
    if content.isascii() and content.find(b"\x1b$", 0, HEAD) >= 0:
        return _clean(content.decode("iso-2022-jp", "replace")), "iso-2022-jp"
    content = _without_controls(content)
    try:
        text, encoding = content.decode(UTF_8), UTF_8
    except UnicodeDecodeError:
        text, encoding = _not_utf_8(content, charset, url)
    if encoding == UTF_8 and not _C1_IN_UTF_8.search(content):
        return text, encoding
    return _CONTROLS.sub("", text), encoding


def _without_controls(content: bytes) -> bytes:
    """The bytes with `\\n` for every kind of newline. On bytes this takes a fifth of its time on text."""
    if _LONE_CR.search(content):
        return content.replace(b"\r\n", b"\n").translate(_CR_TO_LF, _CONTROL_BYTES)
    return content.translate(None, _CONTROL_BYTES + b"\r")


def _not_utf_8(content: bytes, charset: str | None, url: str | None) -> tuple[str, str]:
    said = codec_of(charset) or declared_codec(content)
    if is_mostly_utf_8(non_ascii_sample(content)):
        return content.decode(UTF_8, REPAIR), UTF_8
    codec = legacy_codec(content, None if said == UTF_8 else said, _top_level(url))
    return content.decode(codec, "replace"), codec


def _top_level(url: str | None) -> str | None:
    """The top-level domain of a URL, lower-case ASCII."""
    if url is None or not (found := _HOST.match(url[:300])):
        return None
    return found[1].lower()


def _clean(text: str) -> str:
    return _CONTROLS.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def _repaired(error: UnicodeError) -> tuple[str, int]:
    """The meaning of bytes that are not UTF-8, and where to go on: the handler of decoding errors.

    Beautiful Soup's `detwingle` has this aim, but takes every byte from 0xC2 to 0xF4 for the start of a whole UTF-8
    character (so that "café" of windows-1252 stays wrong), and 50 ms for a usual page.
    """
    if not isinstance(error, UnicodeDecodeError):
        raise error
    content, start, end = error.object, error.start, error.end
    if start > REPAIRED:
        return content[start:].decode(UTF_8, "replace"), len(content)
    return (_meant(content, start) if end - start == 1 else "\ufffd"), end


def _meant(content: bytes, at: int) -> str:
    byte = content[at]
    before, after = content[at - 1 : at].isalpha(), content[at + 1 : at + 2].isalpha()
    is_letter = byte >= 0xC0 and (after or (before and byte not in _FIRST_BYTES))
    return bytes((byte,)).decode("windows-1252") if byte in _QUOTES or is_letter else "\ufffd"


codecs.register_error(REPAIR, _repaired)
