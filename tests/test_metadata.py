"""The record as a whole: addresses, language, dateline, images, flags."""

from dataclasses import fields

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import html

from tasks.addresses import absolute_url, canonical_url, registered_domain
from tasks.declared import declared
from tasks.images import find_images, tidy_credit
from tasks.language import declared_language, find_language
from tasks.metadata import align, find_bio, find_dateline, metadata
from tasks.page import Block, Container, Declared, Image, Kind, Label, LabelledBlock, Metadata, Page, Picture


def labelled(*pairs):
    return tuple(LabelledBlock(text, label, "x", 1.0) for label, text in pairs)


def page(*texts, facts=None, pictures=(), url=None):
    blocks = tuple(Block(text, "p", "", 0) for text in texts)
    return Page(Kind.HTML, blocks, (Container("body", "", -1, 0),), facts or Declared(), pictures, url=url)


@pytest.mark.parametrize(
    ("said", "fetched", "url"),
    [
        ("https://paper.example/a?utm_source=x&id=3#top", None, "https://paper.example/a?id=3"),
        ("/a/b", "https://www.paper.example/x", "https://www.paper.example/a/b"),
        ("https://paper.example/", "https://www.paper.example/a?fbclid=1", "https://www.paper.example/a"),
        ("https://other.example/a", "https://www.paper.example/a", "https://www.paper.example/a"),
        ("https://m.paper.example/a", "https://www.paper.example/a", "https://m.paper.example/a"),
        (None, "https://paper.example:443/a", "https://paper.example/a"),
        ("/a/b", None, None),
        ("https://paper.example/", None, None),
        ("javascript:void(0)", None, None),
        ("https://[broken/a", None, None),
        (None, None, None),
    ],
)
def test_canonical_url(said, fetched, url):
    assert canonical_url(said, fetched) == url


def test_registered_domain():
    assert registered_domain("https://news.bbc.co.uk/a") == "bbc.co.uk"
    assert registered_domain("https://www.paper.example/a") == "paper.example"
    assert registered_domain("https://localhost/a") is None
    assert registered_domain(None) is None


def test_absolute_url():
    assert absolute_url("//cdn.example/i.jpg", None) == "https://cdn.example/i.jpg"
    assert absolute_url("i.jpg", "https://paper.example/a/b") == "https://paper.example/a/i.jpg"
    assert absolute_url("i.jpg", None) is None
    assert absolute_url("data:image/png;base64,xx", None) is None


@given(st.text(max_size=80), st.text(max_size=80))
def test_any_address_is_taken(said, fetched):
    canonical_url(said, f"https://{fetched}")
    registered_domain(said)
    absolute_url(said, fetched)


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("de-AT", "de"),
        ("pt_BR", "pt"),
        ("EN", "en"),
        ("nb-NO", "no"),
        ("eng", "en"),
        ("", None),
        ("x", None),
        ("english", None),
    ],
)
def test_declared_language(said, code):
    assert declared_language(said) == code


GERMAN = (
    "Der Bundestag hat am Donnerstag beschlossen, dass die Steuer auf Regenschirme im kommenden Jahr sinken soll. " * 3
)


def test_the_texts_language_before_the_declared_one():
    assert find_language(labelled((Label.PARAGRAPH, GERMAN)), "en") == "de"


@pytest.mark.parametrize(
    ("language", "text"),
    [
        (
            "ja",
            "港の議会は火曜日、古い渡し船をもう一年走らせることを決めた。赤字が続いているが、向こう岸で働く人々のために残したいという。",
        ),
        ("de", "Der Hafenrat hat am Dienstag beschlossen, die alte Fähre ein weiteres Jahr fahren zu lassen."),
        (None, "Ferry 2024"),
    ],
)
def test_a_sure_language_of_a_short_text_where_nothing_is_declared(language, text):
    assert find_language(labelled((Label.PARAGRAPH, text)), None) == language


def test_the_declared_language_where_there_is_little_text():
    assert find_language(labelled((Label.PARAGRAPH, "Kurz."), (Label.NAVIGATION, GERMAN)), "fr-CA") == "fr"
    assert find_language((), None) is None


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("BEIRUT (AP) — The port reopened on Monday.", "BEIRUT"),
        ("SAN ORESTE, June 21 (CWA) - A strike by bakers entered its third week.", "SAN ORESTE"),
        ("NEW YORK -- The trams stopped.", "NEW YORK"),
        ("ST. LOUIS (Reuters) - The river rose.", "ST. LOUIS"),
        ("Berlin (dpa) - Der Fluss steigt weiter an.", "Berlin"),
        ("The trams stopped running — for good.", None),
        ("A man walked in.", None),
        ("I — that is, we — went home.", None),
    ],
)
def test_dateline(text, place):
    assert find_dateline(labelled((Label.PARAGRAPH, text))) == place


@pytest.mark.parametrize(
    ("text", "credit"),
    [("(photo credit: REUTERS)", "REUTERS"), ("Photo by Jane Doe", "Jane Doe"), ("Foto: Imago/X", "Imago/X"),
     ("© dpa", "dpa"),
     ("Photo: ©Jane Doe", "Jane Doe"), ("Jane Doe/AP", "Jane Doe/AP"), ("", None)],
)  # fmt: skip
def test_tidy_credit(text, credit):
    assert tidy_credit(text) == credit


@given(st.text(max_size=300))
def test_any_credit_is_taken(text):
    tidy_credit(text)


def test_a_picture_with_its_caption_and_credit():
    shown = page("Text", "A caption", "Foto: dpa", "Text", pictures=(Picture("/i.jpg", "", 1, 0),))
    blocks = labelled(
        (Label.PARAGRAPH, "Text"), (Label.CAPTION, "A caption"), (Label.CREDIT, "Foto: dpa"), (Label.PARAGRAPH, "Text")
    )
    assert find_images(shown, blocks, align(shown, blocks), "https://p.example/a") == (
        Image("https://p.example/i.jpg", "A caption", "dpa"),
    )


def test_two_captions_are_two_images():
    shown = page(
        "One",
        "Two",
        pictures=(Picture("https://p.example/1.jpg", "", 0, 0), Picture("https://p.example/2.jpg", "", 1, 0)),
    )
    blocks = labelled((Label.CAPTION, "One"), (Label.CAPTION, "Two"))
    found = find_images(shown, blocks, align(shown, blocks), None)
    assert [(image.url, image.caption) for image in found] == [
        ("https://p.example/1.jpg", "One"), ("https://p.example/2.jpg", "Two"),
    ]  # fmt: skip


def test_a_declared_image_completes_the_shown_one():
    facts = Declared(images=(Image("https://p.example/i.jpg", "A caption.", "Jane Doe"),))
    shown = page("A caption. Doe, agency", facts=facts)
    blocks = labelled((Label.CAPTION, "A caption. Doe, agency"))
    assert find_images(shown, blocks, [0], None) == (Image("https://p.example/i.jpg", "A caption.", "Jane Doe"),)


def test_credits_without_caption_and_address_are_images_each_once():
    shown = page("Jane Doe/AP", "Text", "Jane Doe/AP", "Isithombe: dpa")
    blocks = labelled(
        (Label.CREDIT, "Jane Doe/AP"), (Label.PARAGRAPH, "Text"), (Label.CREDIT, "Jane Doe/AP"),
        (Label.PARAGRAPH, "Text"), (Label.CREDIT, "Isithombe: dpa"),
    )  # fmt: skip
    found = find_images(shown, blocks, [0, 1, 2, 2, 3], None)
    assert [image.credit for image in found] == ["Jane Doe/AP", "dpa"]


def test_align():
    blocks = labelled(
        (Label.CAPTION, "A caption"), (Label.CREDIT, "dpa"), (Label.PARAGRAPH, "Text"), (Label.PARAGRAPH, "Text")
    )
    assert align(page("A caption (dpa)", "Text", "Text"), blocks) == [0, 0, 1, 2]


@pytest.mark.parametrize(
    ("facts", "blocks", "live", "paywalled"),
    [
        (Declared(types=("LiveBlogPosting",)), (), True, False),
        (Declared(url="https://p.example/live-blog/x"), (), True, False),
        (Declared(is_paywalled=True), (), False, True),
        (Declared(is_paywalled=False), labelled((Label.PAYWALL, "Subscribe")), False, False),
        (Declared(), labelled((Label.PAYWALL, "Subscribe")), False, True),
        (Declared(), labelled((Label.COMMENT, "Comments"), (Label.PAYWALL, "Log in")), False, False),
        (Declared(), labelled((Label.PAYWALL, "For subscribers"), (Label.PARAGRAPH, "Text")), False, False),
        (Declared(headlines=("We live here",)), (), False, False),
    ],
)
def test_flags(facts, blocks, live, paywalled):
    found = metadata(page(*[block.text for block in blocks], facts=facts), blocks)
    assert (found.is_live_blog, found.is_paywalled) == (live, paywalled)


NOTE = "灯台太郎は港の技術者で、船と携帯電話のことを二十年にわたって書いてきました。"


@pytest.mark.parametrize(
    ("notes", "bio"),
    [
        (("About the author", "Jane Doe", "Jane Doe is a reporter in Lisbon."), "Jane Doe is a reporter in Lisbon."),
        (("Follow @janedoe",), None),
        (
            ("堂前清隆は株式会社の技術者で、携帯電話のことを二十年書いてきました。",),
            "堂前清隆は株式会社の技術者で、携帯電話のことを二十年書いてきました。",
        ),
        ((), None),
    ],
)
def test_the_note_on_the_author_is_no_header_and_no_handle(notes, bio):
    assert find_bio(labelled(*((Label.BIO, note) for note in notes))) == bio


def test_nothing_known_is_none():
    assert metadata(page(), ()) == Metadata()


def test_us_dates_are_read_month_first():
    facts = Declared(language="en-US", published=("5/3/2024",))
    assert metadata(page(facts=facts), ()).published_at.month == 5
    facts = Declared(language="en-GB", published=("5/3/2024",))
    assert metadata(page(facts=facts), ()).published_at.month == 3


MARKUP = st.sampled_from([
    "<h1>", "</h1>", "<p>", "</p>", "<time datetime='2024-05-03'>", "</time>", "By Jane Doe", "3 May 2024", "Text. ",
    "<meta name='author' content='", "'>", "<script type='application/ld+json'>", "{\"@type\":\"NewsArticle\",",
    "\"headline\":[{}],", "}</script>", "<img src='", "Foto: dpa", "<link rel='canonical' href='//[x'>",
    "<title>A | B</title>", "\x00", "&amp;", "<div class='byline'>", "</div>",
])  # fmt: skip


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.lists(MARKUP, max_size=30), st.lists(st.sampled_from(list(Label)), min_size=30, max_size=30))
def test_any_page_is_taken(parts, labels):
    root = html.document_fromstring(f"<html><body>{''.join(parts).replace(chr(0), '')}x</body></html>")
    texts = [text for element in root.iter() if isinstance(element.tag, str) and (text := (element.text or "").strip())]
    shown = page(*texts, facts=declared(root, None))
    found = metadata(shown, labelled(*zip(labels, texts, strict=False)))
    assert all(value != "" for field in fields(found) if (value := getattr(found, field.name)) is not None)


def test_common_words_of_the_declared_language_are_enough():
    text = (
        "The ferry to the island is the last of its kind, and it was said that this would be for the good of all. " * 3
    )
    assert find_language(labelled((Label.PARAGRAPH, text)), "en-GB") == "en"
    assert find_language(labelled((Label.PARAGRAPH, text)), "nl") == "en"
