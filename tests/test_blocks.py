"""Cutting: nothing visible is lost, nothing unseen gets in, blocks and containers stand in reading order."""

import html
import json
import unicodedata
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tasks.blocks import cut
from tasks.page import Block, Kind, Page, Rejected, RejectReason, Source
from tasks.walk import CELL, MAX_BLOCKS, UNSEEN

VOICES = {
    "latin": "Der Rat beschloss am Dienstag, die Fähre über den Winter zu behalten; «ça suffit», sagte die Rätin.",
    "cjk": "港湾評議会は火曜日、冬の間も古い渡し船を残すことを決めた。船は毎日赤字を出している。",
    "arabic": "قرر مجلس الميناء يوم الثلاثاء الإبقاء على العبّارة القديمة طوال فصل الشتاء.",
    "thai": "สภาท่าเรือลงมติเมื่อวันอังคารให้เดินเรือข้ามฟากลำเก่าต่อไปตลอดฤดูหนาว",
    "hindi": "बंदरगाह परिषद ने मंगलवार को पुरानी नौका को पूरी सर्दी चलाने का निर्णय लिया।",
}


def page_of(markup: str, kind: Kind = Kind.HTML) -> Page:
    result = cut(Source(markup, kind, "utf-8"))
    assert isinstance(result, Page), result
    return result


def texts(markup: str) -> list[str]:
    return [block.text for block in page_of(markup).blocks]


def only(markup: str) -> Block:
    (block,) = page_of(markup).blocks
    return block


def letters(text: str) -> str:
    """The text's letters, digits and vowel signs: what neither folding nor a cell's bar touches."""
    return "".join(char for char in text if char.isalnum() or unicodedata.category(char)[0] == "M")


# ---- what must always hold -------------------------------------------------------------------------------------------

# A tree as (tag, children); a child is a text or a tree.
INLINE_TAGS = ["a", "b", "em", "span", "small", "time", "sup", "font"]
BLOCK_TAGS = [
    "div",
    "p",
    "section",
    "h2",
    "ul",
    "li",
    "blockquote",
    "figure",
    "figcaption",
    "x-story",
    "td",
    "tr",
    "table",
]
HIDING = [
    "script",
    "style",
    "svg",
    "template",
    "select",
    "iframe",
    "span class=sr-only",
    "span class='x visually-hidden'",
]
words = st.text("abcßçÉжщ漢字가مرحباสวัสดีกำनमस्ते09 \n.,–&<>\u00a0\u2028", min_size=1, max_size=12)
seen = st.deferred(
    lambda: st.one_of(words, words, st.just(("br", [])), st.tuples(st.sampled_from(INLINE_TAGS + BLOCK_TAGS), children))
)
hidden = st.tuples(st.sampled_from(HIDING), st.lists(st.text("xyz", min_size=1, max_size=5), max_size=1))
children = st.lists(st.one_of(seen, seen, seen, hidden), max_size=5)


def markup(node: object) -> str:
    if isinstance(node, str):
        return html.escape(node)
    assert isinstance(node, tuple)
    tag, inner = node
    if tag == "br":
        return "<br>"
    return f"<{tag}>{''.join(map(markup, inner))}</{tag.split()[0]}>"


def visible(node: object) -> Iterator[str]:
    if isinstance(node, str):
        yield node
    elif isinstance(node, tuple) and node[0] not in HIDING:
        for child in node[1]:
            yield from visible(child)


@settings(deadline=None, max_examples=400, suppress_health_check=[HealthCheck.too_slow])
@given(children)
def test_no_visible_letter_is_lost_or_moved_and_no_other_gets_in(nodes: list[object]) -> None:
    page = page_of(f"<html><body><div>start</div>{''.join(map(markup, nodes))}</body></html>")
    wanted = "start" + "".join(text for node in nodes for text in visible(node))
    assert letters("".join(block.text for block in page.blocks)) == letters(wanted)


@settings(deadline=None, max_examples=200, suppress_health_check=[HealthCheck.too_slow])
@given(children)
def test_containers_are_in_document_order_and_blocks_point_to_theirs(nodes: list[object]) -> None:
    page = page_of(f"<html><body>start{''.join(map(markup, nodes))}</body></html>")
    open_now: list[int] = []  # the containers around the last one: document order is a walk that only pops and pushes
    for index, container in enumerate(page.containers):
        assert container.parent < index
        while open_now and open_now[-1] != container.parent:
            open_now.pop()
        assert open_now or container.parent == -1
        assert container.depth == len(open_now)
        open_now.append(index)
    assert [container.parent for container in page.containers].count(-1) == 1
    for block in page.blocks:
        assert page.containers[block.container].tag == block.tag
        assert block.text == block.text.strip() != ""
        assert 0 <= block.link_chars <= len(block.text)
        assert 0 <= block.strong_chars <= len(block.text)


@settings(deadline=None, max_examples=200)
@given(st.text("abc漢م \t\n\u00a0\u3000.|<>", max_size=200))
def test_a_dump_loses_no_letter_and_counts_its_blank_lines(text: str) -> None:
    page = page_of(text, Kind.DUMP)
    assert "".join("".join(block.text.split()) for block in page.blocks) == "".join(text.split())
    lines = text.split("\n")
    after = next((n for n, line in enumerate(reversed(lines)) if line.strip()), len(lines))
    assert sum(1 + block.gap for block in page.blocks) + after == len(lines)


@pytest.mark.parametrize("voice", VOICES)
def test_the_same_cut_in_every_script(voice: str) -> None:
    text = VOICES[voice]
    page = page_of(
        f"<article><h1>{text[:20]}</h1><p>{text}<p>{text} <a href=/>{text}</a></article><footer>{text}</footer>"
    )
    assert [block.tag for block in page.blocks] == ["h1", "p", "p", "footer"]
    assert [block.text for block in page.blocks] == [text[:20].strip(), text, f"{text} {text}", text]
    assert page.blocks[2].link_chars == len(text)


# ---- where a block ends ----------------------------------------------------------------------------------------------


def test_one_br_is_a_new_line_and_two_end_the_block() -> None:
    assert texts("<p>a<br>b</p>") == ["a\nb"]
    assert texts("<p>a<br><br>b</p>") == ["a", "b"]
    assert texts("<p>a<br/> \n\t <br />b</p>") == ["a", "b"]
    assert texts(f"<p>a<br>{' ' * 500}<br>b</p>") == ["a", "b"]
    assert texts("<p>a<br><b><br>b</b>c</p>") == ["a", "bc"]
    assert texts("<p><br>a<br></p><br>b") == ["a", "b"]
    assert texts("<div>a<br>b<br><br><br>c</div>") == ["a\nb", "c"]


def test_white_space_folds_but_words_stay_apart() -> None:
    assert texts("<p> a\n b\u00a0<b> c</b>d </p>") == ["a b cd"]
    assert texts("<p><span>one</span> <span>two</span><span>three</span></p>") == ["one twothree"]


def test_text_between_blocks_belongs_to_the_element_around_it() -> None:
    page = page_of("<div class=Story>before<p>in</p>after</div>")
    assert [(block.text, block.tag, block.words) for block in page.blocks] == [
        ("before", "div", "story"),
        ("in", "p", ""),
        ("after", "div", "story"),
    ]
    assert page.blocks[0].container == page.blocks[2].container


def test_a_row_of_data_is_one_block_and_a_row_of_layout_is_not() -> None:
    data = "<table><tr><th>Port</th><th>Boats</th></tr><tr><td>Hull</td><td><b>12</b></td></tr></table>"
    assert texts(data) == [f"Port{CELL}Boats", f"Hull{CELL}12"]
    assert {block.tag for block in page_of(data).blocks} == {"tr"}
    layout = "<table><tr><td><ul><li>Home</li><li>Sport</li></ul></td><td><p>One.</p><p>Two.</p></td></tr></table>"
    assert texts(layout) == ["Home", "Sport", "One.", "Two."]
    assert texts("<table><tr><td>alone</td></tr></table>") == ["alone"]


def test_what_stands_in_the_cells_of_a_row_is_read_like_all_else() -> None:
    row = (
        "<table><tr>x<td>a<br>b</td><td></td>stray<td><span>c<script>evil()</script><i>d</i></span>"
        "<span class=sr-only>ears</span></td><td><p>e</p></td><td><a><b>link</b><img src=i.png></a></td></tr></table>"
        "after"
    )
    page = page_of(row)
    assert [block.text for block in page.blocks] == [CELL.join(("x", "a b", "stray", "cd", "e", "link")), "after"]
    assert page.blocks[0].link_chars == len("link")
    assert [(picture.url, picture.before) for picture in page.pictures] == [("i.png", 1)]
    assert texts("<table><tr><td><span><div>one</div><div>two</div></span></td><td>3</td></tr></table>") == [
        "one two | 3"
    ]


def test_a_table_in_a_layout_cell_keeps_its_rows() -> None:
    inner = "<table><tr><td>a<td>b<tr><td>c<td>d</table>"
    assert texts(f"<table><tr><td>{inner}</td><td>side</td></tr></table>") == ["a | b", "c | d", "side"]


# ---- what is seen ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("tag", sorted(UNSEEN - {"frameset", "frame", "col", "colgroup", "noframes"}))
def test_unseen_elements_leave_nothing_but_what_follows_them(tag: str) -> None:
    void = tag in ("meta", "link", "base", "param", "area")
    assert texts(f"<p>a</p><{tag}>{'' if void else f'hidden</{tag}>'} b") == ["a", "b"]


def test_a_page_without_the_tags_that_may_be_left_out() -> None:
    head = "<!DOCTYPE html><meta charset=utf-8><title>T</title><script>x()</script><style>y</style>"
    assert texts(f"{head}<main>a<p>b</main><footer>c</footer>") == ["a", "b", "c"]
    assert texts(f"{head}<nav>a</nav><h1>b</h1><p>c") == ["a", "b", "c"]
    assert texts(f"<html><head>{head}<noscript>n</noscript></head><body>a") == ["a"]


def test_void_elements_swallow_nothing() -> None:
    for tag in ("embed", "source", "track", "wbr", "param", "input", "hr", "keygen"):
        page = page_of(f"<div>a <{tag} src=x> b<img src=i.png><p>c</p></div><p>d</p>")
        assert "".join(block.text for block in page.blocks).replace(" ", "") == "abcd"
        assert [picture.url for picture in page.pictures] == ["i.png"]
    page = page_of("<picture><source srcset=a.webp><source srcset=b.webp><img src=c.jpg></picture>d")
    assert [picture.url for picture in page.pictures] == ["c.jpg"]
    assert [block.text for block in page.blocks] == ["d"]


def test_words_for_screen_readers_are_dropped() -> None:
    for name in ("sr-only", "icon screen-reader-text", "u-visually-hidden"):
        assert texts(f"<p>Read <a>this<span class='{name}'> opens in a new window</span></a> now</p>") == [
            "Read this now"
        ]
    assert texts("<p>Read <span class=shown>all</span></p>") == ["Read all"]
    clipped = "border:0;clip:rect(0 0 0 0);position:absolute"
    assert texts(f"<p>The <a>report<span style='{clipped}'>, opens new tab</span></a> says</p>") == ["The report says"]
    for words in (" (öffnet im neuen Fenster) ", ", opens in a new window", "(nouvelle fenêtre)"):
        assert texts(f"<p>Read <a>this<span class=x>{words}</span></a> now</p>") == ["Read this now"]
    assert texts("<p>It <span>opens in a new window of time</span></p>") == ["It opens in a new window of time"]


def test_noscript_is_read_where_it_holds_the_article() -> None:
    story = f"<p>{VOICES['latin'] * 6}</p>"
    assert texts("<body><p>a</p><noscript><p>Please enable scripts.</p></noscript>b") == ["a", "b"]
    assert texts(f"<body><p>a</p><noscript>{story}</noscript>b") == ["a", VOICES["latin"] * 6, "b"]
    notice = "<noscript><p>Please enable scripts.</p></noscript>"
    assert texts(f"<body><noscript>{notice}{story}</noscript>b") == [VOICES["latin"] * 6, "b"]
    assert texts(f"<body><noscript><noscript>{story}</noscript></noscript>b") == [VOICES["latin"] * 6, "b"]


def test_links_strong_and_times() -> None:
    block = only("<p><a>ab</a> cd <b>e<i>f</i></b> <time datetime=2024-05-01>May</time><time datetime=x>y</time></p>")
    assert (block.text, block.link_chars, block.strong_chars, block.datetime) == ("ab cd ef Mayy", 2, 2, "2024-05-01")
    first, second = page_of("<p><a>ab<p>cd</a>").blocks
    assert first.datetime is None
    assert second.datetime is None


def test_pictures_know_the_block_after_them() -> None:
    page = page_of(
        "<h1>a</h1><img data-src='b.jpg 1x, c.jpg 2x' alt=' A  ferry '>"
        "<p>d <img src=data:x srcset='e.png 2x'> f<img src=' '>"
    )
    assert [(picture.url, picture.alt, picture.before) for picture in page.pictures] == [
        ("b.jpg", "A ferry", 1),
        ("e.png", "", 2),
        ("", "", 2),
    ]


def test_the_purpose_of_an_element() -> None:
    block = only("<p class='Lead  Intro' ID=x role=note data-testid=T hidden style='display: none' title=t>a")
    assert set(block.words.split()) == {"lead", "intro", "x", "note", "t", "hidden"}


def test_control_characters_written_as_references_are_dropped() -> None:
    assert texts("<p>a&#1; &#127;b</p><p>&#1; &#2;</p>") == ["a b"]
    assert texts("<p>it&#146;s &#xD800; 1</p>") == ["it’s \ufffd 1"]


# ---- the declared body -----------------------------------------------------------------------------------------------


def with_data(body: str, shown: str = "<p>Loading…</p>") -> str:
    data = json.dumps({"@type": "NewsArticle", "headline": "Ferry", "articleBody": body})
    return f"<html><head><script type=application/ld+json>{data}</script></head><body>{shown}</body></html>"


@pytest.mark.parametrize("voice", VOICES)
def test_a_body_that_stands_in_the_data_alone_is_added(voice: str) -> None:
    paragraphs = [f"{number}. {VOICES[voice]}" for number in range(12)]
    page = page_of(with_data("\n\n".join(paragraphs)))
    assert [block.text for block in page.blocks] == ["Loading…", *paragraphs]
    added = page.containers[page.blocks[-1].container]
    assert (added.tag, added.words, added.parent) == ("script", "articlebody", 0)


def test_a_body_that_is_shown_is_not_added_again() -> None:
    paragraphs = [f"{number}. {VOICES['latin']}" for number in range(8)]
    shown = "".join(f"<p>{text}</p>" for text in paragraphs)
    assert texts(with_data("\n\n".join(paragraphs), shown)) == paragraphs
    assert texts(with_data(" ".join(paragraphs), shown)) == paragraphs
    assert texts(with_data("Too short to count.")) == ["Loading…"]


def test_a_page_of_data_without_any_markup() -> None:
    page = page_of(with_data(VOICES["latin"] * 10, ""))
    assert [block.text for block in page.blocks] == [VOICES["latin"] * 10]
    assert page.containers[0].parent == -1


def test_halves_of_surrogates_in_data_become_replacement_characters() -> None:
    page = page_of(with_data(f"{VOICES['latin'] * 6}\ud83d and \U0001f600\nx\ud800\x00\x01"))
    assert [block.text[-5:] for block in page.blocks[1:]] == ["and \U0001f600", "x\ufffd"]
    assert "\ufffd and" in page.blocks[1].text


# ---- bounds ----------------------------------------------------------------------------------------------------------


def test_blocks_are_bounded_from_every_source() -> None:
    assert len(page_of("<p>a" * (MAX_BLOCKS + 10)).blocks) == MAX_BLOCKS
    assert len(page_of("a\n" * (MAX_BLOCKS + 10), Kind.DUMP).blocks) == MAX_BLOCKS
    assert len(page_of(with_data("word\n" * (MAX_BLOCKS * 3))).blocks) <= MAX_BLOCKS + 1


def test_what_is_no_tree() -> None:
    result = cut(Source("<!-- nothing -->", Kind.HTML, "utf-8"))
    assert isinstance(result, Page | Rejected)
    if isinstance(result, Rejected):
        assert result.reason is RejectReason.UNPARSABLE
    assert not page_of("<html></html>").blocks
    assert not page_of(" \n\u3000\n", Kind.DUMP).blocks


def test_a_picture_in_a_line_does_not_end_its_paragraph() -> None:
    page = page_of("<p>The ferry <picture><source srcset='a.webp'><img src='a.png' alt='icon'></picture> sails on.</p>")
    assert [block.text for block in page.blocks] == ["The ferry sails on."]
    assert [picture.url for picture in page.pictures] == ["a.png"]
