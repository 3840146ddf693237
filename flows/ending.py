"""How `stet serve` ends when it is told to, by SIGINT or SIGTERM, at any moment: soon, with exit code 0.

An exception that a signal's handler raises can be lost. Imports and destructors swallow it, and Prefect's runner, as
it starts, the cancellation that asyncio makes of it: the command then ran on. So none is raised. Before the runner has
a run there is nothing to lose, and the process ends where it is; from then on a signal is an event to wait for.
"""

import asyncio
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING, NoReturn

from flows.local_server import LocalServer

if TYPE_CHECKING:
    from prefect.runner import Runner

_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_STOP_SECONDS = 20.0  # a run under way has this long to end
_CANCEL_SECONDS = 5.0


class Ending:
    """The end of this process. `server` is stopped first, once there is one."""

    def __init__(self) -> None:
        self.server: LocalServer | None = None

    def now(self, _signal: int = 0, _frame: FrameType | None = None) -> NoReturn:
        """End the process, whatever its threads wait for."""
        if self.server:
            self.server.stop()
        os._exit(0)


@contextmanager
def ending_at_once() -> Iterator[Ending]:
    """End the process at a signal, without a way back through what is under way."""
    ending = Ending()
    before = {number: signal.signal(number, ending.now) for number in _SIGNALS}
    try:
        yield ending
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


async def run_until_told(runner: "Runner", ending: Ending) -> None:
    """Run a runner until a signal comes, then end the process. Raises what the runner fails with."""
    told = asyncio.Event()
    running = asyncio.create_task(runner.start())
    await asyncio.sleep(0)  # in its first step Prefect sets a handler of its own
    for number in _SIGNALS:
        asyncio.get_running_loop().add_signal_handler(number, told.set)
    telling = asyncio.create_task(told.wait())
    await asyncio.wait({running, telling}, return_when=asyncio.FIRST_COMPLETED)
    if running.done():
        telling.cancel()
        running.result()
        return
    await _stop(runner, running)
    ending.now()


async def _stop(runner: "Runner", running: "asyncio.Task[None]") -> None:
    """Stop a runner in the time that it has for that, wherever it is. A signal that comes meanwhile changes nothing."""
    if runner.started:
        stopping = asyncio.create_task(runner.astop())
        await asyncio.wait({stopping, running}, timeout=_STOP_SECONDS)
    if not running.done():
        running.cancel()
        await asyncio.wait({running}, timeout=_CANCEL_SECONDS)
