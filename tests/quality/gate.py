"""The gate's figures of the labelled suites.

`python -m tests.quality.gate`, run from the checkout, prints `floors.toml` anew: each figure a little under what it is
now. `unseen` are the shipped model's own card's: each page cleaned by a model that had not seen its publisher.
`shipped` are the program's as it ships, on each third page of the suite: it has learned from them, so that they say
nothing of how good it is, but everything of what a change broke.
"""

import hashlib
import json
import math
from collections.abc import Iterator
from importlib import resources
from pathlib import Path
from typing import Any

from config.limits import Limits
from tasks.clean import clean_page
from tasks.labelled import page_path
from tasks.page import Article, Rejected
from tasks.read import read_page
from tasks.refs import PageRef
from tasks.scoring import PageScore, score_page, summary
from tests.suites import SUITES

HERE = Path(__file__).resolve().parent
STEP = 3  # one page in so many is cleaned
SLACK = 0.005  # how far under a figure its floor stands
LEAKS = ("caption_leak", "credit_leak")
NO_FLOOR = ("pages", "precision", "recall")
Figures = dict[str, float]


def digest(suite: Path) -> str:
    """The SHA-256 of all that a suite holds: figures of other pages are other figures."""
    found = hashlib.sha256((suite / "truth.jsonl").read_bytes())
    for path in sorted((suite / "pages").iterdir()):
        found.update(path.name.encode() + hashlib.sha256(path.read_bytes()).digest())
    return found.hexdigest()


def unseen() -> dict[str, Figures]:
    """The cross-validated figures by suite on the shipped model's card."""
    card = json.loads(resources.files("config.model").joinpath("card.json").read_text("utf-8"))
    return {suite: _floored(figures) for suite, figures in card["cross_validated"].items()}


def shipped(suite: Path) -> Figures:
    """The figures of the program as it ships, on one page in `STEP` of a suite."""
    truths = [json.loads(line) for line in (suite / "truth.jsonl").read_text("utf-8").removesuffix("\n").split("\n")]
    pages = [_scored(suite, truth) for truth in truths[::STEP]]
    figures = _floored(summary([page for page, _ in pages]))
    if not all(truth.get("body") for truth in truths):
        figures = {name: value for name, value in figures.items() if name not in ("f1", "exact", "worst10")}
    segments = [right for _, found in pages for right in found]
    return figures | ({"segments": sum(segments) / len(segments)} if segments else {})


def _scored(suite: Path, truth: dict[str, Any]) -> tuple[PageScore, list[bool]]:
    """A page's score, and of the segments that must or must not be in its text whether each is right."""
    path = page_path(suite, truth["id"])
    raw = read_page(PageRef(path, path.name), Limits())
    result = raw if isinstance(raw, Rejected) else clean_page(raw)
    article = result if isinstance(result, Article) else None
    text = article.text if article else ""
    segments = [part in text for part in truth.get("with") or ()]
    segments += [part not in text for part in truth.get("without") or ()]
    return score_page(truth["id"], truth["id"], {"body": "", **truth}, article), segments


def _floored(figures: Figures) -> Figures:
    return {name: value for name, value in figures.items() if name not in NO_FLOOR}


def is_under(name: str, value: float, floor: float) -> bool:
    """Whether a figure is worse than its floor; of a leak less is better."""
    return value > floor if name in LEAKS else value < floor


def _lines() -> Iterator[str]:
    known = unseen()
    for suite in sorted(path for path in SUITES.iterdir() if (path / "truth.jsonl").is_file()):
        yield f'[{suite.name}]\ndigest = "{digest(suite)}"\n'
        for kind, figures in (("unseen", known.get(suite.name, {})), ("shipped", shipped(suite))):
            if figures:
                yield f"[{suite.name}.{kind}]"
                yield from (f"{name} = {_floor(name, value):.3f}" for name, value in figures.items())
                yield ""


def _floor(name: str, value: float) -> float:
    floor = value + SLACK if name in LEAKS else max(0.0, value - SLACK)
    return math.ceil(floor * 1000) / 1000 if name in LEAKS else math.floor(floor * 1000) / 1000


if __name__ == "__main__":
    print("\n".join(_lines()))
