"""`prefect.yaml`: what it names can be loaded and called, and its deployments run, on a real server on loopback."""

import inspect
import re
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml
from prefect import Flow
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.schedules import CronSchedule
from prefect.exceptions import ParameterTypeError
from prefect.flows import load_flow_from_entrypoint
from prefect.settings import PREFECT_API_URL, temporary_settings
from prefect.utilities.callables import parameter_schema

from flows.local_server import LocalServer
from outputs.layout import Layout
from outputs.manifest import read_manifests
from tests.archive_samples import NOON
from tests.conftest import ROOT, write_pages
from tests.test_compact import fill
from tests.test_docs import blocks_of
from tests.test_flow import descendants, gone_within

DEPLOYMENTS: list[dict[str, Any]] = yaml.safe_load((ROOT / "prefect.yaml").read_text("utf-8"))["deployments"]


@pytest.mark.parametrize("deployment", DEPLOYMENTS, ids=lambda deployment: deployment["name"])
def test_entry_point_parameters_and_schedule(deployment: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    flow: Flow[..., Any] = load_flow_from_entrypoint(deployment["entrypoint"], use_placeholder_flow=False)
    module, _, name = deployment["entrypoint"].rpartition(".")
    assert flow.name == name
    assert flow.fn.__module__ == module  # by which a cluster finds it; a file's flow would be of a module of no package
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


class Prefect:
    """Prefect's command line, on a server."""

    def __init__(self, environment: dict[str, str], home: Path) -> None:
        quick = {"PREFECT_WORKER_QUERY_SECONDS": "1"}
        self.environment = environment | quick | {"PREFECT_HOME": str(home), "DO_NOT_TRACK": "1"}
        self.log = home.with_suffix(".log")

    def run(self, command: str, cwd: Path | None = None) -> None:
        done = subprocess.run(
            [sys.executable, "-m", "prefect", "--no-prompt", *shlex.split(command)[1:]],
            env=self.environment,
            cwd=cwd,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr

    @contextmanager
    def started(self, command: str, cwd: Path) -> Iterator[None]:
        """A command that goes on running, for as long as the context lasts."""
        arguments = [sys.executable, "-m", "prefect", *shlex.split(command)[1:]]
        with self.log.open("wb") as log:
            process = subprocess.Popen(arguments, env=self.environment, cwd=cwd, stdout=log, stderr=log)
        try:
            yield
        finally:
            family = descendants(process.pid)
            process.terminate()
            process.wait(30)
            gone_within(family, 15)


@pytest.fixture
def prefect(environment: dict[str, str], prefect_server: LocalServer, tmp_path: Path) -> Prefect:
    return Prefect(environment, tmp_path / "prefect")


@pytest.fixture
def client(prefect_server: LocalServer) -> Iterator[SyncPrefectClient]:
    with temporary_settings({PREFECT_API_URL: prefect_server.api_url}), get_client(sync_client=True) as client:
        yield client


def run_deployed(client: SyncPrefectClient, deployment: str, log: Path, **parameters: object) -> None:
    """Run a deployment and wait for its end."""
    found = client.read_deployment_by_name(deployment)
    run = client.create_flow_run_from_deployment(found.id, parameters=parameters)
    end = time.monotonic() + 150
    while not (run.state and run.state.is_final()):
        assert time.monotonic() < end, log.read_text("utf-8")
        time.sleep(0.2)
        run = client.read_flow_run(run.id)
    assert run.state.is_completed(), log.read_text("utf-8")


@pytest.fixture
def cluster() -> Iterator[str]:
    """The address of a Dask cluster of processes that know nothing of this one's modules but Stet."""
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(
        n_workers=1, threads_per_worker=1, processes=True, host="127.0.0.1", dashboard_address=None
    ) as running:
        yield running.scheduler_address


@pytest.mark.long
def test_deployed_runs(prefect: Prefect, client: SyncPrefectClient, cluster: str, tmp_path: Path) -> None:
    """The commands of docs/schedule.md, then each deployment for real: night, week, month, and a night on a cluster."""
    pages, archive = tmp_path / "pages", tmp_path / "archive"
    fill(archive, tmp_path / "old", runs=2, pages=2, now=NOON.replace(year=2024))  # a day that is over
    write_pages(pages, range(3))
    project = tmp_path / "project"
    project.mkdir()
    text = (ROOT / "prefect.yaml").read_text("utf-8")
    for named, here in (("/srv/stet", ROOT), ("/srv/pages", pages), ("/srv/archive", archive)):
        assert named in text
        text = text.replace(named, str(here))
    (project / "prefect.yaml").write_text(text, "utf-8")
    (project / "config").symlink_to(ROOT / "config")

    *commands, worker = commands_of("prefect work-pool create")
    for command in commands:
        prefect.run(command, cwd=project)
    with prefect.started(worker, cwd=tmp_path):
        run_deployed(client, "archive_news/nightly", prefect.log)
        run_deployed(client, "compact/weekly", prefect.log)
        run_deployed(client, "verify/monthly", prefect.log)
        write_pages(pages, range(3, 5))
        run_deployed(client, "archive_news/nightly", prefect.log, dask=cluster)
    manifests = [(each["kind"], each["counts"]["archived"]) for each in read_manifests(Layout(archive))]
    assert manifests == [("archive", 2), ("archive", 2), ("archive", 3), ("compact", 0), ("archive", 2)]


def commands_of(first: str) -> list[str]:
    """The commands of the block of docs/schedule.md that begins so."""
    blocks = [block.code for block in blocks_of(ROOT / "docs" / "schedule.md") if block.code.startswith(first)]
    assert len(blocks) == 1
    return blocks[0].splitlines()


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
def test_a_run_that_falls_silent_is_marked_crashed(prefect: Prefect, tmp_path: Path) -> None:
    automation = yaml.safe_load((ROOT / "config" / "prefect" / "crashed.yaml").read_text("utf-8"))
    assert automation["trigger"]["within"] >= 90
    automation["trigger"]["within"] = 10  # the least that Prefect takes
    (tmp_path / "crashed.yaml").write_text(yaml.safe_dump(automation))
    prefect.run("prefect automation create --from-file crashed.yaml", cwd=tmp_path)
    done = subprocess.run(
        [sys.executable, "-c", SILENT], env=prefect.environment, capture_output=True, text=True, check=False
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
