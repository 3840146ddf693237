"""Which block is the headline."""

import pytest

from tasks.headline import headline_row
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


def test_a_trail_s_heading_gives_way_to_the_one_below_it() -> None:
    trail = ("h1", "Old ferry: council keeps it running")
    declared = "Old ferry: council keeps it running"
    assert row([trail, ("div", "Harbour"), ("h2", "Council keeps the old ferry running"), ("p", "x")], declared) == 2
    assert row([trail, ("h2", "What happens next on the island"), ("p", "x")], declared) == 0
    assert (
        row([trail, ("p", "a"), ("p", "b"), ("p", "c"), ("h2", "Council keeps the old ferry running")], declared) == 0
    )


def test_a_deck_that_is_declared_as_a_title_gives_way_to_an_h1_that_holds_the_headline() -> None:
    page = [("h1", "The old ferry stays"), ("h2", "Council votes after a long night"), ("p", "Text.")]
    assert row(page, "Harbour: The old ferry stays", "Council votes after a long night") == 0
    assert row(page, "Council votes after a long night", "Harbour: The old ferry stays") == 1
