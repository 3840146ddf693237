"""What a block is by what stands next to it."""

import pytest

from tasks.label import label
from tasks.page import Kind, Label
from tasks.phrases import Phrases
from tests.test_label import NO_RULES, Told, dump_of, page_of

HEAD = (
    '<title>Ferry stays afloat</title><script type="application/ld+json">'
    '{"@type": "NewsArticle", "headline": "Ferry stays afloat", "author": [{"name": "Josephine Hall"}, '
    '{"@type": "Person", "givenName": "John", "familyName": "Roe"}]}</script>'
)
BODY = "".join(f"<p>BODY {number}, and more of it.</p>" for number in range(8))


def names(markup: str, phrases: Phrases | None = NO_RULES) -> dict[str, Label]:
    page = page_of(markup)
    labelled = label(page, phrases, Told([0.99 if "BODY" in block.text else 0.01 for block in page.blocks]))
    return {block.text: block.label for block in labelled}


def article(below_title: str = "", above_title: str = "", end: str = "") -> str:
    return (
        f"{HEAD}<article>{above_title}<h1>Ferry stays afloat</h1>{below_title}{BODY}{end}</article><p>Our company</p>"
    )


@pytest.mark.parametrize(
    "line",
    [
        "Josephine Hall",
        "JOSEPHINE HALL, Harbour",
        "Josephine Hall14 August 2023 10:01",
        "Josephine Hall John Roe",
    ],
)
def test_a_line_of_the_declared_authors_names_is_the_byline(line):
    assert names(article(f"<div>{line}</div>"))[line] is Label.BYLINE


@pytest.mark.parametrize(
    "line", ["More from Josephine Hall", "Josephine Hall stood on the quay and waved to everyone on board"]
)
def test_a_line_that_says_more_is_no_byline(line):
    assert names(article(f"<div>{line}</div>"))[line] is not Label.BYLINE


def test_the_authors_name_far_from_the_article_is_no_byline():
    far = "".join(f"<p>Menu {number}</p>" for number in range(10))
    assert names(f"{article()}{far}<p>Josephine Hall</p>")["Josephine Hall"] is Label.NAVIGATION


def test_an_agency_by_no_image_wrote_the_text():
    assert names(article("<p>Reuters</p>"), None)["Reuters"] is Label.BYLINE
    shown = names(article("<figure><img src=a.jpg><figcaption>Reuters</figcaption></figure>"), None)
    assert shown["Reuters"] is Label.CREDIT


def test_a_line_below_an_image_is_its_caption_and_a_sentence_is_not():
    found = names(article("<div><img src=a.jpg><p>The old ferry at dawn</p></div>"))
    assert found["The old ferry at dawn"] is Label.CAPTION
    found = names(article("<div><img src=a.jpg><p>The ferry sails on.</p></div>"))
    assert found["The ferry sails on."] is not Label.CAPTION
    kept = article(
        end="<img src=a.jpg><p>BODY of the quay at dawn (AP)</p><img src=b.jpg><p>BODY of the town</p><p>BODY.</p>"
    )
    assert names(kept)["BODY of the quay at dawn"] is Label.CAPTION  # what the model keeps must end with a credit
    assert names(kept)["BODY of the town"] is Label.PARAGRAPH


def test_a_dumps_line_above_a_credit_is_the_caption():
    body = ["The ferry stays afloat for another winter, the council said, and nobody knows for how long. " * 2] * 3
    page = dump_of("Old ferry stays afloat another winter", "The old ferry at dawn", "Photo: Josephine Hall", *body)
    found = label(page, None, Told([0.01, 0.01, 0.01, 0.99, 0.99, 0.99]))
    assert [block.label for block in found][1:4] == [Label.CAPTION, Label.CREDIT, Label.PARAGRAPH]
    line = "4 May 2020 • Josephine Hall • 3 minutes"
    page = dump_of("Old ferry stays afloat another winter", line, "Photo: Josephine Hall", *body)
    assert label(page, None, Told([0.01, 0.01, 0.01, 0.99, 0.99, 0.99]))[1].label is not Label.CAPTION


def test_all_points_of_a_deck_are_the_deck():
    points = ("The old boat sails on for another winter", "The council pays for it", "Nobody knows for how long")
    found = names(article(f"<ul class=standfirst>{''.join(f'<li>{point}</li>' for point in points)}</ul>"))
    assert [found[point] for point in points] == [Label.DECK] * 3


@pytest.mark.parametrize("note", ["Josephine Hall is a reporter in Lisbon. BODY", "John Roe, writes about boats. BODY"])
def test_a_note_on_the_author_ends_the_body(note):
    assert names(article(end=f"<p>{note}</p>"))[note] is Label.BIO
    assert names(article(f"<p>{note}</p>"))[note] is Label.PARAGRAPH


def test_the_kicker_over_the_headline():
    found = names(article(above_title="<p class=kicker>Harbour</p>"))
    assert found["Harbour"] is Label.KICKER
    page = page_of(article(above_title="<p class=kicker>Harbour</p>"), Kind.HTML)
    assert label(page, NO_RULES, Told([0.99] * len(page.blocks)))[0].label is Label.PARAGRAPH


def test_a_sites_copyright_below_the_text_is_no_credit():
    assert names(f"{article()}<p>© Harbour Gazette</p>", None)["© Harbour Gazette"] is Label.LEGAL
    shown = names(article("<figure><img src=a.jpg><figcaption>© Harbour Gazette</figcaption></figure>"), None)
    assert shown["© Harbour Gazette"] is Label.CREDIT
