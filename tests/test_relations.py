"""Duplicates and revisions: within a run and against the archive, however the pages are cut into batches."""

import random
import shutil
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outputs import known_texts, text_index
from outputs import relations as deciding
from outputs.archive import open_run
from outputs.batch import archive_batch
from outputs.compact import compact
from outputs.known_texts import read_texts
from outputs.layout import Layout
from outputs.minhash import signature
from outputs.relations import Relations
from outputs.text_index import Segment, new_texts, url_key
from outputs.verify import verify
from tasks.page import Article, RawPage
from tasks.read import find_pages
from tests.archive_samples import LIMITS, NOON, article, rows, run_archive, write_pages


def clean(raw: RawPage, _: object) -> Article:
    """The first line is the address, the rest the text."""
    url, _, text = raw.content.decode().partition("\n")
    return article(raw.source_name, text, url=url or None)


def story(seed: int, paragraphs: int = 6) -> str:
    words = random.Random(seed)
    return "\n\n".join(
        " ".join(f"{words.choice('bcdfglmnprst')}{words.choice('aeiou')}{words.randrange(400)}" for _ in range(40))
        for _ in range(paragraphs)
    )


def wire(text: str) -> str:
    """A copy as a paper prints it: another dateline, the last paragraph cut, a word changed."""
    paragraphs = ("CAPITAL (Agency) - " + text).split("\n\n")[:-1]
    return "\n\n".join(paragraphs).replace(paragraphs[1].split()[5], "reportedly")


ONE, TWO, THREE = story(1), story(2), story(3)
PAGES = {
    "a.html": f"https://a.example/one\n{ONE}",
    "b.html": f"https://b.example/1\n{wire(ONE)}",
    "c.html": f"https://a.example/two\n{TWO}",
    "d.html": f"https://a.example/one?print\n{ONE}\n\nPrinted from a.example",
    "e.html": f"https://a.example/one\n{ONE} \n\nUpdated: more came to light.",
    "f.html": f"https://a.example/two\n{THREE}",
    "g.html": f"https://a.example/one\n{ONE}\n",
    "h.html": f"\n{wire(wire(ONE))}",
    "i.html": f"https://c.example/wire\n{wire(THREE)}",
    "j.html": f"https://a.example/\n{story(8)}",
    "k.html": f"https://a.example/\n{story(9)}",
}
# What each is: which page it repeats, and its revision.
EXPECTED = {
    "a.html": (None, 1),
    "b.html": ("a.html", 1),
    "c.html": (None, 1),
    "d.html": ("a.html", 1),
    "e.html": (None, 2),
    "f.html": (None, 2),
    "g.html": (None, 3),
    "h.html": ("a.html", None),
    "i.html": ("f.html", 1),
    "j.html": (None, None),
    "k.html": (None, None),
}


def found(root: Path) -> dict[str, tuple[str | None, int | None]]:
    all_rows = rows(root)
    names = {row["article_id"]: row["source_name"] for row in all_rows}
    return {
        row["source_name"]: (row["duplicate_of"] and names[row["duplicate_of"]], row["revision"]) for row in all_rows
    }


@pytest.mark.parametrize("size", [1, 2, 4, 20])
def test_within_a_run_whatever_its_batches(tmp_path, size):
    run_archive(write_pages(tmp_path / "pages", PAGES), tmp_path / "archive", size=size, cleaner=clean)
    assert found(tmp_path / "archive") == EXPECTED
    assert verify(tmp_path / "archive").findings == ()


@pytest.mark.parametrize("compacted", [False, True])
def test_against_the_archive(tmp_path, compacted):
    root = tmp_path / "archive"
    for number, (name, page) in enumerate(PAGES.items()):
        source = write_pages(tmp_path / str(number), {name: page})
        run_archive(source, root, now=NOON + timedelta(days=number), cleaner=clean)
        if compacted:
            compact(root, now=NOON + timedelta(days=number + 1))
    assert found(root) == EXPECTED
    assert verify(root).findings == ()


def test_the_text_that_an_address_had_before(tmp_path):
    """Other bytes, the same text: a duplicate of that version, not a new one."""
    pages = {
        "1.html": f"https://a.example/x\n{ONE}",
        "2.html": f"https://a.example/x\n{TWO}",
        "3.html": f"https://a.example/x\n{ONE}",
        "4.html": f"https://a.example/x\n{TWO}",
    }
    count = iter(range(9))

    def other_bytes(raw, limits):
        return clean(RawPage(raw.source_name, raw.content.rstrip()), limits)

    source = write_pages(tmp_path / "pages", {name: page + " " * next(count) for name, page in pages.items()})
    run_archive(source, tmp_path / "archive", cleaner=other_bytes)
    assert found(tmp_path / "archive") == {
        "1.html": (None, 1),
        "2.html": (None, 2),
        "3.html": ("1.html", 1),
        "4.html": ("2.html", 2),
    }


def test_a_killed_run_is_no_other_than_one_that_came_through(tmp_path):
    source = write_pages(tmp_path / "pages", PAGES)
    refs = list(find_pages([source]))
    with pytest.raises(KeyboardInterrupt), open_run(tmp_path / "archive", []) as run:
        run.commit(archive_batch(run.job(0, refs[:5], LIMITS), clean))
        raise KeyboardInterrupt
    run_archive(source, tmp_path / "archive", cleaner=clean)
    assert found(tmp_path / "archive") == EXPECTED


def test_a_page_of_the_same_bytes_is_not_held_against_itself(tmp_path):
    pages = {"1.html": PAGES["a.html"], "2.html": PAGES["a.html"], "3.html": PAGES["b.html"]}
    manifest = run_archive(write_pages(tmp_path / "pages", pages), tmp_path / "archive", size=1, cleaner=clean)
    assert manifest.counts.duplicate == 1
    assert found(tmp_path / "archive") == {"1.html": (None, 1), "3.html": ("1.html", 1)}


def test_the_index_is_the_same_after_a_compaction(tmp_path):
    source = write_pages(tmp_path / "pages", PAGES)
    run_archive(source, tmp_path / "archive", size=3, now=NOON, cleaner=clean)
    shutil.copytree(tmp_path / "archive", tmp_path / "compacted")
    compact(tmp_path / "compacted", now=NOON + timedelta(days=1))
    indexes = []
    for name in ("archive", "compacted"):
        (tmp_path / f"{name}-index").mkdir()
        indexes += read_texts(Layout(tmp_path / name), tmp_path / f"{name}-index")
    assert len(indexes[0]) == len(PAGES)
    assert indexes[0].texts.tobytes() == indexes[1].texts.tobytes()
    assert indexes[0].bands.tobytes() == indexes[1].bands.tobytes()


@pytest.mark.parametrize("growth", [0, 9])
def test_the_index_of_a_large_archive_is_kept(tmp_path, monkeypatch, growth):
    monkeypatch.setattr(known_texts, "_KEPT_TEXTS", 3)
    monkeypatch.setattr(known_texts, "_GROWTH", growth)
    root = tmp_path / "archive"
    for number, (name, page) in enumerate(PAGES.items()):
        source = write_pages(tmp_path / str(number), {name: page})
        run_archive(source, root, now=NOON + timedelta(days=number), cleaner=clean)
        assert (root / "_index" / "covers.json").exists() == (number >= 3)
        if number == 8:
            compact(root, now=NOON + timedelta(days=9))
    assert found(root) == EXPECTED
    assert verify(root).findings == ()


@pytest.mark.parametrize("damage", ["{", '{"format": 0}', "[]", None])
def test_a_kept_index_that_cannot_be_used_is_made_anew(tmp_path, monkeypatch, damage):
    monkeypatch.setattr(known_texts, "_KEPT_TEXTS", 1)
    root = tmp_path / "archive"
    run_archive(write_pages(tmp_path / "1", dict(list(PAGES.items())[:5])), root, now=NOON, cleaner=clean)
    run_archive(write_pages(tmp_path / "2", {"f.html": PAGES["f.html"]}), root, now=NOON, cleaner=clean)
    if damage is None:
        next((root / "_index").glob("*-bands.npy")).unlink()
    else:
        (root / "_index" / "covers.json").write_text(damage)
    run_archive(write_pages(tmp_path / "3", PAGES), root, now=NOON + timedelta(days=1), cleaner=clean)
    assert found(root) == EXPECTED


def records(texts: list[str], urls: list[str | None] | None = None) -> text_index.Texts:
    ids = [f"{number:020x}" for number in range(len(texts))]
    digests = [f"{hash(text) & (2**64 - 1):016x}" for text in texts]
    return new_texts([signature(text) for text in texts], ids, urls or [None] * len(texts), digests)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(0, 5), max_size=40), st.lists(st.integers(1, 9), max_size=40))
def test_batches_do_not_matter(seeds, cuts):
    texts = records([wire(story(seed, 3)) if number % 2 else story(seed, 3) for number, seed in enumerate(seeds)])
    whole = Relations([], Path()).settle(texts)
    pieces, start = Relations([], Path()), 0
    settled = []
    for size in [*cuts, len(seeds)]:
        settled += pieces.settle(texts[start : start + size])
        start += size
    assert settled == whole
    first = {}
    for number, seed in enumerate(seeds):
        assert whole[number].duplicate_of == first.get(seed)
        first.setdefault(seed, f"{number:020x}")


def test_segments_on_disk_and_merged(tmp_path, monkeypatch):
    monkeypatch.setattr(deciding, "_IN_MEMORY", 8)
    texts = records([story(number % 20, 2) for number in range(60)])
    known = Relations([], tmp_path)
    settled = [relation for start in range(0, 60, 5) for relation in known.settle(texts[start : start + 5])]
    assert [relation.duplicate_of for relation in settled] == [
        None if number < 20 else f"{number % 20:020x}" for number in range(60)
    ]
    assert sorted(len(segment) for segment in known._segments) == [20, 40]
    assert len(list(tmp_path.iterdir())) == 4  # two files each; those of merged segments are gone


def test_a_text_that_thousands_repeat_costs_no_more(monkeypatch):
    texts = records([story(1, 2)] * 3000)
    segment = Segment.of(texts)
    places, found_rows, _ = segment.near(texts[:10])
    assert len(places) == 10 * text_index.MOST
    assert set(found_rows.tolist()) == set(range(text_index.MOST))
    assert all(relation.duplicate_of == f"{0:020x}" for relation in Relations([segment], Path()).settle(texts[-5:]))


def test_an_address_with_thousands_of_texts_gets_the_next_revision():
    texts = records([story(number, 1) for number in range(300)], ["https://a.example/live"] * 300)
    settled = Relations([], Path()).settle(texts)
    assert [relation.revision for relation in settled] == list(range(1, 301))


def test_texts_without_words_are_alike_to_nothing():
    texts = records(["…", "—", "?!"])
    assert np.count_nonzero(texts["minhash"]) == 0
    assert all(each.duplicate_of is None for each in Relations([], Path()).settle(texts))


@pytest.mark.parametrize(
    "url", [None, "", "https://a.example", "https://a.example/", "http://a.example/#top", "http://a.example#top"]
)
def test_an_address_of_no_article(url):
    assert url_key(url) == 0


@pytest.mark.parametrize("url", ["https://a.example/?p=3", "https://a.example/x", "urn:x:1", "https://a/\ud800"])
def test_an_address_of_an_article(url):
    assert 0 < url_key(url) < 2**64
