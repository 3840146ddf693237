"""Readers' comments that no element tells."""

from collections.abc import Sequence

import numpy as np
import pytest

from tasks.label import label
from tasks.page import Block, Container, Declared, Kind, Label, Page

BODY = [
    "The council met on Tuesday and spoke about the bridge for an hour, and then for another one.",
    "It will be mended in the spring, the engineer told it, if the money is there and the river is low.",
    "A hundred people had come to hear it, more than the hall holds; the rest stood in the yard and waited.",
    "The next meeting is in June.",
]
SAID = "I never thought that they would do it. My father waited for it all his life, and so did his."
AGAIN = "You say that of everything. It was promised to us in a letter, and a letter should be worth something."


class Told:
    """A model that gives every line the same chance."""

    def __init__(self, chance: float) -> None:
        self.chance = chance

    def probabilities(self, page: Page, hits: Sequence[Sequence[Label]]) -> np.ndarray:
        sizes = [len(block.text) for block in page.blocks]
        return np.where(np.array(sizes) > 80, self.chance, 0.6).astype(np.float32)


def labels(lines: Sequence[str], chance: float = 0.8) -> list[Label]:
    page = Page(Kind.DUMP, tuple(Block(line) for line in lines), (Container("", "", -1, 0),), Declared())
    return [block.label for block in label(page, model=Told(chance))]


@pytest.mark.parametrize("header", ["8 Comments", "Comments", '12 Responses to "The bridge"'])
@pytest.mark.parametrize(
    "signatures",
    [
        ("mara on September 12, 2018 at 4:47 pm said:", "jo on September 13, 2018 at 5:23 am said:"),
        ("mara lind says:", "Jo says:"),
        ("2 days ago at 07:52 am", "2 days ago at 07:58 am"),
    ],
)
def test_what_readers_say_below_the_article_is_no_part_of_it(header: str, signatures: tuple[str, str]) -> None:
    found = labels([*BODY, header, signatures[0], SAID, signatures[1], AGAIN])
    assert found[:4] == [Label.PARAGRAPH] * 4
    assert (found[6], found[8]) == (Label.COMMENT, Label.COMMENT)


def test_a_header_of_comments_above_the_body_opens_nothing() -> None:
    found = labels(["Comments", "March 1, 2024 10:45", *BODY, "March 1, 2024 10:58", SAID])
    assert Label.COMMENT not in found[2:]


def test_a_live_blog_goes_on_below_a_link_to_its_comments() -> None:
    lines = [*BODY, "Comments", "March 1, 2024 10:45", SAID, "March 1, 2024 10:58", AGAIN]
    assert labels(lines, 0.97)[6] is Label.PARAGRAPH
    assert labels(lines, 0.7)[6] is Label.COMMENT


def test_one_line_with_a_time_does_not_make_what_follows_a_comment() -> None:
    assert labels([*BODY, "Comments", "Updated March 1, 2024 10:45", SAID])[6] is Label.PARAGRAPH
