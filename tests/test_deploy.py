"""`prefect.yaml`: what it names can be loaded and called, and a deployed run archives, on a real server on loopback."""

import inspect
import json
import re
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import yaml
from prefect import Flow
from prefect.client.schemas.schedules import CronSchedule
from prefect.flows import load_flow_from_entrypoint

from tests.conftest import ROOT, write_pages
from tests.test_flow import descendants, gone_within

DEPLOYMENTS: list[dict[str, Any]] = yaml.safe_load((ROOT / "prefect.yaml").read_text("utf-8"))["deployments"]


@pytest.mark.parametrize("deployment", DEPLOYMENTS, ids=lambda deployment: deployment["name"])
def test_entry_point_parameters_and_schedule(deployment: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    flow: Flow[..., Any] = load_flow_from_entrypoint(deployment["entrypoint"], use_placeholder_flow=False)
    assert flow.name == "archive_news"
    assert set(flow.validate_parameters(deployment["parameters"])) <= set(inspect.signature(flow.fn).parameters)
    for schedule in deployment["schedules"]:
        CronSchedule(**schedule)
    assert deployment["concurrency_limit"]["limit"] == 1


def test_pull_is_stated() -> None:
    assert yaml.safe_load((ROOT / "prefect.yaml").read_text("utf-8"))["pull"]


class Server:
    """A Prefect server, and its command line."""

    def __init__(self, environment: dict[str, str], home: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.environment = environment | {
            "PREFECT_HOME": str(home),
            "PREFECT_API_URL": f"http://127.0.0.1:{self.port}/api",
            "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
            "DO_NOT_TRACK": "1",
        }
        options = ["--no-ui", "--host", "127.0.0.1", "--port", str(self.port)]
        self.log = home.with_suffix(".log")
        self.processes = [self.spawn("server", "start", *options)]

    def spawn(self, *arguments: str, cwd: Path | None = None) -> "subprocess.Popen[bytes]":
        command = [sys.executable, "-m", "prefect", *arguments]
        with self.log.open("ab") as log:
            return subprocess.Popen(command, env=self.environment, cwd=cwd, stdout=log, stderr=log)

    def run(self, *arguments: str, cwd: Path | None = None) -> str:
        command = [sys.executable, "-m", "prefect", "--no-prompt", *arguments]
        done = subprocess.run(
            command, env=self.environment, cwd=cwd, capture_output=True, text=True, timeout=120, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def wait(self) -> None:
        for _ in range(240):
            try:
                urllib.request.urlopen(f"{self.environment['PREFECT_API_URL']}/health", timeout=5).close()
                return
            except OSError:
                time.sleep(0.5)
        pytest.fail("the server did not start")

    def stop(self) -> None:
        family = [pid for process in self.processes for pid in descendants(process.pid)]
        for process in reversed(self.processes):
            process.terminate()
        for process in self.processes:
            process.wait(30)
        gone_within(family, 15)


@pytest.fixture
def server(environment: dict[str, str], tmp_path: Path) -> Iterator[Server]:
    running = Server(environment, tmp_path / "prefect")
    try:
        running.wait()
        yield running
    finally:
        running.stop()


@pytest.mark.long
def test_a_deployed_run_archives(server: Server, tmp_path: Path) -> None:
    pages, archive = write_pages(tmp_path / "pages", range(3)), tmp_path / "archive"
    project = tmp_path / "project"
    project.mkdir()
    text = (ROOT / "prefect.yaml").read_text("utf-8")
    for named, here in (("/srv/stet", ROOT), ("/srv/pages", pages), ("/srv/archive", archive)):
        assert named in text
        text = text.replace(named, str(here))
    (project / "prefect.yaml").write_text(text, "utf-8")
    (project / "flows").symlink_to(ROOT / "flows")

    server.run("work-pool", "create", "local", "--type", "process")
    server.run("deploy", "--all", cwd=project)
    server.processes.append(server.spawn("worker", "start", "--pool", "local", cwd=tmp_path))
    server.run("deployment", "run", "archive_news/nightly")
    end = time.monotonic() + 120
    while not list(archive.glob("_runs/*.json")):
        runs = server.run("flow-run", "ls")
        assert time.monotonic() < end and not re.search("FAILED|CRASHED", runs), runs + server.log.read_text("utf-8")
        time.sleep(0.5)
    assert pq.read_table(archive / "articles").num_rows == 3
    manifest = json.loads(next(archive.glob("_runs/*.json")).read_text("utf-8"))
    assert manifest["counts"]["archived"] == 3
