"""`prefect.yaml`: what it names can be loaded and called, and a deployed run archives, on a real server on loopback."""

import inspect
import json
import re
import shutil
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
from prefect.exceptions import ParameterTypeError
from prefect.flows import load_flow_from_entrypoint
from prefect.utilities.callables import parameter_schema

from tests.conftest import ROOT, write_pages
from tests.test_flow import descendants, gone_within

DEPLOYMENTS: list[dict[str, Any]] = yaml.safe_load((ROOT / "prefect.yaml").read_text("utf-8"))["deployments"]


@pytest.mark.parametrize("deployment", DEPLOYMENTS, ids=lambda deployment: deployment["name"])
def test_entry_point_parameters_and_schedule(deployment: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    flow: Flow[..., Any] = load_flow_from_entrypoint(deployment["entrypoint"], use_placeholder_flow=False)
    assert flow.name == deployment["entrypoint"].rpartition(":")[2]
    assert set(flow.validate_parameters(deployment["parameters"])) <= set(inspect.signature(flow.fn).parameters)
    for schedule in deployment["schedules"]:
        CronSchedule(**schedule)
    assert deployment["concurrency_limit"]["limit"] == 1
    assert deployment["work_pool"]["work_queue_name"] == "archive"
    properties = parameter_schema(flow).model_dump()["properties"]
    assert all(field["title"] and field["description"] for field in properties.values())


def test_bounds_of_parameters_are_in_the_schema(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    flow: Flow[..., Any] = load_flow_from_entrypoint(DEPLOYMENTS[0]["entrypoint"], use_placeholder_flow=False)
    schema = parameter_schema(flow).model_dump()
    assert schema["required"] == ["sources", "archive"]
    assert schema["properties"]["sources"]["items"] == {"type": "string"}
    assert schema["properties"]["page_seconds"]["exclusiveMinimum"] == 0
    assert {"type": "integer", "minimum": 1} in schema["properties"]["workers"]["anyOf"]
    with pytest.raises(ParameterTypeError):
        flow.validate_parameters({"sources": ["/srv/pages"], "archive": "/srv/archive", "dask": "no address"})


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
    server.run("work-queue", "create", "archive", "--pool", "local", "--limit", "1")
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


SILENT = """
import sys, time
from prefect import flow
from prefect.client.orchestration import get_client
from prefect.events import emit_event
from prefect.states import Running

with get_client(sync_client=True) as client:
    run = client.create_flow_run(flow(lambda: None, name="silent"), state=Running())
    event = emit_event("prefect.flow-run.heartbeat", resource={"prefect.resource.id": f"prefect.flow-run.{run.id}"})
    end = time.monotonic() + 60
    while client.read_flow_run(run.id).state_type.value != "CRASHED":
        if time.monotonic() > end:
            sys.exit("still running")
        time.sleep(0.5)
"""


@pytest.mark.long
def test_a_run_that_falls_silent_is_marked_crashed(server: Server, tmp_path: Path) -> None:
    automation = yaml.safe_load((ROOT / "config" / "prefect" / "crashed.yaml").read_text("utf-8"))
    assert automation["trigger"]["within"] >= 90
    automation["trigger"]["within"] = 10  # the least that Prefect takes
    (tmp_path / "crashed.yaml").write_text(yaml.safe_dump(automation))
    server.run("automation", "create", "--from-file", str(tmp_path / "crashed.yaml"))
    done = subprocess.run(
        [sys.executable, "-c", SILENT], env=server.environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("unit", sorted((ROOT / "config" / "systemd").iterdir()), ids=lambda path: path.name)
def test_systemd_takes_the_units(unit: Path, tmp_path: Path) -> None:
    if not shutil.which("systemd-analyze"):
        pytest.skip("needs systemd-analyze")
    for each in unit.parent.iterdir():  # a timer is checked with its service
        (tmp_path / each.name).write_text(re.sub("/srv/stet/.venv/bin/[a-z]+", "/bin/true", each.read_text("utf-8")))
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(tmp_path / unit.name)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
