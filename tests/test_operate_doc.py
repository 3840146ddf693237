"""What docs/operate.md says is so: its commands are run as written, its table and examples hold against the code."""

import re
import shlex
import shutil
from pathlib import Path

import duckdb
import pytest
import yaml
from prefect.events.schemas.automations import AutomationCore

from flows.cli import run as run_stet
from flows.reporting import EVENT
from tasks.watch import DAYS_TO_FALSE_ALARM, HISTORY_DAYS, LEAST_NOW, NEW_USUAL
from tasks.watched import LEAST_DAYS, LEAST_PAGES, MOST_PUBLISHERS, SHARES, SPREADS
from tests.conftest import ROOT, Stet
from tests.test_docs import DOCS, blocks_of

DOCUMENT = DOCS / "operate.md"
TEXT = " ".join(DOCUMENT.read_text("utf-8").split())
BLOCKS = list(blocks_of(DOCUMENT))


@pytest.mark.long
@pytest.mark.usefixtures("prefect_server")
def test_commands_run_as_written(
    stet: Stet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for source in sorted((ROOT / "tests" / "pages").glob("*/source.html")):
        (tmp_path / "pages").mkdir(exist_ok=True)
        shutil.copy(source, tmp_path / "pages" / f"{source.parent.name}.html")
    lines = [
        line for block in BLOCKS if block.language == "sh" and not block.why_not for line in block.code.splitlines()
    ]
    assert len(lines) == 5
    first, *rest = [shlex.split(line) for line in lines]
    assert {program for program, *_ in (first, *rest)} == {"stet"}
    done = stet(*first[1:], cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    monkeypatch.chdir(tmp_path)
    for _, *arguments in rest:
        assert run_stet(arguments) == 0, capsys.readouterr().err
        assert capsys.readouterr().out
    (query,) = [block.code for block in BLOCKS if block.language == "sql"]
    found = duckdb.sql(query).fetchall()
    runs = {path.stem for path in (tmp_path / "archive" / "_runs").glob("*.html")}
    assert found and {row[0] for row in found} == runs
    assert all(0 <= (row[3] or 0) <= 1 for row in found)


def test_the_automation_listens_to_the_event() -> None:
    (example,) = [block.code for block in BLOCKS if block.language == "yaml"]
    automation = AutomationCore.model_validate(yaml.safe_load(example))
    assert automation.trigger.expect == {EVENT}
    assert f"`{EVENT}`" in TEXT


def test_numbers_are_the_code_s() -> None:
    assert f"last {HISTORY_DAYS} days" in TEXT
    assert f"one false alarm in {DAYS_TO_FALSE_ALARM:g} days" in TEXT
    assert f"After {NEW_USUAL} days the new figures" in TEXT
    assert (LEAST_DAYS, LEAST_NOW) == (7, 5)
    assert f"seven days with {LEAST_PAGES} pages or more; the {MOST_PUBLISHERS:,} largest" in TEXT
    assert "Five pages must say the same" in TEXT
    assert {share.least for share in SHARES} == {0.25, 0.5}
    assert [round(spread.least, 2) for spread in SPREADS] == [0.26, 0.06, 0.12]  # of the logarithm: 30 %


def test_links_lead_somewhere() -> None:
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", TEXT):
        assert (DOCS / target).exists(), target
