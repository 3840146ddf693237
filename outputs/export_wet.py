"""Articles as WET: a `conversion` record each, as Common Crawl keeps the text of pages (WARC 1.1, ISO 28500)."""

import io
import uuid
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from fastwarc import WarcRecord, WarcRecordType

from outputs.manifest import versions

_NAMESPACE = uuid.UUID("6f1b7a0e-5d0c-5b1e-9c56-7374657400a1")  # of the records' ids


def wet_records(articles: Iterable[Mapping[str, Any]]) -> Iterator[bytes]:
    """A `warcinfo` record, then one record an article: its title, a blank line, its text."""
    info = f"software: Stet {versions()['stet']}\r\nformat: WARC File Format 1.1\r\n"
    yield _record(WarcRecordType.warcinfo, info, datetime.now(UTC), **{"Content-Type": "application/warc-fields"})
    for article in articles:
        text = "\n\n".join(filter(None, (article["title"], article["text"]))) + "\n"
        moment = article["fetched_at"] or article["archived_at"]
        headers = {"WARC-Target-URI": _uri(article), "Content-Type": "text/plain"}
        yield _record(WarcRecordType.conversion, text, moment, **headers)


def _uri(article: Mapping[str, Any]) -> str:
    """The article's address; what would end the header's line is taken out of it."""
    url = "".join(char for char in article["url"] or "" if char.isprintable() and not char.isspace())
    return url or f"urn:stet:{article['article_id']}"


def _record(kind: WarcRecordType, text: str, moment: datetime, **headers: str) -> bytes:
    """One record. The same text of the same address and moment has the same id."""
    content, date = text.encode(), f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
    record = WarcRecord()
    urn = uuid.uuid5(_NAMESPACE, "\n".join((date, *headers.values(), text)))
    record.init_headers(kind, f"uuid:{urn}".encode(), content_length=len(content))
    for name, value in {"WARC-Date": date, **headers}.items():
        record.headers[name] = value
    record.set_bytes_content(content)
    out = io.BytesIO()
    record.write(out, checksum_data=True)
    return out.getvalue()
