"""`stet serve`: its own server, a run on the minute, and nothing left over when it is told to end."""

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests.conftest import write_pages
from tests.test_flow import descendants, gone_within


@pytest.mark.long
def test_serve_runs_on_schedule_and_stops_its_server(environment: dict[str, str], tmp_path: Path) -> None:
    pages, archive = write_pages(tmp_path / "pages", range(3)), tmp_path / "archive"
    with serve(environment, pages, archive, "* * * * *") as process:
        wait_for_manifest(archive, process, 150)
        assert pq.read_table(archive / "articles").num_rows == 3
        time.sleep(3)  # the run's process ends after its manifest
        ends_well(process, signal.SIGTERM)


@pytest.mark.long
def test_serve_ends_before_its_first_run(environment: dict[str, str], tmp_path: Path) -> None:
    pages, archive = write_pages(tmp_path / "pages", range(3)), tmp_path / "archive"
    with serve(environment, pages, archive, "0 0 1 1 *") as process:
        assert process.stdout is not None
        assert process.stdout.readline() == f"archiving at 0 0 1 1 * (UTC) into {archive}; Ctrl-C ends it\n"
        time.sleep(2)  # it registers its schedule
        ends_well(process, signal.SIGINT)
    assert not archive.exists()


@contextmanager
def serve(environment: dict[str, str], pages: Path, archive: Path, cron: str) -> "Iterator[subprocess.Popen[str]]":
    command = [sys.executable, "-m", "flows.cli", "serve", "--cron", cron, str(pages), "--to", str(archive)]
    with subprocess.Popen(
        command, env=environment, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def ends_well(process: "subprocess.Popen[str]", number: int) -> None:
    family = descendants(process.pid)
    assert family
    process.send_signal(number)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 0, errors
    assert "Traceback" not in errors
    gone_within(family, 15)


def wait_for_manifest(archive: Path, process: "subprocess.Popen[str]", seconds: float) -> None:
    end = time.monotonic() + seconds
    while not list(archive.glob("_runs/*.json")):
        if process.poll() is not None or time.monotonic() > end:
            process.kill()
            pytest.fail(f"no run: {process.communicate()}")
        time.sleep(0.5)
