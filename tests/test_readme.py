"""What the README says is so: its commands and examples are run as written, its tables hold against the code."""

import os
import re
import runpy
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import duckdb
import pytest
from typer.main import get_command

from config.settings import Settings
from flows.cli import app
from tasks.page import BOILERPLATE, KEPT, LIFTED

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
INSTALL = re.compile(r"python3 -m venv \.venv && \.venv/bin/pip install -e (\S+) && (.+)")


def code(language):
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


def table_rows(heading):
    section = README.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    rows = re.findall(r"^\|(.+)\|$", section, re.MULTILINE)[2:]
    return [[cell.strip() for cell in row.split(" | ")] for row in rows]


def example(word):
    (found,) = [block for block in code("python") if word in block]
    return found


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder as the README's reader has it after the first command, which is run as written."""
    (command,) = [match[2] for match in INSTALL.finditer(README) if "stet archive" in match[2]]
    program, *arguments = shlex.split(command)
    assert program == ".venv/bin/stet"
    here = tmp_path_factory.mktemp("readme")
    (here / "tests").symlink_to(ROOT / "tests")
    environment = os.environ | {"PYTHONPATH": str(ROOT), "PREFECT_HOME": str(here / "prefect")}
    run = [sys.executable, "-c", "from flows.cli import main; main()", *arguments]
    done = subprocess.run(run, cwd=here, env=environment, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    return here


def test_first_command_archives_the_samples(folder):
    samples = len(list((ROOT / "tests" / "pages").glob("*/expected.text")))
    ((count,),) = duckdb.sql(f"SELECT count(*) FROM read_parquet('{folder}/archive/articles/**/*.parquet')").fetchall()
    assert count == samples


def test_tree(folder):
    (tree,) = [block for block in code("") if block.startswith("archive/")]
    for line in tree.splitlines()[1:]:
        path = line.split()[0]
        pattern = re.sub(r"\d{4}-\d\d-\d\d", "*", path).replace("…", "*")
        assert list((folder / "archive").glob(pattern)), path


def test_duckdb_example(folder, monkeypatch):
    monkeypatch.chdir(folder)
    (query,) = code("sql")
    rows = duckdb.sql(query).fetchall()
    assert {label for label, _, _ in rows} >= {"promo", "related", "navigation", "title"}
    assert all(reason and lines > 0 for _, reason, lines in rows)


@pytest.mark.parametrize(
    ("word", "shown"),
    [("pandas", "harbour-gazette.example"), ("polars", "Jörg Wendtland"), ("clean_page", "Moira Tolland")],
)
def test_python_example(folder, monkeypatch, capsys, word, shown):
    monkeypatch.chdir(folder)
    exec(compile(example(word), "README.md", "exec"), {})
    assert shown in capsys.readouterr().out


def test_commands_and_options_exist():
    group = get_command(app)
    mentioned = re.findall(r"\bstet (archive|clean|serve|config)\b([^`\n]*)", README)
    assert {name for name, _ in mentioned} == {"archive", "clean", "serve", "config"}
    for name, rest in mentioned:
        options = {option for parameter in group.commands[name].params for option in parameter.opts}
        assert set(re.findall(r"--[a-z][a-z-]*", rest)) <= options, name


def test_labels():
    rows = {name: set(re.findall(r"`(\w+)`", labels)) for name, labels in table_rows("Labels")}
    assert rows == {"stands in the text": set(KEPT), "lifted into fields": set(LIFTED), "boilerplate": set(BOILERPLATE)}


def test_settings():
    defaults = {name: field.default for name, field in Settings.model_fields.items()}
    described = {row[0].strip("`"): row[1] for row in table_rows("Settings")}
    assert list(described) == list(defaults)
    assert {name: text for name, text in described.items() if defaults[name]} == {
        name: str(default) for name, default in defaults.items() if default
    }


def test_dependencies():
    project = PYPROJECT["project"]
    lists = {"": project["dependencies"], **project["optional-dependencies"]}
    wanted = {(extra, re.split(r"[<>=\[]", line)[0]) for extra, lines in lists.items() for line in lines}
    listed = set()
    for names, reason in table_rows("Dependencies"):
        found = re.fullmatch(r"([^*]+?)(?: \*\((\w+)\)\*)?", names)
        assert found and reason.endswith((".", "s"))
        listed |= {(found[2] or "", name) for name in found[1].split(", ")}
    assert listed == wanted


def test_ci_ends_with_the_readme_s_test_command():
    (command,) = [match[0] for match in INSTALL.finditer(README) if "pytest" in match[2]]
    script = ROOT / ".ci" / "run"
    assert script.read_text(encoding="utf-8").rstrip("\n").splitlines()[-1] == command
    assert os.access(script, os.X_OK)


def test_columns_document_is_the_schema():
    document = runpy.run_path(str(ROOT / "docs" / "columns.py"))["document"]()
    assert (ROOT / "docs" / "columns.md").read_text(encoding="utf-8") == document, "run: python docs/columns.py"


def test_links_lead_somewhere():
    for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", README):
        assert (ROOT / target).exists(), target
