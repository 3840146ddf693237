"""What a worker of a Dask cluster does with a batch: it cleans it in processes of its own.

So a page that kills or hangs its process ends that process and never the worker, and is found as on one machine (see
`flows.workers`). Knows nothing of Prefect.
"""

import asyncio
import multiprocessing
import secrets
import shutil
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from distributed import get_worker

from flows.archiving import ClusterError, made_with
from flows.workers import BatchFunction, Workers
from outputs.batch import BatchJob
from outputs.manifest import versions
from outputs.s3 import S3Path
from outputs.staging import StagedBatch
from tasks.storage import Place

_MAY_DIFFER: Final = ("python",)


@dataclass(frozen=True, slots=True)
class Terms:
    """What a run asks of each worker, so that the archive is the same wherever a batch is cleaned."""

    run_id: str
    places: tuple[Place, ...]  # must be the same files there as here
    publishers: Path | None
    versions: Mapping[str, str]
    clean: BatchFunction | None = None
    known: Path | None = None  # the file of the keys of known pages; None: where the job says


class _Pool:
    """A run's processes on this worker, and how many of its batches they are at."""

    def __init__(self, terms: Terms) -> None:
        self.known = _brought(terms)
        self.workers = Workers(get_worker().state.nthreads, terms.clean, terms.publishers)
        self.batches = 0

    def stop(self) -> None:
        """End the processes, whatever they are at."""
        self.workers.stop()
        if self.known:
            shutil.rmtree(self.known.parent, ignore_errors=True)


_pools: dict[str, _Pool] = {}
_lock = threading.Lock()


def clean_here(job: BatchJob, terms: Terms) -> list[StagedBatch]:
    """Clean a batch on the worker that this is called on. Raises ClusterError for a worker that does not keep terms."""
    # A cluster may do a batch twice, even at once: where a worker is slow to answer, or died with an outcome that it
    # kept. So each attempt has a folder of its own, and the one whose outcome arrives is put in place.
    attempt = replace(job, piece=f"-{secrets.token_hex(4)}")
    with _pool_of(terms) as pool:
        if pool.known:
            attempt = replace(attempt, known=pool.known)
        batches = pool.workers.outcome(attempt, pool.workers.submit(attempt))
    return [_sent(staged, terms.known) for staged in batches] if isinstance(terms.known, S3Path) else batches


async def end_pool(run_id: str) -> None:
    """End a run's processes on this worker, whatever they are at."""
    await asyncio.to_thread(_end, run_id)  # the worker's loop is not to wait for them


@contextmanager
def _pool_of(terms: Terms) -> Iterator[_Pool]:
    with _lock:
        if terms.run_id not in _pools:
            _check(terms)
            _end_idle()
            _allow_children()
            _pools[terms.run_id] = _Pool(terms)
        pool = _pools[terms.run_id]
        pool.batches += 1
    try:
        yield pool
    finally:
        with _lock:
            pool.batches -= 1


def _end(run_id: str) -> None:
    with _lock:
        pool = _pools.pop(run_id, None)
    if pool:
        pool.stop()


def _end_idle() -> None:
    """End the processes of runs that were killed; a run that goes on after a lull gets new ones."""
    for run_id in [run_id for run_id, pool in _pools.items() if not pool.batches]:
        _pools.pop(run_id).stop()


def _allow_children() -> None:
    # Dask's workers are daemons, which Python refuses children, since they would outlive them. Ours do not.
    multiprocessing.current_process().daemon = False


def _brought(terms: Terms) -> Path | None:
    """The known keys of an archive at S3, in a folder of this worker's, where its batches are staged, too.

    Dask removes what is left there by a worker that was killed.
    """
    if not isinstance(terms.known, S3Path):
        return None
    folder = Path(get_worker().local_directory) / f"stet-{terms.run_id}"
    folder.mkdir(parents=True, exist_ok=True)
    known = folder / terms.known.name
    terms.known.bring(known)
    return known


def _sent(staged: StagedBatch, known: S3Path) -> StagedBatch:
    """Put a batch's files where the run finds them, beside the known keys, which are there as long as the run is."""
    if not known.exists():
        raise ClusterError("the run is over")
    parts = []
    for part in staged.parts:
        files = []
        for file in part.files:
            place = known.parent / file.path.parent.name / file.path.name
            place.put(file.path)
            file.path.unlink()
            files.append(replace(file, path=place))
        parts.append(replace(part, files=tuple(files)))
    return replace(staged, parts=tuple(parts))


def _check(terms: Terms) -> None:
    here = get_worker().address
    for place in terms.places:
        if isinstance(place, S3Path):
            _check_store(here, place)
        elif isinstance(place, Path) and not place.exists():
            raise ClusterError(
                f"worker {here} does not see {place}: sources and archive must lie where all workers reach them"
            )
    found = versions(made_with(terms.publishers))
    other = [name for name, version in terms.versions.items() if found.get(name) != version and name not in _MAY_DIFFER]
    if other:
        raise ClusterError(f"worker {here} has another {', '.join(other)}: install the same Stet there and restart it")


def _check_store(here: str, place: S3Path) -> None:
    try:
        is_there = place.exists()
    except (OSError, ImportError) as error:
        raise ClusterError(f"worker {here} does not reach {place}: {error}") from error
    if not is_there:
        raise ClusterError(f"worker {here} does not see {place}: it goes to another store")
