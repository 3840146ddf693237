"""`stet train` and `stet evaluate` as a user runs them, on pages labelled by this repository's own samples."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tasks.model import load_model, model_digest

Stet = Callable[..., Any]
ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture
def labelled(tmp_path: Path) -> Path:
    """The sample articles as a folder of labelled pages, each a publisher of its own."""
    folder = tmp_path / "labelled"
    (folder / "pages").mkdir(parents=True)
    lines = []
    for expected in sorted((ROOT / "tests" / "pages").glob("*/expected.text")):
        source = next((path for path in expected.parent.glob("source.*") if path.suffix in (".html", ".txt")), None)
        if source is None:
            continue
        name = expected.parent.name
        (folder / "pages" / f"{name}{source.suffix}").write_bytes(source.read_bytes())
        url = f"https://www.{name}.example/story"
        lines.append(json.dumps({"id": name, "url": url, "body": expected.read_text("utf-8")}))
        if len(lines) == 6:
            break
    (folder / "truth.jsonl").write_text("\n".join(lines) + "\n", "utf-8")
    return folder


def test_a_model_is_trained_scored_and_named_by_its_card(stet: Stet, labelled: Path, tmp_path: Path) -> None:
    trained = stet("train", labelled, "--to", tmp_path / "model", "--folds", "2")
    assert trained.returncode == 0, trained.stderr
    card = json.loads((tmp_path / "model" / "card.json").read_text("utf-8"))
    assert card["pages"] == 6
    assert len(card["publishers"]) == 6
    assert 0 < card["cross_validated"]["labelled"]["f1"] <= 1
    assert load_model(tmp_path / "model").digest == model_digest(tmp_path / "model")

    scored = stet("evaluate", labelled, "--model", tmp_path / "model", "--json")
    assert scored.returncode == 0, scored.stderr
    record = json.loads(scored.stdout)
    figures = record["suites"]["labelled"]
    assert figures["pages"] == 6
    assert len(figures["worst"]) == 5
    for said in (record["reliability"], card["reliability"]):
        assert 0 <= said["error"] < 0.5
        assert sum(each["blocks"] for each in said["bins"]) > 50
    assert record["reliability"]["bins"][-1]["found"] > 0.9  # of what it learned from it is sure, and right

    for file, change in (("record.json", "(+0.000)"), ("card.json", "(")):
        (tmp_path / "record.json").write_text(scored.stdout, "utf-8")
        path = tmp_path / file if file == "record.json" else tmp_path / "model" / file
        shown = stet("evaluate", labelled, "--model", tmp_path / "model", "--against", path)
        assert shown.returncode == 0, shown.stderr
        assert f"f1 {figures['f1']:.3f} {change}" in shown.stdout
        assert "expected calibration error" in shown.stdout


def test_pages_are_scored_that_nothing_was_learned_from(stet: Stet, labelled: Path, tmp_path: Path) -> None:
    rendered = tmp_path / "rendered"
    command = [sys.executable, "benchmarks/renders.py", labelled, "--to", rendered]
    subprocess.run(command, cwd=ROOT, check=True, env={**os.environ, "PATH": "", "PYTHONPATH": str(ROOT)})
    assert [folder.name for folder in rendered.iterdir() if folder.name not in {"inscriptis"}] == ["beautifulsoup"]
    scored = stet("evaluate", labelled, "--also", rendered / "beautifulsoup", "--folds", "2", "--json")
    assert scored.returncode == 0, scored.stderr
    record = json.loads(scored.stdout)
    assert record["suites"]["labelled"]["pages"] == 6
    pages = (rendered / "beautifulsoup" / "truth.jsonl").read_text("utf-8").count("\n")
    assert 0 < record["suites"]["beautifulsoup"]["pages"] == pages <= 6
    blocks = sum(each["blocks"] for each in record["reliability"]["bins"])
    alone = json.loads(stet("evaluate", labelled, "--folds", "2", "--json").stdout)
    assert blocks == sum(each["blocks"] for each in alone["reliability"]["bins"])
    assert record["suites"]["labelled"] == alone["suites"]["labelled"]


def test_the_model_of_the_program_knows_the_samples(stet: Stet, labelled: Path) -> None:
    scored = stet("evaluate", labelled, "--model", ROOT / "config" / "model", "--json")
    assert scored.returncode == 0, scored.stderr
    assert json.loads(scored.stdout)["suites"]["labelled"]["f1"] > 0.98


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("evaluate", "nowhere"), "no truth.jsonl in it"),
        (("train", "nowhere", "--to", "model"), "no truth.jsonl in it"),
        (("train", "{labelled}", "--to", "model", "--folds", "1"), "one fold leaves nothing to learn from"),
        (("evaluate", "{labelled}", "--also", "nowhere"), "no truth.jsonl in it"),
        (("evaluate", "{labelled}", "--model", "nowhere"), "no usable model"),
        (("evaluate", "{labelled}", "--against", "nowhere"), "nowhere: No such file"),
        (("evaluate", "{labelled}", "--against", "{labelled}/truth.jsonl"), "nor a model's card"),
    ],
)
def test_mistakes_are_one_line(stet: Stet, labelled: Path, arguments: tuple[str, ...], said: str) -> None:
    done = stet(*(argument.format(labelled=labelled) for argument in arguments))
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr
