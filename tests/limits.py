"""Limits of work. They go by CPU time or by lines run, so that a busy machine does not count against anybody."""

import gc
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any


def _late(number: int, frame: FrameType | None) -> None:
    raise TimeoutError("over the limit")


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Raise TimeoutError where this process takes longer. Without collecting garbage, which is that of all tests."""
    before = signal.signal(signal.SIGVTALRM, _late)
    gc.disable()
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        gc.enable()
        signal.signal(signal.SIGVTALRM, before)


def lines_run(work: Callable[[], object]) -> int:
    """How many lines of Python a piece of work comes to."""
    count = 0

    def trace(_frame: FrameType, event: str, _arg: Any) -> Any:
        nonlocal count
        count += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        work()
    finally:
        sys.settrace(before)
    return count
