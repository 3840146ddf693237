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

# Interrupts the command that it is started with, as it begins to import a module, and none of its children.
_INTERRUPT = """
import os, signal, sys

class Interrupt:
    module = os.environ.pop("INTERRUPT_AT", None)

    def find_spec(self, name, *_):
        if name == self.module:
            self.module = None
            os.kill(os.getpid(), signal.SIGINT)

sys.meta_path.insert(0, Interrupt())
"""


@pytest.mark.long
def test_serve_runs_on_schedule_and_stops_its_server(environment: dict[str, str], tmp_path: Path) -> None:
    pages, archive = write_pages(tmp_path / "pages", range(3)), tmp_path / "archive"
    with serve(environment, pages, archive, "* * * * *") as process:
        wait_for_manifest(archive, process, 150)
        assert pq.read_table(archive / "articles").num_rows == 3
        time.sleep(3)  # the run's process ends after its manifest
        said = ends_well(process, signal.SIGTERM)
    assert "3 pages" in said
    assert "View at" not in said  # its server has no pages


@pytest.mark.long
@pytest.mark.parametrize("seconds", [0, 0.5, 2])  # it registers its schedule, starts Prefect's runner, and waits
def test_serve_ends_before_its_first_run(environment: dict[str, str], tmp_path: Path, seconds: float) -> None:
    pages, archive = write_pages(tmp_path / "pages", range(3)), tmp_path / "archive"
    with serve(environment, pages, archive, "0 0 1 1 *") as process:
        assert process.stdout is not None
        assert process.stdout.readline() == f"archiving at 0 0 1 1 * (UTC) into {archive}; Ctrl-C ends it\n"
        time.sleep(seconds)
        ends_well(process, signal.SIGINT)
    assert not archive.exists()


@pytest.mark.long
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_serve_ends_while_its_server_starts(environment: dict[str, str], tmp_path: Path, number: int) -> None:
    pages, archive = write_pages(tmp_path / "pages", range(3)), tmp_path / "archive"
    with serve(environment, pages, archive, "0 0 1 1 *") as process:
        while process.poll() is None and not descendants(process.pid):
            time.sleep(0.05)
        ends_well(process, number)


@pytest.mark.parametrize("module", ["flows.cli", "typer", "config.settings", "prefect", "anyio"])
def test_serve_ends_in_its_imports(environment: dict[str, str], tmp_path: Path, module: str) -> None:
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "sitecustomize.py").write_text(_INTERRUPT)
    path = {"PYTHONPATH": f"{tmp_path / 'site'}:{environment['PYTHONPATH']}", "INTERRUPT_AT": module}
    pages, archive = write_pages(tmp_path / "pages", range(3)), tmp_path / "archive"
    with serve(environment | path, pages, archive, "0 0 1 1 *") as process:
        said, errors = process.communicate(timeout=60)
    assert (process.returncode, said, errors) == (0, "", "")


def test_a_ctrl_c_in_the_imports_of_another_command_is_no_traceback(
    environment: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "sitecustomize.py").write_text(_INTERRUPT)
    path = {"PYTHONPATH": f"{tmp_path}:{environment['PYTHONPATH']}", "INTERRUPT_AT": "typer"}
    command = [sys.executable, "-m", "flows.entry", "--version"]
    done = subprocess.run(command, env=environment | path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "stet: interrupted\n")


@contextmanager
def serve(environment: dict[str, str], pages: Path, archive: Path, cron: str) -> "Iterator[subprocess.Popen[str]]":
    command = [sys.executable, "-m", "flows.entry", "serve", "--cron", cron, str(pages), "--to", str(archive)]
    with subprocess.Popen(
        command, env=environment, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def ends_well(process: "subprocess.Popen[str]", number: int) -> str:
    """Returns what the process has said on standard error."""
    family = descendants(process.pid)
    assert family
    process.send_signal(number)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 0, errors
    assert "Traceback" not in errors
    gone_within(family, 15)
    return errors


def wait_for_manifest(archive: Path, process: "subprocess.Popen[str]", seconds: float) -> None:
    end = time.monotonic() + seconds
    while not list(archive.glob("_runs/*.json")):
        if process.poll() is not None or time.monotonic() > end:
            process.kill()
            pytest.fail(f"no run: {process.communicate()}")
        time.sleep(0.5)
