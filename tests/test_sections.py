"""The section that a trail over the headline shows."""

import pytest

from tasks.page import Kind
from tasks.sections import shown_section
from tests.test_label import dump_of, page_of

TRAIL = "<ul class=breadcrumb><li><a>Home</a></li><li><a>{}</a></li><li>Ferry stays afloat</li></ul>"
HEAD = "<h1>Ferry stays afloat</h1><p>Text"


def shown(markup: str, names: tuple[str, ...] = ()) -> str | None:
    page = page_of(markup)
    row = next(row for row, block in enumerate(page.blocks) if block.tag == "h1")
    return shown_section(page, "Ferry stays afloat", row, names)


def test_the_last_step_before_the_article():
    assert shown(TRAIL.format("Harbour") + HEAD) == "Harbour"
    assert shown("<div class=page-breadcrumbs><span><a>Harbour</a></span></div>" + HEAD) == "Harbour"


@pytest.mark.parametrize("step", ["Startseite", "ホーム", "Harbour Gazette"])
def test_home_and_the_site_are_no_section(step):
    assert shown(TRAIL.format(step) + HEAD, ("Harbour Gazette",)) is None


def test_a_menu_is_no_trail():
    assert shown(f"<ul class=menu><li><a>Harbour</a></li></ul>{HEAD}") is None


def test_steps_that_stand_in_one_block_are_none():
    assert shown(f"<div class=breadcrumb>Home Harbour Boats and ships Ferry stays afloat</div>{HEAD}") is None


def test_a_dump_has_no_trail():
    page = dump_of("Harbour", "Ferry stays afloat", "Text")
    assert page.kind is Kind.DUMP
    assert shown_section(page, "Ferry stays afloat", 1, ()) is None
