"""Migration: an archive of an older schema becomes one of the current, whole at every moment."""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from outputs import migrate as migration
from outputs.compact import compact
from outputs.layout import ArchiveError, Table
from outputs.manifest import sealed
from outputs.migrate import STEPS, Step, lift, migrate
from outputs.parquet import write_table
from outputs.schema import ARTICLE_ORDER, ARTICLES, REJECT_ORDER, SCHEMA_VERSION
from outputs.staging import sha256_of
from outputs.verify import verify
from tests.archive_samples import NOON, rows, run_archive, tree, write_pages
from tests.conftest import ROOT
from tests.test_compact import NEXT, fill, killed


def as_schema_1(root: Path) -> Path:
    """Make an archive what the first schema's version would have written: no signatures, no seal."""
    for table, order in (("articles", ARTICLE_ORDER), ("rejects", REJECT_ORDER)):
        for path in (root / table).rglob("*.parquet"):
            with pq.ParquetFile(path) as part:
                found = part.read()
            old = found.drop_columns(["minhash"]) if table == "articles" else found
            write_table(
                old.replace_schema_metadata({**found.schema.metadata, b"stet.schema_version": b"1"}), order, path
            )
    for path in (root / "_runs").glob("*.json"):
        record = json.loads(path.read_text("utf-8"))
        for name in ("kind", "replaces", "sha256"):
            del record[name]
        record["schema_version"] = 1
        for file in record["files"]:
            file["size"], file["sha256"] = (root / file["path"]).stat().st_size, sha256_of(root / file["path"])
        path.write_text(json.dumps(record, indent=2) + "\n", "utf-8")
    return root


@pytest.fixture(scope="module")
def current(tmp_path_factory):
    folder = tmp_path_factory.mktemp("current")
    return fill(folder / "archive", folder / "pages", runs=2, pages=4)


@pytest.fixture(scope="module")
def old(current, tmp_path_factory):
    return as_schema_1(Path(shutil.copytree(current, tmp_path_factory.mktemp("old") / "archive")))


@pytest.fixture
def root(old, tmp_path):
    return Path(shutil.copytree(old, tmp_path / "archive"))


def content(root: Path) -> list[str]:
    return sorted(repr(row) for table in ("articles", "rejects") for row in rows(root, table))


def test_the_same_rows_with_all_columns(root, current):
    assert any("schema 1 is not the current one" in finding.problem for finding in verify(root).findings)
    done = migrate(root, now=NEXT)
    assert (len(done.days), done.rows, done.manifests) == (1, 8, 2)
    assert content(root) == content(current)
    assert verify(root).findings == ()
    assert not (root / "_staging").exists()


def test_a_second_migration_has_nothing_to_do(root):
    migrate(root, now=NEXT)
    before = tree(root)
    done = migrate(root, now=NEXT)
    assert (done.days, done.manifests) == ((), 0)
    assert tree(root) == before


def test_nothing_else_writes_to_an_older_archive(root, tmp_path):
    source = write_pages(tmp_path / "more", {"more.html": "More\nwith text"})
    before = tree(root)
    with pytest.raises(ArchiveError, match=f"has schema 1, this version of Stet {SCHEMA_VERSION}: stet migrate"):
        run_archive(source, root)
    with pytest.raises(ArchiveError, match="stet migrate"):
        compact(root, now=NEXT)
    assert tree(root) == before
    migrate(root, now=NEXT)
    run_archive(source, root, now=NOON)
    assert len(compact(root, now=NEXT)) == 1
    assert verify(root).findings == ()


def test_a_newer_archive_is_refused_in_one_line(root):
    path = next((root / "_runs").glob("*.json"))
    record = json.loads(path.read_text("utf-8"))
    path.write_text(sealed({**record, "schema_version": SCHEMA_VERSION + 1}), "utf-8")
    with pytest.raises(ArchiveError, match=rf"newer version of Stet \(schema {SCHEMA_VERSION + 1}") as caught:
        migrate(root, now=NEXT)
    assert "\n" not in str(caught.value)


def test_newer_parts_are_refused(root, monkeypatch):
    monkeypatch.setattr(migration, "version_of", lambda part: SCHEMA_VERSION + 1)
    with pytest.raises(ArchiveError, match=f"has schema {SCHEMA_VERSION + 1}; this version of Stet"):
        migrate(root, now=NEXT)


def test_a_damaged_part_is_not_made_to_look_whole(root):
    path = next((root / "rejects").rglob("*.parquet"))
    data = bytearray(path.read_bytes())
    data[8] ^= 1
    path.write_bytes(data)
    with pytest.raises(ArchiveError, match="missing or damaged"):
        migrate(root, now=NEXT)


def test_versions_are_lifted_step_by_step(current, monkeypatch):
    """A version before the first: the headline had another name, and the words were not counted as 32 bits."""

    def rows_0_to_1(table: Table, rows: pa.Table) -> pa.Table:
        return rows.rename_columns({"headline": "title"}) if table is Table.ARTICLES else rows

    monkeypatch.setitem(migration.STEPS, 0, Step(rows_0_to_1, lambda record: record))
    with pq.ParquetFile(next((current / "articles").rglob("*.parquet"))) as part:
        now = part.read()
    before = now.drop_columns(["minhash"]).rename_columns({"title": "headline"})
    place = before.schema.get_field_index("word_count")
    before = before.set_column(place, "word_count", before["word_count"].cast(pa.int64()))
    lifted = lift(Table.ARTICLES, before, 0)
    assert lifted.equals(now)
    assert lifted.schema.equals(ARTICLES, check_metadata=True)


def test_a_step_that_forgets_a_column_or_is_missing(current, monkeypatch):
    with pq.ParquetFile(next((current / "articles").rglob("*.parquet"))) as part:
        rows = part.read().drop_columns(["minhash"])
    monkeypatch.setitem(migration.STEPS, 1, replace(STEPS[1], rows=lambda table, rows: rows))
    with pytest.raises(ArchiveError, match=f"rows of schema 1 do not fit schema {SCHEMA_VERSION}"):
        lift(Table.ARTICLES, rows, 1)
    with pytest.raises(ArchiveError, match="no way from schema 0"):
        lift(Table.ARTICLES, rows, 0)


def test_every_version_has_its_step():
    assert sorted(STEPS) == list(range(1, SCHEMA_VERSION))


def check(root: Path, current: Path) -> None:
    """Readers see each row once, with the columns that both schemas have."""
    assert without_signatures(root) == without_signatures(current)


def without_signatures(root: Path) -> list[str]:
    found = [row for table in ("articles", "rejects") for row in rows(root, table)]
    return sorted(repr({name: value for name, value in row.items() if name != "minhash"}) for row in found)


@pytest.mark.long
def test_killed_at_every_step(current, tmp_path):
    small = fill(tmp_path / "small", tmp_path / "pages", runs=1, pages=2)
    roots = killed("migrate", as_schema_1(Path(shutil.copytree(small, tmp_path / "old"))), tmp_path / "out")
    assert len(roots) > 15
    for root in roots:
        check(root, small)
        migrate(root, now=NEXT)
        assert content(root) == content(small)
        assert verify(root).is_sound


@pytest.mark.long
@pytest.mark.parametrize("seed", range(2))
def test_killed_at_a_random_moment(root, current, seed):
    moments = random.Random(seed)
    for _ in range(3):
        with subprocess.Popen([sys.executable, "-m", "tests.care_kills", "migrate", str(root)], cwd=ROOT) as process:
            time.sleep(moments.uniform(0.3, 1.2))
            os.kill(process.pid, signal.SIGKILL)
        check(root, current)
    migrate(root, now=NEXT)
    assert content(root) == content(current)
    assert verify(root).is_sound
