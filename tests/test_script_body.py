"""Bodies that stand in a script's data alone."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.clean import clean_page
from tasks.page import Article, RawPage
from tasks.script_body import script_body
from tests.stories import paragraphs, title

TITLE, TEXTS = title("latin"), paragraphs("latin")
MARKUP = "".join(f"<p>{text}</p>" for text in TEXTS)
OTHERS = [{"title": "Another story", "body": f"<p>{'Something else happened in another town. ' * 80}</p>"}]
STATE = {"post": {"title": TITLE, "content": MARKUP, "teaser": "A short teaser of it."}, "more": OTHERS}
ELEMENTS = {
    "headline": TITLE,
    "elements": [
        {"type": "text", "content": TEXTS[0]},
        {"type": "image", "caption": "A caption of a picture that is rather long, as captions are at times."},
        *({"type": "text", "content": f"<b>{text}</b>"} for text in TEXTS[1:]),
    ],
}
CONSENT = "We value your privacy and use cookies to make this site work as you expect it to."


@pytest.mark.parametrize("state", [STATE, ELEMENTS, {"props": {"pageProps": {"article": STATE}}}])
@pytest.mark.parametrize(
    "script",
    [
        "{0}",
        "window.__STATE__ = {0};\nrun();",
        "var a = {{b: 1}}; self.push([1, {0}]);",
        "window.s = JSON.parse({1});",
        "f({0})",
    ],
)
def test_a_body_in_a_script(state, script):
    data = json.dumps(state)
    assert script_body([script.format(data, json.dumps(data))], [TITLE]) == "\n".join(TEXTS)


def test_the_page_becomes_its_article():
    head = f"<html lang=de><title>{TITLE}</title><meta property=og:title content='{TITLE}'>"
    script = f"<script>window.__STATE__ = {json.dumps(STATE)};</script>"
    page = f"{head}<body><nav><a>Home</a><a>Sport</a></nav><div id=root></div><p>{CONSENT}</p>{script}"
    found = clean_page(RawPage("page.html", page.encode()))
    assert isinstance(found, Article)
    assert found.text == "\n\n".join(TEXTS)
    assert found.metadata.title == TITLE


def test_a_body_that_is_shown_is_not_added():
    script = f"<script>window.__STATE__ = {json.dumps(STATE)};</script>"
    plain, data = (
        clean_page(RawPage("page.html", f"<html lang=de><title>{TITLE}</title><h1>{TITLE}</h1>{MARKUP}{more}".encode()))
        for more in ("", script)
    )
    assert plain.text == data.text == "\n\n".join(TEXTS)
    assert [block.text for block in plain.blocks] == [block.text for block in data.blocks]


@pytest.mark.parametrize(
    "script",
    [
        "",
        "var x = 1;" * 100,
        json.dumps({"words": "word " * 500}),
        json.dumps({"text": "One sentence of a page's data. And another."}),
        "[" * 100_000,
        '{"a":' * 100_000,
        "x = " + json.dumps({"body": "x" * 1000}),
        json.dumps({"a": [["The mayor said."] * 3]}) * 50,
    ],
)
def test_no_body(script):
    assert script_body([script], [TITLE]) is None


values = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=200) | st.just("The ferry sails. " * 30),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
)


@given(values, st.text(max_size=20))
def test_any_data(value, headline):
    found = script_body([f"window.x = {json.dumps(value)};"], [headline])
    assert found is None or len(found.encode()) >= 400
