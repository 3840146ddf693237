"""What docs/ says is so: every block of shell, Python and R is run as written, on the sample pages.

A document is a test, its blocks in order; those that only read the archive (Python, R) are tests of their own.

A block that cannot be run says why in a comment right above it; its commands and options are checked all the same. What
this machine lacks (R, Java) is skipped, visibly.
"""

import os
import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from typer.main import get_command

from flows.cli import app
from flows.cli import run as run_stet
from tasks.phrases import Phrases
from tasks.rulefile import read_rules

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
OWN_TESTS = ("columns", "sources", "care", "operate", "rules")  # documents that other modules test
BLOCK = re.compile(r"(?:<!-- not run: (?P<why>[^>]+) -->\n)?^```(?P<language>\w*)\n(?P<code>.*?)^```$", re.M | re.S)
RUN = ("sh", "python", "r")
LONG = ("pyspark", "stet evaluate", "tests.press")
FIRST = "stet archive pages/ --to archive\n"  # makes the archive that all documents read
SPARK = "--master local[1] --conf spark.ui.enabled=false --conf spark.driver.bindAddress=127.0.0.1 pyspark-shell"
PLAIN = re.compile(r"stet (?:clean|config|export|inspect|query|show|stats|archive --help|--)[^|<>$;&*~`\n]*")


@dataclass(frozen=True)
class Block:
    """A block of code in a document, and why it is not run, if it is not."""

    document: str
    line: int
    language: str
    code: str
    why_not: str | None

    def __str__(self):
        return f"{self.document}:{self.line}"


def blocks_of(path):
    text = path.read_text("utf-8")
    for found in BLOCK.finditer(text):
        line = text.count("\n", 0, found.start("code"))
        yield Block(path.name, line, found["language"], found["code"], found["why"])


def documents():
    return [path for path in sorted(DOCS.glob("*.md")) if path.stem not in OWN_TESTS]


ALL = [block for path in documents() for block in blocks_of(path)]


@pytest.fixture(scope="session")
def machine(data_home, prefect_server):
    """The environment of a reader's shell, but for the settings of whoever runs the tests."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("STET_", "PREFECT_"))}
    return kept | {
        "PREFECT_API_URL": prefect_server.api_url, "PYTHONPATH": str(ROOT), "XDG_DATA_HOME": str(data_home),
        "COLUMNS": "120",
    }  # fmt: skip


@pytest.fixture(scope="session")
def world(tmp_path_factory, machine):
    """A reader's folder: pages/, the archive that the first command makes, articles that are known, the checkout."""
    folder = tmp_path_factory.mktemp("docs")
    for name in ("pages", "known", "bin"):
        (folder / name).mkdir()
    for source in sorted((ROOT / "tests" / "pages").glob("*/source.*")):
        page = folder / "pages" / f"{source.parent.name}{''.join(source.suffixes)}"
        page.write_bytes(source.read_bytes())
        expected = source.with_name("expected.text")
        if expected.exists() and page.suffix == ".html" and len(list((folder / "known").iterdir())) < 6:
            shutil.copyfile(expected, folder / "known" / f"{source.parent.name}.text")
    (folder / "tests").symlink_to(ROOT / "tests")
    shutil.copytree(ROOT / "config" / "model", folder / "my-model")
    stet = folder / "bin" / "stet"
    stet.write_text(f'#!/bin/sh\nunset LD_LIBRARY_PATH  # R sets it\nexec "{sys.executable}" -m flows.cli "$@"\n')
    stet.chmod(0o755)
    done = run(["bash", "-c", FIRST], folder, machine)
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture
def here(world, tmp_path, monkeypatch):
    shutil.copytree(world, tmp_path / "here", symlinks=True)
    monkeypatch.chdir(tmp_path / "here")
    return tmp_path / "here"


def run(command, here, machine, **options):
    path = os.pathsep.join((str(here / "bin"), str(Path(sys.executable).parent), os.environ["PATH"]))
    environment = machine | {"PATH": path}
    return subprocess.run(
        command, cwd=here, env=environment, capture_output=True, text=True, timeout=300, check=False, **options
    )


RUNNABLE = [block for block in ALL if block.language in RUN and not block.why_not and block.code != FIRST]
READERS = [block for block in RUNNABLE if block.document == "read.md" and block.language != "sh"]
REST = [block for block in ALL if block.language == "text" or (block in RUNNABLE and block not in READERS)]


def documents_of(blocks):
    return sorted({block.document for block in blocks})


def params(blocks_by_id):
    long = {
        name for name, blocks in blocks_by_id.items() if any(word in block.code for block in blocks for word in LONG)
    }
    return [
        pytest.param(blocks, id=name, marks=[pytest.mark.long] if name in long else [])
        for name, blocks in blocks_by_id.items()
    ]


@pytest.mark.parametrize("blocks", params({str(block): [block] for block in READERS}))
def test_recipe(blocks, world, machine, capsys, monkeypatch):
    monkeypatch.chdir(world)
    check(blocks[0], world, machine, capsys, monkeypatch)


@pytest.mark.parametrize(
    "blocks", params({name: [block for block in REST if block.document == name] for name in documents_of(REST)})
)
def test_document(blocks, here, machine, capsys, monkeypatch):
    printed = set()
    for block in blocks:
        if block.language == "text":  # shown as a part of what the block before prints
            assert {" ".join(line.split()) for line in block.code.splitlines()} <= printed, str(block)
        else:
            output = check(block, here, machine, capsys, monkeypatch)
            printed = {" ".join(line.split()) for line in output.splitlines()}


def check(block, here, machine, capsys, monkeypatch):
    """Run a block and return what it prints. What fails says where it stands."""
    try:
        output = {"sh": shell, "python": python, "r": r}[block.language](block, here, machine, capsys, monkeypatch)
        assert output or any(word in block.code for word in (">", "cp ", "write_text"))
    except Exception as error:
        error.add_note(f"docs/{block}")
        raise
    return output


def test_the_first_command_is_in_the_document_on_running():
    assert any(block.document == "run.md" and block.code == FIRST for block in ALL)


def shell(block, here, machine, capsys, monkeypatch):
    """What the block prints. Plain commands are called, not started: a start takes a second each."""
    lines = block.code.splitlines()
    if not all(PLAIN.fullmatch(line) for line in lines):
        done = run(["bash", "-euo", "pipefail", "-c", block.code], here, machine)
        assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
        return done.stdout
    for line in lines:
        assert run_stet(shlex.split(line)[1:]) == 0, capsys.readouterr().err
    return capsys.readouterr().out


def python(block, here, machine, capsys, monkeypatch):
    if "pyspark" in block.code:
        pytest.importorskip("pyspark")
        if not shutil.which("java"):
            pytest.skip("Spark needs java")
        monkeypatch.setenv("PYSPARK_SUBMIT_ARGS", SPARK)
    exec(compile(block.code, str(block), "exec"), {})
    return capsys.readouterr().out


def r(block, here, machine, capsys, monkeypatch):
    if not shutil.which("Rscript"):
        pytest.skip("no R here")
    done = run(["Rscript", "-"], here, machine, input=block.code)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("block", [pytest.param(block, id=str(block)) for block in ALL if block.language == "sh"])
def test_commands_and_options_exist(block):
    commands = get_command(app).commands
    for name, rest in re.findall(r"\bstet ([a-z]+(?:-[a-z]+)*)\b([^|\n;&]*)", block.code):
        options = {option for parameter in commands[name].params for option in parameter.opts} | {"--help"}
        assert set(re.findall(r"(?<= )--[a-z][a-z-]*", rest)) <= options, name


def test_the_rule_that_is_shown_is_a_rule():
    (code,) = [block.code for block in ALL if block.document == "contributing.md" and block.language == "toml"]
    (rule,) = read_rules({"en.toml": code.encode()})
    phrases = Phrases([rule])
    assert all(phrases.match(text) for text in rule.drop)
    assert not any(phrases.match(text) for text in rule.keep)


def test_every_language_is_known_here():
    assert {block.language for block in ALL} <= {*RUN, "", "text", "toml", "ini", "yaml"}


def test_every_document_is_in_the_index_and_tested():
    index = (DOCS / "README.md").read_text("utf-8")
    linked = set(re.findall(r"\]\((\w+)\.md\)", index))
    assert linked == {path.stem for path in DOCS.glob("*.md")} - {"README"}


@pytest.mark.parametrize("path", documents(), ids=lambda path: path.name)
def test_links_lead_somewhere(path):
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", path.read_text("utf-8")):
        assert (path.parent / target).exists(), target
