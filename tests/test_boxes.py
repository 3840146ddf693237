"""Boxes, menus and cards around an article: what their blocks are called, and that no word of the text is."""

from pathlib import Path

import pytest

from tasks.label import label
from tasks.page import Kind, Label
from tasks.phrases import Phrases, load_phrases
from tests.limits import within
from tests.test_label import Told, dump_of, page_of

RULES = """
[[rule]]
id = "xx.related"
label = "related"
strength = "cut"
pattern = '(?i)^more stories$'
drop = ["More stories"]
keep = ["text"]
[[rule]]
id = "xx.comment"
label = "comment"
strength = "cut"
pattern = '(?i)^comments$'
drop = ["Comments"]
keep = ["text"]
[[rule]]
id = "xx.promo"
label = "promo"
strength = "name"
pattern = '(?i)^newsletters?$'
drop = ["Newsletter"]
keep = ["text"]
"""
BODY = "<article><h1>Ferry stays afloat</h1><p>BODY one.</p><p>BODY two.</p></article>"
STORY = "<a href=/b>Seven boats that never left the old harbour</a>"


@pytest.fixture
def phrases(tmp_path: Path) -> Phrases:
    (tmp_path / "xx.toml").write_text(RULES, "utf-8")
    return load_phrases(tmp_path)


def names(markup: str, phrases: Phrases, kind: Kind = Kind.HTML) -> dict[str, Label]:
    """What each block of a page is called; blocks with BODY in them are body."""
    page = page_of(markup, kind)
    labelled = label(page, phrases, Told([0.99 if "BODY" in block.text else 0.01 for block in page.blocks]))
    assert all(block.kept == ("BODY" in block.text) for block in labelled)
    return {block.text: block.label for block in labelled}


def test_a_box_ends_with_the_element_that_holds_it(phrases):
    box = "<div><h3>More stories</h3><ul><li><a href=/b>Boats</a></li><li>Two hours ago</li></ul></div>"
    found = names(f"{BODY}{box}<div><p>Our company</p><p>Careers</p></div>", phrases)
    assert found["Boats"] is found["Two hours ago"] is Label.RELATED
    assert found["Our company"] is found["Careers"] is Label.NAVIGATION


def test_a_box_without_an_element_of_its_own_ends_at_the_footer_or_the_copyright(phrases):
    page = f"{BODY}<h3>More stories</h3><p>Boats</p><footer><p>Our company</p></footer>"
    found = names(page, phrases)
    assert (found["Boats"], found["Our company"]) == (Label.RELATED, Label.NAVIGATION)
    lines = [*("BODY " * 3).split(), "More stories", "Boats", "© 2026 Harbour Gazette", "Our company"]
    labelled = label(dump_of(*lines), None, Told([0.9] * 3 + [0.0] * 4))
    assert [block.label for block in labelled][3:] == [Label.RELATED, Label.RELATED, Label.LEGAL, Label.NAVIGATION]


def test_the_comments_end_where_links_to_stories_begin(phrases):
    found = names(f"{BODY}<div><h3>Comments</h3><p>I like it</p><p>{STORY}</p></div><p>Our company</p>", phrases)
    assert found["I like it"] is Label.COMMENT
    assert found["Seven boats that never left the old harbour"] is Label.RELATED
    assert found["Our company"] is Label.NAVIGATION


def test_a_menus_entries_are_a_menus(phrases):
    entries = ("Newsletter", "More stories", "Sport")
    menu = f"<nav><ul>{''.join(f'<li><a href=/x>{entry}</a></li>' for entry in entries)}</ul></nav>"
    found = names(f"{menu}{BODY}<div><p>Newsletter</p></div>", phrases)
    assert found["More stories"] is found["Sport"] is Label.NAVIGATION
    assert names(f"{menu}{BODY}", phrases)["Newsletter"] is Label.NAVIGATION
    assert names(f"{BODY}<div><p><a href=/n>Newsletter</a></p></div>", phrases)["Newsletter"] is Label.PROMO


def test_no_lone_link_is_a_caption(phrases):
    found = names(f"<ul><li class=image-item><a href=/x>Berlin</a></li></ul>{BODY}", phrases)
    assert found["Berlin"] is Label.NAVIGATION


def test_the_card_of_another_story(phrases):
    card = f"<div class=x><h4>{STORY}</h4><time datetime=2024-05-04>May 4</time><span>By Jane Doe</span></div>"
    found = names(f"{BODY}<h2>From the harbour</h2>{card}<p>Our company</p>", phrases)
    assert {found[text] for text in found if text not in ("Ferry stays afloat", "BODY one.", "BODY two.")} == {
        Label.RELATED,
        Label.NAVIGATION,
    }
    assert found["Seven boats that never left the old harbour"] is Label.RELATED
    assert found["From the harbour"] is Label.RELATED
    assert found["Our company"] is Label.NAVIGATION


def test_menus_that_stand_in_one_block_are_no_story(phrases):
    glued = "<div><a>Home News Sport WeatherCulture BooksMusic Film</a></div>"
    many = "<div><a>Boats, Ships, Ferries, Cranes, Docks, Piers and more</a></div>"
    found = names(f"{glued}{many}{BODY}", phrases)
    assert list(found.values())[:2] == [Label.NAVIGATION] * 2


def test_a_page_of_nothing_but_boxes_comes_to_an_end(phrases):
    page = page_of(f"<body>{BODY}" + f"<div><h3>More stories</h3><h4>{STORY}</h4>" * 5_000)
    with within(5):
        label(page, phrases, Told([0.01] * len(page.blocks)))
