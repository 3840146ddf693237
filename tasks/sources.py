"""The files of a run's sources: of folders, of lists, and those named themselves, here or behind a URL."""

import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from tasks.formats import Format, format_of
from tasks.refs import SourceError, safe_name
from tasks.storage import (
    Entry,
    Place,
    as_place,
    base_name,
    below,
    entries_of,
    entry_of,
    in_bucket,
    is_url,
    open_file,
    shown,
)
from tasks.unpack import packing_of, unpacked

ARCHIVE_FOLDERS = ("_runs/", "articles/")  # what marks a folder as one of our archives
_LINE = 1 << 14  # bytes of a list's line


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file that is a page or holds pages. `name` as of `PageRef`.

    `address` is its absolute path or its URL, as text: of a million files that need not be read, making each a `Path`
    takes longer than all else. `size` in bytes is that of a file that holds pages, or is remote, if known;
    `modified_ns` of a remote one alone.
    """

    address: str
    name: str
    format: Format
    size: int | None = None
    modified_ns: int | None = None

    @property
    def place(self) -> Place:
        """Where it lies."""
        return as_place(self.address)


@dataclass(frozen=True, slots=True)
class _Root:
    place: Place
    is_folder: bool

    @property
    def format(self) -> Format | None:
        return None if self.is_folder else format_of(base_name(self.place)) or Format.PAGE

    @property
    def folder_name(self) -> str:
        """The name of its folder, which tells its files from another source's of the same name."""
        if isinstance(self.place, Path):
            return safe_name((self.place if self.is_folder else self.place.parent).name)
        return safe_name(base_name(self.place if self.is_folder else self.place.rpartition("/")[0]))


def find_files(sources: Sequence[Path | str]) -> Iterator[SourceFile]:
    """The files of sources, in an order that depends on their names alone.

    A folder gives what its files' names say to be pages or to hold pages, at any depth; a file that is named itself is
    taken whatever its name; a list, which must be named itself, gives what its lines name. Raises SourceError, before
    the first file, for a source that cannot be read.
    """
    roots = list(dict.fromkeys(_checked(as_place(source)) for source in sources))
    parts = (part for root in roots for part in _parts_of(root))
    if len(roots) == 1 and roots[0].format is not Format.LIST:
        return (file for part in parts for file in _files_of(part))
    return _unique((part, file) for part in parts for file in _files_of(part))


def _checked(place: Place) -> _Root:
    said = safe_name(shown(place))
    try:
        root = _local_root(place, said) if isinstance(place, Path) else _remote_root(place, said)
        if root.format in (Format.JSONL, Format.PARQUET):
            _check_table(place, root.format, said)
    except FileNotFoundError as error:
        raise SourceError(f"no such file or folder: {said}") from error
    except OSError as error:
        raise SourceError(f"cannot read {said}: {' '.join(str(error.strerror or error).split())}") from error
    return root


def _check_table(place: Place, kind: Format, said: str) -> None:
    from tasks.tables import check_columns  # noqa: PLC0415  (few sources are tables)

    try:
        check_columns(place, is_parquet=kind is Format.PARQUET)
    except SourceError as error:
        raise SourceError(f"{said}: {error}") from error


def _local_root(path: Path, said: str) -> _Root:
    """The source's absolute path. A file keeps the name that it was given by, where that is a link."""
    try:
        path.stat()
    except (OSError, ValueError) as error:
        raise SourceError(f"no such file or folder: {said}") from error
    if not os.access(path, os.R_OK):
        raise SourceError(f"not allowed to read: {said}")
    if all((path / name).is_dir() for name in ARCHIVE_FOLDERS):
        raise SourceError(f"this is an archive, not a source of pages: {said}")
    return _Root(path.resolve(), True) if path.is_dir() else _Root(path.absolute(), False)


def _remote_root(url: str, said: str) -> _Root:
    if entry_of(url).size is not None:
        return _Root(url, False)
    with suppress(FileNotFoundError):
        for name in ARCHIVE_FOLDERS:
            entry_of(str(below(url, name)))
        raise SourceError(f"this is an archive, not a source of pages: {said}")
    return _Root(url, True)


def _parts_of(root: _Root) -> Iterator[_Root]:
    """The source itself, or what a list names. What is not there is a page that cannot be read."""
    if root.format is not Format.LIST:
        yield root
        return
    for place in _listed(root.place):
        try:
            yield _Root(place, place.is_dir() if isinstance(place, Path) else _is_remote_folder(place))
        except OSError:
            yield _Root(place, False)


def _is_remote_folder(url: str) -> bool:
    return format_of(base_name(url)) is None and entry_of(url).size is None


def _listed(place: Place) -> Iterator[Place]:
    """The paths and URLs of a list, one a line. A relative path is one from the list's folder, or its bucket."""
    with open_file(place) as file:
        packing = packing_of(file.read(8))
        file.seek(0)
        lines = unpacked(file, packing)
        while line := lines.readline(_LINE):
            text = os.fsdecode(line.strip())
            if text and not text.startswith("#"):
                found = as_place(text)
                if isinstance(found, Path):
                    found = place.parent.absolute() / found if isinstance(place, Path) else in_bucket(place, text)
                yield found


def _files_of(root: _Root) -> Iterator[SourceFile]:
    return _walk(root.place) if root.is_folder else iter((_file(str(root.place), safe_name(base_name(root.place))),))


def _file(address: str, name: str, listed: Entry | None = None) -> SourceFile:
    known = format_of(name) or Format.PAGE
    if not is_url(address):
        return SourceFile(address, name, known, None if known is Format.PAGE else _local_size(address))
    if listed is None and known is not Format.PAGE:
        with suppress(OSError):
            listed = entry_of(address)
    return SourceFile(address, name, known, *((listed.size, listed.modified_ns) if listed else ()))


def _local_size(path: str) -> int | None:
    with suppress(OSError):
        return Path(path).stat().st_size
    return None


def _walk(root: Place) -> Iterator[SourceFile]:
    """Depth first, by name. Links to folders are followed, but no folder is entered twice."""
    entered = set[object]()
    try:
        levels = [(root, "", _start(root), *_listing(root, entered))]
    except OSError:
        yield SourceFile(str(root), safe_name(base_name(root)), Format.PAGE)
        return
    while levels:
        folder, prefix, start, names, listed = levels[-1]
        entry = next(names, None)
        if entry is None:
            levels.pop()
            continue
        name = prefix + entry
        if not entry.endswith("/"):
            yield _file(start + entry if start else str(below(folder, entry)), safe_name(name), listed.get(entry))
            continue
        place = below(folder, entry.removesuffix("/"))
        try:
            levels.append((place, name, _start(place), *_listing(place, entered)))
        except OSError:  # a folder that cannot be listed is accounted for as one unreadable page
            yield SourceFile(str(place), safe_name(name.removesuffix("/")), Format.PAGE)


def _start(folder: Place) -> str | None:
    """What the paths of a local folder's files begin with: joining them takes a tenth of what `below` does."""
    return os.path.join(folder, "") if isinstance(folder, Path) else None  # noqa: PTH118


def _listing(folder: Place, entered: set[object]) -> tuple[Iterator[str], dict[str, Entry]]:
    """The sub-folders, which end in a slash, and the pages of a folder, by name; none where it was entered before.

    And what the listing says of the files of a remote one.
    """
    listed: dict[str, Entry] = {}
    if isinstance(folder, Path):
        status = folder.stat()
        identity: object = status.st_dev, status.st_ino
        names = [] if identity in entered else _local_names(folder)
        entered.add(identity)
    else:
        entries = [entry for entry in entries_of(folder) if entry.size is None or _holds_pages(entry.name)]
        names = [f"{entry.name}/" if entry.size is None else entry.name for entry in entries]
        listed = {entry.name: entry for entry in entries if entry.size is not None}
    if set(ARCHIVE_FOLDERS) <= set(names):
        names = []
    return iter(sorted(names, key=lambda name: name.removesuffix("/"))), listed


def _local_names(folder: Path) -> list[str]:
    with os.scandir(folder) as entries:
        return [name for entry in entries if (name := _local_name(entry))]


def _local_name(entry: os.DirEntry[str]) -> str | None:
    if _is_folder(entry):
        return f"{entry.name}/"
    return entry.name if _holds_pages(entry.name) and _is_file(entry) else None


def _holds_pages(name: str) -> bool:
    return format_of(name) not in (None, Format.LIST)


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link to itself
        return False


def _is_file(entry: os.DirEntry[str]) -> bool:
    """Whether it is no pipe, socket or device."""
    try:
        return entry.is_file() or (entry.is_symlink() and stat.S_ISREG(entry.stat().st_mode))
    except OSError:  # a link to nowhere is an unreadable page
        return True


def _unique(files: Iterator[tuple[_Root, SourceFile]]) -> Iterator[SourceFile]:
    """The files of several sources: a name that was there before gets its source's name in front."""
    taken = set[str]()
    for root, file in files:
        name, number = file.name, 1
        while name in taken:
            name = str(PurePosixPath(root.folder_name + (f"~{number}" if number > 1 else ""), file.name))
            number += 1
        taken.add(name)
        yield replace(file, name=name)
