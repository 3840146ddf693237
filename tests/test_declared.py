"""What pages declare of themselves: JSON-LD in its many shapes, meta tags, microdata."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import html

from tasks.declared import declared
from tasks.linked_data import loose_json
from tasks.page import Declared, Image


def read(head: str, body: str = "<p>Text</p>", url: str | None = None, lang: str = "") -> Declared:
    page = f"<html lang='{lang}'><head>{head}</head><body>{body}</body></html>"
    return declared(html.document_fromstring(page), url)


def ld(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value)
    return f'<script type="application/ld+json">{text}</script>'


ARTICLE = {
    "@context": "https://schema.org",
    "@type": "NewsArticle",
    "headline": "Der Fluss steigt weiter",
    "author": [{"@type": "Person", "name": "Jana Thom"}, {"@type": "Person", "name": "Ole Brandt"}],
    "datePublished": "2024-05-03T15:47:42+02:00",
    "dateModified": "2024-05-03T18:00:00+02:00",
}


def test_json_ld_article():
    facts = read(ld(ARTICLE))
    assert facts.headlines[0] == "Der Fluss steigt weiter"
    assert facts.authors == ("Jana Thom", "Ole Brandt")
    assert facts.published == ("2024-05-03T15:47:42+02:00",)
    assert facts.modified == ("2024-05-03T18:00:00+02:00",)
    assert facts.types == ("NewsArticle",)


@pytest.mark.parametrize(
    "shape",
    [
        lambda article: [article],
        lambda article: {"@graph": [{"@type": "WebSite", "name": "Blatt"}, article]},
        lambda article: {"@type": "WebPage", "name": "Seite", "mainEntity": article},
        lambda article: [[{"@type": "Organization", "name": "Blatt"}, article]],
    ],
)
def test_article_is_found_where_it_nests(shape):
    assert read(ld(shape(ARTICLE))).headlines[0] == "Der Fluss steigt weiter"


@pytest.mark.parametrize(
    "text",
    [
        '{"@type":"NewsArticle","headline":"A line\nbreak inside",}',
        '<!-- {"@type":"NewsArticle","headline":"A line break inside"} -->',
        '//<![CDATA[\n{"@type":"NewsArticle","headline":"A line break inside"}\n//]]>',
        '/* <![CDATA[ */{"@type":"NewsArticle","headline":"A line break inside"}/* ]]> */',
        "{&quot;@type&quot;:&quot;NewsArticle&quot;,&quot;headline&quot;:&quot;A line break inside&quot;}",
        '{"@type":"WebSite","name":"x"}{"@type":"NewsArticle","headline":"A line break inside"}',
        '{"@type":"NewsArticle","headline":"A line break inside"};',
        r'{"@type":"NewsArticle","headline":"A line break\ inside"}',
    ],
)
def test_broken_json_is_repaired(text):
    assert read(ld(text)).headlines[0] == "A line break inside"


def test_markup_and_entities_inside_values():
    article = {
        "@type": "Article",
        "headline": "Tom &amp;amp; <em>Jerry</em>",
        "articleBody": "<p>One &amp; two</p><p>Three</p>",
    }
    facts = read(ld(article))
    assert facts.headlines[0] == "Tom & Jerry"
    assert facts.body == "One & two\nThree"


def test_related_stories_are_not_the_article():
    related = {"@type": "ItemList", "itemListElement": [{"@type": "NewsArticle", "headline": "Other", "author": "X"}]}
    facts = read(ld(related) + ld(ARTICLE))
    assert facts.headlines == ("Der Fluss steigt weiter",)


def test_the_page_address_tells_the_article_from_others():
    other = {"@type": "NewsArticle", "headline": "Other", "url": "https://blatt.example/other"}
    own = ARTICLE | {"mainEntityOfPage": {"@type": "WebPage", "@id": "https://blatt.example/fluss"}}
    facts = read('<link rel="canonical" href="https://www.blatt.example/fluss/">' + ld([other, own]))
    assert facts.headlines[0] == "Der Fluss steigt weiter"
    assert "Other" not in facts.headlines


def test_author_by_reference():
    graph = {"@graph": [
        {"@type": "Article", "headline": "H", "author": {"@id": "#p1"}},
        {"@type": "Person", "@id": "#p1", "name": "Ana Sousa"},
    ]}  # fmt: skip
    assert read(ld(graph)).authors == ("Ana Sousa",)


def test_one_search_phrase_is_no_list_of_tags():
    several = '<meta name="keywords" content="Elbe, Hochwasser">'
    assert read(f'<meta property="article:tag" content="river rises today">{several}').tags == ("Elbe", "Hochwasser")
    assert read('<meta property="article:tag" content="Elbe">').tags == ("Elbe",)


def test_a_person_by_given_and_family_name():
    person = {"@type": "Person", "givenName": "Jana", "familyName": "Thom"}
    node = json.dumps({"@type": "NewsArticle", "headline": "Fluss", "author": [person]})
    assert read(f'<script type="application/ld+json">{node}</script>').authors == ("Jana Thom",)


def test_meta_tags():
    facts = read(
        """<title>Fluss | Blatt</title><meta property="og:title" content="Fluss">
        <meta name="author" content="Jana Thom, Ole Brandt"><meta property="og:site_name" content="Blatt">
        <meta property="article:published_time" content="2024-05-03"><meta name="date" content="2020-01-01">
        <meta property="article:tag" content="Elbe"><meta property="article:tag" content="Hochwasser">
        <meta property="og:image" content="/a.jpg"><meta property="article:content_tier" content="locked">
        <link rel="canonical" href="https://blatt.example/f">""",
        lang="de-DE",
    )
    assert facts.headlines == ("Fluss", "Fluss | Blatt")
    assert facts.author_sources == (("Jana Thom, Ole Brandt",),)
    assert facts.published == ("2024-05-03", "2020-01-01")
    assert facts.tags == ("Elbe", "Hochwasser")
    assert facts.images == (Image("/a.jpg"),)
    assert (facts.url, facts.site_name, facts.language) == ("https://blatt.example/f", "Blatt", "de-DE")
    assert facts.is_paywalled is True


def test_microdata_but_not_of_comments():
    facts = read(
        "",
        """<article itemscope itemtype="http://schema.org/NewsArticle"><h1 itemprop="headline">Fluss</h1>
        <span itemprop="author" itemscope itemtype="http://schema.org/Person"><a itemprop="name">Jana Thom</a></span>
        <time itemprop="datePublished" datetime="2024-05-03">3. Mai</time></article>
        <div itemscope itemtype="http://schema.org/Comment"><b itemprop="author">troll</b></div>""",
    )
    assert (facts.headlines, facts.authors, facts.published) == (("Fluss",), ("Jana Thom",), ("2024-05-03",))


def test_microdata_of_the_pages_own_story():
    story = """<article itemscope itemtype="http://schema.org/Article"><h2 itemprop="headline">{}</h2>
        <meta itemprop="datePublished" content="{}"><b itemprop="author">{}</b></article>"""
    stories = story.format("Hochwasser im Tal", "2024-05-04", "Ole Brandt") + story.format(
        "Fluss tritt über die Ufer", "2024-05-03", "Jana Thom"
    )
    facts = read("<title>Fluss tritt über die Ufer | Blatt</title>", stories)
    assert (facts.authors, facts.published) == (("Jana Thom",), ("2024-05-03",))
    facts = read("<title>Blatt</title>", stories)
    assert facts.authors == ("Ole Brandt", "Jana Thom"), "none is told by the title"


def test_a_marked_author_before_links_to_authors():
    links = '<a rel="author" href="https://social.example/">Facebook</a><a rel="author" href="/ole">Ole Brandt</a>'
    article = '<article itemscope itemtype="http://schema.org/Article"><meta itemprop="author" content="Jana Thom">'
    assert read("", f"{article}{links}</article>").authors == ("Jana Thom",)
    related = '<div itemprop="author" itemscope itemtype="http://schema.org/Person"><b itemprop="name">Ole</b></div>'
    assert read("", f"{article}</article>{related}").authors == ("Jana Thom",), "a property outside of all items"
    assert read("", related).authors == ("Ole",)
    assert read("", f"<article>{links}</article>").authors == ("Facebook", "Ole Brandt")


def test_breadcrumbs_give_the_section():
    crumbs = {"@type": "BreadcrumbList", "itemListElement": [
        {"position": 1, "name": "Home"}, {"position": 2, "item": {"name": "Politik"}}, {"position": 3, "name": "Fluss"},
    ]}  # fmt: skip
    assert read(ld(crumbs)).section == "Politik"


def test_images_with_caption_and_credit():
    image = {"@type": "ImageObject", "url": "https://b.example/i.jpg", "caption": "Am Ufer", "creditText": "dpa"}
    assert read(ld(ARTICLE | {"image": [image]})).images == (Image("https://b.example/i.jpg", "Am Ufer", "dpa"),)


@pytest.mark.parametrize(
    ("said", "paywalled"),
    [(False, True), ("False", True), (True, False), ("http://schema.org/True", False), (None, None)],
)
def test_paywall(said, paywalled):
    assert read(ld(ARTICLE | {"isAccessibleForFree": said})).is_paywalled is paywalled


def test_deep_nesting_is_refused_quietly():
    assert read(ld("[" * 100_000 + "]" * 100_000)) == Declared()
    assert read(ld('{"@graph":' * 500 + "1" + "}" * 500)) == Declared()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4)
    | st.dictionaries(
        st.sampled_from(["@type", "@graph", "@id", "author", "headline", "image", "name", "keywords", "datePublished",
                         "itemListElement", "isAccessibleForFree", "articleBody", "caption", "url"]),
        inner | st.sampled_from(["NewsArticle", "BreadcrumbList"]), max_size=6),
    max_leaves=20,
)  # fmt: skip


@given(JSON)
def test_any_json_is_taken(value):
    facts = read(ld(json.dumps(value).replace("<", "")))
    assert all(isinstance(text, str) and text for text in facts.headlines + facts.authors + facts.tags)


@given(st.text())
def test_any_script_is_taken(text):
    assert isinstance(loose_json(text), list)
