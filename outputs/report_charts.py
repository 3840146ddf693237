"""The report's charts: static SVG without script, style or fonts of its own. The page's style gives their colours."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import pygal
from lxml import etree
from markupsafe import Markup

from tasks.figures import Figures, Histogram, bin_share, bin_words
from tasks.page import BOILERPLATE, LIFTED

_WIDTH, _HEIGHT = 460, 280  # units of about a pixel on a phone
_LENGTHS = (0, 100, 200, 400, 800, 1600, 3200)
_CONFIDENCES = (0.0, 0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.95)
_LABELS = 10
_STEPS: Final = 5  # at the most, of an axis of numbers
_DROPPED: Final = ("script", "style", "defs", "desc", "title")
_OPTIONS: Final[Mapping[str, Any]] = {
    "width": _WIDTH,
    "height": _HEIGHT,
    "js": [],
    "css": [],
    "no_prefix": True,
    "disable_xml_declaration": True,
    "margin": 4,
    "spacing": 6,
    "show_legend": False,
    "max_scale": _STEPS,
    "min_scale": 3,
    "truncate_label": -1,
}


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart and the same numbers as rows."""

    title: str
    unit: str
    svg: Markup
    rows: Sequence[tuple[str, str]]


def lengths(figures: Figures) -> Chart:
    """Articles by length."""
    counts = _bucketed(figures.words, bin_words, _LENGTHS)
    return _bars("Length of the articles", "words", _from(_LENGTHS, ","), counts)


def confidences(figures: Figures) -> Chart:
    """Articles by confidence."""
    counts = _bucketed(figures.confidence, bin_share, _CONFIDENCES)
    return _bars("Confidence in the text", "probability that it is right", _from(_CONFIDENCES, ".2f"), counts)


def articles_a_day(days: Sequence[tuple[str, int]]) -> Chart:
    """Articles by day of the run."""
    names, counts = [name for name, _ in days], [count for _, count in days]
    return _bars("Articles a day", "by day of the run, UTC", names, counts, every=7)


def labels(figures: Figures) -> Chart:
    """What was taken out of the text, by label."""
    taken = {label: figures.chars[label] for label in sorted(BOILERPLATE | LIFTED) if figures.chars.get(label)}
    largest = sorted(taken.items(), key=lambda item: -item[1])[:_LABELS]
    total = max(sum(figures.chars.values()), 1)
    chart = pygal.HorizontalBar(**_OPTIONS, print_values=False, value_formatter=lambda value: f"{value:g} %")
    chart.x_labels = [label.value.replace("_", " ") for label, _ in reversed(largest)]
    chart.add("", [round(100 * count / total, 2) for _, count in reversed(largest)])
    rows = [(label.value.replace("_", " "), f"{count / total:.1%}") for label, count in largest]
    return Chart("Taken out of the text, by label", "share of all characters of the pages", _svg(chart), rows)


def _from(edges: Sequence[float], form: str) -> list[str]:
    return [f"< {edges[1]:{form}}", *(f"{edge:{form}}+" for edge in edges[1:])]


def _bars(title: str, unit: str, names: Sequence[str], counts: Sequence[int], every: int | None = None) -> Chart:
    chart = pygal.Bar(**_OPTIONS, value_formatter=lambda value: f"{value:,.0f}")
    chart.x_labels = list(names)
    if max(counts, default=0) < _STEPS:  # else it would put numbers between the whole ones, and round them
        chart.y_labels = list(range(max(counts, default=0) + 1))
    if every:
        chart.x_labels_major = list(names[::-every])
        chart.show_minor_x_labels = False
    chart.add("", list(counts))
    rows = [(name, f"{count:,}") for name, count in zip(names, counts, strict=True)]
    return Chart(title, unit, _svg(chart), rows)


def _bucketed(histogram: Histogram, value: Callable[[int], float], edges: Sequence[float]) -> list[int]:
    counts = [0] * len(edges)
    for at, count in histogram.items():
        counts[sum(edge <= value(at) for edge in edges) - 1] += count
    return counts


def _svg(chart: Any) -> Markup:
    """Render a chart without what a static picture does not need: script, own style, tooltips."""
    root = chart.render_tree()
    for element in list(root.iter()):
        parent = element.getparent()
        if parent is None:
            continue
        name = element.tag if isinstance(element.tag, str) else ""
        if not name or etree.QName(name).localname in _DROPPED or "tooltip-overlay" in element.get("class", ""):
            parent.remove(element)
        else:
            element.attrib.pop("style", None)
    root.attrib.pop("id", None)
    root.set("aria-hidden", "true")
    return Markup(etree.tostring(root, encoding="unicode"))  # noqa: S704  (of an XML serialiser, which escapes)
