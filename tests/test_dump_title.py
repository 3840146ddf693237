"""The headline of a text dump."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.dump_title import WEIGHTS, Dump, candidates, dump_title_row
from tasks.page import Block, Label

BODY = [
    "The harbour council voted on Tuesday to keep the old ferry running for another year, although it loses money.",
    "The ferry loses money, the council said.",
]
TITLE = "Council votes to keep old ferry running"
DECK = "It loses money every year, but the harbour council wants to keep it for those who work on the other shore."


def dump(lines: Sequence[str], body: Sequence[str] = BODY, named: dict[str, Label] | None = None) -> Dump:
    texts = [*lines, *body]
    kept = [False] * len(lines) + [True] * len(body)
    labels = [{label} if (label := (named or {}).get(text)) else set() for text in texts]
    return Dump([Block(text, gap=1) for text in texts], kept, labels)


def title(lines: Sequence[str], named: dict[str, Label] | None = None) -> str | None:
    lines_with_body = dump(lines, named=named)
    row = dump_title_row(lines_with_body)
    return None if row is None else lines_with_body.blocks[row].text


@pytest.mark.parametrize(
    "around",
    [
        ([], []),
        (["Home", "Sport today", "Weather in Hull"], ["Share this", "Jane Doe"]),
        (["News"], [DECK, "By Jane Doe", "4 May 2020, 10:15"]),
        (["The Harbour Gazette | All the news of the harbour"], ["The old ferry in the harbour (Photo: Jane Doe)"]),
        (["Other council keeps its trams", "Menu"], ["Jane Doe", "Kommentare"]),
    ],
)
def test_the_line_that_reads_like_a_headline_of_the_body(around: tuple[list[str], list[str]]) -> None:
    before, after = around
    assert title([*before, TITLE, *after]) == TITLE
    blocks, kept, named = dump([*before, TITLE, *after])
    row = dump_title_row(Dump([replace(block, gap=0) for block in blocks], kept, named))
    assert row == len(before)


def test_a_byline_below_tells_and_a_named_line_is_hardly_one() -> None:
    rival = "Council keeps old ferry"
    assert title([rival, "x", TITLE, "By Jane Doe"], named={"By Jane Doe": Label.BYLINE}) == TITLE
    assert title([TITLE, rival], named={TITLE: Label.RELATED}) == rival


def test_of_a_repeated_headline_the_first() -> None:
    assert dump_title_row(dump([TITLE, "Menu", "Home", "Log in", TITLE])) in {0, 4}
    assert dump_title_row(dump([TITLE, TITLE, "Jane Doe"])) == 0


def test_no_line_no_headline() -> None:
    assert dump_title_row(dump([])) is None
    assert dump_title_row(dump([TITLE], [])) is None
    assert title(["a,"]) is None


@given(st.lists(st.text(min_size=1, max_size=40).filter(str.strip), max_size=12), st.integers(0, 12))
def test_any_lines_are_taken(lines: list[str], kept: int) -> None:
    texts = [" ".join(line.split()) for line in lines]
    known = Dump([Block(text) for text in texts], [row >= kept for row in range(len(texts))], [()] * len(texts))
    row = dump_title_row(known)
    assert row is None or 0 <= row < len(texts)
    assert all(set(signs) == set(WEIGHTS) for _, signs in candidates(known))
