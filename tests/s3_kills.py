"""Runs over archives at S3, each killed one step later than the one before, until one comes through.

`python -m tests.s3_kills SOURCE URL`: each run gets an archive URL/<step>. `python -m tests.s3_kills ACTION URL` does
the same with `compact` or `migrate`, of copies of the archive URL/base, three steps later each. A step is what is sent
to put or remove an object: every second time the run dies halfway through it, else right after it. A program of its
own, so that no thread of the caller's is in the forks.
"""

import os
import signal
import socket
import sys
from itertools import count
from pathlib import Path

from outputs.layout import archive_at
from outputs.s3 import S3Path, _client
from tests.archive_samples import run_archive
from tests.care_kills import ACTIONS, NOW

LARGE = 1000  # bytes: what is as long is the content of an object, or with its headers


def die_at(step: int) -> None:
    steps = count()  # of one thread: none of these runs is long enough for its lock to be put again
    sendall = socket.socket.sendall

    def halved(self, data, *flags):
        is_step = data.startswith((b"PUT ", b"DELETE ")) or len(data) > LARGE
        if is_step and next(steps) == step:
            sendall(self, data[: len(data) // 2] if step % 2 else data, *flags)
            os.kill(os.getpid(), signal.SIGKILL)
        sendall(self, data, *flags)

    socket.socket.sendall = halved
    socket.socket.send = lambda self, data, *flags: halved(self, data, *flags) or len(data)


def copy(base: S3Path, root: S3Path) -> None:
    for place in base.below():
        (root / place.relative_to(base)).take(place)


def main(what: str, out: str) -> None:
    _client()  # made once, for all forks
    for step in count(0, 3 if what in ACTIONS else 1):
        root = archive_at(f"{out}/{step:03d}")
        child = os.fork()
        if child == 0:
            if what in ACTIONS:
                copy(archive_at(f"{out}/base"), root)
            die_at(step)
            ACTIONS[what](root, now=NOW) if what in ACTIONS else run_archive(Path(what), root)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        if not os.WIFSIGNALED(status):
            sys.exit(os.waitstatus_to_exitcode(status))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
