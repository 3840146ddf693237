"""Runs over an archive: what they write, what they leave alone, and that every page is accounted for."""

import hashlib
import json
import zipfile
from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from outputs import archive
from outputs.archive import open_run
from outputs.batch import archive_batch
from outputs.layout import ArchiveError
from outputs.manifest import AccountingError, Counts
from outputs.schema import SCHEMA_VERSION
from tasks.page import RejectReason
from tasks.read import PageRef, find_pages
from tests.archive_samples import LIMITS, NOON, clean, names, rows, run_archive, tree, write_pages

PAGES = {
    "a.html": "First page\nwith text",
    "b.html": "Second page\nwith text",
    "c.html": "reject me",
    "d.html": "crash on me",
    "e/f.html": "Third page\nwith text",
}


@pytest.fixture
def source(tmp_path):
    return write_pages(tmp_path / "pages", PAGES)


@pytest.fixture
def root(tmp_path):
    return tmp_path / "archive"


def test_every_page_is_an_article_or_a_reject(source, root):
    manifest = run_archive(source, root)
    assert manifest.counts == Counts(5, 3, 0, 0, {RejectReason.NO_ARTICLE: 1, RejectReason.CRASHED: 1})
    assert names(root) == ["a.html", "b.html", "e/f.html"]
    rejects = {row["source_name"]: row for row in rows(root, "rejects")}
    assert rejects["c.html"]["reason"] == "no_article"
    assert rejects["c.html"]["size"] == len("reject me")
    assert rejects["c.html"]["source_sha256"] == hashlib.sha256(b"reject me").hexdigest()
    assert rejects["d.html"]["reason"] == "crashed"
    assert rejects["d.html"]["detail"].startswith("RuntimeError at tests/archive_samples.py:")
    assert rejects["d.html"]["detail"].endswith(": a defect")


def test_rows_have_ids_and_digests(source, root):
    run_archive(source, root)
    row = next(row for row in rows(root) if row["source_name"] == "a.html")
    assert row["source_sha256"] == hashlib.sha256(PAGES["a.html"].encode()).hexdigest()
    assert row["article_id"] == row["source_sha256"][:20]
    assert row["text"] == PAGES["a.html"]
    assert row["text_sha256"] == hashlib.sha256(row["text"].encode()).hexdigest()
    assert row["word_count"] == 4


def test_each_article_has_its_text_file(source, root):
    run_archive(source, root)
    for part in (root / "articles").rglob("*.parquet"):
        text = root / "text" / part.parent.name / f"{part.stem}.zip"
        with zipfile.ZipFile(text) as archive:
            ids = pq.ParquetFile(part).read(columns=["article_id"])["article_id"].to_pylist()
            assert archive.namelist() == [f"{article}.txt" for article in ids]


def test_rows_of_a_part_are_sorted_nulls_last(tmp_path, root):
    publishers = ["b.example", None, "a.example", "b.example"]
    dates = [NOON, NOON, None, NOON - timedelta(days=1)]
    pages = write_pages(tmp_path / "pages", {f"{n}.html": f"{n}\nx" for n in range(4)})

    def cleaner(raw, limits):
        found = clean(raw, limits)
        n = int(raw.content[:1])
        return replace(found, metadata=replace(found.metadata, publisher=publishers[n], published_at=dates[n]))

    run_archive(pages, root, size=4, cleaner=cleaner)
    assert [row["source_name"] for row in rows(root)] == ["2.html", "3.html", "0.html", "1.html"]


def test_manifest_names_every_file_as_it_is(source, root):
    manifest = run_archive(source, root)
    record = json.loads((root / "_runs" / f"{manifest.run}.json").read_text("utf-8"))
    files = {file["path"]: file for file in record["files"]}
    on_disk = {path for path in tree(root) if not path.startswith("_")}
    assert set(files) == on_disk
    for path, content in tree(root).items():
        if path in files:
            assert files[path]["sha256"] == hashlib.sha256(content).hexdigest()
            assert files[path]["size"] == len(content)
    assert sum(file["rows"] for path, file in files.items() if path.startswith("articles/")) == 3
    assert record["counts"]["rejected"] == {"no_article": 1, "crashed": 1}
    assert record["status"] == "complete"
    assert record["sources"] == [str(source)]
    assert {"stet", "python", "pyarrow", "lxml"} <= set(record["versions"])


def test_nothing_is_left_in_staging(source, root):
    run_archive(source, root)
    assert not (root / "_staging").exists()
    assert {path.suffix for path in (root / "articles").rglob("*") if path.is_file()} == {".parquet"}


def test_second_run_writes_nothing(source, root):
    run_archive(source, root)
    before = tree(root)
    manifest = run_archive(source, root)
    assert manifest.counts == Counts(5, 0, 5, 0)
    assert tree(root) == before


def test_added_page_is_the_only_work(source, root):
    run_archive(source, root)
    before = tree(root)
    write_pages(source, {"b2.html": "Added page\nx"})
    manifest = run_archive(source, root)
    assert manifest.counts == Counts(6, 1, 5, 0)
    assert before.items() <= tree(root).items()
    assert names(root) == ["a.html", "b.html", "b2.html", "e/f.html"]


def test_changed_page_is_a_new_article(source, root):
    run_archive(source, root)
    write_pages(source, {"a.html": "First page\nwith other text"})
    assert run_archive(source, root).counts == Counts(5, 1, 4, 0)
    assert names(root) == ["a.html", "a.html", "b.html", "e/f.html"]


def test_moved_article_is_unchanged_and_moved_reject_is_work(source, root):
    run_archive(source, root)
    (source / "a.html").rename(source / "z.html")
    (source / "c.html").rename(source / "y.html")
    assert run_archive(source, root).counts == Counts(5, 0, 4, 0, {RejectReason.NO_ARTICLE: 1})


def test_unreadable_page_is_a_reject_once(tmp_path, root):
    refs = [PageRef(tmp_path / "gone.html", "gone.html")]
    for counts in (Counts(1, 0, 0, 0, {RejectReason.UNREADABLE: 1}), Counts(1, 0, 1, 0)):
        with open_run(root, []) as run:
            run.commit(archive_batch(run.job(0, refs, LIMITS), clean))
            assert run.finish(1).counts == counts
    assert rows(root, "rejects")[0]["source_sha256"] is None


def test_source_without_pages_leaves_no_manifest(tmp_path, root):
    assert run_archive(write_pages(tmp_path / "pages", {}), root).counts == Counts()
    assert list(root.rglob("*.json")) == []


def test_two_runs_at_once_are_refused(source, root):
    with open_run(root, []), pytest.raises(ArchiveError, match=r"another run is writing to .* process"):
        run_archive(source, root)
    assert run_archive(source, root).counts.archived == 3


@pytest.mark.parametrize("blocked", ["", "_runs", "_staging"])
def test_an_archive_that_cannot_be_written_is_one_clear_line(source, root, blocked):
    (root / blocked).parent.mkdir(exist_ok=True)
    (root / blocked).write_text("in the way")
    with pytest.raises(ArchiveError, match="cannot write to the archive") as error:
        run_archive(source, root)
    assert "\n" not in str(error.value)
    assert (root / blocked).read_text() == "in the way"


def test_foreign_files_are_left_alone(source, root):
    foreign = root / "articles" / "archived_on=2020-01-01" / "mine.parquet"
    foreign.parent.mkdir(parents=True)
    foreign.write_bytes(b"not ours")
    run_archive(source, root)
    assert foreign.read_bytes() == b"not ours"


def test_newer_archive_is_refused(source, root):
    manifest = run_archive(source, root)
    path = root / "_runs" / f"{manifest.run}.json"
    path.write_text(
        path.read_text("utf-8").replace(f'"schema_version": {SCHEMA_VERSION}', '"schema_version": 99'), "utf-8"
    )
    with pytest.raises(ArchiveError, match="newer version"):
        run_archive(source, root)


def test_a_page_that_is_in_no_count_fails_the_run(source, root):
    refs = list(find_pages([source]))
    with pytest.raises(AccountingError, match="6 pages found, 5 read"), open_run(root, []) as run:
        run.commit(archive_batch(run.job(0, refs, LIMITS), clean))
        run.finish(6)
    statuses = [json.loads(path.read_text("utf-8"))["status"] for path in (root / "_runs").glob("*.json")]
    assert statuses == ["interrupted"]


@given(st.lists(st.tuples(st.sampled_from(["", "reject ", "crash "]), st.integers(0, 4)), max_size=12), st.data())
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_read_is_archived_and_unchanged_and_duplicate_and_rejected(tmp_path_factory, pages, data):
    folder = tmp_path_factory.mktemp("accounts")
    source = write_pages(
        folder / "pages", {f"{n:02d}.html": f"{how}Page {text}" for n, (how, text) in enumerate(pages)}
    )
    size = data.draw(st.integers(1, 5))
    first = run_archive(source, folder / "archive", size).counts
    articles = {text for how, text in pages if not how}
    rejected = Counter(how for how, _ in pages if how)
    assert first == Counts(
        len(pages), len(articles), 0, len(pages) - len(articles) - rejected.total(), dict(first.rejected)
    )
    assert first.rejected_total == rejected.total()
    second = run_archive(source, folder / "archive", data.draw(st.integers(1, 5))).counts
    assert second == Counts(len(pages), 0, len(pages), 0)
    if articles:
        assert ds.dataset(folder / "archive/articles", partitioning="hive").count_rows() == len(articles)


@pytest.mark.parametrize(("how", "tried_again"), [("crash", 1), ("reject", 0)])
def test_page_rejected_for_a_fault_of_ours_is_tried_again_by_another_version(
    tmp_path, root, monkeypatch, how, tried_again
):
    pages = write_pages(tmp_path / "pages", {"a.html": how})
    run_archive(pages, root)
    assert run_archive(pages, root).counts.unchanged == 1
    monkeypatch.setattr(archive, "versions", lambda extra: {"stet": "99"})
    assert run_archive(pages, root).counts.unchanged == 1 - tried_again
    assert run_archive(pages, root).counts.unchanged == 1
