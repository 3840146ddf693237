"""Archives as they are named on the command line and to flows: by a folder's path or a URL."""

from pathlib import Path

from flows.errors import usage


def archive_place(named: str | Path) -> Path:
    """The root of the archive; one that cannot be is a wrong usage."""
    from outputs.layout import ArchiveError, archive_at  # noqa: PLC0415

    try:
        return archive_at(named)
    except ArchiveError as error:
        raise usage(error) from error
