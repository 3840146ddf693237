"""WARC and WET: which records are pages, what their bodies hold, and what becomes of broken ones."""

import gzip
import random
import tracemalloc
import zlib
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import brotli
import pytest
from backports import zstd
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from config.limits import Limits
from tasks.page import RawPage, Rejected, RejectReason
from tasks.read import find_pages
from tests.source_samples import packed, read_all, record, said, story, write_warc, write_wet

RECORDS = [record(number) for number in range(5)]
BROKEN = "unreadable"


def urls(*numbers: int) -> list[str]:
    return [f"https://news.example/{number}" for number in numbers]


def chunked(body: bytes, size: int = 100) -> bytes:
    pieces = [body[at : at + size] for at in range(0, len(body), size)]
    return b"".join(b"%x;a=b\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"


def only_page(path: Path, content: bytes) -> RawPage | Rejected:
    path.write_bytes(content)
    (page,) = read_all(path)
    return page


def test_pages_of_a_crawlers_file(tmp_path: Path) -> None:
    pages = {f"https://news.example/{number}": story(number) for number in range(20)}
    for name in ("a.warc.gz", "a.warc"):
        found = read_all(write_warc(tmp_path / name, pages))
        assert {page.url: page.content for page in found if isinstance(page, RawPage)} == pages
        assert all(page.source_name.startswith(f"{name}#") for page in found)
        assert {page.charset for page in found if isinstance(page, RawPage)} == {"utf-8"}


def test_records_that_are_packed_one_by_one_are_gone_to(tmp_path: Path) -> None:
    sizes = (300_000, 50, 700_000, 40_000, 2_000_000, 90_000) * 3
    bodies = [random.Random(n).randbytes(size // 2).hex().encode() + b"a" * size for n, size in enumerate(sizes)]
    path = write_warc(tmp_path / "a.warc.gz", {f"https://a.example/{n}": body for n, body in enumerate(bodies)})
    refs = list(find_pages([path]))
    assert [ref.record and getattr(ref.record, "packing", "no") for ref in refs] == [None] * len(sizes)
    limits = Limits()
    assert [page.content for page in read_all(path, limits=limits) if isinstance(page, RawPage)] == bodies


def test_a_page_has_its_url_its_time_and_its_offset(tmp_path: Path) -> None:
    (tmp_path / "a.warc.gz").write_bytes(packed(RECORDS))
    second = read_all(tmp_path / "a.warc.gz")[1]
    offset = len(gzip.compress(RECORDS[0]))
    fetched = datetime(2024, 3, 2, 8, tzinfo=UTC)
    assert second == RawPage(f"a.warc.gz#{offset}", story(1), urls(1)[0], fetched, None)


@pytest.mark.parametrize("said_at", ["1970-01-01T00:00:00Z", "2970-01-01T00:00:00Z", "yesterday"])
def test_a_clock_that_is_wrong_by_decades_is_not_believed(tmp_path: Path, said_at: str) -> None:
    page = only_page(tmp_path / "a.warc", record(1).replace(b"2024-03-02T08:00:00Z", said_at.encode()))
    assert isinstance(page, RawPage)
    assert page.fetched_at is None


def test_texts_of_a_wet_file(tmp_path: Path) -> None:
    texts = {f"https://news.example/{number}": f"Überschrift {number}\nEin Satz." for number in range(3)}
    found = read_all(write_wet(tmp_path / "a.warc.wet.gz", texts))
    assert {page.url: page.content.decode() for page in found if isinstance(page, RawPage)} == texts


@pytest.mark.parametrize("name", ["a.warc", "a.warc.gz", "one.warc.gz", "a.warc.zst", "one.warc.zst"])
def test_every_way_of_packing(tmp_path: Path, name: str) -> None:
    whole = b"".join(RECORDS)
    content = {
        "a.warc": whole,
        "a.warc.gz": packed(RECORDS),
        "one.warc.gz": gzip.compress(whole),
        "a.warc.zst": b"".join(map(zstd.compress, RECORDS)),
        "one.warc.zst": zstd.compress(whole),
    }[name]
    (tmp_path / name).write_bytes(content)
    assert said(tmp_path / name) == urls(0, 1, 2, 3, 4)


@pytest.mark.parametrize("pack", [bytes, zstd.compress])
def test_a_file_that_brings_its_dictionary(tmp_path: Path, pack: Callable[[bytes], bytes]) -> None:
    records = [record(number, story(number) + b"%d" % number * number) for number in range(200)]
    dictionary = zstd.train_dict(records, 2_000)
    frame = pack(dictionary.dict_content)
    parts = [zstd.compress(part, zstd_dict=dictionary) for part in records[:5]]
    parts[2] = flipped(parts[2], len(parts[2]) // 2)
    content = b"\x5d\x2a\x4d\x18" + len(frame).to_bytes(4, "little") + frame + b"".join(parts)
    (tmp_path / "a.warc.zst").write_bytes(content)
    assert said(tmp_path / "a.warc.zst") == [*urls(0, 1), BROKEN, *urls(3, 4)]


def test_a_file_that_is_packed_now_one_by_one_now_as_a_whole(tmp_path: Path) -> None:
    (tmp_path / "a.warc.gz").write_bytes(packed(RECORDS[:2]) + gzip.compress(b"".join(RECORDS[2:])))
    assert said(tmp_path / "a.warc.gz") == urls(0, 1, 2, 3, 4)


@pytest.mark.parametrize(
    ("http", "status", "is_page"),
    [
        ({}, "200 OK", True),
        ({"Content-Type": "TEXT/HTML; charset=x"}, "200 OK", True),
        ({"Content-Type": "application/xhtml+xml"}, "206 Partial", True),
        ({"Content-Type": "text/plain"}, "200 OK", True),
        ({"Content-Type": "image/png"}, "200 OK", False),
        ({"Content-Type": "application/json"}, "200 OK", False),
        ({"Location": "/"}, "301 Moved", False),
    ],
)
def test_only_pages_are_counted(tmp_path: Path, http: dict[str, str], status: str, is_page: bool) -> None:
    (tmp_path / "a.warc.gz").write_bytes(packed([record(0), record(1, http=http, status=status), record(2)]))
    assert said(tmp_path / "a.warc.gz") == urls(0, *([1] if is_page else []), 2)


@pytest.mark.parametrize("kind", ["request", "metadata", "revisit", "warcinfo", "continuation", "nonsense"])
def test_other_records_are_no_pages(tmp_path: Path, kind: str) -> None:
    (tmp_path / "a.warc").write_bytes(record(0) + record(1, kind=kind) + record(2))
    assert said(tmp_path / "a.warc") == urls(0, 2)


def test_a_servers_error_is_a_rejected_page(tmp_path: Path) -> None:
    page = only_page(tmp_path / "a.warc", record(1, status="404 Not Found"))
    assert isinstance(page, Rejected)
    assert (page.reason, page.detail, page.url) == (RejectReason.ERROR_PAGE, "HTTP status 404", urls(1)[0])


def deflate(body: bytes) -> bytes:
    stream = zlib.compressobj(wbits=-15)
    return stream.compress(body) + stream.flush()


PAGE = story(30)
BODIES = {
    "gzip": ({"Content-Encoding": "gzip"}, gzip.compress(PAGE)),
    "x-gzip": ({"Content-Encoding": "X-GZIP"}, gzip.compress(PAGE)),
    "deflate": ({"Content-Encoding": "deflate"}, zlib.compress(PAGE)),
    "raw deflate": ({"Content-Encoding": "deflate"}, deflate(PAGE)),
    "br": ({"Content-Encoding": "br"}, brotli.compress(PAGE)),
    "zstd": ({"Content-Encoding": "zstd"}, zstd.compress(PAGE)),
    "two": ({"Content-Encoding": "br, gzip"}, gzip.compress(brotli.compress(PAGE))),
    "chunked": ({"Transfer-Encoding": "chunked"}, chunked(PAGE)),
    "chunked gzip": ({"Transfer-Encoding": "Chunked", "Content-Encoding": "gzip"}, chunked(gzip.compress(PAGE), 7)),
    "already unpacked": ({"Content-Encoding": "gzip"}, PAGE),
    "already without brotli": ({"Content-Encoding": "br"}, PAGE),
    "already without chunks": ({"Transfer-Encoding": "chunked"}, PAGE),
    "unknown": ({"Content-Encoding": "identity"}, PAGE),
}


@pytest.mark.parametrize("name", BODIES)
def test_bodies_are_decoded(tmp_path: Path, name: str) -> None:
    http, body = BODIES[name]
    page = only_page(tmp_path / "a.warc.gz", packed([record(1, body, http=http)]))
    assert isinstance(page, RawPage)
    assert page.content == PAGE


@pytest.mark.parametrize("name", ["gzip", "deflate", "br", "zstd"])
def test_a_body_that_ends_early_is_broken(tmp_path: Path, name: str) -> None:
    http, body = BODIES[name]
    page = only_page(tmp_path / "a.warc.gz", packed([record(1, body[:-20], http=http)]))
    assert isinstance(page, Rejected)
    assert page.reason is RejectReason.BROKEN_COMPRESSION
    assert page.url == urls(1)[0]


@pytest.mark.parametrize("name", ["gzip", "deflate", "br", "zstd", "record"])
def test_bombs_are_too_large_and_never_held(tmp_path: Path, name: str) -> None:
    bomb = b"a" * 30_000_000
    packings = {"gzip": gzip.compress, "deflate": zlib.compress, "br": lambda b: brotli.compress(b, quality=1)}
    body = packings.get(name, zstd.compress if name == "zstd" else bytes)(bomb)
    (tmp_path / "a.warc.gz").write_bytes(packed([record(1, body, http={"Content-Encoding": name}), record(2)]))
    del bomb, body
    tracemalloc.start()
    assert said(tmp_path / "a.warc.gz") == ["too_large", urls(2)[0]]
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 10_000_000


def flipped(content: bytes, at: int) -> bytes:
    return content[:at] + bytes((content[at] ^ 0xFF,)) + content[at + 1 :]


PACKED = [gzip.compress(part) for part in RECORDS]
SHORT, LONG = record(2, length=100), record(2, length=1_000)
FAULTS = {
    "corrupt": ("a.warc.gz", b"".join([*PACKED[:2], flipped(PACKED[2], len(PACKED[2]) // 2), *PACKED[3:]])),
    "no magic": ("a.warc.gz", b"".join([*PACKED[:2], flipped(PACKED[2], 0), *PACKED[3:]])),
    "wrong checksum": ("a.warc.gz", b"".join([*PACKED[:2], flipped(PACKED[2], len(PACKED[2]) - 6), *PACKED[3:]])),
    "no record": ("a.warc.gz", b"".join([*PACKED[:2], gzip.compress(b"no record"), *PACKED[3:]])),
    "says too short": ("a.warc.gz", packed([*RECORDS[:2], SHORT, *RECORDS[3:]])),
    "says too long": ("a.warc.gz", packed([*RECORDS[:2], LONG, *RECORDS[3:]])),
    "plain, says too short": ("a.warc", b"".join([*RECORDS[:2], SHORT, *RECORDS[3:]])),
    "plain, says too long": ("a.warc", b"".join([*RECORDS[:2], LONG, *RECORDS[3:]])),
    "plain, no record": ("a.warc", b"".join([*RECORDS[:2], b"no record\r\n" * 9, *RECORDS[3:]])),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_broken_record_is_counted_and_its_neighbours_are_read(tmp_path: Path, name: str) -> None:
    file, content = FAULTS[name]
    (tmp_path / file).write_bytes(content)
    assert said(tmp_path / file) == [*urls(0, 1), BROKEN, *urls(3, 4)]
    assert len({ref.source_name for ref in find_pages([tmp_path / file])}) == 5


@pytest.mark.parametrize("name", ["a.warc.gz", "a.warc"])
@pytest.mark.parametrize("kept", [3, 10, 20, 60, -40, -5])
def test_a_file_that_ends_early_has_a_broken_record_at_its_end(tmp_path: Path, name: str, kept: int) -> None:
    parts = PACKED if name.endswith(".gz") else RECORDS
    (tmp_path / name).write_bytes(b"".join(parts[:4]) + parts[4][:kept])
    assert said(tmp_path / name) == [*urls(0, 1, 2, 3), BROKEN]


@pytest.mark.parametrize("name", ["one.warc.gz", "one.warc.zst"])
def test_one_stream_that_breaks_is_read_up_to_there(tmp_path: Path, name: str) -> None:
    whole = b"".join(record(number, bytes(range(256)) * 8) for number in range(20))
    content = gzip.compress(whole) if name.endswith(".gz") else zstd.compress(whole)
    (tmp_path / name).write_bytes(content[:-30])
    found = said(tmp_path / name)
    assert found[-1] == BROKEN
    assert found[:-1] == urls(*range(len(found) - 1))


def test_padding_is_no_record(tmp_path: Path) -> None:
    (tmp_path / "a.warc.gz").write_bytes(packed(RECORDS) + b"\0" * 4_000)
    assert said(tmp_path / "a.warc.gz") == urls(0, 1, 2, 3, 4)


@pytest.mark.parametrize(
    "content",
    [b"no WARC at all", gzip.compress(b"no WARC at all", mtime=0), b"\x1f\x8b\x08" * 2_000],
    ids=["text", "gzip", "begin of gzip"],
)
def test_what_is_no_warc_is_one_page_that_cannot_be_read(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.warc.gz").write_bytes(content)
    assert said(tmp_path / "a.warc.gz") == [BROKEN]


def test_an_empty_file_has_no_pages(tmp_path: Path) -> None:
    (tmp_path / "a.warc.gz").write_bytes(b"")
    assert said(tmp_path / "a.warc.gz") == []


def test_a_page_that_holds_records_stays_one_page(tmp_path: Path) -> None:
    inner = record(7)
    for name, content in (("a.warc", record(1, inner)), ("a.warc.gz", packed([record(1, gzip.compress(inner, 0))]))):
        (tmp_path / name).write_bytes(content + (record(2) if name == "a.warc" else packed([record(2)])))
        assert said(tmp_path / name) == urls(1, 2)


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(0, 10_000), st.binary(max_size=9)), min_size=1, max_size=4), st.booleans())
def test_any_damage_is_survived(tmp_path: Path, damage: list[tuple[int, bytes]], is_packed: bool) -> None:
    content = packed(RECORDS) if is_packed else b"".join(RECORDS)
    for at, piece in damage:
        start = at % len(content)
        content = content[:start] + piece + content[start + 4 :]
    (tmp_path / "a.warc").write_bytes(content)
    for page in read_all(tmp_path / "a.warc"):
        assert isinstance(page, RawPage | Rejected)
