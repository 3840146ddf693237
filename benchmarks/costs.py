"""What a piece of work costs: wall, CPU by kind of process, memory, by looking at the processes now and then."""

import threading
import time
from dataclasses import dataclass, replace

import psutil

_LOOK_SECONDS = 1.0
_SERVER = "flows.local_server"
_MB = 1 << 20


@dataclass(frozen=True)
class Cost:
    """Seconds and bytes. `main` is this process's CPU, `server` that of Prefect's server, `others` the workers'."""

    wall: float
    main: float
    server: float
    others: float
    main_bytes: int
    other_bytes: int  # of the largest
    all_bytes: int  # of this process and the workers at the same time, what they share counted once

    @property
    def cpu(self) -> float:
        """All CPU."""
        return self.main + self.server + self.others

    @property
    def memory(self) -> str:
        """The peaks, for people."""
        main, other, both = (round(size / _MB) for size in (self.main_bytes, self.other_bytes, self.all_bytes))
        return f"{main:,} MB coordinating, {other:,} MB the largest worker, {both:,} MB all together"

    def less(self, other: "Cost") -> "Cost":
        """The cost without another's time."""
        return replace(
            self,
            wall=self.wall - other.wall,
            main=self.main - other.main,
            server=self.server - other.server,
            others=self.others - other.others,
        )

    def line(self, pages: int) -> str:
        """The times of that many pages, for people."""
        cpu, main, server, others = (
            seconds / pages * 1000 for seconds in (self.cpu, self.main, self.server, self.others)
        )
        return (
            f"{self.wall:,.1f} s, {pages / self.wall:,.1f} pages a second; CPU {cpu:.2f} ms a page: "
            f"workers {others:.2f}, coordinating {main:.3f}, Prefect's server {server:.3f}"
        )


def server_process() -> int:
    """The id of the Prefect server that this process has started."""
    return next(process.pid for process in psutil.Process().children() if _SERVER in process.cmdline())


class Meter:
    """Measures what is done within its context, in this process and its children, and in a server of another's."""

    def __init__(self, server: int | None = None) -> None:
        self._others = [psutil.Process(server)] if server else []

    def __enter__(self) -> "Meter":
        self._me = psutil.Process()
        self._first: dict[int, float] = {}
        self._last: dict[int, float] = {}
        self._servers: set[int] = set()
        self._peaks = [0, 0, 0]
        self._own = 0.0  # the CPU that looking takes
        self._over = threading.Event()
        self._look()
        self._first = dict(self._last)
        self._began = time.perf_counter()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        wall = time.perf_counter() - self._began
        self._over.set()
        self._thread.join()
        before = time.thread_time()
        self._look()
        self._own += time.thread_time() - before
        spent = {pid: last - self._first.get(pid, 0.0) for pid, last in self._last.items()}
        main = spent.pop(self._me.pid) - self._own
        server = sum(seconds for pid, seconds in spent.items() if pid in self._servers)
        self.cost = Cost(wall, main, server, sum(spent.values()) - server, *self._peaks)

    def _watch(self) -> None:
        while not self._over.wait(_LOOK_SECONDS):
            self._look()
        self._own += time.thread_time()

    def _look(self) -> None:
        main, others, together = 0, 0, 0
        for process in [self._me, *self._me.children(recursive=True), *self._others]:
            try:
                times = process.cpu_times()
                self._last[process.pid] = times.user + times.system
                if process.pid not in self._servers and _SERVER in process.cmdline():
                    self._servers.add(process.pid)
                if process.pid in self._servers:
                    continue
                size = process.memory_full_info().pss
            except (psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess):
                continue
            together += size
            if process.pid == self._me.pid:
                main = process.memory_info().rss
            else:
                others = max(others, process.memory_info().rss)
        self._peaks = [max(pair) for pair in zip(self._peaks, (main, others, together), strict=True)]
