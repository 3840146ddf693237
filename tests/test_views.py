"""The archive as SQL: the views' rows, and that a query reaches nothing else."""

import datetime as dt
from pathlib import Path

import pytest

from outputs.layout import ArchiveError
from outputs.views import VIEWS, QueryError, open_views
from tests.archive_samples import NOON, article, run_archive, write_pages

LATER = NOON + dt.timedelta(days=1)


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    """Two runs in a folder whose name is a pattern: the second has a new version of one of the first's articles."""
    folder = tmp_path_factory.mktemp("views")
    archive = folder / "it's [an] *archive?"
    urls = {"a.html": "https://news.example/a", "a2.html": "https://news.example/a", "none.html": None}

    def clean(raw, limits):
        from tests.archive_samples import clean as sample

        found = sample(raw, limits)
        is_article = hasattr(found, "metadata")
        return article(raw.source_name, raw.content.decode(), url=urls[raw.source_name]) if is_article else found

    first = {"a.html": "First", "none.html": "No address", "bad.html": "reject"}
    run_archive(write_pages(folder / "one", first), archive, now=NOON, cleaner=clean)
    run_archive(write_pages(folder / "two", {"a2.html": "Second"}), archive, now=LATER, cleaner=clean)
    return archive


def ask(archive, query, *values):
    with open_views(archive) as views:
        return list(views.rows(query, values))


def test_articles_and_rejects_are_all_rows(archive):
    rows = ask(archive, "SELECT source_name, archived_on, blocks FROM articles ORDER BY 1")
    assert [(row["source_name"], row["archived_on"]) for row in rows] == [
        ("a.html", NOON.date()), ("a2.html", LATER.date()), ("none.html", NOON.date()),
    ]  # fmt: skip
    assert rows[0]["blocks"][1]["text"] == "First"
    assert ask(archive, "SELECT source_name, reason FROM rejects") == [
        {"source_name": "bad.html", "reason": "no_article"}
    ]


def test_latest_has_one_row_a_url(archive):
    rows = ask(archive, "SELECT source_name FROM latest ORDER BY 1")
    assert [row["source_name"] for row in rows] == ["a2.html", "none.html"]


def test_blocks_are_counted_from_one_in_order(archive):
    rows = ask(archive, "SELECT position, label, text, kept FROM blocks WHERE url IS NULL ORDER BY position")
    assert [(row["position"], row["label"], row["kept"]) for row in rows] == [
        (1, "title", False), (2, "paragraph", True), (3, "promo", False),
    ]  # fmt: skip


def test_runs_are_the_manifests(archive):
    first, second = ask(archive, "FROM runs ORDER BY started_at")
    assert (first["read"], first["archived"], first["rejected"], first["reasons"]) == (3, 2, 1, {"no_article": 1})
    assert first["started_at"] == NOON
    assert second["archived"] == 1
    assert second["files"] == 2
    assert second["bytes"] > 0
    assert second["versions"]["stet"]


def test_values_fill_a_query(archive):
    assert ask(archive, "SELECT source_name FROM articles WHERE text = ?", "Second") == [{"source_name": "a2.html"}]


def test_two_columns_of_one_name_are_two(archive):
    assert ask(archive, "SELECT 1 AS a, 2 AS a, 3 AS b") == [{"a": 1, "a_2": 2, "b": 3}]


def test_moments_are_in_utc(archive):
    assert ask(archive, "SELECT DISTINCT hour(published_at) AS hour FROM articles") == [{"hour": 22}]


def test_an_archive_without_articles_has_its_views(tmp_path):
    run_archive(write_pages(tmp_path / "pages", {"x.html": "reject"}), tmp_path / "archive")
    for view in VIEWS:
        rows = ask(tmp_path / "archive", f"SELECT count(*) AS rows FROM {view}")
        assert rows == [{"rows": int(view in ("rejects", "runs"))}]


def test_a_folder_that_is_no_archive(tmp_path):
    with pytest.raises(ArchiveError, match="no archive"), open_views(tmp_path):
        pass


@pytest.mark.parametrize(
    "query",
    [
        "SELECT * FROM read_text('{outside}')",
        "SELECT * FROM read_csv('{archive}/../secret.txt')",
        "SELECT * FROM read_text('{archive}/articles/../../secret.txt')",
        "SELECT * FROM '{outside}'",
        "SELECT * FROM glob('{folder}/*')",
        "SELECT * FROM read_text('https://127.0.0.1/')",
        "SELECT * FROM secret",  # a variable of ours
        "COPY articles TO '{folder}/out.csv'",
        "COPY articles TO '{archive}/articles/out.csv'",
        "EXPLAIN ANALYZE COPY articles TO '{archive}/articles/out.csv'",
        "ATTACH '{archive}/articles/out.db'",
        "CREATE TABLE mine AS FROM articles",
        "SET enable_external_access = true",
        "SELECT 1; SELECT 2",
        "",
        "SELEC 1",
        "SELECT nothing FROM articles",
    ],
)
def test_a_query_reads_the_archive_and_nothing_else(archive, query):
    secret = archive.parent / "secret.txt"
    secret.write_text("secret")
    before = {path: path.stat().st_mtime_ns for path in archive.parent.rglob("*")}
    given = {"outside": secret, "archive": archive, "folder": archive.parent}
    query = query.format(**{name: str(path).replace("'", "''") for name, path in given.items()})
    with pytest.raises(QueryError) as caught:
        ask(archive, query)
    assert "\n" not in str(caught.value)
    assert {path: path.stat().st_mtime_ns for path in archive.parent.rglob("*")} == before


def test_a_query_that_does_not_fit_in_memory_leaves_nothing_here(archive, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rows = ask(archive, "SELECT i FROM range(2000000) t(i) ORDER BY hash(i) LIMIT 3 OFFSET 1500000")
    assert len(rows) == 3
    assert list(Path().iterdir()) == []
