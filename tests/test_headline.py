"""Which block is the headline."""

import pytest

from tasks.headline import TITLE_CHARS, dump_title_row, fold, headline_row
from tasks.page import Block


def row(blocks: list[tuple[str, str]], *headlines: str) -> int | None:
    return headline_row([Block(text, tag) for tag, text in blocks], headlines)


@pytest.mark.parametrize(
    "headline",
    [
        "Council keeps the old ferry",
        "Großer Spaß, süßes Fest",
        "İstanbul'da kar",
        "港町の渡し船",
        "العبّارة تبقى",
        "เรือข้ามฟาก",
    ],
)
@pytest.mark.parametrize("tag", ["h1", "h2", "div", "p"])
def test_the_declared_headline_is_found_whatever_its_element(headline: str, tag: str) -> None:
    assert row([("a", "Home"), (tag, headline), ("p", "Text.")], headline) == 1
    assert (
        row([("a", "Home"), (tag, f"„{headline.upper() if headline.isascii() else headline}“ !"), ("p", "x")], headline)
        == 1
    )


def test_a_heading_goes_before_any_other_block() -> None:
    assert row([("a", "Council keeps ferry"), ("h2", "Council keeps ferry")], "Council keeps ferry") == 1
    assert row([("a", "Council keeps ferry"), ("h1", "The Herald")], "Council keeps ferry") == 0
    assert row([("h2", "Council keeps ferry"), ("h1", "Council keeps ferry")], "Council keeps ferry") == 0


def test_an_h1_that_shares_its_words_with_what_is_declared() -> None:
    assert row([("h1", "The Herald"), ("h1", "Council keeps the ferry")], "Council keeps the ferry | Herald") == 1
    assert row([("h1", "The Herald"), ("h1", "Council keeps the ferry: full text")], "Council keeps the ferry") == 1
    assert row([("h1", "The Herald"), ("h1", "Other words altogether")], "Council keeps the ferry") == 0


def test_without_anything_declared_the_first_h1() -> None:
    assert row([("p", "a"), ("h1", "b"), ("h1", "c")]) == 1
    assert row([("p", "a"), ("h2", "b")]) is None
    assert row([], "a") is None
    assert row([("p", "")], "") is None
    assert row([("p", "!!!"), ("h1", "?")], "…") == 1


def test_fold() -> None:
    assert fold(" “Größe_X”:\n 12 ") == "grösse x 12"
    assert len(fold("a " * 5_000)) <= TITLE_CHARS


BODY = [
    "The harbour council voted on Tuesday to keep the old ferry running.",
    "The ferry loses money, the council said.",
]


def title(lines: list[str], body: list[str] = BODY, named: frozenset[str] = frozenset()) -> str | None:
    texts = [*lines, *body]
    kept = [False] * len(lines) + [True] * len(body)
    place = dump_title_row([Block(text) for text in texts], kept, [text in named for text in texts])
    return None if place is None else texts[place]


def test_a_dumps_headline_is_the_line_that_shares_its_words_with_the_body() -> None:
    assert (
        title(["Home", "Sport today", "Council keeps old ferry running", "By Jane Doe"])
        == "Council keeps old ferry running"
    )
    assert (
        title(["Council keeps old ferry running", "Weather in Hull", "Share this"]) == "Council keeps old ferry running"
    )


def test_of_a_repeated_headline_the_first() -> None:
    texts = ["Council keeps old ferry", "Menu", "Council keeps old ferry", *BODY]
    kept = [False] * 3 + [True] * 2
    assert dump_title_row([Block(text) for text in texts], kept, [False] * 5) == 0


def test_no_line_no_headline() -> None:
    assert title([]) is None or title([]) in BODY
    assert title(["Council keeps old ferry running"], []) is None
    assert (
        title(
            ["Ho", "a,", "By:", "This ends in a stop."], ["Text that shares nothing at all with those lines above it."]
        )
        is None
    )
    assert title(["Council keeps old ferry"], named=frozenset(["Council keeps old ferry"])) != "Council keeps old ferry"
