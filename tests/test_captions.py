"""Captions and their credits, in many languages and forms."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.blocks import cut
from tasks.captions import boxed_captions, caption_parts, credited_lines, split_caption
from tasks.label import label
from tasks.page import Block, Container, Declared, Kind, Label, Page, Source
from tests.stories import paragraphs


@pytest.mark.parametrize(
    ("caption", "credit"),
    [
        ("Can track II diplomacy help?.", "(photo credit: REUTERS)"),
        ("Gesperrt: der Bahndamm.", "Foto: Silke Brandner"),
        ("Mara Lind (SPD) und Jo Kern (CDU)", "Quelle: Silke P. Brandner/dpa"),
        ("Trilha ganhou passarela nova", "— Foto: Bento Araújo/Folha"),
        ("The harbour.", "Photograph: Jane Doe/AP"),
        ("The harbour, as it was on May 4.", "Photo by Jane Doe/Bloomberg"),
        ("The harbour at dawn.", "© dpa | Silke Brandner"),
        ("The harbour.", "(AP Photo/Jane Q. Doe)"),
        ("A ferry that nobody wanted leaves the harbour", "AP Photo/Jane Q. Doe, File"),
        ("Bakers march on June 20.", "CWA/Pavel Drozd"),
        ("She wore a green coat to the launch in the UK", "Jane Q Doe/Getty Images Europe"),
        ("Der Damm ist gesperrt.", "Getty Images"),
        ("El puerto por la mañana.", "(Lola Prado)"),
        ("Der erste Einsatz am Montag im Hafen", "/ Lola Prado"),
        ("The ferry on its first day.", "(Harbour Board, Eastern District of Lind)"),
        ("Le port à l'aube", "- Tous droits réservés Capture d'écran de la chaîne"),
        ("Hamnen i gryningen.", "Foto: Mara Lind"),
        ("Höfnin í morgun.", "Ljósmynd/Aðsend"),
        ("Bến cảng lúc bình minh.", "Ảnh: Hoàng Lan"),
        ("港の朝", "写真：共同"),
        ("", "(The Harbour Gazette)"),
        ("", "Lichtbild/Silke Brandner"),
        ("", "janedoe - stock.adobe.com"),
        ("", "Mara Lind via Getty Images)"),
        ("A photo of the harbour", ""),
        ("Mara Lind (links) und die Ministerin (CDU)", ""),
        ("Der Riesling feiert am 13. Mai Geburtstag.", ""),
        ("The editor. He said: The Harbour Gazette", ""),
        ("Mara Lind and Jo Kern", ""),
        ("Science | Space Exploration", ""),
        ("Her drinks are called “Harbour Dawn” and “Green Coat”.", ""),
        ("", ""),
    ],
)
def test_split_caption(caption, credit):
    assert split_caption(f"{caption} {credit}".strip()) == (caption, credit)


@pytest.mark.parametrize("credit", ["The Harbour Gazette", "Jane Doe/AP", "AFP"])
def test_a_credit_on_the_line_above_its_caption(credit):
    caption = "Boats lie in the harbour on Monday morning."
    assert caption_parts(f"{credit}\n{caption}", True) == ((Label.CREDIT, credit), (Label.CAPTION, caption))
    assert caption_parts(f"The harbour\n{caption}", True) == ()
    assert caption_parts(f"Harbour Dawn\n{caption}", True) == ()


def test_a_credit_glued_to_its_caption():
    assert split_caption("Der Damm ist gesperrt.Getty Images") == ("Der Damm ist gesperrt.", "Getty Images")
    assert split_caption("Der Damm (links)Quelle: Jo Kern") == ("Der Damm (links)", "Quelle: Jo Kern")


@pytest.mark.parametrize(
    ("end", "row"),
    [
        (" (Photo: Jane Doe)", [1]),
        (" (Foto: Jane Doe/dpa).", [1]),
        (" (Jane Doe)", []),
        (", said Photo: Jane Doe", []),
    ],
)
def test_a_line_of_a_dump_that_ends_with_a_credit_is_a_caption(end, row):
    lines = (
        "Harbour closed",
        f"Boats lie in the harbour that the council closed on Monday.{end}",
        "The council said no.",
    )
    lines = (*lines, "(© Jane Doe)")
    page = Page(Kind.DUMP, tuple(map(Block, lines)), (Container("", "", -1, 0),), Declared())
    assert list(credited_lines(page, (Label.TITLE, *[Label.PARAGRAPH] * 3))) == row


def test_outside_of_a_figure_a_name_alone_is_no_credit():
    assert split_caption("She met an old friend. Jane Doe", in_figure=False) == ("She met an old friend. Jane Doe", "")
    assert split_caption("The harbour. (Jane Doe/AP)", in_figure=False) == ("The harbour.", "(Jane Doe/AP)")


@given(st.text("Aa b.():/–|© PhotoAPviä", max_size=200), st.booleans())
def test_no_letter_is_lost(text, is_caption):
    parts = caption_parts(text, is_caption)
    if parts:
        assert "".join(part for _, part in parts).replace(" ", "") == text.replace(" ", "")


def page_of(markup: str) -> Page:
    page = cut(Source(f"<html><body>{markup}</body></html>", Kind.HTML, "utf-8"))
    assert isinstance(page, Page)
    return page


def test_captions_and_credits_are_blocks_of_their_own():
    story = "".join(f"<p>{text}</p>" for text in paragraphs("latin"))
    page = page_of(
        f"<h1>Ferry</h1>{story}<figure><img src=a.jpg><figcaption>The ferry. Jane Doe</figcaption></figure>"
        "<div class=caption>The pier. Copyright Jo Kern. All rights reserved</div>"
    )
    found = [(block.label, block.text) for block in label(page) if block.label in (Label.CAPTION, Label.CREDIT)]
    assert found == [
        (Label.CAPTION, "The ferry."), (Label.CREDIT, "Jane Doe"),
        (Label.CAPTION, "The pier."), (Label.CREDIT, "Copyright Jo Kern. All rights reserved"),
    ]  # fmt: skip


def test_what_shares_an_images_box_with_a_credit_is_a_caption():
    page = page_of(
        "<div class=image-box><img src=a.jpg><p>A long caption that reads like a sentence of the story.</p>"
        "<p>Photo: Jane Doe</p></div><div class=image-list><p>One</p><p>Two</p><p>Three</p><p>Photo: Jo</p></div>"
        "<figure><footer>Imago/Jane Doe</footer></figure>"
    )
    labels = [Label.CREDIT if "Photo" in block.text else Label.PARAGRAPH for block in page.blocks]
    assert list(boxed_captions(page, labels)) == [0, 6]


def test_dumps_have_no_boxes():
    page = Page(Kind.DUMP, page_of("<p>a").blocks, (), page_of("<p>a").declared)
    assert not list(boxed_captions(page, [Label.PARAGRAPH]))


def test_a_name_that_begins_with_an_article_is_no_caption():
    assert caption_parts("The Harbour Trust via Getty Images", True)[-1][0] is Label.CREDIT
    assert len(caption_parts("The HT via Getty Images", True)) == 1


def test_a_documents_credit_in_brackets():
    assert split_caption("The graduates in the harbour hall (Dok.Sekolah )") == (
        "The graduates in the harbour hall",
        "(Dok.Sekolah )",
    )


def test_a_credited_line_amid_the_text_of_a_dump_is_cut_up():
    caption, credit = "Boats that the storm threw on the quay of the old harbour on Monday.", "(Photo: Jane Doe)"
    story = paragraphs("latin")
    lines = ("Harbour closed", *story[:4], f"{caption} {credit}", *story[4:])
    page = cut(Source("\n\n".join(lines), Kind.DUMP, "utf-8"))
    found = [(block.label, block.text) for block in label(page) if block.label in (Label.CAPTION, Label.CREDIT)]
    assert found == [(Label.CAPTION, caption), (Label.CREDIT, credit)]
