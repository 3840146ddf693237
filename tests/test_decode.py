import tomllib
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from config.limits import Limits
from tasks.decode import decode
from tasks.encodings import codec_of, declared_codec
from tasks.kind import kind_of
from tasks.page import Kind, RawPage, Rejected, RejectReason, Source

LANGUAGES = tomllib.loads((Path(__file__).parent / "encodings" / "languages.toml").read_text("utf-8"))
CODECS = {"windows-874": "cp874", "windows-949": "cp949", "big5": "cp950"}  # by label, where Python has no such name
PLAIN = str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"', "–": "-", "—": "-"})  # what no ISO-8859 encoding has
PAGE = (
    "<!DOCTYPE html>\n<html><head>{meta}<title>{title} - Herald</title>\n<script>var a = {{b: 1}};</script></head>\n"
    '<body><ul><li><a href="/sport">Sport</a></li></ul><article><h1>{title}</h1><p>{text}</p></article></body></html>'
)
UTF_8_PAGE = PAGE.format(
    meta='<meta charset="utf-8">', title="Über die Brücke", text="“Schön”, sagte er – für alle. " * 5
)


def text_of(content: bytes, charset: str | None = None, url: str | None = None) -> str:
    return source_of(content, charset, url).text


def source_of(content: bytes, charset: str | None = None, url: str | None = None) -> Source:
    source = decode(RawPage("page", content, url, charset=charset), Limits())
    assert isinstance(source, Source), source
    return source


def reason_of(content: bytes) -> RejectReason:
    result = decode(RawPage("page", content), Limits())
    assert isinstance(result, Rejected), result
    return result.reason


def news(language: str, encoding: str) -> tuple[str, str, str]:
    """Title and text in a language, as far as the encoding has the letters, and Python's name of it."""
    codec = CODECS.get(encoding, encoding)
    entry = LANGUAGES[language]
    parts = [entry["title"], entry["text"].strip()]
    if encoding.startswith("iso-8859"):
        parts = [part.translate(PLAIN) for part in parts]
    title, text = (part.encode(codec, "ignore").decode(codec) for part in parts)
    return title, text, codec


def cases() -> list[tuple[str, str]]:
    return [(language, encoding) for language, entry in LANGUAGES.items() for encoding in entry["encodings"]]


every_encoding = pytest.mark.parametrize(("language", "encoding"), cases())


@every_encoding
def test_a_page_that_declares_its_encoding(language: str, encoding: str) -> None:
    title, text, codec = news(language, encoding)
    page = PAGE.format(meta=f'<meta charset="{encoding}">', title=title, text=text)
    assert text_of(page.encode(codec)) == page
    page = PAGE.format(
        meta=f"<meta http-equiv=Content-Type content='text/html; charset={encoding.upper()}'>", title=title, text=text
    )
    assert text_of(page.encode(codec)) == page


@every_encoding
def test_a_page_whose_encoding_the_server_says(language: str, encoding: str) -> None:
    title, text, codec = news(language, encoding)
    page = PAGE.format(meta="", title=title, text=text)
    assert text_of(page.encode(codec), charset=encoding) == page


@every_encoding
def test_a_page_that_declares_nothing(language: str, encoding: str) -> None:
    title, text, codec = news(language, encoding)
    page = PAGE.format(meta="", title=title, text=text)
    assert text_of(page.encode(codec)) == page


@every_encoding
def test_a_dump_declares_nothing(language: str, encoding: str) -> None:
    title, text, codec = news(language, encoding)
    source = source_of(f"{title}\n\n{text}\n".encode(codec))
    assert source.text == f"{title}\n\n{text}\n"
    assert source.kind is Kind.DUMP


@every_encoding
@pytest.mark.parametrize("lie", ["utf-8", "iso-8859-1"])
def test_a_page_that_declares_a_wrong_encoding(language: str, encoding: str, lie: str) -> None:
    title, text, codec = news(language, encoding)
    page = PAGE.format(meta=f'<meta charset="{lie}">', title=title, text=text)
    assert text_of(page.encode(codec)) == page


@every_encoding
@pytest.mark.parametrize(
    "codec", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be"]
)
def test_unicode_wins_over_what_is_declared(language: str, encoding: str, codec: str) -> None:
    title, text, _ = news(language, encoding)
    page = PAGE.format(meta=f'<meta charset="{encoding}">', title=title, text=text)
    assert text_of(page.encode(codec), charset=encoding) == page
    assert text_of(text.encode(codec)) == text


def test_the_vendors_letters_of_japanese_and_korean_pages() -> None:
    text = "市議会は、①橋の建て替え、②㈱北商事への補助、を承認した。工事は秋に始まる。" * 3
    assert text_of(text.encode("cp932"), "shift_jis") == text
    assert text_of(text.encode("euc_jis_2004"), "euc-jp") == text
    assert text_of(("똠방각하가 펲시콜라를 마셨다고 시장이 말했다. " * 3).encode("cp949"), "euc-kr").startswith(
        "똠방각하"
    )
    assert text_of(("朱镕基和喆在北京说话，工程将在秋天开始。" * 3).encode("gbk"), "gb2312").startswith("朱镕基和喆")


def test_strays_in_utf_8_cost_no_more_than_themselves() -> None:
    content = UTF_8_PAGE.encode()
    middle = content.index(b"sagte")
    assert text_of(content[:middle] + b"\xe2\x80 \xff\x80 " + content[middle:]) == UTF_8_PAGE.replace(
        "sagte", "\ufffd \ufffd\ufffd sagte", 1
    )


def test_a_page_cut_within_a_letter_is_utf_8() -> None:
    content = "Über Straße, Brücke und Grüße…".encode()
    assert text_of(content[:-1]) == "Über Straße, Brücke und Grüße\ufffd"


@pytest.mark.parametrize(
    ("stray", "meant"),
    [
        (b"\x93Na\x94, sagte er", "“Na”, sagte er"),
        (b"Stra\xdfe", "Straße"),
        (b"caf\xe9 au lait", "café au lait"),
        (b"it\x92s", "it’s"),
    ],
)
def test_windows_1252_pasted_into_utf_8(stray: bytes, meant: str) -> None:
    content = UTF_8_PAGE.encode()
    assert text_of(content.replace(b"sagte", stray, 1)) == UTF_8_PAGE.replace("sagte", meant, 1)


def test_pounds_are_no_polish_letters() -> None:
    text = "The council’s plan costs £4 million, not £9 million. The old one would have cost £40 million in all."
    assert text_of(text.encode("windows-1252")) == text


def test_a_few_letters_are_left_to_the_declaration() -> None:
    page = PAGE.format(meta='<meta charset="windows-1250">', title="Most", text="Łódź")
    assert text_of(page.encode("windows-1250")) == page


@pytest.mark.parametrize(
    ("label", "codec"),
    [
        ("latin1", "windows-1252"),
        ("ISO_8859-1", "windows-1252"),
        ("x-sjis", "cp932"),
        ("ks_c_5601-1987", "cp949"),
        ("GB2312", "gb18030"),
        ("utf-16", "utf-8"),
        ("utf-7", None),
        ("rot13", None),
        ("idna", None),
        ("", None),
        (None, None),
    ],
)
def test_labels_mean_what_browsers_make_of_them(label: str | None, codec: str | None) -> None:
    assert codec_of(label) == codec


@pytest.mark.parametrize(
    "head",
    [
        b'<?xml version="1.0" encoding="windows-1251"?><html>',
        b"<meta name=x><META  CHARSET = windows-1251 />",
        b"<script>" + b"x" * 9_000 + b"</script><meta content='text/html;charset=cp1251' http-equiv=content-type>",
        b"<meta charset=nonsense><meta charset=windows-1251>",
    ],
)
def test_declarations_are_found(head: bytes) -> None:
    assert declared_codec(head) == "windows-1251"


def test_newlines_and_control_characters() -> None:
    assert text_of(b"one\r\ntwo\rthree\n\x0cfour\x00\x08\x7f five\tsix " + "\x85é\x9f".encode() + b" " * 200) == (
        "one\ntwo\nthree\nfour five\tsix é" + " " * 200
    )
    assert text_of("one\r\ntwo\rthree\x00 \x9f".encode("utf-16")) == "one\ntwo\nthree "


def test_joined_files_bring_no_marks() -> None:
    assert text_of("\ufeff\ufeffÜber".encode()) == "Über"


@pytest.mark.parametrize(
    "content", [b"", b" \r\n\t ", b"\xef\xbb\xbf", b"\xef\xbb\xbf \n", " \n".encode("utf-16"), "\u3000\xa0".encode()]
)
def test_white_space_alone_is_empty(content: bytes) -> None:
    assert reason_of(content) is RejectReason.EMPTY


def test_a_page_over_the_limit_is_too_large() -> None:
    result = decode(RawPage("page", b"a" * 11), Limits(max_page_bytes=10))
    assert isinstance(result, Rejected)
    assert result.reason is RejectReason.TOO_LARGE


HTML = [
    "<!DOCTYPE html><title>x</title>",
    "\n\n<!-- saved from the web --><HTML lang=de>\n<head>",
    "<p>One paragraph.</p>",
    "<p>One<p>Two<p>Three",
    "<?xml version='1.0'?>\n<!DOCTYPE html PUBLIC '-//W3C//DTD XHTML 1.0 Strict//EN'>\n<html/>",
    "<div class='a'>\n" + "A line of text.\n" * 40 + "</div>",
    "HTTP/1.1 200 OK\nContent-Type: text/html\n\n<!doctype html>\n<html><body><p>Text</p></body></html>",
    "Warning: foreach() on line 3\n<html>\n<body>\n<p>Text</p>\n</body></html>",
    "<h1>Title</h1>\nText<br>\nmore text<br>\nand the rest",
    "<html>\n<head>\n<script>\n" + "x = 1;\n" * 900 + "</script>\n<body>",
    "Text first<br/>\nand then<br/>\nmore<br/>\n",
]
DUMP = [
    "Title\n\nOne paragraph.\n",
    "How to use <p>\n\nThe <p> element opens a paragraph. Close it with </p>.\nBrowsers do.\nA line more.\n",
    "<p> explained\n\nThe <p> element opens a paragraph.\nBrowsers close it.\nSo do people.\nNobody minds.\nTruly.\n",
    "Jane Doe <jane@example.org>\nwrote to <https://example.org/> that 3 < 4 and 5 > 4.",
    "<jane@example.org> wrote:\nHello.",
    "Title\n\nText with a stray <br> in it.\nAnother line.\n",
    "<3 this town\n\nEverybody loves it.",
    '{"a": 1}',
    "# Title\n\n* one\n* two\n",
    '<div style="display:none"><img src="//pixel.example/p.gif" alt="Counter"></div>\n' + "A line of text.\n" * 40,
]


@pytest.mark.parametrize("text", HTML)
def test_markup_is_html(text: str) -> None:
    assert kind_of(text) is Kind.HTML


@pytest.mark.parametrize("text", DUMP)
def test_text_is_a_dump_even_if_it_speaks_of_tags(text: str) -> None:
    assert kind_of(text) is Kind.DUMP


def test_the_name_does_not_decide_on_the_kind() -> None:
    for name, content, kind in (
        ("a.txt", b"<html><body><p>Text</p>", Kind.HTML),
        ("a.html", b"Text\n\nMore", Kind.DUMP),
    ):
        source = decode(RawPage(name, content), Limits())
        assert isinstance(source, Source)
        assert source.kind is kind


@given(st.binary(max_size=2_000))
@example(b"\x1b$")
@example(b"\xff\xfe\x00\xd8\x00\x00")
@example(b"\xed\xa0\x80" * 20)
def test_any_bytes_become_clean_text_or_a_reason(content: bytes) -> None:
    result = decode(RawPage("page", content, "https://example.de/"), Limits())
    if isinstance(result, Source):
        assert result.text.strip()
        assert not any(
            (c < " " and c not in "\t\n") or "\x7f" <= c <= "\x9f" or "\ud800" <= c <= "\udfff" for c in result.text
        )
        assert result.text.encode().decode() == result.text


@given(st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1))
def test_utf_8_comes_out_as_it_went_in(text: str) -> None:
    stripped = text.lstrip("\ufeff")
    if stripped.strip() and not stripped.startswith(("%PDF-", "GIF8", "{\\rtf", "%!PS")) and "\ufffd" not in text:
        assert text_of(text.encode()) == stripped
