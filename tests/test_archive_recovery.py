"""A run killed at any step leaves an archive that readers open and that the next run completes."""

import json
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest

from outputs import archive, recovery
from outputs.archive import open_run
from outputs.batch import archive_batch
from outputs.layout import ArchiveError
from tasks.read import find_pages
from tests.archive_samples import LIMITS, clean, run_archive, tree, write_pages

PAGES = {
    "a.html": "First page\nwith text",
    "b.html": "reject",
    "c.html": "Second page\nwith text",
    "d.html": "First page\nwith text",
    "e.html": "Third page\nwith text",
}


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    return write_pages(tmp_path_factory.mktemp("source"), PAGES)


@pytest.fixture(scope="module")
def undisturbed(source, tmp_path_factory):
    root = tmp_path_factory.mktemp("undisturbed")
    run_archive(source, root)
    return pages(root, "articles"), pages(root, "rejects")


def pages(root: Path, table: str) -> list[tuple]:
    if not (root / table).exists():
        return []
    found = ds.dataset(root / table, format="parquet", partitioning="hive").to_table().to_pylist()
    return sorted((row["source_name"], row["source_sha256"], row.get("text"), row.get("reason")) for row in found)


def killed_runs(source: Path, out: Path, *base: Path) -> list[Path]:
    command = [sys.executable, "-m", "tests.archive_kills", *map(str, (source, out, *base))]
    subprocess.run(command, check=True, cwd=Path(__file__).parents[1], timeout=300)
    return sorted(out.iterdir())


def check_readable(root: Path, undisturbed: list[tuple]) -> None:
    assert set(pages(root, "articles")) <= set(undisturbed)
    for part in (root / "articles").rglob("*"):
        if part.is_file():
            ids = pq.ParquetFile(part).read(columns=["article_id"])["article_id"].to_pylist()
            with zipfile.ZipFile(root / "text" / part.parent.name / f"{part.stem}.zip") as texts:
                assert texts.namelist() == [f"{article}.txt" for article in ids]
    for manifest in (root / "_runs").glob("*.json"):
        json.loads(manifest.read_text("utf-8"))


def check_completed(root: Path, undisturbed: tuple[list, list]) -> None:
    assert (pages(root, "articles"), pages(root, "rejects")) == undisturbed
    files = [
        file["path"]
        for manifest in (root / "_runs").glob("*.json")
        for file in json.loads(manifest.read_text("utf-8"))["files"]
    ]
    assert sorted(files) == [path for path in tree(root) if not path.startswith("_")]
    assert not (root / "_staging").exists()


@pytest.fixture(scope="module")
def killed(source, tmp_path_factory):
    """An archive for each step at which the first run over it was killed."""
    return killed_runs(source, tmp_path_factory.mktemp("killed") / "out")


def test_killed_at_every_step(source, undisturbed, killed, tmp_path):
    assert len(killed) > 20
    for number, left in enumerate(killed):
        root = shutil.copytree(left, tmp_path / str(number))
        check_readable(root, undisturbed[0])
        manifest = run_archive(source, root)
        assert manifest.counts.read == len(PAGES)
        check_completed(root, undisturbed)
        before = tree(root)
        assert run_archive(source, root).counts.unchanged == len(PAGES)
        assert tree(root) == before


@pytest.mark.long
def test_killed_at_every_step_of_a_recovery(source, undisturbed, killed, tmp_path):
    # Of the runs above, those that leave something to do: text alone, a part without a manifest.
    states = {}
    for root in killed:
        left = {path.split("/")[0] for path in tree(root) if not path.startswith("_runs/.")}
        states.setdefault(frozenset(left), root)
    assert frozenset({"_staging", "text"}) in states
    assert frozenset({"_staging", "text", "articles", "rejects"}) in states
    for number, state in enumerate(states.values()):
        for root in killed_runs(source, tmp_path / f"second-{number}", state):
            check_readable(root, undisturbed[0])
            run_archive(source, root)
            check_completed(root, undisturbed)


def test_adopted_run_has_a_manifest_of_its_own(source, tmp_path):
    root = tmp_path / "archive"
    refs = list(find_pages([source]))
    with pytest.raises(KeyboardInterrupt), open_run(root, ["news"]) as run:
        run.commit(archive_batch(run.job(0, refs[:2], LIMITS), clean))
        raise KeyboardInterrupt
    [manifest] = [json.loads(path.read_text("utf-8")) for path in (root / "_runs").glob("*.json")]
    assert manifest["run"] == run.stamp.run_id
    assert manifest["status"] == "interrupted"
    assert manifest["sources"] == ["news"]
    assert manifest["counts"]["archived"] == 1
    assert manifest["counts"]["rejected"] == {"no_article": 1}
    assert manifest["versions"]["python"]
    assert [file["rows"] for file in manifest["files"]] == [1, 1, 1]


def test_next_run_says_what_it_recovered(source, tmp_path):
    root = tmp_path / "archive"
    run_archive(source, root)
    [manifest] = (root / "_runs").glob("*.json")
    manifest.unlink()
    with open_run(root, []) as run:
        assert [recovered.run for recovered in run.recovered] == [manifest.stem]
        run.finish(0)
    assert manifest.exists()


def test_damaged_part_of_a_dead_run_is_named(source, tmp_path):
    root = tmp_path / "archive"
    run_archive(source, root)
    [manifest] = (root / "_runs").glob("*.json")
    manifest.unlink()
    part = min((root / "rejects").rglob("*.parquet"))
    part.write_bytes(b"")
    with pytest.raises(ArchiveError, match=r"part-.* is damaged; remove it"):
        run_archive(source, root)


def test_worker_that_outlives_its_run_brings_nothing_back(source, tmp_path):
    root = tmp_path / "archive"
    with open_run(root, []) as run:
        job = run.job(0, list(find_pages([source])), LIMITS)
    with pytest.raises(ArchiveError):
        archive_batch(job, clean)
    assert not (root / "_staging").exists()
    shutil.rmtree(root)


def test_disk_that_fills_up_is_one_clear_line_and_the_next_run_completes(source, undisturbed, tmp_path, monkeypatch):
    root = tmp_path / "archive"

    def full(staged, place):
        raise OSError(28, "No space left on device")

    refs = list(find_pages([source]))
    with pytest.raises(ArchiveError, match=r"cannot write to the archive .*: No space left"), open_run(root, []) as run:
        run.commit(archive_batch(run.job(0, refs[:2], LIMITS), clean))
        monkeypatch.setattr(archive, "publish", full)
        monkeypatch.setattr(recovery, "publish", full)
        run.commit(archive_batch(run.job(1, refs[2:], LIMITS), clean))
    monkeypatch.undo()
    check_readable(root, undisturbed[0])
    assert run_archive(source, root).counts.unchanged == 3  # and the copy of the first
    check_completed(root, undisturbed)
