"""The report and the watch by the real command: a page's break becomes an exit code, an event and a line."""

import json
import sqlite3
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from outputs.layout import Layout
from tests.conftest import Stet
from tests.press import PAGES, archive_and_report, write_day
from tests.watch_pages import SITES

BROKEN = {SITES[1].domain: "body behind a script", SITES[4].domain: "byline gone"}


def rows(database_file: Path, query: str) -> list[tuple[Any, ...]]:
    with sqlite3.connect(database_file) as database:
        return database.execute(query).fetchall()


def events_of(run: str, database: Path) -> list[tuple[Any, ...]]:
    """The alarms of one run; the server, which other tests use too, writes events down every few seconds."""
    for _ in range(120):
        events = rows(database, "SELECT resource_id, payload FROM events WHERE event = 'stet.quality.alarm'")
        if own := [(name, payload) for name, payload in events if json.loads(payload)["run"] == run]:
            return own
        time.sleep(0.5)
    return []


@pytest.mark.long
def test_pages_that_break_overnight(stet: Stet, tmp_path: Path, prefect_database: Path) -> None:
    archive, today = tmp_path / "archive", datetime.now(UTC)
    for ago in range(8, 0, -1):
        day = today - timedelta(ago)
        archive_and_report(archive, write_day(tmp_path / f"pages-{ago}", day, {}), day)

    pages = write_day(tmp_path / "pages", today, BROKEN)
    done = stet("archive", pages, "--to", archive, "--strict")
    assert done.returncode == 3, done.stderr
    alarms = [line for line in done.stdout.splitlines() if line.startswith("alarm: ")]
    assert alarms == [
        "alarm: the-lighthouse.example: articles with an author: 0 %, usually 100 % (new)",
        "alarm: valley-post.example: pages rejected: 100 %, usually 0 % (new)",
    ]
    (report,) = [line.removeprefix("The report: ") for line in done.stdout.splitlines() if "The report: " in line]
    html = Path(report).read_text("utf-8")
    assert "2 publishers break with the past" in html

    events = events_of(Path(report).stem, prefect_database)
    assert {name for name, _ in events} == {f"stet.publisher.{name}" for name in BROKEN}
    payloads = [json.loads(payload) for _, payload in events]
    assert {figure["figure"] for payload in payloads for figure in payload["figures"]} == {"author", "rejected"}
    keys = "'archive-news', 'archive-news-alarms', 'archive-news-publishers', 'archive-news-rejects'"
    artifacts = dict(rows(prefect_database, f"SELECT key, data FROM artifact WHERE key IN ({keys}) ORDER BY created"))
    assert len(artifacts) == 4
    assert len(json.loads(json.loads(artifacts["archive-news-alarms"]))) == 2

    said = stet("report", archive)
    assert said.stdout.splitlines()[0] == report
    assert said.stdout.splitlines()[1:] == alarms
    Path(report).unlink()
    assert stet("report", archive, Path(report).stem[:15]).returncode == 0
    assert Path(report).read_text("utf-8") == html  # from the archive's rows, the same
    assert not Layout(archive).all_staging.exists()

    later = datetime.now(UTC) + timedelta(seconds=2)
    second = archive_and_report(archive, write_day(tmp_path / "later", later, BROKEN, first=PAGES), later)
    assert [alarm.figure for alarm in second.alarms] == ["author", "rejected"]
    assert not any(alarm.is_new for alarm in second.alarms)  # of the same day


def test_mistakes_are_one_line(stet: Stet, tmp_path: Path) -> None:
    for arguments, said in [
        ((tmp_path / "nowhere",), "stet: no archive: "),
        ((), "stet: no archive given"),
    ]:
        done = stet("report", *arguments)
        assert (done.returncode, done.stderr.count("\n")) == (2, 1)
        assert done.stderr.startswith(said)
