"""The pages labelled by hand: what is in the file, how blocks are matched, and that no figure is under its floor."""

import gzip
import json
import re
import tomllib

import pytest

from tasks.clean import clean_page
from tasks.folding import squeeze
from tasks.labelled import code_of
from tasks.page import Label, LabelledBlock
from tests.conftest import page_html
from tests.gold.figures import PageFigures, Unit, by_half, compare, figures, matched, measure, table
from tests.gold.gold import HERE, Span, raw_page, read_gold, write_gold
from tests.gold.mark import Marks, cleaned, listing, marked, read_marks
from tests.suites import SUITES, at_hand

FLOORS = tomllib.loads((HERE / "floors.toml").read_text("utf-8"))
KEY = "ab" * 32
HASH = re.compile(r"[0-9a-f]{8}")
PLAIN = {"published": r"\d{4}-\d\d-\d\d", "zone": r"[A-Z]{2,4}|[+-]\d\d:\d\d"}


def block(text, label):
    return LabelledBlock(text, label, "model", 1.0)


def span(text, *names):
    return Span(code_of(text, KEY), len(squeeze(text)), names)


P, CAPTION, CREDIT, NAVIGATION = Label.PARAGRAPH, Label.CAPTION, Label.CREDIT, Label.NAVIGATION


def test_the_file_covers_what_it_should():
    gold = read_gold()
    assert len(gold) >= 60
    assert len({page.language for page in gold}) >= 12
    assert sum(page.suite == "textdump" for page in gold) >= 12
    assert {span.name for page in gold for span in page.spans} >= set(Label) - {Label.QUOTE}
    assert {page.half for page in gold} == {0, 1}
    assert len({(page.suite, page.id) for page in gold}) == len(gold)


def test_the_file_holds_no_text():
    for page in read_gold():
        assert all(HASH.fullmatch(span.hash) for span in page.spans)
        for name, values in page.fields.items():
            for value in flat(values):
                assert isinstance(value, bool | None) or re.fullmatch(PLAIN.get(name, HASH.pattern), value), name


def flat(values):
    for value in values:
        if isinstance(value, list):
            yield from flat(value)
        else:
            yield value


def test_blocks_are_matched_in_order():
    spans = [span("Home", NAVIGATION), span("A story", P), span("Home", NAVIGATION, Label.LEGAL)]
    blocks = [block("home!", NAVIGATION), block("A story.", P), block("…", NAVIGATION), block("HOME", Label.LEGAL)]
    units, lost = matched(spans, blocks, KEY)
    assert units == [
        Unit((NAVIGATION,), NAVIGATION), Unit((P,), P), Unit((NAVIGATION, Label.LEGAL), Label.LEGAL)
    ]  # fmt: skip
    assert lost == 0


def test_a_page_cut_otherwise_is_compared_piece_by_piece():
    figure = (span("The harbour at dawn.", CAPTION), span("Jane Doe/AP", CREDIT))
    spans = [span("Home", NAVIGATION), *figure, span("One", P)]
    blocks = [block("Home", NAVIGATION), block("The harbour at dawn. Jane Doe/AP", CAPTION), block("One", P)]
    units, lost = matched(spans, blocks, KEY)
    assert [(unit.names[0], unit.given) for unit in units] == [
        (NAVIGATION, NAVIGATION), (CAPTION, CAPTION), (CREDIT, CAPTION), (P, P)
    ]  # fmt: skip
    again, lost_again = matched([span("The harbour at dawn. Jane Doe/AP", CAPTION)], blocks[1:2], KEY)
    assert len(again) == 1
    assert lost == lost_again == 0


def test_text_that_is_gone_counts_as_lost():
    units, lost = matched([span("Home", NAVIGATION), span("A story", P)], [block("Home", NAVIGATION)], KEY)
    assert len(units) == 1
    assert lost == 1


def test_figures_of_labels():
    units = (Unit((CAPTION, CREDIT), CREDIT), Unit((CAPTION,), NAVIGATION), Unit((P,), CAPTION), Unit((P,), P))
    (page,) = [page for page in read_gold() if page.id == "newrepublic.com"]
    found = figures([PageFigures(page, units, 0, {"title": (1.0, 1, 1), "tags": (0.5, 1, 1)})])
    assert found["caption precision"] == 0
    assert found["caption recall"] == 0.5  # a credit counts, too, where either is right
    assert found["credit precision"] == 1
    assert found["kept precision"] == 1
    assert found["kept recall"] == 0.5
    assert found["title given"] == found["title found"] == 1
    assert found["tags"] == 0.5


@pytest.fixture
def suite(tmp_path):
    """A suite with one page, whose image has a caption and a credit."""
    figure = "<figure><img src=a.jpg><figcaption>The ferry at dawn. Photo: Jane Doe/AP</figcaption></figure>"
    content = page_html(1).replace("</h1>", f"</h1>{figure}")
    (tmp_path / "known" / "pages").mkdir(parents=True)
    (tmp_path / "known" / "pages" / "ferry.html.gz").write_bytes(gzip.compress(content.encode()))
    (tmp_path / "known" / "truth.jsonl").write_text(
        json.dumps({"id": "ferry", "url": "https://x.example/ferry"}) + "\n"
    )
    return tmp_path


WRONG = read_marks(["0 related|promo", "field kicker = @1 // -", "images ?"])


@pytest.mark.parametrize("line", ["0 news", "field kicker", "image only", "images yes", "x paragraph"])
def test_a_mark_that_is_none_is_told(line):
    with pytest.raises(SystemExit, match=f"not a mark: {line}"):
        read_marks([line])


def test_marks_for_what_the_page_has_not_are_told(suite):
    article, url = cleaned(suite, "known", "ferry")
    with pytest.raises(SystemExit, match="no block 99"):
        marked(article, url, "known", "ferry", read_marks(["99 paragraph"]))
    with pytest.raises(SystemExit, match="no such field: colour"):
        marked(article, url, "known", "ferry", read_marks(["field colour = red"]))


def test_a_page_is_marked_and_measured(suite, tmp_path):
    article, url = cleaned(suite, "known", "ferry")
    assert "0 navigation: Home News" in listing(article)
    wrong = marked(article, url, "known", "ferry", WRONG)
    assert wrong.spans[0].names == (Label.RELATED, Label.PROMO)
    assert wrong.fields["kicker"] == [code_of("Ferry report 1", wrong.sha256), None]
    assert "images" not in wrong.fields
    right = marked(article, url, "known", "ferry", Marks())
    assert right.fields["images"] == [
        [[code_of("The ferry at dawn.", right.sha256)], [code_of("Jane Doe/AP", right.sha256)]]
    ]
    write_gold([right], tmp_path / "labels.jsonl")
    assert read_gold(tmp_path / "labels.jsonl") == [right]
    (found,) = measure(suite, [right])
    assert found.lost == 0
    assert {unit.given for unit in found.units} <= {unit.names[0] for unit in found.units}
    assert all(share == 1 for name, share in figures([found]).items() if name not in ("pages", "blocks"))
    assert compare(wrong, clean_page(raw_page(suite, "known", "ferry"))).units[0].names[0] is Label.RELATED


def test_a_page_that_has_changed_is_not_measured(suite):
    article, url = cleaned(suite, "known", "ferry")
    page = marked(article, url, "known", "ferry", Marks())
    (suite / "known" / "pages" / "ferry.html.gz").write_bytes(gzip.compress(page_html(2).encode()))
    with pytest.raises(ValueError, match="not the page that was labelled"):
        measure(suite, [page])


@pytest.mark.long
@at_hand
def test_no_figure_is_under_its_floor(capsys):
    columns = by_half(measure(SUITES, read_gold()))
    with capsys.disabled():
        print(f"\n{table(columns)}")
    under = {
        name: (columns["all"].get(name), floor) for name, floor in FLOORS.items() if columns["all"].get(name, 0) < floor
    }
    assert not under
