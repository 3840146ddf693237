"""What training and evaluation share, without Prefect: examples, cross-validation, the scoreboard."""

import hashlib
import platform
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from config.limits import Limits
from tasks.clean import clean_page
from tasks.examples import Example, examples
from tasks.labelled import LabelledPage, read_labelled
from tasks.learn import cross_validated, fit
from tasks.model import BodyModel
from tasks.page import Article
from tasks.phrases import load_phrases
from tasks.scoring import PageScore, score_page, summary

Told = Callable[[str], None]


def scoreboard(pages: Sequence[LabelledPage], models: Callable[[str], BodyModel | None]) -> dict[str, list[PageScore]]:
    """The score of every page by suite; `models` gives the model to use for a publisher."""
    scores: dict[str, list[PageScore]] = {}
    for page in pages:
        result = clean_page(page.raw, Limits(), models(page.group))
        article = result if isinstance(result, Article) else None
        scores.setdefault(page.suite, []).append(score_page(page.id, page.group, page.truth, article))
    return scores


def cross_validation(folders: Sequence[Path], folds: int, seed: int, told: Told) -> dict[str, list[PageScore]]:
    """The scoreboard of labelled folders, each page cleaned by a model that has not seen its publisher."""
    pages = list(read_labelled(folders))
    models = cross_validated(_examples(pages, told), folds, seed, told)
    return scoreboard(pages, models.get)


def train(folders: Sequence[Path], folds: int, seed: int, told: Told) -> tuple[BodyModel, dict[str, Any]]:
    """A model that learned from all the folders' pages, and its card with cross-validated figures."""
    pages = list(read_labelled(folders))
    seen = _examples(pages, told)
    figures = {}
    if folds:
        models = cross_validated(seen, folds, seed, told)
        figures = {suite: _rounded(summary(scores)) for suite, scores in scoreboard(pages, models.get).items()}
    told(f"learning from {len(seen):,} views of {len(pages):,} pages")
    return fit(seen, seed), card(pages, figures, folds, seed)


def card(pages: Sequence[LabelledPage], figures: dict[str, Any], folds: int, seed: int) -> dict[str, Any]:
    """What a model learned from, with which versions, and how well it does on publishers that it has not seen."""
    digest = hashlib.sha256()
    for page in pages:
        digest.update(hashlib.sha256(page.raw.content).digest() + page.truth["body"].encode())
    return {
        "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "data_sha256": digest.hexdigest(),
        "pages": len(pages),
        "suites": sorted({page.suite for page in pages}),
        "publishers": sorted({page.group for page in pages}),
        "rules_sha256": load_phrases().digest,
        "seed": seed,
        "folds": folds,
        "cross_validated": figures,
        "versions": {name: version(name) for name in ("lightgbm", "lxml", "numpy")}
        | {"python": platform.python_version()},
    }


def _rounded(figures: dict[str, float]) -> dict[str, float]:
    return {name: round(value, 4) for name, value in figures.items()}


def _examples(pages: Sequence[LabelledPage], told: Told) -> list[Example]:
    phrases = load_phrases()
    told(f"reading {len(pages):,} pages")
    return [each for page in pages for each in examples(page, phrases)]
