"""`verify` finds what is wrong with an archive, and nothing where nothing is."""

import json
import random
import shutil
import zipfile
from datetime import timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from outputs import archive
from outputs.archive import open_run
from outputs.batch import archive_batch
from outputs.compact import compact
from outputs.layout import ArchiveError
from outputs.manifest import parse_manifest, sealed
from outputs.parquet import write_table
from outputs.schema import ARTICLE_ORDER
from outputs.staging import sha256_of
from outputs.verify import verify
from tasks.read import find_pages
from tests.archive_samples import LIMITS, NOON, clean, run_archive, tree, write_pages

PAGES = {"a.html": "First page\nwith text", "b.html": "reject", "c.html": "Second page\nwith text"}
MORE = {"d.html": "Third page\nwith text", "e.html": "reject, too", "f.html": "Fourth page\nwith text"}


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Two runs of a day that was compacted, and one of the next."""
    folder = tmp_path_factory.mktemp("made")
    root = folder / "archive"
    run_archive(write_pages(folder / "1", PAGES), root, now=NOON)
    run_archive(write_pages(folder / "2", MORE), root, now=NOON + timedelta(hours=1))
    compact(root, now=NOON + timedelta(hours=12))
    run_archive(
        write_pages(folder / "3", {"g.html": "Fifth page\nwith text", "h.html": "reject this"}),
        root,
        now=NOON + timedelta(days=1),
    )
    return root


@pytest.fixture
def root(made, tmp_path):
    return Path(shutil.copytree(made, tmp_path / "archive"))


def problems(root: Path) -> list[str]:
    return list(map(str, verify(root).findings))


def part(root: Path, table: str = "articles", day: str = "2026-11-25") -> Path:
    return next((root / table / f"archived_on={day}").iterdir())


def reseal(root: Path, path: Path) -> None:
    """Make the manifests say that a changed file is as it should be."""
    for manifest in (root / "_runs").glob("*.json"):
        record = json.loads(manifest.read_text("utf-8"))
        for file in record["files"]:
            if file["path"] == path.relative_to(root).as_posix():
                file |= {"size": path.stat().st_size, "sha256": sha256_of(path)}
        manifest.write_text(sealed(record), "utf-8")


def rewrite(root: Path, change) -> list[str]:
    path = part(root)
    table = pq.read_table(path, partitioning=None)
    write_table(change(table), ARTICLE_ORDER, path)
    reseal(root, path)
    return problems(root)


def test_a_sound_archive(made):
    found = verify(made)
    assert found.findings == ()
    assert found.is_sound
    assert (found.runs, found.files, found.articles, found.rejects) == (4, 6, 5, 3)
    assert found.size == sum(len(data) for path, data in tree(made).items() if not path.startswith("_"))


def test_every_one_of_200_flipped_bits(made, tmp_path):
    root = Path(shutil.copytree(made, tmp_path / "archive"))
    files = tree(root)
    chosen = random.Random(20261124)
    names = list(files)
    unseen = []
    for _ in range(200):
        [name] = chosen.choices(names, [len(files[name]) for name in names])
        place, bit = chosen.randrange(len(files[name])), chosen.randrange(8)
        flipped = bytearray(files[name])
        flipped[place] ^= 1 << bit
        (root / name).write_bytes(flipped)
        if not any(finding.path == name for finding in verify(root).findings):
            unseen.append((name, place, bit))
        (root / name).write_bytes(files[name])
    assert unseen == []
    assert problems(root) == []


def test_every_bit_of_a_manifest(made):
    data = next((made / "_runs").glob("20261125T12*.json")).read_bytes()
    parse_manifest(data.decode())
    for place in range(len(data)):
        for bit in range(8):
            flipped = bytearray(data)
            flipped[place] ^= 1 << bit
            with pytest.raises((ValueError, ArchiveError)):
                parse_manifest(flipped.decode())


@pytest.mark.parametrize("run", ["20261125T00", "20261125T12"], ids=["compaction", "archive"])
def test_a_damaged_manifest_is_the_one_finding(root, run):
    path = next((root / "_runs").glob(f"{run}*.json"))
    path.write_bytes(path.read_bytes().replace(b"complete", b"complexe"))
    assert [finding.path for finding in verify(root).findings] == [f"_runs/{path.name}"]


def test_every_missing_file(made, tmp_path):
    for number, name in enumerate(name for name in tree(made) if not name.endswith(".lock")):
        root = Path(shutil.copytree(made, tmp_path / str(number)))
        (root / name).unlink()
        found = problems(root)
        assert any("missing" in line for line in found), name
        if not name.startswith("_runs"):
            assert found == [f"{name}: missing"]


@pytest.mark.parametrize(
    "name",
    [
        "articles/readme.md",
        "articles/archived_on=2026-11-25/.DS_Store",
        "articles/archived_on=2026-11-25/part-20261125T120000Z-abcdef-00000.parquet",
        "rejects/archived_on=2026-11-25/copy.parquet",
        "text/deep/er/x.zip",
        "_runs/notes.txt",
        "_runs/20261125T120000Z-abcdef.json",
        "_staging/20261125T120000Z-abcdef/known.npy",
    ],
)
def test_every_foreign_file(root, name):
    (root / name).parent.mkdir(parents=True, exist_ok=True)
    (root / name).write_text("{}")
    [finding] = verify(root).findings
    assert name.startswith(finding.path)


def test_a_link_in_the_place_of_a_part(root, tmp_path):
    path = part(root)
    path.rename(tmp_path / "elsewhere")
    path.symlink_to(tmp_path / "elsewhere")
    assert problems(root) == [f"{path.relative_to(root)}: no regular file"]


def test_a_replaced_part_that_came_back(root):
    manifest = json.loads(next((root / "_runs").glob("20261124T12*.json")).read_text("utf-8"))
    gone = root / manifest["files"][0]["path"]
    gone.write_bytes(b"")
    assert problems(root) == [f"{gone.relative_to(root)}: foreign: a compaction or migration has replaced it"]


def test_a_column_of_another_type(root):
    def change(table: pa.Table) -> pa.Table:
        place = table.schema.get_field_index("word_count")
        return table.set_column(place, "word_count", table["word_count"].cast(pa.int64()))

    [line] = rewrite(root, change)
    assert "its columns are not those of schema" in line and "word_count int64, not word_count int32" in line


def test_an_older_schema_version(root):
    [line] = rewrite(root, lambda table: table.replace_schema_metadata({"stet.schema_version": "1"}))
    assert "schema 1 is not the current one" in line


def test_columns_without_their_descriptions(root):
    def change(table: pa.Table) -> pa.Table:
        fields = [field.with_metadata({}) for field in table.schema]
        return table.cast(pa.schema(fields, table.schema.metadata))

    [line] = rewrite(root, change)
    assert "its columns are not those of schema" in line


def test_an_article_that_is_there_twice(root):
    found = rewrite(root, lambda table: pa.concat_tables([table, table]))
    assert any("is there more than once" in line for line in found)
    assert any("2 rows, its manifest says 1" in line for line in found)


@pytest.mark.parametrize("root_id", ["00" * 10, None], ids=["of nothing", "of itself"])
def test_a_duplicate_of_what_is_no_first(root, root_id):
    def change(table: pa.Table) -> pa.Table:
        place = table.schema.get_field_index("duplicate_of")
        repeats = pa.array([root_id or each for each in table["article_id"].to_pylist()])
        return table.set_column(place, table.schema.field(place), repeats)

    [line] = rewrite(root, change)
    assert "which is not there or is a duplicate itself" in line


def test_a_text_that_is_not_its_rows(root):
    path = part(root, "text")
    with zipfile.ZipFile(path) as texts:
        [name] = texts.namelist()
        text = texts.read(name)
    with zipfile.ZipFile(path, "w") as texts:
        texts.writestr(name, text + b"More.\n")
    reseal(root, path)
    [line] = problems(root)
    assert line.endswith("its text in the ZIP is not that of its row")


def test_a_run_whose_counts_are_wrong(root):
    path = next((root / "_runs").glob("20261125T12*.json"))
    record = json.loads(path.read_text("utf-8"))
    record["counts"]["archived"] += 1
    path.write_text(sealed(record), "utf-8")
    assert "its counts do not add up: " in problems(root)[0]
    record["counts"]["read"] += 1
    path.write_text(sealed(record), "utf-8")
    [line] = problems(root)
    assert line == f"_runs/{path.name}: 2 archived, but 1 rows name it as their run"


def test_a_killed_run_is_named_until_the_next_run(root, tmp_path, monkeypatch):
    source = write_pages(tmp_path / "late", {"late.html": "Late page\nwith text"})
    monkeypatch.setattr(archive, "recover", lambda layout: [])
    with pytest.raises(KeyboardInterrupt), open_run(root, []) as run:
        run.commit(archive_batch(run.job(0, list(find_pages([source])), LIMITS), clean))
        raise KeyboardInterrupt
    monkeypatch.undo()
    assert all("is missing; the next run writes one" in line for line in problems(root))
    assert len(problems(root)) == 2
    run_archive(source, root)
    assert problems(root) == []


def test_no_archive_and_one_that_is_written_to(root, tmp_path):
    with pytest.raises(ArchiveError, match="no archive"):
        verify(tmp_path / "nothing")
    with open_run(root, []), pytest.raises(ArchiveError, match="another run is writing"):
        verify(root)
