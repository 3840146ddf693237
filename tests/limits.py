"""Ends what would go on for ever. It goes by CPU time, so that a busy machine does not count against anybody."""

import gc
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


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
