"""Keeping one page from stopping a run."""

import signal
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import TypeVar

from outputs.memory import MemoryLimit
from tasks.page import Rejected, RejectReason

Result = TypeVar("Result")
_DETAIL_CHARS = 500


class _PageTimeout(BaseException):
    """Not an Exception, so that no handler inside a step swallows it."""


class PageGuard:
    """Runs the steps of a page and turns what goes wrong into a `Rejected`.

    The time limit is a timer signal: it works in the main thread of a process on POSIX, which is where a pool's worker
    runs, and is seen when Python code next runs. Elsewhere, and inside one long call of C code, nothing stops the page;
    there the coordinator's limit for the whole batch has to. Use `page_guard`.
    """

    def __init__(self, seconds: float, memory: MemoryLimit, *, has_timer: bool) -> None:
        self._seconds = seconds
        self._memory = memory
        self._has_timer = has_timer
        self._is_armed = False

    def attempt(self, source_name: str, step: Callable[[], Result]) -> Result | Rejected:
        """Run a step of a page within the limits of time and memory."""
        try:
            try:
                self._arm()
                with self._memory:
                    return step()
            finally:
                self._disarm()
        except _PageTimeout:
            detail = f"not done after {self._seconds:g} s"
            return Rejected(source_name, RejectReason.TIMEOUT, detail)
        except MemoryError as error:
            detail = f"{_where(error)}{self._memory.size}"
            return Rejected(source_name, RejectReason.CRASHED, detail[:_DETAIL_CHARS])
        # Any fault of a parser or of ours, on one page of millions: it is kept as a reject, and the run goes on.
        except Exception as error:  # noqa: BLE001
            return Rejected(source_name, RejectReason.CRASHED, _where(error)[:_DETAIL_CHARS])

    def _arm(self) -> None:
        self._is_armed = True
        if self._has_timer:
            # Again every second, should C code have dropped the exception of the first signal.
            signal.setitimer(signal.ITIMER_REAL, self._seconds, 1.0)

    def _disarm(self) -> None:
        self._is_armed = False  # first: a signal that is already on its way must not hit the next page
        if self._has_timer:
            signal.setitimer(signal.ITIMER_REAL, 0)

    def on_signal(self, _signal: int, _frame: FrameType | None) -> None:
        """Stop the page that is at work."""
        if self._is_armed:
            raise _PageTimeout


@contextmanager
def page_guard(seconds: float, megabytes: int = 0) -> Iterator[PageGuard]:
    """Guard pages with a limit of time and one of memory each; 0 is none."""
    in_main_thread = threading.current_thread() is threading.main_thread()
    has_timer = seconds > 0 and in_main_thread and hasattr(signal, "setitimer")
    guard = PageGuard(seconds, MemoryLimit(megabytes), has_timer=has_timer)
    if not has_timer:
        yield guard
        return
    before = signal.signal(signal.SIGALRM, guard.on_signal)
    try:
        yield guard
    finally:
        signal.signal(signal.SIGALRM, before)


def _where(error: Exception) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    place = f" at {'/'.join(Path(frames[-1].filename).parts[-2:])}:{frames[-1].lineno}" if frames else ""
    message = " ".join(str(error).split())
    return f"{type(error).__name__}{place}: {message}"
