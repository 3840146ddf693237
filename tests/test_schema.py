"""The columns: described, versioned, and the same in the file, in the row and in the document."""

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from outputs.parquet import write_articles, write_rejects
from outputs.rows import ArticleRow, RejectRow, RunStamp, article_record, article_table
from outputs.schema import ARTICLES, REJECTS, SCHEMA_VERSION
from tasks.page import Rejected, RejectReason
from tests.archive_samples import NOON, article

STAMP = RunStamp("20261124T120000Z-abcdef", NOON, "0.1.0")
DIGEST = "ab" * 32
ROW = ArticleRow(article("a.html", "One two."), STAMP)


def fields(parent: pa.Schema | pa.StructType) -> list[pa.Field]:
    found = []
    for field in parent:
        found.append(field)
        kind = field.type.value_type if pa.types.is_list(field.type) else field.type
        found += fields(kind) if pa.types.is_struct(kind) else []
    return found


@pytest.mark.parametrize("schema", [ARTICLES, REJECTS], ids=["articles", "rejects"])
def test_every_column_and_struct_field_is_described(schema):
    for field in fields(schema):
        assert field.metadata[b"description"].endswith((b".", "…".encode())), field.name


def test_files_carry_schema_descriptions_and_version(tmp_path):
    write_articles([ROW], tmp_path / "a.parquet")
    write_rejects([RejectRow(Rejected("b", RejectReason.EMPTY), STAMP)], tmp_path / "r.parquet")
    for name, schema in (("a", ARTICLES), ("r", REJECTS)):
        stored = pq.read_schema(tmp_path / f"{name}.parquet")
        assert stored.metadata[b"stet.schema_version"] == str(SCHEMA_VERSION).encode()
        assert stored.equals(schema)
        described = [(field.name, field.type, field.metadata[b"description"]) for field in fields(stored)]
        assert described == [(field.name, field.type, field.metadata[b"description"]) for field in fields(schema)]


def test_columns_of_the_design():
    names = (
        "article_id source_name source_sha256 url publisher title kicker deck authors author_bio dateline section tags "
        "language published_at modified_at text word_count images blocks is_live_blog is_paywalled confidence "
        "text_sha256 duplicate_of revision archived_at run_id cleaner_version published_raw published_zone"
    )
    assert set(ARTICLES.names) >= set(names.split())


def test_record_has_all_columns_in_their_order():
    record = article_record(ROW)
    assert list(record) == ARTICLES.names
    stored = article_table([ROW]).to_pylist()[0]
    for name in set(ARTICLES.names) - {"blocks"}:
        assert record[name] == stored[name], name
    assert [block["text"] for block in record["blocks"]] == [block["text"] for block in stored["blocks"]]
    assert [block["kept"] for block in record["blocks"]] == [False, True, False]


def test_file_says_how_it_is_sorted(tmp_path):
    write_articles([ROW], tmp_path / "a.parquet")
    metadata = pq.read_metadata(tmp_path / "a.parquet")
    names = [metadata.schema.column(key.column_index).path for key in metadata.row_group(0).sorting_columns]
    assert names == ["publisher", "published_at", "article_id"]
    assert not any(key.nulls_first or key.descending for key in metadata.row_group(0).sorting_columns)


def test_statistics_for_filters_and_none_for_long_text(tmp_path):
    write_articles([ROW], tmp_path / "a.parquet")
    group = pq.read_metadata(tmp_path / "a.parquet").row_group(0)
    statistics = {group.column(i).path_in_schema: group.column(i).statistics for i in range(group.num_columns)}
    assert statistics["publisher"].min == "news.example"
    assert statistics["text"] is None
    assert statistics["blocks.list.element.text"] is None
    assert group.column(0).compression == "ZSTD"


def test_half_a_surrogate_pair_is_replaced_not_fatal(tmp_path):
    broken = article("a.html", "Text \ud800.", title="T \udfff", tags=("\ud800",))
    table = article_table([ArticleRow(broken, STAMP)])
    assert table["title"][0].as_py() == "T ?"
    assert table["tags"][0].as_py() == ["?"]
    assert table["blocks"][0].as_py()[1]["text"] == "Text ?."
