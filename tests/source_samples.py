"""Files that hold pages, and what is read from them. WARCs are warcio's, or written by hand where they are broken."""

import gzip
import io
import json
import tarfile
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from config.limits import Limits
from tasks.page import RawPage, Rejected
from tasks.read import approach, find_pages, read_page

SMALL = Limits(max_page_bytes=100_000)


def story(number: int) -> bytes:
    return f"<html><body><p>Report {number} of the harbour council.</p></body></html>".encode() * (number + 1)


def record(
    number: int,
    body: bytes | None = None,
    *,
    kind: str = "response",
    http: Mapping[str, str] | None = None,
    status: str = "200 OK",
    length: int | None = None,
) -> bytes:
    """A record as it lies in a file that is not packed. `length` is what it says, where that is wrong."""
    head = {"Content-Type": "text/html"} | dict(http or {})
    lines = "".join(f"{name}: {value}\r\n" for name, value in head.items())
    block = f"HTTP/1.1 {status}\r\n{lines}\r\n".encode() + (story(number) if body is None else body)
    warc = (
        f"WARC/1.0\r\nWARC-Type: {kind}\r\nWARC-Target-URI: https://news.example/{number}\r\n"
        f"WARC-Date: 2024-03-{number + 1:02d}T08:00:00Z\r\nWARC-Record-ID: <urn:uuid:{number}>\r\n"
        f"Content-Type: application/http; msgtype=response\r\nContent-Length: {length or len(block)}\r\n\r\n"
    )
    return warc.encode() + block + b"\r\n\r\n"


def packed(records: Iterable[bytes]) -> bytes:
    """Records packed one by one, as is the custom."""
    return b"".join(map(gzip.compress, records))


def write_warc(path: Path, pages: Mapping[str, bytes], *, content_type: str = "text/html; charset=utf-8") -> Path:
    """A WARC file of warcio's, with all that goes around the responses."""
    with path.open("wb") as file:
        writer = WARCWriter(file, gzip=path.suffix == ".gz")
        writer.write_record(writer.create_warcinfo_record(path.name, {"software": "warcio"}))
        for url, body in pages.items():
            head = StatusAndHeaders("200 OK", [("Content-Type", content_type)], protocol="HTTP/1.1")
            payload = io.BytesIO(b"GET / HTTP/1.1\r\n\r\n")
            writer.write_record(writer.create_warc_record(url, "request", payload=payload))
            payload = io.BytesIO(body)
            writer.write_record(writer.create_warc_record(url, "response", payload=payload, http_headers=head))
            writer.write_record(writer.create_warc_record(url, "metadata", payload=io.BytesIO(b"a: b\r\n")))
    return path


def write_wet(path: Path, texts: Mapping[str, str]) -> Path:
    """A WET file as Common Crawl's."""
    with path.open("wb") as file:
        writer = WARCWriter(file, gzip=True)
        writer.write_record(writer.create_warcinfo_record(path.name, {"software": "warcio"}))
        for url, text in texts.items():
            body = io.BytesIO(text.encode())
            head = {"Content-Type": "text/plain"}
            writer.write_record(writer.create_warc_record(url, "conversion", payload=body, warc_headers_dict=head))
    return path


def write_zip(path: Path, members: Mapping[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def tar_bytes(members: Mapping[str, bytes], kind: int = tarfile.PAX_FORMAT) -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w", format=kind) as archive:
        for name, content in members.items():
            head = tarfile.TarInfo(name)
            head.size = len(content)
            archive.addfile(head, io.BytesIO(content))
    return file.getvalue()


def lines(rows: Iterable[Any]) -> bytes:
    return "".join(f"{json.dumps(row)}\n" for row in rows).encode()


def write_parquet(path: Path, columns: Mapping[str, Any], group: int = 3) -> Path:
    pq.write_table(pa.table(dict(columns)), path, row_group_size=group, write_page_checksum=True)
    return path


def read_all(*sources: Path | str, limits: Limits = SMALL) -> list[RawPage | Rejected]:
    """All pages of sources, as a worker reads them."""
    pages = []
    for ref in find_pages(sources):
        approach(ref)
        pages.append(read_page(ref, limits))
    return pages


def said(*sources: Path | str, limits: Limits = SMALL) -> list[str]:
    """What became of each page: its URL or, without one, its text; else why it is none."""
    return [
        page.reason.value if isinstance(page, Rejected) else (page.url or page.content.decode(errors="replace"))
        for page in read_all(*sources, limits=limits)
    ]
