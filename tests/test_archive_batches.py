"""Batches: duplicates among them, pieces of them, and pages that fit nowhere."""

import pickle
import zipfile
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from outputs import batch
from outputs.archive import open_run
from outputs.batch import BatchJob, archive_batch, reject_batch
from outputs.manifest import Counts
from outputs.rows import ArticleRow, RejectRow, RunStamp
from outputs.staging import stage_part
from tasks.page import Article, Label, LabelledBlock, Metadata, Rejected, RejectReason
from tasks.read import find_pages
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
