"""Articles as JSON Lines and as CSV."""

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from outputs.schema import ARTICLES
from outputs.values import as_cell, for_json

# CSV has no nested values: what holds records stays in JSON Lines.
CSV_COLUMNS = tuple(name for name in ARTICLES.names if name not in ("images", "blocks"))


def json_lines(articles: Iterable[Mapping[str, Any]]) -> Iterator[bytes]:
    """One object a line with all columns."""
    for article in articles:
        yield json.dumps(article, ensure_ascii=False, default=for_json).encode() + b"\n"


def csv_lines(articles: Iterable[Mapping[str, Any]]) -> Iterator[bytes]:
    """A header and one row an article; authors and tags joined by "; ", without images and blocks."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(CSV_COLUMNS)
    for article in articles:
        writer.writerow([as_cell(article[name]) for name in CSV_COLUMNS])
        yield _drained(buffer)
    yield _drained(buffer)


def _drained(buffer: io.StringIO) -> bytes:
    text = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return text.encode()
