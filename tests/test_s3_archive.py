"""An archive at S3, on a real server on loopback: written, killed, completed, read and verified as one in a folder."""

import json
import os
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pyarrow.dataset as ds
import pytest

from flows.cli import run as run_stet
from outputs import s3
from outputs.archive import open_run
from outputs.layout import ArchiveError, Layout, Table, archive_at
from outputs.parquet import open_part
from outputs.s3 import S3Path
from outputs.verify import verify
from outputs.views import open_views
from tests import conftest
from tests.archive_samples import NOON, run_archive, tree, write_pages
from tests.conftest import Stet

PAGES = {
    "a.html": "First page\nwith text",
    "b.html": "reject",
    "c.html": "Second page\nwith text",
}

COMMANDS = [["verify"], ["stats"], ["report"], ["compact"], ["migrate"], ["archive", ".", "--to"]]


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return write_pages(tmp_path / "source", PAGES)


@pytest.fixture
def root(bucket: str) -> S3Path:
    found = archive_at(f"s3://{bucket}/some/archive")
    assert isinstance(found, S3Path)
    return found


def objects(root: S3Path) -> dict[str, bytes]:
    return {place.relative_to(root).as_posix(): place.read_bytes() for place in root.below()}


def pages(root: Path) -> list[tuple]:
    """What the archive says of each page, whichever run says it."""
    found = []
    for table in (Table.ARTICLES, Table.REJECTS):
        for part in Layout(root).parts(table):
            with open_part(part) as file:
                rows = file.read().to_pylist()
            found += [(row["source_name"], row["source_sha256"], row.get("text"), row.get("reason")) for row in rows]
    return sorted(found, key=str)


def test_the_same_files_as_in_a_folder(source: Path, root: S3Path, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr("outputs.archive.new_run_id", lambda _: "20261124T120000Z-abcdef")
    here, there = run_archive(source, tmp_path / "here", now=NOON), run_archive(source, root, now=NOON)
    assert there.files == here.files
    local = tree(tmp_path / "here")
    assert {name: content for name, content in objects(root).items() if not name.startswith("_")} == {
        name: content for name, content in local.items() if not name.startswith("_")
    }
    assert objects(root).keys() | {"_runs/.lock"} == local.keys()


def test_nothing_is_left_on_the_desk(source: Path, root: S3Path) -> None:
    run_archive(source, root)
    assert [path.name for path in root.desk.rglob("*") if path.is_file()] == [".lock"]


def test_a_second_run_writes_nothing(source: Path, root: S3Path) -> None:
    run_archive(source, root)
    before = objects(root)
    again = run_archive(source, root)
    assert (again.counts.unchanged, again.files) == (3, ())
    assert objects(root) == before


def test_relations_reach_back_into_the_archive(root: S3Path, tmp_path: Path) -> None:
    run_archive(write_pages(tmp_path / "one", {"a.html": "One page\nwith text"}), root)
    run_archive(write_pages(tmp_path / "two", {"b.html": "Another page\nwith other words"}), root)
    with open_views(root) as views:
        assert [row["revision"] for row in views.rows("SELECT revision FROM articles ORDER BY archived_at")] == [1, 2]


@pytest.mark.long
def test_a_run_killed_at_any_step_is_completed(source: Path, bucket: str, tmp_path: Path) -> None:
    run_archive(source, tmp_path / "here")
    undisturbed, seen = pages(tmp_path / "here"), set()
    command = [sys.executable, "-m", "tests.s3_kills", str(source), f"s3://{bucket}"]
    subprocess.run(command, check=True, cwd=conftest.ROOT, timeout=300)
    roots = sorted(S3Path(f"s3://{bucket}").iterdir())
    for number, root in enumerate(roots):
        seen.add(frozenset(place.relative_to(root).parts[0] for place in root.below()))
        assert set(pages(root)) <= set(undisturbed)  # all that is visible is whole
        for text in Layout(root).parts(Table.TEXT):
            with text.open("rb") as file, zipfile.ZipFile(file) as texts:
                assert texts.testzip() is None
        run_archive(source, root)  # at once: the dead run was on this machine
        assert pages(root) == undisturbed
        assert number % 4 or verify(root).is_sound
        assert not (root / "_staging").exists()
    assert len(roots) > 12
    assert frozenset({"_runs", "_staging", "text"}) in seen
    assert frozenset({"_runs", "_staging", "text", "articles", "rejects"}) in seen


def test_a_killed_run_says_what_it_was_about(source: Path, root: S3Path) -> None:
    child = os.fork()
    if child == 0:
        with open_run(root, [str(source)]) as run:
            run.layout.part(Table.REJECTS, NOON.date(), run.stamp.run_id, 0).parent.mkdir()
            os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(child, 0)
    (intent,) = (root / "_staging").glob("*/run.json")
    assert json.loads(intent.read_text())["sources"] == [str(source)]
    assert "left by a run that was killed" in str(verify(root).findings)
    run_archive(source, root)
    assert verify(root).is_sound


def test_verify_finds_what_is_changed_missing_or_foreign(source: Path, root: S3Path) -> None:
    run_archive(source, root)
    layout = Layout(root)
    article, text, reject = (next(layout.parts(table)) for table in (Table.ARTICLES, Table.TEXT, Table.REJECTS))
    content = bytearray(article.read_bytes())
    content[len(content) // 2] ^= 1
    article.write_bytes(bytes(content))
    reject.unlink()
    (text.parent / "notes.txt").write_bytes(b"hello")
    problems = {finding.path: finding.problem for finding in verify(root).findings}
    assert "sha256 differs" in problems[layout.relative(article)]
    assert problems[layout.relative(reject)] == "missing"
    assert "foreign" in problems[layout.relative(text.parent / "notes.txt")]


def test_queries_ask_for_columns_and_days(source: Path, root: S3Path) -> None:
    run_archive(source, root, now=NOON)
    with open_views(root) as views:
        rows = views.rows("SELECT source_name FROM articles WHERE archived_on = DATE '2026-11-24' ORDER BY ALL")
        assert [row["source_name"] for row in rows] == ["a.html", "c.html"]
        assert not list(views.rows("SELECT 1 FROM articles WHERE archived_on > DATE '2026-11-24'"))
        assert next(views.rows("SELECT count(*) AS blocks FROM blocks"))["blocks"] == 6
        assert next(views.rows("SELECT rejected FROM runs"))["rejected"] == 1


def test_any_tool_opens_it(source: Path, root: S3Path) -> None:
    run_archive(source, root)
    assert ds.dataset(str(root / "articles"), format="parquet", partitioning="hive").count_rows() == 2


def test_a_url_that_was_made_a_path_is_still_one() -> None:
    assert str(archive_at(Path("s3://bucket/prefix"))) == "s3://bucket/prefix"


@pytest.mark.parametrize("url", ["gs://bucket/prefix", "s3://bucket", "s3://bucket/", "s3://key:secret@bucket/prefix"])
def test_other_places_are_refused(url: str) -> None:
    with pytest.raises(ArchiveError, match="archive"):
        archive_at(url)


@pytest.mark.long
@pytest.mark.usefixtures("prefect_server")
def test_the_command_is_killed_and_completes(stet: Stet, environment, bucket: str, tmp_path: Path, capsys) -> None:
    source = conftest.write_pages(tmp_path / "pages", range(40))
    root = f"s3://{bucket}/archive"
    variables = {name: value for name, value in os.environ.items() if name.startswith(("AWS_", "XDG_CACHE"))}
    command = [sys.executable, "-m", "flows.cli", "archive", str(source), "--to", root, "--batch-pages", "4"]
    with subprocess.Popen(command, env=environment | variables, cwd=tmp_path, start_new_session=True) as process:
        while process.poll() is None and not any(Layout(S3Path(root)).parts(Table.ARTICLES)):
            time.sleep(0.01)
        os.killpg(process.pid, signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL
    kept = len(pages(S3Path(root)))
    assert 0 < kept < 40
    done = stet("archive", source, "--to", root, "--json", env=variables)
    assert done.returncode == 0, done.stderr
    summary = json.loads(done.stdout)
    assert (summary["archive"], summary["archived"], summary["unchanged"]) == (root, 40 - kept, kept)
    assert len(summary["recovered_runs"]) == 1
    assert len({name for name, *_ in pages(S3Path(root))}) == 40
    for arguments in (["verify"], ["stats"], ["query", "SELECT count(*) FROM latest"], ["report"]):
        assert run_stet([*arguments, root]) == 0, capsys.readouterr().err
    assert f"{root}: sound; 40 articles" in capsys.readouterr().out


@pytest.mark.parametrize(
    "arguments", [["verify"], ["stats"], ["report"], ["compact"], ["migrate"], ["archive", ".", "--to"]]
)
def test_a_bucket_that_is_not_there_is_one_line(bucket: str, arguments: list[str], capsys) -> None:
    assert run_stet([*arguments, f"s3://{bucket}-not/archive"]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "no such bucket" in error or "no archive" in error


@pytest.mark.parametrize(
    "arguments", [["verify"], ["stats"], ["report"], ["compact"], ["migrate"], ["archive", ".", "--to"]]
)
def test_a_store_that_does_not_answer_is_one_line(arguments: list[str], monkeypatch, capsys) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setattr(s3, "_TRIES", 1)
    assert run_stet([*arguments, "s3://bucket/archive"]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "Could not connect" in error


def test_without_the_extra_it_says_which(monkeypatch, capsys) -> None:
    monkeypatch.setattr(s3, "find_spec", lambda _: None)
    assert run_stet(["verify", "s3://bucket/archive"]) == 2
    assert "pip install 'stet[s3]'" in capsys.readouterr().err
