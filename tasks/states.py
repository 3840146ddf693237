"""In which state a source's file is, told without reading it, so that a later run knows whether it is still the same.

Size and time of change tell it, but for one case: a file that is changed twice within a tick of the clock that its
times are read from. So a file that was changed just now has no state yet, as in git's index ("racy git").
"""

import os
import time
from hashlib import blake2b
from typing import Final

from tasks.sources import SourceFile
from tasks.storage import is_url

STATE_BYTES: Final = 16
# The coarsest clock of a file system in use is FAT's, of two seconds.
_TICK_NS: Final = 2_000_000_000
# A store in the network goes by its own clock; S3 refuses requests of whose clocks it is further off than this.
_REMOTE_TICK_NS: Final = 900_000_000_000


def name_key(file: SourceFile) -> bytes:
    """16 bytes that stand for a file's place and for the name that its pages have in the archive."""
    return _digest(f"{file.address}\0{file.name}")


def state_of(file: SourceFile) -> bytes | None:
    """16 bytes that stand for a file's content as it is now; None where that cannot be told without reading it.

    To be called before the file is read.
    """
    now = time.time_ns()
    if is_url(file.address):
        if file.size is None or file.modified_ns is None or file.modified_ns > now - _REMOTE_TICK_NS:
            return None
        return _digest(f"{file.size}\0{file.modified_ns}")
    try:
        status = os.stat(file.address)  # noqa: PTH116  (of each file of a run's sources; see `SourceFile`)
    except (OSError, ValueError):
        return None
    # A program can set a file's time of modification (as rsync and tar do), but not that of its change.
    if max(status.st_mtime_ns, status.st_ctime_ns) > now - _TICK_NS:
        return None
    return _digest(f"{status.st_size}\0{status.st_mtime_ns}\0{status.st_ctime_ns}\0{status.st_ino}")


def _digest(text: str) -> bytes:
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=STATE_BYTES).digest()
