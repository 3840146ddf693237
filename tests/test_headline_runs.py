"""Columns of other stories' headlines in dumps."""

import pytest

from tasks.headline_runs import MANY, PROSE, SOME, headline_runs
from tasks.page import Block, Container, Declared, Kind, Label, Page
from tasks.verdict import Verdict

SENTENCE = "The council met on Tuesday evening and voted for the bridge, as its chairwoman had said it would"
HEADLINE = "Star of the morning show surprises her fans on number"


def rows_of(lines: list[str], chance: float = 0.6, kind: Kind = Kind.DUMP) -> list[int]:
    page = Page(kind, tuple(map(Block, lines)), (Container("", "", -1, 0),), Declared())
    return [each.row for each in headline_runs(page, [Verdict(Label.PARAGRAPH, "model", chance)] * len(lines))]


def text(paragraphs: int = PROSE) -> list[str]:
    return [f"{SENTENCE} {number}." for number in range(paragraphs)]


def column(headlines: int) -> list[str]:
    return [f"{HEADLINE} {number}" for number in range(headlines)]


def test_a_long_column_goes_and_a_short_run_stays() -> None:
    assert rows_of(text() + column(MANY)) == list(range(PROSE, PROSE + MANY))
    assert rows_of(text() + column(MANY - 1)) == []


def test_a_page_with_a_long_column_loses_its_short_ones_too() -> None:
    lines = text() + column(MANY) + text(MANY) + column(SOME) + text(MANY) + column(SOME - 1)
    first, second = PROSE, PROSE + MANY + MANY
    assert rows_of(lines) == [*range(first, first + MANY), *range(second, second + SOME)]


def test_headlines_that_end_as_sentences_do_not_break_a_column() -> None:
    lines = [f"{line}!" if number % 8 == 4 else line for number, line in enumerate(column(2 * MANY))]
    assert rows_of(text() + lines) == list(range(PROSE, PROSE + 2 * MANY))


@pytest.mark.parametrize("end", [".", "!", "?”", "。", "؟", "।", ".)", ";", ","])
def test_a_text_of_sentences_has_no_column(end: str) -> None:
    assert rows_of([f"{line}{end}" for line in text() + column(2 * MANY)]) == []


def test_what_the_model_is_sure_of_and_pages_without_prose_stay() -> None:
    assert rows_of(text() + column(MANY), chance=0.9) == []
    assert rows_of(text(PROSE - 1) + column(2 * MANY)) == []
    assert rows_of(text() + column(MANY), kind=Kind.HTML) == []
    assert rows_of(text() + [f"Item {number}" for number in range(2 * MANY)]) == []


def test_a_headline_that_was_cut_short_is_one() -> None:
    lines = [f"{line}..." if number % 2 else f"{line}…" for number, line in enumerate(column(MANY))]
    assert rows_of(text() + lines) == list(range(PROSE, PROSE + MANY))
