"""The articles of an archive in other forms: one file, or a folder with a file an article.

A file is written beside its place and renamed into it, so that what was there stands until the new one is whole; a
folder likewise, and it must be new.
"""

import gzip
import shutil
import sys
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from outputs.export_markdown import markdown
from outputs.export_rows import csv_lines, json_lines
from outputs.export_tei import tei
from outputs.export_wet import wet_records
from outputs.replacing import beside, replacing
from outputs.views import Views

Record = Mapping[str, Any]

FILES: dict[str, Callable[[Iterable[Record]], Iterator[bytes]]] = {
    "jsonl": json_lines,
    "csv": csv_lines,
    "wet": wet_records,
}
FOLDERS: dict[str, tuple[str, Callable[[Record], bytes]]] = {"tei": (".xml", tei), "markdown": (".md", markdown)}

_GZIP = 16 + zlib.MAX_WBITS


class ExportError(ValueError):
    """An export that cannot be made as asked; the message is one line for the user."""


def export_articles(views: Views, form: str, to: Path | None, *, where: str | None = None, every: bool = False) -> int:
    """Write the articles for which `where` holds, and return how many. Raises ExportError, QueryError, OSError."""
    articles = _Counted(views.rows(f"FROM {'articles' if every else 'latest'} WHERE {where or 'true'}"))
    if form in FILES:
        pieces = FILES[form](articles)
        is_packed = to is not None and to.suffix == ".gz"
        _write_file(_packed(pieces, each=form == "wet") if is_packed else pieces, to)
    else:
        _write_folder(articles, form, to)
    return articles.count


class _Counted:
    """Counts what passes."""

    def __init__(self, rows: Iterator[Record]) -> None:
        self._rows = rows
        self.count = 0

    def __iter__(self) -> Iterator[Record]:
        for row in self._rows:
            self.count += 1
            yield row


def _write_file(pieces: Iterator[bytes], to: Path | None) -> None:
    if to is None:
        sys.stdout.buffer.writelines(pieces)
        sys.stdout.buffer.flush()
        return
    if to.is_dir():
        raise ExportError(f"{to} is a folder; this format writes one file")
    with replacing(to) as file:
        file.writelines(pieces)


def _packed(pieces: Iterator[bytes], *, each: bool) -> Iterator[bytes]:
    """Pack as gzip: as one, or each piece as a member of its own, which lets readers of WARC jump to a record."""
    if each:
        yield from (gzip.compress(piece, mtime=0) for piece in pieces)
        return
    packer = zlib.compressobj(wbits=_GZIP)
    yield from (packer.compress(piece) for piece in pieces)
    yield packer.flush()


def _write_folder(articles: Iterable[Record], form: str, to: Path | None) -> None:
    if to is None:
        raise ExportError(f"--format {form} writes a folder: name it with --to")
    if to.exists():
        raise ExportError(f"{to} is there already: name a new folder")
    suffix, render = FOLDERS[form]
    draft = beside(to)
    draft.mkdir(parents=True)
    try:
        for article in articles:
            (draft / f"{article['article_id']}{suffix}").write_bytes(render(article))
        draft.rename(to)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
