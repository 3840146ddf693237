"""Reading the phrase rules' files, and checking every rule before it is used."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, TypeVar

import re2

from config.errors import FileOfOursError
from tasks.page import Label

SHORT_CHARS = 200  # a rule reads texts up to this length unless it says otherwise
LONGEST_CHARS = 2_000  # no rule reads longer texts
SHARED = "neutral.toml"  # its definitions serve all files

KEYS = frozenset({"id", "label", "pattern", "strength", "max_chars", "needs", "drop", "keep"})
MAY_LACK = frozenset({"max_chars", "needs"})
GROUP = re.compile(r"\(\?P<(\w+)>")
VALUE = "_value"  # group `credit_value` is the bare name inside group `credit`

Member = TypeVar("Member", bound=StrEnum)


class RuleError(FileOfOursError):
    """A rule file that cannot be used. The message is one line: file, rule, what is wrong."""


class Strength(StrEnum):
    """What a hit entitles the labeller to."""

    DECIDE = "decide"  # never body, whatever the model says
    NAME = "name"  # names a block that is not body anyway
    CUT = "cut"  # decides the block, and what follows is likely another zone
    SPLIT = "split"  # named groups cut the block into parts


@dataclass(frozen=True, slots=True)
class Rule:
    """A phrase rule. `drop` are texts that it must match, `keep` texts that it must not.

    A text is tried only where the pattern `needs` is found in it, in either case: rules that may begin with any word
    are dear.
    """

    id: str
    label: Label
    pattern: str = field(repr=False)
    strength: Strength
    max_chars: int = SHORT_CHARS
    needs: str = field(default="", repr=False)
    drop: tuple[str, ...] = field(default=(), repr=False)
    keep: tuple[str, ...] = field(default=(), repr=False)


def read_rules(contents: Mapping[str, bytes], *, check: bool = True) -> Iterator[Rule]:
    """The rules of files given by name, in their order. Raises `RuleError`.

    To compile each pattern alone takes a tenth of a second in all; for files that are known to be good it may be left.
    """
    tables = {name: _parse(name, content) for name, content in contents.items()}
    shared = _definitions(SHARED, tables.get(SHARED, {}), {})
    common = _needs(SHARED, tables.get(SHARED, {}))
    seen: set[str] = set()
    for name, table in tables.items():
        words = shared if name == SHARED else _definitions(name, table, shared)
        needs = {**common, **_needs(name, table)}
        for entry in _entries(name, table):
            where = f"{name}: rule {entry.get('id', '?')}"
            rule = _read_rule(where, entry, words, needs)
            if check:
                _check_pattern(where, rule)
            if rule.id in seen:
                raise RuleError(f"{name}: rule {rule.id}: the id is taken")
            seen.add(rule.id)
            yield rule


def compile_pattern(pattern: str) -> "re2._Regexp[str]":
    """The pattern as RE2 reads it. Raises `re2.error`."""
    return re2.compile(pattern, quiet())


def quiet() -> re2.Options:
    """Options that keep RE2 from writing to standard error."""
    options = re2.Options()
    options.log_errors = False
    return options


def _parse(name: str, content: bytes) -> dict[str, Any]:
    try:
        table = tomllib.loads(content.decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise RuleError(f"{name}: not TOML: {' '.join(str(error).split())}") from error
    unknown = sorted(set(table) - {"rule", "define", "needs"})
    if unknown:
        raise RuleError(f"{name}: unknown key {unknown[0]!r}")
    return table


def _definitions(name: str, table: Mapping[str, Any], shared: Mapping[str, str]) -> dict[str, str]:
    """Patterns that rules name as `(?&name)`; each may use those before it."""
    words = dict(shared)
    entries = table.get("define", {})
    if not isinstance(entries, dict):
        raise RuleError(f"{name}: define is not a table")
    for key, pattern in entries.items():
        if not isinstance(pattern, str):
            raise RuleError(f"{name}: define {key}: not a text")
        words[key] = _fill(pattern, words)
    return words


def _fill(pattern: str, words: Mapping[str, str]) -> str:
    for key, meaning in words.items():
        pattern = pattern.replace(f"(?&{key})", f"(?:{meaning})")
    return pattern


def _entries(name: str, table: Mapping[str, Any]) -> list[dict[str, Any]]:
    entries = table.get("rule", [])
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise RuleError(f"{name}: rules are written [[rule]]")
    return entries


def _needs(name: str, table: Mapping[str, Any]) -> dict[str, str]:
    """What a text must hold to be tried, by the name that rules call it; written as a pattern or a list of texts."""
    entries = table.get("needs", {})
    if not isinstance(entries, dict):
        raise RuleError(f"{name}: needs is not a table")
    return {key: _needed(name, entries, key) for key in entries}


def _needed(name: str, entries: Mapping[str, Any], key: str) -> str:
    if isinstance(entries[key], list):
        return "|".join(map(re.escape, _texts(name, entries, key)))
    pattern = _text(name, entries, key)
    _check_syntax(f"{name}: needs {key}", pattern)
    return pattern


def _read_rule(where: str, entry: Mapping[str, Any], words: Mapping[str, str], needs: Mapping[str, str]) -> Rule:
    _check_keys(where, entry)
    if entry.get("needs", "") not in {"", *needs}:
        raise RuleError(f"{where}: no list of needs {entry['needs']!r}")
    return Rule(
        id=_text(where, entry, "id"),
        label=_member(where, Label, entry["label"]),
        pattern=_fill(_text(where, entry, "pattern"), words),
        strength=_member(where, Strength, entry["strength"]),
        max_chars=_bound(where, entry.get("max_chars", SHORT_CHARS)),
        needs=needs.get(entry.get("needs", ""), ""),
        drop=_texts(where, entry, "drop"),
        keep=_texts(where, entry, "keep"),
    )


def _check_keys(where: str, entry: Mapping[str, Any]) -> None:
    unknown = sorted(set(entry) - KEYS)
    if unknown:
        raise RuleError(f"{where}: unknown key {unknown[0]!r}")
    missing = sorted(KEYS - set(entry) - MAY_LACK)
    if missing:
        raise RuleError(f"{where}: {missing[0]} is missing")


def _check_pattern(where: str, rule: Rule) -> None:
    _check_syntax(f"{where}: pattern", rule.pattern)
    names = GROUP.findall(rule.pattern)
    if rule.strength is Strength.SPLIT and not names:
        raise RuleError(f"{where}: a split needs named groups")
    for name in names:
        _member(where, Label, name.removesuffix(VALUE))


def _check_syntax(where: str, pattern: str) -> None:
    try:
        re2.Set.SearchSet(quiet()).Add(pattern)
    except re2.error:
        raise RuleError(f"{where}: {refusal(pattern)}") from None


def refusal(pattern: str) -> str:
    """What RE2 says of a pattern that it refuses; asked only then, since to compile is dear."""
    try:
        compile_pattern(pattern)
    except re2.error as error:
        said = error.args[0] if error.args else "refused"
        return said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
    return "refused"


def _text(where: str, entry: Mapping[str, Any], key: str) -> str:
    value = entry[key]
    if not isinstance(value, str) or not value:
        raise RuleError(f"{where}: {key} is not a text")
    return value


def _member(where: str, kind: type[Member], value: object) -> Member:
    try:
        return kind(str(value))
    except ValueError as error:
        raise RuleError(f"{where}: no {kind.__name__.lower()} {value!r}") from error


def _bound(where: str, value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 < value <= LONGEST_CHARS:
        raise RuleError(f"{where}: max_chars is not a number from 1 to {LONGEST_CHARS}")
    return value


def _texts(where: str, entry: Mapping[str, Any], key: str) -> tuple[str, ...]:
    value = entry[key]
    if not isinstance(value, list) or not value or not all(isinstance(text, str) and text for text in value):
        raise RuleError(f"{where}: {key} is not a list of texts")
    return tuple(value)
