"""The articles as plain text: a ZIP with one `.txt` an article.

A file is a header of `Name: value` lines (Title, Authors, Date, Publisher, URL; those that the article has), a blank
line, and the text, in UTF-8. It is named by the article's id. The same articles give the same bytes.
"""

import re
import zipfile
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

TEXT_COLUMNS = ("article_id", "title", "authors", "published_at", "published_zone", "publisher", "url", "text")
_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest that a ZIP can say


def write_texts(part: Path, path: Path) -> None:
    """Write the text of each row of a part of the articles, in its order."""
    with (
        pq.ParquetFile(part) as articles,
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive,
    ):
        for rows in articles.iter_batches(batch_size=200, columns=list(TEXT_COLUMNS)):
            for record in rows.to_pylist():
                archive.writestr(_member(record["article_id"]), article_text(record))


def article_text(record: dict[str, Any]) -> str:
    """Render one article's record: header, blank line, text, and a line's end."""
    header = "".join(f"{name}: {value}\n" for name, value in _header(record))
    return f"{header}\n{record['text']}\n"


def _header(record: dict[str, Any]) -> Iterable[tuple[str, str]]:
    values = {
        "Title": record["title"],
        "Authors": "; ".join(record["authors"]),
        "Date": _date(record["published_at"], record["published_zone"]),
        "Publisher": record["publisher"],
        "URL": record["url"],
    }
    return [(name, _one_line(value)) for name, value in values.items() if value]


def _date(moment: datetime | None, zone: str | None) -> str | None:
    """Write a moment in UTC; the page's wall clock, without a zone, where the page's zone is not known."""
    if moment is None:
        return None
    return moment.replace(tzinfo=None).isoformat(timespec="seconds") + ("Z" if zone else "")


def _one_line(value: str) -> str:
    # A line break or control character in a field must not begin a header line of its own.
    return " ".join(_CONTROLS.sub(" ", value).split())


def member_name(article_id: str) -> str:
    """Return the name of an article's text in its ZIP."""
    return f"{article_id}.txt"


def _member(article_id: str) -> zipfile.ZipInfo:
    member = zipfile.ZipInfo(member_name(article_id), _EPOCH)
    member.compress_type = zipfile.ZIP_DEFLATED
    member.create_system = 3  # Unix, on every system, so that the bytes are the same
    member.external_attr = 0o644 << 16
    return member
