"""The figures of a run: as counted row by row, over batches and after a compaction; and whose a reject is."""

from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outputs import report_tally
from outputs.layout import Layout, Table
from outputs.report_figures import article_figures, folder_of
from outputs.report_store import DAY, RUN, by_day, largest, load, store, stored_runs
from outputs.report_tally import SAMPLES, Tally
from tasks.figures import ALL, OTHERS, Figures, bin_words, owners, share_bin, total, words_bin
from tasks.page import BOILERPLATE, Article, Label, LabelledBlock, RawPage, Rejected, RejectReason
from tests.archive_samples import NOON, metadata, rows, run_archive, write_pages

_SHARED = "This paragraph stands in more than one story."


def clean(raw: RawPage, limits) -> Article | Rejected:
    """A page's first word is its publisher, or "reject" and an address; each further word a paragraph."""
    publisher, *words = raw.content.decode().split()
    if publisher == "reject":
        return Rejected(raw.source_name, RejectReason.NO_ARTICLE, "nothing", url=words[0] if words else None)
    shared = [_SHARED] if "shared" in words else []
    blocks = (
        LabelledBlock("A bridge opens", Label.TITLE, "title.headline", 0.99),
        *(LabelledBlock(f"{word} " * 30 + raw.source_name, Label.PARAGRAPH, "model", 0.9) for word in words),
        *(LabelledBlock(text, Label.PARAGRAPH, "model", 0.9) for text in shared),
        LabelledBlock("Follow us", Label.PROMO, "en.follow", 0.97),
        LabelledBlock("Follow us again", Label.PROMO, "en.follow", 0.97),
    )
    dated = {"published_at": NOON - timedelta(2)} if "new" in words else {}
    authors = {"authors": ()} if "anonymous" in words else {}
    name = None if publisher == "nobody" else publisher
    return Article(raw.source_name, "", metadata(publisher=name, **dated, **authors), blocks, 0.75)


PAGES: dict[str, str | bytes] = {
    "a/1": "one.example shared new",
    "a/2": "one.example shared anonymous x",
    "a/3": "one.example alone",
    "b/1": "two.example shared",
    "c/1": "nobody shared y",
    "a/4": "reject",
    "b/2": "reject https://www.one.example/story",
    "d/1": "reject",
}


def archive(folder: Path, size: int = 3) -> tuple[Layout, str]:
    source = write_pages(folder / "pages", {f"{name}.html": page for name, page in PAGES.items()})
    manifest = run_archive(source, folder / "archive", size, NOON, clean)
    return Layout(folder / "archive"), manifest.run


def test_figures_are_those_of_the_rows(tmp_path: Path) -> None:
    layout, run = archive(tmp_path, 100)
    figures = Tally.of(layout, run).figures({})
    for publisher in ("one.example", "two.example", None):
        mine = [row for row in rows(layout.root) if row["publisher"] == publisher]
        blocks = [block for row in mine for block in row["blocks"]]
        chars: Counter[str] = Counter()
        for block in blocks:
            chars[block["label"]] += len(block["text"])
        found = figures[publisher]
        assert found.articles == len(mine)
        assert found.chars == chars
        assert found.words == Counter(words_bin(row["word_count"]) for row in mine)
        assert found.confidence == {share_bin(0.75): len(mine)}
        assert found.present["promo"] == len(mine) and "legal" not in found.present
        assert found.present["author"] == sum(bool(row["authors"]) for row in mine)
        assert found.present.get("deck", 0) == 0
        assert found.present["image"] == found.present["title"] == found.present["language"] == len(mine)
        removed = Counter(
            share_bin(
                sum(len(block["text"]) for block in row["blocks"] if block["label"] in BOILERPLATE)
                / sum(len(block["text"]) for block in row["blocks"])
            )
            for row in mine
        )
        assert found.removed == removed
    assert figures["one.example"].present["recent_date"] == 1


def test_paragraphs_that_a_publisher_repeats(tmp_path: Path) -> None:
    layout, run = archive(tmp_path, 100)
    figures = Tally.of(layout, run).figures({})
    assert figures["one.example"].present["repeated"] == 2
    assert "repeated" not in figures["two.example"].present  # another publisher's is no repetition


def test_whose_a_reject_is(tmp_path: Path) -> None:
    layout, run = archive(tmp_path)
    figures = Tally.of(layout, run).figures({"d": "four.example"})
    assert figures["one.example"].rejects == {"no_article": 2}  # by its address, and by the folder it shares
    assert figures["four.example"].rejects == {"no_article": 1}  # by the folder of earlier days
    unknown = Tally.of(layout, run).figures({})
    assert unknown[None].rejects == {"no_article": 1}
    assert total(unknown.values()).pages == len(PAGES)


def test_batches_add_up_to_the_whole(tmp_path: Path) -> None:
    whole, run = archive(tmp_path / "whole", 100)
    parts, parts_run = archive(tmp_path / "parts", 1)
    expected, found = Tally.of(whole, run).figures({}), Tally.of(parts, parts_run).figures({})
    for publisher, figures in expected.items():
        # What another batch repeats is not seen.
        present = {name: count for name, count in figures.present.items() if name != "repeated"}
        assert found[publisher].present == present
        assert (found[publisher].words, found[publisher].chars) == (figures.words, figures.chars)


def test_a_run_among_others_in_the_same_files(tmp_path: Path) -> None:
    layout, run = archive(tmp_path)
    (part, *_) = layout.parts(Table.ARTICLES)
    assert article_figures(part, run) == article_figures(part)
    assert article_figures(part, "another") == {}


def test_very_many_publishers_go_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(report_tally, "_MOST_PUBLISHERS", 10)
    source = write_pages(tmp_path / "pages", {f"{at:03d}.html": f"{min(at, 40)}.example x{at}" for at in range(60)})
    manifest = run_archive(source, tmp_path / "archive", 7, NOON, clean)
    figures = Tally.of(Layout(tmp_path / "archive"), manifest.run).figures({})
    assert len(figures) <= 11
    assert figures["40.example"].articles == 20  # the largest stands by itself
    assert total(figures.values()).articles == 60
    assert figures[OTHERS].articles >= 30


def test_samples_are_a_few_of_each_reason(tmp_path: Path) -> None:
    source = write_pages(tmp_path / "pages", {f"{at:02d}.html": f"reject https://x.example/{at}" for at in range(20)})
    manifest = run_archive(source, tmp_path / "archive", 7, NOON, clean)
    tally = Tally.of(Layout(tmp_path / "archive"), manifest.run)
    assert [sample.source_name for sample in tally.samples["no_article"]] == [f"{at:02d}.html" for at in range(SAMPLES)]
    assert total(tally.figures({}).values()).rejected == 20


counts = st.dictionaries(st.sampled_from(["title", "author", "promo"]), st.integers(1, 9))
histograms = st.dictionaries(st.integers(0, 49), st.integers(1, 9))
some_figures = st.builds(
    Figures, present=counts, rejects=counts, chars=counts, folders=counts, words=histograms, confidence=histograms,
    removed=histograms,
)  # fmt: skip


@given(some_figures, some_figures, some_figures)
def test_figures_add_up_in_any_order(first: Figures, second: Figures, third: Figures) -> None:
    assert first + second == second + first
    assert (first + second) + third == first + (second + third)
    assert first + Figures() == first
    assert (first + second).articles == first.articles + second.articles


@given(st.integers(1, 1_000_000))
def test_lengths_are_known_to_a_tenth(words: int) -> None:
    at = words_bin(words)
    assert bin_words(at) <= words <= bin_words(at + 1)
    assert bin_words(at + 1) <= 1.1 * bin_words(at) + 1


def test_medians() -> None:
    figures = Figures(words={words_bin(count): 1 for count in (10, 500, 9000)})
    assert abs(figures.median_words - 500) < 50
    assert Figures().median_words is None and Figures().share("title") is None


def test_stored_figures_come_back(tmp_path: Path) -> None:
    layout, run = Layout(tmp_path), "20261124T030000Z-aaaaaa"
    figures = {"one.example": Figures(present={"author": 2}, words={40: 3}), None: Figures(rejects={"empty": 1})}
    alarms = frozenset({("one.example", "author"), (None, "rejected"), ("silent.example", "articles")})
    store(layout, run, figures, None, alarms)
    assert load(layout, run, RUN) == load(layout, run, DAY)
    assert load(layout, run, RUN).figures == figures | {ALL: total(figures.values())}
    assert set(load(layout, run, DAY, ["one.example"]).figures) == {"one.example"}
    assert load(layout, run, DAY).alarms == alarms
    later = "20261124T150000Z-bbbbbb"
    store(layout, later, {"one.example": figures["one.example"]}, figures, frozenset())
    assert load(layout, later, DAY).figures == load(layout, run, RUN).figures
    assert set(load(layout, later, RUN).figures) == {"one.example", ALL}
    assert largest(layout, [run, later], 1) == [ALL, "one.example"]
    layout.figures(later).write_bytes(b"damaged")
    assert set(largest(layout, [run, later], 5)) == {ALL, "one.example", None, "silent.example"}
    (tmp_path / "_runs" / "notes.parquet").write_bytes(b"foreign")
    assert list(by_day(stored_runs(layout)).values()) == [[run, later]]


def test_folders_of_several_publishers_are_nobodys() -> None:
    days = [{"one.example": Figures(folders={"a": 3, "b": 1}), "two.example": Figures(folders={"b": 2})}]
    assert owners(days) == {"a": "one.example"}
    assert folder_of("a/b/c.html") == "a" and folder_of("c.html") is None
