"""Runs over an archive: what they write, what they leave alone, and that every page is accounted for."""

import hashlib
import json
import pickle
import zipfile
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from outputs import batch
from outputs.archive import open_run
from outputs.batch import BatchJob, archive_batch, reject_batch
from outputs.layout import ArchiveError
from outputs.manifest import AccountingError, Counts
from outputs.rows import ArticleRow, RejectRow, RunStamp
from outputs.staging import stage_part
from tasks.page import Article, Label, LabelledBlock, Metadata, Rejected, RejectReason
from tasks.read import PageRef, find_pages
from tests.archive_samples import LIMITS, NOON, clean, run_archive, tree, write_pages

PAGES = {
    "a.html": "First page\nwith text",
    "b.html": "Second page\nwith text",
    "c.html": "reject me",
    "d.html": "crash on me",
    "e/f.html": "Third page\nwith text",
}


def rows(root: Path, table: str = "articles") -> list[dict]:
    parts = sorted((root / table).rglob("*.parquet"))
    return [row for part in parts for row in pq.ParquetFile(part).read().to_pylist()]


def names(root: Path, table: str = "articles") -> list[str]:
    return sorted(row["source_name"] for row in rows(root, table))


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


@pytest.mark.parametrize("size", [1, 2, 3, 10])
def test_duplicates_the_first_in_source_order_stays(tmp_path, root, size):
    pages = {f"{n}.html": f"Page {n % 3}\nx" for n in range(9)}
    manifest = run_archive(write_pages(tmp_path / "pages", pages), root, size=size)
    assert manifest.counts == Counts(9, 3, 0, 6)
    assert names(root) == ["0.html", "1.html", "2.html"]
    texts = [name for part in (root / "text").rglob("*.zip") for name in zipfile.ZipFile(part).namelist()]
    assert len(texts) == 3


def test_equal_broken_pages_are_each_a_reject(tmp_path, root):
    pages = write_pages(tmp_path / "pages", {f"{n}.html": "reject" for n in range(5)})
    assert run_archive(pages, root).counts.rejected == {RejectReason.NO_ARTICLE: 5}
    assert run_archive(pages, root).counts == Counts(5, 0, 5, 0)


def test_batch_without_its_duplicates_is_as_if_it_never_had_them(tmp_path):
    pages = {f"{n}.html": f"Page {n}\nx" for n in range(4)} | {"5.html": "reject x"}
    stamps = {}
    for name, extra in (("with", {"4.html": "Page 0\nx", "6.html": "Page 1\nx"}), ("without", {})):
        refs = list(find_pages([write_pages(tmp_path / name, pages | extra)]))
        with open_run(tmp_path / f"archive-{name}", [], now=NOON) as run:
            stamp = stamps.setdefault("stamp", run.stamp)
            for number, batch_refs in enumerate((refs[:2], refs[2:])):
                # One stamp for both runs, so that their rows are the same; the staging folder is named by it.
                job = replace(run.job(number, batch_refs, LIMITS), stamp=stamp)
                (tmp_path / f"archive-{name}" / "_staging" / stamp.run_id).mkdir(exist_ok=True)
                run.commit(archive_batch(job, clean))
            run.finish(len(refs))
    parts = [
        [content for path, content in tree(tmp_path / f"archive-{name}").items() if not path.startswith("_")]
        for name in ("with", "without")
    ]
    assert parts[0] == parts[1]


def test_reject_whose_page_was_archived_before_in_the_run_is_a_duplicate(tmp_path, root):
    pages = write_pages(tmp_path / "pages", {"a.html": "Same\nx", "b.html": "Same\nx"})

    def hangs_on_b(raw, limits):
        return clean(raw, limits) if raw.source_name == "a.html" else clean(replace(raw, content=b"reject"), limits)

    assert run_archive(pages, root, size=1, cleaner=hangs_on_b).counts == Counts(2, 1, 0, 1)
    assert not (root / "rejects").exists()


def test_batch_begun_by_a_worker_that_died_is_begun_anew(source, root):
    with open_run(root, []) as run:
        job = run.job(0, list(find_pages([source])), LIMITS)
        job.folder.mkdir()
        (job.folder / "articles-0.parquet").write_bytes(b"half a file")
        run.commit(archive_batch(job, clean))
        assert run.finish(5).counts.archived == 3


def test_halves_and_reject_batch_find_the_page_that_kills(source, root):
    refs = list(find_pages([source]))
    with open_run(root, []) as run:
        first, second = run.job(0, refs, LIMITS).halves()
        assert first.refs + second.refs == tuple(refs)
        one, two = first.halves()
        three, four = one.halves()
        run.commit(archive_batch(three, clean))
        run.commit(reject_batch(four, RejectReason.CRASHED, "killed its worker"))
        run.commit(archive_batch(two, clean))
        run.commit(archive_batch(second, clean))
        manifest = run.finish(5)
    assert manifest.counts.rejected[RejectReason.CRASHED] == 2
    assert [row["source_name"] for row in rows(root, "rejects") if row["detail"] == "killed its worker"] == ["b.html"]


def test_batches_out_of_order_are_refused(source, root):
    refs = list(find_pages([source]))
    with pytest.raises(ValueError, match="after batch"), open_run(root, []) as run:
        staged = [archive_batch(run.job(n, refs[n : n + 1], LIMITS), clean) for n in range(2)]
        run.commit(staged[1])
        run.commit(staged[0])


def test_job_and_staged_batch_travel_between_processes(source, root):
    with open_run(root, []) as run:
        job = run.job(0, list(find_pages([source])), LIMITS)
        assert pickle.loads(pickle.dumps(job)) == job
        assert isinstance(job, BatchJob)
        staged = archive_batch(job, clean)
        assert pickle.loads(pickle.dumps(staged)) == staged
        assert [sample.source_name for sample in staged.samples] == ["c.html", "d.html"]


def test_large_pages_are_staged_in_several_parts(source, root, monkeypatch):
    monkeypatch.setattr(batch, "PART_CHARS", 10)
    assert run_archive(source, root, size=10).counts.archived == 3
    assert len(list((root / "articles").rglob("*.parquet"))) == 3
    assert len(list((root / "text").rglob("*.zip"))) == 3


@pytest.mark.parametrize("fields", [{"title": 7}, {"authors": (None, 3)}, {"published_at": "yesterday"}])
def test_article_that_fits_no_column_is_a_reject_and_its_neighbours_stay(source, root, fields):
    def cleaner(raw, limits):
        found = clean(raw, limits)
        return replace(found, metadata=replace(found.metadata, **fields)) if raw.source_name == "b.html" else found

    manifest = run_archive(source, root, size=10, cleaner=cleaner)
    assert manifest.counts == Counts(5, 2, 0, 0, {RejectReason.NO_ARTICLE: 1, RejectReason.CRASHED: 2})
    assert names(root) == ["a.html", "e/f.html"]
    assert run_archive(source, root).counts.unchanged == 5


TEXT = st.text(st.characters())  # halves of surrogate pairs and control characters, too


@given(
    name=TEXT, texts=st.lists(TEXT, max_size=4), fields=st.fixed_dictionaries({"title": st.none() | TEXT, "url": TEXT})
)
@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_text_is_staged(tmp_path, name, texts, fields):
    blocks = tuple(LabelledBlock(text, Label.PARAGRAPH, text, 1.0) for text in texts)
    found = Article(name, "0" * 64, Metadata(**fields, tags=tuple(texts)), blocks, 1.0)
    stamp = RunStamp("20261124T120000Z-abcdef", NOON, "0.1.0")
    rejects = [RejectRow(Rejected(name, RejectReason.EMPTY, name, url=name), stamp)]
    part = stage_part(tmp_path, 0, [ArticleRow(found, stamp)], rejects)
    assert [file.rows for file in part.files] == [1, 1, 1]


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
    path.write_text(path.read_text("utf-8").replace('"schema_version": 1', '"schema_version": 99'), "utf-8")
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
