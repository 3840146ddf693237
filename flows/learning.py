"""What training and evaluation share, without Prefect: examples, cross-validation, the scoreboard."""

import hashlib
import platform
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from config.limits import Limits
from tasks.clean import clean_page
from tasks.examples import Example, examples
from tasks.labelled import LabelledPage, read_labelled
from tasks.learn import cross_validated, fit
from tasks.model import BodyModel
from tasks.page import Article
from tasks.phrases import load_phrases
from tasks.reliability import Reliability, reliability
from tasks.scoring import PageScore, score_page, summary

Told = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Scored:
    """The score of every page by suite, and how far the probabilities behind them are right."""

    suites: Mapping[str, Sequence[PageScore]]
    reliability: Reliability


def scoreboard(pages: Sequence[LabelledPage], models: Callable[[str], BodyModel | None]) -> dict[str, list[PageScore]]:
    """The score of every page by suite; `models` gives the model to use for a publisher."""
    scores: dict[str, list[PageScore]] = {}
    for page in pages:
        result = clean_page(page.raw, Limits(), models(page.group))
        article = result if isinstance(result, Article) else None
        scores.setdefault(page.suite, []).append(score_page(page.id, page.group, page.truth, article))
    return scores


def cross_validation(folders: Sequence[Path], also: Sequence[Path], folds: int, seed: int, told: Told) -> Scored:
    """Labelled folders scored, each page cleaned by a model that has not seen its publisher.

    The pages of the folders `also` are scored, too, but not learned from.
    """
    pages, others = list(read_labelled(folders)), list(read_labelled(also))
    seen = _examples(pages, told)
    return _scored([*pages, *others], seen, cross_validated(seen, folds, seed, told))


def _scored(pages: Sequence[LabelledPage], seen: Sequence[Example], models: Mapping[str, BodyModel]) -> Scored:
    """Pages scored by the models for their publishers; by any of them where none has learned from the publisher."""
    any_model = next(iter(models.values()))
    return Scored(scoreboard(pages, lambda group: models.get(group, any_model)), _reliability(seen, models.__getitem__))


def validation(folders: Sequence[Path], model: BodyModel, told: Told) -> Scored:
    """Labelled folders scored, each page cleaned by the model as it is."""
    pages = list(read_labelled(folders))
    return Scored(scoreboard(pages, lambda _: model), _reliability(_examples(pages, told), lambda _: model))


def _reliability(seen: Sequence[Example], models: Callable[[str], BodyModel]) -> Reliability:
    """How far the probabilities of the pages' blocks are right; neither made views nor decks count."""
    said, found = [np.empty(0, np.float32)], [np.empty(0, np.bool_)]
    for each in seen:
        if not each.is_made:
            counted = each.weight > 0
            said.append(models(each.group).judge(each.page, each.seen, each.grams)[counted])
            found.append(each.body[counted])
    return reliability(np.concatenate(said), np.concatenate(found))


def train(folders: Sequence[Path], folds: int, seed: int, told: Told) -> tuple[BodyModel, dict[str, Any]]:
    """A model that learned from all the folders' pages, and its card with cross-validated figures."""
    pages = list(read_labelled(folders))
    seen = _examples(pages, told)
    scored = _scored(pages, seen, cross_validated(seen, folds, seed, told)) if folds else None
    told(f"learning from {len(seen):,} views of {len(pages):,} pages")
    return fit(seen, seed), card(pages, scored, folds, seed)


def card(pages: Sequence[LabelledPage], scored: Scored | None, folds: int, seed: int) -> dict[str, Any]:
    """What a model learned from, with which versions, and how well it does on publishers that it has not seen."""
    suites = scored.suites if scored else {}
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
        "cross_validated": {suite: _rounded(summary(scores)) for suite, scores in suites.items()},
        "reliability": scored.reliability.to_record() if scored else None,
        "versions": {name: version(name) for name in ("lightgbm", "lxml", "numpy")}
        | {"python": platform.python_version()},
    }


def _rounded(figures: dict[str, float]) -> dict[str, float]:
    return {name: round(value, 4) for name, value in figures.items()}


def _examples(pages: Sequence[LabelledPage], told: Told) -> list[Example]:
    phrases = load_phrases()
    told(f"reading {len(pages):,} pages")
    return [each for page in pages for each in examples(page, phrases)]
