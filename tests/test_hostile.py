"""Pages made to exhaust or break the program: each comes to an end within the page's limits, as article or reason."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from config.limits import Limits
from tasks.blocks import cut
from tasks.clean import clean_page
from tasks.page import Article, Kind, RawPage, Rejected, RejectReason, Source
from tasks.walk import MAX_BLOCKS
from tests.limits import lines_run, within

SENTENCE = "The harbour council voted on Tuesday to keep the old ferry running through the winter. "
STORY = f"<h1>The ferry stays</h1>{f'<p>{SENTENCE}{SENTENCE}</p>' * 6}"


def data(body: str, **fields: Any) -> str:
    found = {"@type": "NewsArticle", "headline": "The ferry stays", "articleBody": body} | fields
    return f'<script type="application/ld+json">{json.dumps(found)}</script>'


@pytest.fixture(autouse=True)
def page_limit() -> Iterator[None]:
    """What the flow does with a page over its time: here it fails the test."""

    with within(Limits().page_seconds * 3):
        yield


def clean(page: str) -> Article | Rejected:
    result = clean_page(RawPage("page", page.encode("utf-8", "surrogatepass")))
    assert isinstance(result, Article | Rejected)
    if isinstance(result, Article):
        for block in result.blocks:
            block.text.encode()
        assert len(result.blocks) <= MAX_BLOCKS * 2
        repr(result.metadata).encode()
    return result


DEEP = 100_000
MANY = 100_000
PAGES: dict[str, Callable[[], str]] = {
    "deep div": lambda: f"<body>{STORY}{'<div>' * DEEP}x",
    "deep div, text at every level": lambda: "<body>" + "<div>a " * DEEP + STORY,
    "deep b": lambda: f"<body><p>{'<b>' * DEEP}x",
    "deep in a cell": lambda: f"<body><table><tr><td>{'<i>' * DEEP}x</td><td>y</td></tr></table>",
    "deep tables": lambda: "<body>" + "<table><tr><td>a</td><td>" * (DEEP // 10),
    "deep lists": lambda: "<body>" + "<ul><li>a" * DEEP,
    "closing tags alone": lambda: "<body>" + "</div></p></b>" * DEEP + STORY,
    "misnested": lambda: "<body>" + "<b><p><i></b>a</p></i>" * (DEEP // 10),
    "paragraphs": lambda: f"<body><h1>The ferry stays</h1>{f'<p>{SENTENCE}</p>' * MANY}",
    "spans": lambda: f"<body><p>{'<span>a </span>' * MANY}",
    "links": lambda: f"<body><p>{'<a href=/>ab</a> ' * MANY}",
    "breaks": lambda: f"<body><p>{'a<br>' * MANY}",
    "double breaks": lambda: f"<body><p>{'a<br><br>' * MANY}",
    "breaks alone": lambda: f"<body><p>{'<br>' * MANY}",
    "rows": lambda: "<body><table>" + "<tr><td>a<td>b" * MANY,
    "cells of one row": lambda: "<body><table><tr>" + "<td>a" * MANY,
    "images": lambda: f"<body>{STORY}" + "<img src=a.png alt=b>" * MANY,
    "times": lambda: "<body>" + "<time datetime=2024-01-01>Monday</time><p>a" * (MANY // 4),
    "headings": lambda: f"<title>{SENTENCE}</title><body>" + f"<h1>{SENTENCE} more</h1>" * (MANY // 5),
    "quotes": lambda: f"<body>{STORY}" + "".join(f"<blockquote>{SENTENCE}{n}</blockquote>" for n in range(MANY // 5)),
    "the same line": lambda: f"<body>{STORY}" + "<p>Share this</p>" * MANY,
    "no white space": lambda: f"<body>{STORY}<p>{'x' * 2_000_000}</p>",
    "no white space, Thai": lambda: f"<body>{STORY}<p>{'กขคงฉช' * 200_000}</p>",
    "no white space, Han": lambda: f"<body>{STORY}<p>{'港町渡船' * 200_000}</p>",
    "white space alone": lambda: f"<body>{STORY}<p>{' ' * 2_000_000}</p>",
    "signs": lambda: f"<body>{STORY}<p>{'-—(.|' * 300_000}</p>",
    "one class of a megabyte": lambda: f"<body>{STORY}<p class='{'article-body ' * 80_000}'>x",
    "classes": lambda: f"<body>{STORY}" + "".join(f"<p class='a{n} share-{n}'>x" for n in range(MANY // 2)),
    "entities": lambda: f"<body>{STORY}<p>{'&amp;&#1;&#xD800;&bogus;' * MANY}",
    "noscripts": lambda: "<body>" + "<noscript><p>a</p></noscript>" * (MANY // 4),
    "nested noscripts": lambda: "<body>" + "<noscript><p>a" * 10_000,
    "a declared body of lines": lambda: data("word\n" * 500_000) + "<body><p>x",
    "a declared body without lines": lambda: (
        data("".join(chr(97 + n % 23) for n in range(1_500_000))) + f"<body>{STORY}"
    ),
    "a declared body and many blocks": lambda: data("ferry winter " * 100_000) + "<body>" + f"<p>{SENTENCE}x" * 20_000,
    "a declared headline of a megabyte": lambda: data(SENTENCE * 9, headline="x" * 1_000_000) + f"<body>{STORY}",
    "deep JSON": lambda: f'<script type="application/ld+json">{"[" * DEEP}</script><body>{STORY}',
    "dump of lines": lambda: SENTENCE + f"\n{SENTENCE}" * MANY,
    "dump of short lines": lambda: SENTENCE * 3 + "\nab" * MANY,
    "dump of blank lines": lambda: SENTENCE * 3 + "\n" * 1_000_000 + SENTENCE * 3,
    "dump of one line": lambda: "word" * 500_000,
    "dump of one letter": lambda: "a",
}


@pytest.mark.parametrize("name", PAGES)
def test_comes_to_an_end(name: str) -> None:
    clean(PAGES[name]())


@pytest.mark.parametrize("name", ["deep div", "no white space", "white space alone", "signs", "images", "entities"])
def test_the_story_beside_it_is_archived(name: str) -> None:
    found = clean(PAGES[name]())
    assert isinstance(found, Article), found
    assert SENTENCE.strip() in found.text


@pytest.mark.parametrize("name", ["paragraphs", "rows", "dump of lines"])
def test_a_page_whose_text_is_not_all_taken_is_rejected(name: str) -> None:
    found = clean(PAGES[name]())
    assert isinstance(found, Rejected)
    assert (found.reason, found.detail) == (RejectReason.TOO_LARGE, "50,000 blocks of text or more")


NESTS = {
    "<div>": "</div>",
    "<b>": "</b>",
    "<ul><li>": "</li></ul>",
    "<table><tr><td>": "</td></tr></table>",
    "<section><p>": "</p></section>",
    "<x-y>": "</x-y>",
    "<span class=a>": "</span>",
}


@pytest.mark.parametrize("is_closed", [True, False])
@pytest.mark.parametrize("tags", NESTS)
def test_no_text_is_lost_below_the_levels_that_the_parser_goes(tags: str, is_closed: bool) -> None:
    ends = NESTS[tags] * 3000 if is_closed else ""
    page = f"<body>{STORY}{tags * 3000}<p>{SENTENCE}Deep inside.</p>{ends}<p>{SENTENCE}Behind.</p>"
    found = cut(Source(page, Kind.HTML, "utf-8"))
    assert not isinstance(found, Rejected), found
    text = "\n".join(block.text for block in found.blocks)
    assert "Deep inside." in text
    assert "Behind." in text


def test_noscripts_cost_no_more_for_being_nested() -> None:
    def page(levels: int) -> Source:
        return Source(f"<body>{'<noscript>' * levels}{f'<p>{SENTENCE}</p>' * 500}", Kind.HTML, "utf-8")

    assert lines_run(lambda: cut(page(100))) < 1.5 * lines_run(lambda: cut(page(1)))


SURROGATES = ["\ud800", "\udfff", "\ud83d", "\ude00\ud83d"]


@pytest.mark.parametrize("half", SURROGATES)
def test_halves_of_surrogates_everywhere(half: str) -> None:
    text = f"{SENTENCE}{half}"
    body = data("\n\n".join(f"{text}{n}" for n in range(9)), author={"name": half}, image=f"http://x.org/{half}.png")
    clean(f"<title>The{half} ferry</title>{body}<body><p>{half}</p>")
    clean(f"<title>{half}</title><meta property=og:title content='{half}'><body>{STORY.replace('winter', half)}")
    clean(f"{text}\n" * 9)
    clean(data(text * 9, headline=half) + "<body><p>&#xD800; &#55357;&#56832;")


def test_halves_of_surrogates_in_a_source_that_was_not_decoded() -> None:
    for kind in Kind:
        page = cut(Source(f"<body>{STORY}<p>a\ud800b", kind, "utf-8"))
        assert not isinstance(page, Rejected)


PIECES = [
    *("<div>", "</div>", "<p>", "</p>", "<br>", "<table>", "<tr>", "<td>", "</td>", "</table>", "<span class=sr-only>"),
    *("</span>", "<a href=/>", "</a>", "<b>", "<noscript>", "</noscript>", "<time datetime=1>", "<img src=a>", "<h1>"),
    *("<script>", "</script>", "<source>", "<head>", "</head>", "<body>", "<frameset>", "<title>", "</title>", "<svg>"),
    *("<blockquote>", "&#0;", "\x1f", "\v", SENTENCE, SENTENCE * 5, "ข่าว", "港町", "خبر", " ", "\n"),
]


@settings(
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture], deadline=None, max_examples=200
)
@given(st.lists(st.sampled_from(PIECES), max_size=60))
def test_any_order_of_tags(parts: list[str]) -> None:
    clean("<html>" + "".join(parts))
