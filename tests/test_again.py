"""Pages that are cleaned again, after a rule or a model has changed: what comes out otherwise is a new revision."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from outputs.compact import compact
from outputs.verify import verify
from outputs.views import open_views
from tasks.page import Article, RawPage, Rejected, RejectReason
from tests.archive_samples import NOON, article, rows, run_archive, write_pages

TEXTS = {
    "ferry.html": "The old ferry keeps running through the winter, the harbour council said on Tuesday evening.",
    "bridge.html": "The bridge by the mill stays shut until spring, since its third pier has begun to sink.",
    "none.html": "Nobody knows the address of this page, on which the school board promises a new roof.",
}
PROMO = " Sign up now."


def cleaner(*, without_promo: bool = False, authors: tuple[str, ...] = ("Jane Doe",), refuse: str = "never") -> Any:
    """A cleaner before or after somebody has written a rule."""

    def clean(raw: RawPage, limits: object) -> Article | Rejected:
        text = raw.content.decode()
        if text.startswith(refuse):
            return Rejected(raw.source_name, RejectReason.NO_ARTICLE)
        text = text.removesuffix(PROMO) if without_promo else text
        address = (
            None if raw.source_name == "none.html" else f"https://news.example/{raw.source_name.partition('.')[0]}"
        )
        return article(raw.source_name, text, url=address, authors=authors)

    return clean


class World:
    """Pages and an archive of them; each run is a minute after the one before, so that all are of one day."""

    def __init__(self, folder: Path) -> None:
        texts = TEXTS | {name: TEXTS[name] + PROMO for name in ("ferry.html", "none.html")}
        self.pages, self.root = write_pages(folder / "pages", texts), folder / "archive"
        self._runs = 0

    def run(self, clean: Any, *, again: bool = True) -> tuple[int, int, int]:
        """How many pages were archived, unchanged and rejected."""
        self._runs += 1
        counts = run_archive(self.pages, self.root, 2, NOON + timedelta(minutes=self._runs), clean, again=again).counts
        assert verify(self.root).findings == ()
        return counts.archived, counts.unchanged, counts.rejected_total

    def ask(self, query: str) -> list[tuple[Any, ...]]:
        with open_views(self.root) as views:
            return [tuple(row.values()) for row in views.rows(query)]


@pytest.fixture
def world(tmp_path: Path) -> World:
    world = World(tmp_path)
    assert world.run(cleaner(), again=False) == (3, 0, 0)
    return world


LATEST = "SELECT source_name, revision, ends_with(text, 'now.') FROM latest ORDER BY ALL"
OLD = [("bridge.html", 1, False), ("ferry.html", 1, True), ("none.html", None, True)]
NEW = [("bridge.html", 1, False), ("ferry.html", 2, False), ("none.html", None, False)]


def test_what_comes_out_otherwise_is_a_revision_and_the_rest_is_unchanged(world: World) -> None:
    assert world.run(cleaner(without_promo=True), again=False) == (0, 3, 0)
    assert world.ask(LATEST) == OLD
    assert world.run(cleaner(without_promo=True)) == (2, 1, 0)
    assert world.ask(LATEST) == NEW
    assert world.ask("SELECT count(*) FROM articles WHERE duplicate_of IS NULL") == [(5,)]
    for again in (True, False):
        assert world.run(cleaner(without_promo=True), again=again) == (0, 3, 0)


def test_the_first_id_stays_that_of_the_first_text(world: World) -> None:
    before = {row["article_id"]: row["text"] for row in rows(world.root)}
    world.run(cleaner(without_promo=True))
    after = {row["article_id"]: row["text"] for row in rows(world.root)}
    assert before.items() < after.items()
    assert len(after) == 5


def test_fields_count_too_and_a_change_that_is_taken_back_is_one_more(world: World) -> None:
    assert world.run(cleaner(authors=("Moira Tolland",))) == (3, 0, 0)
    assert world.run(cleaner()) == (3, 0, 0)
    found = world.ask("SELECT revision, authors, duplicate_of FROM articles WHERE url LIKE '%ferry' ORDER BY revision")
    assert found == [(1, ["Jane Doe"], None), (2, ["Moira Tolland"], None), (3, ["Jane Doe"], None)]
    assert world.ask("SELECT DISTINCT authors FROM latest") == [(["Jane Doe"],)]
    assert world.run(cleaner()) == (0, 3, 0)


def test_of_a_url_the_newest_version_alone_is_cleaned_again(world: World) -> None:
    write_pages(
        world.pages,
        {"ferry.2.html": "The ferry stops for good, the council says now, and no boat will follow." + PROMO},
    )
    assert world.run(cleaner(), again=False) == (1, 3, 0)
    assert world.run(cleaner(without_promo=True)) == (2, 2, 0)
    assert world.ask("SELECT revision, source_name FROM latest WHERE url LIKE '%ferry'") == [(3, "ferry.2.html")]


def test_a_reject_may_become_an_article_and_no_article_a_reject(world: World) -> None:
    write_pages(
        world.pages, {"wall.html": "Wall of consent, and behind it the story of the night in which the mill burned."}
    )
    assert world.run(cleaner(refuse="Wall"), again=False) == (0, 3, 1)
    assert world.run(cleaner(refuse="The")) == (1, 3, 0)
    assert world.run(cleaner()) == (0, 4, 0)


def test_days_with_several_versions_are_merged(world: World) -> None:
    world.run(cleaner(without_promo=True))
    compact(world.root)
    assert verify(world.root).findings == ()
    assert world.ask(LATEST) == NEW
    assert world.run(cleaner(without_promo=True)) == (0, 3, 0)
