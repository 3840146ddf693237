"""`stet serve`: its own server, a run on the minute, and nothing left over when it is told to end."""

import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests.conftest import write_pages
from tests.test_flow import descendants, gone_within


@pytest.mark.long
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_serve_runs_on_schedule_and_stops_its_server(environment: dict[str, str], tmp_path: Path, number: int) -> None:
    pages, archive = write_pages(tmp_path / "pages", range(3)), tmp_path / "archive"
    command = [sys.executable, "-m", "flows.cli", "serve", "--cron", "* * * * *", str(pages), "--to", str(archive)]
    process = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    wait_for_manifest(archive, process, 150)
    assert pq.read_table(archive / "articles").num_rows == 3
    time.sleep(3)  # the run's process ends after its manifest
    family = descendants(process.pid)
    process.send_signal(number)
    output, errors = process.communicate(timeout=60)
    assert process.returncode == 0, errors
    assert re.match(r"archiving at \* \* \* \* \* \(UTC\)", output)
    assert "Traceback" not in errors
    gone_within(family, 15)


def wait_for_manifest(archive: Path, process: "subprocess.Popen[str]", seconds: float) -> None:
    end = time.monotonic() + seconds
    while not list(archive.glob("_runs/*.json")):
        if process.poll() is not None or time.monotonic() > end:
            process.kill()
            pytest.fail(f"no run: {process.communicate()}")
        time.sleep(0.5)
