"""Replacing a day's parts by others with the same rows, at once: what compaction and migration have in common.

The new parts are staged in a folder a table, as they will lie in the archive. When all are written, flushed and proven,
the manifest of the rewrite is put beside them. From then on the rewrite will be completed, by its run or by the next
recovery; before that, it never happened. A table's folder is put in place by exchanging it with the one that is there,
which Linux and macOS do in one step. So who lists the folder sees all of the old parts or all of the new ones; who has
a part open reads on; and who listed the old parts and opens them later is told that they are gone.

At S3, which cannot exchange folders, the old parts are brought to this machine, and a journal in the archive does what
the exchange does (see `outputs.journal`): from one put on the new parts count, and the old ones are removed. Before
it, the rewrite never happened; after it, the next recovery does the rest.
"""

import ctypes
import errno
import json
import os
import shutil
import sys
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from outputs import journal
from outputs.layout import COMMIT_ORDER, ArchiveError, Layout, Table, clear, flush, place_of, publish
from outputs.lock import Check
from outputs.manifest import Manifest, WrittenFile, parse_manifest, sealed
from outputs.s3 import S3Path, fetched

JOURNAL = "rewrite.json"  # in a run's staging folder: its manifest, not yet in place

_SWAP = 2  # RENAME_EXCHANGE on Linux, RENAME_SWAP on macOS
_AT_FDCWD = -100
_CANNOT = {errno.ENOSYS, errno.EINVAL, errno.ENOTSUP, errno.ENOENT, errno.EXDEV}


def staged(layout: Layout, run: str) -> Layout:
    """The paths of a rewrite's parts before they are in place."""
    return Layout(layout.staging(run) / "day")


def brought(layout: Layout, run: str, files: Iterable[WrittenFile]) -> Layout:
    """The paths of the parts that are to be replaced, as files of this machine. Raises OSError."""
    if not isinstance(layout.root, S3Path):
        return layout
    here = Layout(layout.staging(run) / "old")

    def bring(place: Path) -> None:
        file = here.root / layout.relative(place)
        file.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(place, S3Path):
            with suppress(FileNotFoundError):
                place.bring(file)

    deque(fetched(bring, [layout.root / file.path for file in files]), 0)
    return here


@contextmanager
def undone_on_error(layout: Layout, run: str) -> Iterator[None]:
    """Remove what a rewrite has staged, unless it is to be completed."""
    try:
        yield
    finally:
        if not (layout.staging(run) / JOURNAL).exists():
            with suppress(OSError):  # the next recovery does it
                clear(layout, run)


def commit(layout: Layout, manifest: Manifest, check: Check) -> None:
    """Put the staged parts that a manifest names in the place of those that it replaces.

    `check` says whether the lock is still held.
    """
    check()
    if isinstance(layout.journal, S3Path):
        _decide(layout, layout.journal, manifest, check)
    else:
        _draft(layout, manifest)
    complete(layout)


def complete(layout: Layout) -> None:
    """Complete the rewrites whose parts are all staged. Killed over it, the next call does the rest."""
    if isinstance(layout.journal, S3Path):
        _complete_stored(layout, layout.journal)
        return
    for draft in sorted(layout.all_staging.glob(f"*/{JOURNAL}")):
        _complete(layout, draft)
        shutil.rmtree(draft.parent)


def _decide(layout: Layout, place: S3Path, manifest: Manifest, check: Check) -> None:
    """Bring the new parts into place, unseen, and then have them count."""
    record = json.loads(manifest.to_json())
    new = [file.path for table in COMMIT_ORDER for file in manifest.files if place_of(file.path)[0] is table]
    root, here = place.parents[1], staged(layout, manifest.run).root
    beside = root / layout.relative(layout.shared(manifest.run))
    # Sent before anything shows: who lists parts without a look at the journal sees old and new for as long alone as
    # copies within the store take.
    for path in new:
        (beside / path).put(here / path)
    journal.write(place, journal.State.BEGUN, record)
    try:
        for path in new:
            (root / path).take(beside / path)
        check()
    except (OSError, ArchiveError):
        with suppress(OSError):
            _complete_stored(layout, place)
        raise
    journal.write(place, journal.State.DECIDED, record)


def _complete_stored(layout: Layout, place: S3Path) -> None:
    try:
        found = journal.read(place)
    except ValueError as error:
        raise ArchiveError(f"{place} is damaged: {error}") from error
    if found is None:
        return
    state, record = found
    if state is journal.State.BEGUN:
        _remove(layout, record["files"])
        journal.write(place, journal.State.UNDONE, record)
    elif state is journal.State.DECIDED and not layout.manifest(record["run"]).exists():
        _remove(layout, record["replaces"])
        layout.manifest(record["run"]).write_text(sealed(record), "utf-8")


def _remove(layout: Layout, files: Iterable[Mapping[str, Any]]) -> None:
    deque(fetched(lambda place: place.unlink(), [layout.root / file["path"] for file in files]), 0)


def _draft(layout: Layout, manifest: Manifest) -> None:
    draft = layout.staging(manifest.run) / "draft.json"
    draft.write_text(manifest.to_json(), "utf-8")
    flush(draft)
    for folder in sorted(staged(layout, manifest.run).root.rglob("*")):
        if folder.is_dir():
            flush(folder)
    publish(draft, layout.staging(manifest.run) / JOURNAL)


def _complete(layout: Layout, staged_manifest: Path) -> None:
    try:
        record = parse_manifest(staged_manifest.read_text("utf-8"))
    except ValueError as error:
        raise ArchiveError(f"{staged_manifest} is damaged: {error}") from error
    fresh = {file["path"] for file in record["files"]}
    old = {file["path"] for file in record["replaces"]}
    for table, day in _folders(fresh):
        beside, place = staged(layout, record["run"]).day(table, day), layout.day(table, day)
        if any((beside / Path(path).name).exists() for path in fresh):
            exchange(beside, place)
        _bring_back(beside, place, old)
    publish(staged_manifest, layout.manifest(record["run"]))


def _folders(paths: set[str]) -> list[tuple[Table, date]]:
    return sorted(set(map(place_of, paths)), key=lambda folder: COMMIT_ORDER.index(folder[0]))


def _bring_back(beside: Path, place: Path, old: set[str]) -> None:
    """Return what came into the old folder and is none of ours: nothing is removed that was not replaced."""
    for path in sorted(beside.iterdir()) if beside.exists() else ():
        if f"{place.parent.name}/{place.name}/{path.name}" not in old:
            path.rename(place / path.name)


def exchange(beside: Path, place: Path) -> None:
    """Put a folder in the place of another, which is then where the first was.

    Where the system cannot do it in one step there is a moment in which nothing is in place.
    """
    if not _swapped(beside, place):
        aside = beside.with_name(f"{beside.name}.old")
        if place.exists():
            place.rename(aside)
        beside.rename(place)
        if aside.exists():
            aside.rename(beside)
    flush(beside.parent)
    flush(place.parent)


def _swapped(first: Path, second: Path) -> bool:
    system = _system()
    if system is None:
        return False
    names = os.fsencode(first), os.fsencode(second)
    failed = (
        system.renamex_np(*names, _SWAP)
        if sys.platform == "darwin"
        else system.renameat2(_AT_FDCWD, names[0], _AT_FDCWD, names[1], _SWAP)
    )
    code = ctypes.get_errno()
    if failed and code not in _CANNOT:
        raise OSError(code, os.strerror(code), str(second))
    return not failed


@cache
def _system() -> ctypes.CDLL | None:
    library = ctypes.CDLL(None, use_errno=True)
    return library if hasattr(library, "renamex_np" if sys.platform == "darwin" else "renameat2") else None
