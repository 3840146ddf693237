"""Dumps: a line a block, and lines that a renderer broke whole again, but no others."""

import textwrap

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.dump import dump_blocks

STORY = [
    "The harbour council voted on Tuesday to keep the old ferry running through the winter, whatever it costs.",
    "Ebba Lindqvist, who has steered it for thirty years, called the vote a gift to everybody on the island.",
    "The boat needs a new engine by spring; the bids that the harbour office has seen begin at two million crowns.",
    "A bridge, which the province would pay for, has been talked about since the sixties and never been built.",
]
MENU = ["Home", "News", "Sport", "Weather and tides", "Subscribe"]


def texts(dump: str) -> list[str]:
    return [block.text for block in dump_blocks(dump)]


@pytest.mark.parametrize("width", [60, 72, 80])
def test_paragraphs_wrapped_at_a_column_are_whole_again(width: int) -> None:
    wrapped = [textwrap.fill(text, width, initial_indent="   ", subsequent_indent="   ") for text in STORY]
    dump = "\n".join(f"     * {item}" for item in MENU) + "\n\n" + "\n\n".join(wrapped)
    assert texts(dump) == [*(f"* {item}" for item in MENU), *STORY]


def test_items_of_a_wrapped_page_stay_apart() -> None:
    items = [textwrap.fill(f"* {text}", 70, subsequent_indent="  ") for text in STORY]
    assert texts("\n".join(items)) == [f"* {text}" for text in STORY]


def test_sentences_cut_at_their_links_are_whole_again() -> None:
    pieces = [
        piece for text in STORY for piece in _cut_at_words(text, ("old ferry", "Ebba Lindqvist", "bids", "province"))
    ]
    assert len(pieces) > 2 * len(STORY)
    assert texts("\n".join([*MENU, *pieces, *MENU])) == [*MENU, *STORY, *MENU]


def _cut_at_words(text: str, links: tuple[str, ...]) -> list[str]:
    for link in links:
        text = text.replace(link, f"\n{link}\n")
    return [piece.strip() for piece in text.split("\n")]


@given(st.lists(st.sampled_from([*STORY, *MENU, "vor 3 Minuten", "http://a.example/b", ""]), max_size=30))
def test_a_dump_of_a_line_a_block_is_left_as_it_is(lines: list[str]) -> None:
    assert texts("\n".join(lines)) == [line for line in lines if line]


def test_numbers_of_links_and_the_list_of_them_go() -> None:
    story = "\n\n".join(f"[{number}]{text}" for number, text in enumerate(STORY, 1))
    listed = "\n".join(f"   {number}. https://a.example/{number}" for number in range(1, 8))
    assert texts(f"{story}\n\nReferences\n\n   Visible links:\n{listed}\n") == STORY
    assert texts(f"{STORY[0]}\nReferences\n1. a book [2]") == [STORY[0], "References", "1. a book [2]"]


def test_blank_lines_and_indents_are_counted() -> None:
    blocks = list(dump_blocks("\n\n  One\nTwo\n\n\tThree"))
    assert [(block.text, block.gap, block.indent) for block in blocks] == [
        ("One", 2, 2),
        ("Two", 0, 0),
        ("Three", 1, 1),
    ]
