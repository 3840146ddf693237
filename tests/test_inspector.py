"""`stet inspect` and `stet label`: what the page holds, that it stays data, the labelled folder that comes of it."""

import gzip
import json
import re
import zipfile
from pathlib import Path

import pytest
from lxml import html

from config.limits import Limits
from flows.cli import run
from flows.learning import scoreboard
from outputs import inspector_page
from outputs.inspector import inspect_page
from outputs.inspector_labels import LabelsError, add_labelled, find_raw, read_labels
from outputs.inspector_page import KEYS, render
from tasks.clean import clean_page
from tasks.labelled import read_labelled
from tasks.page import KEPT, Article, Label, RawPage
from tasks.read import PageRef, read_page
from tests.archive_samples import run_archive

FERRY = Path(__file__).parent / "pages" / "harbour-gazette-ferry" / "source.html"
HOSTILE = """<!doctype html><html lang="en"><head><title>"><script>alert(1)</script> Ferry</title>
<meta property="og:title" content='A "quoted" &lt;img src=x onerror=alert(2)&gt; title'></head><body><article>
<h1>A "quoted" &lt;img src=x onerror=alert(2)&gt; title</h1>
<p>The harbour council voted &lt;script&gt;alert(3)&lt;/script&gt; on Tuesday to keep the old ferry running through the
winter, although the boat loses money on most days and nobody has yet paid for the engine's repairs.</p>
<p>It is \u202ereversed\u202c, said the mayor, and "quoted" 'twice' {{ 7*7 }} </style></script>, and the people of the
island, who had waited for four hours in the rain to hear of it, went home again without having said a word.</p>
<p class='"><svg onload=alert(4)>'>A third paragraph says that the ferry will go on to sail at noon every day, and
that the winter's first storm is expected before the end of the week, which the captain did not like to hear.</p>
</article></body></html>"""


def inspect(page, source=None):
    return inspect_page(RawPage("page.html", page.encode()), Limits(), source)


@pytest.fixture(scope="module")
def ferry():
    raw = read_page(PageRef(FERRY, "ferry.html"), Limits())
    return inspect_page(raw, Limits(), FERRY)


@pytest.fixture
def stet(capsys, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("STET_ARCHIVE", raising=False)

    def call(*arguments, code=0):
        assert run([str(argument) for argument in arguments]) == code
        return capsys.readouterr()

    return call


def labels_of(page, changes=None):
    """What the inspector's page would save."""
    blocks = [{"label": str((changes or {}).get(line.number, line.label)), "text": line.text} for line in page.lines]
    return {
        "stet": "labels 1", "id": page.id, "source_sha256": page.sha256, "name": page.name,
        "source": str(page.source) if page.source else None, "url": page.url, "blocks": blocks,
    }  # fmt: skip


def test_it_shows_what_the_cleaning_decides(ferry):
    article = clean_page(RawPage("ferry.html", FERRY.read_bytes()))
    assert isinstance(article, Article)
    assert [(line.label, line.text, line.reason) for line in ferry.lines] == [
        (block.label, block.text, block.reason) for block in article.blocks
    ]
    assert ferry.verdict == "article"
    assert ferry.kept == sum(block.kept for block in article.blocks)


def test_where_the_fields_come_from(ferry):
    fields = {field.name: field for field in ferry.fields}
    line = ferry.lines[fields["title"].block - 1]
    assert (line.label, line.text) == (Label.TITLE, fields["title"].value)
    assert "meta og:title" in fields["title"].origins
    assert ferry.lines[fields["author"].block - 1].label is Label.BYLINE
    assert "JSON-LD author name" in fields["author"].origins
    assert "JSON-LD datePublished" in fields["published_at"].origins
    assert fields["modified_at"].origins == ("JSON-LD dateModified",)
    assert "link canonical" in fields["url"].origins
    assert fields["publisher"].origins == ("registered domain of url",)
    assert "html lang" in fields["language"].origins
    assert fields["section"].origins[0] == "JSON-LD articleSection"


def test_elements_are_named(ferry):
    caption = next(line for line in ferry.lines if line.label is Label.CAPTION)
    assert caption.element.startswith("<figcaption")
    assert all(line.element for line in ferry.lines if line.label is Label.PARAGRAPH)


def test_a_page_that_is_rejected_shows_its_lines_and_why():
    page = inspect("<html><body><h1>Nothing here</h1><p>Too short.</p></body></html>")
    assert page.verdict.startswith("no_article")
    assert "Rejected: no_article" in render(page)
    assert len(page.lines) == 2


def test_every_label_has_a_key():
    assert set(KEYS) == set(Label)
    assert len(set(KEYS.values())) == len(Label)
    assert not set(KEYS.values()) & set("jkdux.")


def test_every_label_that_goes_has_a_colour():
    style = Path(inspector_page.__file__).with_name("templates").joinpath("inspector.css").read_text("utf-8")
    assert set(re.findall(r'\[data-label="(\w+)"\] { --hue', style)) == set(Label) - KEPT


def test_markup_of_the_page_stays_text():
    document = html.document_fromstring(render(inspect(HOSTILE)))
    assert len(document.findall(".//script")) == 1
    assert len(document.findall(".//style")) == 1
    assert not document.findall(".//img") and not document.findall(".//svg")
    assert not [name for element in document.iter() for name in element.attrib if name.startswith("on")]
    assert not document.xpath("//*[@style] | //*[@src] | //a[not(starts-with(@href, '#'))] | //link | //form")
    texts = [element.text_content() for element in document.findall(".//p[@class='text']")]
    assert any("<script>alert(3)</script>" in text and "harbour council" in text for text in texts)
    assert any("\u202ereversed\u202c" in text and "{{ 7*7 }}" in text for text in texts)


def test_signs_that_turn_a_line_around_stand_by_themselves():
    signs = html.document_fromstring(render(inspect(HOSTILE))).xpath("//p[@class='text']/span[@class='sign']")
    assert [(sign.text, sign.get("data-sign")) for sign in signs] == [("\u202e", "U+202E"), ("\u202c", "U+202C")]


def test_the_policy_allows_the_page_s_own_script_alone(ferry):
    policy = html.document_fromstring(render(ferry)).xpath("//meta[@http-equiv='Content-Security-Policy']/@content")
    (rules,) = policy
    assert rules.startswith("default-src 'none'; script-src 'sha256-")
    assert "unsafe" not in rules and "http" not in rules


def test_text_on_a_terminal(stet):
    shown = stet("inspect", FERRY, "--text").out
    assert re.search(r"^- +promo  Sign up  en\.promo\.newsletter-name 0\.\d\d$", shown, re.MULTILINE)
    assert re.search(r"^ +paragraph  The only passenger ferry .* model [01]\.\d\d$", shown, re.MULTILINE)
    assert re.search(r"^ +title  Last ferry .* block \d+, meta og:title, JSON-LD headline$", shown, re.MULTILINE)
    assert "\x1b" not in shown


def test_text_is_in_colour_where_colour_is_asked_for(stet, monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert "\x1b[" in stet("inspect", FERRY, "--text").out


def test_a_terminal_is_not_steered(stet, tmp_path):
    (tmp_path / "page.html").write_text(HOSTILE.replace("reversed", "&#27;[2J"), "utf-8")
    shown = stet("inspect", "page.html", "--text").out
    assert "\u202e" not in shown and "\x1b" not in shown
    assert "\\u202e" in shown


def test_opens_a_browser(stet, monkeypatch):
    opened = []
    monkeypatch.setattr("webbrowser.open", opened.append)
    path = Path(stet("inspect", FERRY).out.strip())
    try:
        assert opened == [path.as_uri()]
        assert "Last ferry" in path.read_text("utf-8")
        assert path.stat().st_mode & 0o077 == 0
    finally:
        path.unlink()


@pytest.fixture
def archive(tmp_path):
    pages = tmp_path / "pages" / "deep"
    pages.mkdir(parents=True)
    (pages / "ferry.html").write_bytes(FERRY.read_bytes())
    run_archive(tmp_path / "pages", tmp_path / "archive", cleaner=clean_page)
    return tmp_path / "archive"


def test_an_article_of_the_archive_and_its_raw_page(stet, archive, tmp_path):
    record = json.loads(stet("query", "--json", "SELECT article_id, run_id FROM latest", archive).out)
    stet("inspect", record["article_id"][:6], archive, "--to", "out.html")
    document = html.parse(str(tmp_path / "out.html"))
    galley = document.find(".//main")
    assert galley.get("data-id") == record["article_id"]
    assert galley.get("data-source") == str(tmp_path / "pages" / "deep" / "ferry.html")
    assert record["run_id"] in document.find(".//header").text_content()
    assert "JSON-LD headline" in document.find(".//dl").text_content()


def test_an_article_whose_raw_page_lies_in_a_file_of_many(stet, tmp_path):
    (tmp_path / "pages").mkdir()
    with zipfile.ZipFile(tmp_path / "pages" / "crawl.zip", "w") as crawl:
        crawl.writestr("other.html", b"<p>Something else</p>")
        crawl.writestr("ferry.html", FERRY.read_bytes())
    run_archive(tmp_path / "pages", tmp_path / "archive", cleaner=clean_page)
    record = json.loads(stet("query", "--json", "SELECT * FROM latest", "archive").out)
    stet("inspect", record["article_id"], "archive", "--to", "out.html")
    galley = html.parse(str(tmp_path / "out.html")).find(".//main")
    assert galley.get("data-source") == str(tmp_path / "pages" / "crawl.zip")
    assert galley.get("data-name") == "crawl.zip#ferry.html"
    blocks = [{"label": block["label"], "text": block["text"]} for block in record["blocks"]]
    saved = {"stet": "labels 1", "source_sha256": record["source_sha256"], "url": record["url"], "blocks": blocks}
    saved |= {"name": galley.get("data-name"), "source": galley.get("data-source")}
    (tmp_path / "a.json").write_text(json.dumps(saved))
    stet("label", "a.json", "--to", "labelled")
    (page,) = read_labelled([tmp_path / "labelled"])
    assert page.raw.content == FERRY.read_bytes()
    assert "holds many pages" in stet("inspect", "pages/crawl.zip", code=2).err


def test_a_page_by_its_name_in_the_archive(stet, tmp_path):
    (tmp_path / "pages").mkdir()
    (tmp_path / "pages" / "ferry.html").write_bytes(FERRY.read_bytes())
    (tmp_path / "pages" / "short.html").write_text("<html><body><h1>Nothing here</h1><p>Too short.</p></body></html>")
    run_archive(tmp_path / "pages", tmp_path / "archive", cleaner=clean_page)
    assert "article, " in stet("inspect", "ferry.html", "archive", "--text").out
    assert "no_article: " in stet("inspect", "short.html", "archive", "--text").out
    (tmp_path / "pages" / "short.html").unlink()
    assert "not at hand" in stet("inspect", "short.html", "archive", "--text", code=1).err
    assert "none in archive" in stet("inspect", "other.html", "archive", "--text", code=1).err


def test_an_article_whose_raw_page_is_gone(stet, archive, tmp_path):
    (tmp_path / "pages" / "deep" / "ferry.html").write_text("something else")
    record = json.loads(stet("query", "--json", "SELECT article_id FROM latest", archive).out)
    stet("inspect", record["article_id"], "--archive", archive, "--to", "out.html")
    document = html.parse(str(tmp_path / "out.html"))
    assert document.find(".//main").get("data-source") == ""
    assert "not shown on the page" in document.find(".//dl").text_content()


def test_the_raw_page_is_looked_for_in_its_source_alone(tmp_path):
    import hashlib

    (tmp_path / "pages").mkdir()
    (tmp_path / "secret.html").write_text("secret")
    digest = hashlib.sha256(b"secret").hexdigest()
    for name in ("../secret.html", str(tmp_path / "secret.html"), "x/../../secret.html"):
        assert find_raw([tmp_path / "pages"], name, digest, Limits()) is None
    assert find_raw([tmp_path], "secret.html", digest, Limits())
    assert find_raw([tmp_path], "secret.html", "00" * 32, Limits()) is None


def test_corrected_labels_become_a_labelled_page(stet, ferry, tmp_path):
    promo = next(line.number for line in ferry.lines if line.label is Label.PROMO)
    last = max(line.number for line in ferry.lines if line.group == "kept")
    saved = labels_of(ferry, {promo: Label.PARAGRAPH, last: Label.PROMO})
    (tmp_path / "a.json").write_text(json.dumps(saved))
    stet("label", "a.json", "--to", "labelled")
    (page,) = read_labelled([tmp_path / "labelled"])
    texts = {line.number: line.text for line in ferry.lines}
    assert texts[promo] in page.truth["body"]
    assert texts[last] not in page.truth["body"]
    assert page.truth["title"] == ferry.title
    assert page.raw.content == FERRY.read_bytes()
    assert page.group == "harbour-gazette.example"


def test_evaluate_takes_a_labelled_page(stet, ferry, tmp_path):
    (tmp_path / "a.json").write_text(json.dumps(labels_of(ferry)))
    stet("label", "a.json", "--to", "labelled")
    (score,) = scoreboard(list(read_labelled([tmp_path / "labelled"])), lambda _: None)["labelled"]
    assert (score.exact, score.title, score.caption_leak) == (True, True, False)
    last = max(line.number for line in ferry.lines if line.group == "kept")
    (tmp_path / "a.json").write_text(json.dumps(labels_of(ferry, {last: Label.PROMO})))
    stet("label", "a.json", "--to", "labelled")
    (score,) = scoreboard(list(read_labelled([tmp_path / "labelled"])), lambda _: None)["labelled"]
    assert score.precision < 1


def test_a_page_labelled_again_is_replaced(stet, ferry, tmp_path):
    (tmp_path / "labelled").mkdir()
    (tmp_path / "labelled" / "truth.jsonl").write_text('{"id": "other", "url": null, "body": null}\n')
    for label in (Label.PARAGRAPH, Label.PROMO):
        saved = labels_of(ferry, {line.number: label for line in ferry.lines[:3]})
        (tmp_path / "a.json").write_text(json.dumps(saved))
        stet("label", "a.json", "--to", "labelled")
    lines = (tmp_path / "labelled" / "truth.jsonl").read_text().splitlines()
    assert [json.loads(line)["id"] for line in lines] == ["other", ferry.id]
    assert "Skip to main content" not in lines[1].partition('"labels"')[0]


def test_the_raw_page_is_named_where_it_moved(stet, ferry, tmp_path):
    moved = tmp_path / "moved.html.gz"
    moved.write_bytes(gzip.compress(FERRY.read_bytes()))
    (tmp_path / "a.json").write_text(json.dumps(labels_of(ferry) | {"source": None}))
    assert "--page" in stet("label", "a.json", "--to", "labelled", code=2).err
    stet("label", "a.json", "--to", "labelled", "--page", moved)
    assert (tmp_path / "labelled" / "pages" / f"{ferry.id}.html.gz").is_file()


@pytest.mark.parametrize(
    "change",
    [
        {"stet": "labels 2"}, {"source_sha256": "../../x"}, {"source_sha256": None},
        {"blocks": [{"label": "x", "text": ""}]}, {"blocks": None}, {"url": 1},
        {"name": 1}, {"blocks": []},
    ],
)  # fmt: skip
def test_labels_that_cannot_be_used_are_one_line(stet, ferry, tmp_path, change):
    (tmp_path / "a.json").write_text(json.dumps(labels_of(ferry) | change))
    done = stet("label", "a.json", "--to", "labelled", code=2)
    assert re.fullmatch(r"stet: .*\n", done.err)
    assert not (tmp_path / "labelled").exists()


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"[" * 100_000, b"\xff"])
def test_what_is_no_file_of_labels(tmp_path, content):
    (tmp_path / "a.json").write_bytes(content)
    with pytest.raises(LabelsError):
        read_labels(tmp_path / "a.json")


def test_another_page_is_not_labelled(ferry, tmp_path):
    (tmp_path / "a.json").write_text(json.dumps(labels_of(ferry)))
    with pytest.raises(LabelsError, match="not the page"):
        add_labelled(tmp_path / "labelled", read_labels(tmp_path / "a.json"), RawPage("x", b"other"))


@pytest.mark.parametrize(
    ("arguments", "said", "code"),
    [
        (("inspect", "none.html"), "no such page", 2),
        (("inspect", "abcdef"), "no archive given", 2),
        (("inspect", "."), "is a folder", 2),
        (("inspect", "empty.html"), "empty.html: empty", 1),
        (("inspect", "{ferry}", "--to", "none/out.html"), "cannot write", 1),
        (("label", "none.json", "--to", "x"), "none.json", 2),
    ],
)
def test_a_mistake_is_one_line(stet, tmp_path, arguments, said, code):
    (tmp_path / "empty.html").write_bytes(b"")
    done = stet(*(argument.format(ferry=FERRY) for argument in arguments), code=code)
    assert done.out == ""
    assert re.fullmatch(r"stet: .*\n", done.err)
    assert said in done.err
