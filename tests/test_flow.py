"""The flow end to end, by the real command on a Prefect server that it starts itself."""

import json
import random
import re
import shlex
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq
import pytest

from flows.archiving import Request, open_archiving
from tests.conftest import Stet, write_pages

PARTS = "articles/*/*.parquet"


def summary_of(stet: Stet, *arguments: str | Path, env: Mapping[str, str] | None = None) -> dict[str, Any]:
    done = stet("archive", *arguments, "--json", env=env)
    assert done.returncode == 0, done.stderr
    summary: dict[str, Any] = json.loads(done.stdout)
    outcomes = summary["archived"] + summary["unchanged"] + summary["duplicate"] + summary["rejected"]
    assert summary["read"] == outcomes
    assert summary["rejected"] == sum(summary["rejected_by_reason"].values())
    return summary


def snapshot(archive: Path) -> dict[str, int]:
    return {str(path): path.stat().st_mtime_ns for path in sorted(archive.rglob("*")) if path.is_file()}


def test_first_second_and_third_run(stet: Stet, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    pages, archive = write_pages(tmp_path / "pages", range(6)), tmp_path / "archive"
    shutil.copy(pages / "page-00000.html", pages / "page-00000-copy.html")
    first = summary_of(stet, pages, "--to", archive)
    assert (first["read"], first["archived"], first["duplicate"], first["rejected"]) == (7, 6, 1, 0)
    assert first["pages_per_second"] > 0
    table = pq.read_table(archive / "articles")
    assert sorted(table["title"].to_pylist()) == [f"Ferry report {number}" for number in range(6)]
    assert Path(first["manifest"]).is_file()

    named = {"PREFECT_API_URL": request.getfixturevalue("prefect_server").api_url}  # a server that the user names
    before = snapshot(archive / "articles")
    second = summary_of(stet, pages, "--to", archive, env=named)
    assert (second["read"], second["unchanged"], second["files"], second["manifest"]) == (7, 7, 0, None)
    assert snapshot(archive / "articles") == before

    write_pages(pages, range(6, 7))
    third = summary_of(stet, pages, "--to", archive, env=named)
    assert (third["read"], third["archived"], third["unchanged"]) == (8, 1, 7)
    assert pq.read_table(archive / "articles").num_rows == 7


def test_what_people_see_off_a_terminal(stet: Stet, tmp_path: Path, data_home: Path) -> None:
    pages = write_pages(tmp_path / "pages", range(3))
    (pages / "empty.html").write_bytes(b"")
    archive = tmp_path / "it's [an] archive"
    done = stet("archive", pages, "--to", archive)
    assert done.returncode == 0
    first, *progress = done.stderr.splitlines()
    assert first == "4 pages"  # and nothing of Prefect's
    assert all(re.match(r"\d of 4 pages \(", line) for line in progress)  # where the machine is slow
    said = dict(re.findall(r"^ *(\S.*?)  +([\d.,]+)$", done.stdout, re.MULTILINE))
    assert (said["read"], said["archived"], said["rejected"], said["empty"]) == ("4", "3", "1", "1")
    assert str(archive) in done.stdout
    command = shlex.split(done.stdout.split("Try: ")[1])
    assert command[:2] == ["stet", "query"]
    rows = [line.rsplit(",", 3) for line in stet(*command[1:], "--csv").stdout.splitlines()]
    assert sum(int(row[1]) for row in rows[1:]) == 3
    assert artifact_of(archive, data_home).count("| archived | 3 |") == 1


def artifact_of(archive: Path, data_home: Path) -> str:
    """What the one run over an archive has told Prefect."""
    with sqlite3.connect(data_home / "stet" / "prefect" / "prefect.db") as database:
        rows = database.execute("SELECT data FROM artifact WHERE key = 'archive-news'").fetchall()
    (found,) = [text for (text,) in rows if f"`{archive}`" in json.loads(text)]
    return str(json.loads(found))


def test_verbose_brings_prefect_back(stet: Stet, tmp_path: Path) -> None:
    pages = write_pages(tmp_path / "pages", range(2))
    done = stet("archive", pages, "--to", tmp_path / "archive", "--verbose", "--json")
    assert done.returncode == 0
    assert "Flow run" in done.stderr
    assert json.loads(done.stdout)["archived"] == 2


@pytest.mark.usefixtures("prefect_server")
def test_bad_pages_are_accounted_for_and_stop_nothing(stet: Stet, tmp_path: Path) -> None:
    pages = write_pages(tmp_path / "pages", range(3))
    (pages / "binary.html").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20)
    (pages / "cut.html.gz").write_bytes(b"\x1f\x8b\x08\0\0\0\0\0\0\x03abc")
    (pages / "deep.html").write_text("<div>" * 100_000 + "deep", "utf-8")
    (pages / "empty.txt").write_bytes(b" \n")
    (pages / "other.jpg").write_bytes(b"no page by its name")
    (pages / "nowhere.html").symlink_to(tmp_path / "nowhere")
    summary = summary_of(stet, pages, "--to", tmp_path / "archive")
    assert (summary["read"], summary["archived"], summary["rejected"]) == (8, 3, 5)
    rejects = pq.read_table(tmp_path / "archive" / "rejects").to_pylist()
    assert Counter(row["reason"] for row in rejects) == summary["rejected_by_reason"]
    reasons = {row["source_name"]: row["reason"] for row in rejects}
    assert reasons["binary.html"] == "binary"
    assert reasons["cut.html.gz"] == "broken_compression"
    assert reasons["empty.txt"] == "empty"
    assert reasons["nowhere.html"] == "unreadable"


@pytest.mark.usefixtures("prefect_server")
def test_no_pages(stet: Stet, tmp_path: Path) -> None:
    (tmp_path / "pages").mkdir()
    assert summary_of(stet, tmp_path / "pages", "--to", tmp_path / "archive")["read"] == 0


@pytest.mark.usefixtures("prefect_server")
def test_settings_may_name_sources_and_archive(stet: Stet, tmp_path: Path) -> None:
    write_pages(tmp_path / "pages", range(2))
    (tmp_path / "stet.toml").write_text('sources = ["pages"]\narchive = "out"\nmin_words = 100000\n')
    summary = summary_of(stet, "--config", tmp_path / "stet.toml")
    assert summary["archive"] == str(tmp_path / "out")
    assert summary["rejected_by_reason"] == {"no_article": 2}


@pytest.mark.long
@pytest.mark.parametrize(
    ("number", "code", "said"), [(signal.SIGINT, 130, "interrupted"), (signal.SIGTERM, 143, "terminated")]
)
def test_a_signal_ends_the_command_and_all_its_processes(
    environment: dict[str, str], tmp_path: Path, number: int, code: int, said: str, stet: Stet
) -> None:
    pages, archive = write_pages(tmp_path / "pages", range(600)), tmp_path / "archive"
    command = [sys.executable, "-m", "flows.cli", "archive", str(pages), "--to", str(archive), "--batch-pages", "20"]
    process = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    wait_for_parts(archive, process)
    family = descendants(process.pid)
    process.send_signal(number)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == code
    assert re.fullmatch(rf"stet: {said}; .*", errors.splitlines()[-1])
    assert "Traceback" not in errors
    gone_within(family, 10)
    assert summary_of(stet, pages, "--to", archive)["read"] == 600
    assert pq.read_table(archive / "articles").num_rows == 600


def wait_for_parts(archive: Path, process: "subprocess.Popen[str]", already: int = 0) -> None:
    while process.poll() is None and len(list(archive.glob(PARTS))) <= already:
        time.sleep(0.02)
    assert process.poll() is None, process.stderr and process.stderr.read()


def descendants(pid: int) -> list[int]:
    """The processes below one, from /proc."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = entry.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        children.setdefault(int(fields[1]), []).append(int(entry.parent.name))
    found, waiting = [], [pid]
    while waiting:
        below = children.get(waiting.pop(), [])
        found += below
        waiting += below
    return found


def gone_within(pids: list[int], seconds: float) -> None:
    end = time.monotonic() + seconds
    while alive := [pid for pid in pids if is_alive(pid)]:
        assert time.monotonic() < end, f"left over: {[command_of(pid) for pid in alive]}"
        time.sleep(0.1)


def command_of(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")
    except OSError:
        return "gone"


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.long
def test_a_second_run_at_the_same_time_is_refused(environment: dict[str, str], tmp_path: Path, stet: Stet) -> None:
    pages, archive = write_pages(tmp_path / "pages", range(800)), tmp_path / "archive"
    command = [sys.executable, "-m", "flows.cli", "archive", str(pages), "--to", str(archive), "--batch-pages", "20"]
    process = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        wait_for_parts(archive, process)
        done = stet("archive", pages, "--to", archive)
        assert done.returncode == 2
        assert "another run is writing" in done.stderr
    finally:
        process.communicate(timeout=120)
    assert process.returncode == 0


@pytest.fixture(scope="module")
def four_hundred(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[dict[str, Any]]]:
    return undisturbed(tmp_path_factory.mktemp("undisturbed"), 400)


def undisturbed(folder: Path, count: int) -> tuple[Path, list[dict[str, Any]]]:
    """Some pages, and their articles from a run that nothing disturbs, without Prefect."""
    pages = write_pages(folder / "pages", range(count))
    with open_archiving(Request((pages,), folder / "archive", batch_pages=25)) as archiving:
        for number in archiving.jobs():
            archiving.commit(archiving.outcome(number))
        archiving.finish()
    return pages, articles(folder / "archive")


@pytest.mark.long
@pytest.mark.parametrize("seed", range(2))  # benchmarks/kill.py does it fifty times
def test_killed_at_any_moment_the_next_run_completes(
    four_hundred: tuple[Path, list[dict[str, Any]]], request: pytest.FixtureRequest, tmp_path: Path, seed: int
) -> None:
    if seed:  # the first with servers of their own, which are gone with them
        request.getfixturevalue("prefect_server")
    environment, stet = map(request.getfixturevalue, ("environment", "stet"))
    (pages, expected), archive = four_hundred, tmp_path / "archive"
    command = [sys.executable, "-m", "flows.cli", "archive", str(pages), "--to", str(archive), "--batch-pages", "25"]
    moments = random.Random(seed)
    for kill in range(2):
        process = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        parts = list(archive.glob(PARTS))
        if kill and sum(pq.read_metadata(part).num_rows for part in parts) < 400:  # while parts come into place
            wait_for_parts(archive, process, already=len(parts))
        time.sleep(moments.uniform(0, 0.5) if kill else moments.uniform(0.5, 6))
        family = descendants(process.pid)
        process.kill()
        process.communicate()
        gone_within(family, 15)
        readable(archive)
    assert summary_of(stet, pages, "--to", archive)["read"] == 400
    completed = articles(archive)
    assert [row["article_id"] for row in completed] == [row["article_id"] for row in expected]
    for one, other in zip(completed, expected, strict=True):
        assert one == other


def readable(archive: Path) -> None:
    parts = list(archive.glob("articles/**/*.parquet"))
    if parts:
        rows = pq.read_table(archive / "articles").num_rows
        assert duckdb.sql(f"SELECT count(*) FROM read_parquet('{archive}/articles/**/*.parquet')").fetchall() == [
            (rows,)
        ]
    assert not [path for path in archive.glob("articles/**/*") if path.is_file() and path not in parts]


def articles(archive: Path) -> list[dict[str, Any]]:
    own = {"archived_at", "run_id", "archived_on"}
    rows = pq.read_table(archive / "articles").to_pylist()
    return sorted(
        ({name: value for name, value in row.items() if name not in own} for row in rows),
        key=lambda row: row["article_id"],
    )
