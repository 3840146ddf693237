"""The command line as a user meets it: help, one page, settings, and mistakes."""

import gzip
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import typer.main

import config
import flows
import outputs
import tasks
from flows.cli import app, run
from outputs.schema import ARTICLES
from tasks.model import load_model
from tests.conftest import ROOT, Stet, page_html, write_pages

COMMANDS = sorted(typer.main.get_command(app).commands)  # type: ignore[attr-defined]


@pytest.mark.parametrize("package", [config, tasks, outputs, flows])
def test_packages_are_those_of_this_repository(package: object) -> None:
    assert Path(package.__file__ or "").parent.parent == ROOT  # type: ignore[attr-defined]


def test_help(stet: Stet) -> None:
    done = stet("--help")
    assert done.returncode == 0
    assert all(command in done.stdout for command in COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself_with_an_example(stet: Stet, command: str) -> None:
    done = stet(command, "--help")
    assert done.returncode == 0
    assert "Example:" in done.stdout


def test_version(stet: Stet) -> None:
    assert re.fullmatch(r"stet \d+\.\d+\.\d+\S*\n", stet("--version").stdout)


@pytest.mark.parametrize(
    ("arguments", "spared"),
    [
        (("--help",), "prefect pyarrow pydantic lxml"),
        (("clean", "page.html"), "prefect rich pydantic_settings bs4 lightgbm pandas"),
    ],
)
def test_light_commands_import_no_more_than_they_need(
    tmp_path: Path, environment: dict[str, str], arguments: tuple[str, ...], spared: str
) -> None:
    (tmp_path / "page.html").write_text(page_html(1), "utf-8")
    code = (
        "import sys; from flows.cli import run; code = run(sys.argv[1:]); "
        f"print([name for name in '{spared}'.split() if name in sys.modules], file=sys.stderr); sys.exit(code)"
    )
    command = [sys.executable, "-c", code, *arguments]
    done = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stderr.strip() == "[]"


def test_clean_prints_the_text(stet: Stet, tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text(page_html(7), "utf-8")
    done = stet("clean", tmp_path / "page.html")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.count("report 7 says") == 4
    assert "All rights reserved" not in done.stdout


def test_clean_reads_standard_input_even_packed(stet: Stet) -> None:
    done = stet("clean", "-", stdin=gzip.compress(page_html(8).encode()))
    assert done.returncode == 0
    assert done.stdout.count("report 8 says") == 4


def test_clean_names_each_of_several_pages(stet: Stet, tmp_path: Path) -> None:
    pages = sorted(write_pages(tmp_path, range(2)).iterdir())
    done = stet("clean", *pages)
    assert [line for line in done.stdout.splitlines() if line.startswith("==>")] == [
        f"==> {page} <==" for page in pages
    ]


def test_clean_json_has_every_column(stet: Stet, tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text(page_html(9), "utf-8")
    done = stet("clean", "--json", tmp_path / "page.html", "-", stdin=page_html(10))
    records = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(records) == 2
    for record in records:
        assert set(record) == set(ARTICLES.names)
        assert {"label", "text", "kept", "reason", "confidence"} <= set(record["blocks"][0])
    assert records[0]["title"] == "Ferry report 9"
    assert records[0]["published_at"] == "2024-03-10T08:00:00+00:00"


def test_clean_heeds_the_settings(stet: Stet, tmp_path: Path) -> None:
    page = write_pages(tmp_path / "pages", range(1)) / "page-00000.html"
    assert "could be an article's" in stet("clean", page, env={"STET_MIN_WORDS": "5000"}).stderr
    (tmp_path / "stet.toml").write_text("min_words = 5000\n", "utf-8")
    assert stet("clean", page, cwd=tmp_path).returncode == 1
    assert stet("clean", page).returncode == 0


def test_a_file_of_ours_that_is_broken_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: Any, tmp_path: Path
) -> None:
    page = write_pages(tmp_path / "pages", range(1)) / "page-00000.html"
    monkeypatch.setattr("tasks.model._source", lambda _: tmp_path)
    load_model.cache_clear()
    assert run(["clean", str(page)]) == 1
    load_model.cache_clear()
    said = capsys.readouterr().err
    assert re.fullmatch(r"stet: .*first\.txt: no usable model: .*\n", said)


def test_clean_says_why_a_page_is_rejected(stet: Stet, tmp_path: Path) -> None:
    (tmp_path / "empty.html").write_bytes(b"")
    (tmp_path / "page.html").write_text(page_html(3), "utf-8")
    done = stet("clean", tmp_path / "empty.html", tmp_path / "page.html")
    assert done.returncode == 1
    assert done.stderr.startswith(f"stet: {tmp_path / 'empty.html'}: empty")
    assert "report 3 says" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("archive", "{tmp}/none", "--to", "{tmp}/archive"), "no such file or folder"),
        (("archive", "{tmp}/pages"), "no archive given"),
        (("archive", "--to", "{tmp}/archive"), "no SOURCE given"),
        (("archive", "{tmp}/pages", "--to", "{tmp}/pages/page-00000.html"), "cannot write to the archive"),
        (("archive", "{tmp}/pages", "--to", "/proc/none/archive"), "cannot write to the archive"),
        (("archive", "{tmp}/pages", "--to", "{tmp}/archive", "--workers", "0"), "--workers"),
        (("archive", "{tmp}/pages", "--to", "{tmp}/archive", "--workers", "two"), "--workers"),
        (("archive", "{tmp}/pages", "--to", "{tmp}/archive", "--color"), "No such option"),
        (("archive", "{tmp}/pages", "--to", "{tmp}/archive", "--config", "{tmp}/none.toml"), "none.toml"),
        (("clean", "{tmp}/none.html"), "no such page"),
        (("clean", "{tmp}/pages"), "is a folder"),
        (("clean",), "PAGE"),
        (("serve", "{tmp}/pages", "--to", "{tmp}/archive"), "--cron"),
        (("serve", "{tmp}/pages", "--to", "{tmp}/archive", "--cron", "every night"), "not a cron line"),
        (("tidy",), "No such command"),
    ],
)
def test_a_mistake_is_one_line_and_nothing_is_written(
    stet: Stet, tmp_path: Path, arguments: tuple[str, ...], said: str
) -> None:
    write_pages(tmp_path / "pages", range(1))
    done = stet(*(argument.format(tmp=tmp_path) for argument in arguments))
    assert done.returncode == 2
    assert done.stdout == ""
    assert re.fullmatch(r"stet: .*\n", done.stderr)
    assert said in done.stderr
    assert not (tmp_path / "archive").exists()


def test_an_unknown_setting_in_the_environment(stet: Stet, tmp_path: Path) -> None:
    pages = write_pages(tmp_path / "pages", range(1))
    done = stet("archive", pages, "--to", tmp_path / "archive", env={"STET_WOKERS": "2"})
    assert done.returncode == 2
    assert "unknown setting STET_WOKERS" in done.stderr
    assert not (tmp_path / "archive").exists()


def test_config_says_where_each_value_comes_from(stet: Stet, tmp_path: Path) -> None:
    (tmp_path / "stet.toml").write_text('archive = "out"\nworkers = 2\n')
    done = stet("config", "--batch-pages", "70", env={"STET_WORKERS": "3"}, cwd=tmp_path)
    lines = {line.split()[0]: re.sub(r" +", " ", line) for line in done.stdout.splitlines()}
    assert lines["archive"] == 'archive = "out" # file stet.toml'
    assert lines["workers"] == "workers = 3 # environment STET_WORKERS"
    assert lines["batch_pages"] == "batch_pages = 70 # flag"
    assert lines["min_words"] == "min_words = 25 # default"
    assert "cron is unset" in done.stdout
