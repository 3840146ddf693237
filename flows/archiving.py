"""A run from pages to archive, without Prefect: the flow is a thin layer over this.

Batches are cleaned by a pool of processes, or on a Dask cluster, and put in place in source order. At most a window of
batches is under way, so that memory and the work that a kill can lose are bounded whatever the size of the source.
"""

import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import Protocol

from config.limits import Limits
from flows.extent import Extent, Pages
from flows.summary import Summary
from flows.workers import BatchFunction, Workers
from outputs.archive import ArchiveRun, open_run
from outputs.batch import BatchJob
from outputs.ledger import KnownPages
from outputs.lock import writing
from outputs.manifest import Counts
from outputs.staging import StagedBatch
from outputs.visits import Visits
from tasks.model import model_digest
from tasks.page import Rejected
from tasks.phrases import rules_digest
from tasks.publishers import checked_publishers
from tasks.read import PageRef
from tasks.storage import absolute, shown

# Pages: 5 to 10 s of work on one core at the most. A batch is in memory whole where it is cleaned and where it is put
# in place, so that batches which grew with the run would make a long run's processes larger than a short one's.
SMALLEST_BATCH, LARGEST_BATCH = 50, 250
_SHARES = 2  # of what is left, for each worker: batches grow smaller to the end, and the workers end at about one time
_BATCHES_A_WORKER = 4  # under way or waiting
_SAMPLES = 5
DEFAULT_LIMITS = Limits()


class ClusterError(RuntimeError):
    """A Dask cluster that cannot be used. The message is one line for the user."""


@dataclass(frozen=True, slots=True)
class Request:
    """What a run is asked for."""

    sources: tuple[Path | str, ...]  # a string is a URL
    archive: Path
    workers: int | None = None
    batch_pages: int | None = None
    limits: Limits = DEFAULT_LIMITS
    publishers: Path | None = None  # a folder of publisher rules
    dask: str | None = None  # the address of a cluster's scheduler
    reread: bool = False  # files that have not changed and pages that are archived, too


class Cleaners(Protocol):
    """What cleans a run's batches: `Workers` here, or a `Cluster`."""

    count: int  # batches that are cleaned at once

    @property
    def pages(self) -> int:
        """About how many pages have been begun, as far as is known."""

    def begin(self, job: BatchJob) -> Callable[[], list[StagedBatch]]:
        """Hand a batch over. What is returned waits for its outcome, more than one where it had to be split."""

    def stop(self) -> None:
        """End what is under way, at once."""

    def close(self) -> None:
        """End, once all is done."""


class Archiving:
    """A run under way. Made by `open_archiving`; driven by `jobs`, `outcome` and `commit`, then `finish`."""

    def __init__(self, request: Request, run: ArchiveRun, workers: Cleaners, extent: Extent, visits: Visits) -> None:
        self.run = run
        self.summary: Summary | None = None
        self.window = _BATCHES_A_WORKER * workers.count + 1
        self._request = request
        self._workers = workers
        self._visits = visits
        self._pages = Pages(request.sources, extent, visits)
        self._refs: Iterator[PageRef] = self._pages
        self._under_way: dict[int, Callable[[], list[StagedBatch]]] = {}
        self._outcomes: dict[int, list[StagedBatch]] = {}
        self._ahead: list[int] = []
        self._started = time.monotonic()
        self._found = 0  # pages, in batches or passed over
        self._passed_over = 0  # of these, those that are counted
        self._number = 0
        self._samples: list[Rejected] = []

    @property
    def is_on_cluster(self) -> bool:
        """Whether a cluster cleans, whose batches are tasks of Prefect by themselves."""
        return self._request.dask is not None

    @property
    def total(self) -> int:
        """How many pages there are, counted or estimated: see `total_text`."""
        return self._pages.total

    @property
    def is_total_known(self) -> bool:
        """Whether `total` is more than what has been found so far: not where listing the sources takes too long."""
        return self._pages.is_total_known

    @property
    def total_text(self) -> str:
        """The total, for people."""
        if not self.is_total_known:
            return "many"
        return f"{self.total:,}" if self._pages.is_exact else f"about {self.total:,}"

    @property
    def pages_done(self) -> int:
        """How many pages are through, as far as is known."""
        return min(self.total, max(self.run.counts.read, self._pages.passed_over + self._workers.pages))

    @property
    def seconds(self) -> float:
        """How long the run has been under way."""
        return time.monotonic() - self._started

    def start_ahead(self) -> None:
        """Hand the first batches to the workers, before `jobs` asks for them. A cluster gets none outside the flow."""
        if self.is_on_cluster:
            return
        # Going through files that hold many pages takes time of its own, which is for later.
        batches = self.window if self._pages.is_exact else self._workers.count + 1
        self._ahead = list(islice(self._new_jobs(), batches))

    def jobs(self) -> Iterator[int]:
        """Hand batch after batch to the workers and yield its number. The caller keeps to the window."""
        yield from self._ahead
        yield from self._new_jobs()

    def wait(self, number: int) -> None:
        """Wait for a batch. May be called from any thread; where a cluster cleans, from the flow's alone."""
        self._outcomes[number] = self._under_way.pop(number)()

    def outcome(self, number: int) -> list[StagedBatch]:
        """Return what became of a batch, waiting for it if need be; more than one where it had to be split."""
        if number not in self._outcomes:
            self.wait(number)
        return self._outcomes.pop(number)

    def commit(self, batches: Sequence[StagedBatch]) -> Counts:
        """Put a job's outcome in place. Jobs come in source order."""
        counts = Counts()
        for staged in batches:
            counts += self.run.commit(staged)
            with writing(self.run.layout):
                self._visits.settle(staged.keys)
            self._samples += staged.samples[: _SAMPLES - len(self._samples)]
        return counts

    def finish(self) -> Summary:
        """Check that every page is accounted for, write the manifest and sum up. Raises AccountingError."""
        manifest = self.run.finish(self._found)
        self._visits.keep()
        self.summary = Summary.of(manifest, self.run.layout, self.seconds, self.run.recovered, self._samples)
        return self.summary

    def stop(self) -> None:
        """End the workers at once."""
        self._workers.stop()

    def _new_jobs(self) -> Iterator[int]:
        while refs := self._next_refs():
            job = self.run.job(self._number, refs, self._request.limits)
            self._number += 1
            self._found += len(refs)
            self._under_way[job.number] = self._workers.begin(job)
            yield job.number

    def _next_refs(self) -> tuple[PageRef, ...]:
        if not self._number and not self._visits.is_first and not self._request.batch_pages:
            self._look_ahead()
        refs = tuple(islice(self._refs, self._request.batch_pages or self._fit_size()))
        self._pass_over()
        return refs

    def _look_ahead(self) -> None:
        """Find the first pages that are new, of which there may be few: passing over the others takes no time."""
        ahead = list(islice(self._refs, LARGEST_BATCH * self.window))
        self._refs = chain(ahead, self._refs)
        self._pass_over()

    def _pass_over(self) -> None:
        passed_over = self._pages.passed_over - self._passed_over
        self.run.pass_over(passed_over)
        self._passed_over += passed_over
        self._found += passed_over

    def _fit_size(self) -> int:
        """Choose the size of the next batch by what is left, which is known better and better."""
        left = self._pages.total - self._found if self._pages.is_total_known else LARGEST_BATCH * self.window
        return batch_size(left, self._workers.count)


_begun: ContextVar[Archiving | None] = ContextVar("begun", default=None)


@contextmanager
def open_archiving(request: Request, clean: BatchFunction | None = None) -> Iterator[Archiving]:
    """Open the archive for a run and start the workers.

    Raises SourceError for a source that cannot be read and RuleError for publisher rules that are wrong, before
    anything is written, and ArchiveError for an archive that cannot be written or is being written to. `clean`
    stands in for the workers' function. Raises ClusterError for a cluster that does not answer.
    """
    extent = Extent.of(request.sources)
    digests = made_with(request.publishers)
    count = request.workers or _capacity(request.dask)
    sources = [shown(source) for source in request.sources]
    with open_run(request.archive, sources, extra_versions=digests, again=request.reread) as run:
        known = KnownPages.load(run.known)
        visits = Visits(run.layout, run.known.parent, request.sources, known, reread=request.reread)
        workers = _cleaners(request, run, count, clean)
        archiving = Archiving(request, run, workers, extent, visits)
        try:
            yield archiving
        except BaseException:
            archiving.stop()
            raise
        workers.close()


def made_with(publishers: Path | None) -> dict[str, str]:
    """Return the digests of what decides how a page is cleaned. Raises RuleError for publisher rules that are wrong."""
    return {
        "model_sha256": model_digest(),
        "rules_sha256": rules_digest(),
        "publishers_sha256": checked_publishers(publishers).digest,
    }


@contextmanager
def under_way(archiving: Archiving) -> Iterator[None]:
    """Let the flow take over a run that this process has begun, so that pages are cleaned while Prefect starts."""
    token = _begun.set(archiving)
    try:
        yield
    finally:
        _begun.reset(token)


def begun() -> Archiving | None:
    """Return the run that this process has begun, if it has."""
    return _begun.get()


def batch_size(pages: int, workers: int) -> int:
    """Choose how many of the pages left the next batch has: few enough for all workers, and that a kill loses little.

    It is guided self-scheduling (Polychronopoulos and Kuck, 1987) with half the share, within bounds.
    """
    return min(max(pages // (workers * _SHARES) + 1, SMALLEST_BATCH), LARGEST_BATCH)


def usable_cores() -> int:
    """Count the cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _capacity(dask: str | None) -> int:
    if dask is None:
        return usable_cores()
    from flows.cluster import threads_of  # noqa: PLC0415  (an extra)

    return threads_of(dask)


def _cleaners(request: Request, run: ArchiveRun, count: int, clean: BatchFunction | None) -> Cleaners:
    if request.dask is None:
        return Workers(count, clean, request.publishers)
    from flows.cluster import Cluster  # noqa: PLC0415
    from flows.cluster_worker import Terms  # noqa: PLC0415

    publishers = request.publishers and request.publishers.absolute()
    known = run.share()
    places = (known, *map(absolute, request.sources), *filter(None, [publishers]))
    terms = Terms(run.stamp.run_id, places, publishers, run.versions, clean, known)
    return Cluster(request.dask, count, terms)
