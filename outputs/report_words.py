"""How figures, alarms and what comes from pages are written: in the report, on the console and in Prefect."""

import re
from collections.abc import Mapping
from typing import Any, Final

from tasks.figures import ALL, OTHERS, REPEATED
from tasks.page import RejectReason
from tasks.watched import ARTICLES, Alarm, Publisher

_SUMS: Final[Mapping[Publisher, str]] = {ALL: "all publishers together", OTHERS: "many small ones together"}
_CUT = 160  # characters of what comes from pages
_UNFIT = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ufdd0-\ufdef\ufffe\uffff\ud800-\udfff]")

NAMES: Final[Mapping[str, str]] = {
    ARTICLES: "articles a day",
    "words": "median length",
    "confidence": "confidence",
    "removed": "share of the page taken out",
    "rejected": "pages rejected",
    "title": "articles with a title",
    "author": "articles with an author",
    "date": "articles with a date",
    "recent_date": "articles with a date of these days",
    "deck": "articles with a deck",
    "image": "articles with an image",
    "language": "articles with a known language",
    REPEATED: "articles with a paragraph that others have, too",
}
MEANINGS: Final[Mapping[RejectReason, str]] = {
    RejectReason.EMPTY: "no bytes, or white space alone",
    RejectReason.BINARY: "an image, a PDF, a program: no page",
    RejectReason.TOO_LARGE: "over the size limit",
    RejectReason.BROKEN_COMPRESSION: "cut short or damaged while compressed",
    RejectReason.UNREADABLE: "the file could not be read",
    RejectReason.UNDECODABLE: "no encoding fits the bytes",
    RejectReason.UNPARSABLE: "the parser gave up",
    RejectReason.NO_TEXT: "no visible text",
    RejectReason.NO_ARTICLE: "a front page, a list, a gallery without text",
    RejectReason.ERROR_PAGE: "“not found”, “access denied”",
    RejectReason.CONSENT_WALL: "a cookie wall, a robot check, “enable JavaScript”",
    RejectReason.TIMEOUT: "took longer than a page may",
    RejectReason.CRASHED: "a defect of Stet: please report it",
}


def value_text(figure: str, value: float) -> str:
    """Write a figure's value in its unit."""
    if figure == ARTICLES:
        return f"{value:,.0f}" if value >= 10 or value == int(value) else f"{value:.1f}"
    if figure == "words":
        return f"{value:,.0f} words"
    return f"{value:.2f}" if figure == "confidence" else percent(value)


def figure_name(figure: str) -> str:
    """What a figure is called."""
    return NAMES.get(figure, f"articles with lines labelled {figure.replace('_', ' ')}")


def percent(share: float | None) -> str:
    """Write a share; a dash where there is none, and neither 0 % nor 100 % for what is not."""
    if share is None:
        return "–"
    rounded = round(100 * share)
    if rounded == 100 and share < 1:
        return "> 99 %"
    return "< 1 %" if rounded == 0 and share > 0 else f"{rounded} %"


def publisher_name(publisher: Publisher) -> str:
    """Write a publisher's name, as far as it is known."""
    if publisher in _SUMS:
        return _SUMS[publisher]
    return plain(publisher) if publisher else "(not known)"


def plain(text: str | None, cut: int = _CUT) -> str:
    """Make what comes from a page fit for a page of ours: no control characters, not too long."""
    fit = _UNFIT.sub("\N{REPLACEMENT CHARACTER}", text or "")
    return fit if len(fit) <= cut else f"{fit[: cut - 1]}…"


def alarm_line(alarm: Alarm) -> str:
    """Say an alarm in a line."""
    usual, now = (value_text(alarm.figure, value) for value in (alarm.usual, alarm.now))
    since = "new" if alarm.is_new else f"since {alarm.since.isoformat()}"
    return f"{publisher_name(alarm.publisher)}: {figure_name(alarm.figure)}: {now}, usually {usual} ({since})"


def alarm_record(alarm: Alarm) -> dict[str, Any]:
    """Return an alarm as plain values for JSON."""
    return {
        "publisher": alarm.publisher and alarm.publisher.strip(),
        "figure": alarm.figure,
        "usual": round(alarm.usual, 4),
        "now": round(alarm.now, 4),
        "pages": alarm.pages,
        "since": alarm.since.isoformat(),
        "new": alarm.is_new,
    }
