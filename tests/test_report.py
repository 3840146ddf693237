"""The run report: what it says, that nothing from a page can do anything in it, and that it is valid HTML."""

import re
from dataclasses import replace
from datetime import date, timedelta
from html import unescape
from pathlib import Path
from typing import Any

import html5lib
import pytest
from lxml import html

from outputs.layout import ArchiveError, Layout
from outputs.report import ROWS, Report, render
from outputs.report_charts import articles_a_day
from outputs.report_figures import RejectSample
from outputs.report_run import find_run, manifest_record
from outputs.report_words import MEANINGS, NAMES, alarm_line, alarm_record, percent, plain, value_text
from tasks.figures import ALL, Figures, share_bin, words_bin
from tasks.page import BOILERPLATE, RejectReason
from tasks.watched import FIGURES, Alarm, Day
from tests.archive_samples import NOON, run_archive, write_pages

HOSTILE = "\"'><script>alert(1)</script><img src=x onerror=alert(2)>{{ 7*7 }}\x00\x1b[31m\u202e\ud800</style></title>"
GAZETTE = "harbour-gazette.example"


def manifest(**counts: Any) -> dict[str, Any]:
    known = {"read": 12, "archived": 7, "unchanged": 2, "duplicate": 1, "rejected": {"no_article": 2}}
    return {
        "run": "20261124T030004Z-4f2a1c",
        "status": "complete",
        "started_at": "2026-11-24T03:00:04+00:00",
        "finished_at": "2026-11-24T03:00:16+00:00",
        "sources": ["/srv/pages"],
        "counts": known | counts,
        "versions": {"stet": "0.1.0", "python": "3.11.2", "rules_sha256": "ab" * 32},
        "files": [{"path": "articles/x", "rows": 7, "size": 2_000_000, "sha256": ""}],
    }


def figures(articles: int = 7, **present: int) -> Figures:
    return Figures(
        present={"title": articles, "author": articles - 1, "promo": articles} | present,
        rejects={"no_article": 2},
        chars={"paragraph": 9000, "navigation": 1000},
        words={words_bin(480): articles},
        confidence={share_bin(0.93): articles},
        removed={share_bin(0.1): articles},
    )


def alarm(publisher: str | None = GAZETTE, figure: str = "author", **fields: Any) -> Alarm:
    known = {"usual": 0.97, "now": 0.0, "pages": 12, "since": date(2026, 11, 24), "is_new": True}
    return Alarm(publisher, figure, **(known | fields))


def past(days: int = 10) -> list[Day]:
    return [Day(date(2026, 11, 14) + timedelta(at), {GAZETTE: figures(20 + at)}, None) for at in range(days)]


def full(name: str = GAZETTE) -> Report:
    """A report with every part, `name` wherever a page has a say."""
    samples = {
        "no_article": [RejectSample(name, "no_article", name, name), RejectSample("b.html", "no_article", "", None)]
    }
    record = manifest() | {"sources": [name]}
    some = {name: figures(), "valley-post.example": figures(3), None: figures(1)}
    return Report(
        record, some, samples, [alarm(name), alarm(name, "promo", is_new=False), alarm(ALL, "articles")], past()
    )


def text_of(page: str) -> str:
    return " ".join(" ".join(html.document_fromstring(page).body.itertext()).split())


def test_what_it_says() -> None:
    text = text_of(render(full()))
    assert "Run of 24 November 2026, 03:00 UTC" in text
    assert "12 pages read: 7 archived, 2 unchanged, 1 duplicate, 2 rejected." in text
    assert "articles with an author: 0 % , usually 97 % (new, 12 pages)" in text
    assert "all publishers together" in text
    assert "12.0 s, 1.0 pages a second" in text
    assert "1 files, 2.0 MB" in text
    assert "abababababababab" in text
    assert "a front page, a list, a gallery without text" in text
    assert f"{GAZETTE} 7 2" in text


def test_the_verdict() -> None:
    well = text_of(render(replace(full(), alarms=())))
    assert "No alarms: the figures of all publishers are as usual." in well
    young = text_of(render(replace(full(), alarms=(), past=past(3))))
    assert "needs seven days of runs" in young
    cut = text_of(render(replace(full(), manifest=manifest() | {"status": "interrupted"})))
    assert "This run was cut short." in cut


def test_publishers_beyond_the_first_are_summed_up() -> None:
    some = {f"{number:04d}.example": figures(2) for number in range(ROWS + 5)}
    page = html.document_fromstring(render(Report(manifest(), some)))
    table = page.xpath("//section[h2/@id='publishers']//tbody/tr")
    assert len(table) == ROWS + 2
    assert [cell.text_content().strip() for cell in table[-2][:3]] == ["5 smaller ones", "10", "10"]
    assert [cell.text_content().strip() for cell in table[-1][:2]] == ["All", str(2 * ROWS + 10)]


def test_a_run_without_articles() -> None:
    page = render(Report(manifest(archived=0, rejected={}), {}))
    assert "<svg" not in page and "Rejected pages" not in page
    assert render(Report(manifest(read=0, archived=0, unchanged=0, duplicate=0, rejected={}), {}))


@pytest.mark.parametrize(
    "report", [full(), full(HOSTILE), Report(manifest(rejected={}), {})], ids=["full", "hostile", "empty"]
)
def test_it_is_valid_html(report: Report) -> None:
    html5lib.HTMLParser(strict=True).parse(render(report))


def test_what_comes_from_pages_stays_text() -> None:
    hostile, tame = render(full(HOSTILE)), render(full())
    shape = [element.tag for element in html.document_fromstring(tame).iter() if isinstance(element.tag, str)]
    found = [element.tag for element in html.document_fromstring(hostile).iter() if isinstance(element.tag, str)]
    assert found == shape
    assert "<script" not in hostile and "onerror" in unescape(hostile)
    assert "49" not in text_of(hostile).replace("{{ 7*7 }}", "")
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]", hostile)
    hostile.encode("utf-8")


def test_nothing_is_loaded_and_nothing_runs() -> None:
    page = html.document_fromstring(render(full()))
    (policy,) = page.xpath("//meta[@http-equiv='Content-Security-Policy']/@content")
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert not page.xpath("//script|//link|//img|//iframe|//object|//form|//@onclick|//@href|//@src|//*[@style]")
    assert len(page.xpath("//style")) == 1


def test_charts_are_there_as_numbers_too() -> None:
    page = html.document_fromstring(render(full()))
    found = page.xpath("//figure")
    assert len(found) == 4
    for figure in found:
        assert figure.xpath(".//*[local-name()='svg'][@aria-hidden='true']//*[local-name()='rect']")
        assert figure.xpath(".//details//tbody/tr")
    assert "400+ 11" in [" ".join(row.itertext()) for row in found[0].xpath(".//tbody/tr")]


@pytest.mark.parametrize("articles", [1, 2, 3, 4, 7, 30])
def test_an_axis_of_counts_has_whole_numbers(articles: int) -> None:
    chart = articles_a_day([("Mon", articles), ("Tue", articles // 2)])
    said = [int(text) for text in html.fromstring(chart.svg).itertext() if text.strip().isdigit()]
    assert said == sorted({*said}), "a number stands at two heights"


def test_names_are_complete() -> None:
    assert set(FIGURES) - {label.value for label in BOILERPLATE} == set(NAMES)
    assert set(MEANINGS) == set(RejectReason)


def test_lines_and_records_of_alarms() -> None:
    assert alarm_line(alarm()) == f"{GAZETTE}: articles with an author: 0 %, usually 97 % (new)"
    standing = alarm(None, "words", usual=420, now=38, is_new=False)
    assert alarm_line(standing) == "(not known): median length: 38 words, usually 420 words (since 2026-11-24)"
    assert alarm_record(alarm(ALL))["publisher"] == "all"
    assert alarm_record(alarm())["since"] == "2026-11-24"
    assert "\n" not in alarm_line(alarm("a\nb")) and "\x1b" not in alarm_line(alarm(HOSTILE))


@pytest.mark.parametrize(
    ("share", "text"), [(None, "–"), (0.0, "0 %"), (0.001, "< 1 %"), (0.5, "50 %"), (0.999, "> 99 %"), (1.0, "100 %")]
)
def test_percent(share: float | None, text: str) -> None:
    assert percent(share) == text


def test_values_are_written_in_their_units() -> None:
    assert value_text("articles", 1234.0) == "1,234"
    assert value_text("articles", 3.5) == "3.5"
    assert value_text("confidence", 0.9) == "0.90"
    assert plain("x" * 500).endswith("…") and len(plain("x" * 500)) == 160


def test_which_run_a_report_is_of(tmp_path: Path) -> None:
    source = write_pages(tmp_path / "pages", {"a.html": "one"})
    first = run_archive(source, tmp_path / "archive", now=NOON)
    write_pages(tmp_path / "pages", {"b.html": "two"})
    second = run_archive(source, tmp_path / "archive", now=NOON + timedelta(1))
    layout = Layout(tmp_path / "archive")
    assert find_run(layout, None) == manifest_record(second)
    assert find_run(layout, first.run[:8]) == manifest_record(first)
    with pytest.raises(ArchiveError, match="no run 1999"):
        find_run(layout, "1999")
    with pytest.raises(ArchiveError, match="no archive"):
        find_run(Layout(tmp_path / "nowhere"), None)
