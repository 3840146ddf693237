"""A run from pages to archive, without Prefect: the flow is a thin layer over this.

Batches are cleaned by a pool of processes and put in place in source order. At most a window of batches is under way,
so that memory and the work that a kill can lose are bounded whatever the size of the source.
"""

import os
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from config.limits import Limits
from flows.extent import Extent, Pages
from flows.summary import Summary
from flows.workers import BatchFunction, Workers
from outputs.archive import ArchiveRun, open_run
from outputs.batch import BatchJob
from outputs.manifest import Counts
from outputs.staging import StagedBatch
from tasks.model import model_digest
from tasks.page import Rejected
from tasks.phrases import rules_digest
from tasks.publishers import checked_publishers
from tasks.read import PageRef
from tasks.storage import shown

SMALLEST_BATCH, LARGEST_BATCH = 50, 2000  # pages: 10 to 20 s of work on one core at the most
_BATCHES_A_WORKER = 4  # of a small run, so that the workers end at about the same time
_SAMPLES = 5
DEFAULT_LIMITS = Limits()


@dataclass(frozen=True, slots=True)
class Request:
    """What a run is asked for."""

    sources: tuple[Path | str, ...]  # a string is a URL
    archive: Path
    workers: int | None = None
    batch_pages: int | None = None
    limits: Limits = DEFAULT_LIMITS
    publishers: Path | None = None  # a folder of publisher rules

    @property
    def worker_count(self) -> int:
        """The processes to clean with: as asked, else one a core that this process may use."""
        return self.workers or usable_cores()


class Archiving:
    """A run under way. Made by `open_archiving`; driven by `jobs`, `outcome` and `commit`, then `finish`."""

    def __init__(self, request: Request, run: ArchiveRun, workers: Workers, extent: Extent) -> None:
        self.run = run
        self.summary: Summary | None = None
        self.window = _BATCHES_A_WORKER * workers.count + 1
        self._request = request
        self._workers = workers
        self._refs = Pages(request.sources, extent)
        expected = self._refs.total if extent.is_complete else LARGEST_BATCH * self.window
        self._size = request.batch_pages or batch_size(expected, workers.count)
        self._under_way: dict[int, tuple[BatchJob, Future[StagedBatch]]] = {}
        self._ahead: list[int] = []
        self._started = time.monotonic()
        self._found = 0
        self._number = 0
        self._samples: list[Rejected] = []

    @property
    def total(self) -> int:
        """How many pages there are, counted or estimated: see `total_text`."""
        return self._refs.total

    @property
    def total_text(self) -> str:
        """The total, for people."""
        return f"{self.total:,}" if self._refs.is_exact else f"about {self.total:,}"

    @property
    def pages_done(self) -> int:
        """How many pages are through, as far as is known."""
        return min(self.total, max(self.run.counts.read, self._workers.pages))

    @property
    def seconds(self) -> float:
        """How long the run has been under way."""
        return time.monotonic() - self._started

    def start_ahead(self) -> None:
        """Hand the first batches to the workers, before `jobs` asks for them."""
        # Going through files that hold many pages takes time of its own, which is for later.
        batches = self.window if self._refs.is_exact else self._workers.count + 1
        self._ahead = list(islice(self._new_jobs(), batches))

    def jobs(self) -> Iterator[int]:
        """Hand batch after batch to the workers and yield its number. The caller keeps to the window."""
        yield from self._ahead
        yield from self._new_jobs()

    def outcome(self, number: int) -> list[StagedBatch]:
        """Wait for a batch; more than one comes back where it had to be split. May be called from any thread."""
        return self._workers.outcome(*self._under_way.pop(number))

    def commit(self, batches: Sequence[StagedBatch]) -> Counts:
        """Put a job's outcome in place. Jobs come in source order."""
        counts = Counts()
        for staged in batches:
            counts += self.run.commit(staged)
            self._samples += staged.samples[: _SAMPLES - len(self._samples)]
        return counts

    def finish(self) -> Summary:
        """Check that every page is accounted for, write the manifest and sum up. Raises AccountingError."""
        manifest = self.run.finish(self._found)
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
            self._under_way[job.number] = job, self._workers.submit(job)
            yield job.number

    def _next_refs(self) -> tuple[PageRef, ...]:
        return tuple(islice(self._refs, self._size))


_begun: ContextVar[Archiving | None] = ContextVar("begun", default=None)


@contextmanager
def open_archiving(request: Request, clean: BatchFunction | None = None) -> Iterator[Archiving]:
    """Open the archive for a run and start the workers.

    Raises SourceError for a source that cannot be read and RuleError for publisher rules that are wrong, before
    anything is written, and ArchiveError for an archive that cannot be written or is being written to. `clean`
    stands in for the workers' function.
    """
    extent = Extent.of(request.sources)
    publishers = checked_publishers(request.publishers)
    made_with = {
        "model_sha256": model_digest(),
        "rules_sha256": rules_digest(),
        "publishers_sha256": publishers.digest,
    }
    with open_run(request.archive, [shown(source) for source in request.sources], extra_versions=made_with) as run:
        workers = Workers(request.worker_count, clean, request.publishers)
        archiving = Archiving(request, run, workers, extent)
        try:
            yield archiving
        except BaseException:
            archiving.stop()
            raise
        workers.close()


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
    """Choose how many pages a batch has: few enough that all workers have work, and that a kill loses little."""
    return min(max(pages // (workers * _BATCHES_A_WORKER) + 1, SMALLEST_BATCH), LARGEST_BATCH)


def usable_cores() -> int:
    """Count the cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
