"""Every kind of bad input, from file to article: archived rightly or rejected with its reason, never an exception."""

import gzip
import io
import tomllib
import zipfile
import zlib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from config.limits import Limits
from tasks.clean import clean_page
from tasks.page import Article, RawPage, Rejected, RejectReason
from tasks.read import PageRef, read_page

LANGUAGES = tomllib.loads((Path(__file__).parent / "encodings" / "languages.toml").read_text("utf-8"))
LIMITS = Limits(max_page_bytes=8_000_000)
STORY = " ".join(LANGUAGES["en"]["text"].split())


JAPANESE = "".join(LANGUAGES["ja"]["text"].split())
PAGES = tomllib.loads((Path(__file__).parent / "no_article.toml").read_text("utf-8"))


def page(title: str, body: str, head: str = "", lang: str = "en", site: str = "The Herald") -> str:
    """A page with a site's header and footer around the body."""
    nav = "".join(f'<li><a href="/{word}">{word.title()}</a></li>' for word in ("news", "sport", "culture", "weather"))
    return (
        f'<!DOCTYPE html>\n<html lang="{lang}"><head><meta charset="utf-8">'
        f"<title>{title}</title>{head}</head>\n"
        f'<body><header><a href="/">{site}</a><nav><ul>{nav}</ul></nav></header>\n<main>{body}</main>\n'
        f'<footer><p>© 2024 {site}</p><a href="/privacy">Privacy</a></footer></body></html>'
    )


def sample(kind: str, name: str) -> str:
    """A page of no_article.toml."""
    entry = {
        key: text.replace("{story}", STORY).replace("{japanese}", JAPANESE) for key, text in PAGES[kind][name].items()
    }
    return entry["raw"] if "raw" in entry else page(**entry)


def clean(content: bytes | str, limits: Limits = LIMITS) -> Article | Rejected:
    return clean_page(RawPage("page.html", content.encode() if isinstance(content, str) else content), limits)


def from_file(path: Path, content: bytes) -> Article | Rejected:
    path.write_bytes(content)
    raw = read_page(PageRef(path, path.name), LIMITS)
    return raw if isinstance(raw, Rejected) else clean_page(raw, LIMITS)


def reason(result: Article | Rejected) -> RejectReason:
    assert isinstance(result, Rejected), result
    assert result.source_name
    assert "\n" not in result.detail
    return result.reason


def article(result: Article | Rejected) -> Article:
    assert isinstance(result, Article), result
    return result


def zip_file() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("page.html", page("x", "<p>x</p>"))
    return buffer.getvalue()


BINARY = {
    "pdf": b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<< /Type /Catalog >>\nendobj\n" + b"words in a stream " * 200,
    "png": b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\x01\0\0\0\x01\0\x08\x06\0\0\0" + zlib.compress(b"x" * 900),
    "jpeg": b"\xff\xd8\xff\xe0\0\x10JFIF\0\x01" + bytes(range(256)) * 8,
    "gif": b"GIF89a\x01\0\x01\0\x80\0\0\xff\xff\xff\0\0\0!\xf9\x04",
    "webp": b"RIFF\x24\0\0\0WEBPVP8 " + bytes(range(256)),
    "zip": zip_file(),
    "elf": b"\x7fELF\x02\x01\x01" + bytes(1_000),
    "exe": b"MZ\x90\0\x03\0\0\0\x04\0\0\0\xff\xff\0\0" + bytes(1_000),
    "zlib": zlib.compress(bytes(range(256)) * 40),
    "nul": bytes(5_000),
    "gzip in gzip in gzip in gzip": gzip.compress(gzip.compress(gzip.compress(gzip.compress(b"x" * 100)))),
}


@pytest.mark.parametrize("content", [b"", b" \n\t\r\n", b"\xef\xbb\xbf", "\ufeff \n".encode("utf-16-le")])
def test_empty_files(tmp_path: Path, content: bytes) -> None:
    assert reason(from_file(tmp_path / "a.html", content)) is RejectReason.EMPTY
    assert reason(from_file(tmp_path / "a.html.gz", gzip.compress(content))) is RejectReason.EMPTY


@pytest.mark.parametrize("kind", BINARY)
def test_binary_files(tmp_path: Path, kind: str) -> None:
    assert reason(from_file(tmp_path / "a.html", BINARY[kind])) is RejectReason.BINARY


def test_gzip_that_ends_early_and_gzip_bomb(tmp_path: Path) -> None:
    packed = gzip.compress(page("Bridge", f"<p>{STORY}</p>").encode())
    assert reason(from_file(tmp_path / "a.html.gz", packed[:-20])) is RejectReason.BROKEN_COMPRESSION
    assert reason(from_file(tmp_path / "b.html.gz", gzip.compress(bytes(90_000_000), 1))) is RejectReason.TOO_LARGE


def test_a_page_of_50_megabytes(tmp_path: Path) -> None:
    content = page("Bridge", f"<p>{STORY}</p>\n" * (50_000_000 // len(STORY))).encode()
    path = tmp_path / "a.html"
    path.write_bytes(content)
    result = read_page(PageRef(path, "a.html"), Limits())
    assert isinstance(result, Rejected)
    assert result.reason is RejectReason.TOO_LARGE
    assert result.size == len(content)


@pytest.mark.parametrize("tag", ["div", "b", "span", "table", "ul><li", "blockquote", "font"])
def test_tags_nested_100_000_deep(tag: str) -> None:
    nested = f"<{tag}>" * 100_000
    result = clean(
        page("Bridge", f"<article><h1>Bridge plan passes</h1><p>{STORY}</p><p>{STORY}</p></article>{nested}end")
    )
    assert article(result).text
    assert isinstance(clean(page("Bridge", f"{nested}<p>{STORY}</p>")), Article | Rejected)


@pytest.mark.parametrize(
    ("language", "encoding"),
    [(name, entry["encodings"][0]) for name, entry in LANGUAGES.items() if name != "th"],  # the labeller's to learn
)
def test_encodings_that_nobody_declares(language: str, encoding: str) -> None:
    entry = LANGUAGES[language]
    codec = {"windows-874": "cp874", "big5": "cp950"}.get(encoding, encoding)
    text = " ".join(entry["text"].split())
    body = f"<article><h1>{entry['title']}</h1><p>{text}</p><p>{text}</p></article>"
    content = (
        page(entry["title"], body, lang=language, site="Herald").replace('<meta charset="utf-8">', "").replace("©", "")
    )
    want = text.encode(codec, "ignore").decode(codec)
    assert want in article(clean(content.encode(codec, "ignore"))).text


@pytest.mark.parametrize("name", PAGES["error_page"])
def test_error_pages(name: str) -> None:
    assert reason(clean(sample("error_page", name))) is RejectReason.ERROR_PAGE


@pytest.mark.parametrize("name", PAGES["consent_wall"])
def test_consent_walls_and_robot_checks(name: str) -> None:
    assert reason(clean(sample("consent_wall", name))) is RejectReason.CONSENT_WALL


def front_page(language: str, teaser: str) -> str:
    """A front page: headlines that are links, each with a sentence or two below."""
    entry = LANGUAGES[language]
    sentences = [part.strip() for part in " ".join(entry["text"].split()).split(". ")]
    cards = [
        teaser.format(
            title=f"{entry['title']} ({number})", text=f"{sentences[number % len(sentences)]}.", number=number
        )
        for number in range(24)
    ]
    sections = "".join(
        f"<section><h2>Section {at}</h2>{''.join(cards[at : at + 6])}</section>" for at in (0, 6, 12, 18)
    )
    return page("The Herald", sections, '<meta property="og:type" content="website">', language)


TEASERS = {
    "card": '<article><a href="/story/{number}"><h3>{title}</h3></a><p>{text}</p><i>Jane Doe</i></article>',
    "linked": '<div class="teaser"><a href="/{number}"><h3>{title}</h3><p>{text}</p></a><time>3 h ago</time></div>',
    "bare": '<div><h3><a href="/story/{number}">{title}</a></h3><p>{text} <a href="/{number}">More</a></p></div>',
    "list": '<ul><li><a href="/story/{number}">{title}</a></li></ul>',
}


@pytest.mark.parametrize("teaser", TEASERS)
@pytest.mark.parametrize("language", ["en", "de", "es", "ru", "zh"])
def test_front_pages(language: str, teaser: str) -> None:
    assert reason(clean(front_page(language, TEASERS[teaser]))) is RejectReason.NO_ARTICLE


def test_a_page_without_visible_text() -> None:
    for body in ("", "<script>app()</script><div id=root></div>", "<img src=a.png>", "<p>–</p>"):
        html = f"<!DOCTYPE html><html><head><title>The Herald</title></head><body>{body}</body></html>"
        assert reason(clean(html)) is RejectReason.NO_TEXT


@pytest.mark.parametrize("name", PAGES["article"])
def test_what_looks_a_little_like_bad_input_is_archived(name: str) -> None:
    assert article(clean(sample("article", name))).text


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None, max_examples=150)
@given(st.binary(max_size=3_000))
def test_any_bytes(content: bytes) -> None:
    assert isinstance(clean(content), Article | Rejected)


PIECES = [
    *"<>/\"'= &;", "<p>", "</p>", "<!--", "-->", "<script>", "<![CDATA[", "&#0;", "&#xD800;", "&#x1F600;", "<svg>",
    "<table>", "<td>", "</body>", "<plaintext>", "<textarea>", "<meta charset=utf-16>", STORY, "\0", "\ufeff", "\ufdd0",
]  # fmt: skip
HOSTILE = [
    b"<" * 3_000_000, b"<p" * 1_500_000, b"<meta charset=" * 200_000, b"<!--" * 700_000, b"&" * 3_000_000,
    b"<a b='" * 500_000, b"\xe9 " * 1_500_000, b"<p>" + b"a " * 1_500_000, b"\n" * 2_999_999 + b"a", b"<br>" * 700_000,
    b"<p>x" * 100_000, b"\x1f\x8b\x08",
]  # fmt: skip


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None, max_examples=150)
@given(st.lists(st.sampled_from(PIECES), max_size=60))
def test_any_markup(parts: list[str]) -> None:
    assert isinstance(clean("<html>" + "".join(parts)), Article | Rejected)


@pytest.mark.parametrize("content", HOSTILE, ids=lambda content: repr(content[:12]))
def test_hostile_pages_come_to_an_end(content: bytes) -> None:
    assert isinstance(clean(content), Article | Rejected)
