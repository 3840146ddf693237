"""`stet check-rules` and the setting `publishers`, as a user meets them; the document on rules is run as written."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from flows.checking_rules import check_rules
from flows.cli import run
from tests.conftest import ROOT, page_html, write_pages

DOCUMENT = (ROOT / "docs" / "rules.md").read_text("utf-8")
RULES = """
zone = "Europe/Berlin"
remove = ["article > p:first-of-type", { phrase = "part 3", label = "promo" }]
"""


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    folder = tmp_path / "rules"
    folder.mkdir()
    (folder / "example.org.toml").write_text(RULES)
    return folder


@pytest.fixture
def page(tmp_path: Path) -> Path:
    path = tmp_path / "page.html"
    path.write_text(page_html(1).replace("08:00:00Z", "08:00:00"), "utf-8")
    return path


def test_before_and_after(rules: Path, page: Path, capsys: pytest.CaptureFixture[str]) -> None:
    url = "https://www.example.org/a"
    assert run(["check-rules", str(rules / "example.org.toml"), str(page), "--url", url]) == 0
    lines = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    assert lines[0] == str(page)
    assert "- published_at 2024-03-02 08:00:00+00:00" in lines
    assert "+ published_at 2024-03-02 07:00:00+00:00" in lines
    assert "+ published_zone Europe/Berlin" in lines
    assert any(re.fullmatch(r"- paragraph The harbour .*", line) for line in lines)
    assert any(re.fullmatch(r"\+ navigation The harbour .* \[example\.org\.remove\.1\]", line) for line in lines)
    assert any(re.fullmatch(r"\+ promo .* \[example\.org\.remove\.2\]", line) for line in lines)
    assert lines[-2:] == [
        "example.org.remove.1 1 block on 1 page article > p:first-of-type",
        "example.org.remove.2 1 block on 1 page part 3",
    ]
    assert not any("note:" in line for line in lines)


def test_json(rules: Path, page: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["check-rules", "--json", str(rules / "example.org.toml"), str(page), str(page)]) == 0
    record = json.loads(capsys.readouterr().out)
    assert record["domain"] == "example.org"
    assert record["rules"][1] == {
        "id": "example.org.remove.2", "text": "part 3", "in_force": True, "blocks": 2, "pages": 2,
    }  # fmt: skip
    first = record["pages"][0]
    assert {field["name"]: field["after"] for field in first["fields"]}["published_zone"] == "Europe/Berlin"
    assert [change["after"][0]["reason"] for change in first["blocks"]] == [
        "example.org.remove.1",
        "example.org.remove.2",
    ]
    assert "names no address" in first["note"]


def test_an_entry_that_names_nothing_is_code_1(rules: Path, page: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = rules / "example.org.toml"
    file.write_text('remove = ["p", "p.none"]\n[[period]]\nuntil = 2001-01-01\nbody = ["b"]')
    assert check_rules(file, [str(page)], url=None, as_json=False) == 1
    out = capsys.readouterr().out
    assert re.search(r"example\.org\.remove\.2 +names nothing +p\.none", out)
    assert re.search(r"example\.org\.body\.1 +not in force on these pages +b", out)
    file.write_text('remove = ["p"]\n[[period]]\nuntil = 2001-01-01\nbody = ["b"]')
    assert check_rules(file, [str(page)], url=None, as_json=False) == 0


def test_notes(rules: Path, page: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = rules / "example.org.toml"
    check_rules(file, [str(page)], url="https://other.net/a", as_json=False)
    assert (
        "a run would not read this page by these rules: its address is https://other.net/a" in capsys.readouterr().out
    )
    file.write_text("remove = ['*']")
    assert check_rules(file, [str(page)], url=None, as_json=False) == 0
    assert "note: with these rules it is rejected: no_article" in capsys.readouterr().out
    file.write_text("body = ['nav']")
    (tmp_path / "empty.html").write_bytes(b"")
    assert check_rules(file, [str(tmp_path / "empty.html")], url=None, as_json=False) == 0
    assert "it is rejected: empty" in capsys.readouterr().out


def test_nothing_changes(rules: Path, page: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = rules / "example.org.toml"
    file.write_text("remove = ['nav']\nlanguage = 'en'")
    page.write_text(page_html(1).replace("<title>", '<link rel="canonical" href="https://example.org/a"><title>'))
    assert check_rules(file, [str(page)], url=None, as_json=False) == 0
    assert "nothing changes" in capsys.readouterr().out


def test_what_a_page_holds_cannot_steer_the_terminal(
    rules: Path, page: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page.write_text(page_html(1).replace("The harbour", "\u202e\x9b31m\u2028The harbour"), "utf-8")
    check_rules(rules / "example.org.toml", [str(page)], url=None, as_json=False)
    assert not set("\u202e\x9b\u2028\x1b") & set(capsys.readouterr().out)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("example.org.toml", "bodies = []", "example.org.toml: unknown key 'bodies'"),
        ("example.org.toml", "body = ['p >']", "example.org.toml: example.org.body.1: not a selector: p >"),
        ("draft.toml", "", "draft.toml: not named after a domain"),
        ("example.org.toml", None, "example.org.toml: no such file"),
    ],
)
def test_a_mistake_is_one_line_and_code_2(
    tmp_path: Path, page: Path, capsys: pytest.CaptureFixture[str], name: str, content: str | None, said: str
) -> None:
    if content is not None:
        (tmp_path / name).write_text(content)
    assert run(["check-rules", str(tmp_path / name), str(page)]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert re.fullmatch(r"stet: .*\n", captured.err)
    assert said in captured.err


def test_a_page_that_is_not_there(rules: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["check-rules", str(rules / "example.org.toml"), str(tmp_path / "none.html")]) == 2
    assert "no such page" in capsys.readouterr().err


def test_the_setting_reaches_stet_clean(
    rules: Path, page: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    page.write_text(page_html(1).replace("<title>", '<link rel="canonical" href="https://example.org/a"><title>'))
    assert run(["clean", str(page)]) == 0
    plain = capsys.readouterr().out
    assert run(["clean", "--publishers", str(rules), str(page)]) == 0
    ruled = capsys.readouterr().out
    assert plain.count("report 1") == 4
    assert ruled.count("report 1") == 2
    monkeypatch.setenv("STET_PUBLISHERS", str(rules))
    assert run(["clean", str(page)]) == 0
    assert capsys.readouterr().out == ruled
    monkeypatch.delenv("STET_PUBLISHERS")
    (tmp_path / "stet.toml").write_text('publishers = "rules"')
    assert run(["clean", "--config", str(tmp_path / "stet.toml"), str(page)]) == 0
    assert capsys.readouterr().out == ruled


@pytest.mark.parametrize("command", ["clean", "archive"])
def test_rules_that_are_wrong_stop_before_anything_is_done(
    rules: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    pages = write_pages(tmp_path / "pages", range(1))
    rest = [pages / "page-00000.html"] if command == "clean" else [pages, "--to", tmp_path / "archive"]
    (rules / "example.org.toml").write_text("x = 1")
    for folder, said in ((rules, "example.org.toml: unknown key 'x'"), (tmp_path / "none", "no such folder")):
        assert run([command, *map(str, rest), "--publishers", str(folder)]) == 2
        captured = capsys.readouterr()
        assert captured.out == ""
        assert re.fullmatch(r"stet: .*\n", captured.err)
        assert said in captured.err
    assert not (tmp_path / "archive").exists()


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", DOCUMENT, re.MULTILINE | re.DOTALL)


@pytest.mark.long
@pytest.mark.usefixtures("prefect_server")
def test_the_document_is_so(tmp_path: Path, environment: dict[str, str]) -> None:
    (tmp_path / "pages").mkdir()
    name = "harbour-gazette-ferry"
    (tmp_path / "pages" / f"{name}.html").write_bytes((ROOT / "tests" / "pages" / name / "source.html").read_bytes())
    program = tmp_path / "stet"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m flows.cli "$@"\n')
    program.chmod(0o755)
    environment["PATH"] = os.pathsep.join((str(tmp_path), environment["PATH"]))
    printed = []
    for block in blocks("sh"):
        done = subprocess.run(
            ["bash", "-euc", block],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        printed.append(done.stdout)
    assert printed[1] == blocks("text")[0]
    assert "This article was amended" not in printed[2]
    (manifest,) = (tmp_path / "archive" / "_runs").glob("*.json")
    from tasks.publishers import load_publishers

    made_with = json.loads(manifest.read_text("utf-8"))["versions"]["publishers_sha256"]
    assert made_with == load_publishers(tmp_path / "my-rules").digest
    import duckdb

    query = f"SELECT unnest(blocks, recursive := true) FROM read_parquet('{tmp_path}/archive/articles/**/*.parquet')"
    assert "harbour-gazette.example.remove.1" in {row["reason"] for row in duckdb.sql(query).df().to_dict("records")}
