"""The run report in a real browser: accessible, within the width of a phone, and without a request."""

from pathlib import Path
from typing import Any

import pytest

from outputs.report import render
from tests.browser import NARROW, WIDE, chromium, open_page, too_small, violations
from tests.test_report import HOSTILE, full


@pytest.fixture(scope="module")
def browser():
    with chromium() as running:
        yield running


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("report")
    for name, report in (("plain", full()), ("hostile", full(HOSTILE + "x" * 300))):
        (folder / f"{name}.html").write_text(render(report), "utf-8")
    return folder


@pytest.mark.parametrize(
    ("name", "size", "scheme"),
    [
        ("plain", WIDE, "light"),
        ("plain", WIDE, "dark"),
        ("plain", NARROW, "light"),
        ("plain", NARROW, "dark"),
        ("hostile", NARROW, "light"),
    ],
)
def test_accessible_and_as_wide_as_the_screen(
    browser: Any, folder: Path, name: str, size: dict[str, int], scheme: str
) -> None:
    page, wrong = open_page(browser, folder / f"{name}.html", color_scheme=scheme)
    page.set_viewport_size(size)
    for summary in page.locator("summary").all():
        summary.click()
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") == size["width"]
    assert too_small(page) == []
    assert wrong == []
    page.context.close()


def test_light_and_dark_differ(browser: Any, folder: Path) -> None:
    colours = set()
    for scheme in ("light", "dark"):
        page, _ = open_page(browser, folder / "plain.html", color_scheme=scheme)
        colours.add(page.evaluate("getComputedStyle(document.body).backgroundColor"))
        bar = page.locator("svg .bar rect").first
        colours.add(bar.evaluate("bar => getComputedStyle(bar).fill"))
        page.context.close()
    assert len(colours) == 4
