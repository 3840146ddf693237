"""Labels: every block has one, in order; rules, model and element each decide what is theirs."""

import json
import os
import subprocess
import sys
import unicodedata
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tasks.blocks import cut
from tasks.label import CERTAIN, label
from tasks.model import load_model
from tasks.page import KEPT, Block, Container, Declared, Kind, Label, LabelledBlock, Page, Source
from tasks.phrases import Phrases, load_phrases
from tests.stories import SCRIPTS, paragraphs, story_page

ROOT = Path(__file__).resolve().parent.parent
NO_RULES = Phrases(())


class Told:
    """A model that says what it is told to."""

    def __init__(self, chances: Sequence[float]) -> None:
        self.chances = chances

    def probabilities(self, page: Page, hits: Sequence[Sequence[Label]]) -> np.ndarray:
        assert len(hits) == len(page.blocks) == len(self.chances)
        return np.array(self.chances, dtype=np.float32)


def page_of(markup: str, kind: Kind = Kind.HTML) -> Page:
    page = cut(Source(markup, kind, "utf-8"))
    assert isinstance(page, Page)
    return page


def dump_of(*lines: str) -> Page:
    return Page(Kind.DUMP, tuple(Block(line) for line in lines), (Container("", "", -1, 0),), Declared())


def labels(page: Page, chances: Sequence[float], phrases: Phrases = NO_RULES) -> list[tuple[Label, str]]:
    return [(block.label, block.reason) for block in label(page, phrases, Told(chances))]


def letters(texts: Sequence[str]) -> str:
    return "".join(char for text in texts for char in text if char.isalnum() or unicodedata.category(char)[0] == "M")


def check(page: Page, labelled: tuple[LabelledBlock, ...]) -> None:
    """Every block has its label, in order, whole or in parts that lose no letter."""
    rest = list(labelled)
    for block in page.blocks:
        parts = [rest.pop(0)]
        while letters([part.text for part in parts]) != letters([block.text]):
            parts.append(rest.pop(0))
        assert len(parts) == 1 or len({part.reason for part in parts}) == 1
        assert all(part.text.strip() for part in parts)
    assert not rest
    for part in labelled:
        assert isinstance(part.label, Label)
        assert part.reason
        assert 0 <= part.confidence <= 1
        assert part.confidence == round(part.confidence, 4)


@pytest.mark.parametrize("script", SCRIPTS)
def test_every_block_of_a_real_page_in_order(script: str) -> None:
    page = page_of(story_page(script))
    labelled = label(page)
    check(page, labelled)
    kept = [block.text for block in labelled if block.kept]
    assert kept == paragraphs(script)


@pytest.mark.parametrize("script", SCRIPTS)
def test_every_block_of_the_same_page_as_a_dump(script: str) -> None:
    lines = [block.text for block in page_of(story_page(script)).blocks]
    page = page_of("\n\n".join(lines), Kind.DUMP)
    check(page, label(page))


LINES = st.one_of(
    st.text("abc DEF 12 .:()|–©漢字مرสวั", min_size=1, max_size=60),
    st.sampled_from([rule_text for rule in load_phrases().rules for rule_text in rule.drop]),
)


@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(LINES, min_size=1, max_size=20), st.sampled_from(["p", "div", "li", "figcaption", "tr", ""]))
def test_labels_cover_any_blocks(lines: list[str], tag: str) -> None:
    folded = [" ".join(line.split()) for line in lines]
    blocks = tuple(Block(line, tag) for line in folded if line)
    if blocks:
        page = Page(Kind.HTML if tag else Kind.DUMP, blocks, (Container(tag, "", -1, 0),), Declared())
        check(page, label(page))
        check(page, label(page, model=Told([0.0] * len(blocks))))


def test_the_parts_of_every_splitting_rule_lose_no_letter() -> None:
    phrases = load_phrases()
    split = [(rule, text) for rule in phrases.rules if rule.strength == "split" for text in rule.drop]
    assert split
    for _, text in split:
        page = dump_of(" ".join(text.split()))
        check(page, label(page, phrases, Told([0.0])))


# ---- who decides -----------------------------------------------------------------------------------------------------


def test_the_model_says_body_and_the_element_what_kind() -> None:
    markup = (
        "<h2>a b</h2><p>c d</p><ul><li>e f</li></ul><blockquote>g h</blockquote><dl><dt>i<dd>j</dl>"
        "<table><tr><td>k</td><td>l</td></tr></table><div>m n</div>"
    )
    found = labels(page_of(markup), [0.9] * 8)
    wanted = [Label.HEADING, Label.PARAGRAPH, Label.LIST_ITEM, Label.QUOTE, Label.LIST_ITEM, Label.LIST_ITEM]
    assert [name for name, _ in found] == [*wanted, Label.TABLE, Label.PARAGRAPH]
    assert {reason for _, reason in found} == {"model"}


def test_what_is_no_body_is_named_by_its_element() -> None:
    markup = (
        "<figure><figcaption>a</figcaption></figure><div class=comment-list>b</div><p class=photo-credit>c</p>"
        "<p><time datetime=2024-01-02>d</time></p><div class=author-bio>e</div><div class=byline>f</div><p>g</p>"
    )
    found = labels(page_of(markup), [0.1] * 7)
    wanted = [Label.CAPTION, Label.COMMENT, Label.CREDIT, Label.TIMESTAMP, Label.BIO, Label.BYLINE, Label.NAVIGATION]
    assert [name for name, _ in found] == wanted
    assert [reason for _, reason in found] == ["element"] * 6 + ["model"]


def test_confidence_is_that_of_keeping_or_removing() -> None:
    kept, removed = label(page_of("<p>one<p>two"), NO_RULES, Told([0.75, 0.25]))
    assert (kept.kept, kept.confidence) == (True, 0.75)
    assert (removed.kept, removed.confidence) == (False, 0.75)
    on_the_edge, below = label(page_of("<p>one<p>two"), NO_RULES, Told([0.5, 0.39]))
    assert on_the_edge.kept
    assert not below.kept


@pytest.fixture
def phrases(tmp_path: Path) -> Phrases:
    def rule(name: str, made: str, pattern: str, strength: str, drop: str) -> str:
        return (
            f'[[rule]]\nid = "{name}"\nlabel = "{made}"\nstrength = "{strength}"\npattern = \'(?i){pattern}\'\n'
            f'drop = ["{drop}"]\nkeep = ["something else"]\n'
        )

    rules = [
        rule("xx.decide", "promo", "^buy now$", "decide", "Buy now"),
        rule("xx.name", "advert", "^sale$", "name", "Sale"),
        rule("xx.cut", "related", "^more stories$", "cut", "More stories"),
        rule("xx.split", "caption", r"^(?P<caption>[^(]+) \((?P<credit>[^)]+)\)$", "split", "A ferry (Jane Doe)"),
        rule("xx.correction", "correction", "^correction:", "name", "Correction: x"),
    ]
    (tmp_path / "xx.toml").write_text("\n".join(rules), "utf-8")
    return load_phrases(tmp_path)


def test_strict_rules_overrule_the_model_and_naming_rules_do_not(phrases: Phrases) -> None:
    page = dump_of("Buy now", "Sale", "Buy now", "Sale")
    assert labels(page, [0.99, 0.99, 0.01, 0.01], phrases) == [
        (Label.PROMO, "xx.decide"),
        (Label.PARAGRAPH, "model"),
        (Label.PROMO, "xx.decide"),
        (Label.ADVERT, "xx.name"),
    ]
    assert label(page, phrases, Told([0.99] * 4))[0].confidence == CERTAIN


def test_a_splitting_rule_gives_parts(phrases: Phrases) -> None:
    first, second, rest = label(dump_of("• A ferry (Jane Doe)", "text"), phrases, Told([0.1234, 0.9]))
    assert (first.text, first.label, first.reason) == ("A ferry", Label.CAPTION, "xx.split")
    assert (second.text, second.label, second.reason) == ("Jane Doe", Label.CREDIT, "xx.split")
    assert rest.text == "text"


def test_what_follows_a_cut_belongs_to_it_until_the_body_goes_on(phrases: Phrases) -> None:
    page = dump_of("body", "More stories", "one", "two", "body again", "three")
    found = labels(page, [0.9, 0.9, 0.1, 0.1, 0.9, 0.1], phrases)
    assert [name for name, _ in found] == [
        Label.PARAGRAPH,
        *[Label.RELATED] * 3,
        Label.PARAGRAPH,
        Label.NAVIGATION,
    ]
    linked = page_of("<p>body<h3>More stories</h3><p><a href=/>A linked headline</a><p>body")
    assert [name for name, _ in labels(linked, [0.9, 0.1, 0.9, 0.9], phrases)][2:] == [Label.RELATED, Label.PARAGRAPH]


def test_a_correction_is_kept_though_the_model_doubts(phrases: Phrases) -> None:
    page = dump_of("Correction: the ferry is blue.", "Correction: menu")
    found = labels(page, [0.2, 0.05], phrases)
    assert found[0] == (Label.CORRECTION, "xx.correction")
    assert found[1][0] not in KEPT


HEAD = (
    "<title>Ferry stays afloat</title><nav>Ferry stays afloat</nav><h1>Ferry stays afloat</h1>"
    "<p{}>The council wants to keep the old boat for another winter.</p><p class=byline>Jane Doe</p><p>Body text."
)


def test_the_headline_wherever_it_is_shown_and_the_deck_below_it() -> None:
    found = labels(page_of(HEAD.format("")), [0.1, 0.2, 0.3, 0.1, 0.9])
    assert found[:2] == [(Label.TITLE, "headline")] * 2
    assert [name for name, _ in found[2:]] == [Label.DECK, Label.BYLINE, Label.PARAGRAPH]


def test_a_kept_paragraph_is_a_deck_only_where_the_page_says_so() -> None:
    chances = [0.1, 0.2, 0.6, 0.1, 0.9]
    assert labels(page_of(HEAD.format("")), chances)[2][0] is Label.PARAGRAPH
    assert labels(page_of(HEAD.format(" class=standfirst")), chances)[2][0] is Label.DECK


def test_what_is_nearly_body_under_the_headline_is_the_deck() -> None:
    markup = HEAD.replace("<p{}>", "<div>").replace("winter.</p>", "winter.</div>").replace(" class=byline", "")
    assert labels(page_of(markup), [0.1, 0.2, 0.3, 0.1, 0.9])[2:4] == [
        (Label.DECK, "below the headline"),
        (Label.NAVIGATION, "model"),
    ]
    assert labels(page_of(markup), [0.1, 0.2, 0.1, 0.1, 0.9])[2][0] is Label.NAVIGATION


def test_a_button_or_a_menu_word_must_surely_be_body() -> None:
    page = page_of("<p>Body text.</p><button>Vote for the old boat</button><p>Imprint</p>")
    phrases = load_phrases()
    for chance, kept in ((0.6, False), (0.95, True)):
        found = labels(page, [0.9, chance, chance], phrases)
        assert [name in KEPT for name, _ in found] == [True, kept, kept]


def test_a_story_below_the_page_s_own_is_another_one() -> None:
    def story(title: str, tag: str = "h1") -> str:
        return f"<article><{tag}>{title}</{tag}><p>Body text of it.</p></article>"

    first = story("Ferry stays afloat")
    page = page_of(f"<title>Ferry stays afloat</title>{first}{story('Bridge opens')}")
    assert labels(page, [0.1, 0.9, 0.9, 0.9])[1:] == [
        (Label.PARAGRAPH, "model"),
        (Label.RELATED, "another story"),
        (Label.RELATED, "another story"),
    ]
    for posts in (story("Bridge opens", "h2"), story("Ferry stays afloat"), "<div><h1>Bridge opens</h1>Text</div>"):
        page = page_of(f"<title>Ferry stays afloat</title>{first}{posts}")
        assert labels(page, [0.1, 0.9, 0.9, 0.9])[-1][0] in KEPT


def test_a_pull_quote_repeats_the_body_and_a_quotation_does_not() -> None:
    said = "The ferry is the heart of this town and always will be"
    quotes = f"<blockquote>{said}</blockquote><blockquote>{said[::-1]}</blockquote>"
    page = page_of(f"<p>“{said},” the mayor said on Monday.</p>{quotes}")
    assert [name for name, _ in labels(page, [0.9] * 3)] == [Label.PARAGRAPH, Label.PROMO, Label.QUOTE]


def test_a_page_of_quotations_alone_comes_to_an_end() -> None:
    said = "The ferry is the heart of this town and always will be, said inhabitant"
    page = page_of("".join(f"<blockquote>{said} {number:06}</blockquote>" for number in range(50_000)))
    assert set(labels(page, [0.9] * 50_000)) == {(Label.QUOTE, "model")}


# ---- the same every time ---------------------------------------------------------------------------------------------

REPORT = """
import json, sys
from tasks.blocks import cut
from tasks.label import label
from tasks.page import Kind, Source
pages = [cut(Source(text, Kind(kind), "utf-8")) for kind, text in json.load(sys.stdin)]
print(json.dumps([[(b.text, b.label, b.reason, b.confidence) for b in label(page)] for page in pages]))
"""


def told_by_process(pages: list[tuple[str, str]], seed: str) -> object:
    environment = os.environ | {"PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", REPORT],
        input=json.dumps(pages),
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout)


def test_the_same_page_gets_the_same_labels_in_any_process() -> None:
    pages = [
        (kind, text) for script in SCRIPTS for kind, text in (("html", story_page(script)), ("dump", dump_text(script)))
    ]
    here = [
        [[b.text, b.label, b.reason, b.confidence] for b in label(page_of(text, Kind(kind)))] for kind, text in pages
    ]
    again = [
        [[b.text, b.label, b.reason, b.confidence] for b in label(page_of(text, Kind(kind)))] for kind, text in pages
    ]
    assert here == again
    assert told_by_process(pages, "0") == here
    assert told_by_process(pages[::-1], "4242") == here[::-1]


def test_several_sentences_right_below_the_body_are_its_next_paragraph() -> None:
    text = "The council met on Tuesday and voted for the bridge, as its chairwoman had said it would."
    for line, chance, is_body in (
        ("It opens on May 3. In rain, entry is free.", 0.37, True),
        ("It opens on May 3. In rain, entry is free.", 0.3, False),
        ("It opens on May 3, in rain or not.", 0.37, False),
        ("It opens on May 3. In rain, entry is", 0.37, False),
    ):
        found = labels(dump_of(text, line, "Menu"), [0.95, chance, 0.01])
        assert found[1] == ((Label.PARAGRAPH, "below the body") if is_body else (Label.NAVIGATION, "model"))
    assert labels(dump_of("Short.", "It opens. It is free."), [0.95, 0.37])[1] == (Label.NAVIGATION, "model")


def test_the_headline_stands_below_a_column_of_other_headlines() -> None:
    teaser = "Star of the morning show surprises her fans and all who know her with what she wears for breakfast on day"
    sentence = (
        "The council met on Tuesday and voted for the bridge, as its chairwoman had said in March that it surely would"
    )
    column, text = [f"{teaser} {day}" for day in range(30)], [f"{sentence} {number}." for number in range(5)]
    page = dump_of(*column, "Council voted for the bridge on Tuesday", *text)
    named = labels(page, [0.6] * 30 + [0.1] + [0.95] * 5)
    assert named[30] == (Label.TITLE, "headline")
    assert {name for name, _ in named[:30]} == {Label.RELATED}


def test_probabilities_do_not_depend_on_the_pages_before() -> None:
    one, two = page_of(story_page("latin")), page_of(story_page("arabic"))
    model, hits = load_model(), [()] * max(len(one.blocks), len(two.blocks))
    first = model.probabilities(one, hits[: len(one.blocks)])
    model.probabilities(two, hits[: len(two.blocks)])
    assert np.array_equal(first, model.probabilities(one, hits[: len(one.blocks)]))
    assert np.array_equal(first, np.round(first, 4).astype(np.float32))


def dump_text(script: str) -> str:
    return "\n".join(block.text for block in page_of(story_page(script)).blocks)
