"""Where files lie: on this machine, or behind a URL that pyarrow or fsspec reaches, as `s3://bucket/key`."""

import io
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

Place = Path | str  # a string is a URL

LOCAL_BUFFER = 1 << 17  # bytes
REMOTE_BUFFER = 1 << 23  # one request: a page of 100 KB takes as long as its round trip
_URL = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+)://")


@dataclass(frozen=True, slots=True)
class Entry:
    """What a remote folder holds. `size` is in bytes, None for a folder; `modified_ns` from 1970 on, where known."""

    name: str
    size: int | None
    modified_ns: int | None = None


def as_place(source: Path | str) -> Place:
    """A path, or a URL where the text is one."""
    if isinstance(source, Path):
        return source
    found = _URL.match(source)
    if found and found[1].lower() == "file":
        return Path(urlsplit(source).path)
    return source if found else Path(source)


def is_url(address: str) -> bool:
    """Whether the text is a URL, and no path."""
    return _URL.match(address) is not None


def absolute(source: Path | str) -> Place:
    """The same place, for a process in another folder."""
    place = as_place(source)
    return place.absolute() if isinstance(place, Path) else place


def shown(place: Path | str) -> str:
    """A place as it may be written down: without the keys that a URL may have."""
    if isinstance(place, Path):
        return str(place)
    parts = urlsplit(place)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def base_name(place: Place) -> str:
    """The last part of a path or URL."""
    return place.name if isinstance(place, Path) else urlsplit(place).path.rstrip("/").rpartition("/")[2]


def open_file(place: Place) -> io.BufferedReader:
    """A file to read, buffered and seekable. Raises OSError."""
    if isinstance(place, Path):
        return io.BufferedReader(place.open("rb", buffering=0), LOCAL_BUFFER)
    return io.BufferedReader(open_ranges(place), REMOTE_BUFFER)


def open_ranges(url: str) -> Any:
    """A file of Arrow's at a URL, of which each read is a request of its own. Raises OSError."""
    filesystem, path = reach(url)
    return filesystem.open_input_file(path)


def entry_of(url: str) -> Entry:
    """What lies at a URL. Raises OSError where nothing does."""
    from pyarrow.fs import FileType  # noqa: PLC0415  (only where a source is remote)

    filesystem, path = reach(url)
    found = filesystem.get_file_info(path)
    if found.type is FileType.NotFound:
        raise FileNotFoundError(f"no such file or folder: {shown(url)}")
    return _entry(base_name(url), found)


def entries_of(url: str) -> list[Entry]:
    """The files and folders directly in a remote folder. Raises OSError."""
    from pyarrow.fs import FileSelector  # noqa: PLC0415

    filesystem, path = reach(url)
    return [_entry(found.base_name, found) for found in filesystem.get_file_info(FileSelector(path.rstrip("/")))]


def _entry(name: str, found: Any) -> Entry:
    return Entry(name, found.size, found.mtime_ns) if found.is_file else Entry(name, None)


def below(folder: Place, name: str) -> Place:
    """What a folder holds under a name."""
    if isinstance(folder, Path):
        return folder / name
    parts = urlsplit(folder)
    return urlunsplit(parts._replace(path=f"{parts.path.rstrip('/')}/{name}"))


def in_bucket(url: str, path: str) -> str:
    """A path in the bucket, or on the host, of a URL."""
    return urlunsplit(urlsplit(url)._replace(path=f"/{path.lstrip('/')}"))


def reach(url: str) -> tuple[Any, str]:
    """The file system that holds a URL, and the URL's path in it."""
    parts = urlsplit(url)
    filesystem, strip = _filesystem(parts.scheme, parts.netloc, parts.query)
    return filesystem, strip(url)


@cache
def _filesystem(scheme: str, netloc: str, query: str) -> tuple[Any, Any]:
    import pyarrow as pa  # noqa: PLC0415
    from pyarrow import fs  # noqa: PLC0415

    root = urlunsplit((scheme, netloc, "", query, ""))
    said = shown(root)
    try:
        filesystem, _ = fs.FileSystem.from_uri(root)
        return filesystem, lambda url: f"{netloc.rpartition('@')[2]}{urlsplit(url).path}"
    except pa.ArrowInvalid as error:
        if "Unrecognized filesystem type" not in str(error):
            raise OSError(f"{said}: {error}") from error
    try:
        from fsspec.core import url_to_fs  # noqa: PLC0415  (what pyarrow does not know)

        other, _ = url_to_fs(root)
        return fs.PyFileSystem(fs.FSSpecHandler(other)), other._strip_protocol
    except (ImportError, ValueError) as error:
        raise OSError(f"{said}: {error}") from error
