"""The system's Chromium, driven by Playwright; tests that need it are skipped, visibly, where there is none."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome")
WIDE, NARROW = {"width": 1280, "height": 900}, {"width": 390, "height": 844}


@contextmanager
def chromium() -> Iterator[Any]:
    """A running browser. Skips the test that asks for it where there is no Chromium."""
    playwright = pytest.importorskip("playwright.sync_api")
    path = next(filter(None, map(shutil.which, NAMES)), None)
    if path is None:
        pytest.skip("no Chromium: apt-get install chromium")
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []  # root has no sandbox to offer
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=path, args=arguments)
        try:
            yield browser
        finally:
            browser.close()


def open_page(browser: Any, path: Path, **options: Any) -> tuple[Any, list[str]]:
    """A file in a tab of its own, and the list that fills with what goes wrong there: errors, requests, dialogs."""
    context = browser.new_context(viewport=WIDE, reduced_motion="reduce", **options)
    page, wrong = context.new_page(), []
    page.on("console", lambda message: wrong.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("request", lambda request: None if request.url == path.as_uri() else wrong.append(request.url))
    page.on("dialog", lambda dialog: (wrong.append(dialog.message), dialog.dismiss()))
    page.goto(path.as_uri())
    return page, wrong


def violations(page: Any) -> list[str]:
    """What axe-core finds on a page, a line each."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    found = axe.run(page).response["violations"]
    return [f"{each['id']}: {node['html'][:200]}: {node['failureSummary']}" for each in found for node in each["nodes"]]


_SMALL = """
() => [...document.querySelectorAll("a, button, summary")].map(each => {
  const box = each.getBoundingClientRect();
  return [each.textContent.trim(), box.width, box.height, each.scrollWidth - each.clientWidth];
}).filter(([_, width, height, over]) => width && (width < 24 || height < 24 || over > 1)).map(String)
"""


def too_small(page: Any) -> list[str]:
    """What is hard to hit with a finger, or smaller than its own text: WCAG 2.5.8 asks for 24 pixels both ways."""
    small: list[str] = page.evaluate(_SMALL)
    return small
