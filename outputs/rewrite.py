"""Replacing a day's parts by others with the same rows, at once: what compaction and migration have in common.

The new parts are staged in a folder a table, as they will lie in the archive. When all are written, flushed and proven,
the manifest of the rewrite is put beside them. From then on the rewrite will be completed, by its run or by the next
recovery; before that, it never happened. A table's folder is put in place by exchanging it with the one that is there,
which Linux and macOS do in one step. So who lists the folder sees all of the old parts or all of the new ones; who has
a part open reads on; and who listed the old parts and opens them later is told that they are gone.
"""

import ctypes
import errno
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import date
from functools import cache
from pathlib import Path

from outputs.layout import COMMIT_ORDER, ArchiveError, Layout, Table, flush, place_of, publish
from outputs.manifest import Manifest, parse_manifest

JOURNAL = "rewrite.json"  # in a run's staging folder: its manifest, not yet in place

_SWAP = 2  # RENAME_EXCHANGE on Linux, RENAME_SWAP on macOS
_AT_FDCWD = -100
_CANNOT = {errno.ENOSYS, errno.EINVAL, errno.ENOTSUP, errno.ENOENT, errno.EXDEV}


def staged(layout: Layout, run: str) -> Layout:
    """The paths of a rewrite's parts before they are in place."""
    return Layout(layout.staging(run) / "day")


@contextmanager
def undone_on_error(layout: Layout, run: str) -> Iterator[None]:
    """Remove what a rewrite has staged, unless it is to be completed."""
    try:
        yield
    finally:
        if not (layout.staging(run) / JOURNAL).exists():
            shutil.rmtree(layout.staging(run), ignore_errors=True)
            with suppress(OSError):
                layout.all_staging.rmdir()


def commit(layout: Layout, manifest: Manifest) -> None:
    """Put the staged parts that a manifest names in the place of those that it replaces."""
    draft = layout.staging(manifest.run) / "draft.json"
    draft.write_text(manifest.to_json(), "utf-8")
    flush(draft)
    for folder in sorted(staged(layout, manifest.run).root.rglob("*")):
        if folder.is_dir():
            flush(folder)
    publish(draft, layout.staging(manifest.run) / JOURNAL)
    complete(layout)


def complete(layout: Layout) -> None:
    """Complete the rewrites whose parts are all staged. Killed over it, the next call does the rest."""
    for journal in sorted(layout.all_staging.glob(f"*/{JOURNAL}")):
        _complete(layout, journal)
        shutil.rmtree(journal.parent)


def _complete(layout: Layout, journal: Path) -> None:
    try:
        record = parse_manifest(journal.read_text("utf-8"))
    except ValueError as error:
        raise ArchiveError(f"{journal} is damaged: {error}") from error
    fresh = {file["path"] for file in record["files"]}
    old = {file["path"] for file in record["replaces"]}
    for table, day in _folders(fresh):
        beside, place = staged(layout, record["run"]).day(table, day), layout.day(table, day)
        if any((beside / Path(path).name).exists() for path in fresh):
            exchange(beside, place)
        _bring_back(beside, place, old)
    publish(journal, layout.manifest(record["run"]))


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
