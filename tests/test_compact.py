"""Compaction: few sorted parts with the same content, put in place at once, whatever happens on the way."""

import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import partial
from itertools import count
from pathlib import Path

import duckdb
import polars
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest

from outputs import compact as compaction
from outputs import merge, rewrite
from outputs.compact import compact
from outputs.layout import ArchiveError
from outputs.verify import verify
from tasks.page import Article, Rejected
from tests.archive_samples import NOON, article, names, rows, run_archive, tree, write_pages
from tests.archive_samples import clean as plain
from tests.conftest import ROOT

DAY = date(2026, 11, 24)
NEXT = datetime(2026, 11, 25, 0, 1, tzinfo=UTC)


def clean(raw, limits) -> Article | Rejected:
    """Articles of several publishers and dates, some without."""
    outcome = plain(raw, limits)
    if isinstance(outcome, Rejected):
        return outcome
    chosen = random.Random(raw.source_name)
    return article(
        raw.source_name,
        raw.content.decode(),
        publisher=chosen.choice([None, "a.example", "b.example", "ä.example"]),
        published_at=chosen.choice([None, datetime(2024, 1, chosen.randrange(1, 28), tzinfo=UTC)]),
        url=f"https://a.example/{raw.source_name}",
    )


def fill(root: Path, folder: Path, runs: int = 3, pages: int = 8, now: datetime = NOON) -> Path:
    for run in range(runs):
        texts = {
            f"p-{run}-{page}.html": f"{'reject' if page % 4 == 3 else 'Page'} {run} {page} of {now}\nwith text"
            for page in range(pages)
        }
        source = write_pages(folder / f"{now:%d}-{run}", texts)
        run_archive(source, root, now=now + timedelta(minutes=run), cleaner=clean)
    return root


@pytest.fixture
def root(tmp_path):
    return fill(tmp_path / "archive", tmp_path / "pages")


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("made")
    return fill(folder / "archive", folder / "pages", runs=2, pages=2)


def by_id(root: Path) -> list[dict]:
    return sorted(rows(root), key=lambda row: row["article_id"])


def rejected(root: Path) -> list[str]:
    return sorted(map(repr, rows(root, "rejects")))


def texts(root: Path) -> dict[str, bytes]:
    found = {}
    for path in (root / "text").rglob("*.zip"):
        with zipfile.ZipFile(path) as archive:
            for name in archive.namelist():
                assert name not in found
                found[name] = archive.read(name)
    return found


def parts(root: Path, table: str) -> list[Path]:
    return sorted(path for path in (root / table).rglob("*") if path.is_file())


def test_the_same_content_in_one_sorted_part_a_table(root):
    before = by_id(root), rejected(root), texts(root)
    [done] = compact(root, now=NEXT)
    assert (done.day, done.rows) == (DAY, 24)
    assert (by_id(root), rejected(root), texts(root)) == before
    assert [len(parts(root, table)) for table in ("articles", "rejects", "text")] == [1, 1, 1]
    order = [(row["publisher"] or "\U0010ffff", row["published_at"] or NEXT) for row in rows(root)]
    assert order == sorted(order)
    assert verify(root).findings == ()
    assert not (root / "_staging").exists()


def test_its_manifest_names_what_it_replaced(root):
    gone = {path for path in tree(root) if not path.startswith("_")}
    [done] = compact(root, now=NEXT)
    record = json.loads((root / "_runs" / f"{done.run}.json").read_text("utf-8"))
    assert record["kind"] == "compact"
    assert {file["path"] for file in record["replaces"]} == gone
    assert {file["path"] for file in record["files"]} == {path for path in tree(root) if not path.startswith("_")}
    assert record["counts"]["read"] == 0
    assert (done.replaced, done.written) == (len(gone), 3)


def test_a_second_compaction_has_nothing_to_do(root):
    compact(root, now=NEXT)
    before = tree(root)
    assert compact(root, now=NEXT) == []
    assert tree(root) == before


def test_days_that_are_not_closed_stay(root, tmp_path):
    fill(root, tmp_path / "more", now=NOON - timedelta(days=1))
    assert compact(root, now=NOON, older_than=timedelta(days=2)) == []
    assert [done.day for done in compact(root, now=NOON, older_than=timedelta(0))] == [DAY - timedelta(days=1)]
    assert [done.day for done in compact(root, now=NEXT)] == [DAY]
    assert verify(root).findings == ()


def test_what_comes_later_is_merged_into_what_was_compacted(root, tmp_path):
    compact(root, now=NEXT)
    fill(root, tmp_path / "late", runs=1, now=NOON + timedelta(hours=3))
    [done] = compact(root, now=NEXT)
    assert done.rows == 24 + 8
    assert len(parts(root, "articles")) == 1
    assert verify(root).findings == ()


def test_pages_of_a_compacted_day_are_known(root, tmp_path):
    compact(root, now=NEXT)
    before = tree(root)
    assert run_archive(tmp_path / "pages" / "24-1", root, now=NEXT, cleaner=clean).counts.unchanged == 8
    assert tree(root) == before


def test_large_days_are_merged_in_rounds_into_several_parts(root, monkeypatch):
    before = by_id(root), rejected(root), texts(root)
    monkeypatch.setattr(merge, "FAN_IN", 2)
    monkeypatch.setattr(merge, "ROW_GROUP_ROWS", 3)
    monkeypatch.setattr(merge, "_READ_ROWS", 2)
    monkeypatch.setattr(compaction, "LARGEST_PART_ROWS", 6)
    compact(root, now=NEXT)
    assert (by_id(root), rejected(root), texts(root)) == before
    assert [pq.read_metadata(part).num_rows for part in parts(root, "articles")] == [6, 6, 6]
    found = [(row["publisher"] is None, row["publisher"]) for row in rows(root)]
    assert found == sorted(found)
    assert compact(root, now=NEXT) == []
    assert verify(root).findings == ()


def test_a_part_ends_where_it_is_large_enough(root, monkeypatch):
    monkeypatch.setattr(merge, "ROW_GROUP_ROWS", 4)
    monkeypatch.setattr(compaction, "LARGEST_PART_BYTES", 1)
    compact(root, now=NEXT)
    assert [pq.read_metadata(part).num_rows for part in parts(root, "articles")] == [4, 4, 4, 4, 2]


@pytest.mark.parametrize("table", ["articles", "text"])
def test_a_damaged_part_is_not_made_to_look_whole(root, table):
    path = parts(root, table)[1]
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 4
    path.write_bytes(data)
    before = tree(root)
    with pytest.raises(ArchiveError, match=f"{path.name} is missing or damaged; see: stet verify"):
        compact(root, now=NEXT)
    assert tree(root) == before


def test_a_foreign_file_is_neither_merged_nor_removed(root):
    path = root / "articles" / f"archived_on={DAY}" / "notes.txt"
    path.write_text("mine")
    with pytest.raises(ArchiveError, match=r"notes\.txt is no part that a manifest names"):
        compact(root, now=NEXT)
    assert path.read_text() == "mine"


def test_a_file_that_comes_in_the_last_moment_stays(root, monkeypatch):
    path = root / "articles" / f"archived_on={DAY}" / "notes.txt"
    real = rewrite.exchange
    monkeypatch.setattr(rewrite, "exchange", lambda beside, place: (path.write_text("mine"), real(beside, place)))
    compact(root, now=NEXT)
    assert path.read_text() == "mine"
    assert len(names(root)) == 18


def test_a_merge_that_would_lose_a_row_changes_nothing(root, monkeypatch):
    before = tree(root)
    real = compaction.merge
    monkeypatch.setattr(compaction, "merge", lambda *args: (group.slice(1) for group in real(*args)))
    with pytest.raises(ArchiveError, match=r"articles of 2026-11-24: the merged parts would not say the same"):
        compact(root, now=NEXT)
    assert tree(root) == before


def test_no_archive(tmp_path):
    with pytest.raises(ArchiveError, match="no archive"):
        compact(tmp_path / "nothing")
    assert not (tmp_path / "nothing").exists()


def test_killed_at_every_step(made, tmp_path):
    roots = killed("compact", made, tmp_path)
    assert len(roots) > 15
    for root in roots:
        check_whole(root, made)
        compact(root, now=NEXT)
        check_whole(root, made)
        assert verify(root).is_sound
        assert len(parts(root, "articles")) == 1


def killed(action: str, base: Path, out: Path) -> list[Path]:
    command = [sys.executable, "-m", "tests.care_kills", action, str(base), str(out)]
    subprocess.run(command, check=True, cwd=ROOT, timeout=300)
    return sorted(out.iterdir())


def check_whole(root: Path, base: Path) -> None:
    """A reader sees each article once, and its text."""
    assert sorted(READERS["pyarrow"](root / "articles")) == sorted(row["article_id"] for row in rows(base))
    assert texts(root) == texts(base)


READERS = {
    "duckdb": lambda folder: [
        row for (row,) in duckdb.connect().sql(f"SELECT article_id FROM '{folder}/**/*.parquet'").fetchall()
    ],
    "polars": lambda folder: polars.read_parquet(folder, columns=["article_id"])["article_id"].to_list(),
    "pyarrow": lambda folder: (
        ds.dataset(folder, format="parquet", partitioning="hive").to_table(["article_id"])["article_id"].to_pylist()
    ),
}


def test_without_exchange_a_compaction_killed_between_the_renames_is_completed(root, monkeypatch):
    before = by_id(root)
    for step in count():
        monkeypatch.setattr(rewrite, "_swapped", lambda first, second: False)
        renames = count()
        real = Path.rename

        def rename(self, target, real=real, renames=renames, step=step):
            if next(renames) == step:
                raise KeyboardInterrupt
            return real(self, target)

        monkeypatch.setattr(Path, "rename", rename)
        try:
            compact(root, now=NEXT)
            break
        except KeyboardInterrupt:
            monkeypatch.setattr(Path, "rename", real)
            compact(root, now=NEXT)
            assert by_id(root) == before
            assert verify(root).findings == ()
        finally:
            monkeypatch.setattr(Path, "rename", real)


def compact_while_read(root: Path, readers: Sequence[Callable[[], None]], times: int) -> None:
    """Compact an archive some times, while each reader reads it over and over in a thread of its own."""
    done = threading.Event()

    def read(once: Callable[[], None]) -> None:
        while not done.is_set():
            once()

    threads = [threading.Thread(target=read, args=[once]) for once in readers]
    for thread in threads:
        thread.start()
    try:
        for _ in range(times):
            compact(root, now=NEXT)
    finally:
        done.set()
        for thread in threads:
            thread.join()


def test_readers_are_undisturbed(tmp_path, monkeypatch):
    """While days are compacted over and over, no reader sees an article twice or not at all."""
    root = fill(tmp_path / "archive", tmp_path / "pages", runs=2, pages=5)
    expected = sorted(row["article_id"] for row in rows(root))
    monkeypatch.setattr(compaction, "_to_merge", lambda parts, _: dict(parts))  # again and again
    failures: list[object] = []
    reads = dict.fromkeys(READERS, 0)

    def read(name: str) -> None:
        try:
            found = sorted(READERS[name](root / "articles"))
        except (OSError, duckdb.IOException, polars.exceptions.ComputeError) as error:
            # It listed the old parts and opened them when they were gone: an error, never a wrong answer.
            if "No such file" not in str(error) and "no such file" not in str(error):
                failures.append(error)
            return
        reads[name] += 1
        if found != expected:
            failures.append((name, len(found)))

    compact_while_read(root, [partial(read, name) for name in READERS], times=15)
    assert failures == []
    assert all(reads.values())


@pytest.mark.long
@pytest.mark.parametrize("seed", range(2))
def test_killed_at_a_random_moment(tmp_path, seed):
    root = fill(tmp_path / "archive", tmp_path / "pages", runs=4, pages=40)
    base = {"articles": by_id(root), "rejects": rejected(root), "texts": texts(root)}
    moments = random.Random(seed)
    for _ in range(4):
        command = [sys.executable, "-m", "tests.care_kills", "compact", str(root)]
        with subprocess.Popen(command, cwd=ROOT) as process:
            time.sleep(moments.uniform(0.2, 1.5))
            os.kill(process.pid, signal.SIGKILL)
        assert {"articles": by_id(root), "rejects": rejected(root), "texts": texts(root)} == base
    compact(root, now=NEXT)
    assert {"articles": by_id(root), "rejects": rejected(root), "texts": texts(root)} == base
    assert verify(root).findings == ()
