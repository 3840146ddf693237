"""The scoreboard: figures by suite, language and publisher, the worst pages first, and how far confidence is right."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import StatisticsError, correlation
from typing import Any

from tasks.reliability import Reliability
from tasks.scoring import PageScore, summary

SHOWN = ("pages", "f1", "worst10", "exact", "title", "date", "authors", "caption_leak", "credit_leak", "credit_recall")
FEW_PAGES = 2  # a publisher with fewer says little


@dataclass(frozen=True, slots=True)
class Board:
    """The scores of pages by suite, and how far probabilities were right; `worst` pages of each suite are named."""

    scores: Mapping[str, Sequence[PageScore]]
    reliability: Reliability
    worst: int = 5

    def to_record(self) -> dict[str, Any]:
        """All figures, as JSON takes them."""
        pages = [page for scores in self.scores.values() for page in scores]
        return {
            "suites": {suite: self._suite(scores) for suite, scores in self.scores.items()},
            "languages": _by(pages, lambda page: page.language or "unknown"),
            "publishers": {
                name: figures
                for name, figures in sorted(_by(pages, lambda page: page.group).items(), key=lambda item: item[1]["f1"])
                if figures["pages"] >= FEW_PAGES
            },
            "confidence_correlation": _correlation(pages),
            "reliability": self.reliability.to_record(),
        }

    def _suite(self, scores: Sequence[PageScore]) -> dict[str, Any]:
        named = sorted(scores, key=lambda page: page.f1)[: self.worst]
        return {**_rounded(summary(scores)), "worst": [{"id": page.id, "f1": round(page.f1, 4)} for page in named]}

    def rows(self) -> list[list[str]]:
        """The table of suites, a header row first."""
        table = [["suite", *SHOWN]]
        for suite, scores in self.scores.items():
            figures = summary(scores)
            cells = [f"{figures[name]:.3f}" if name in figures else "" for name in SHOWN[1:]]
            table.append([suite, f"{figures['pages']:.0f}", *cells])
        return table

    def markdown(self) -> str:
        """The table of suites in Markdown."""
        header, *rows = self.rows()
        return "\n".join("| " + " | ".join(row) + " |" for row in (header, ["---"] * len(header), *rows))


def _by(pages: Sequence[PageScore], key: Callable[[PageScore], str]) -> dict[str, dict[str, float]]:
    groups: dict[str, list[PageScore]] = {}
    for page in pages:
        groups.setdefault(key(page), []).append(page)
    return {name: _rounded(summary(group)) for name, group in sorted(groups.items())}


def _correlation(pages: Sequence[PageScore]) -> float | None:
    """Pearson's r of the pages' confidence and F1; None where it is not defined."""
    try:
        return round(correlation([page.confidence for page in pages], [page.f1 for page in pages]), 4)
    except StatisticsError:
        return None


def _rounded(figures: Mapping[str, float]) -> dict[str, float]:
    return {name: round(value, 4) for name, value in figures.items()}
