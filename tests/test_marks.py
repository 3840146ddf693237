"""Pages marked line by line to learn from: what is in the file, and that marks find their blocks again."""

import gzip
import hashlib
import json
import re
import sys
from pathlib import Path

import pytest

from benchmarks import marks
from config.limits import Limits
from tasks.blocks import cut
from tasks.decode import Source, decode
from tasks.examples import examples
from tasks.labelled import read_labelled
from tasks.page import Page, RawPage
from tests.gold.gold import read_gold
from tests.stories import paragraphs, story_page
from tests.suites import SUITES, at_hand

CODE = re.compile(r"[0-9a-f]{8}(\.\d+)?")
LINES = [json.loads(line) for line in marks.MARKS.read_text("utf-8").splitlines()]


def test_the_file_holds_no_text_and_no_page_that_figures_are_said_of() -> None:
    assert len({(line["suite"], line["id"]) for line in LINES}) == len(LINES) >= 390
    for line in LINES:
        assert line.keys() == {"suite", "id", "sha256", "body", "neither"}
        assert all(map(CODE.fullmatch, (*line["body"], *line["neither"])))
        assert not set(line["body"]) & set(line["neither"])
    assert not {(line["suite"], line["id"]) for line in LINES} & {(page.suite, page.id) for page in read_gold()}


def _run(monkeypatch: pytest.MonkeyPatch, *arguments: object) -> None:
    monkeypatch.setattr(sys, "argv", ["marks.py", *map(str, arguments)])
    marks.main()


def test_marks_find_their_blocks_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    said_twice = "Dieser Satz steht auf der Seite gleich zweimal, oben und unten."
    page = (
        story_page("latin")
        .replace("<h1>", f"<p>{said_twice}</p><h1>")
        .replace("</body>", f"<p>{said_twice}</p></body>")
    )
    suite = tmp_path / "suites" / "papers"
    (suite / "pages").mkdir(parents=True)
    (suite / "pages" / "a.html.gz").write_bytes(gzip.compress(page.encode()))
    (suite / "truth.jsonl").write_text(json.dumps({"id": "a", "url": "https://www.p.example/a"}) + "\n", "utf-8")
    source = decode(RawPage("a", page.encode()), Limits())
    assert isinstance(source, Source)
    seen = cut(source)
    assert isinstance(seen, Page)
    texts = [block.text for block in seen.blocks]
    sha256 = hashlib.sha256(page.encode()).hexdigest()
    codes = list(marks.codes(texts, sha256))
    known = paragraphs("latin")
    first, *others = (codes[texts.index(text)] for text in known)
    mark = {"suite": "papers", "id": "a", "sha256": sha256, "neither": [first], "body": [*others, codes[-1]]}
    assert texts.count(said_twice) == 2
    assert codes[-1] == f"{codes[texts.index(said_twice)]}.2"
    other = mark | {"sha256": "0" * 64}
    less = mark | {"body": ["00000000", *others[:1]]}
    monkeypatch.setattr(marks, "MARKS", tmp_path / "marks.jsonl")
    marks.MARKS.write_text("".join(json.dumps(line) + "\n" for line in (mark, other, less)), "utf-8")
    _run(monkeypatch, tmp_path / "suites", "--to", tmp_path / "labelled")
    told = capsys.readouterr().out.splitlines()
    assert told[0] == "papers.a: not the page that was marked"
    assert told[1] == "papers.a: 1 of 2 marked blocks are on the page"
    assert told[2].startswith("1 of 3 marked pages in ")
    (found,) = read_labelled([tmp_path / "labelled"])
    assert (found.group, found.raw.content) == ("p.example", page.encode())
    whole = examples(found)[0]
    rows = [text for text, is_body in zip(texts, whole.body, strict=True) if is_body]
    assert rows == [*known[1:], said_twice]
    assert texts[int((whole.weight == 0).argmax())] == known[0]


@at_hand
def test_every_mark_is_of_a_page_of_the_suites(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _run(monkeypatch, SUITES, "--to", tmp_path)
    assert capsys.readouterr().out.splitlines() == [f"{len(LINES)} of {len(LINES)} marked pages in {tmp_path}"]
    assert len(list(read_labelled([tmp_path]))) == len(LINES)
