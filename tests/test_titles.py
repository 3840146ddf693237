"""The headline that the page shows, its kicker and deck."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.folding import squeeze
from tasks.page import Block, Container, Declared, Kind, Label, LabelledBlock, Page
from tasks.titles import find_deck, find_kicker, find_title, strip_site

NAMES = ("Harbour Gazette", "harbour-gazette.example")


def page(*lines, headlines=(), descriptions=(), section=None, words=None):
    """A page of lines: "h1:Text", "p:Text"."""
    holders = [Container("body", "", -1, 0)]
    blocks = []
    for row, line in enumerate(lines):
        tag, text = line.split(":", 1)
        holders.append(Container(tag, (words or {}).get(row, ""), 0, 1))
        blocks.append(Block(text, tag, (words or {}).get(row, ""), len(holders) - 1))
    facts = Declared(headlines=headlines, descriptions=descriptions, section=section)
    return Page(Kind.HTML, tuple(blocks), tuple(holders), facts)


def title(page, blocks=()):
    return find_title(page, blocks, NAMES)[0]


def test_the_heading_that_is_declared():
    shown = page("h1:Harbour Gazette", "h1:Last ferry sails in June", headlines=("Last ferry sails in June",))
    assert find_title(shown, (), NAMES) == ("Last ferry sails in June", 1)


def test_the_shown_wording_before_the_declared_one():
    shown = page("h1:Last ferry to Skerry sails in June", headlines=("Skerry ferry: last one sails in June",))
    assert title(shown) == "Last ferry to Skerry sails in June"


def test_the_heading_below_a_trail_s():
    shown = page(
        "h1:Skerry: Last ferry sails",
        "h2:Last ferry to Skerry sails in June",
        headlines=("Skerry: Last ferry sails", "Last ferry to Skerry sails in June"),
    )
    assert find_title(replace(shown, headline=1), (), NAMES) == ("Last ferry to Skerry sails in June", 1)
    assert find_title(replace(shown, headline=0), (), NAMES)[1] == 0


@pytest.mark.parametrize(
    "declared",
    [
        "Last ferry sails in June | Harbour Gazette",
        "Last ferry sails in June - Transport - Harbour Gazette",
        "Harbour Gazette: Last ferry sails in June",
        "Last ferry sails in June | harbour-gazette.example",
        "Transport | Last ferry sails in June",
    ],
)
def test_site_and_section_are_no_part_of_it(declared):
    assert title(page("h2:Last ferry sails in June", "p:Text", headlines=(declared,))) == "Last ferry sails in June"


def test_site_name_is_cut_off_where_nothing_is_shown():
    assert title(page("p:Text", headlines=("Last ferry – Harbour Gazette",))) == "Last ferry"


def test_a_heading_that_is_not_the_headline():
    shown = page(
        "h1:Sign up for our newsletter", "div:Last ferry sails in June", headlines=("Last ferry sails in June",)
    )
    assert find_title(shown, (), NAMES) == ("Last ferry sails in June", 1)


def test_a_heading_that_is_a_small_part_of_what_is_declared():
    declared = ("Diary of Jo Kern - The council keeps the old ferry for another year",)
    assert title(
        page("h1:Diary of Jo Kern", "h3:The council keeps the old ferry for another year", headlines=declared)
    ) == ("The council keeps the old ferry for another year")
    assert title(page("h1:Diary of Jo Kern", "h2:Other", headlines=declared)) == "Diary of Jo Kern"
    long_deck = ("Council keeps ferry", "It loses money every year, but the harbour council wants to keep it. " * 3)
    assert title(page("h1:Council keeps ferry", f"p:{long_deck[1]}", headlines=long_deck)) == "Council keeps ferry"


def test_a_heading_of_a_box_is_not_the_headline():
    blocks = (LabelledBlock("Original text", Label.TITLE, "x", 1.0),)
    assert title(page("h1:Original text", headlines=("Council keeps the ferry",)), blocks) == "Council keeps the ferry"
    own = "Why that old boat will never leave us"
    blocks = (LabelledBlock(own, Label.TITLE, "x", 1.0),)
    assert title(page(f"h1:{own}", headlines=("Council keeps the ferry",)), blocks) == own


def test_words_are_apart_as_where_they_are_declared():
    declared = ("Harbour: Council keeps the ferry",)
    assert title(page("h1:HarbourCouncil keeps the ferry", headlines=declared)) == declared[0]


@pytest.mark.parametrize("end", [" -", " ?>", " |"])
def test_what_a_program_left_at_the_end_of_a_declared_headline_is_no_part_of_it(end):
    assert title(page("h1:Ferry leaves the harbour", headlines=(f"Ferry leaves the harbour{end}",))) == (
        "Ferry leaves the harbour"
    )


def test_soft_hyphens_and_white_space():
    assert title(page("h1:Hub\xadschrauber\nlandet", headlines=("Hubschrauber landet",))) == "Hubschrauber landet"


def test_nothing_declared():
    assert title(page("h1:Only a heading", "p:Text")) == "Only a heading"
    assert title(page("p:Text")) is None


def test_of_a_dump_the_labelled_one():
    dump = Page(Kind.DUMP, (Block("Menu"), Block("Headline here")), (Container("", "", -1, 0),), Declared())
    blocks = (LabelledBlock("Menu", Label.NAVIGATION, "x", 1.0), LabelledBlock("Headline here", Label.TITLE, "x", 1.0))
    assert find_title(dump, blocks, ()) == ("Headline here", 1)


def test_strip_site():
    site = frozenset(map(squeeze, NAMES))
    assert strip_site("A - B | Harbour Gazette", site) == "A - B"
    assert strip_site("Harbour Gazette | A", site) == "A"
    assert strip_site("A, B", site) == "A, B"


def test_kicker_by_its_place_or_the_section():
    marked = page("p:Elbe", "h1:Fluss steigt weiter an", words={0: "article-kicker"})
    assert find_kicker(marked, (), "Fluss steigt weiter an", 1) == "Elbe"
    assert find_kicker(page("p:Lokales", "h1:Fluss steigt", section="Lokales"), (), "Fluss steigt", 1) == "Lokales"
    assert find_kicker(page("p:Some other line", "h1:Fluss steigt"), (), "Fluss steigt", 1) is None


def test_kicker_that_the_declared_headline_begins_with():
    shown = page("p:Hochwasser", "h1:Fluss steigt weiter", headlines=("Hochwasser: Fluss steigt weiter",))
    assert find_kicker(shown, (), "Fluss steigt weiter", 1) == "Hochwasser"


def test_deck_that_is_described_or_marked():
    text = "After 61 years the Skerry boat loses its subsidy, islanders say."
    assert find_deck(page("h1:T", f"p:{text}", descriptions=(text,)), (), "T", 0) == text
    assert find_deck(page("h1:T", f"p:{text}", words={1: "story-standfirst"}), (), "T", 0) == text
    assert find_deck(page("h1:T", f"p:{text}"), (), "T", 0) is None


def test_a_kept_block_is_no_deck():
    text = "After 61 years the Skerry boat loses its subsidy, islanders say."
    blocks = (LabelledBlock(text, Label.PARAGRAPH, "x", 1.0),)
    assert find_deck(page("h1:T", f"p:{text}", descriptions=(text,)), blocks, "T", 0) is None


@given(
    st.lists(st.text(max_size=80), max_size=4),
    st.lists(st.text(min_size=1, max_size=80), max_size=6),
    st.text(max_size=20),
)
def test_any_headline_is_taken(headlines, shown, name):
    lines = [f"{'h1' if row % 2 else 'p'}:{text}" for row, text in enumerate(shown)]
    found, row = find_title(page(*lines, headlines=tuple(headlines)), (), (name,))
    assert found is None or found == " ".join(found.split())
    assert row is None or 0 <= row < len(shown)


def test_kicker_of_a_dump_stands_on_the_headline():
    lines = (Block("Menu"), Block("Museum", gap=1), Block("Das Museum zieht um"), Block("Text", gap=1))
    dump = Page(Kind.DUMP, lines, (Container("", "", -1, 0),), Declared())
    assert find_kicker(dump, (), "Das Museum zieht um", 2) == "Museum"
    flat = Page(Kind.DUMP, tuple(Block(line.text) for line in lines), dump.containers, Declared())
    assert find_kicker(flat, (), "Das Museum zieht um", 2) is None
