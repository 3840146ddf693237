"""What a publisher's rules make of a page: labels with their reason, fields, and nothing where there are none."""

import tomllib
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from tasks.blocks import cut
from tasks.clean import clean_page
from tasks.page import Article, Kind, Label, LabelledBlock, Page, RawPage, Rejected, RejectReason, Source
from tasks.publisher_file import MOST_ENTRIES
from tasks.publishers import NO_PUBLISHERS, OnePublisher, Publishers
from tasks.selectors import DEEPEST, MOST_SIBLINGS, compile_selector, is_selectable

PAGES = sorted((Path(__file__).parent / "pages").glob("*/source.*"))
STORY = " ".join(
    tomllib.loads((Path(__file__).parent / "encodings" / "languages.toml").read_text("utf-8"))["en"]["text"].split()
)
HTML = f"""<!DOCTYPE html><html lang="en"><head><title>Ferry sold | Site</title></head><body>
<nav><a href="/">Home</a> <a href="/n">News</a></nav>
<main><p class="over">Harbour</p><h1>Ferry sold</h1><p class="intro">
The council sells its boat after all these years.</p>
<div class="who">By <span class="name">Ann Lee</span>, reporter | <span class="when">3 March 2024, 10:30</span></div>
<div class="story"><p>{STORY}</p><p class="small">Short.</p>
<figure><img src="a.jpg"><figcaption>A boat (Photo: Bo Nord)</figcaption></figure>
<p>Read also: Boats of the year</p><p>{STORY[::-1]}</p><p>Sign up for our newsletter</p></div>
<div class="more"><p>{STORY.upper()}</p><span class="name">Other Name</span></div></main>
<footer>© 2024 Site. All rights reserved.</footer></body></html>"""


def clean(rules: str, page: str = HTML, url: str | None = "https://www.example.org/a") -> Article:
    result = clean_raw(rules, page, url)
    assert isinstance(result, Article), result
    return result


def clean_raw(rules: str, page: str, url: str | None = "https://www.example.org/a") -> Article | Rejected:
    return clean_page(RawPage("page", page.encode(), url), publishers=Publishers({"example.org.toml": rules.encode()}))


def block(article: Article, begin: str) -> LabelledBlock:
    return next(found for found in article.blocks if found.text.startswith(begin))


def verdict(article: Article, begin: str) -> tuple[Label, str]:
    found = block(article, begin)
    return found.label, found.reason


def page_of(rules: str, markup: str, kind: Kind = Kind.HTML) -> Page:
    page = cut(Source(markup, kind, "utf-8"), OnePublisher("example.org.toml", rules.encode()))
    assert isinstance(page, Page)
    return page


def test_remove_is_a_label_and_deletes_nothing() -> None:
    plain = clean("")
    article = clean("remove = ['.story > p:first-child', {selector = '.small', label = 'promo'}]")
    assert verdict(article, STORY[:20]) == (Label.NAVIGATION, "example.org.remove.1")
    assert verdict(article, "Short") == (Label.PROMO, "example.org.remove.2")
    assert [found.text for found in article.blocks] == [found.text for found in plain.blocks]
    assert STORY in plain.text
    assert STORY not in article.text


def test_remove_without_a_label_leaves_a_name_that_fits() -> None:
    assert clean("remove = ['footer']").blocks[-1].label is Label.LEGAL
    assert clean("remove = ['footer']").blocks[-1].reason == "example.org.remove.1"


def test_a_phrase_names_blocks_by_their_words() -> None:
    article = clean("remove = [{phrase = '(?i)^READ also:', label = 'related'}]")
    assert verdict(article, "Read also") == (Label.RELATED, "example.org.remove.1")


def test_body_is_kept_and_all_outside_is_not() -> None:
    article = clean("body = ['.story']")
    assert verdict(article, "Short.") == (Label.PARAGRAPH, "example.org.body.1")
    assert verdict(article, STORY.upper()[:20]) == (Label.NAVIGATION, "example.org.body.1")
    assert all(found.reason == "example.org.body.1" for found in article.blocks if found.kept)


def test_in_a_body_box_what_has_a_name_of_its_own_keeps_it() -> None:
    article = clean("body = ['.story']")
    assert block(article, "A boat").label is Label.CAPTION
    assert block(article, "Sign up").label is Label.PROMO


def test_what_a_body_entry_names_itself_stands_in_any_case() -> None:
    assert block(clean("body = ['.story > p']"), "Sign up").label is Label.PARAGRAPH
    article = clean("body = ['.story', {phrase = '^Sign up'}]")
    assert verdict(article, "Sign up") == (Label.PARAGRAPH, "example.org.body.2")


def test_a_body_selector_that_names_nothing_decides_nothing() -> None:
    assert clean("body = ['.old-layout']") == clean("")


def test_remove_is_stronger_than_body_and_fields() -> None:
    article = clean("body = ['.story']\nremove = ['.small', '.more']\nbyline = ['.name']")
    assert block(article, "Short.").reason == "example.org.remove.1"
    assert article.metadata.authors == ("Ann Lee",)
    assert block(article, "Other Name").reason == "example.org.remove.2"


def test_fields_are_what_their_entries_name() -> None:
    article = clean("title = ['.over']\ndeck = ['.small']\nbyline = ['.more .name']\ndate = ['.when']")
    found = article.metadata
    assert (found.title, found.deck, found.authors) == ("Harbour", "Short.", ("Other Name",))
    assert found.published_at == datetime(2024, 3, 3, 10, 30, tzinfo=UTC)
    assert verdict(article, "Harbour") == (Label.TITLE, "example.org.title.1")
    assert verdict(article, "Short.") == (Label.DECK, "example.org.deck.1")
    assert verdict(article, "3 March") == (Label.TIMESTAMP, "example.org.date.1")


def test_a_byline_is_read_for_its_names() -> None:
    assert clean("byline = ['.who']").metadata.authors == ("Ann Lee",)


def test_the_group_of_a_phrase_is_the_value() -> None:
    rules = "title = [{phrase = '^Read also: (.+)'}]\nbyline = [{phrase = '^By ([A-Z]\\w+ \\w+)'}]"
    found = clean(rules).metadata
    assert (found.title, found.authors) == ("Boats of the year", ("Ann Lee",))


def test_a_title_of_several_blocks_is_one() -> None:
    page = HTML.replace("<h1>Ferry sold</h1>", "<h1><div>Ferry</div><div>sold off</div></h1>")
    assert clean("title = ['h1']", page).metadata.title == "Ferry sold off"


@pytest.mark.parametrize(
    ("written", "zone", "published", "named"),
    [
        ("2024-07-03T10:30:00", "Europe/Berlin", "2024-07-03T08:30:00+00:00", "Europe/Berlin"),
        ("2024-01-03T10:30:00", "Europe/Berlin", "2024-01-03T09:30:00+00:00", "Europe/Berlin"),
        ("2024-01-03T10:30:00-05:00", "Europe/Berlin", "2024-01-03T15:30:00+00:00", "-05:00"),
        ("2024-01-03T10:30:00Z", "Europe/Berlin", "2024-01-03T10:30:00+00:00", "UTC"),
        ("2024-01-03", "Asia/Tokyo", "2024-01-03T00:00:00+00:00", None),
        ("2024-01-03T04:00:00", "Asia/Tokyo", "2024-01-02T19:00:00+00:00", "Asia/Tokyo"),
    ],
)
def test_the_zone_serves_where_the_page_names_none(written: str, zone: str, published: str, named: str | None) -> None:
    page = HTML.replace("<title>", f'<meta property="article:published_time" content="{written}"><title>')
    page = page.replace("3 March 2024, 10:30", "")
    found = clean(f"zone = '{zone}'", page).metadata
    assert (found.published_at, found.published_zone) == (datetime.fromisoformat(published), named)


def test_the_zone_keeps_what_was_changed_later() -> None:
    head = (
        '<meta property="article:published_time" content="2024-03-03T10:00:00">'
        '<meta property="article:modified_time" content="2024-03-03T09:05:00Z"><title>'
    )
    page = HTML.replace("<title>", head).replace("3 March 2024, 10:30", "")
    assert clean("", page).metadata.modified_at is None
    assert clean("zone = 'Europe/Berlin'", page).metadata.modified_at == datetime(2024, 3, 3, 9, 5, tzinfo=UTC)


def test_a_date_entry_goes_before_what_the_page_declares() -> None:
    page = HTML.replace("<title>", '<meta property="article:published_time" content="2024-03-03T20:00:00Z"><title>')
    rules = "date = ['.when']\nzone = 'Europe/Berlin'"
    assert clean(rules, page).metadata.published_at == datetime(2024, 3, 3, 9, 30, tzinfo=UTC)
    unread = clean("date = ['h1']", page).metadata
    assert unread.published_at == datetime(2024, 3, 3, 20, tzinfo=UTC)


def test_the_language_is_the_rule_s() -> None:
    assert clean("language = 'sv'").metadata.language == "sv"


def test_other_publishers_pages_are_not_touched() -> None:
    rules = "remove = ['*']"
    canonical = HTML.replace("<title>", '<link rel="canonical" href="https://example.org/a"><title>')
    assert clean(rules, canonical, "https://copies.net/a").blocks == clean("", HTML, "https://copies.net/a").blocks
    result = clean_raw(rules, canonical, None)
    assert isinstance(result, Rejected)


def test_dumps_know_phrases_alone() -> None:
    dump = "\n\n".join(["Home", "Ferry sold", "Text: Ann Lee", STORY, "More from Site:", STORY[::-1]])
    rules = (
        "title = [{phrase = '^Ferry sold$'}]\nbyline = [{phrase = '^Text: (.+)'}]\nbody = ['p', {phrase = '^Home$'}]\n"
        "remove = [{phrase = '^More from', label = 'related'}]\nlanguage = 'en'"
    )
    article = clean(rules, dump)
    assert (article.metadata.title, article.metadata.authors) == ("Ferry sold", ("Ann Lee",))
    assert verdict(article, "More from") == (Label.RELATED, "example.org.remove.1")
    assert verdict(article, "Home") == (Label.PARAGRAPH, "example.org.body.2")
    assert STORY in article.text


def test_an_inline_element_that_is_named_is_a_block_of_its_own() -> None:
    page = page_of("remove = ['a.ad']", "<p>One <b>two <a class=ad href=x>three</a> four</b> five<br>six</p>")
    assert [(found.text, found.tag) for found in page.blocks] == [
        ("One two", "p"), ("three", "a"), ("four five\nsix", "p"),
    ]  # fmt: skip
    assert [found.link_chars for found in page.blocks] == [0, 5, 0]
    assert set(page.ruled.rows) == {1}


def test_a_named_time_keeps_its_moment() -> None:
    page = page_of("date = ['time']", '<p>On <time datetime="2024-03-03T10:00Z">Sunday</time> it rained</p>')
    assert [found.datetime for found in page.blocks] == [None, "2024-03-03T10:00Z", None]


def test_cells_of_a_plain_table_are_not_apart() -> None:
    page = page_of("remove = ['td b', 'table']", "<table><tr><td>One</td><td><b>two</b> three</td></tr></table>")
    assert [found.text for found in page.blocks] == ["One | two three"]
    assert dict(page.ruled.hits) == {"example.org.remove.2": 1}


def test_hits_are_the_blocks_that_each_entry_names() -> None:
    page = page_of("remove = ['div', 'p', 'i', {phrase = 'b'}]", "<div>a<p>b</p></div><p>c</p>")
    assert dict(page.ruled.hits) == {"example.org.remove.1": 2, "example.org.remove.2": 2, "example.org.remove.4": 1}


@pytest.mark.parametrize("source", PAGES, ids=lambda path: path.parent.name)
def test_without_rules_for_its_publisher_a_page_is_the_same(source: Path) -> None:
    raw = RawPage(source.name, source.read_bytes())
    others = Publishers({"somebody.example.toml": b"remove = ['*']\nzone = 'Asia/Tokyo'\nlanguage = 'ja'"})
    assert clean_page(raw, publishers=others) == clean_page(raw, publishers=NO_PUBLISHERS) == clean_page(raw)


SELECTORS = ["*", "p", "div", "span", "a", "div p", "div > p", "p ~ p", "p + p", ":not(p)", "p:first-child", "tr", "b"]
PIECES = "<p> </p> <div> </div> <span> </span> <b> </b> <a> </a> <table> <tr> <td> </td> </tr> </table> <br> one two"
MARKUP = st.lists(st.sampled_from(PIECES.split()), max_size=30).map(" ".join)


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(
    MARKUP, st.lists(st.sampled_from(SELECTORS), min_size=1, max_size=4), st.sampled_from(["remove", "body", "byline"])
)
def test_rules_lose_and_add_no_word(markup: str, selectors: list[str], key: str) -> None:
    def words(blocks: Iterable[object]) -> list[str]:
        return " ".join(getattr(found, "text", "") for found in blocks).replace("|", " ").split()

    page = page_of(f"{key} = {selectors}", f"<body>x {markup}")
    assert words(page.blocks) == words(page_of("", f"<body>x {markup}").blocks)
    assert set(page.ruled.rows) <= set(range(len(page.blocks)))


@given(MARKUP, st.sampled_from(SELECTORS))
def test_selectors_find_what_lxml_finds(markup: str, css: str) -> None:
    from lxml.cssselect import CSSSelector

    root = etree.HTML(f"<body>{markup}")
    assert compile_selector(css)(root) == CSSSelector(css, translator="html")(root)


def test_a_rule_that_removes_all_is_an_accounted_page() -> None:
    result = clean_raw("remove = ['*']", HTML)
    assert isinstance(result, Rejected)
    assert result.reason is RejectReason.NO_ARTICLE


def test_as_many_entries_as_a_file_may_have() -> None:
    page = page_of(f"remove = {['*'] * (MOST_ENTRIES - 1)}\nbody = [{{phrase = '.'}}]", HTML)
    assert len(page.ruled.hits) == MOST_ENTRIES
    assert {ruling.rule for ruling in page.ruled.rows.values()} == {"example.org.remove.1"}


def test_a_rule_that_names_all_as_body() -> None:
    assert "All rights reserved" in clean("body = ['*']").text


HOSTILE = {
    "deep": "<div>" * 1_500 + "<p>x</p>" * 100,
    "wide": "<div>" + "<p>x</p>" * 20_000 + "</div>",
    "both": ("<div>" + "<p>x</p>" * 100) * 60,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_trees_end(name: str) -> None:
    rules = "remove = ['div p', 'div div p', 'p ~ p', 'p + p', 'p:nth-last-child(3)', 'main div p', 'p:not(div p)']"
    assert page_of(rules, HOSTILE[name]).blocks


def test_a_tree_that_is_larger_than_any_real_one_is_not_selected_from() -> None:
    for markup in ("<div>" * (DEEPEST + 1), "<p></p>" * (MOST_SIBLINGS + 1)):
        assert not is_selectable(etree.HTML(f"<body>{markup}x"))
    assert is_selectable(etree.HTML("<body>" + "<div>" * 100 + "<p></p>" * 100))
    page = page_of("remove = ['p', {phrase = 'x'}]", "<p>x</p>" * (MOST_SIBLINGS + 1))
    assert dict(page.ruled.hits) == {"example.org.remove.2": MOST_SIBLINGS + 1}


def test_a_phrase_that_backtracks_elsewhere_is_linear() -> None:
    page = page_of("remove = [{phrase = '^(a+)+$'}, {phrase = '(.*)*b'}]", f"<p>{'a' * 100_000}!</p>")
    assert not page.ruled.rows
