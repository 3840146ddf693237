"""The figures of the scoreboard, worked out by hand."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from tasks.page import Article, Label, LabelledBlock, Metadata
from tasks.scoring import PageScore, flat, harmonic, overlap, score_page, summary


def article(*texts: str, credits: tuple[str, ...] = (), confidence: float = 0.9, **fields: Any) -> Article:
    blocks = [LabelledBlock(text, Label.PARAGRAPH, "model", 0.9) for text in texts]
    blocks += [LabelledBlock(text, Label.CREDIT, "x", 0.9) for text in credits]
    return Article("a.html", "0" * 64, Metadata(**fields), tuple(blocks), confidence)


def score(truth: dict[str, Any], found: Article | None) -> PageScore:
    return score_page("a", "example.org", {"body": "one two three four five"} | truth, found)


def test_overlap_counts_shingles_of_four_tokens() -> None:
    assert overlap("a b c d e", "a b c d e") == (1, 1)
    assert overlap("a b c d e", "a b c d") == (1, 1 / 2)  # abcd of abcd, bcde
    assert overlap("a b c d", "a b c d e f") == (1 / 3, 1)  # abcd of abcd, bcde, cdef
    assert overlap("a b c d e", "e d c b a") == (0, 0)
    assert overlap("a b", "a b") == (1, 1)
    assert overlap("a b", "a b c") == (0, 0)
    assert overlap("a b c d a b c d", "a b c d") == (1, 1 / 5)  # abcd counts once
    assert overlap("漢字漢字", "漢字 漢字。") == (1, 1)


def test_overlap_with_nothing() -> None:
    assert overlap("a", "") == (0, 0)
    assert overlap("", "a") == (0, 0)
    assert overlap("", "…") == (1, 1)


def test_harmonic() -> None:
    assert harmonic(1, 0.5) == pytest.approx(2 / 3)
    assert harmonic(0, 0) == 0


def test_a_page_without_an_article_scores_nothing_where_the_truth_has_something() -> None:
    found = score({"title": "T", "published": "2024-01-01", "authors": ["A B"], "captions": ["x" * 60]}, None)
    assert (found.precision, found.recall, found.f1, found.exact) == (0, 0, 0, False)
    assert (found.title, found.date, found.authors) == (False, False, 0)
    assert (found.caption_leak, found.credit_leak, found.confidence, found.language) == (None, None, 0, None)
    assert score({}, None).title is None


def test_the_body() -> None:
    found = score({}, article("One", "two three four five"))
    assert (found.precision, found.recall, found.exact) == (1 / 2, 1 / 2, False)  # case counts
    assert score({}, article("one two", "three, four: five!")).exact
    assert score({}, article("one two", "three, four: five!", language="en")).language == "en"


def test_the_deck_counts_where_the_truth_has_one() -> None:
    known = {"body": "a deck line here one two three", "deck": "a deck line here"}
    assert score(known, article("one two three", deck="A deck – line here")).recall < 1
    assert score(known, article("one two three", deck="a deck line here")).exact
    assert not score(known, article("a deck line here", "one two three", deck="A deck line here")).recall < 1
    assert not score(known | {"deck": None}, article("one two three", deck="a deck line here")).exact


def test_title_date_and_authors() -> None:
    truth = {
        "title": "„Größe“ – 12",
        "published": "2024-03-01T23:30:00-05:00",
        "authors": ["Jane Doe", "Li Wei", "X Y"],
    }
    found = score(truth, article(title="GRÖSSE 12", authors=("JANE DOE", "Li Wei"), published_at=at(2024, 3, 2)))
    assert (found.title, found.date) == (True, True)  # in UTC the day is the second
    assert found.authors == pytest.approx(2 * 2 / (3 + 2))
    assert score(truth, article(published_at=at(2024, 3, 1))).date
    assert score(truth, article(published_at=at(2024, 3, 3))).date is False
    assert score(truth, article()).date is False
    assert score({"published": "2024-03-01"}, article(published_at=at(2024, 3, 1))).date
    assert score({"published": "March"}, article(published_at=at(2024, 3, 1))).date is False
    assert score(truth, article()).title is False
    assert score({"published": None, "title": "", "authors": []}, article()).title is None


def at(year: int, month: int, day: int) -> datetime:
    return datetime(year, month, day, 4, 30, tzinfo=UTC)


def test_a_day_in_another_zone() -> None:
    east = datetime(2024, 3, 2, 1, tzinfo=timezone(timedelta(hours=9)))
    truth = {"published": east.isoformat()}
    assert score(truth, article(published_at=east.astimezone(UTC))).date  # the first in UTC


CAPTION = "A ferry leaves the harbour of Hull on Monday"


def test_leaks_of_captions_and_credits() -> None:
    truth = {"captions": [CAPTION], "credits": ["Photo: Jane Doe"]}
    clean = score(truth, article("one two three four five", credits=("PHOTO Jane Doe",)))
    assert (clean.caption_leak, clean.credit_leak, clean.credit_recall) == (False, False, 1)
    leaky = score(truth, article("one", CAPTION.upper() + " (Photo: Jane Doe)"))
    assert (leaky.caption_leak, leaky.credit_leak, leaky.credit_recall) == (True, True, 0)


def test_short_captions_and_those_that_the_body_holds_do_not_count() -> None:
    short = score({"captions": ["Hull on Monday"], "credits": ["AFP"]}, article("Hull on Monday AFP"))
    assert (short.caption_leak, short.credit_leak, short.credit_recall) == (None, None, None)
    inside = score({"body": f"Look: {CAPTION}.", "captions": [CAPTION]}, article(CAPTION))
    assert inside.caption_leak is None


def test_flat() -> None:
    assert flat(" “Ａ–B”  c\n") == "a b c"
    assert flat(None) == ""
    assert flat(["Jane", "Doe"]) == "jane doe"


def page(precision: float, recall: float, **fields: Any) -> PageScore:
    return PageScore("a", "b", None, precision, recall, exact=precision == recall == 1, **fields)


def test_summary() -> None:
    found = summary([page(1, 1, title=True), page(1, 0.5, title=False), page(0, 0)])
    assert found["pages"] == 3
    assert found["precision"] == pytest.approx(2 / 3)
    assert found["recall"] == pytest.approx(1 / 2)
    assert found["f1"] == pytest.approx(2 * (2 / 3) * (1 / 2) / (2 / 3 + 1 / 2))  # of the means
    assert found["exact"] == pytest.approx(1 / 3)
    assert found["worst10"] == 0
    assert found["title"] == 0.5  # of the pages that have one
    assert "date" not in found


def test_the_worst_tenth() -> None:
    scores = [page(at / 20, at / 20) for at in range(1, 21)]
    assert summary(scores)["worst10"] == pytest.approx((1 / 20 + 2 / 20) / 2)
