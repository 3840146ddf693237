"""Names in bylines of many languages, and which of a page's names are its authors'."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.authors import find_authors
from tasks.names import byline_words, looks_like_person, names_of, starts_with_by
from tasks.page import Block, Container, Declared, Kind, Label, LabelledBlock, Page

SITE = frozenset(("harbourgazette",))


def persons(text, structured=False):
    return [name.text for name in names_of([text], SITE, structured) if name.is_person]


@pytest.mark.parametrize(
    ("byline", "names"),
    [
        ("By Jane Doe", ["Jane Doe"]),
        ("By JANE DOE and JOHN ROE", ["JANE DOE", "JOHN ROE"]),
        ("By Jane Doe, John Roe and Ann O’Hara", ["Jane Doe", "John Roe", "Ann O’Hara"]),
        ("By Jane Doe, staff writer", ["Jane Doe"]),
        ("By Jane Doe, Senior Political Correspondent", ["Jane Doe"]),
        ("Jane Doe Contributing Food Editor", ["Jane Doe"]),
        ("Written by Dr. Jane Doe, Ph.D., M.D.", ["Jane Doe"]),
        ("By Jane Doe jane.doe@paper.example @janedoe", ["Jane Doe"]),
        ("By Jane Doe | The Associated Press", ["Jane Doe"]),
        ("By Jane Doe Associated Press", ["Jane Doe"]),
        ("By Jane Doe for the Harbour Gazette", ["Jane Doe"]),
        ("By Jane Doe in Washington", ["Jane Doe"]),
        ("Jane Doe - Harbour Gazette", ["Jane Doe"]),
        ("Jane Doe Harbour Gazette", ["Jane Doe"]),
        ("Reporting by Jane Doe; Editing by John Roe and Max Poe", ["Jane Doe"]),
        ("来源：港口日报", []),
        ("Von Jörg Wendtland und Anna-Lena Groß", ["Jörg Wendtland", "Anna-Lena Groß"]),
        ("Von Jana Thom, dpa", ["Jana Thom"]),
        ("Ein Gastbeitrag von Jana Thom", ["Jana Thom"]),
        ("Par Solène Kervadec et Luc Moreau", ["Solène Kervadec", "Luc Moreau"]),
        ("Por Tainá Quadros e Otávio Melo", ["Tainá Quadros", "Otávio Melo"]),
        ("Por Nuria Balaguer y Andrés Cifuentes", ["Nuria Balaguer", "Andrés Cifuentes"]),
        ("di Matteo Ferrandi", ["Matteo Ferrandi"]),
        ("Door Wietske van der Laan en Piet de Vries", ["Wietske van der Laan", "Piet de Vries"]),
        ("Av Ingrid Årdal og Einar Dahl", ["Ingrid Årdal", "Einar Dahl"]),
        ("Автор: Віктор Волокіта", ["Віктор Волокіта"]),
        ("文・森田 花", ["森田 花"]),
        ("By Rui Ma", ["Rui Ma"]),
        ("By My Nguyen", ["My Nguyen"]),
        ("By Jan April", ["Jan April"]),
        ("2 min read", []),
        ("Monday", []),
        ("Share this article", []),
        ("https://paper.example/authors/jane-doe", []),
        ("By Harbour Gazette", []),
        ("By Mara Lind, Political Commentator", ["Mara Lind"]),
        ("Von Mara Lind, Leitende Wirtschaftsredakteurin", ["Mara Lind"]),
        ("by Jane Doe, U.S. National Institute of Tides and Currents", ["Jane Doe"]),
        ("By Jane Doe, University of Oslo, and Jo Kern", ["Jane Doe", "Jo Kern"]),
        ("By Jane Doe, Harbour Gazette UK", ["Jane Doe"]),
        ("By Jane Doe | jdoe@paper.example | North Coast Harbour Gazette", ["Jane Doe"]),
        ("By Harbour Staff Editorial Board | Harbour Staff", []),
        ("Posted by Coast Times // No Comment", []),
        ("by Jane Doe on ", ["Jane Doe"]),
        ("Tuva Berg Tips meg", ["Tuva Berg"]),
        ("Senior AnalystUpdated", []),
        ("순천, 광양 김하늘 기자 sky@paper.example", ["김하늘"]),
        ("김하늘 기자 외 1명", ["김하늘"]),
        ("Teksti: Mara Lind ja Jo Kern", ["Mara Lind", "Jo Kern"]),
        ("Text: Mara Lind a Jo Kern", ["Mara Lind", "Jo Kern"]),
        ("Autorka: Mara Lind, redaktorka", ["Mara Lind"]),
        ("Szerző: Lind Mara, újságíró", ["Lind Mara"]),
        ("Autor: Jo Kern, novinar", ["Jo Kern"]),
        ("Oleh: Mara Lind dan Jo Kern", ["Mara Lind", "Jo Kern"]),
        ("Thực hiện: Mara Lind", ["Mara Lind"]),
        ("Höfundur: Mara Lind, blaðamaður", ["Mara Lind"]),
        ("Autorius: Jo Kern ir Mara Lind, universiteto profesorė", ["Jo Kern", "Mara Lind"]),
        ("Autors: Jo Kern un Mara Lind", ["Jo Kern", "Mara Lind"]),
        ("Deur Mara Lind, verslaggewer", ["Mara Lind"]),
        ("מאת מרה לינד", ["מרה לינד"]),
        ("द्वारा मारा लिंड", ["मारा लिंड"]),  # the word ends in a vowel sign
        ("লিখেছেন মারা লিন্ড", ["মারা লিন্ড"]),
        ("نویسنده: مارا لیند", ["مارا لیند"]),
    ],
)
def test_names(byline, names):
    assert persons(byline) == names


@pytest.mark.parametrize(
    "line", ["گزارش خطا", "از ساحل", "Eftir storminn", "Interjú a kikötőben", "Entrevista exclusiva"]
)
def test_words_that_announce_more_than_authors(line):
    assert not starts_with_by(line)


def test_last_names_first_in_a_list():
    found = names_of(["Roy, Aniruddha", "Patel, Jyoti"], SITE, structured=True)
    assert [name.text for name in found] == ["Aniruddha Roy", "Jyoti Patel"]


@pytest.mark.parametrize("desk", ["dpa", "Staff", "Redaktion", "Reuters", "The Onion", "BR24 Redaktion", "paper.com"])
def test_agencies_and_desks_are_no_persons(desk):
    assert [name.is_person for name in names_of([desk], SITE, structured=True)] == [False]


def test_looks_like_person():
    assert looks_like_person("Ludwig van Beethoven")
    assert not looks_like_person("he said")
    assert not looks_like_person("Route 66 Diner")


def page(*texts, sources=(), words=None):
    blocks = tuple(Block(text, "p", "", 1 if row == 0 else 2 + row) for row, text in enumerate(texts))
    holders = [Container("body", "", -1, 0), Container("h1", "", 0, 1)]
    holders += [Container("p", (words or {}).get(row, ""), 0, 1) for row in range(len(texts) + 1)]
    return Page(Kind.HTML, blocks, tuple(holders), Declared(author_sources=sources))


def authors(page):
    return find_authors(page, (), 0, ("Harbour Gazette",))


def test_declared_names_in_their_order():
    assert authors(page("H", sources=(("Jana Thom", "Ole Brandt"), ("Ole Brandt",)))) == ("Jana Thom", "Ole Brandt")


def test_a_shown_person_before_a_declared_desk():
    assert authors(page("H", "By Jane Doe", sources=(("Staff",),))) == ("Jane Doe",)


def test_the_places_behind_a_declared_site_are_no_persons():
    assert authors(page("H", "Text", sources=(("Harbour Gazette, Oslo, Norway",),))) == ("Harbour Gazette",)


def test_a_declared_desk_where_nobody_is_named():
    assert authors(page("H", "Text", sources=(("dpa",),))) == ("dpa",)


def test_a_declared_agency_before_the_site_itself():
    site = ("Harbour Gazette",)
    assert authors(page("H", "Text", sources=(site, ("dpa",), ("dpa",)))) == ("dpa",)
    assert authors(page("H", "Text", sources=(site, site, ("dpa",)))) == site, "most sources name the site"
    assert authors(page("H", "Text", sources=(site, ("Redaktion harbourgazette.com",)))) == (
        "Redaktion harbourgazette.com",
    )


def test_a_marked_person_before_a_declared_agency():
    agency = (("Associated Press",),)
    assert authors(page("H", "JANE DOE", sources=agency, words={1: "wire-byline"})) == ("JANE DOE",)
    assert authors(page("H", "JANE DOE", sources=agency)) == ("Associated Press",)


def test_a_name_with_its_date_before_the_declared_site_alone():
    site = (("Harbour Gazette",),)
    assert authors(page("H", "Віктор Волошин — 24 жовтня, 15:26", sources=site)) == ("Віктор Волошин",)
    assert authors(page("H", "Coast World | Friday, August 03, 2007", sources=site)) == ("Harbour Gazette",)
    assert authors(page("H", "Jane Doe — May 4, 15:26", sources=(("dpa",),))) == ("dpa",)
    assert authors(page("H", "x", "x", "x", "x", "Jane Doe — May 4, 15:26", sources=site)) == ("Harbour Gazette",)


def test_an_attribution_before_a_declared_name_that_the_page_does_not_show():
    declared = ((", Coast Daily Reporter",),)
    line = "Jane Doe Harbour Gazette"
    assert authors(page("H", line, sources=declared, words={1: "attribution"})) == ("Jane Doe",)
    assert authors(page("H", line, sources=declared, words={1: "image-credit attribution"})) != ("Jane Doe",)


def test_a_handle_marked_as_the_byline():
    assert authors(page("H", "tidewatcher", words={1: "author-byline"})) == ("tidewatcher",)
    assert authors(page("H", "tidewatcher for Harbour Science", words={1: "author-byline"})) == ("tidewatcher",)
    for button in ("Share", "Facebook", "Updated", "By", "Von", "Written by"):
        assert authors(page("H", button, words={1: "author-byline"})) == ()
    assert authors(page("H", "tidewatcher")) == ()


SPANISH = "El puerto de la ciudad fue cerrado por la tormenta que llegó con lluvia y viento, según el alcalde."


@pytest.mark.parametrize(
    ("below", "language", "names"),
    [
        ("Nuria Balaguer", "es", ("Nuria Balaguer",)),
        ("Nuria Balaguer", "en", ("Harbour Gazette",)),
        ("¡Feliz Navidad!", "es", ("Harbour Gazette",)),
    ],
)
def test_a_name_under_the_text(below, language, names):
    shown = page("H", SPANISH, below, sources=(("Harbour Gazette",),))
    shown = replace(shown, declared=replace(shown.declared, language=language))
    labels = (Label.TITLE, Label.PARAGRAPH, Label.NAVIGATION)
    blocks = [LabelledBlock(block.text, label, "x", 1.0) for block, label in zip(shown.blocks, labels, strict=True)]
    assert find_authors(shown, blocks, 0, ("Harbour Gazette",)) == names


def test_a_byline_marked_by_its_place():
    assert authors(page("H", "Jana Thom", words={1: "article-byline"})) == ("Jana Thom",)
    assert authors(page("H", "Jana Thom", words={1: "comment-author"})) == ()


def test_a_name_beside_a_date():
    assert authors(page("H", "27. Januar 2026 • Gregor Meier • 3 Minuten", "x")) == ("Gregor Meier",)


def test_names_far_from_the_headline_are_not_the_authors():
    assert authors(page("H", *["Text of the article."] * 30, "By Other Author")) == ()


def test_a_byline_that_names_the_declared_and_others():
    declared = (("Jane Doe",),)
    assert authors(page("H", "By JANE DOE, Jo Kern and Mara Lind", sources=declared)) == (
        "Jane Doe", "Jo Kern", "Mara Lind",
    )  # fmt: skip
    assert authors(page("H", "By Jane Doe — Alto da Serra", sources=declared)) == ("Jane Doe",)
    assert authors(page("H", "By JANE DOE and MARA LINDJune 11, 2019", sources=declared)) == ("Jane Doe", "MARA LIND")


def test_a_notice_beside_the_author_names_nobody():
    notice = "(This post was not checked by Harbour Gazette Staff before it was put online.)"
    assert authors(page("H", f"By Jane Doe {notice}")) == ("Jane Doe",)


def test_who_put_the_text_there_did_not_write_it():
    assert authors(page("H", "By Jane Doe", sources=(("Web Master",),))) == ("Jane Doe",)
    assert authors(page("H", "By Jane Doe", "Jo Kern", sources=(("Jo Kern",),))) == ("Jo Kern",)
    marked = {1: "article-author"}
    assert authors(page("H", "Jane Doe", sources=(("Jo Kern",),), words=marked)) == ("Jane Doe",)
    assert authors(page("H", "Jane Doe", "Jo Kern", sources=(("Jo Kern",),), words=marked)) == ("Jo Kern",)


def test_a_post_shown_in_the_story_names_no_author():
    assert authors(page("H", "Text", "— Jane Doe (@janedoe) May 4, 2020")) == ()


def test_a_sentence_is_no_byline():
    sentence = "Author Jane Doe, from Harbour Town, said that she began to read of the sea when she was a child there."
    assert authors(page("H", "4 May 2020", sentence)) == ()


def dump(*lines, labels=None, title=0, cut=None):
    """The authors of a dump with its headline at `title`; the others are what `labels` says, else menu.

    `cut` are the caption and credit into which a line was cut.
    """
    known = {title: Label.TITLE, **(labels or {})}
    blocks = []
    for row, text in enumerate(lines):
        parts = zip((cut or {}).get(row, ()), (Label.CAPTION, Label.CREDIT), strict=False)
        whole = [(text, known.get(row, Label.NAVIGATION))]
        blocks += [LabelledBlock(part, label, "x", 1.0) for part, label in list(parts) or whole]
    page = Page(Kind.DUMP, tuple(map(Block, lines)), (Container("", "", -1, 0),), Declared())
    return find_authors(page, blocks, title, ())


DECK = "A deck of some length, which says more about the story than its headline does and is no byline at all. " * 3


@pytest.mark.parametrize(
    ("lines", "names"),
    [
        (("H", "Jane Doe · Coast News · Posted: Aug 08, 2024 4:00 AM EDT | Last Updated: August 9"), ("Jane Doe",)),
        (("H", "By Jane Doe - Coast Wire - Friday, April 28, 2023"), ("Jane Doe",)),
        (("H", "By Jane DoeDec 20, 2023"), ("Jane Doe",)),
        (("H", "By JANE DOE and MARA LINDJune 11, 2019"), ("JANE DOE", "MARA LIND")),
        (("H", "By Jane Doe For Coastwire.Com"), ("Jane Doe",)),
        (("H", DECK, "Social Sharing", "Jane Doe"), ("Jane Doe",)),
        (("H", "Jane Doe2,", "Jo Kern,", "Mara Lind &"), ("Jane Doe", "Jo Kern", "Mara Lind")),
        (("H", "By Jane Doe December 21, 2023", "By Jo Kern December 21, 2023"), ("Jane Doe", "Jo Kern")),
        (("H", "x", "x", "x", "x", "Jane Doe", "x", "About Jane Doe"), ("Jane Doe",)),
        (("H", "x", "x", "x", "x", "Jane Doe", "x"), ()),
        (("H", "Show Caption", "Share Article"), ()),
        (("H", "By", "Jane Doe0,", "Jo Kern &", "…", "Mara Lind", "Jane Doe"), ("Jane Doe", "Jo Kern", "Mara Lind")),
        (("H", "By", "Jane HallNews Reporter", "Jo Kern", "Updated20:49, 5 Aug 2024"), ("Jane Hall", "Jo Kern")),
        (("H", "By", "Jane Doe", "Key Events", "The story"), ("Jane Doe",)),
        (("H", "By Jane Doe – Journalist", "Jo Kern – Journalist i Oslo", "4 May 2024"), ("Jane Doe", "Jo Kern")),
        (("H", "By Jane Doe", "Jane Doe", "Analyst", "My Experience"), ("Jane Doe",)),
        (("H", "By Jane Doe and Jo Kern", "x", "Jo Kern", "Jo Kern covers ships", "Jo Kern"), ("Jane Doe", "Jo Kern")),
        (("H", "Jane Doe", "4 May 2024", "x", "Fact checked by Jo Kern"), ("Jane Doe",)),
        (("H", "4 May 2024", "Heard on the Morning Tide", "Jane Doe"), ("Jane Doe",)),
        (("H", "4 May 2024", "Jane Doe", "Network", "Jo Kern"), ("Jane Doe", "Jo Kern")),
        (("H", "Jane HallWriterPhotographerDriverIllustrator", "4 May 2024"), ("Jane Hall",)),
        (("H", "News | Published: 5 hours ago | Written By: Jane Doe"), ("Jane Doe",)),
        (
            ("H", "By Jane Doe – Reporter", "Jo Kern – Journalist i Trondheim Journalist i Trondheim, Norge", "x"),
            ("Jane Doe", "Jo Kern"),
        ),
        (("H", "Jane Doe", "NASA Tide Historian", "4 May 2024"), ("Jane Doe",)),
        (("H", "Jane Van Der Berg|Published 4 months ago"), ("Jane Van Der Berg",)),
        (("H", "By Jo Hall and Jane Doe Ebbing Staff", "©2023 Coast Ebbing"), ("Jo Hall", "Jane Doe")),
        (("H", "By Jane Doe Ebbing Correspondent, 4 May 2024", "©2023 Coast Ebbing"), ("Jane Doe",)),
        (("H", "By tidewatcher", "Posted on"), ("tidewatcher",)),
        (("H", "By sea", "x"), ()),
        (("H", "May 4, 2019 By Coast Current", "By Jo Kern (XY News)", "x", "© 2019 Coast Current"), ("Jo Kern",)),
        (("H", "Jo Kern Coast Inquirer", "x", "Contact Jo Kern at jo@coastinquirer.com"), ("Jo Kern",)),
        (("H", "By Coast Star Editorial Board | Coast Star", "© 2019 Coast Star"), ("Coast Star Editorial Board",)),
        (("H", "Jane Doe Deputy Content Hub Director", "4 May 2024"), ("Jane Doe",)),
        (("H", "Additional reporting by Jo Kern", "By Jane Doe"), ("Jane Doe",)),
        (("H", "by Jane Doe, Coast Xpress", "Coast Xpress", "Coast Xpress app", "About Coast Xpress"), ("Jane Doe",)),
    ],
)
def test_bylines_of_dumps(lines, names):
    assert dump(*lines) == names


def test_an_agency_alone_in_a_dumps_byline():
    assert dump("H", "dpa", labels={1: Label.BYLINE}) == ("dpa",)
    assert dump("H", "Jane Doe", labels={1: Label.CAPTION}) == ()


def test_a_name_above_the_headline_of_a_dump():
    above = ("Jane Doe/", "4 May 2024")
    assert dump(*above, "H", "x", "Jane Doe", title=2) == ("Jane Doe",)
    assert dump("Jane Doe", "x", *above, "H", "x", "About Jane Doe", title=4) == (), "a section of the menu"
    assert dump(*above, "H", "x", title=2) == (), "a kicker"
    assert dump("North Coast", "4 May 2024", "H", "Jane Doe", "x", "the North Coast", title=2) == ("Jane Doe",)


def test_a_caption_of_a_dump_names_no_author():
    caption = "Jane Doe, writer, in the harbour of her town."
    assert dump("H", f"{caption} Photo: Jo Kern", "4 May 2024", cut={1: (caption, "Photo: Jo Kern")}) == ()


def test_an_agency_beside_a_section():
    assert dump("H", "4 May 2024", "Haberler - Anadolu Ajansı") == ("Anadolu Ajansı",)


def test_nobody():
    assert authors(page("H", "Text")) == ()


@given(st.text(max_size=400), st.booleans())
def test_any_byline_is_taken(text, structured):
    for name in names_of([text], SITE, structured):
        assert name.text.strip()


@given(
    st.lists(
        st.sampled_from(["By ", "Von ", "Jane Doe", " and ", ", ", "dpa", " | ", "3 May 2024", "©", "\n"]), max_size=12
    )
)
def test_any_mixture_is_taken(parts):
    authors(page("H", "".join(parts) or "x"))


@given(
    st.lists(
        st.sampled_from(
            ["By ", "VİDEO", "Reporter", "redaktion", "Jane Doe", " und ", "द्वारा", "(", ", ", "記者", "\n"]
        ),
        max_size=8,
    )
)
def test_lists_are_tried_where_they_may_match(pieces):
    text = "".join(pieces)
    for listed in (byline_words().begins, byline_words().role, byline_words().organisation, byline_words().no_name):
        for found, tried in ((listed.search, listed._pattern.search), (listed.match, listed._pattern.match)):
            assert (found(text) is None) == (tried(text) is None)
