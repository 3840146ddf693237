"""Tell a page's markup from a dump of its visible text, and either from a file that is no page at all."""

import re2

from tasks.page import Kind

HEAD = 1 << 16  # characters that decide between the kinds
BEGINNING = 4_096  # characters in which a document begins, after an HTTP head or a script's warning at worst
BINARY_HEAD = 1 << 14  # bytes that decide whether there is text
MAX_CONTROL = 0.03  # share of control bytes above which bytes are no text
FEW_TAGS = 3
LEAK = 20  # lines of a dump among which one of markup is a leak (a `<noscript>` that was rendered as text)

# The first bytes of what a crawler brings home instead of a page: PDF, images, sound, video, fonts, archives, programs.
_MAGIC = (
    b"%PDF-", b"\x89PNG\r\n", b"\xff\xd8\xff", b"GIF87a", b"GIF89a", b"II*\0", b"MM\0*", b"\0\0\1\0",
    b"PK\x03\x04", b"PK\x05\x06", b"Rar!\x1a\x07", b"7z\xbc\xaf\x27\x1c", b"\x1f\x8b", b"BZh91AY&SY", b"\xfd7zXZ\0",
    b"\x28\xb5\x2f\xfd", b"\x04\x22\x4d\x18", b"\x7fELF", b"\xca\xfe\xba\xbe", b"\xcf\xfa\xed\xfe", b"\0asm",
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"SQLite format 3\0", b"wOFF\0", b"wOF2\0", b"\0\1\0\0\0", b"OTTO\0",
    b"OggS\0", b"ID3\2", b"ID3\3", b"ID3\4", b"fLaC\0", b"\x1aE\xdf\xa3", b"{\\rtf1", b"%!PS-Adobe",
)  # fmt: skip
# Magic words at an offset of their own, and those that are text: they count where control bytes stand in the head too.
_MAGIC_AT = (
    (4, b"ftyp"),
    (8, b"WEBP"),
    (8, b"WAVE"),
    (8, b"AVI "),
    (257, b"ustar"),
    (0, b"MZ"),
    (0, b"BM"),
    (0, b"PAR1"),
)
_CONTROL = bytes({*range(32), 127} - set(b"\t\n\r\f\x1b"))

_TAGS = (
    "a|abbr|address|article|aside|b|base|blockquote|body|br|button|center|dd|div|dl|dt|em|fieldset|figcaption|figure|font|footer|form|"
    "h[1-6]|head|header|hr|html|i|iframe|img|input|label|li|link|main|meta|nav|noscript|ol|option|p|picture|pre|"
    "script|section|select|small|source|span|strong|style|sub|sup|svg|table|tbody|td|template|th|thead|time|title|tr|u|ul|video"
)
_TAG = re2.compile(rf"(?i)<(/?)(?:{_TAGS})(?:\s[^<>]*)?/?>")
_CODE = re2.compile(r"(?is)<(?:script|style)\b[^>]*>.*?</(?:script|style)\s*>")
# What only a document begins with; comments and processing instructions may go before.
_DOCUMENT = re2.compile(
    r"(?is)(?:\s|<\?[^>]*>|<!--.*?-->)*"
    r"<(?:!doctype\s+html\b|(?:rss|feed|head)\b[^<>]*>|html\b[^<>]*>(?:\s|<!--.*?-->)*<(?:head|body|meta|title|script|link)\b)"
)
_LATE_DOCUMENT = re2.compile(r"(?im)^\s*<(?:!doctype\s+html\b|html\b|body\b)[^<>]*>")


def is_binary(content: bytes) -> bool:
    """Whether bytes that are no UTF-16 or UTF-32 are no text: by their first bytes, or by their control bytes."""
    if content.startswith(_MAGIC):
        return True
    head = content[:BINARY_HEAD]
    controls = len(head) - len(head.translate(None, _CONTROL))
    if controls > MAX_CONTROL * len(head):
        return True
    return controls > 0 and any(head.startswith(word, offset) for offset, word in _MAGIC_AT)


def kind_of(text: str) -> Kind:
    """HTML for markup, a whole document or a piece of one; DUMP for visible text, even text that speaks of tags."""
    head = text[:HEAD]
    if "<" in head and (_DOCUMENT.match(head[:BEGINNING]) or _is_markup(_CODE.sub("", head))):
        return Kind.HTML
    return Kind.DUMP


def _is_markup(head: str) -> bool:
    """Whether tags give the text its shape: it begins with one and closes what it opens, or most lines have one.

    A single line of markup atop a page of text gives it none.
    """
    late = _LATE_DOCUMENT.search(head[:BEGINNING])
    if late:
        head = head[late.start() :]
    tags = [found.group(1) for found in _TAG.finditer(head)]
    lines = [line for line in head.split("\n") if line and not line.isspace()]
    tagged = sum(1 for line in lines if "<" in line and _TAG.search(line))
    if late:
        return tagged * 3 >= len(lines)
    if len(tags) >= FEW_TAGS and tagged * 5 >= len(lines) * 3:
        return True
    if _TAG.match(head.lstrip()) is None:
        return False
    closes = tags.count("/") * 3 >= len(tags) and (tagged * LEAK >= len(lines) or _TAG.search(lines[-1]) is not None)
    return closes or _is_paragraphs(lines)


def _is_paragraphs(lines: list[str]) -> bool:
    """Whether the lines are those of paragraphs that are opened and never closed, as was once the custom."""
    opened = sum(line.lstrip()[:3].lower() in ("<p>", "<p ") for line in lines)
    return opened >= FEW_TAGS and opened * 10 >= len(lines)
