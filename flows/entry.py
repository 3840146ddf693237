"""The console script `stet`. What a signal does before the command line, whose imports take a moment, is there."""

import os
import signal
import sys
from types import FrameType
from typing import NoReturn

_INTERRUPTED = 130


def main() -> None:
    """Run the command line. A Ctrl-C during its imports ends it without a traceback, and `stet serve` well."""
    is_serving = sys.argv[1:2] == ["serve"]
    before = signal.signal(signal.SIGINT, _end_well if is_serving else _end)
    from flows.cli import main as run  # noqa: PLC0415

    if not is_serving:
        signal.signal(signal.SIGINT, before)
    run()


def _end(_signal: int, _frame: FrameType | None) -> NoReturn:
    os.write(2, b"stet: interrupted\n")
    os._exit(_INTERRUPTED)


def _end_well(_signal: int, _frame: FrameType | None) -> NoReturn:
    os._exit(0)


if __name__ == "__main__":
    main()
