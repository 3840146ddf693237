"""The run without Prefect: pages that kill or hang their worker, windows, sizes, and what ends a run."""

import heapq
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.limits import Limits
from flows import workers as workers_module
from flows.archiving import LARGEST_BATCH, SMALLEST_BATCH, Request, batch_size, open_archiving
from flows.summary import Summary
from outputs.batch import BatchJob
from outputs.layout import ArchiveError
from outputs.staging import StagedBatch
from tasks.read import SourceError
from tests import flow_nasty
from tests.conftest import page_html
from tests.source_samples import record


def archive(request: Request, clean: Callable[[BatchJob], StagedBatch] = flow_nasty.batch) -> Summary:
    """Do what the flow does, without it."""
    with open_archiving(request, clean) as archiving:
        archiving.start_ahead()
        for number in archiving.jobs():
            archiving.commit(archiving.outcome(number))
        return archiving.finish()


def write(folder: Path, pages: dict[str, str]) -> Path:
    folder.mkdir()
    for name, text in pages.items():
        (folder / f"{name}.txt").write_text(text)
    return folder


def good(count: int) -> dict[str, str]:
    return {f"good-{number:03d}": f"Page {number} is a good page." for number in range(count)}


def request_for(tmp_path: Path, pages: dict[str, str], **settings: int) -> Request:
    sources = (write(tmp_path / "pages", pages),)
    return Request(sources, tmp_path / "archive", 2, settings.get("batch_pages", 8), Limits(page_seconds=1))


def rejects(tmp_path: Path) -> dict[str, str]:
    rows = pq.read_table(tmp_path / "archive" / "rejects").to_pylist()
    return {row["source_name"]: row["reason"] for row in rows}


def test_a_page_that_kills_its_worker_is_found_and_its_neighbours_are_archived(tmp_path: Path) -> None:
    pages = good(40) | {"good-013x": "kill 1", "good-013y": "kill 2", "good-030x": "kill 3"}
    summary = archive(request_for(tmp_path, pages))
    assert (summary.counts.read, summary.counts.archived) == (43, 40)
    assert rejects(tmp_path) == dict.fromkeys(("good-013x.txt", "good-013y.txt", "good-030x.txt"), "crashed")
    texts = pq.read_table(tmp_path / "archive" / "articles")["text"].to_pylist()
    assert Counter(texts) == Counter(good(40).values())


def test_a_page_that_hangs_out_of_reach_ends_as_a_timeout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers_module, "HANG_SECONDS", 0.0)
    summary = archive(request_for(tmp_path, good(6) | {"good-003x": "hang"}, batch_pages=4))
    assert summary.counts.archived == 6
    assert rejects(tmp_path) == {"good-003x.txt": "timeout"}


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="memory is counted on Linux alone")
def test_a_page_that_swamps_the_memory_is_rejected_and_its_neighbours_are_archived(tmp_path: Path) -> None:
    sources = tmp_path / "pages"
    sources.mkdir()
    for number in range(4):
        (sources / f"{number}.html").write_text(page_html(number))
    (sources / "2x.html").write_text(f"<body>{'a<br>' * 2_000_000}")
    request = Request((sources,), tmp_path / "archive", 1, 10, Limits(page_megabytes=150))
    with open_archiving(request) as archiving:
        for number in archiving.jobs():
            archiving.commit(archiving.outcome(number))
        counts = archiving.finish().counts
    assert (counts.archived, counts.rejected_total) == (4, 1)
    [row] = pq.read_table(tmp_path / "archive" / "rejects").to_pylist()
    assert (row["source_name"], row["reason"]) == ("2x.html", "crashed")
    assert row["detail"].startswith("MemoryError")
    assert row["detail"].endswith("(limit: 150 MB)")


def test_a_death_takes_no_other_worker_s_batch_with_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    isolated: list[int] = []
    isolate = workers_module.Workers._isolate
    monkeypatch.setattr(
        workers_module.Workers, "_isolate", lambda self, job: isolated.append(job.number) or isolate(self, job)
    )
    pages = good(64) | {"good-013x": "kill"}
    assert archive(request_for(tmp_path, pages)).counts.archived == 64
    assert len(set(isolated)) == 1


def test_a_worker_that_has_cleaned_many_pages_is_followed_by_a_new_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    began: list[int] = []
    begin = workers_module.Workers._new_pool
    monkeypatch.setattr(workers_module.Workers, "_new_pool", lambda self: began.append(1) or begin(self))
    monkeypatch.setattr(workers_module, "RENEWED_AFTER", 20)
    request = Request((write(tmp_path / "pages", good(96)),), tmp_path / "archive", 1, 8)
    assert archive(request).counts.archived == 96
    assert len(began) == 4  # of 12 batches each does three


def test_stopped_workers_take_no_batch(tmp_path: Path) -> None:
    with open_archiving(request_for(tmp_path, good(8)), flow_nasty.batch) as archiving:
        job = archiving.run.job(1, (), Limits())
        archiving.stop()
        with pytest.raises(workers_module.StoppedError):
            archiving._workers.begin(job)


@pytest.mark.parametrize("seconds", [0.0, 0.02, 0.3])
def test_workers_stop_in_the_middle_of_a_page(tmp_path: Path, seconds: float) -> None:
    pages = {f"hang-{number}": "hang" for number in range(6)}
    request = Request((write(tmp_path / "pages", pages),), tmp_path / "archive", 2, 1, Limits(page_seconds=60))
    began = time.monotonic()
    with open_archiving(request, flow_nasty.batch) as archiving:
        for _ in zip(range(3), archiving.jobs(), strict=False):
            pass
        time.sleep(seconds)
        archiving.stop()
    assert time.monotonic() - began < 20


def test_all_pages_kill(tmp_path: Path) -> None:
    summary = archive(request_for(tmp_path, {f"bad-{number}": f"kill {number}" for number in range(5)}))
    assert summary.counts.rejected_total == 5


def test_a_broken_worker_ends_the_run(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="this worker is broken"):
        archive(request_for(tmp_path, good(10)), flow_nasty.broken)
    assert not list((tmp_path / "archive").glob("articles/**/*.parquet"))
    assert archive(Request((tmp_path / "pages",), tmp_path / "archive", 2)).counts.archived == 10


def test_order_does_not_depend_on_the_batches(tmp_path: Path) -> None:
    pages = write(tmp_path / "pages", good(30) | {"twin": good(1)["good-000"]})
    names = []
    for size in (1, 7, 100):
        root = tmp_path / f"archive-{size}"
        summary = archive(Request((pages,), root, 2, size))
        assert (summary.counts.archived, summary.counts.duplicate) == (30, 1)
        names.append(sorted(pq.read_table(root / "articles")["source_name"].to_pylist()))
    assert names[0] == names[1] == names[2]


def test_a_missing_source_writes_nothing(tmp_path: Path) -> None:
    with pytest.raises(SourceError):
        archive(Request((tmp_path / "none",), tmp_path / "archive"))
    assert not (tmp_path / "archive").exists()


def test_a_file_is_no_archive(tmp_path: Path) -> None:
    request = request_for(tmp_path, good(1))
    (tmp_path / "archive").write_text("")
    with pytest.raises(ArchiveError):
        archive(request)


@given(st.integers(0, 200_000), st.integers(1, 512))
def test_batches_end_at_about_the_same_time_with_all_workers(pages: int, workers: int) -> None:
    sizes, left = [], pages
    while left:
        sizes.append(min(batch_size(left, workers), left))
        left -= sizes[-1]
    assert all(SMALLEST_BATCH <= size <= LARGEST_BATCH for size in sizes[:-1])
    ends = [0] * workers
    for size in sizes:
        heapq.heapreplace(ends, ends[0] + size)
    assert max(ends) <= pages / workers + SMALLEST_BATCH


def test_a_batch_is_as_large_from_a_thousand_pages_on() -> None:
    assert {batch_size(pages, workers) for pages in (1000, 10_000, 10**8) for workers in (1, 2)} == {LARGEST_BATCH}


def test_batches_grow_once_the_source_shows_how_small_its_pages_are(tmp_path: Path) -> None:
    source = tmp_path / "small.warc"
    source.write_bytes(b"".join(record(number % 28, b"Page %d" % number) for number in range(900)))
    with open_archiving(Request((source,), tmp_path / "archive", 1), flow_nasty.batch) as archiving:
        sizes = [sum(batch.read for batch in archiving.outcome(number)) for number in archiving.jobs()]
    assert sum(sizes) == 900
    assert sizes[:3] == [SMALLEST_BATCH, LARGEST_BATCH, LARGEST_BATCH]
    assert sizes[3:] == sorted(sizes[3:], reverse=True)
