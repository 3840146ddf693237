"""ZIP and tar: hostile names, bombs, what is packed how, and what is broken."""

import bz2
import gzip
import lzma
import tarfile
import tracemalloc
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from backports import zstd

from tasks.page import RawPage, Rejected, RejectReason
from tests.source_samples import read_all, story, tar_bytes, write_zip

PAGES = {f"north/{number}.html": story(number) for number in range(6)}
HOSTILE = ["../../x.html", "/etc/x.html", "a\nb.html", "a\r\nb.html", "C:\\x.html", "é\u202e.html", "." * 300 + ".html"]


def write_tar(path: Path, members: Mapping[str, bytes]) -> Path:
    path.write_bytes(tar_bytes(members))
    return path


def contents(*sources: Path) -> dict[str, bytes | RejectReason]:
    pages = read_all(*sources)
    return {page.source_name: page.content if isinstance(page, RawPage) else page.reason for page in pages}


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_pages_of_a_zip(tmp_path: Path, method: int) -> None:
    path = write_zip(tmp_path / "a.zip", PAGES | {"notes.md": b"", "empty/": b""}, method)
    assert contents(path) == {f"a.zip#{name}": content for name, content in PAGES.items()}


PACKINGS: dict[str, Callable[[bytes], bytes]] = {
    "a.tar": bytes,
    "a.tar.gz": gzip.compress,
    "a.tgz": gzip.compress,
    "a.tar.zst": zstd.compress,
    "a.tar.bz2": bz2.compress,
    "a.tar.xz": lzma.compress,
    "misnamed.tar": gzip.compress,
}


@pytest.mark.parametrize("name", PACKINGS)
@pytest.mark.parametrize("kind", [tarfile.PAX_FORMAT, tarfile.GNU_FORMAT])
def test_pages_of_a_tar(tmp_path: Path, name: str, kind: int) -> None:
    (tmp_path / name).write_bytes(PACKINGS[name](tar_bytes(PAGES | {"notes.md": b""}, kind)))
    assert contents(tmp_path / name) == {f"{name}#{member}": content for member, content in PAGES.items()}


def test_packed_pages_inside(tmp_path: Path) -> None:
    members = {"a.html.gz": gzip.compress(PAGES["north/1.html"]), "b.html.zst": zstd.compress(PAGES["north/2.html"])}
    expected = [PAGES["north/1.html"], PAGES["north/2.html"]]
    assert list(contents(write_zip(tmp_path / "a.zip", members)).values()) == expected
    assert list(contents(write_tar(tmp_path / "a.tar", members)).values()) == expected


@pytest.mark.parametrize("write", [write_zip, write_tar])
def test_hostile_names_never_become_paths(tmp_path: Path, write: Callable[[Path, Mapping[str, bytes]], Path]) -> None:
    source = tmp_path / "deep" / "source"
    source.mkdir(parents=True)
    before = sorted(tmp_path.rglob("*"))
    path = write(source / "a.zip" if write is write_zip else source / "a.tar", dict.fromkeys(HOSTILE, b"<p>x"))
    found = contents(path)
    assert set(found.values()) == {b"<p>x"}
    assert len(found) == len(HOSTILE)
    assert all(name.isprintable() for name in found)
    assert sorted(tmp_path.rglob("*")) == [*before, path]


def test_files_of_pages_inside_are_said_not_opened(tmp_path: Path) -> None:
    inner = write_zip(tmp_path / "inner.zip", PAGES).read_bytes()
    members = {"inner.zip": inner, "inner.warc.gz": b"", "a.html": b"<p>a"}
    for path in (write_zip(tmp_path / "a.zip", members), write_tar(tmp_path / "a.tar", members)):
        unread = RejectReason.UNREADABLE
        assert list(contents(path).values()) == [unread, unread, b"<p>a"]


@pytest.mark.parametrize("name", ["a.zip", "a.tar", "a.tar.gz", "a.tar.zst"])
def test_bombs_are_too_large_and_never_held(tmp_path: Path, name: str) -> None:
    bomb = b"a" * 30_000_000
    members = {"plain.html": bomb, "packed.html.gz": gzip.compress(bomb), "good.html": b"<p>good"}
    path = tmp_path / name
    if name == "a.zip":
        write_zip(path, members)
    else:
        path.write_bytes(PACKINGS[name](tar_bytes(members)))
    del bomb, members
    tracemalloc.start()
    too_large = RejectReason.TOO_LARGE
    assert list(contents(path).values()) == [too_large, too_large, b"<p>good"]
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 10_000_000


def test_a_long_name_of_a_tar_never_fills_the_memory(tmp_path: Path) -> None:
    head = tarfile.TarInfo("././@LongLink")
    head.type, head.size = tarfile.GNUTYPE_LONGNAME, 50_000_000
    (tmp_path / "a.tar").write_bytes(head.tobuf() + b"a" * 50_000_000)
    tracemalloc.start()
    assert contents(tmp_path / "a.tar") == {"a.tar": RejectReason.UNREADABLE}
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 5_000_000


def test_a_member_with_a_wrong_checksum_is_broken(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "a.zip", PAGES, zipfile.ZIP_STORED)
    content = path.read_bytes()
    path.write_bytes(content.replace(PAGES["north/2.html"], PAGES["north/2.html"].replace(b"harbour", b"Harbour"), 1))
    reasons = [page.reason for page in read_all(path) if isinstance(page, Rejected)]
    assert reasons == [RejectReason.BROKEN_COMPRESSION]


def test_a_member_that_cannot_be_unpacked_is_said(tmp_path: Path) -> None:
    (page,) = read_all(write_zip(tmp_path / "a.zip", {"a.html": b"<p>a"}, zipfile.ZIP_BZIP2))
    assert isinstance(page, Rejected)
    assert (page.reason, page.detail) == (RejectReason.UNREADABLE, "packed by method 12, not by deflate")


@pytest.mark.parametrize("content", [b"no ZIP", b"PK\3\4" * 50, b""])
def test_a_broken_zip_is_one_page_that_cannot_be_read(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.zip").write_bytes(content)
    assert contents(tmp_path / "a.zip") == {"a.zip": RejectReason.UNREADABLE}


@pytest.mark.parametrize("name", ["a.tar", "a.tar.gz", "a.tar.zst"])
def test_a_tar_that_ends_early_says_so_and_keeps_what_it_has(tmp_path: Path, name: str) -> None:
    content = PACKINGS[name](tar_bytes({f"{n}.html": bytes(range(256)) * 8 for n in range(50)}))
    (tmp_path / name).write_bytes(content[: len(content) * 2 // 3])
    found = contents(tmp_path / name)
    assert found[name] is RejectReason.UNREADABLE
    assert all(page == bytes(range(256)) * 8 for page in list(found.values())[:-2])
    assert len(found) > 10 or name != "a.tar"


def test_a_broken_head_in_a_tar_is_not_its_end(tmp_path: Path) -> None:
    content = bytearray(tar_bytes(PAGES))
    at = content.index(b"north/3.html")
    content[at] ^= 0xFF
    (tmp_path / "a.tar").write_bytes(content)
    found = contents(tmp_path / "a.tar")
    assert list(found)[-1] == "a.tar"
    assert found["a.tar"] is RejectReason.UNREADABLE
    assert len(found) == 4


def test_the_same_member_twice_is_two_pages(tmp_path: Path) -> None:
    with pytest.warns(UserWarning, match="Duplicate name"), zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("a.html", b"<p>one")
        archive.writestr("a.html", b"<p>two")
    assert [page.content for page in read_all(tmp_path / "a.zip") if isinstance(page, RawPage)] == [
        b"<p>one",
        b"<p>two",
    ]
