"""`prefect.yaml`: what it names can be loaded and called, and its deployments run, on a real server on loopback."""

import inspect
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import yaml
from prefect import Flow
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.objects import FlowRun, State
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
from tests.test_flow import PARTS, articles, descendants, gone_within, undisturbed

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
    def started(self, command: str, cwd: Path) -> "Iterator[subprocess.Popen[bytes]]":
        """A command that goes on running, for as long as the context lasts."""
        arguments = [sys.executable, "-m", "prefect", *shlex.split(command)[1:]]
        with self.log.open("wb") as log:
            process = subprocess.Popen(arguments, env=self.environment, cwd=cwd, stdout=log, stderr=log)
        try:
            yield process
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


def begin_deployed(client: SyncPrefectClient, deployment: str, **parameters: object) -> FlowRun:
    found = client.read_deployment_by_name(deployment)
    return client.create_flow_run_from_deployment(found.id, parameters=parameters)


def run_deployed(client: SyncPrefectClient, deployment: str, log: Path, **parameters: object) -> None:
    """Run a deployment and wait for its end."""
    state = end_of(client, begin_deployed(client, deployment, **parameters), log)
    assert state.is_completed(), log.read_text("utf-8")


def end_of(client: SyncPrefectClient, run: FlowRun, log: Path) -> State[Any]:
    """The state that a run ends in."""
    end = time.monotonic() + 150
    while not (run.state and run.state.is_final()):
        assert time.monotonic() < end, log.read_text("utf-8")
        time.sleep(0.2)
        run = client.read_flow_run(run.id)
    return run.state


@pytest.fixture
def cluster() -> Iterator[str]:
    """The address of a Dask cluster of processes that know nothing of this one's modules but Stet."""
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(
        n_workers=1, threads_per_worker=1, processes=True, host="127.0.0.1", dashboard_address=None
    ) as running:
        yield running.scheduler_address


@contextmanager
def deployed(prefect: Prefect, client: SyncPrefectClient, folder: Path, within: int | None = None) -> Iterator[str]:
    """The commands of docs/schedule.md, run over `pages` and `archive` of a folder; yields the last, the worker's.

    `within` stands in for the automation's, in seconds.
    """
    project = folder / "project"
    (project / "config" / "prefect").mkdir(parents=True)
    text = (ROOT / "prefect.yaml").read_text("utf-8")
    for named, here in (("/srv/stet", ROOT), ("/srv/pages", folder / "pages"), ("/srv/archive", folder / "archive")):
        assert named in text
        text = text.replace(named, str(here))
    (project / "prefect.yaml").write_text(text, "utf-8")
    automation = yaml.safe_load((ROOT / "config" / "prefect" / "crashed.yaml").read_text("utf-8"))
    automation["trigger"]["within"] = within or automation["trigger"]["within"]
    (project / "config" / "prefect" / "crashed.yaml").write_text(yaml.safe_dump(automation), "utf-8")
    *commands, worker = commands_of("prefect work-pool create")
    try:
        for command in commands:
            prefect.run(command, cwd=project)
        yield worker
    finally:  # the server is shared
        for found in client.read_automations_by_name(automation["name"]):
            client.delete_automation(found.id)
        client.delete_work_pool("local")


@pytest.mark.long
def test_deployed_runs(prefect: Prefect, client: SyncPrefectClient, cluster: str, tmp_path: Path) -> None:
    """Each deployment for real: night, week, month, and a night on a cluster."""
    pages, archive = tmp_path / "pages", tmp_path / "archive"
    fill(archive, tmp_path / "old", runs=2, pages=2, now=NOON.replace(year=2024))  # a day that is over
    write_pages(pages, range(3))
    with deployed(prefect, client, tmp_path) as worker, prefect.started(worker, cwd=tmp_path):
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


SIGN_OF_LIFE = 30  # seconds; Prefect takes no less


def test_the_automation_waits_for_more_than_one_sign_of_life() -> None:
    automation = yaml.safe_load((ROOT / "config" / "prefect" / "crashed.yaml").read_text("utf-8"))
    for deployment in DEPLOYMENTS:
        environment = deployment["work_pool"]["job_variables"]["env"]
        assert int(environment["PREFECT_FLOWS_HEARTBEAT_FREQUENCY"]) == SIGN_OF_LIFE
    assert automation["trigger"]["within"] >= 3 * SIGN_OF_LIFE


@pytest.mark.long
def test_a_run_killed_with_its_worker_is_marked_crashed_and_the_next_does_the_rest(
    prefect: Prefect, client: SyncPrefectClient, tmp_path: Path
) -> None:
    _, expected = undisturbed(tmp_path, 400)
    archive = Path(shutil.move(tmp_path / "archive", tmp_path / "undisturbed")).with_name("archive")
    asked = {"batch_pages": 25, "workers": 1}
    with deployed(prefect, client, tmp_path, within=SIGN_OF_LIFE + 10) as worker:
        with prefect.started(worker, cwd=tmp_path) as process:
            run = begin_deployed(client, "archive_news/nightly", **asked)
            wait_until(lambda: any(archive.glob(PARTS)), prefect.log)
            family = [process.pid, *descendants(process.pid)]
            for pid in family:
                os.kill(pid, signal.SIGKILL)
            process.wait()
            gone_within(family, 15)
        begun = pq.read_table(archive / "articles").num_rows
        assert 0 < begun < 400
        state = client.read_flow_run(run.id).state
        assert state and state.is_running()  # nobody is left who could say otherwise
        state = end_of(client, run, prefect.log)
        assert state.is_crashed()
        assert state.message == "No sign of life from the run's process."  # the automation's
        with prefect.started(worker, cwd=tmp_path):
            run_deployed(client, "archive_news/nightly", prefect.log, **asked)
    counts = [(each["status"], each["counts"]["archived"]) for each in read_manifests(Layout(archive))]
    assert counts == [("interrupted", begun), ("complete", 400 - begun)]
    assert articles(archive) == expected


def wait_until(is_so: Callable[[], bool], log: Path) -> None:
    end = time.monotonic() + 150
    while not is_so():
        assert time.monotonic() < end, log.read_text("utf-8")
        time.sleep(0.02)


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
