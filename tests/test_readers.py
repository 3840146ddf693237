"""The tools that analysts use open `articles/` as it is, with the documented types."""

import datetime as dt
import shutil

import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest

from outputs.schema import ARTICLES
from tests.archive_samples import NOON, article, run_archive, write_pages

DAYS = [dt.date(2026, 11, 24), dt.date(2026, 11, 25)]
PUBLISHED = dt.datetime(2017, 10, 19, 22, 59, tzinfo=dt.UTC)


@pytest.fixture(scope="module")
def articles(tmp_path_factory):
    """Two days of one article each, the second with nothing but its text."""
    folder = tmp_path_factory.mktemp("readers")
    bare = {
        "title": None, "authors": (), "tags": (), "language": None, "url": None, "publisher": None,
        "published_at": None, "published_raw": None, "images": (),
    }  # fmt: skip
    for name, day, fields in (("a.html", NOON, {}), ("b.html", NOON + dt.timedelta(days=1), bare)):
        source = write_pages(folder / name[0], {name: name})
        run_archive(
            source, folder / "archive", now=day, cleaner=lambda raw, _, f=fields: article(raw.source_name, "Text.", **f)
        )
    return folder / "archive" / "articles"


def check_first(row, blocks, images):
    assert row["source_name"] == "a.html"
    assert row["archived_on"] == DAYS[0]
    assert list(row["authors"]) == ["Jane Doe", "John Roe"]
    assert list(row["tags"]) == ["bridges"]
    assert [(block["label"], block["kept"]) for block in blocks] == [
        ("title", False), ("paragraph", True), ("promo", False),
    ]  # fmt: skip
    assert [(image["caption"], image["credit"]) for image in images] == [("The bridge", "REUTERS"), ("No more", None)]


def test_pyarrow(articles):
    day = ds.partitioning(pa.schema([("archived_on", pa.date32())]), flavor="hive")
    table = ds.dataset(articles, format="parquet", partitioning=day).to_table().sort_by("source_name")
    assert table.schema.equals(ARTICLES.append(pa.field("archived_on", pa.date32())))
    first, second = table.to_pylist()
    check_first(first, first["blocks"], first["images"])
    assert first["published_at"] == PUBLISHED
    assert second["published_at"] is None
    assert second["authors"] == []


def test_pyarrow_without_being_told_the_partition(articles):
    table = pq.read_table(articles)
    assert set(table.column_names) == {*ARTICLES.names, "archived_on"}


def test_pandas(articles):
    pandas = pytest.importorskip("pandas")
    frame = pandas.read_parquet(articles).sort_values("source_name", ignore_index=True)
    assert str(frame.dtypes["published_at"]) == "datetime64[us, UTC]"
    assert str(frame.dtypes["word_count"]) == "int32"
    assert str(frame.dtypes["is_paywalled"]) == "bool"
    assert str(frame.dtypes["confidence"]) == "float32"
    assert str(frame.dtypes["archived_on"]) == "category"  # pandas reads every hive partition as one
    first = frame.iloc[0].to_dict() | {"archived_on": dt.date.fromisoformat(frame.archived_on[0])}
    check_first(first, first["blocks"], first["images"])
    assert frame.published_at[0] == pandas.Timestamp(PUBLISHED)
    assert frame.published_at.isna().tolist() == [False, True]


def test_polars(articles):
    polars = pytest.importorskip("polars")
    frame = polars.read_parquet(articles, hive_partitioning=True, try_parse_hive_dates=True).sort("source_name")
    assert frame.schema["published_at"] == polars.Datetime("us", "UTC")
    assert frame.schema["authors"] == polars.List(polars.String)
    assert frame.schema["images"] == polars.List(
        polars.Struct({"url": polars.String, "caption": polars.String, "credit": polars.String})
    )
    assert frame.schema["blocks"] == polars.List(
        polars.Struct({
            "label": polars.String, "text": polars.String, "kept": polars.Boolean, "reason": polars.String,
            "confidence": polars.Float32,
        })
    )  # fmt: skip
    assert frame.schema["word_count"] == polars.Int32
    assert frame.schema["archived_on"] == polars.Date
    first, second = frame.to_dicts()
    check_first(first, first["blocks"], first["images"])
    assert first["published_at"] == PUBLISHED
    assert second["published_at"] is None
    assert polars.scan_parquet(articles).filter(polars.col("publisher") == "news.example").collect().height == 1


def test_duckdb(articles):
    duckdb = pytest.importorskip("duckdb")
    where = f"FROM '{articles}/**/*.parquet'"
    types = {name: kind for name, kind, *_ in duckdb.sql(f"DESCRIBE {where}").fetchall()}
    assert types["published_at"] == "TIMESTAMP WITH TIME ZONE"
    assert types["authors"] == "VARCHAR[]"
    assert types["images"] == "STRUCT(url VARCHAR, caption VARCHAR, credit VARCHAR)[]"
    assert (
        types["blocks"] == 'STRUCT("label" VARCHAR, "text" VARCHAR, kept BOOLEAN, reason VARCHAR, confidence FLOAT)[]'
    )
    assert types["word_count"] == "INTEGER"
    assert types["archived_on"] == "DATE"
    # Without the moments: their Python values need a further package.
    query = f"SELECT source_name, archived_on, authors, tags, blocks, images {where} ORDER BY source_name"
    first = duckdb.sql(query).to_arrow_table().to_pylist()[0]
    check_first(first, first["blocks"], first["images"])
    assert duckdb.sql(f"SELECT epoch(published_at)::BIGINT {where} ORDER BY ALL").fetchall() == [
        (int(PUBLISHED.timestamp()),), (None,),
    ]  # fmt: skip
    removed = duckdb.sql(
        f"SELECT b.reason, count(*) FROM (SELECT unnest(blocks) b {where}) WHERE NOT b.kept GROUP BY 1"
    )
    assert sorted(removed.fetchall()) == [("en.follow", 2), ("title.headline", 2)]


@pytest.mark.long
def test_spark(articles):
    pyspark = pytest.importorskip("pyspark.sql")
    if not shutil.which("java"):
        pytest.skip("Spark needs java")
    options = {
        "spark.sql.session.timeZone": "UTC", "spark.ui.enabled": "false", "spark.sql.shuffle.partitions": "1",
        "spark.driver.bindAddress": "127.0.0.1", "spark.driver.host": "127.0.0.1",
    }  # fmt: skip
    session = pyspark.SparkSession.builder.master("local[1]").config(map=options).getOrCreate()
    try:
        frame = session.read.parquet(str(articles)).orderBy("source_name")
        types = dict(frame.dtypes)
        assert types["published_at"] == "timestamp"
        assert types["authors"] == "array<string>"
        assert types["images"] == "array<struct<url:string,caption:string,credit:string>>"
        assert types["blocks"] == "array<struct<label:string,text:string,kept:boolean,reason:string,confidence:float>>"
        assert types["word_count"] == "int"
        assert types["archived_on"] == "date"
        first = frame.collect()[0].asDict(recursive=True)
        check_first(first, first["blocks"], first["images"])
        seconds = frame.selectExpr("unix_seconds(published_at) AS s").collect()
        assert [row.s for row in seconds] == [int(PUBLISHED.timestamp()), None]
    finally:
        session.stop()
