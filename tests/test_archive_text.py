"""The plain text of articles."""

import zipfile
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outputs.parquet import write_articles
from outputs.rows import ArticleRow, RunStamp, article_record
from outputs.text import article_text, write_texts
from tests.archive_samples import NOON, article

STAMP = RunStamp("20261124T120000Z-abcdef", NOON, "0.1.0")


def text_of(**fields):
    return article_text(article_record(ArticleRow(article("a.html", "First.\n\nSecond."), STAMP)) | fields)


def test_header_then_text():
    assert text_of() == (
        "Title: A bridge opens\nAuthors: Jane Doe; John Roe\nDate: 2017-10-19T22:59:00\nPublisher: news.example\n"
        "URL: https://news.example/bridge\n\nFirst.\n\nSecond.\n"
    )


def test_a_date_with_a_known_zone_is_in_utc():
    assert "\nDate: 2017-10-19T22:59:00Z\n" in text_of(published_zone="Europe/Berlin")


def test_an_early_year_has_four_digits():
    assert "\nDate: 0986-01-02T00:00:00\n" in text_of(published_at=datetime(986, 1, 2, tzinfo=UTC))


def test_missing_fields_have_no_line():
    text = text_of(title=None, authors=[], published_at=None, publisher=None, url=None)
    assert text == "\nFirst.\n\nSecond.\n"


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "\n\n", "\x0b", "\x0c", "\x85", "\u2028", "\u2029"])
def test_a_line_break_in_a_field_forges_nothing(end):
    text = text_of(title=f"News{end}URL: https://evil.example", authors=[f"A{end}Date: 1999"])
    header = text.partition("\n\n")[0].splitlines()
    assert [line.partition(":")[0] for line in header] == ["Title", "Authors", "Date", "Publisher", "URL"]


@given(st.text(), st.lists(st.text()))
def test_any_fields_leave_the_header_whole(title, authors):
    header = text_of(title=title, authors=authors).partition("\n\n")[0].splitlines()
    names = [line.partition(": ")[0] for line in header]
    assert [name for name in names if name not in ("Title", "Authors")] == ["Date", "Publisher", "URL"]


def test_zero_width_joiners_of_persian_stay():
    assert "Title: می\u200cشود\n" in text_of(title="می\u200cشود")


def test_zip_is_named_by_id_and_the_same_every_time(tmp_path):
    articles = [article(f"../{name}.html", name) for name in "ab"]
    rows = [
        ArticleRow(replace(value, source_sha256=digit * 64), STAMP) for value, digit in zip(articles, "ef", strict=True)
    ]
    for name in ("1", "2"):
        write_articles(rows, tmp_path / f"{name}.parquet")
        write_texts(tmp_path / f"{name}.parquet", tmp_path / f"{name}.zip")
    assert (tmp_path / "1.zip").read_bytes() == (tmp_path / "2.zip").read_bytes()
    assert (tmp_path / "1.parquet").read_bytes() == (tmp_path / "2.parquet").read_bytes()
    with zipfile.ZipFile(tmp_path / "1.zip") as archive:
        assert archive.namelist() == ["e" * 20 + ".txt", "f" * 20 + ".txt"]
        assert archive.read("e" * 20 + ".txt").decode().endswith("\n\na\n")
        assert archive.testzip() is None
