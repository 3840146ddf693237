"""A user's Dask cluster in place of a pool of processes here: each batch is a task of Prefect's Dask task runner.

References go out and staged batches come back, never pages. Dask does the batch of a worker that died again, on another
one; where it gives up, since several died over it or their connections broke, we hand the batch out anew.
"""

from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Final

import distributed
from distributed.comm import CommClosedError
from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.exceptions import CrashedRun, MissingResult, UnfinishedRun
from prefect.logging import get_run_logger
from prefect_dask import DaskTaskRunner
from prefect_dask.task_runners import PrefectDaskFuture

from flows.archiving import ClusterError
from flows.cluster_worker import Terms, clean_here, end_pool
from outputs.batch import BatchJob
from outputs.staging import StagedBatch

_CONNECT_SECONDS: Final = 20
_ATTEMPTS: Final = 5  # each of which outlives three deaths by Dask's own doing
_LOST: Final = (
    distributed.KilledWorker,
    distributed.CancelledError,
    CommClosedError,
    CrashedRun,
    MissingResult,
    UnfinishedRun,
)

Outcome = list[StagedBatch]


@task(name="clean_batch", task_run_name="clean_batch-{number}", cache_policy=NO_CACHE, persist_result=False)
def clean_on_worker(number: int, clean: Callable[[], Outcome]) -> Outcome:
    """Clean a batch on a worker of the cluster."""
    del number
    return clean()


class Cluster:
    """Cleans a run's batches on a Dask cluster. Used as `Workers` is, but within the flow alone."""

    pages: Final = 0  # not known before a batch is done

    def __init__(self, address: str, count: int, terms: Terms) -> None:
        self.count = count
        self._terms = terms
        self._runner = DaskTaskRunner(address=address)
        self._futures: set[PrefectDaskFuture[Outcome]] = set()
        self._is_open = False

    def begin(self, job: BatchJob) -> Callable[[], Outcome]:
        """Hand a batch to the cluster. What is returned waits for its outcome."""
        return partial(self._outcome, job, self._submit(job))

    def stop(self) -> None:
        """End what is under way, at once."""
        if self._is_open:
            self._runner.client.cancel([future.wrapped_future for future in self._futures], force=True)
        self.close()

    def close(self) -> None:
        """Leave the cluster as it was."""
        if self._is_open:
            self._is_open = False
            with suppress(OSError):  # the cluster may be gone
                self._runner.client.run(end_pool, self._terms.run_id, wait=False, on_error="ignore")
            self._runner.__exit__(None, None, None)

    def _submit(self, job: BatchJob) -> PrefectDaskFuture[Outcome]:
        if not self._is_open:
            self._runner.__enter__()
            self._is_open = True
        # A partial, since Prefect and Dask look through all that a collection or dataclass holds: every reference.
        parameters = {"number": job.number, "clean": partial(clean_here, job, self._terms)}
        future: PrefectDaskFuture[Outcome] = self._runner.submit(clean_on_worker, parameters)
        self._futures.add(future)
        return future

    def _outcome(self, job: BatchJob, future: PrefectDaskFuture[Outcome]) -> Outcome:
        for _ in range(_ATTEMPTS):
            try:
                outcome: Outcome = future.result()
                return outcome
            except _LOST as error:
                get_run_logger().warning("batch %s is handed out again: %s", job.number, error)
            finally:
                self._futures.discard(future)
                future.wrapped_future.release()  # or Dask would do the batch again when its worker dies later
            future = self._submit(job)
        raise ClusterError(f"the cluster lost batch {job.number} {_ATTEMPTS} times; its workers' logs may say why")


def threads_of(address: str) -> int:
    """Return how many tasks a cluster does at once, at least 1. Raises ClusterError where it cannot be reached."""
    try:
        with distributed.Client(address, timeout=_CONNECT_SECONDS, set_as_default=False) as client:
            return max(int(sum(client.nthreads().values())), 1)
    except (OSError, ValueError) as error:
        raise ClusterError(f"no Dask scheduler answers at {address}") from error
