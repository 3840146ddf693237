"""Runs over an archive, each killed one step later than the one before, until one comes through.

`python -m tests.archive_kills SOURCE OUT [BASE]`: each run gets a folder OUT/<step>. Where an archive BASE is given,
that is a copy of it, and the run is killed in its recovery. A step is each rename, exchange, removal and flush. A
program of its own, so that no thread of the caller's is in the forks.
"""

import os
import shutil
import signal
import sys
from itertools import count
from pathlib import Path

from outputs import rewrite
from outputs.archive import open_run
from tests.archive_samples import run_archive


def die_at(step: int) -> None:
    steps = count()

    def counted(function):
        def call(*args, **kwargs):
            if next(steps) == step:
                os.kill(os.getpid(), signal.SIGKILL)
            return function(*args, **kwargs)

        return call

    Path.rename = counted(Path.rename)
    Path.unlink = counted(Path.unlink)
    rewrite._swapped = counted(rewrite._swapped)
    os.fsync = counted(lambda _: None)  # what a killed process has written is there without it
    os.unlink = counted(os.unlink)
    os.rmdir = counted(os.rmdir)


def main(source: Path, out: Path, base: Path | None) -> None:
    for step in count():
        archive = out / f"{step:03d}"
        if base:
            shutil.copytree(base, archive)
        child = os.fork()
        if child == 0:
            die_at(step)
            if not base:
                run_archive(source, archive)
            else:  # the recovery alone; what comes then is the same as without BASE
                with open_run(archive, [str(source)]):
                    os._exit(0)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        if not os.WIFSIGNALED(status):
            sys.exit(os.waitstatus_to_exitcode(status))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]) if len(sys.argv) > 3 else None)
