"""Score articles against known ones, by the figures of the field.

`f1`, `precision` and `recall` are of 4-token shingles, averaged over pages as the public article extraction benchmark
does (https://github.com/scrapinghub/article-extraction-benchmark: mean precision and mean recall first, then their
harmonic mean); `exact` is the share of pages whose body has the very same tokens; `worst10` the mean F1 of the worst
tenth.
`title`, `date` and `authors` are exact title (case, space and signs folded), same calendar day, F1 of names.
`caption_leak` and `credit_leak` are the share of pages with a known caption or credit inside the body. All are 0 to 1.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from statistics import fmean
from typing import Any

from tasks.folding import fold, squeeze
from tasks.page import Article, Label
from tasks.shingles import SIZE, tokens

LONG_CAPTION, LONG_CREDIT = 25, 7  # squeezed characters over which a caption or credit counts


@dataclass(frozen=True, slots=True)
class PageScore:
    """The figures of one page; None where the truth does not say, or does not apply."""

    id: str
    group: str
    language: str | None
    precision: float
    recall: float
    exact: bool
    title: bool | None = None
    date: bool | None = None
    authors: float | None = None
    caption_leak: bool | None = None
    credit_leak: bool | None = None
    credit_recall: float | None = None
    confidence: float = 0.0

    @property
    def f1(self) -> float:
        """The page's F1 of shingles."""
        return harmonic(self.precision, self.recall)


def harmonic(precision: float, recall: float) -> float:
    """The harmonic mean; 0 where both are."""
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def overlap(truth: str, text: str) -> tuple[float, float]:
    """Precision and recall of a text's shingles against the truth's."""
    wanted, got = _shingle_counts(truth), _shingle_counts(text)
    both = (wanted & got).total()
    if both == wanted.total() == got.total():
        return 1.0, 1.0
    return (both / got.total() if got else 0.0), (both / wanted.total() if wanted else 0.0)


def _shingle_counts(text: str) -> Counter[tuple[str, ...]]:
    words = tokens(text)
    return Counter(tuple(words[i : i + SIZE]) for i in range(max(1, len(words) - SIZE + 1)) if words)


def score_page(page_id: str, group: str, truth: Mapping[str, Any], article: Article | None) -> PageScore:
    """Score one article, or its absence, against the truth of its page."""
    text = article.text if article else ""
    body = _with_deck(text, article, truth)
    precision, recall = overlap(truth["body"], body)
    exact = tokens(truth["body"]) == tokens(body)
    fields = _score_fields(truth, article) if article else _no_fields(truth)
    language = article.metadata.language if article else None
    return PageScore(page_id, group, language, precision, recall, exact, **fields)


def _with_deck(text: str, article: Article | None, truth: Mapping[str, Any]) -> str:
    """The text as the truth counts it: where it has a deck, the deck stands in the body."""
    deck = article.metadata.deck if article else None
    if not truth.get("deck") or not deck or squeeze(deck)[:80] in squeeze(text):
        return text
    return f"{deck}\n\n{text}"


def _no_fields(truth: Mapping[str, Any]) -> dict[str, Any]:
    wrong = {"title": False, "date": False, "authors": 0.0}
    names = {"title": "title", "date": "published", "authors": "authors"}
    return {field: value for field, value in wrong.items() if truth.get(names[field])}


def _score_fields(truth: Mapping[str, Any], article: Article) -> dict[str, Any]:
    found = article.metadata
    scores: dict[str, Any] = {"confidence": article.confidence}
    if truth.get("title"):
        scores["title"] = flat(found.title) == flat(truth["title"])
    if truth.get("published"):
        day = found.published_at.date().isoformat() if found.published_at else ""
        scores["date"] = day in _days(str(truth["published"]))
    if truth.get("authors"):
        scores["authors"] = _names_f1(truth["authors"], found.authors)
    return scores | _score_leaks(truth, article)


def _score_leaks(truth: Mapping[str, Any], article: Article) -> dict[str, Any]:
    known, text = squeeze(truth["body"]), squeeze(article.text)
    scores: dict[str, Any] = {}
    captions = _apart(truth.get("captions"), known, LONG_CAPTION)
    if captions:
        scores["caption_leak"] = any(caption in text for caption in captions)
    credits = _apart(truth.get("credits"), known, LONG_CREDIT)
    if credits:
        scores["credit_leak"] = any(credit in text for credit in credits)
        named = squeeze(" ".join(block.text for block in article.blocks if block.label is Label.CREDIT))
        scores["credit_recall"] = fmean(credit in named for credit in credits)
    return scores


def _apart(texts: Iterable[str] | None, body: str, longest: int) -> list[str]:
    """The squeezed texts that are long enough to count and are no part of the body."""
    squeezed = (squeeze(text) for text in texts or ())
    return [text for text in squeezed if len(text) > longest and text not in body]


def flat(text: Any) -> str:
    """A title or name, or the parts of one, folded."""
    return fold(text if isinstance(text, str) else " ".join(map(str, text or ())))


def _names_f1(truth: Sequence[str], names: Sequence[str]) -> float:
    wanted, got = {flat(name) for name in truth}, {flat(name) for name in names}
    return 2 * len(wanted & got) / (len(wanted) + len(got)) if wanted or got else 1.0


def _days(published: str) -> set[str]:
    """The calendar days that a date falls on: where it was written, and in UTC."""
    days = {published[:10]}
    try:
        when = datetime.fromisoformat(published)
    except ValueError:
        return days
    return days | {when.astimezone(UTC).date().isoformat()} if when.tzinfo else days


FIGURES = ("title", "date", "authors", "caption_leak", "credit_leak", "credit_recall")


def summary(scores: Sequence[PageScore]) -> dict[str, float]:
    """The figures over pages (at least one)."""
    precision, recall = fmean(page.precision for page in scores), fmean(page.recall for page in scores)
    worst = sorted(page.f1 for page in scores)[: max(1, len(scores) // 10)]
    figures = {
        "pages": float(len(scores)),
        "f1": harmonic(precision, recall),
        "precision": precision,
        "recall": recall,
        "exact": fmean(page.exact for page in scores),
        "worst10": fmean(worst),
    }
    for name in FIGURES:
        values = [float(value) for page in scores if (value := getattr(page, name)) is not None]
        if values:
            figures[name] = fmean(values)
    return figures
