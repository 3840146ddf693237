"""Compaction and migration of an archive at S3: as of one in a folder, whatever happens on the way."""

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from flows.cli import run as run_stet
from outputs import compact as compaction
from outputs import journal, rewrite
from outputs.compact import compact
from outputs.layout import ArchiveError, Layout, Table, archive_at
from outputs.migrate import migrate
from outputs.parquet import open_part
from outputs.s3 import S3Path
from outputs.verify import verify
from outputs.views import QueryError, open_views
from tests import conftest
from tests.archive_samples import run_archive, tree, write_pages
from tests.test_compact import NEXT, compact_while_read, fill
from tests.test_migrate import as_schema_1
from tests.test_s3_archive import objects

COUNT = "SELECT (SELECT count(*) FROM articles) + (SELECT count(*) FROM rejects) AS n"
GONE = (
    "No such file",
    "not exist",
    "no such object",
    "404",
    "NoSuchKey",
    "not found",
    "NOT_FOUND",
    "INTERNAL_FAILURE during GetObject",
)


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("made")
    return fill(folder / "archive", folder / "pages", runs=2, pages=4)


@pytest.fixture(scope="module")
def older(made: Path, tmp_path_factory) -> Path:
    return as_schema_1(Path(shutil.copytree(made, tmp_path_factory.mktemp("older") / "archive")))


def at_s3(folder: Path, url: str) -> S3Path:
    root = archive_at(url)
    assert isinstance(root, S3Path)
    for name, content in tree(folder).items():
        if not name.endswith(".lock"):
            (root / name).write_bytes(content)
    return root


@pytest.fixture
def root(made: Path, bucket: str) -> S3Path:
    return at_s3(made, f"s3://{bucket}/archive")


def seen(root: Path) -> list[str]:
    """What a reader sees: each row, without the run and the part that it lies in."""
    found = []
    for table in (Table.ARTICLES, Table.REJECTS):
        for part in Layout(root).parts(table):
            with open_part(part) as file:
                found += [repr(row) for row in file.read().to_pylist()]
    return sorted(found)


def parts(root: S3Path) -> list[str]:
    return [name for name in objects(root) if not name.startswith("_")]


def test_the_same_parts_as_in_a_folder(made: Path, root: S3Path, tmp_path: Path, monkeypatch) -> None:
    here = Path(shutil.copytree(made, tmp_path / "here"))
    monkeypatch.setattr("outputs.compact.new_run_id", lambda _: "20261125T000100Z-abcdef")
    before = seen(root)
    [there], [local] = compact(root, now=NEXT), compact(here, now=NEXT)
    assert there == local
    assert {name: objects(root)[name] for name in parts(root)} == {
        name: content for name, content in tree(here).items() if not name.startswith("_")
    }
    assert seen(root) == before
    assert len(parts(root)) == 3
    assert verify(root).findings == ()
    assert not (root / "_staging").exists()
    assert [path.name for path in root.desk.rglob("*") if path.is_file()] == [".lock"]
    assert compact(root, now=NEXT) == []


def test_an_older_archive_is_lifted(older: Path, made: Path, bucket: str, tmp_path: Path) -> None:
    root = at_s3(older, f"s3://{bucket}/older")
    done = migrate(root, now=NEXT)
    assert (len(done.days), done.rows, done.manifests) == (1, 8, 2)
    assert seen(root) == seen(made)
    assert verify(root).findings == ()
    assert migrate(root, now=NEXT).manifests == 0
    source = write_pages(tmp_path / "more", {"more.html": "More\nwith text"})
    assert run_archive(source, root).counts.archived == 1


@pytest.mark.parametrize("table", ["articles", "text"])
def test_a_damaged_part_is_not_made_to_look_whole(root: S3Path, table: str) -> None:
    place = next((root / table).below())
    place.write_bytes(place.read_bytes()[:-1] + b"?")
    before = objects(root)
    with pytest.raises(ArchiveError, match=f"{place.name} is missing or damaged; see: stet verify s3://"):
        compact(root, now=NEXT)
    assert objects(root) == before


def test_a_part_that_is_gone_and_a_foreign_one(root: S3Path) -> None:
    foreign = next((root / "articles").below()).parent / "notes.txt"
    foreign.write_bytes(b"mine")
    with pytest.raises(ArchiveError, match=r"notes\.txt is no part that a manifest names"):
        compact(root, now=NEXT)
    foreign.unlink()
    next((root / "rejects").below()).unlink()
    with pytest.raises(ArchiveError, match="is missing or damaged"):
        compact(root, now=NEXT)


def test_a_merge_that_would_lose_a_row_changes_nothing(root: S3Path, monkeypatch) -> None:
    before, real = objects(root), compaction.merge
    monkeypatch.setattr(compaction, "merge", lambda *args: (group.slice(1) for group in real(*args)))
    with pytest.raises(ArchiveError, match="would not say the same"):
        compact(root, now=NEXT)
    assert objects(root) == before


def broken(*_: object) -> None:
    raise OSError("the store is away")


@pytest.mark.parametrize("step", range(3))
def test_a_copy_that_fails_is_undone(root: S3Path, step: int, monkeypatch) -> None:
    before, real, calls = objects(root), S3Path.take, iter(range(100))
    monkeypatch.setattr(S3Path, "take", lambda self, place: broken() if next(calls) == step else real(self, place))
    with pytest.raises(ArchiveError, match="the store is away"):
        compact(root, now=NEXT)
    assert {name: content for name, content in objects(root).items() if name != "_runs/.rewrite"} == before


def test_a_copy_that_fails_for_long_is_undone_by_the_next_run(root: S3Path, monkeypatch) -> None:
    before = seen(root)
    with monkeypatch.context() as away:
        away.setattr(rewrite, "_remove", broken)
        real, calls = S3Path.take, iter(range(100))
        away.setattr(S3Path, "take", lambda self, place: broken() if next(calls) == 2 else real(self, place))
        with pytest.raises(ArchiveError, match="the store is away"):
            compact(root, now=NEXT)
    assert len(parts(root)) == 10 + 2  # two of the new ones are in place
    assert seen(root) == before
    assert len(compact(root, now=NEXT)) == 1
    assert seen(root) == before
    assert verify(root).findings == ()


def test_a_removal_that_fails_is_done_by_the_next_run(root: S3Path, monkeypatch) -> None:
    before = seen(root)
    with monkeypatch.context() as away:
        away.setattr(rewrite, "_remove", broken)
        with pytest.raises(ArchiveError, match="the store is away"):
            compact(root, now=NEXT)
    assert len(parts(root)) == 10 + 3  # the old ones are still in place
    assert seen(root) == before
    assert compact(root, now=NEXT) == []
    assert seen(root) == before
    assert len(parts(root)) == 3
    assert verify(root).findings == ()


def test_the_lock_is_asked_for_before_anything_changes(root: S3Path, monkeypatch) -> None:
    before = objects(root)

    def lost(self) -> None:
        raise OSError("another run has taken its lock")

    monkeypatch.setattr("outputs.lease.Lease.check", lost)
    with pytest.raises(ArchiveError, match="another run has taken its lock"):
        compact(root, now=NEXT)
    assert {name: content for name, content in objects(root).items() if name != "_runs/.lock"} == before


def test_readers_are_undisturbed(root: S3Path, monkeypatch) -> None:
    """While the day is compacted over and over, no reader sees an article twice or not at all."""
    expected = len(seen(root))
    monkeypatch.setattr(compaction, "_to_merge", lambda parts, _: dict(parts))  # again and again
    failures, reads = [], []

    def read() -> None:
        try:
            with open_views(root) as views:
                reads.extend(row["n"] for row in views.rows(COUNT))
        except (QueryError, ArchiveError) as error:
            # It listed the old parts and opened them when they were gone: an error, never a wrong answer.
            failures.append(str(error))

    compact_while_read(root, [read, read], times=8)
    others = [failure for failure in failures if not any(text in failure for text in GONE)]
    assert not others, others[0]
    assert set(reads) == {expected}


def test_a_listing_during_which_a_day_is_decided_is_made_again(root: S3Path) -> None:
    layout = Layout(root)
    old = list(layout.parts(Table.ARTICLES))
    new = old[0].with_name("part-20261125T000100Z-abcdef-00000.parquet")
    named = {"files": [{"path": layout.relative(new)}], "replaces": [{"path": layout.relative(path)} for path in old]}
    states = iter([journal.State.BEGUN, journal.State.DECIDED])
    listings = []

    def listed() -> list[Path]:
        listings.append(1)
        if (state := next(states, None)) is not None:
            journal.write(S3Path(layout.journal), state, named)
        return [*old, new]

    assert journal.settled(S3Path(layout.journal), listed, root) == [new]
    assert len(listings) == 3
    journal.write(S3Path(layout.journal), journal.State.UNDONE, named)
    assert journal.settled(S3Path(layout.journal), lambda: old, root) == old


def recipe(root: S3Path) -> dict[str, Any]:
    """What docs/care.md tells tools that list by themselves, run as written."""
    [code] = re.findall(r"^```python\n(.*?)^```$", (conftest.ROOT / "docs" / "care.md").read_text("utf-8"), re.M | re.S)
    assert "s3://my-bucket/news" in code
    told: dict[str, Any] = {}
    exec(code.replace("s3://my-bucket/news", str(root)), told)
    return told


@pytest.mark.parametrize("step", ["take", "_remove"])
def test_the_recipe_for_other_readers_in_the_middle_of_a_compaction(root: S3Path, step: str, monkeypatch) -> None:
    ids = sorted(recipe(root)["articles"].to_table()["article_id"].to_pylist())
    with monkeypatch.context() as away:
        away.setattr(rewrite, "_remove", broken)
        if step == "take":  # of the last part
            real, calls = S3Path.take, iter(range(100))
            away.setattr(S3Path, "take", lambda self, place: broken() if next(calls) == 2 else real(self, place))
        with pytest.raises(ArchiveError, match="the store is away"):
            compact(root, now=NEXT)
    told = recipe(root)
    listed = told["ds"].dataset(f"{told['archive']}/articles", filesystem=told["store"])
    assert listed.count_rows() == 2 * len(ids)
    assert sorted(told["articles"].to_table()["article_id"].to_pylist()) == ids
    assert told["duckdb"].sql("SELECT count(DISTINCT article_id) FROM listed").fetchall() == [(len(ids),)]


def test_the_recipe_lists_again_where_a_day_is_decided_meanwhile(root: S3Path) -> None:
    told = recipe(root)
    answers = iter([None, b"changed", None, None])
    told["journal"] = lambda *_: next(answers)
    assert told["parts"](told["store"], told["archive"]) == told["articles"].files
    assert next(answers, "asked four times") == "asked four times"


@pytest.mark.long
@pytest.mark.parametrize("action", ["compact", "migrate"])
def test_killed_at_each_third_step(bucket: str, action: str, tmp_path: Path) -> None:
    made = fill(tmp_path / "archive", tmp_path / "pages", runs=2, pages=2)
    whole = seen(made)
    if action == "migrate":
        as_schema_1(made)
    at_s3(made, f"s3://{bucket}/base")
    command = [sys.executable, "-m", "tests.s3_kills", action, f"s3://{bucket}"]
    subprocess.run(command, check=True, cwd=conftest.ROOT, timeout=600)
    roots = [place for place in sorted(S3Path(f"s3://{bucket}").iterdir()) if place.name != "base"]
    assert len(roots) > 6
    for number, root in enumerate(roots):
        assert _lifted(root) == _lifted(made)
        {"compact": compact, "migrate": migrate}[action](root, now=NEXT)
        assert seen(root) == whole
        assert number % 4 or verify(root).is_sound
        assert not (root / "_staging").exists()


def _lifted(root: Path) -> list[tuple]:
    """What a reader sees of each page, by columns that every schema has."""
    found = []
    for table, columns in ((Table.ARTICLES, ["article_id", "text"]), (Table.REJECTS, ["source_name", "reason"])):
        for part in Layout(root).parts(table):
            with open_part(part) as file:
                found += [tuple(row.values()) for row in file.read(columns=columns).to_pylist()]
    return sorted(found)


def test_the_commands(root: S3Path, capsys) -> None:
    assert run_stet(["compact", str(root)]) == 0
    assert "8 rows" in capsys.readouterr().out
    assert run_stet(["migrate", str(root)]) == 0
    assert "nothing to migrate" in capsys.readouterr().out
