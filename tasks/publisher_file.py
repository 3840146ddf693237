"""Reading a publisher's rule file, and checking every entry before it is used.

A file is named after its domain, `example.org.toml`. What stands at its top holds always, a `[[period]]` from one day
to another. The keys are lists of entries, but for `zone` and `language`.
"""

import tomllib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import re2

from tasks.language import declared_language
from tasks.page import KEPT, Label
from tasks.publisher_rules import Key
from tasks.rulefile import RuleError, compile_pattern, refusal
from tasks.selectors import Select, SelectorError, compile_selector

MOST_ENTRIES = 500  # of a file
LONGEST_ENTRY = 300  # characters of a selector or phrase


LABELS = {Key.TITLE: Label.TITLE, Key.DECK: Label.DECK, Key.BYLINE: Label.BYLINE, Key.DATE: Label.TIMESTAMP}
BOUNDS = ("from", "until")
VALUES = ("zone", "language")
ENTRY_KEYS = frozenset(("selector", "phrase"))


@dataclass(frozen=True, slots=True)
class Entry:
    """A selector or a phrase, and what it is for. `text` is as written."""

    id: str
    key: Key
    text: str
    label: Label | None
    select: Select | None = field(default=None, repr=False, compare=False)
    phrase: "re2._Regexp[str] | None" = field(default=None, repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Period:
    """The entries that hold from one day to another, both included; None is open."""

    start: date | None
    end: date | None
    entries: tuple[Entry, ...]
    zone: str | None
    language: str | None

    def holds_on(self, day: date | None) -> bool:
        """Whether the period holds on a day; where that is not known, whether it still does."""
        if day is None:
            return self.end is None
        return (self.start is None or self.start <= day) and (self.end is None or day <= self.end)


def read_periods(name: str, content: bytes) -> tuple[Period, ...]:
    """The rules of a file named `example.org.toml`, what holds always first. Raises RuleError."""
    table = _parse(name, content)
    periods = table.pop("period", [])
    if not isinstance(periods, list) or not all(isinstance(period, dict) for period in periods):
        raise RuleError(f"{name}: periods are written [[period]]")
    _check_keys(name, table, {*Key, *VALUES, "period"})
    reader = _Reader(name)
    found = [reader.period(name, table)]
    for number, period in enumerate(periods, 1):
        where = f"{name}: period {number}"
        _check_keys(where, period, {*Key, *VALUES, *BOUNDS})
        if not any(bound in period for bound in BOUNDS):
            raise RuleError(f"{where}: neither from nor until; what holds always stands above all periods")
        found.append(reader.period(where, period))
    return tuple(found)


def _parse(name: str, content: bytes) -> dict[str, Any]:
    try:
        return tomllib.loads(content.decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise RuleError(f"{name}: not TOML: {' '.join(str(error).split())}") from error


def _check_keys(where: str, table: Mapping[str, Any], known: set[str]) -> None:
    unknown = next((key for key in table if key not in known), None)
    if unknown is not None:
        raise RuleError(f"{where}: unknown key {unknown!r}; the keys are {', '.join(sorted(known))}")


class _Reader:
    """Reads the periods of one file and numbers their entries, the first of each key as 1."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._numbers: Counter[Key] = Counter()

    def period(self, where: str, table: Mapping[str, Any]) -> Period:
        start, end = (_day(where, table, bound) for bound in BOUNDS)
        if start and end and start > end:
            raise RuleError(f"{where}: it ends before it begins")
        entries = tuple(self._entries(where, table))
        return Period(start, end, entries, _zone(where, table), _language(where, table))

    def _entries(self, where: str, table: Mapping[str, Any]) -> Iterator[Entry]:
        for key in Key:
            values = table.get(key, [])
            if not isinstance(values, list):
                raise RuleError(f'{where}: {key} is not a list; write {key} = ["…"]')
            for value in values:
                self._numbers[key] += 1
                if self._numbers.total() > MOST_ENTRIES:
                    raise RuleError(f"{self._name}: more than {MOST_ENTRIES} entries")
                rule = f"{self._name.removesuffix('.toml')}.{key}.{self._numbers[key]}"
                yield _entry(f"{self._name}: {rule}", rule, key, value)


def _entry(where: str, rule: str, key: Key, value: object) -> Entry:
    table = {"selector": value} if isinstance(value, str) else value
    if not isinstance(table, dict):
        raise RuleError(f"{where}: neither a selector nor a table")
    _check_keys(where, table, {*ENTRY_KEYS, *(["label"] if key is Key.REMOVE else [])})
    if len(ENTRY_KEYS & table.keys()) != 1:
        raise RuleError(f"{where}: give a selector or a phrase")
    label = _label(where, table["label"]) if "label" in table else LABELS.get(key)
    if "selector" in table:
        text = _text(where, "selector", table["selector"])
        return Entry(rule, key, text, label, select=_compiled(where, "selector", compile_selector, text))
    text = _text(where, "phrase", table["phrase"])
    return Entry(rule, key, text, label, phrase=_compiled(where, "phrase", compile_pattern, text))


def _compiled(where: str, kind: str, compiler: Callable[[str], Any], text: str) -> Any:
    shown = " ".join(text.split())
    try:
        return compiler(text)
    except SelectorError as error:
        raise RuleError(f"{where}: not a {kind}: {shown}: {error}") from error
    except re2.error as error:
        raise RuleError(f"{where}: not a {kind}: {shown}: {' '.join(refusal(text).split())}") from error


def _text(where: str, kind: str, value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        raise RuleError(f"{where}: {kind} is not a text")
    if len(value) > LONGEST_ENTRY:
        raise RuleError(f"{where}: {kind} is longer than {LONGEST_ENTRY} characters")
    return value


def _label(where: str, value: object) -> Label:
    known = [label.value for label in Label if label not in KEPT]
    if value not in known:
        raise RuleError(f"{where}: no label {value!r}; the labels are {', '.join(known)}")
    return Label(str(value))


def _day(where: str, table: Mapping[str, Any], bound: str) -> date | None:
    value = table.get(bound)
    if value is not None and (not isinstance(value, date) or isinstance(value, datetime)):
        raise RuleError(f"{where}: {bound} is not a day such as 2024-03-31, without quotation marks")
    return value


def _zone(where: str, table: Mapping[str, Any]) -> str | None:
    value = table.get("zone")
    if value is None:
        return None
    try:
        return ZoneInfo(value).key
    except (ZoneInfoNotFoundError, ValueError, TypeError, AttributeError, OSError):
        raise RuleError(f'{where}: no time zone {value!r}; it is named as "Europe/Berlin"') from None


def _language(where: str, table: Mapping[str, Any]) -> str | None:
    value = table.get("language")
    if value is None:
        return None
    if not isinstance(value, str) or declared_language(value) is None:
        raise RuleError(f'{where}: no language {value!r}; it is named as "de"')
    return declared_language(value)
