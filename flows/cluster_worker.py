"""What a worker of a Dask cluster does with a batch: it cleans it in processes of its own.

So a page that kills or hangs its process ends that process and never the worker, and is found as on one machine (see
`flows.workers`). Knows nothing of Prefect.
"""

import asyncio
import multiprocessing
import secrets
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


class _Pool:
    """A run's processes on this worker, and how many of its batches they are at."""

    def __init__(self, terms: Terms) -> None:
        self.workers = Workers(get_worker().state.nthreads, terms.clean, terms.publishers)
        self.batches = 0


_pools: dict[str, _Pool] = {}
_lock = threading.Lock()


def clean_here(job: BatchJob, terms: Terms) -> list[StagedBatch]:
    """Clean a batch on the worker that this is called on. Raises ClusterError for a worker that does not keep terms."""
    # A cluster may do a batch twice, even at once: where a worker is slow to answer, or died with an outcome that it
    # kept. So each attempt has a folder of its own, and the one whose outcome arrives is put in place.
    attempt = replace(job, piece=f"-{secrets.token_hex(4)}")
    with _pool_of(terms) as workers:
        return workers.outcome(attempt, workers.submit(attempt))


async def end_pool(run_id: str) -> None:
    """End a run's processes on this worker, whatever they are at."""
    await asyncio.to_thread(_end, run_id)  # the worker's loop is not to wait for them


@contextmanager
def _pool_of(terms: Terms) -> Iterator[Workers]:
    with _lock:
        if terms.run_id not in _pools:
            _check(terms)
            _end_idle()
            _allow_children()
            _pools[terms.run_id] = _Pool(terms)
        pool = _pools[terms.run_id]
        pool.batches += 1
    try:
        yield pool.workers
    finally:
        with _lock:
            pool.batches -= 1


def _end(run_id: str) -> None:
    with _lock:
        pool = _pools.pop(run_id, None)
    if pool:
        pool.workers.stop()


def _end_idle() -> None:
    """End the processes of runs that were killed; a run that goes on after a lull gets new ones."""
    for run_id in [run_id for run_id, pool in _pools.items() if not pool.batches]:
        _pools.pop(run_id).workers.stop()


def _allow_children() -> None:
    # Dask's workers are daemons, which Python refuses children, since they would outlive them. Ours do not.
    multiprocessing.current_process().daemon = False


def _check(terms: Terms) -> None:
    here = get_worker().address
    for place in terms.places:
        if isinstance(place, Path) and not place.exists():
            raise ClusterError(
                f"worker {here} does not see {place}: sources and archive must lie where all workers reach them"
            )
    found = versions(made_with(terms.publishers))
    other = [name for name, version in terms.versions.items() if found.get(name) != version and name not in _MAY_DIFFER]
    if other:
        raise ClusterError(f"worker {here} has another {', '.join(other)}: install the same Stet there and restart it")
