"""Labelled folders, and what is learned from them: each page in the forms that a user may hand in."""

import gzip
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tasks.examples import CROP_AFTER, CROP_BEFORE, VIEW_WEIGHT, Example, examples
from tasks.labelled import LabelledError, LabelledPage, read_labelled
from tasks.page import Block, Kind, RawPage
from tests.stories import SCRIPTS, paragraphs, story_page


def labelled(script: str = "latin", page: str | None = None, **truth: Any) -> LabelledPage:
    known = {"id": script, "url": "https://www.example.co.uk/a", "body": "\n\n".join(paragraphs(script))} | truth
    return LabelledPage("suite", RawPage("a.html", (page or story_page(script)).encode()), known)


def texts(example: Example) -> list[str]:
    return [block.text for block, is_body in zip(example.page.blocks, example.body, strict=True) if is_body]


def _bare(block: Block) -> str:
    return block.text.removeprefix("* ")


# ---- examples --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("script", SCRIPTS)
def test_the_page_its_dump_and_a_crop_know_the_same_body(script: str) -> None:
    whole, dump, crop = examples(labelled(script))
    for view in (whole, dump, crop):
        assert [text.removeprefix("* ") for text in texts(view)] == paragraphs(script)
        assert view.group == "example.co.uk"
        assert view.seen.shape[0] == len(view.grams.counts) == len(view.page.blocks)
        assert len(view.body) == len(view.weight) == len(view.page.blocks)
        assert (view.weight > 0).all()
    assert [view.page.kind for view in (whole, dump, crop)] == [Kind.HTML, Kind.DUMP, Kind.DUMP]
    assert [view.is_made for view in (whole, dump, crop)] == [False, True, True]
    assert [_bare(block) for block in dump.page.blocks] == [block.text for block in whole.page.blocks]
    assert whole.weight.sum() == pytest.approx(100)
    assert dump.weight.sum() == pytest.approx(100 * VIEW_WEIGHT)


@pytest.mark.parametrize("script", SCRIPTS)
def test_a_crop_is_close_around_the_article(script: str) -> None:
    _, dump, crop = examples(labelled(script))
    (at,) = (
        start
        for start in range(len(dump.page.blocks))
        if dump.page.blocks[start : start + len(crop.page.blocks)] == crop.page.blocks
    )
    rows = np.flatnonzero(dump.body)
    assert 0 <= rows[0] - at < CROP_BEFORE
    assert 0 <= at + len(crop.page.blocks) - 1 - rows[-1] < CROP_AFTER


def test_a_dump_stays_a_dump_and_gets_a_crop() -> None:
    text = "\n".join(["Home", "News", *paragraphs("latin"), "Impressum"])
    whole, crop = examples(labelled(page=text))
    assert [whole.page.kind, crop.page.kind] == [Kind.DUMP] * 2
    assert texts(whole) == texts(crop) == paragraphs("latin")


def test_a_line_break_makes_two_lines_of_a_dump() -> None:
    page = (
        "<html><body><p>Home</p>"
        + "".join(f"<p>{text}<br>Zweite Zeile</p>" for text in paragraphs("latin"))
        + "</body>"
    )
    body = "\n".join(f"{text}\nZweite Zeile" for text in paragraphs("latin"))
    whole, dump, _ = examples(labelled(page=page, body=body))
    assert len(dump.page.blocks) == 1 + 2 * 6
    assert whole.body.tolist() == [False] + [True] * 6
    assert dump.body.tolist() == [False] + [True] * 12


def test_the_deck_is_neither_right_nor_wrong() -> None:
    deck = "Ein kurzer Vorspann steht über dem Text."
    page = story_page("latin").replace("</h1>", f"</h1><p>{deck}</p>")
    for truth in (deck, ["something", deck.upper()]):
        for view in examples(labelled(page=page, deck=truth)):
            for block, weight in zip(view.page.blocks, view.weight, strict=True):
                assert (weight == 0) == (block.text == deck)


def test_a_line_that_is_neither_right_nor_wrong_counts_nowhere_on_the_page() -> None:
    footnote = "Eine Fussnote, über die man streiten kann."
    page = story_page("latin").replace("</body>", f"<p>{footnote}</p></body>")
    for view in examples(labelled(page=page, neither=[footnote.upper(), ""])):
        for block, weight in zip(view.page.blocks, view.weight, strict=True):
            assert (weight == 0) == (_bare(block) == footnote)


def test_pages_that_teach_nothing_give_no_example() -> None:
    assert examples(labelled(body="Ein Text, der auf der Seite nirgends steht.")) == []
    assert examples(labelled(page="<html><body><img src=a></body></html>")) == []
    assert examples(LabelledPage("s", RawPage("a", b""), {"id": "a", "body": "b"})) == []
    assert examples(LabelledPage("s", RawPage("a", b"%PDF-1.7 x"), {"id": "a", "body": "b"})) == []


def test_the_same_page_gives_the_same_examples_and_its_id_their_style() -> None:
    for name in ("a", "b"):
        one, two = examples(labelled(id=name)), examples(labelled(id=name))
        for first, second in zip(one, two, strict=True):
            assert first.page == second.page
            assert np.array_equal(first.seen, second.seen, equal_nan=True)
            assert np.array_equal(first.weight, second.weight)
    styles = {tuple(block.gap for block in examples(labelled(id=str(n)))[1].page.blocks) for n in range(12)}
    assert len(styles) == 3


# ---- labelled folders ------------------------------------------------------------------------------------------------


def write(folder: Path, truths: list[Any], pages: dict[str, bytes], end: str = "\n") -> Path:
    (folder / "pages").mkdir(parents=True)
    lines = [truth if isinstance(truth, str) else json.dumps(truth, ensure_ascii=False) for truth in truths]
    (folder / "truth.jsonl").write_text("\n".join(lines) + end, "utf-8")
    for name, content in pages.items():
        (folder / "pages" / name).write_bytes(content)
    return folder


def message(folder: Path) -> str:
    with pytest.raises(LabelledError) as error:
        list(read_labelled([folder]))
    assert "\n" not in str(error.value)
    return str(error.value)


@pytest.mark.parametrize("end", ["\n", ""])
def test_labelled_pages_are_read_in_the_order_of_their_truth(tmp_path: Path, end: str) -> None:
    folder = write(
        tmp_path / "suite",
        [
            {"id": "b", "url": "https://news.example.com/1", "body": "B\u2028b\u0085b"},
            {"id": "skipped", "body": ""},
            {"id": "a", "body": "A"},
        ],
        {"a.txt": b"text of a", "b.html.gz": gzip.compress(b"<p>b</p>")},
        end,
    )
    b, a = read_labelled([folder])
    assert (b.id, b.suite, b.group, b.raw.content, b.truth["body"]) == (
        *("b", "suite", "example.com"),
        *(b"<p>b</p>", "B\u2028b\u0085b"),
    )
    assert (a.id, a.group, a.raw.content) == ("a", "a", b"text of a")


def test_what_is_wrong_with_a_labelled_folder_is_one_line(tmp_path: Path) -> None:
    assert "no truth.jsonl" in message(tmp_path)
    assert "truth.jsonl:2: not JSON" in message(write(tmp_path / "a", [{"id": "a"}, "{"], {}))
    assert "no object with an id" in message(write(tmp_path / "b", ["[]"], {}))
    assert "no object with an id" in message(write(tmp_path / "c", [{"id": 1}], {}))
    assert "no page x" in message(write(tmp_path / "d", [{"id": "x", "body": "b"}], {}))
    assert "x.html.gz" in message(
        write(tmp_path / "e", [{"id": "x", "body": "b"}], {"x.html.gz": gzip.compress(b"x" * 999)[:-9]})
    )
    folder = write(tmp_path / "f", [], {})
    (folder / "truth.jsonl").write_bytes(b'{"id": "\xff"}\n')
    assert "truth.jsonl" in message(folder)
