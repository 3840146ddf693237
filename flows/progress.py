"""How far a run is, on standard error: a bar on a terminal, else a line now and then."""

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from flows.archiving import Archiving

_LINE_SECONDS = 10.0
_BAR_SECONDS = 0.2


@contextmanager
def shown(archiving: Archiving, *, bar: bool = True) -> Iterator[None]:
    """Show how far a run is for as long as the context lasts. `bar` may draw one where there is a terminal."""
    over = threading.Event()
    show = _bar if bar and sys.stderr.isatty() else _lines
    thread = threading.Thread(target=show, args=(archiving, over), daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _lines(archiving: Archiving, over: threading.Event) -> None:
    _say(f"{archiving.total_text} pages")
    last = ""
    while not over.wait(_LINE_SECONDS):
        line = _line(archiving)
        # Once all pages are through, the run's end may take a while.
        if line != last:
            _say(line)
        last = line


def _line(archiving: Archiving) -> str:
    done, total, seconds = archiving.pages_done, archiving.total, archiving.seconds
    speed = done / seconds
    if not archiving.is_total_known:
        return f"{done:,} pages so far, {speed:,.0f} a second"
    said = f"{done:,} of {archiving.total_text} pages ({done / max(total, 1):.0%})"
    if done == total:
        return said
    left = f", {_duration((total - done) / speed)} left" if done else ""
    return f"{said}, {speed:,.0f} a second{left}"


def _bar(archiving: Archiving, over: threading.Event) -> None:
    from rich.console import Console  # noqa: PLC0415  (only where there is a terminal)
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn  # noqa: PLC0415

    columns = (
        TextColumn("pages"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[speed]:,.0f} a second"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        bar = progress.add_task("pages", total=None, speed=0.0)
        while not over.wait(_BAR_SECONDS):
            done = archiving.pages_done
            total = archiving.total if archiving.is_total_known else None
            progress.update(bar, total=total, completed=done, speed=done / archiving.seconds)
        progress.update(bar, total=archiving.total, completed=archiving.pages_done)


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
