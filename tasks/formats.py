"""What a file is, by its name."""

from enum import StrEnum


class Format(StrEnum):
    """A file that is a page, or one that holds or names many."""

    PAGE = "page"
    WARC = "warc"
    ZIP = "zip"
    TAR = "tar"
    JSONL = "jsonl"
    PARQUET = "parquet"
    LIST = "list"


def _packed(*suffixes: str, by: tuple[str, ...] = (".gz", ".zst")) -> tuple[str, ...]:
    return tuple(suffix + packed for suffix in suffixes for packed in ("", *by))


_SUFFIXES = {
    Format.PAGE: _packed(".html", ".htm", ".xhtml", ".txt"),
    Format.WARC: _packed(".warc", ".wet"),
    Format.ZIP: (".zip",),
    Format.TAR: (*_packed(".tar", by=(".gz", ".zst", ".bz2", ".xz")), ".tgz", ".tzst", ".tbz2", ".txz"),
    Format.JSONL: _packed(".jsonl", ".ndjson"),
    Format.PARQUET: (".parquet",),
    Format.LIST: _packed(".paths", ".lst"),
}


def format_of(name: str) -> Format | None:
    """What a file of this name is; None where the name says that it is none of ours."""
    name = name.lower()
    for known, suffixes in _SUFFIXES.items():  # a generator takes twice as long, and there may be a million names
        if name.endswith(suffixes):
            return known
    return None
