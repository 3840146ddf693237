"""The lock of an archive at S3: one writer at a time, whatever machine it is on, and none that a dead run keeps."""

import json
import os
import signal
import threading
import time
from pathlib import Path

import pytest

from outputs import lease
from outputs.archive import open_run
from outputs.batch import archive_batch
from outputs.layout import ArchiveError, Layout, archive_at
from outputs.lock import locked
from outputs.s3 import S3Path
from outputs.verify import verify
from tasks.read import find_pages
from tests.archive_samples import LIMITS, clean, run_archive, write_pages

ELSEWHERE = {"run": "20261124T120000Z-abcdef", "host": "another", "process": 7}


@pytest.fixture
def root(bucket: str) -> S3Path:
    found = archive_at(f"s3://{bucket}/archive")
    assert isinstance(found, S3Path)
    return found


@pytest.fixture
def lock(root: S3Path) -> S3Path:
    found = Layout(root).lock
    assert isinstance(found, S3Path)
    return found


def take_elsewhere(lock: S3Path) -> None:
    lock.write_text(json.dumps(ELSEWHERE))


def hold_and_die(root: Path) -> None:
    child = os.fork()
    if child == 0:
        with open_run(root, []):
            os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(child, 0)


def test_it_is_there_while_a_run_is_at_work(root: S3Path, lock: S3Path) -> None:
    with open_run(root, []) as run:
        assert json.loads(lock.read_text())["run"] == run.stamp.run_id
        with pytest.raises(ArchiveError, match=f"another run is writing to {root} .run {run.stamp.run_id}, process"):
            verify(root)
        with pytest.raises(ArchiveError, match="another run is writing"), open_run(root, []):
            pass
    assert not lock.exists()


def test_another_machine_is_kept_off(root: S3Path, lock: S3Path, monkeypatch, tmp_path: Path) -> None:
    with open_run(root, []) as run:
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "another"))
        refused = f"run {run.stamp.run_id}, process {os.getpid()} on .*; should it be dead, its lock ends in [0-9]+ s"
        for _ in range(2):  # being refused must not make the holder look dead
            with pytest.raises(ArchiveError, match=refused), open_run(root, []):
                pass
        assert json.loads(lock.read_text())["run"] == run.stamp.run_id


def test_of_many_that_want_it_one_gets_it(root: S3Path, monkeypatch, tmp_path: Path) -> None:
    monkeypatch.setattr(S3Path, "desk", property(lambda _: tmp_path / threading.current_thread().name))
    ready, got, refused = threading.Barrier(8), [], []

    def want() -> None:
        ready.wait()
        try:
            with locked(Layout(root), threading.current_thread().name):
                got.append(threading.current_thread().name)
                time.sleep(1)
        except ArchiveError as error:
            refused.append(str(error))

    threads = [threading.Thread(target=want, name=f"run-{number}") for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(got), len(refused)) == (1, 7)
    assert all(f"run {got[0]}," in message for message in refused)


def test_that_of_a_run_that_died_here_is_taken_at_once(root: S3Path, lock: S3Path) -> None:
    hold_and_die(root)
    assert lock.exists()
    assert verify(root).runs == 0
    with open_run(root, []):
        pass
    assert not lock.exists()


def test_that_of_a_run_that_died_elsewhere_is_taken_once_it_is_old(root, lock, monkeypatch) -> None:
    take_elsewhere(lock)
    with pytest.raises(ArchiveError, match="process 7 on another"), open_run(root, []):
        pass
    monkeypatch.setattr(lease, "SECONDS", 1.0)
    time.sleep(2.1)  # the store counts in whole seconds
    with open_run(root, []) as run:
        assert json.loads(lock.read_text())["run"] == run.stamp.run_id
    assert not lock.exists()


def test_it_is_put_again_while_the_run_is_at_work(root: S3Path, lock: S3Path, monkeypatch) -> None:
    monkeypatch.setattr(lease, "SECONDS", 2.0)
    with locked(Layout(root), "a-run") as check:
        time.sleep(3.5)
        version = lock.version()
        assert version and lease.holder_of(version, ())
        check()


def test_a_run_that_lost_it_puts_nothing_more_in_place(root, lock, monkeypatch, tmp_path: Path) -> None:
    source = write_pages(tmp_path / "source", {"a.html": "One page\nwith text", "b.html": "Two pages\nwith text"})
    monkeypatch.setattr(lease, "SECONDS", 2.0)
    refs = list(find_pages([source]))
    with pytest.raises(ArchiveError, match="another run has taken its lock"), open_run(root, []) as run:
        staged = [archive_batch(run.job(number, [ref], LIMITS), clean) for number, ref in enumerate(refs)]
        run.commit(staged[0])
        take_elsewhere(lock)
        time.sleep(1)
        run.commit(staged[1])
    assert json.loads(lock.read_text()) == ELSEWHERE
    assert list((root / "_runs").iterdir()) == [lock]  # its manifest is for the next run to write
    lock.unlink()
    manifest = run_archive(source, root)
    assert (manifest.counts.archived, manifest.counts.unchanged) == (1, 1)
    assert verify(root).is_sound


def test_a_run_that_does_not_reach_the_store_gives_up(root, monkeypatch) -> None:
    monkeypatch.setattr(lease, "SECONDS", 1.0)

    def unreachable(self: S3Path) -> None:
        raise OSError("no route")

    with locked(Layout(root), "a-run") as check:
        monkeypatch.setattr(S3Path, "version", unreachable)
        time.sleep(0.7)
        with pytest.raises(ArchiveError, match="the store was out of reach"):
            check()


def test_what_is_no_lock_of_ours_is_one_too(root: S3Path, lock: S3Path) -> None:
    lock.write_text("[]")
    with pytest.raises(ArchiveError, match="another run is writing"), open_run(root, []):
        pass
