"""Compactions or migrations of copies of an archive, each killed one step later than the one before, until one is done.

`python -m tests.care_kills ACTION BASE OUT`: each gets a folder OUT/<step>. A step is each rename, exchange, removal
and flush. A program of its own, so that no thread of the caller's is in the forks. Without OUT the action is done once,
on BASE itself, to be killed from outside.
"""

import os
import shutil
import sys
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

from outputs.compact import compact
from outputs.migrate import migrate
from tests.archive_kills import die_at

NOW = datetime(2026, 11, 25, 0, 1, tzinfo=UTC)
ACTIONS = {"compact": compact, "migrate": migrate}


def main(action: str, base: Path, out: Path) -> None:
    for step in count():
        archive = out / f"{step:03d}"
        shutil.copytree(base, archive)
        child = os.fork()
        if child == 0:
            die_at(step)
            ACTIONS[action](archive, now=NOW)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        if not os.WIFSIGNALED(status):
            sys.exit(os.waitstatus_to_exitcode(status))


if __name__ == "__main__":
    if len(sys.argv) > 3:
        main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
    else:
        ACTIONS[sys.argv[1]](Path(sys.argv[2]), now=NOW)
