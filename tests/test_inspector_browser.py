"""The inspector in a real browser: labels by key, the file that it saves, and that a page can do nothing to it."""

import json

import pytest

from config.limits import Limits
from outputs.inspector import inspect_page
from outputs.inspector_labels import add_labelled, read_labels
from outputs.inspector_page import render
from tasks.labelled import read_labelled
from tasks.page import RawPage
from tests.browser import NARROW, WIDE, chromium, open_page, too_small, violations
from tests.test_inspector import FERRY, HOSTILE

SCHEMES, SIZES = ("light", "dark"), (WIDE, NARROW)


@pytest.fixture(scope="module")
def browser():
    with chromium() as running:
        yield running


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The pages of an ordinary and of a hostile story."""
    folder = tmp_path_factory.mktemp("inspector")
    for name, content in (("ferry", FERRY.read_bytes()), ("hostile", HOSTILE.encode())):
        page = inspect_page(RawPage(f"{name}.html", content), Limits(), FERRY if name == "ferry" else None)
        (folder / f"{name}.html").write_text(render(page), "utf-8")
    return folder


@pytest.fixture
def ferry(browser, folder):
    page, wrong = open_page(browser, folder / "ferry.html", accept_downloads=True)
    yield page
    assert wrong == []
    page.context.close()


def press(page, *keys):
    for key in keys:
        page.keyboard.press(key)


def current(page):
    return page.evaluate("[document.activeElement.closest('.block').id, document.activeElement.textContent]")


def test_moving_and_labelling_by_key(ferry):
    press(ferry, "j")
    start, label = current(ferry)
    assert label == "paragraph"
    press(ferry, "o")
    block = ferry.locator(f"#{start}")
    assert current(ferry) == [start, "promo"]
    assert "boilerplate" in block.get_attribute("class")
    assert "line-through" in block.locator(".text").evaluate("text => getComputedStyle(text).textDecoration")
    press(ferry, "ArrowDown", ".")
    after, label = current(ferry)
    assert (int(after[1:]), label) == (int(start[1:]) + 1, "promo")
    assert ferry.locator("#status").text_content() == "2 corrections"
    press(ferry, "k", "p")
    assert current(ferry) == [start, "paragraph"]
    assert ferry.locator("#status").text_content() == "1 correction"


def test_undo_takes_back_each_step_in_turn(ferry):
    press(ferry, "j", "o", "a", "j", "1")
    press(ferry, "u")
    assert current(ferry)[1] == "paragraph"
    press(ferry, "Control+z")
    assert current(ferry)[1] == "promo"
    press(ferry, "u")
    assert current(ferry)[1] == "paragraph"
    assert ferry.locator("#status").text_content() == "As Stet labelled it"
    assert ferry.locator("#undo").is_disabled()


def test_every_label_has_its_key(ferry):
    press(ferry, "j")
    for button in ferry.locator("#labels button[data-key]").all():
        press(ferry, button.get_attribute("data-key"))
        assert ferry.evaluate("document.activeElement.closest('.block').dataset.label") == button.get_attribute(
            "data-label"
        )


def test_doubtful_blocks_are_found(browser, tmp_path, monkeypatch):
    monkeypatch.setattr("outputs.inspector_page.DOUBTFUL", 1.1)  # whatever the model is sure of
    inspected = inspect_page(RawPage("ferry.html", FERRY.read_bytes()), Limits(), FERRY)
    (tmp_path / "ferry.html").write_text(render(inspected), "utf-8")
    ferry, _ = open_page(browser, tmp_path / "ferry.html")
    press(ferry, "d")
    assert "doubtful" in ferry.locator(f"#{current(ferry)[0]}").get_attribute("class")


@pytest.mark.parametrize("size", SIZES, ids=["wide", "narrow"])
def test_a_reason_is_never_under_the_bar(ferry, size):
    ferry.set_viewport_size(size)
    press(ferry, "j")
    seen = set()
    while (block := current(ferry)[0]) not in seen:
        seen.add(block)
        bottom = ferry.locator(f"#{block} .why").evaluate("why => why.getBoundingClientRect().bottom")
        assert bottom <= ferry.locator("#labels").evaluate("bar => bar.getBoundingClientRect().top"), block
        press(ferry, "j")
    assert len(seen) > 25


def test_reasons_show_by_keyboard_and_by_pointer(ferry):
    press(ferry, "j")
    row = ferry.locator(f"#{current(ferry)[0]}")
    why = row.locator(".why")
    assert why.is_visible() and "model" in why.text_content()
    assert row.locator("button").get_attribute("aria-describedby") == why.get_attribute("id")
    press(ferry, "Escape")
    assert not why.is_visible()
    press(ferry, "k")
    title = ferry.locator("[data-label=title]").first
    title.hover()
    assert title.locator(".why").is_visible()


def test_labelling_by_pointer(ferry):
    promo = ferry.locator("[data-label=promo]").first
    number = promo.get_attribute("id")
    promo.locator(".text").click()
    ferry.locator("#labels button[data-label=legal]").click()
    assert ferry.locator(f"#{number}").get_attribute("data-label") == "legal"
    ferry.locator("#undo").click()
    assert ferry.locator(f"#{number}").get_attribute("data-label") == "promo"


def test_what_is_saved_is_a_labelled_page(ferry, tmp_path):
    promo = ferry.locator("[data-label=promo]").first
    text = promo.locator(".text").text_content()
    promo.locator("button").click()
    press(ferry, "p")
    with ferry.expect_download() as download:
        press(ferry, "x")
    saved = tmp_path / download.value.suggested_filename
    download.value.save_as(saved)
    assert saved.name.endswith(".labels.json")
    labels = read_labels(saved)
    before = inspect_page(RawPage("ferry.html", FERRY.read_bytes()), Limits())
    assert [text for _, text in labels.blocks] == [line.text for line in before.lines]
    assert labels.source == str(FERRY)
    add_labelled(tmp_path / "labelled", labels, RawPage("ferry.html", FERRY.read_bytes()))
    (page,) = read_labelled([tmp_path / "labelled"])
    assert text in page.truth["body"]


def test_leaving_unsaved_corrections_asks(ferry):
    press(ferry, "j", "o")
    asked = []
    ferry.on("dialog", lambda dialog: asked.append(dialog.type))
    assert ferry.evaluate("!dispatchEvent(new Event('beforeunload', { cancelable: true }))")
    press(ferry, "u")
    assert ferry.evaluate("dispatchEvent(new Event('beforeunload', { cancelable: true }))")


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("size", SIZES, ids=lambda size: str(size["width"]))
@pytest.mark.parametrize("name", ["ferry", "hostile"])
def test_it_is_accessible_and_fits(browser, folder, name, size, scheme):
    page, wrong = open_page(browser, folder / f"{name}.html", color_scheme=scheme)
    page.set_viewport_size(size)
    press(page, "j")
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert wrong == []
    page.context.close()


def test_a_hostile_page_is_text(browser, folder, tmp_path):
    page, wrong = open_page(browser, folder / "hostile.html", accept_downloads=True)
    press(page, "j", "o", "u")
    assert "<script>alert(3)</script>" in page.locator("#galley").inner_text()
    assert page.locator("h1").text_content() == 'A "quoted" <img src=x onerror=alert(2)> title'
    sign = page.locator(".text .sign").first
    assert sign.evaluate("sign => getComputedStyle(sign).unicodeBidi") == "isolate"
    with page.expect_download() as download:
        page.locator("#save").click()
    saved = json.loads(download.value.path().read_text("utf-8"))
    assert any("\u202ereversed\u202c, said the mayor" in block["text"] for block in saved["blocks"])
    assert wrong == []
    page.context.close()


def test_the_policy_holds_where_escaping_would_not(browser, folder):
    page, wrong = open_page(browser, folder / "ferry.html")
    page.evaluate(
        """() => {
          const script = document.createElement("script");
          try { script.textContent = "document.title = 'owned'"; } catch (error) {}
          document.body.append(script, Object.assign(new Image(), { src: "https://example.org/x.png" }));
        }"""
    )
    page.wait_for_timeout(100)
    assert page.title() != "owned"
    assert any("Content Security Policy" in message for message in wrong)
    page.context.close()


@pytest.mark.parametrize("size", SIZES, ids=lambda size: str(size["width"]))
def test_a_finger_hits_what_it_is_to(ferry, size):
    ferry.set_viewport_size(size)
    ferry.locator(".skip").evaluate("link => link.remove()")  # for keyboards
    assert too_small(ferry) == []
