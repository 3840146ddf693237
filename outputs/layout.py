"""Where everything of an archive lies, and how a finished file gets there.

::

    ARCHIVE/
      articles/archived_on=2026-11-24/part-<run>-00000.parquet
      rejects/archived_on=2026-11-24/part-<run>-00000.parquet
      text/archived_on=2026-11-24/part-<run>-00000.zip
      _runs/<run>.json                      the manifest, written last
      _runs/<run>.html, <run>.parquet       its report and figures, which no manifest names
      _runs/.lock                           held by the run that writes
      _runs/.rewrite                        at S3 alone: what became of the last rewrite of a day
      _staging/<run>/                       what is not yet in place
      _index/                               known texts and files read, made anew where it is missing

All paths are made here. Those of an archive at S3 are `S3Path`s; its files are made in a folder of this machine, its
desk, in which staging and index lie, too, and come into place with one request each.
"""

import os
import re
import secrets
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from pathlib import Path

from outputs.journal import settled
from outputs.s3 import SCHEME, S3Path, s3_path
from tasks.storage import as_place


class ArchiveError(Exception):
    """The archive cannot be used as asked. The message is one line for the user."""


class Table(StrEnum):
    """The folders of an archive that hold parts."""

    ARTICLES = "articles"
    REJECTS = "rejects"
    TEXT = "text"


# A part of the text goes into place before its articles, so that an article that is visible has its text.
COMMIT_ORDER = (Table.TEXT, Table.ARTICLES, Table.REJECTS)
_SUFFIX = {Table.ARTICLES: "parquet", Table.REJECTS: "parquet", Table.TEXT: "zip"}
_RUN = r"(?P<run>[0-9]{8}T[0-9]{6}Z-[0-9a-f]{6})"
_DERIVED = re.compile(_RUN + r"\.(?:html|parquet)")
_PART_NAME = rf"part-{_RUN}-[0-9]{{5,9}}\.(?:parquet|zip)"
_PART = re.compile(_PART_NAME)
_PLACE = re.compile(r"(?P<table>[a-z]+)/archived_on=(?P<day>[0-9]{4}-[0-9]{2}-[0-9]{2})/" + _PART_NAME)


def new_run_id(now: datetime) -> str:
    """Make a run's id: its start in UTC, so that ids sort by time, and six random digits."""
    return f"{now.astimezone(UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}"


def run_of_part(name: str) -> str | None:
    """Return the run that wrote a part, from the part's file name; None for a foreign file."""
    match = _PART.fullmatch(name)
    return match["run"] if match else None


def run_of_derived(name: str) -> str | None:
    """Return the run that a report or figures in `_runs/` are of, from the file's name; None for a foreign file."""
    match = _DERIVED.fullmatch(name)
    return match["run"] if match else None


def archive_at(place: Path | str) -> Path:
    """The root of the archive at a path or URL. Raises ArchiveError where no archive can be."""
    is_url_as_path = isinstance(place, Path) and place.parts[:1] == (SCHEME,)
    found = as_place(str(S3Path(place)) if is_url_as_path else place)
    try:
        return found if isinstance(found, Path) else s3_path(found)
    except ValueError as error:
        raise ArchiveError(str(error)) from error


@dataclass(frozen=True, slots=True)
class Layout:
    """The paths of one archive."""

    root: Path

    @property
    def desk(self) -> Path:
        """The folder of this machine where files are made: of an archive that lies here, its own."""
        return self.root.desk if isinstance(self.root, S3Path) else self.root

    @property
    def runs(self) -> Path:
        """The folder of manifests."""
        return self.root / "_runs"

    @property
    def lock(self) -> Path:
        """The file that the writing run locks."""
        return self.runs / ".lock"

    @property
    def journal(self) -> Path:
        """What an archive at S3 says of its last rewrite: see `outputs.journal`."""
        return self.runs / ".rewrite"

    @property
    def index(self) -> Path:
        """The folder of what is kept to be faster, and can be removed at any time."""
        return self.desk / "_index"

    @property
    def all_staging(self) -> Path:
        """The folder, in the archive, of what runs have begun."""
        return self.root / "_staging"

    def shared(self, run: str) -> Path:
        """The folder, in the archive, of what a run has begun, which workers on other machines see, too."""
        return self.all_staging / run

    def intent(self, run: str) -> Path:
        """What a run's manifest will say of its beginning, for a run that is killed."""
        return self.shared(run) / "run.json"

    def staging(self, run: str) -> Path:
        """The folder of what a run has not yet put in place."""
        return self.desk / "_staging" / run

    def manifest(self, run: str) -> Path:
        """A run's manifest."""
        return self.runs / f"{run}.json"

    def report(self, run: str) -> Path:
        """A run's report."""
        return self.runs / f"{run}.html"

    def figures(self, run: str) -> Path:
        """A run's figures, which the watch looks back at."""
        return self.runs / f"{run}.parquet"

    def part(self, table: Table, day: date, run: str, number: int) -> Path:
        """The place of a part. `number` counts the parts of a run."""
        return self.day(table, day) / f"part-{run}-{number:05d}.{_SUFFIX[table]}"

    def day(self, table: Table, day: date) -> Path:
        """The folder of a day's parts."""
        return self.root / table / f"archived_on={day.isoformat()}"

    def sibling(self, part: Path, table: Table) -> Path:
        """The place of the same part in another table."""
        return self.root / table / part.parent.name / f"{part.stem}.{_SUFFIX[table]}"

    def parts(self, table: Table, day: date | None = None) -> Iterator[Path]:
        """All parts in place of a table, or of a day of it, sorted. Foreign files are passed over. Raises OSError."""
        pattern = f"archived_on={day or '*'}/part-*.{_SUFFIX[table]}"

        def listed() -> Iterable[Path]:
            return (self.root / table).glob(pattern)

        found = settled(self.journal, listed, self.root) if isinstance(self.journal, S3Path) else listed()
        for path in sorted(found):
            if run_of_part(path.name):
                yield path

    def relative(self, path: Path) -> str:
        """A path as manifests name it: relative to the archive, POSIX slashes."""
        return path.relative_to(self.root).as_posix()


def place_of(path: str) -> tuple[Table, date]:
    """Return the table and the day of a part that a manifest names. Raises ValueError for what is no part."""
    match = _PLACE.fullmatch(path)
    if not match:
        raise ValueError(f"no part of an archive: {path!r}")
    return Table(match["table"]), date.fromisoformat(match["day"])


@contextmanager
def reading(root: Path) -> Iterator[None]:
    """Turn the system's errors over an archive that is read into ArchiveError."""
    try:
        yield
    except OSError as error:
        raise ArchiveError(f"cannot read the archive {root}: {error.strerror or error}") from error


def flush(path: Path) -> None:
    """Make a file's or folder's content survive a loss of power. What is at S3 does."""
    if isinstance(path, S3Path):
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def publish(staged: Path, place: Path) -> None:
    """Move a flushed file into place: readers see all of it or nothing. At S3, a worker may have put it there."""
    if isinstance(place, S3Path):
        if isinstance(staged, S3Path):
            place.take(staged)
        else:
            place.put(staged)
        staged.unlink()
        return
    _make_folder(place.parent)
    staged.rename(place)
    flush(place.parent)


def clear(layout: Layout, run: str | None = None) -> None:
    """Remove what a run has staged, or all runs have. Raises OSError where a store cannot be reached."""
    staged = layout.desk / "_staging"
    shutil.rmtree(staged / run if run else staged, ignore_errors=True)
    with suppress(OSError):
        staged.rmdir()
    if isinstance(layout.all_staging, S3Path):
        (layout.all_staging / run if run else layout.all_staging).remove_below()


def _make_folder(folder: Path) -> None:
    if folder.is_dir():
        return
    _make_folder(folder.parent)
    folder.mkdir(exist_ok=True)
    flush(folder.parent)
