"""Sources: mixtures in folders, lists, S3, how many pages there are, and that any cut into batches reads each once."""

import gzip
import json
import os
import pickle
import random
import threading
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flows.extent import Extent, Pages
from outputs.layout import Layout
from outputs.ledger import KEY, KnownPages
from outputs.visits import Visits
from tasks.page import RawPage
from tasks.read import PageRef, SourceError, approach, find_pages, read_page
from tasks.storage import shown
from tests.s3_server import put, s3_server
from tests.source_samples import SMALL, lines, packed, record, said, story, tar_bytes, write_parquet, write_zip

COUNT = 12  # pages of each file


def write_mixture(folder: Path) -> Path:
    """A file of each kind, all with pages of their own."""
    folder.mkdir()
    members = [{f"{n}.html": f"<p>{kind} {n}".encode() * 40 for n in range(COUNT)} for kind in ("tar", "tgz", "zip")]
    records = [record(n, f"<p>warc {n}".encode() * 40) for n in range(COUNT)]
    (folder / "a.tar").write_bytes(tar_bytes(members[0]))
    (folder / "b.tar.gz").write_bytes(gzip.compress(tar_bytes(members[1])))
    write_zip(folder / "c.zip", members[2])
    (folder / "d.warc.gz").write_bytes(packed(records))
    (folder / "e.one.warc.gz").write_bytes(gzip.compress(b"".join(records).replace(b"warc", b"wrac")))
    (folder / "f.warc").write_bytes(b"".join(records).replace(b"warc", b"warx"))
    (folder / "g.jsonl").write_bytes(lines([{"html": f"<p>lines {n}"} for n in range(COUNT)]))
    (folder / "h.jsonl.gz").write_bytes(gzip.compress(lines([{"html": f"<p>packed lines {n}"} for n in range(COUNT)])))
    write_parquet(folder / "i.parquet", {"html": [f"<p>rows {n}" for n in range(COUNT)]}, 5)
    for n in range(COUNT):
        (folder / f"j{n:02d}.html").write_bytes(f"<p>file {n}".encode())
    return folder


@pytest.fixture(scope="module")
def mixture(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_mixture(tmp_path_factory.mktemp("sources") / "mixture")


@pytest.fixture(scope="module")
def s3(mixture: Path) -> Iterator[str]:
    """A bucket with the mixture, as this process sees it."""
    with s3_server() as environment, pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(name, value)
        objects = {f"in/{path.name}": path.read_bytes() for path in mixture.iterdir()}
        objects |= {"in/deeper/z.html": b"<p>deep", "lists/all.paths.gz": gzip.compress(b"in/d.warc.gz\nin/j00.html\n")}
        put(environment, "sources", objects)
        yield "s3://sources"


def content_of(ref: PageRef) -> bytes:
    approach(ref)
    page = read_page(ref, SMALL)
    assert isinstance(page, RawPage)
    return page.content


@settings(deadline=None, max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.integers(1, 30), min_size=1, max_size=12), st.randoms(use_true_random=False))
def test_any_cut_into_batches_reads_each_page_once(mixture: Path, sizes: list[int], chance: random.Random) -> None:
    refs = list(find_pages([mixture]))
    batches = []
    while refs:
        size = sizes[len(batches) % len(sizes)]
        batches.append(pickle.dumps(refs[:size]))
        refs = refs[size:]
    chance.shuffle(batches)
    found: list[bytes] = []

    def work(mine: list[bytes]) -> None:  # as a worker does, with files of its own that stay open between batches
        found.extend(content_of(ref) for batch in mine for ref in pickle.loads(batch))

    workers = [threading.Thread(target=work, args=(batches[at::2],)) for at in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert len(found) == 10 * COUNT
    assert len(set(found)) == 10 * COUNT


def test_names_say_where_in_a_file_a_page_lies(mixture: Path) -> None:
    names = [ref.source_name for ref in find_pages([mixture])]
    assert names[0] == "a.tar#0.html"
    assert "c.zip#11.html" in names
    assert "g.jsonl#1" in names
    assert "i.parquet#12" in names
    assert names[-1] == "j11.html"
    assert len(set(names)) == len(names)


def test_a_packed_stream_is_unpacked_once_for_all_its_pages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.tar.gz").write_bytes(gzip.compress(tar_bytes({f"{n}.html": b"<p>%d" % n for n in range(200)})))
    refs = list(find_pages([tmp_path]))
    opened = []
    monkeypatch.setattr("tasks.streams.open_file", lambda place: opened.append(place) or place.open("rb"))
    assert [content_of(ref) for ref in refs] == [b"<p>%d" % n for n in range(200)]
    assert len(opened) == 1


def test_a_file_that_has_changed_is_opened_anew(tmp_path: Path) -> None:
    for text in ("one", "other"):
        (tmp_path / "a.jsonl.gz").write_bytes(gzip.compress(lines([{"html": f"<p>{text}"}])))
        (ref,) = find_pages([tmp_path / "a.jsonl.gz"])
        assert content_of(ref) == f"<p>{text}".encode()


def test_a_file_that_holds_pages_is_found_lazily(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(lines([{"html": "x" * 90_000}] * 300))
    tracemalloc.start()
    refs = find_pages([tmp_path])
    for _ in range(250):
        content_of(next(refs))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 5_000_000


def test_a_list_names_files_of_all_kinds(tmp_path: Path, mixture: Path) -> None:
    (tmp_path / "near").mkdir()
    (tmp_path / "near" / "page.html").write_bytes(b"<p>near")
    (tmp_path / "download").write_bytes(b"<p>no suffix")
    entries = ["# the crawl", "", f"{mixture}/d.warc.gz", "near", "  download  ", "gone.html", "gone.warc.gz", "a.lst"]
    (tmp_path / "a.lst").write_text("\n".join(entries))
    found = said(tmp_path / "a.lst")
    unread = ["unreadable"] * 3
    assert found == [f"https://news.example/{n}" for n in range(COUNT)] + ["<p>near", "<p>no suffix", *unread]
    (tmp_path / "a.paths.gz").write_bytes(gzip.compress((tmp_path / "a.lst").read_bytes()))
    assert said(tmp_path / "a.paths.gz") == found


def test_a_list_in_a_folder_is_not_opened(tmp_path: Path) -> None:
    (tmp_path / "warc.paths").write_text("nowhere.warc.gz")
    assert said(tmp_path) == []


def test_files_of_the_same_name_get_their_folders_name(tmp_path: Path) -> None:
    for folder in ("north", "south"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "a.warc").write_bytes(record(1))
    (tmp_path / "a.lst").write_text("north/a.warc\nsouth/a.warc\n")
    assert [ref.source_name for ref in find_pages([tmp_path / "a.lst"])] == ["a.warc#0", "south/a.warc#0"]


def test_pages_at_s3_are_those_of_the_folder(mixture: Path, s3: str) -> None:
    here = {ref.source_name: content_of(ref) for ref in find_pages([mixture])}
    there = {ref.source_name: content_of(ref) for ref in find_pages([f"{s3}/in"])}
    assert there == here | {"deeper/z.html": b"<p>deep"}
    assert [ref.source_name for ref in find_pages([f"{s3}/in/"])] == list(there)


def test_single_objects_and_lists_at_s3(s3: str) -> None:
    assert said(f"{s3}/in/j03.html") == ["<p>file 3"]
    assert said(f"{s3}/lists/all.paths.gz") == [f"https://news.example/{n}" for n in range(COUNT)] + ["<p>file 0"]


def test_an_archive_at_s3_is_no_source(s3: str, mixture: Path) -> None:
    put(dict(os.environ), "kept", {"old/_runs/a.json": b"{}", "old/articles/a.parquet": b"", "b.html": b"<p>b"})
    with pytest.raises(SourceError, match=r"^this is an archive, not a source of pages: s3://kept/old$"):
        find_pages(["s3://kept/old"])
    assert said("s3://kept") == ["<p>b"]


@pytest.mark.parametrize("place", ["sources/nothing.html", "sources/nothing/", "no-bucket/a.html"])
def test_what_is_not_at_s3_is_said(s3: str, place: str) -> None:
    with pytest.raises(SourceError, match=rf"^(no such file or folder|cannot read).*s3://{place}"):
        find_pages([f"s3://{place}"])


@pytest.mark.parametrize("url", ["nothing://x/y", "https://", "memory://nowhere/a.html"])
def test_a_url_that_nothing_reaches_is_one_line(url: str) -> None:
    with pytest.raises(SourceError) as error:
        find_pages([url])
    assert "\n" not in str(error.value)


def test_the_keys_in_a_url_are_not_written_down() -> None:
    assert shown("s3://key:secret@bucket/a?region=x") == "s3://bucket/a?region=x"
    with pytest.raises(SourceError) as error:
        find_pages(["nothing://key:secret@bucket/a"])
    assert "secret" not in str(error.value)


def test_other_file_systems_are_reached_through_fsspec(mixture: Path) -> None:
    import fsspec

    memory = fsspec.filesystem("memory")
    memory.pipe({f"/in/{path.name}": path.read_bytes() for path in mixture.iterdir()})
    assert len(said("memory://in")) == 10 * COUNT
    assert said(f"file://{mixture}/j03.html") == ["<p>file 3"]


def pages_of(sources: list[Path], extent: Extent) -> Pages:
    nothing = KnownPages(np.zeros(1, KEY))
    return Pages(sources, extent, Visits(Layout(sources[0] / "none"), sources[0], sources, nothing))


def test_pages_are_counted_or_estimated(tmp_path: Path, mixture: Path) -> None:
    (tmp_path / "a.html").write_bytes(story(1))
    extent = Extent.of([tmp_path])
    assert (extent.pages, extent.is_exact) == (1, True)
    mixed = Extent.of([mixture])
    assert (mixed.pages, mixed.is_exact, mixed.is_complete) == (COUNT, False, True)
    pages = pages_of([mixture], mixed)
    for number, _ in enumerate(pages, 1):
        assert pages.total >= number
    assert (pages.total, pages.is_exact) == (10 * COUNT, True)


def test_files_without_pages_are_estimated(tmp_path: Path) -> None:
    (tmp_path / "a.warc").write_bytes(record(1, kind="request") * 30)
    (tmp_path / "b.html").write_bytes(story(1))
    pages = pages_of([tmp_path], Extent.of([tmp_path]))
    next(pages)
    assert pages.total == 1


def test_an_estimate_comes_near(tmp_path: Path) -> None:
    (tmp_path / "a.warc").write_bytes(b"".join(record(n % 28, os.urandom(9_000)) for n in range(400)))
    pages = pages_of([tmp_path], Extent.of([tmp_path]))
    for _ in range(40):
        next(pages)
    assert pages.total == pytest.approx(400, rel=0.05)


def test_a_listing_that_takes_long_is_not_waited_for(mixture: Path) -> None:
    extent = Extent.of([mixture], seconds=-1)
    assert not extent.is_complete
    pages = pages_of([mixture], extent)
    next(pages)
    assert (pages.total, pages.is_exact) == (1, False)


def test_references_are_small(mixture: Path) -> None:
    refs = list(find_pages([mixture]))
    assert len(pickle.dumps(refs)) < 150 * len(refs)
    assert json.dumps([ref.source_name for ref in refs])
