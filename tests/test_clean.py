"""The whole line of one page: bytes in, an article or a reason out, the same every time."""

import gc
import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime

import numpy as np
import pytest

from config.limits import Limits
from tasks.clean import clean_page
from tasks.decode import decode
from tasks.model import load_model
from tasks.page import KEPT, Article, Label, Page, RawPage, Rejected, RejectReason
from tests.stories import SCRIPTS, paragraphs, story_page, title


def raw(content: str | bytes, name: str = "a/page.html") -> RawPage:
    data = content.encode() if isinstance(content, str) else content
    return RawPage(name, data, "https://www.example.com/a", datetime(2024, 5, 1, tzinfo=UTC))


def article(page: RawPage) -> Article:
    result = clean_page(page)
    assert isinstance(result, Article), result
    return result


@pytest.mark.parametrize("script", SCRIPTS)
def test_a_page_becomes_its_article(script: str) -> None:
    page = raw(story_page(script))
    found = article(page)
    assert found.text == "\n\n".join(paragraphs(script))
    assert found.metadata.title == title(script)
    assert found.metadata.language == SCRIPTS[script]
    assert found.source_name == "a/page.html"
    assert found.source_sha256 == hashlib.sha256(page.content).hexdigest()
    assert 0.5 < found.confidence <= 1


@pytest.mark.parametrize("script", SCRIPTS)
def test_every_visible_word_of_the_page_stands_in_a_block(script: str) -> None:
    shown = "".join(block.text for block in article(raw(story_page(script))).blocks)
    for word in ("News", "Weather", "Privacy", title(script), *paragraphs(script)):
        assert word in shown


def test_kept_blocks_alone_are_the_text() -> None:
    found = article(raw(story_page("latin")))
    assert found.text.split("\n\n") == [block.text for block in found.blocks if block.label in KEPT]
    assert {block.label for block in found.blocks} >= {Label.PARAGRAPH, Label.TITLE}
    assert "Sport" not in found.text


def test_a_dump_becomes_its_article() -> None:
    lines = ["Home", "Sport", title("latin"), *paragraphs("latin"), "Impressum", "© 2024 Kurier"]
    found = article(raw("\n\n".join(lines), "page.txt"))
    assert found.text == "\n\n".join(paragraphs("latin"))


@pytest.mark.parametrize("script", SCRIPTS)
def test_the_same_page_twice_is_the_same_article(script: str) -> None:
    assert clean_page(raw(story_page(script))) == clean_page(raw(story_page(script)))


def test_the_name_and_the_moment_change_nothing_but_themselves() -> None:
    one = article(RawPage("one", story_page("latin").encode()))
    two = article(RawPage("two", story_page("latin").encode(), fetched_at=datetime(1999, 1, 1, tzinfo=UTC)))
    assert (one.blocks, one.metadata, one.confidence) == (two.blocks, two.metadata, two.confidence)


REJECTED = {
    RejectReason.EMPTY: b" \n",
    RejectReason.BINARY: b"%PDF-1.7\n%\xe2\xe3\xcf\xd3 x",
    RejectReason.TOO_LARGE: b"<p>" + b"a" * 3_000_000,
    RejectReason.NO_TEXT: b"<html><body><img src=a.png><script>x()</script></body></html>",
    RejectReason.NO_ARTICLE: b"<html><body><ul><li><a href=/a>News</a><li><a href=/b>Sport</a></ul></body></html>",
    RejectReason.ERROR_PAGE: b"<html><title>404 Not Found</title><body><h1>Not Found</h1><p>Nothing.</body></html>",
}


@pytest.mark.parametrize("reason", REJECTED)
def test_what_is_rejected_says_which_page_and_why(reason: RejectReason) -> None:
    page = raw(REJECTED[reason])
    result = clean_page(page, Limits(max_page_bytes=2_000_000))
    assert isinstance(result, Rejected)
    assert result.reason is reason
    assert result.detail
    assert (result.source_name, result.url, result.size) == ("a/page.html", page.url, len(page.content))
    assert result.source_sha256 == hashlib.sha256(page.content).hexdigest()


def test_the_limits_are_the_callers() -> None:
    page = raw(story_page("latin"))
    assert isinstance(clean_page(page, Limits(max_page_bytes=100)), Rejected)
    result = clean_page(page, Limits(min_words=100_000))
    assert isinstance(result, Rejected)
    assert result.reason is RejectReason.NO_ARTICLE


def test_another_model_may_be_given() -> None:
    class Never:
        def probabilities(self, page: Page, hits: Sequence[Sequence[Label]]) -> np.ndarray:
            return np.zeros(len(page.blocks), np.float32)

    page = raw(story_page("latin"))
    assert clean_page(page, Limits(), load_model()) == clean_page(page)
    result = clean_page(page, Limits(), Never())
    assert isinstance(result, Rejected)
    assert result.reason is RejectReason.NO_ARTICLE


def test_the_garbage_collector_rests_while_a_page_is_cleaned_and_is_left_as_it_was(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen: list[bool] = []
    monkeypatch.setattr("tasks.clean.decode", lambda *_: seen.append(gc.isenabled()) or decode(*_))
    page = raw(story_page("latin"))
    assert gc.isenabled()
    clean_page(page)
    assert gc.isenabled()
    gc.disable()
    try:
        clean_page(page)
        assert not gc.isenabled()
    finally:
        gc.enable()
    assert seen == [False, False]


def test_the_garbage_collector_runs_again_after_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tasks.clean.decode", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        clean_page(raw("x"))
    assert gc.isenabled()
