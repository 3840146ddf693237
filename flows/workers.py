"""The processes that clean a run's pages, which a page that kills or hangs its process cannot break.

The workers import the core alone, never Prefect. They end with their parent, however it ends.
"""

import faulthandler
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable
from concurrent.futures import CancelledError, Future, ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from ctypes import c_longlong
from functools import cache, partial
from multiprocessing.connection import wait
from multiprocessing.context import ForkServerContext
from pathlib import Path
from typing import Any, Final

from config.limits import Limits
from outputs.batch import BatchJob, archive_batch, reject_batch
from outputs.staging import StagedBatch
from tasks.page import Article, RawPage, Rejected, RejectReason

BatchFunction = Callable[[BatchJob], StagedBatch]

# A page is given its time limit and this many seconds more, then its process ends: it hangs where no signal reaches.
HANG_SECONDS: Final = 10.0
# Pages after which a worker makes room for a new one: it grows with what it remembers of them, by a tenth up to
# here. To learn it anew takes a new one 2 s.
RENEWED_AFTER: Final = 2_000


class StoppedError(RuntimeError):
    """The run was stopped while a batch was at work."""


class Workers:
    """The processes that clean batches. `submit` and `outcome` may be called from any thread.

    Each is handed one batch at a time by a thread of its own, so that one that dies takes no other's batch with it.
    """

    def __init__(self, count: int, clean: BatchFunction | None = None, publishers: Path | None = None) -> None:
        self.count = count
        self._publishers = publishers
        self._clean = clean or clean_batch
        self._context = _context()
        # Without a lock, which a worker that is killed would keep: now and then a page is not counted.
        self._ticks = self._context.RawValue(c_longlong, 0)
        self._lock = threading.Lock()
        self._isolation = threading.Lock()
        self._pools: set[ProcessPoolExecutor] = set()
        self._idle = [_Worker(self._new_pool, self._end_pool) for _ in range(count)]
        self._threads = ThreadPoolExecutor(count, "worker")
        self._stopped = False

    @property
    def pages(self) -> int:
        """About how many pages the workers have begun to clean, those of repeated batches twice."""
        return self._ticks.value

    def begin(self, job: BatchJob) -> Callable[[], list[StagedBatch]]:
        """Hand a batch to the workers. What is returned waits for its outcome."""
        return partial(self.outcome, job, self.submit(job))

    def submit(self, job: BatchJob) -> "Future[StagedBatch]":
        """Hand a batch to the workers. Raises StoppedError."""
        try:
            return self._threads.submit(self._hand_over, job)
        except RuntimeError as error:  # of threads that were shut down
            raise StoppedError("stopped") from error

    def outcome(self, job: BatchJob, future: "Future[StagedBatch]") -> list[StagedBatch]:
        """Wait for a batch. One whose process died comes back in pieces, the page that killed it rejected."""
        try:
            return [future.result()]
        except CancelledError as error:
            raise StoppedError("stopped") from error
        except BrokenProcessPool:
            with self._isolation:  # one suspect at a time, so that a death has one possible cause
                return self._isolate(job)

    def stop(self) -> None:
        """End all processes at once."""
        with self._lock:
            self._stopped = True
        self._threads.shutdown(wait=False, cancel_futures=True)
        self._kill()
        while self._is_busy():  # with a process that had not begun
            time.sleep(0.01)
            self._kill()
        self.close()

    def _is_busy(self) -> bool:
        with self._lock:
            return len(self._idle) < self.count or self._isolation.locked()

    def _kill(self) -> None:
        with self._lock:
            pools = list(self._pools)
        for pool in pools:
            for process in list((pool._processes or {}).values()):
                process.kill()

    def close(self) -> None:
        """End the processes once they are done."""
        self._threads.shutdown(wait=True)
        for pool in list(self._pools):
            self._end_pool(pool)

    def _hand_over(self, job: BatchJob) -> StagedBatch:
        """Have a batch cleaned by a worker that is idle: there is one for each thread."""
        with self._lock:
            worker = self._idle.pop()
        try:
            return worker.clean(self._clean, job)
        finally:
            with self._lock:
                self._idle.append(worker)

    def _isolate(self, job: BatchJob) -> list[StagedBatch]:
        """Clean a suspect batch in a process of its own, and in halves if that dies, too."""
        if self._stopped:
            raise StoppedError("stopped")
        started = time.monotonic()
        try:
            return [self._alone(job)]
        except BrokenProcessPool as death:
            if self._stopped:
                raise StoppedError("stopped") from death
        if len(job.refs) > 1:
            return [staged for half in job.halves() for staged in self._isolate(half)]
        reason, detail = _verdict(time.monotonic() - started, job.limits.page_seconds)
        return [reject_batch(job, reason, detail)]

    def _alone(self, job: BatchJob) -> StagedBatch:
        pool = self._new_pool()
        try:
            return pool.submit(self._clean, job).result()
        finally:
            self._end_pool(pool)

    def _new_pool(self) -> ProcessPoolExecutor:
        """A pool of one process, which starts with its first batch. Raises StoppedError."""
        with self._lock:
            if self._stopped:
                raise StoppedError("stopped")
            pool = ProcessPoolExecutor(1, self._context, _begin_worker, (self._ticks, self._publishers))
            self._pools.add(pool)
        return pool

    def _end_pool(self, pool: ProcessPoolExecutor) -> None:
        """Wait until a pool's process has ended."""
        pool.shutdown(wait=True)
        with self._lock:
            self._pools.discard(pool)


class _Worker:
    """A process that cleans one batch after the other, and is followed by a new one when it dies or has grown."""

    def __init__(self, new: Callable[[], ProcessPoolExecutor], end: Callable[[ProcessPoolExecutor], None]) -> None:
        self._new, self._end = new, end
        self._pool: ProcessPoolExecutor | None = None
        self._pages = 0

    def clean(self, clean: BatchFunction, job: BatchJob) -> StagedBatch:
        """Clean a batch. Raises BrokenProcessPool where the process dies, and what `clean` raises."""
        if self._pool is None:
            self._pool, self._pages = self._new(), 0
        goes_on = False
        self._pages += len(job.refs)
        try:
            staged = self._pool.submit(clean, job).result()
            goes_on = self._pages < RENEWED_AFTER
        finally:
            if not goes_on:
                pool, self._pool = self._pool, None
                self._end(pool)
        return staged


def clean_batch(job: BatchJob) -> StagedBatch:
    """Clean a batch in a worker, which dies when one of its pages hangs where no signal reaches."""
    _load_cleaner()
    return archive_batch(job, _clean_watched)


@cache
def _load_cleaner() -> None:
    """Load rules and model by cleaning a page: a fault of theirs is to end the run, not to reject every page."""
    from tasks.clean import clean_page  # noqa: PLC0415  (loads the model, which only the workers need)
    from tasks.publishers import load_publishers  # noqa: PLC0415

    clean_page(RawPage("", b"<html><body><h1>Title</h1><p>One paragraph.</p></body></html>"))
    load_publishers(_publishers)


def _clean_watched(raw: RawPage, limits: Limits) -> Article | Rejected:
    from tasks.clean import clean_page  # noqa: PLC0415
    from tasks.publishers import load_publishers  # noqa: PLC0415

    if _ticks is not None:
        _ticks.value += 1
    faulthandler.dump_traceback_later(limits.page_seconds + HANG_SECONDS, exit=True, file=_nowhere)
    try:
        return clean_page(raw, limits, publishers=load_publishers(_publishers))
    finally:
        faulthandler.cancel_dump_traceback_later()


_ticks: c_longlong | None = None
_nowhere: Any = None
_publishers: Path | None = None


def _begin_worker(ticks: c_longlong, publishers: Path | None) -> None:
    global _ticks, _nowhere, _publishers
    _ticks, _publishers, _nowhere = ticks, publishers, open(os.devnull, "w")  # noqa: PTH123, SIM115  (open as long as the worker)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a Ctrl-C is for the parent, which then stops us
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)


def _context() -> ForkServerContext:
    # One server process imports what cleaning needs, and the workers are its forks: they start in no time and share its
    # memory. Never a fork of this process, which has threads.
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["flows.workers", "tasks.clean", "py3langid"])
    return context


def _verdict(seconds: float, limit: float) -> tuple[RejectReason, str]:
    if seconds >= limit + HANG_SECONDS:
        return RejectReason.TIMEOUT, f"not done after {limit + HANG_SECONDS:g} s, deaf to signals"
    return RejectReason.CRASHED, "cleaning it killed the process"
