"""The sample pages: what each must become, to the letter."""

import json
import re
import runpy
from pathlib import Path

import pytest
from lxml import html

from tasks.clean import clean_page
from tasks.page import Article, RejectReason

PAGES = Path(__file__).parent / "pages"
FOLDERS = sorted(path.parent for path in PAGES.glob("*/expected.json"))
REJECTED = [folder for folder in FOLDERS if not (folder / "expected.text").exists()]
ARTICLES = [folder for folder in FOLDERS if folder not in REJECTED]

maker = runpy.run_path(str(PAGES / "new.py"))
raw_page, fields, make = maker["raw_page"], maker["fields"], maker["make"]


def source(folder):
    (path,) = folder.glob("source.*")
    return path


def expected_text(folder):
    return (folder / "expected.text").read_text(encoding="utf-8").removesuffix("\n")


def expected_fields(folder):
    return json.loads((folder / "expected.json").read_text(encoding="utf-8"))


def clean(folder):
    return clean_page(raw_page(source(folder)))


def words_of(text):
    """The text without what markup and JSON change: white space, quotes, escapes."""
    return re.sub(r"\W+", "", re.sub(r"\\u([0-9a-f]{4})|\\n", lambda m: chr(int(m[1], 16)) if m[1] else " ", text))


def visible(folder):
    """Every word of a sample's source, its scripts' included."""
    page = raw_page(source(folder))
    encoding = "cp932" if b"Shift_JIS" in page.content else "utf-8"
    text = page.content.decode(encoding)
    if ".html" in source(folder).suffixes:
        text = html.document_fromstring(text.encode(), parser=html.HTMLParser(encoding="utf-8")).text_content()
    return words_of(text)


@pytest.mark.parametrize("folder", ARTICLES, ids=lambda folder: folder.name)
def test_text(folder):
    result = clean(folder)
    assert isinstance(result, Article), result
    assert result.text.split("\n\n") == expected_text(folder).split("\n\n")


@pytest.mark.parametrize("folder", ARTICLES, ids=lambda folder: folder.name)
def test_fields(folder):
    expected = expected_fields(folder)
    found = fields(clean(folder))
    assert {key: found[key] for key in expected} == expected


@pytest.mark.parametrize("folder", REJECTED, ids=lambda folder: folder.name)
def test_rejected(folder):
    assert fields(clean(folder)) == expected_fields(folder)


@pytest.mark.parametrize("folder", ARTICLES, ids=lambda folder: folder.name)
def test_every_block_has_its_label_and_reason(folder):
    blocks = clean(folder).blocks
    assert all(block.reason and block.text.strip() and 0 <= block.confidence <= 1 for block in blocks)
    assert any(not block.kept for block in blocks)


@pytest.mark.parametrize("folder", ARTICLES, ids=lambda folder: folder.name)
def test_expected_text_stands_in_the_source(folder):
    words = visible(folder)
    at = 0
    for paragraph in expected_text(folder).split("\n\n"):
        at = words.find(words_of(paragraph), at)
        assert at >= 0, paragraph


def test_samples_are_many_sided():
    languages = {expected_fields(folder)["language"] for folder in ARTICLES}
    assert languages >= {"en", "de", "fr", "es", "it", "pt", "nl", "ja", "ar"}
    assert sum(source(folder).name.startswith("source.txt") for folder in ARTICLES) >= 4
    assert {expected_fields(folder)["rejected"] for folder in REJECTED} <= set(RejectReason)
    assert len(REJECTED) >= 3


def test_new_makes_a_sample(tmp_path):
    page = source(PAGES / "dump-wochenblatt")
    result = make(page, tmp_path / "made")
    assert (tmp_path / "made" / "source.txt.gz").read_bytes() == page.read_bytes()
    assert (tmp_path / "made" / "expected.text").read_text(encoding="utf-8") == result.text + "\n"
    assert json.loads((tmp_path / "made" / "expected.json").read_text(encoding="utf-8")) == fields(result)
