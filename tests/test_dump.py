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


def test_a_short_story_among_menus_is_whole_again() -> None:
    wrapped = [textwrap.fill(text, 72) for text in STORY[:3]]
    menu = [f"{item}: all that there is to be read" for item in MENU]  # wide enough, and no line of prose
    assert texts("\n".join(menu) + "\n\n" + "\n\n".join(wrapped)) == [*menu, *STORY[:3]]


def test_a_page_with_wide_lines_was_not_wrapped() -> None:
    narrow = [
        "Read what the harbour office says of the coming winter now",
        "Tide tables of the next seven days, hour by hour",
    ] * 100
    assert texts("\n".join([*narrow, *STORY])) == [*narrow, *STORY]


EAST_ASIAN = {
    "ja": "港湾評議会は火曜日に冬のあいだも古い渡し船を走らせることを決めた。"
    "三十年のあいだ舵を取ってきた船長は島のみんなへの贈り物だと言った。",
    "ko": "항만 위원회는 화요일에 겨울 동안에도 낡은 나룻배를 계속 운항하기로 결정했다. "
    "삼십 년 동안 키를 잡아 온 선장은 섬 모두에게 주는 선물이라고 말했다.",
}


@pytest.mark.parametrize("language", EAST_ASIAN)
def test_letters_that_take_two_columns_are_wrapped_anywhere(language: str) -> None:
    text = EAST_ASIAN[language] * 2
    found = texts("\n\n".join([_in_columns(text, 80)] * 3))
    assert [each.replace(" ", "") for each in found] == [text.replace(" ", "")] * 3  # one at a full line's end is lost


def _in_columns(text: str, most: int) -> str:
    """A text as a terminal's browser breaks it: at a column, between any two letters; a space at a line's end goes."""
    lines, line, width = [], "", 0
    for char in text:
        wide = 1 if char in " ." else 2
        if width + wide > most:
            lines.append(line.rstrip())
            line, width = "", 0
            if char == " ":
                continue
        line, width = line + char, width + wide
    return "\n".join([*lines, line])


def test_korean_wrapped_at_its_spaces_is_whole_again() -> None:
    text = EAST_ASIAN["ko"] * 3
    assert texts("\n\n".join([textwrap.fill(text, 72)] * 3)) == [text] * 3


def test_items_of_a_wrapped_page_stay_apart() -> None:
    items = [textwrap.fill(f"* {text}", 70, subsequent_indent="  ") for text in STORY]
    assert texts("\n".join(items)) == [f"* {text}" for text in STORY]


def test_sentences_cut_at_their_links_are_whole_again() -> None:
    pieces = [
        piece for text in STORY for piece in _cut_at_words(text, ("old ferry", "Ebba Lindqvist", "bids", "province"))
    ]
    assert len(pieces) > 2 * len(STORY)
    assert texts("\n".join([*MENU, *pieces, *MENU])) == [*MENU, *STORY, *MENU]


def test_a_sentence_that_begins_with_a_link_is_whole_again() -> None:
    pieces = [
        piece for text in STORY for piece in _cut_at_words(text, ("The harbour", "winter", "Ebba Lindqvist", "sixties"))
    ]
    assert texts("\n".join([*MENU, *(piece for piece in pieces if piece), *MENU])) == [*MENU, *STORY, *MENU]


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
