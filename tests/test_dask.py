"""A Dask cluster of several processes on loopback: pages that kill, workers that are killed, and the same archive."""

import json
import os
import random
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from config.limits import Limits
from config.settings import Settings
from flows import archive_command, cluster
from flows.archiving import ClusterError, made_with
from flows.cluster_worker import Terms, clean_here
from flows.errors import CommandError
from outputs.archive import open_run
from tasks.read import find_pages
from tests import flow_nasty
from tests.conftest import Stet, write_pages

distributed = pytest.importorskip("distributed")


@pytest.fixture(scope="module")
def dask() -> Iterator["distributed.Client"]:
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, host="127.0.0.1", dashboard_address=None
        ) as running,
        distributed.Client(running, set_as_default=False) as client,
    ):
        yield client


@pytest.mark.long
def test_a_page_that_kills_its_process_leaves_the_worker_alive(dask: "distributed.Client", tmp_path: Path) -> None:
    pages, root = tmp_path / "pages", tmp_path / "archive"
    pages.mkdir()
    for number in range(12):
        (pages / f"page-{number:02d}.txt").write_text("kill" if number == 7 else f"Page {number} is good.")
    before = dask.run(os.getpid)
    with open_run(root, [str(pages)], extra_versions=made_with(None)) as run:
        job = run.job(0, tuple(find_pages([pages])), Limits(page_seconds=5))
        terms = Terms(run.stamp.run_id, (run.known, pages), None, run.versions, flow_nasty.batch)
        first, second = (dask.submit(clean_here, job, terms, pure=False) for _ in range(2))
        first.result(60)  # done twice: the one does not touch what the other has staged
        for staged in second.result(60):
            run.commit(staged)
        elsewhere = Terms("other", (tmp_path / "nowhere",), None, run.versions)
        with pytest.raises(ClusterError, match="does not see"):
            dask.submit(clean_here, job, elsewhere).result(60)
        older = Terms("older", (), None, {**run.versions, "model_sha256": "0"})
        with pytest.raises(ClusterError, match="another model_sha256"):
            dask.submit(clean_here, job, older).result(60)
        assert run.finish(12).counts.archived == 11
    rejects = pq.read_table(root / "rejects").to_pylist()
    assert [(row["source_name"], row["reason"]) for row in rejects] == [("page-07.txt", "crashed")]
    assert dask.run(os.getpid) == before


def content(root: Path) -> "pa.Table":
    """All articles but for when and by which run they were archived."""
    table = pq.read_table(root / "articles")
    return table.drop_columns(["run_id", "archived_at", "archived_on"]).sort_by("source_name")


def texts(root: Path) -> list[bytes]:
    return [path.read_bytes() for path in sorted((root / "text").rglob("*.zip"))]


@pytest.mark.long
@pytest.mark.usefixtures("prefect_server")
def test_the_same_archive_though_workers_are_killed(dask: "distributed.Client", stet: Stet, tmp_path: Path) -> None:
    pages = write_pages(tmp_path / "pages", range(240))
    here, there = tmp_path / "here", tmp_path / "there"
    kills: list[int] = []
    killer = threading.Thread(target=kill_workers, args=(dask, there, kills), daemon=True)
    killer.start()
    address = dask.scheduler.address
    done = stet("archive", pages, "--to", there, "--batch-pages", "20", "--dask", address, "--json")
    killer.join(30)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["archived"] == 240
    assert len(kills) == 2
    assert stet("archive", pages, "--to", here, "--batch-pages", "20", "--json").returncode == 0
    assert content(there).equals(content(here))
    assert texts(there) == texts(here)
    assert not (there / "_staging").exists()


def kill_workers(client: "distributed.Client", archive: Path, kills: list[int]) -> None:
    """Kill a worker twice, each time at a random moment after batches have begun to be staged."""
    chance = random.Random(6)
    for number in range(2):
        end = time.monotonic() + 60
        while not list(archive.glob(f"_staging/*/{number * 3:06d}-*")) and time.monotonic() < end:
            time.sleep(0.01)
        time.sleep(chance.uniform(0, 0.3))
        victim = chance.choice(sorted(client.run(os.getpid).values()))
        os.kill(victim, signal.SIGKILL)
        kills.append(victim)


def test_no_scheduler_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "_CONNECT_SECONDS", 0.5)
    with pytest.raises(ClusterError, match=r"no Dask scheduler answers at tcp://127\.0\.0\.1:9"):
        cluster.threads_of("tcp://127.0.0.1:9")


def test_a_missing_extra_is_one_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    pages = write_pages(tmp_path / "pages", range(1))
    monkeypatch.setattr(archive_command, "find_spec", lambda name: None)
    with pytest.raises(CommandError, match=r"pip install 'stet\[dask\]'"):
        archive_command.check(Settings(sources=(pages,), archive=tmp_path / "archive", dask="tcp://127.0.0.1:9"))


def test_workers_elsewhere_need_a_server_that_they_reach(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    pages = write_pages(tmp_path / "pages", range(1))
    settings = Settings(sources=(pages,), archive=tmp_path / "archive", dask="tcp://cluster.example:8786")
    monkeypatch.delenv("PREFECT_API_URL", raising=False)
    with pytest.raises(CommandError, match="PREFECT_API_URL"):
        archive_command.check(settings)
    monkeypatch.setenv("PREFECT_API_URL", "http://prefect.example:4200/api")
    archive_command.check(settings)
