"""Dates as pages write them: machine formats and the written ones of many languages, found and read in linear time.

The month words are those of dateparser's locale data (https://dateparser.readthedocs.io). Its parser takes 1.5 ms
a date and 20 to 100 ms the first time in a language, so it is asked for relative times alone ("2 hours ago").
"""

import calendar
import functools
import importlib
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from tasks.zones import name_of, zone_named

MAX_TEXT = 400  # characters in which a written date is looked for
EARLIEST_YEAR = 1950
LONGEST_AGO = timedelta(weeks=5)  # "3 months ago" names no day
NEAR_TIME = 24  # characters between a date and its time of day

# Languages of which the month words are known; the first that knows a word decides.
_LANGUAGES = (
    "en de fr es it pt nl sv nb da fi is pl cs sk ru uk be bg sr hr sl bs mk ro hu tr az el lt lv et ca gl eu ga cy sq "
    "ar fa he id ms fil sw af vi hi bn ta te mr gu kn ml pa ur ne si th ka hy kk uz zh ja ko"
)
_OTHER_CODES = {"no": "nb", "tl": "fil"}
_WELL_KNOWN = frozenset(("en", "de", "fr", "es", "it", "pt", "nl"))  # no page in these uses another's month words
LANGUAGES = tuple(_LANGUAGES.split())
_MONTH_KEYS = tuple(name.lower() for name in calendar.month_name[1:])

# Python's own engine: the text is at most 400 characters, every repeat is bounded, and RE2's automata for classes of
# all the world's letters take megabytes.
_DAY = r"(\d{1,2})(?:st|nd|rd|th|er|º|ª|\.|-(?:го|е))?"
_YEAR = r"((?:19|20|25)\d{2})"
_WORD = r"([^\W\d_][^\s\d.,|/()]{1,14})\.?"
_WRITTEN = re.compile(
    rf"(?:(?<!\d){_DAY}(?:\s(?:de|of|di|da))?[\s-]{{1,3}}{_WORD},?(?:\s(?:de|del))?[\s,-]{{1,3}}{_YEAR}"
    rf"|{_WORD}\s{{1,2}}{_DAY},?\s{{1,2}}{_YEAR}"
    rf"|(?<!\d){_YEAR}\.?(?:\sm\.)?\s{{1,2}}{_WORD}\s{{1,2}}{_DAY})"
    # A time may be glued to it: "20235:00 AM", "20195 hours ago".
    r"(?!\d(?!\d?:\d\d|\d?\s(?:hours?|minutes?|mins?|days?)\b))"
)
_YEAR_FIRST = re.compile(rf"(?<!\d){_YEAR}\s?[-/.年년–]\s?(\d{{1,2}})\s?[-/.月월–]\s?(\d{{1,2}})(?:日|일)?(?!\d)")
_YEAR_LAST = re.compile(r"(?<![\d./-])(\d{1,2})([./-])\s?(\d{1,2})\2\s?((?:19|20)\d{2}|\d{2})(?![./-]?\d)")
_COMPACT = re.compile(r"((?:19|20)\d{2})(\d{2})(\d{2})(?:T?(\d{2})(\d{2})(\d{2})?(Z)?)?", re.ASCII)
_JAVA = re.compile(r"[A-Z][a-z]{2} ([A-Z][a-z]{2}) (\d{1,2}) (\d\d:\d\d:\d\d) (?:([A-Z]{2,5}) )?(\d{4})", re.ASCII)
_EPOCH = re.compile(r"\d{10}(?:\d{3})?", re.ASCII)
_TIME = re.compile(
    r"(?:(오후|下午|午後)\s?)?(?<![\d.:])(\d{1,2})(?:\s?[:h時时시点點：]\s?|\.|\sUhr\s)(\d{2})"
    r"(?:(?:[:：]|分|분\s?)(\d{2})(?:[.,]\d{1,9})?)?(?:\s?([ap])\.?m\b\.?)?|(?<![\d.:])(\d{1,2})\s?([ap])\.?m\b\.?",
    re.IGNORECASE,
)
_ZONE = re.compile(
    r"\s?\(?(?:(Z)\b|(?:UTC|GMT)?\s?([+-]\d{1,2}(?::?\d{2})?)(?!\d)|([A-Z]{2,5})\b|(Eastern|Pacific|Central|Mountain)\b)",
    re.ASCII,
)
_NEXT = re.compile(r"[|•·]\s?[^\W\d_]{2}")  # "21 May 2023 | Updated: 15:26": the time is another date's
_ABROAD = re.compile(
    r"(?<!\w)(?:GMT|UTC|BST|CES?T|EES?T|IST|AE[DS]T|SGT|HKT|WIB)\b"
)  # zones where the day is written first
# What stands before and after "3 hours" where it means three hours ago; dateparser reads the rest.
_AGO = {
    "en": ("", "ago"), "de": ("vor", ""), "fr": ("il y a", ""), "es": ("hace", ""), "pt": ("há", ""), "it": ("", "fa"),
    "nl": ("", "geleden"), "sv": ("för", "sedan"), "nb": ("for", "siden"), "da": ("for", "siden"), "fi": ("", "sitten"),
    "is": ("fyrir", ""), "pl": ("", "temu"), "cs": ("před", ""), "sk": ("pred", ""), "sl": ("pred", ""),
    "hr": ("prije", ""), "sr": ("пре|pre", ""), "bs": ("prije", ""), "ru": ("", "назад"), "uk": ("", "тому"),
    "bg": ("преди", ""), "ro": ("acum", ""), "ca": ("fa", ""), "tr": ("", "önce"), "el": ("πριν(?: από)?", ""),
    "et": ("", "tagasi"), "lv": ("pirms", ""), "lt": ("prieš", ""), "id": ("", "(?:yang )?lalu"), "vi": ("", "trước"),
    "ms": ("", "(?:yang )?lalu"), "af": ("", "gelede"), "ar": ("منذ", ""), "he": ("לפני", ""), "fa": ("", "پیش|قبل"),
    "hi": ("", "पहले"), "bn": ("", "আগে"),
}  # fmt: skip
# Languages that need no space, or inflect the unit alone.
_AGO_WHOLE = {
    "ja": r"\d{1,3}\s?(?:秒|分|時間|日|週間|か月|ヶ月|年)前",
    "zh": r"\d{1,3}\s?(?:秒|分钟|分鐘|小时|小時|天|周|週|个月|個月|年)前",
    "ko": r"\d{1,3}\s?(?:초|분|시간|일|주|개월|년)\s?전",
    "hu": r"\b\d{1,3}\s(?:másodperce|perce|órája|napja|hete|hónapja|éve)\b",
}


Day = tuple[int, int, int]  # year, month, day
Clock = tuple[int, int, int]  # hour, minute, second


@dataclass(frozen=True, slots=True)
class Habits:
    """How a page is likely to write dates: its language (ISO 639-1), the country of its host, day or month first."""

    language: str = "en"
    country: str = ""
    day_first: bool = True


@dataclass(frozen=True, slots=True)
class Moment:
    """A date that a page writes. `zone` is None where it gives none: the wall clock is then read as UTC."""

    when: datetime  # aware, UTC
    raw: str
    zone: str | None = None
    has_time: bool = True


def read_date(text: str, habits: Habits) -> Moment | None:
    """The moment of a machine's date or the first written one in a text; None where there is none."""
    text = " ".join(text[:MAX_TEXT].split())
    return _machine(text) or next(find_dates(text, habits), None)


def _machine(text: str) -> Moment | None:
    """ISO 8601, RFC 2822, JavaScript's and compact dates, seconds since 1970."""
    if not text[:1].isdigit():
        return _mail_date(text) if "," in text[:5] else _java_date(text)
    if _EPOCH.fullmatch(text):
        return _epoch(text)
    if found := _COMPACT.fullmatch(text):
        year, month, day, hour, minute, second = (int(part or 0) for part in found.groups()[:6])
        clock = (hour, minute, second) if found.group(4) else None
        return _moment((year, month, day), clock, found.group(7), text, Habits())
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        return None
    return _aware(when, text, len(text) > 10)


def _aware(when: datetime, raw: str, has_time: bool) -> Moment | None:
    zone = None
    try:
        if when.tzinfo is not None:
            zone = name_of(when.utcoffset() or timedelta())
            when = when.astimezone(UTC)
        else:
            when = when.replace(tzinfo=UTC)
    except OverflowError:
        return None
    return Moment(when, raw, zone, has_time) if when.year >= EARLIEST_YEAR else None


def _epoch(text: str) -> Moment | None:
    seconds = int(text[:10])
    return Moment(datetime.fromtimestamp(seconds, UTC), text, "UTC") if seconds > 600_000_000 else None


def _mail_date(text: str) -> Moment | None:
    try:
        return _aware(parsedate_to_datetime(text), text, ":" in text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def _java_date(text: str) -> Moment | None:
    """A date as Java's and C's libraries print it: "Mon Aug 03 12:45:00 EDT 2015"."""
    found = _JAVA.fullmatch(text)
    if found is None:
        return None
    month, day, clock, zone, year = found.groups()
    moment = next(find_dates(f"{month} {day} {year} {clock} {zone or ''}", Habits()), None)
    return replace(moment, raw=text) if moment else None


def find_dates(text: str, habits: Habits) -> Iterator[Moment]:
    """The written dates of a text of at most 400 characters, in the text's order."""
    written = text = text[:MAX_TEXT]
    if not text.isascii():
        text = "".join(str(unicodedata.decimal(char, char)) if char.isdecimal() else char for char in text)
    found = [*_written(text, habits), *_numeric(text, habits)]
    for start, end, day in sorted(found):
        if moment := _with_time(text, start, end, day, habits):
            at = text.find(moment.raw)
            yield replace(moment, raw=written[at : at + len(moment.raw)])


def relative_date(text: str, fetched_at: datetime, habits: Habits) -> Moment | None:
    """The moment of "2 hours ago", counted from the page's fetch."""
    language = _OTHER_CODES.get(habits.language or "", habits.language)
    language = language if language in LANGUAGES else "en"
    found = _ago(language).search(text[:MAX_TEXT])
    if found is None:
        return None
    import dateparser  # noqa: PLC0415  (slow to load and seldom needed)

    base = fetched_at.astimezone(UTC).replace(tzinfo=None)
    languages = list(dict.fromkeys((language, "en")))
    when = dateparser.parse(found.group(), languages=languages, settings={"RELATIVE_BASE": base})
    if when is None or base - when > LONGEST_AGO:
        return None
    return Moment(when.replace(tzinfo=UTC), found.group(), "UTC")


@functools.cache
def _ago(language: str) -> re.Pattern[str]:
    """Times counted back from now, as a language and English write them."""
    spans = [_span(*_AGO[code]) for code in dict.fromkeys((language, "en")) if code in _AGO]
    return re.compile("|".join([*spans, *filter(None, [_AGO_WHOLE.get(language)])]), re.IGNORECASE)


def _span(before: str, after: str) -> str:
    opening = rf"(?<!\w)(?:{before})\s" if before else r"\b"
    return rf"{opening}\d{{1,3}}\s?[^\W\d_][^\s\d,.;|]{{0,12}}\.?" + (rf"\s(?:{after})(?!\w)" if after else r"(?!\w)")


def _written(text: str, habits: Habits) -> Iterator[tuple[int, int, Day]]:
    for found in _WRITTEN.finditer(text):
        groups = found.groups()
        day, word, year = next(
            (groups[a], groups[b], groups[c]) for a, b, c in ((0, 1, 2), (4, 3, 5), (8, 7, 6)) if groups[a] is not None
        )
        if month := month_number(word, habits.language) or month_number(_unglued(word), habits.language):
            spans = [found.span(index) for index in range(1, 10) if found.group(index) is not None]
            yield min(spans)[0], max(span[1] for span in spans), (_year(year), month, int(day))


def _unglued(word: str) -> str:
    """The part of "CorrespondentDec" that begins with its last capital."""
    start = next((at for at in range(len(word) - 1, 0, -1) if word[at].isupper()), 0)
    return word[start:]


def _numeric(text: str, habits: Habits) -> Iterator[tuple[int, int, Day]]:
    for found in _YEAR_FIRST.finditer(text):
        yield found.start(1), found.end(3), (_year(found.group(1)), int(found.group(2)), int(found.group(3)))
    for found in _YEAR_LAST.finditer(text):
        first, second = int(found.group(1)), int(found.group(3))
        is_abroad = _ABROAD.search(text[found.end() : found.end() + NEAR_TIME]) is not None
        day_first = (habits.day_first or is_abroad or found.group(2) == "." or first > 12) and second <= 12
        month, day = (second, first) if day_first else (first, second)
        yield found.start(1), found.end(4), (_year(found.group(4)), month, day)


def _year(text: str) -> int:
    year = int(text)
    if year < 100:
        return year + (2000 if year < 70 else 1900)
    return year - 543 if year > 2400 else year  # the Buddhist calendar of Thailand


def _with_time(text: str, start: int, end: int, day: Day, habits: Habits) -> Moment | None:
    """The date with the time of day after it, or else before it."""
    after = text[end : end + NEAR_TIME + 16]
    found = _TIME.search(after)
    is_apart = found is None or found.start() > NEAR_TIME or _NEXT.search(after[: found.start()]) is not None
    if found and not is_apart and not _has_date(after[: found.end() + 3]):
        finish = end + found.end()
    else:
        before = text[max(0, start - NEAR_TIME - 16) : start]
        found = next(reversed(list(_TIME.finditer(before))), None)
        if found is None or len(before) - found.end() > NEAR_TIME:
            return _moment(day, None, None, text[start:end], habits)
        finish = start - len(before) + found.end()
        start = start - len(before) + found.start()
    zone = _ZONE.match(text[finish : finish + 16])
    name = next((group for group in zone.groups() if group), None) if zone else None
    known = zone_named(name, habits.country) is not None if name else False
    stop = finish + (zone.end() if zone and known else 0)
    return _moment(
        day, _clock(found.groups()), name if known else None, text[start : max(stop, end)].strip(" ,("), habits
    )


def _has_date(text: str) -> bool:
    return bool(_YEAR_FIRST.search(text) or _YEAR_LAST.search(text) or _WRITTEN.search(text))


def _clock(groups: tuple[str | None, ...]) -> Clock:
    afternoon, hour, minute, second, half, bare_hour, bare_half = groups
    half = "p" if afternoon else (half or bare_half or "").lower()
    hours = int(hour or bare_hour or 0)
    if half and hours <= 12:
        hours = hours % 12 + (12 if half == "p" else 0)
    return hours, int(minute or 0), int(second or 0)


def _moment(day: Day, clock: Clock | None, zone: str | None, raw: str, habits: Habits) -> Moment | None:
    try:
        hour, minute, second = clock or (0, 0, 0)
        when = datetime(*day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        return None
    if when.year < EARLIEST_YEAR:
        return None
    offset = zone_named(zone, habits.country) if zone else None
    if offset is None:
        return Moment(when, raw, None, clock is not None)
    name = zone if zone and zone[0].isalpha() and zone != "Z" else name_of(offset.utcoffset(when) or timedelta())
    return Moment(when.replace(tzinfo=offset).astimezone(UTC), raw, name, clock is not None)


def month_number(word: str, language: str) -> int | None:
    """The month (1 to 12) that a word names, in the page's language before any other."""
    word = word.casefold().rstrip(".")
    language = _OTHER_CODES.get(language, language)
    for known in dict.fromkeys((language, "en")):
        if month := _months(known).get(word):
            return month
    return None if language in _WELL_KNOWN else _all_months().get(word)


@functools.cache
def _months(language: str) -> dict[str, int]:
    if language not in LANGUAGES:
        return {}
    info = importlib.import_module(f"dateparser.data.date_translation_data.{language}").info
    return {
        word.casefold().rstrip("."): number
        for number, key in enumerate(_MONTH_KEYS, 1)
        for word in info.get(key, ())
        if len(word) > 1 and not word[0].isdigit()
    }


@functools.cache
def _all_months() -> dict[str, int]:
    return {word: number for language in reversed(LANGUAGES) for word, number in _months(language).items()}
