"""Any number of pages out of a few: each is a real one with a third of its words changed, at an address of its own.

No two are near-duplicates of each other, so that an archive of them is like one of as many real pages.
"""

import gzip
import io
import random
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

from fastwarc import WarcRecord, WarcRecordType

_SHARE = 0.4  # of the different words of a page
_TAGS = re.compile(r"(<style.*?</style>|<!--.*?-->|<[a-z/!][^>]{0,999}>)", re.DOTALL | re.IGNORECASE)
_WORD = re.compile(r"""\b[^\W\d_]{3,}\b(?!["']?\s*[:=])""")  # no key of a script's data
_CANONICAL = re.compile(r"""<link\b[^>]*\brel=["']?canonical["']?[^>]*\bhref=["']([^"'\s>]+)""", re.IGNORECASE)
_PAGES_A_FILE = 5000


def read_pages(folders: Sequence[Path]) -> list[bytes]:
    """The pages (.html, .html.gz) of folders, at any depth, in an order that mixes them."""
    paths = sorted(path for folder in folders for path in folder.rglob("*.html*") if path.is_file())
    random.Random(0).shuffle(paths)  # noqa: S311
    contents = (path.read_bytes() for path in paths)
    return [gzip.decompress(content) if content[:2] == b"\x1f\x8b" else content for content in contents]


def made(originals: Sequence[bytes], count: int, seed: int = 0) -> Iterator[tuple[str, bytes]]:
    """Make pages: the address and the content of each."""
    rng = random.Random(seed)  # noqa: S311
    encodings = [_encoding(page) for page in originals]
    pieces = [_pieces(page.decode(encoding)) for page, encoding in zip(originals, encodings, strict=True)]
    words = [sorted(set(parts[1::2])) for parts in pieces]
    alike = _by_script(set().union(*words))
    for number in range(count):
        which = number % len(originals)
        changed = rng.sample(words[which], round(len(words[which]) * _SHARE))
        other = {word: rng.choice(alike[_script(word)]) for word in changed}
        url, page = _at_own_address("".join([other.get(piece, piece) for piece in pieces[which]]), number)
        yield url, page.encode(encodings[which], "replace")


def write_warcs(pages: Iterator[tuple[str, bytes]], folder: Path) -> int:
    """Write pages as WARC.gz files, as crawlers do. Returns how many bytes the pages are, unpacked."""
    folder.mkdir(parents=True)
    size = number = 0
    batch: list[bytes] = []
    for url, page in pages:
        batch.append(_record(url, page))
        size += len(page)
        if len(batch) == _PAGES_A_FILE:
            (folder / f"{number:04}.warc.gz").write_bytes(b"".join(batch))
            number, batch = number + 1, []
    if batch:
        (folder / f"{number:04}.warc.gz").write_bytes(b"".join(batch))
    return size


def _encoding(page: bytes) -> str:
    try:
        page.decode("utf-8")
    except UnicodeDecodeError:
        return "latin-1"  # any byte is a character, and comes back as it was
    return "utf-8"


def _pieces(page: str) -> list[str]:
    """A page cut up so that every second piece is a word of its text that may be changed.

    Not those of its tags, too, and neither names nor beginnings of sentences.
    """
    parts = _TAGS.split(page)
    tags = set(_WORD.findall(" ".join(parts[1::2])))
    pieces, literal = [], []
    for at, part in enumerate(parts):
        end = 0
        for found in () if at % 2 else _WORD.finditer(part):
            if found[0] == found[0].lower() and found[0] not in tags:
                pieces += ["".join([*literal, part[end : found.start()]]), found[0]]
                literal, end = [], found.end()
        literal.append(part[end:])
    return [*pieces, "".join(literal)]


def _script(word: str) -> int:
    return ord(word[0]) >> 7


def _by_script(words: set[str]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = defaultdict(list)
    for word in sorted(words):
        found[_script(word)].append(word)
    return found


def _at_own_address(page: str, number: int) -> tuple[str, str]:
    found = _CANONICAL.search(page)
    if not found:
        return f"https://made-{number % 97}.example/story-{number}", page
    head, _, tail = found[1].partition("?")[0].rstrip("/").rpartition("/")
    own = f"{head}/{number}-{tail}"
    return own, page.replace(found[1], own)


def _record(url: str, page: bytes) -> bytes:
    record = WarcRecord()
    http = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n"
    record.init_headers(WarcRecordType.response, content_length=len(http) + len(page))
    record.headers["WARC-Target-URI"] = url if url.startswith("http") else "https://made.example/"
    record.headers["Content-Type"] = "application/http; msgtype=response"
    record.headers["WARC-Date"] = "2026-11-20T12:00:00Z"
    record.set_bytes_content(http + page)
    out = io.BytesIO()
    record.write(out)
    return gzip.compress(out.getvalue(), 6)
