import gzip
import os
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.limits import Limits
from tasks.page import RawPage, Rejected, RejectReason
from tasks.read import PageRef, SourceError, find_pages, read_page

PAGE = b"<!DOCTYPE html><html><body><p>The council voted on Tuesday.</p></body></html>"
SMALL = Limits(max_page_bytes=10_000)


def write(path: Path, content: bytes = PAGE) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def names(*sources: Path) -> list[str]:
    return [ref.source_name for ref in find_pages(sources)]


def read(path: Path, limits: Limits = SMALL) -> RawPage | Rejected:
    return read_page(PageRef(path, "a page"), limits)


def reason(path: Path, limits: Limits = SMALL) -> RejectReason:
    result = read(path, limits)
    assert isinstance(result, Rejected)
    assert result.source_name == "a page"
    assert "\n" not in result.detail
    return result.reason


def test_a_folder_gives_its_pages_in_the_order_of_their_names(tmp_path: Path) -> None:
    for name in ("b.html", "a/z.HTM", "a/y.txt.gz", "c/d/e.Xhtml", "c/x.html.GZ", "a.txt", "notes.md", "x.gz", "y.pdf"):
        write(tmp_path / name)
    assert names(tmp_path) == ["a/y.txt.gz", "a/z.HTM", "a.txt", "b.html", "c/d/e.Xhtml", "c/x.html.GZ"]


def test_a_file_named_itself_is_taken_whatever_its_name(tmp_path: Path) -> None:
    assert names(write(tmp_path / "download")) == ["download"]


def test_a_linked_file_keeps_the_name_that_it_was_given_by(tmp_path: Path) -> None:
    (tmp_path / "story.html").symlink_to(write(tmp_path / "blobs" / "17"))
    assert names(tmp_path / "story.html") == ["story.html"]


def test_links_to_folders_are_followed_and_no_folder_is_entered_twice(tmp_path: Path) -> None:
    write(tmp_path / "source" / "a.html")
    write(tmp_path / "elsewhere" / "b.html")
    (tmp_path / "source" / "linked").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "source" / "loop").symlink_to(tmp_path / "source")
    (tmp_path / "source" / "itself").symlink_to(tmp_path / "source" / "itself")
    assert names(tmp_path / "source") == ["a.html", "linked/b.html"]


def test_a_link_to_nowhere_is_an_unreadable_page(tmp_path: Path) -> None:
    (tmp_path / "gone.html").symlink_to(tmp_path / "nowhere")
    (ref,) = find_pages([tmp_path])
    result = read_page(ref, SMALL)
    assert isinstance(result, Rejected)
    assert result.reason is RejectReason.UNREADABLE


def test_pipes_are_no_pages(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.html")
    (tmp_path / "link.html").symlink_to(tmp_path / "pipe.html")
    assert names(tmp_path) == []


def test_an_archive_inside_a_source_is_passed_over(tmp_path: Path) -> None:
    write(tmp_path / "a.html")
    write(tmp_path / "archive" / "articles" / "x.html")
    write(tmp_path / "archive" / "_runs" / "run.html")
    assert names(tmp_path) == ["a.html"]
    with pytest.raises(SourceError, match="an archive"):
        find_pages([tmp_path / "archive"])


def test_a_missing_source_is_said_before_the_first_page(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"^no such file or folder: .*nowhere$"):
        find_pages([tmp_path, tmp_path / "nowhere"])


def test_a_link_to_itself_is_a_missing_source(tmp_path: Path) -> None:
    (tmp_path / "itself").symlink_to(tmp_path / "itself")
    with pytest.raises(SourceError):
        find_pages([tmp_path / "itself"])


def test_the_same_name_in_several_sources_gets_its_sources_name(tmp_path: Path) -> None:
    folders = [tmp_path / name / "pages" for name in ("north", "south", "west")]
    for folder in folders:
        write(folder / "a.html")
    write(folders[1] / "b.html")
    assert names(*folders) == ["a.html", "pages/a.html", "b.html", "pages~2/a.html"]


def test_a_source_given_twice_is_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path / "a.html")
    monkeypatch.chdir(tmp_path)
    assert names(Path(), tmp_path, Path("a.html"), tmp_path / "a.html") == ["a.html", f"{tmp_path.name}/a.html"]


def test_names_that_are_no_text_become_text(tmp_path: Path) -> None:
    write(Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9\n.html")))
    (name,) = names(tmp_path)
    assert name == "caf\\xe9\\n.html"
    name.encode("utf-8")


@pytest.mark.parametrize("name", ["page.html", "page.html.gz"])
@pytest.mark.parametrize(
    "content",
    [
        PAGE,
        gzip.compress(PAGE),
        gzip.compress(PAGE[:20]) + gzip.compress(PAGE[20:]),
        gzip.compress(gzip.compress(PAGE)),
        gzip.compress(PAGE) + b"\0" * 512,
        gzip.compress(PAGE) + b"\0" * 512 + gzip.compress(b""),
        gzip.compress(PAGE) + b"left over",
    ],
    ids=["plain", "gzip", "two members", "twice", "padded", "padded and empty", "garbage after"],
)
def test_content_decides_on_unpacking(tmp_path: Path, name: str, content: bytes) -> None:
    assert read(write(tmp_path / name, content)) == RawPage("a page", PAGE)


def test_an_empty_file_is_an_empty_page(tmp_path: Path) -> None:
    assert read(write(tmp_path / "a.html.gz", b"")) == RawPage("a page", b"")


@pytest.mark.parametrize("kept", [3, 11, 40, -8, -1])
def test_a_gzip_that_ends_early_is_broken(tmp_path: Path, kept: int) -> None:
    assert reason(write(tmp_path / "a.html.gz", gzip.compress(PAGE)[:kept])) is RejectReason.BROKEN_COMPRESSION


def test_a_gzip_with_a_wrong_checksum_is_broken(tmp_path: Path) -> None:
    content = bytearray(gzip.compress(PAGE))
    content[-8] ^= 1
    assert reason(write(tmp_path / "a.html.gz", bytes(content))) is RejectReason.BROKEN_COMPRESSION


def test_a_bomb_is_too_large_and_is_never_held(tmp_path: Path) -> None:
    bomb = write(tmp_path / "a.html.gz", gzip.compress(b"a" * 200_000_000, 1))
    tracemalloc.start()
    assert reason(bomb, Limits(max_page_bytes=1_000_000)) is RejectReason.TOO_LARGE
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 6_000_000


def test_endless_empty_members_are_too_large(tmp_path: Path) -> None:
    assert reason(write(tmp_path / "a.html.gz", gzip.compress(b"") * 2_000)) is RejectReason.TOO_LARGE


def test_the_limit_is_inclusive(tmp_path: Path) -> None:
    assert isinstance(read(write(tmp_path / "a", b"a" * 10_000)), RawPage)
    assert reason(write(tmp_path / "b", b"a" * 10_001)) is RejectReason.TOO_LARGE
    assert reason(write(tmp_path / "c", gzip.compress(b"a" * 10_001))) is RejectReason.TOO_LARGE


def test_a_rejected_file_is_known_by_its_bytes(tmp_path: Path) -> None:
    result = read(write(tmp_path / "a.html.gz", gzip.compress(PAGE)[:-3]))
    assert isinstance(result, Rejected)
    assert result.source_sha256 is not None
    assert result.size == len(gzip.compress(PAGE)) - 3


def test_a_folder_is_no_page(tmp_path: Path) -> None:
    assert reason(tmp_path) is RejectReason.UNREADABLE


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_unreadable(tmp_path: Path) -> None:
    page = write(tmp_path / "a.html")
    page.chmod(0)
    assert reason(page) is RejectReason.UNREADABLE


@settings(deadline=None)
@given(st.binary(max_size=300), st.integers(0, 60))
def test_any_bytes_after_a_gzip_head_are_read_or_rejected(
    tmp_path_factory: pytest.TempPathFactory, tail: bytes, kept: int
) -> None:
    path = write(tmp_path_factory.getbasetemp() / "fuzz.html.gz", gzip.compress(PAGE)[:kept] + tail)
    assert isinstance(read(path), RawPage | Rejected)
