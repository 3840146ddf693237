"""Which encoding a page's bytes are in: byte-order mark, UTF-8, what is declared, else what the bytes look like.

Valid UTF-8 settles it, since no other text is valid UTF-8 by chance. What a page declares is tried next, but checked:
servers call everything ISO-8859-1. The last word is chardetng's, the detector of Firefox. On 169 real pages put into
the legacy encodings of their languages it was right on all, chardet 7 on 160; on short samples of 23 languages in 46
encodings (tests/encodings) it was right on 135 of 137 (and with the pound sign seen to below, on all), chardet on 137,
charset-normalizer and UnicodeDammit, which asks it, on 106.
"""

import codecs
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

import re2
from chardetng_py import detect

if TYPE_CHECKING:
    from bs4.dammit import EncodingDetector

UTF_8 = "utf-8"
LATIN = "windows-1252"
SAMPLE = 1 << 16  # bytes looked at to detect an encoding
HEAD = 1 << 16  # bytes in which a declaration is looked for: some pages have scripts before it
LONGEST_TAG = 300
WIDE_SAMPLE = 1 << 14  # bytes, a multiple of four
TOO_FEW = 12  # non-ASCII bytes on which a detector is not trusted over a declaration
CONTEXT = 32  # ASCII bytes that detection sees around the others

# Python's codec for each encoding of the WHATWG standard, and the letters and digits of its labels. Browsers read a
# label as the largest encoding of its family: ISO-8859-1 as windows-1252, gb2312 as gb18030.
_LABELS = {
    "utf-8": "utf8 unicode11utf8 utf16 utf16le utf16be ucs2 unicode",  # declared in ASCII: it can't be UTF-16
    "windows-1252": "windows1252 cp1252 xcp1252 iso88591 isoir100 latin1 l1 ansix341968 ascii usascii iso885914",
    "iso-8859-15": "iso885915 latin9 l9",
    "windows-1250": "windows1250 cp1250 xcp1250",
    "iso-8859-2": "iso88592 latin2 l2",
    "iso-8859-3": "iso88593 latin3 l3",
    "iso-8859-4": "iso88594 latin4 l4",
    "windows-1251": "windows1251 cp1251 xcp1251 win1251",
    "iso-8859-5": "iso88595 cyrillic",
    "koi8-r": "koi8r koi8 koi cskoi8r",
    "koi8-u": "koi8u koi8ru",
    "cp866": "ibm866 cp866 866",
    "mac-cyrillic": "xmaccyrillic xmacukrainian",
    "windows-1253": "windows1253 cp1253 xcp1253",
    "iso-8859-7": "iso88597 greek greek8 elot928 ecma118",
    "windows-1254": "windows1254 cp1254 xcp1254 iso88599 latin5 l5",
    "windows-1255": "windows1255 cp1255 xcp1255",
    "iso-8859-8": "iso88598 iso88598i iso88598e hebrew logical visual",
    "windows-1256": "windows1256 cp1256 xcp1256",
    "iso-8859-6": "iso88596 iso88596i iso88596e arabic asmo708 ecma114",
    "windows-1257": "windows1257 cp1257 xcp1257",
    "iso-8859-10": "iso885910 latin6 l6",
    "iso-8859-13": "iso885913",
    "iso-8859-16": "iso885916",
    "windows-1258": "windows1258 cp1258 xcp1258",
    "cp874": "windows874 cp874 iso885911 tis620 dos874",
    "mac-roman": "macintosh mac xmacroman csmacintosh",
    "gb18030": "gb18030 gbk xgbk gb2312 gb231280 csgb2312 chinese cp936 ms936 windows936 euccn xeuccn",
    "big5hkscs": "big5 big5hkscs big5eten cnbig5 csbig5 xxbig5 xbig5 cp950",
    "cp932": "shiftjis xsjis sjis mskanji csshiftjis windows31j ms932 cp932",
    "euc_jis_2004": "eucjp xeucjp cseucpkdfmtjapanese",  # Python's euc-jp lacks the vendors' ① and ㈱
    "iso-2022-jp": "iso2022jp csiso2022jp",
    "cp949": "euckr xeuckr cseuckr ksc56011987 ksc56011989 ksc5601 ksc5601 korean isoir149 windows949 cp949 uhc",
}
_CODECS = {label: codec for codec, labels in _LABELS.items() for label in labels.split()}
# Encodings of one script that differ in few letters: between them a declaration is believed.
_CLOSE = (
    {LATIN, "iso-8859-15", "mac-roman"},
    {"windows-1250", "iso-8859-2", "iso-8859-16"},
    {"windows-1253", "iso-8859-7"},
    {"windows-1255", "iso-8859-8"},
    {"windows-1257", "iso-8859-13", "iso-8859-4", "iso-8859-10"},
    {"koi8-r", "koi8-u"},
)
_MARKS = (b"\xef", b"\xff", b"\xfe", b"\0")  # first bytes of byte-order marks
_WIDE = ("utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be")

_DECLARING = re2.compile(rb"(?i)<\?xml\s[^>]*>|<\s*meta\s[^>]*charset[^>]*>")
_NON_ASCII = re.compile(rb"[\x80-\xff]+")
_ALONE = re.compile(r"(?<![^\x00-\x7f])\ufffd(?![^\x00-\x7f])")
_PRINTABLE = bytes({*range(32, 127), *b"\t\n\r"})
_CONTROL = bytes({*range(32)} - {*b"\t\n\r"})
_C1 = re.compile(r"[\x80-\x9f]")


def _detector() -> "type[EncodingDetector]":
    from bs4.dammit import EncodingDetector  # noqa: PLC0415  (slow to load; a page of plain UTF-8 does not need it)

    return EncodingDetector


def codec_of(label: str | None) -> str | None:
    """The codec that browsers use for a label ("latin1", "x-sjis"), None for one that they do not know."""
    return _CODECS.get("".join(filter(str.isalnum, label.lower()))) if label else None


def marked(content: bytes) -> tuple[bytes, str | None]:
    """The content without its byte-order mark, and the encoding that the mark stands for."""
    return _detector().strip_byte_order_mark(content) if content[:1] in _MARKS else (content, None)


def declared_codec(content: bytes) -> str | None:
    """The first encoding declared by an XML or meta tag that browsers know.

    The tags are found here and only read by Beautiful Soup: its own search takes time that grows with the cube of the
    bytes, which a hostile head would use (0.1 s for the first 2 KB, and it looks at 5 % of a large page).
    """
    for tag in _DECLARING.findall(content[:HEAD]):
        if codec := codec_of(_detector().find_declared_encoding(tag[:LONGEST_TAG], is_html=True)):
            return codec
    return None


def wide_codec(content: bytes) -> str | None:
    """UTF-16 or UTF-32 without a byte-order mark: the reading that is text and has most characters below U+0250."""
    sample = content[:WIDE_SAMPLE]
    if b"\0" not in sample or _is_narrow(sample):
        return None
    shares = {codec: _share_of_latin(sample, codec) for codec in _WIDE}
    best = max(_WIDE, key=lambda codec: shares[codec])
    return best if shares[best] > 0 else None


def _is_narrow(sample: bytes) -> bool:
    """Whether bytes with some NULs among them are ASCII or UTF-8.

    In UTF-16 every second byte of Latin, Greek, Cyrillic, Arabic, Thai, … letters is NUL or another control character.
    """
    if len(sample.translate(None, _CONTROL)) * 20 < len(sample) * 19:
        return False
    if len(sample.translate(None, _PRINTABLE)) * 5 < len(sample):
        return True
    try:
        codecs.getincrementaldecoder(UTF_8)().decode(sample)
    except UnicodeDecodeError:
        return False
    return True


def _share_of_latin(sample: bytes, codec: str) -> float:
    try:
        text = codecs.getincrementaldecoder(codec)().decode(sample)
    except UnicodeDecodeError:
        return 0.0
    if not text or sum(c.isprintable() or c.isspace() for c in text) < 0.97 * len(text):
        return 0.0
    return sum(c < "\u0250" or "\u2000" <= c < "\u2070" for c in text) / len(text)


def is_mostly_utf_8(sample: bytes) -> bool:
    """Whether bytes that are not valid UTF-8 are UTF-8 all the same, with a few that strayed in.

    A fifth of the characters of Chinese or Thai encodings are valid UTF-8 by chance, next to none of European ones:
    where the wrong bytes stand alone among ASCII, less is asked of the others.
    """
    text = codecs.getincrementaldecoder(UTF_8)("replace").decode(sample)
    bad = text.count("\ufffd")
    good = sum(c > "\x7f" for c in text) - bad
    return good > bad or (good * 4 > bad and len(_ALONE.findall(text)) * 5 >= bad * 4)


def legacy_codec(content: bytes, declared: str | None, tld: str | None) -> str:
    """The encoding of bytes that are neither ASCII nor any UTF: the declared one if it fits, else the likeliest."""
    sample = non_ascii_sample(content)
    if declared and len(_NON_ASCII.sub(b"", sample)) + TOO_FEW > len(sample):
        return declared
    likely = _detected(sample, tld)
    if declared is None or not _fits(sample, declared):
        return likely
    return declared if likely == declared or _are_close(likely, declared) else likely


def _detected(sample: bytes, tld: str | None) -> str:
    codec = codec_of(detect(sample, tld=tld.encode() if tld else None)) or LATIN
    if codec == "windows-1250" and not any(
        c.isalpha() and c > "\x7f" and c != "Ł" for c in sample.decode(codec, "replace")
    ):
        return LATIN  # English prices: "£" is "Ł" there
    return codec


def _fits(sample: bytes, codec: str) -> bool:
    text = sample.decode(codec, "replace")
    return text.count("\ufffd") + len(_C1.findall(text)) <= 0.01 * len(text)


def _are_close(one: str, other: str) -> bool:
    return any(one in group and other in group for group in _CLOSE)


def non_ascii_sample(content: bytes) -> bytes:
    """The non-ASCII bytes of the content with some ASCII around them, up to a bound: markup tells no encoding."""
    pieces: list[bytes] = []
    size = 0
    for start, end in _stretches(content[: 16 * SAMPLE]):
        pieces.append(content[start:end])
        size += end - start
        if size > SAMPLE:
            break
    return b"\n".join(pieces)[:SAMPLE]


def _stretches(content: bytes) -> Iterator[tuple[int, int]]:
    start = end = -1
    for found in _NON_ASCII.finditer(content):
        if start >= 0 and found.start() - CONTEXT > end:
            yield start, end
            start = -1
        if start < 0:
            start = max(found.start() - CONTEXT, 0)
        end = found.end() + CONTEXT
    if start >= 0:
        yield start, end
