"""`stet query`, `stet show`, `stet stats`: what they print, and where the archive's name comes from."""

import csv
import io
import json
import re

import pytest

from flows.cli import run
from tests.archive_samples import article, rows, run_archive, write_pages

HOSTILE = "\x1b[31mred\u202eder\x07 <b>=1+1"


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    folder = tmp_path_factory.mktemp("reading")
    pages = {"a.html": "One story.", "b.html": "Another story.", "c.html": "reject"}

    def clean(raw, limits):
        from tests.archive_samples import clean as sample

        if raw.content == b"reject":
            return sample(raw, limits)
        fields = {"url": f"https://news.example/{raw.source_name}"}
        fields |= {"title": HOSTILE, "language": "de"} if raw.source_name == "b.html" else {}
        return article(raw.source_name, raw.content.decode(), **fields)

    run_archive(write_pages(folder / "pages", pages), folder / "archive", cleaner=clean)
    return folder / "archive"


@pytest.fixture
def stet(capsys, archive, monkeypatch):
    for name in ("STET_ARCHIVE", "STET_CONFIG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(archive.parent)

    def call(*arguments, code=0):
        assert run([str(argument) for argument in arguments]) == code
        return capsys.readouterr()

    return call


QUERY = "SELECT title, word_count, authors, published_at FROM latest ORDER BY source_name"


def test_query_as_a_table(stet, archive):
    lines = stet("query", QUERY, archive).out.splitlines()
    assert lines[0].split() == ["title", "word_count", "authors", "published_at"]
    assert re.fullmatch(r"A bridge opens +2 +Jane Doe; John Roe +2017-10-19 22:59:00Z *", lines[1])
    assert "\\u001b[31mred\\u202eder\\u0007 <b>=1+1" in lines[2]
    assert len(lines) == 3


def test_query_as_csv(stet, archive):
    table = list(csv.reader(io.StringIO(stet("query", "--csv", QUERY, archive).out)))
    assert table[0] == ["title", "word_count", "authors", "published_at"]
    assert table[1:] == [
        ["A bridge opens", "2", "Jane Doe; John Roe", "2017-10-19 22:59:00Z"],
        [HOSTILE, "2", "Jane Doe; John Roe", "2017-10-19 22:59:00Z"],
    ]


def test_query_as_json(stet, archive):
    lines = stet("query", "--json", QUERY + " LIMIT 1", archive).out.splitlines()
    assert [json.loads(line) for line in lines] == [{
        "title": "A bridge opens", "word_count": 2, "authors": ["Jane Doe", "John Roe"],
        "published_at": "2017-10-19T22:59:00+00:00",
    }]  # fmt: skip


def test_numbers_keep_their_digits(stet, archive):
    query = "SELECT sum(word_count) AS s, avg(word_count)::DOUBLE + 1e-9 AS d, max(confidence) AS c FROM latest"
    assert stet("query", "--csv", query, archive).out == "s,d,c\n4,2.000000001,0.75\n"


def test_a_long_table_says_that_it_is_cut(stet, archive):
    done = stet("query", "SELECT range AS n FROM range(300)", archive)
    assert len(done.out.splitlines()) == 201
    assert "first 200 rows" in done.err
    assert len(stet("query", "--csv", "SELECT range AS n FROM range(300)", archive).out.splitlines()) == 301


def test_no_rows_is_a_header(stet, archive):
    assert stet("query", "SELECT title FROM latest WHERE false", archive).out.split() == ["title"]


@pytest.mark.parametrize("how", ["argument", "option", "environment", "file"])
def test_where_the_archive_s_name_comes_from(stet, archive, monkeypatch, tmp_path, how):
    query = ["query", "--csv", "SELECT count(*) AS n FROM latest"]
    if how == "environment":
        monkeypatch.setenv("STET_ARCHIVE", str(archive))
    if how == "file":
        (tmp_path / "stet.toml").write_text(f'archive = "{archive}"')
        query += ["--config", str(tmp_path / "stet.toml")]
    given = {"argument": [archive], "option": ["--archive", archive]}.get(how, [])
    assert stet(*query, *given).out == "n\n2\n"


def test_show(stet, archive):
    row = next(row for row in rows(archive) if row["source_name"] == "a.html")
    shown = stet("show", row["article_id"][:8], archive).out
    assert shown.startswith("Title: A bridge opens\nAuthors: Jane Doe; John Roe\nDate: 2017-10-19T22:59:00\n")
    assert shown.endswith("\n\nOne story.\n")
    record = json.loads(stet("show", "--json", row["article_id"], archive).out)
    assert record["blocks"][2] == {
        "label": "promo", "text": "Follow us", "kept": False, "reason": "en.follow", "confidence": pytest.approx(0.97),
    }  # fmt: skip
    assert "archived_on" in record


def test_stats(stet, archive):
    figures = json.loads(stet("stats", "--json", archive).out)
    assert {name: figures["totals"][name] for name in ("articles", "rejects", "runs", "words")} == {
        "articles": 2, "rejects": 1, "runs": 1, "words": 4,
    }  # fmt: skip
    assert figures["languages"][0]["articles"] == 1
    assert figures["days"][0]["rejects"] == 1
    assert {row["field"]: row["filled"] for row in figures["fields"]}["deck"] == 0
    assert {row["label"]: row["blocks"] for row in figures["labels"]} == {"paragraph": 2, "title": 2, "promo": 2}
    shown = stet("stats", "--top", "1", archive).out
    assert "languages, 1 of 2" in shown
    assert re.search(r"^promo +false +2 ", shown, re.MULTILINE)


def test_stats_of_an_archive_without_articles(stet, tmp_path):
    run_archive(write_pages(tmp_path / "pages", {"x.html": "reject"}), tmp_path / "archive")
    figures = json.loads(stet("stats", "--json", tmp_path / "archive").out)
    assert figures["totals"]["words"] == 0
    assert {row["filled"] for row in figures["fields"]} == {0}
    assert "no_article" in stet("stats", tmp_path / "archive").out


def test_query_from_standard_input(stet, archive, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO("SELECT count(*) AS n FROM latest"))
    assert stet("query", "--csv", "-", archive).out == "n\n2\n"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("query", "SELECT 1"), "no archive given"),
        (("query", "SELECT 1", "{tmp}"), "no archive: {tmp}"),
        (("query", "SELECT 1", "{archive}", "--archive", "{tmp}"), "name one archive"),
        (("query", "SELECT nope FROM latest", "{archive}"), '"nope" not found'),
        (("query", "DROP VIEW latest", "{archive}"), "one SELECT"),
        (("query", "SELECT 1", "{archive}", "--csv", "--json"), "not both"),
        (("show", "ab", "{archive}"), "at least 4 digits"),
        (("export", "{archive}", "--format", "tei"), "--to"),
        (("export", "{archive}", "--format", "csv", "--to", "{tmp}"), "is a folder"),
        (("export", "{archive}", "--format", "tei", "--to", "{tmp}"), "there already"),
        (("export", "{archive}", "--format", "jsonl", "--where", "nope"), '"nope" not found'),
        (("export", "{archive}", "--format", "pdf"), "--format"),
    ],
)
def test_a_mistake_is_one_line(stet, archive, tmp_path, arguments, said):
    given = {"archive": archive, "tmp": tmp_path}
    done = stet(*(argument.format(**given) for argument in arguments), code=2)
    assert done.out == ""
    assert re.fullmatch(r"stet: .*\n", done.err)
    assert said.format(**given) in done.err


def test_an_id_that_is_not_there(stet, archive):
    done = stet("show", "nothing", archive, code=1)
    assert done.err.startswith("stet: no article nothing in ")
