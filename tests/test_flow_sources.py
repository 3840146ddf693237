"""Runs over files that hold pages: every page is accounted for, a second time too, and one that kills is found."""

import json
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from config.limits import Limits
from flows.archiving import Request, open_archiving
from flows.summary import Summary
from tests import flow_nasty
from tests.conftest import ROOT, Stet, page_html
from tests.s3_server import put, s3_server
from tests.source_samples import lines, packed, record, tar_bytes, write_parquet, write_warc, write_wet, write_zip

DAMAGE = b"\x1f\x8b\x08 broken"


def pages(first: int, count: int = 3) -> dict[str, bytes]:
    return {f"{number}.html": page_html(number).encode() for number in range(first, first + count)}


def ferry(number: int) -> str:
    """A short story as a text dump."""
    return (
        f"Ferry {number} stays\n\nThe harbour council voted on Tuesday to keep the old ferry {number} running "
        "through the winter. The vote was seven to two. Mara Lind, who leads the council, said that the boat would be "
        "repaired in spring, and that nobody would lose work. Fishermen had asked for a new pier instead."
    )


def write_sources(folder: Path) -> Path:
    """24 articles in files of eight kinds, six of them twice, and five pages that are none."""
    folder.mkdir()
    for name, page in pages(0).items():
        (folder / name).write_bytes(page)
    write_zip(folder / "a.zip", pages(3) | {"../../up.html": b"", "inner.zip": b""})
    (folder / "b.tar.gz").write_bytes(tar_bytes(pages(6)))
    records = [record(number, page) for number, page in enumerate(pages(9).values())]
    (folder / "c.warc.gz").write_bytes(packed(records) + DAMAGE + packed([record(9, status="404 Not Found")]))
    write_warc(folder / "d.warc", {f"https://news.example/{number}": page for number, page in pages(12).items()})
    (folder / "e.jsonl").write_bytes(lines({"html": page.decode()} for page in pages(15).values()))
    write_parquet(folder / "f.parquet", {"content": list(pages(18).values()), "url": ["", None, "https://a.example/"]})
    write_wet(folder / "g.warc.wet.gz", {f"https://b.example/{n}": ferry(n) for n in range(3)})
    (folder / "h.lst").write_text("c.warc.gz\nd.warc\n")
    (folder / "i.html").write_bytes(b"")
    return folder


def summary_of(stet: Stet, *arguments: str | Path, **settings: Any) -> dict[str, Any]:
    done = stet("archive", *arguments, "--json", **settings)
    assert done.returncode == 0, done.stderr
    summary: dict[str, Any] = json.loads(done.stdout)
    assert summary["read"] == sum(summary[name] for name in ("archived", "unchanged", "duplicate", "rejected"))
    return summary


@pytest.mark.long
@pytest.mark.usefixtures("prefect_server")
def test_a_mixture_here_and_at_s3_is_accounted_for(stet: Stet, tmp_path: Path) -> None:
    folder, archive = write_sources(tmp_path / "pages"), tmp_path / "archive"
    first = summary_of(stet, folder, folder / "h.lst", "--to", archive, "--workers", "2")
    assert (first["read"], first["archived"], first["duplicate"]) == (37, 24, 6)
    assert first["rejected_by_reason"] == {"empty": 2, "error_page": 2, "unreadable": 3}
    rows = pq.read_table(archive / "articles").to_pylist()
    assert {row["fetched_at"].date().isoformat() for row in rows if "c.warc.gz#" in row["source_name"]} == {
        "2024-03-01", "2024-03-02", "2024-03-03"
    }  # fmt: skip
    assert sum("g.warc.wet.gz#" in row["source_name"] for row in rows) == 3

    with s3_server() as environment:
        put(environment, "flow", {f"in/{path.name}": path.read_bytes() for path in folder.iterdir()})
        again = summary_of(stet, "s3://flow/in", "--to", archive, env=environment)
    assert (again["read"], again["unchanged"], again["files"]) == (29, 29, 0)


def archive(request: Request) -> Summary:
    with open_archiving(request, flow_nasty.batch) as archiving:
        archiving.start_ahead()
        for number in archiving.jobs():
            archiving.commit(archiving.outcome(number))
        return archiving.finish()


@pytest.mark.parametrize("name", ["a.warc.gz", "a.tar.gz", "a.jsonl", "a.parquet"])
def test_a_page_in_a_file_that_kills_its_worker_is_found(tmp_path: Path, name: str) -> None:
    texts = [f"Page {number} is a good page." for number in range(10)]
    texts[7] = "kill"
    match name:
        case "a.warc.gz":
            content = packed([record(number, text.encode()) for number, text in enumerate(texts)])
        case "a.tar.gz":
            content = tar_bytes({f"{number}.html": text.encode() for number, text in enumerate(texts)})
        case _:
            content = lines({"text": text} for text in texts)
    (tmp_path / name).write_bytes(content)
    if name == "a.parquet":
        write_parquet(tmp_path / name, {"text": texts})
    request = Request((tmp_path / name,), tmp_path / "archive", 2, 4, Limits(page_seconds=5))
    summary = archive(request)
    assert (summary.counts.read, summary.counts.archived, summary.counts.rejected_total) == (10, 9, 1)
    found = pq.read_table(tmp_path / "archive" / "articles")["text"].to_pylist()
    assert Counter(found) == Counter(text for text in texts if text != "kill")
    reasons = pq.read_table(tmp_path / "archive" / "rejects")["reason"].to_pylist()
    assert reasons == ["crashed"]
    assert archive(request).counts.unchanged == 10


def test_clean_prints_each_page_of_a_file(stet: Stet, tmp_path: Path) -> None:
    write_sources(tmp_path / "pages")
    done = stet("clean", tmp_path / "pages" / "c.warc.gz")
    assert done.returncode == 1
    assert done.stdout.count("==> c.warc.gz#") == 3
    assert "Ferry report 9" not in done.stderr
    errors = done.stderr.splitlines()
    assert [line.rpartition(": ")[2] for line in errors] == [
        "unreadable (a broken record)",
        "error_page (HTTP status 404)",
    ]


def test_clean_as_json_gives_url_and_time(stet: Stet, tmp_path: Path) -> None:
    write_sources(tmp_path / "pages")
    done = stet("clean", "--json", tmp_path / "pages" / "d.warc")
    assert done.returncode == 0
    records = [json.loads(line) for line in done.stdout.splitlines()]
    assert [entry["url"] for entry in records] == [f"https://news.example/{number}.html" for number in range(12, 15)]
    assert all(entry["fetched_at"] for entry in records)


@pytest.mark.parametrize("command", [("clean",), ("archive", "--to", "archive")])
def test_a_table_without_a_page_is_one_line(stet: Stet, tmp_path: Path, command: tuple[str, ...]) -> None:
    (tmp_path / "a.jsonl").write_bytes(b'{"title": "x"}\n')
    done = stet(*command, tmp_path / "a.jsonl")
    assert done.returncode == 2
    assert done.stderr.startswith(f"stet: {tmp_path}/a.jsonl: no column with the page")
    assert done.stderr.endswith("the columns are: title\n")


@pytest.mark.long
@pytest.mark.usefixtures("prefect_server")
def test_the_documents_commands_work_as_written(tmp_path: Path, environment: dict[str, str]) -> None:
    document = (ROOT / "docs" / "sources.md").read_text("utf-8")
    blocks = re.findall(r"(?<!-->\n)```sh\n(.*?)```", document, re.DOTALL)  # but those that say why they are not run
    commands = [line for block in blocks for line in block.splitlines()]
    folder = write_sources(tmp_path / "pages")
    (folder / "c.warc.gz").rename(tmp_path / "news.warc.gz")
    (folder / "b.tar.gz").rename(tmp_path / "dump.tar.gz")
    (folder / "f.parquet").rename(tmp_path / "table.parquet")
    (tmp_path / "crawl.lst").write_text("pages/d.warc\n")
    stet = f'stet() {{ "{sys.executable}" -m flows.cli "$@"; }}\n'
    with s3_server() as s3:
        put(s3, "my-bucket", {"pages/a.html": page_html(90).encode()})
        for command, code in zip(commands, (0, 1, 0, 0), strict=True):
            done = subprocess.run(
                ["bash", "-c", stet + command], env=environment | s3, cwd=tmp_path, capture_output=True, check=False
            )
            assert done.returncode == code, done.stderr
