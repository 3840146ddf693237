"""`stet compact`, `stet verify`, `stet migrate`, and the same as flows."""

import json
import re
import shlex
import shutil
from pathlib import Path

import duckdb
import pytest
from prefect.flows import load_flow_from_entrypoint
from prefect.settings import PREFECT_API_URL, temporary_settings

from flows.local_server import LocalServer
from outputs import compact as compaction
from outputs import known_texts
from outputs.layout import ArchiveError
from outputs.text_index import LEAST_SIMILARITY
from tests.archive_samples import tree
from tests.conftest import ROOT, Stet
from tests.test_compact import NOON, fill
from tests.test_migrate import as_schema_1, without_signatures


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("made")
    return fill(folder / "archive", folder / "pages", runs=2, pages=4, now=NOON.replace(year=2024))


@pytest.fixture
def root(made, tmp_path):
    return Path(shutil.copytree(made, tmp_path / "archive"))


def test_compact_then_verify(root: Path, stet: Stet) -> None:
    done = stet("compact", root)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("2024-11-24: 8 rows, 10 files of ")
    assert stet("compact", root).stdout == "nothing to merge\n"
    done = stet("verify", root)
    assert done.returncode == 0, done.stdout
    assert "sound; 6 articles and 2 rejects of 3 runs in 3 files" in done.stdout


def test_verify_says_one_line_a_finding(root: Path, stet: Stet) -> None:
    part = next((root / "text").rglob("*.zip"))
    part.unlink()
    (root / "articles" / "a\nb").touch()
    done = stet("verify", root)
    assert done.returncode == 1
    assert done.stdout.splitlines() == [
        r"articles/a\nb: foreign: no manifest names it",
        f"{part.relative_to(root)}: missing",
    ]
    assert "2 findings" in done.stderr
    done = stet("verify", root, "--json")
    assert done.returncode == 1
    record = json.loads(done.stdout)
    assert record["sound"] is False
    assert record["findings"][1] == {"path": str(part.relative_to(root)), "problem": "missing"}


def test_migrate(root: Path, made: Path, stet: Stet) -> None:
    as_schema_1(root)
    done = stet("migrate", root)
    assert (done.returncode, done.stderr) == (0, "")
    assert "8 rows in 1 days and 2 manifests: now schema" in done.stdout
    assert without_signatures(root) == without_signatures(made)
    assert stet("verify", root).returncode == 0
    assert json.loads(stet("migrate", root, "--json").stdout)["days"] == []


@pytest.mark.parametrize("command", ["compact", "verify", "migrate"])
def test_no_archive_is_one_line(command: str, stet: Stet, tmp_path: Path) -> None:
    done = stet(command, tmp_path / "nothing")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("stet: no archive: ") and done.stderr.count("\n") == 1


@pytest.mark.parametrize("age", ["1", "d", "-1d", "1h", "1 d"])
def test_an_age_that_is_none(age: str, root: Path, stet: Stet) -> None:
    before = tree(root)
    done = stet("compact", root, f"--older-than={age}")
    assert (done.returncode, done.stderr) == (2, f"stet: --older-than {age}: not an age such as 1d or 2w\n")
    assert tree(root) == before


@pytest.mark.long
def test_the_flows(root: Path, prefect_server: LocalServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    compact, verify, migrate = (
        load_flow_from_entrypoint(f"flows/{name}.py:{name}", use_placeholder_flow=False)
        for name in ("compact", "verify", "migrate")
    )
    as_schema_1(root)
    with temporary_settings({PREFECT_API_URL: prefect_server.api_url}):
        with pytest.raises(ArchiveError, match="findings"):
            verify(root)
        assert migrate(root)["rows"] == 8
        assert [day["rows"] for day in compact(root)] == [8]
        assert verify(root)["sound"] is True


def test_the_document(root: Path, stet: Stet) -> None:
    """Each command of docs/care.md works as written."""
    text = (ROOT / "docs" / "care.md").read_text("utf-8")
    commands = [line for block in re.findall(r"```sh\n(.*?)```", text, re.S) for line in block.splitlines()]
    assert {command.split()[1] for command in commands} == {"compact", "verify", "migrate"}
    for command in commands:
        done = stet(*shlex.split(command)[1:], cwd=root.parent)
        assert (done.returncode, done.stderr) == (0, ""), command
    [query] = re.findall(r"```sql\n(.*?)```", text, re.S)
    found = duckdb.connect().sql(query.replace("archive/", f"{root}/")).to_arrow_table()
    assert found.num_rows == 1  # the six tell the same story


def test_the_document_says_what_the_code_does() -> None:
    text = (ROOT / "docs" / "care.md").read_text("utf-8")
    assert f"{compaction.LARGEST_PART_ROWS:,} rows or {compaction.LARGEST_PART_BYTES // 2**20} MiB" in text
    assert f"{LEAST_SIMILARITY:.0%}".replace("%", " %") in text
    assert f"From {known_texts._KEPT_TEXTS:,} rows on" in text
