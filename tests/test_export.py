"""`stet export`: each form read back by a reader of its own."""

import csv
import gzip
import io
import json
import re
import subprocess
import sys
from importlib import resources

import pytest
import yaml
from fastwarc import ArchiveIterator
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from flows.cli import run
from outputs.export_markdown import escaped, markdown
from outputs.export_tei import tei
from outputs.schema import ARTICLES
from tasks.page import Article, Label, LabelledBlock
from tests.archive_samples import NOON, metadata, rows, run_archive, write_pages
from tests.conftest import ROOT

HOSTILE = 'a < b & "c" <script>alert(1)</script> \u2028 [x](javascript:1)\n# no heading\n1. no list'
BODY = [
    ("A bridge opens", Label.TITLE), (HOSTILE, Label.PARAGRAPH), ("Why", Label.HEADING), ("How", Label.HEADING),
    ("It was time.", Label.QUOTE), ("One", Label.LIST_ITEM), ("Two", Label.LIST_ITEM), ("1 2", Label.TABLE),
    ("Later", Label.HEADING), ("Corrected.", Label.CORRECTION), ("Follow us", Label.PROMO),
]  # fmt: skip


def clean(raw, limits):
    blocks = tuple(LabelledBlock(text, label, "model", 0.9) for text, label in BODY)
    fields = (
        {"url": None, "publisher": None} if raw.source_name == "b.html" else {"url": "https://news.example/a\r\nX: y"}
    )
    return Article(raw.source_name, "", metadata(title=raw.content.decode(), **fields), blocks, 0.75)


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    folder = tmp_path_factory.mktemp("export")
    pages = {"a.html": "=HYPERLINK() <b>", "b.html": 'B "quoted": \x01'}
    run_archive(write_pages(folder / "pages", pages), folder / "archive", now=NOON, cleaner=clean)
    return folder / "archive"


@pytest.fixture
def export(archive, tmp_path, capfdbinary):
    def call(form, to=None, *arguments):
        given = ["--to", str(tmp_path / to)] if to else []
        assert run(["export", str(archive), "--format", form, *given, *arguments]) == 0
        return tmp_path / to if to else capfdbinary.readouterr().out

    return call


@pytest.fixture
def article(archive):
    return next(row for row in rows(archive) if row["source_name"] == "a.html")


def test_jsonl_has_all_columns(export):
    records = [json.loads(line) for line in export("jsonl").decode().removesuffix("\n").split("\n")]
    assert len(records) == 2
    assert set(records[0]) == {*ARTICLES.names, "archived_on"}
    assert [block["text"] for block in records[0]["blocks"]] == [text for text, _ in BODY]


def test_csv(export):
    records = sorted(csv.DictReader(io.StringIO(export("csv").decode())), key=lambda record: record["source_name"])
    assert [record["title"] for record in records] == ["=HYPERLINK() <b>", 'B "quoted": \x01']
    assert records[0]["authors"] == "Jane Doe; John Roe"
    assert HOSTILE in records[0]["text"]
    assert not {"blocks", "images"} & set(records[0])


def test_where(export):
    assert export("jsonl", None, "--where", "title LIKE 'B%' -- a comment").count(b"\n") == 1
    assert export("jsonl", None, "--where", "false OR title LIKE 'B%'").count(b"\n") == 1


@pytest.mark.parametrize("name", ["out.wet", "out.wet.gz"])
def test_wet(export, name):
    content = export("wet", name).read_bytes()
    records = [
        (record.headers.to_dict(), record.reader.read().decode(), str(record.record_type).rpartition(".")[2])
        for record in ArchiveIterator(io.BytesIO(content), verify_digests=True)
    ]
    assert [kind for *_, kind in records] == ["warcinfo", "conversion", "conversion"]
    (headers, text, _), other = sorted(records[1:], key=lambda record: record[1])
    assert headers["WARC-Target-URI"] == "https://news.example/aX:y"
    assert headers["WARC-Date"].startswith("2026-11-24T12:00:00")
    assert headers["Content-Type"] == "text/plain"
    assert re.fullmatch(r"<urn:uuid:[0-9a-f-]{36}>", headers["WARC-Record-ID"])
    assert text.startswith("=HYPERLINK() <b>\n\na < b")
    assert other[0]["WARC-Target-URI"].startswith("urn:stet:")
    assert "Follow us" not in text


@pytest.mark.parametrize("name", ["out.wet", "out.wet.gz"])
def test_wet_by_warcio(export, name):
    iterator = pytest.importorskip("warcio.archiveiterator").ArchiveIterator
    with export("wet", name).open("rb") as file:
        kinds = [record.rec_type for record in iterator(file, check_digests="raise") if record.content_stream().read()]
    assert kinds == ["warcinfo", "conversion", "conversion"]


def test_packed_lines(export):
    packed = export("jsonl", "out.jsonl.gz").read_bytes()
    assert export("jsonl").endswith(gzip.decompress(packed))


def test_tei_by_trafilatura_s_definition(export):
    pytest.importorskip("trafilatura")
    with resources.files("trafilatura").joinpath("data/tei_corpus.dtd").open("rb") as file:
        definition = etree.DTD(file)
    files = sorted(export("tei", "tei").iterdir())
    assert len(files) == 2
    for path in files:
        root = etree.parse(path).getroot()
        for table in root.iterfind(".//{*}table"):  # of TEI's module "figures", which this definition leaves out
            table.getparent().remove(table)
        definition.assertValid(root)


def test_tei_holds_the_fields_and_the_text(article):
    root = etree.fromstring(tei(article))
    space = {"t": "http://www.tei-c.org/ns/1.0"}
    assert root.findtext(".//t:titleStmt/t:title", namespaces=space) == "=HYPERLINK() <b>"
    assert [name.text for name in root.findall(".//t:titleStmt/t:author", space)] == ["Jane Doe", "John Roe"]
    assert root.find(".//t:publicationStmt/t:date", space).get("when") == "2017-10-19"
    heads = [[head.text for head in division.findall("t:head", space)] for division in root.findall(".//t:div", space)]
    assert heads == [[], ["Why", "How"], ["Later"]]
    assert [item.text for item in root.findall(".//t:list/t:item", space)] == ["One", "Two"]
    paragraph = root.find(".//t:body//t:p", space)
    assert paragraph.text.startswith('a < b & "c" <script>')
    assert len(paragraph.findall("t:lb", space)) == 2
    assert "Follow us" not in "".join(root.itertext())


def test_markdown_front_matter_is_yaml(article):
    _, front, body = markdown(article).decode().split("---\n", 2)
    fields = yaml.safe_load(front)
    assert fields["title"] == "=HYPERLINK() <b>"
    assert fields["authors"] == ["Jane Doe", "John Roe"]
    assert "## Why\n\n## How\n\n> It was time.\n\n- One\n- Two\n\n" in body
    assert "\\<script\\>" in body
    assert "\n\\# no heading\\\n1\\. no list" in body
    assert "Follow us" not in body


@given(st.text())
def test_markdown_escapes_what_markup_begins_with(text):
    bare = re.sub(r"\\.", "", escaped(text), flags=re.DOTALL)
    assert not set("`*_[]<>|~&\\") & set(bare)


def test_a_folder_appears_whole_or_not_at_all(archive, tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("outputs.export").export.FOLDERS, "tei", (".xml", fail_on_second()))
    with pytest.raises(RuntimeError):
        run(["export", str(archive), "--format", "tei", "--to", str(tmp_path / "tei")])
    assert list(tmp_path.iterdir()) == []


def fail_on_second():
    seen = []

    def render(article):
        seen.append(article)
        if len(seen) == 2:
            raise RuntimeError("killed")
        return b"<TEI/>"

    return render


def test_a_reader_that_has_had_enough(archive):
    export = f"'{sys.executable}' -m flows.cli export '{archive}' --format jsonl"
    command = ["bash", "-c", f"{export} | head -c 100 >/dev/null"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)
    assert done.stderr == ""


def test_a_failed_file_leaves_the_old_one(archive, tmp_path):
    (tmp_path / "out.csv").write_text("old")
    assert run(["export", str(archive), "--format", "csv", "--to", str(tmp_path / "out.csv"), "--where", "nope"]) == 2
    assert [path.read_text() for path in tmp_path.iterdir()] == ["old"]
    assert run(["export", str(archive), "--format", "csv", "--to", str(tmp_path / "out.csv")]) == 0
    assert (tmp_path / "out.csv").read_text().startswith("article_id,")
