"""Tables: JSON lines and Parquet, their columns, their rows, and what becomes of those that are no pages."""

import gzip
import random
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from backports import zstd

from config.limits import Limits
from tasks import tables
from tasks.fetched import moment_of
from tasks.page import RawPage, Rejected, RejectReason
from tasks.read import SourceError, find_pages, read_page
from tasks.tables import Columns, choose_columns
from tests.source_samples import SMALL, lines, read_all, said, story, write_parquet

ROWS: list[dict[str, Any]] = [
    {
        "id": number,
        "url": f"https://news.example/{number}",
        "html": story(number).decode(),
        "crawl_date": "2024-03-01T08:00:00+02:00",
    }
    for number in range(8)
]
SIX = datetime(2024, 3, 1, 6, tzinfo=UTC)


@pytest.mark.parametrize("name", ["a.jsonl", "a.ndjson", "a.jsonl.gz", "a.jsonl.zst"])
def test_pages_of_json_lines(tmp_path: Path, name: str) -> None:
    pack = {"gz": gzip.compress, "zst": zstd.compress}.get(name.rpartition(".")[2], bytes)
    (tmp_path / name).write_bytes(pack(lines(ROWS)))
    assert read_all(tmp_path / name) == [
        RawPage(f"{name}#{number}", story(number - 1), f"https://news.example/{number - 1}", SIX, "utf-8")
        for number in range(1, 9)
    ]


def test_lines_that_are_no_pages(tmp_path: Path) -> None:
    content = lines([ROWS[0], {"url": "x"}, {"html": 5}, {"html": None}, [1]])
    content += b'\n  \n{broken\n{"html": "last"}'
    (tmp_path / "a.jsonl").write_bytes(content)
    pages = read_all(tmp_path / "a.jsonl")
    unread = RejectReason.UNREADABLE
    found = [page.reason if isinstance(page, Rejected) else page.content for page in pages]
    assert found == [story(0), b"", unread, b"", unread, unread, b"last"]
    assert [page.source_name for page in pages][-2:] == ["a.jsonl#8", "a.jsonl#9"]


def test_a_line_over_the_limit_is_too_large(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(lines([{"html": "a" * 200_000}, ROWS[1]]))
    assert said(tmp_path / "a.jsonl") == ["too_large", "https://news.example/1"]


def test_deep_json_is_no_crash(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(lines([ROWS[0]]) + b'{"html":' + b"[" * 50_000 + b"\n")
    assert said(tmp_path / "a.jsonl") == ["https://news.example/0", "unreadable"]


@pytest.mark.parametrize("group", [3, 100])
def test_pages_of_parquet(tmp_path: Path, group: int) -> None:
    columns = {name: [row[name] for row in ROWS] for name in ROWS[0]}
    columns["crawl_date"] = [SIX.replace(tzinfo=None)] * len(ROWS)
    path = write_parquet(tmp_path / "a.parquet", columns, group)
    assert read_all(path) == [
        RawPage(f"a.parquet#{number}", story(number - 1), f"https://news.example/{number - 1}", SIX, "utf-8")
        for number in range(1, 9)
    ]


def test_bytes_are_taken_as_they_are(tmp_path: Path) -> None:
    content = [gzip.compress(story(1)), "Größe".encode("latin-1"), None]
    path = write_parquet(tmp_path / "a.parquet", {"content": content, "charset": ["", "latin-1", None]})
    pages = read_all(path)
    assert [page.content for page in pages if isinstance(page, RawPage)] == [story(1), content[1], b""]
    assert pages[1] == RawPage("a.parquet#2", content[1] or b"", None, None, "latin-1")


def test_rows_in_any_order(tmp_path: Path) -> None:
    path = write_parquet(tmp_path / "a.parquet", {"text": [f"text {number}" for number in range(500)]}, 200)
    refs = list(find_pages([path]))
    assert len(refs) == 500
    for number in (499, 0, 250, 199, 200, 201, 5):
        page = read_page(refs[number], SMALL)
        assert isinstance(page, RawPage)
        assert (page.source_name, page.content) == (f"a.parquet#{number + 1}", f"text {number}".encode())


def test_a_group_that_is_broken_is_tried_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    texts = [random.Random(number).randbytes(500).hex() for number in range(600)]
    path = write_parquet(tmp_path / "a.parquet", {"text": texts}, 500)
    content = path.read_bytes()
    path.write_bytes(content[:1_000] + bytes(3_000) + content[4_000:])
    opened: list[object] = []
    real = tables._parquet
    monkeypatch.setattr(tables, "_parquet", lambda place: opened.append(place) or real(place))
    found = said(path, limits=Limits())
    assert found.count("unreadable") >= 400
    assert found[500:] == texts[500:]
    assert len(opened) < 10


def test_rows_that_cannot_be_there_are_not_waited_for(tmp_path: Path) -> None:
    assert said(write_parquet(tmp_path / "a.parquet", {"text": [None] * 9_000}, 10_000)) == ["unreadable"]


def test_a_table_without_a_page_names_its_columns(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(b'{"title": "x", "date": 1}\n')
    write_parquet(tmp_path / "a.parquet", {"title": ["x"], "date": [1]})
    for name in ("a.jsonl", "a.parquet"):
        with pytest.raises(SourceError, match=r"no column with the page .*; the columns are: date, title$"):
            find_pages([tmp_path / name])


def test_in_a_folder_it_is_a_page_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "index.jsonl").write_bytes(b'{"title": "x"}\n')
    (tmp_path / "story.html").write_bytes(story(1))
    (tmp_path / "no.parquet").write_bytes(b"PAR1 is not enough")
    assert said(tmp_path) == ["unreadable", "unreadable", story(1).decode()]


@pytest.mark.parametrize(
    ("names", "columns"),
    [
        (["text", "html", "url"], Columns("html", "url")),
        (["TEXT", "URI", "Date"], Columns("TEXT", "URI", "Date")),
        (
            ["body", "content", "fetch_time", "timestamp", "encoding"],
            Columns("content", None, "fetch_time", "encoding"),
        ),
        (["WARC-Target-URI", "raw_content", "WARC-Date"], Columns("raw_content", "WARC-Target-URI", "WARC-Date")),
    ],
)
def test_columns_are_known_by_their_usual_names(names: list[str], columns: Columns) -> None:
    assert choose_columns(names) == columns


@pytest.mark.parametrize(
    ("value", "moment"),
    [
        ("2024-03-01T06:00:00Z", SIX),
        ("20240301060000", SIX),
        (1709272800, SIX),
        (1709272800000, SIX),
        (SIX.replace(tzinfo=None), SIX),
        (date(2024, 3, 1), datetime(2024, 3, 1, tzinfo=UTC)),
        ("0001-01-01T00:00:00+14:00", None),
        ("1970-01-01T00:00:00", None),
        ("2924-03-01T06:00:00Z", None),
        (1e300, None),
        ("yesterday", None),
        (True, None),
        ([], None),
    ],
)
def test_when_a_page_was_fetched(value: object, moment: datetime | None) -> None:
    assert moment_of(value) == moment
