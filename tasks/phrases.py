"""Phrase rules: what a block is, told from its words alone, in any language.

The rules are data, `config/rules/*.toml`, one file a language. A page is read by the rules of the languages that its
common words speak for, by the neutral ones and by the English ones, in RE2 sets: linear time whatever a text holds.
"""

import functools
import hashlib
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

import re2

from tasks.language import spoken_languages
from tasks.page import Label
from tasks.rulefile import (
    LONGEST_CHARS,
    SHORT_CHARS,
    VALUE,
    Rule,
    RuleError,
    Strength,
    compile_pattern,
    quiet,
    read_rules,
)

__all__ = ["Part", "Phrases", "Rule", "RuleError", "Strength", "load_phrases", "normal", "rules_digest", "trim"]

SET_MEMORY = 16 << 20  # bytes that an automaton's cache may take; it grows with what it meets
RECURRING_CHARS = 80  # shorter texts recur from page to page: menus, dates, names
REMEMBERED = 20_000
COMBINATIONS = 64  # of languages spoken on one page

# One to one, so that places in the normal form are places in the text.
SAME = tuple(
    (char, plain)
    for plain, chars in (
        ("'", "\u2019\u2018\u02bc\u00b4"),
        ('"', "\u201c\u201d\u201e"),
        ("-", "\u2013\u2014\u2010\u2011\u2012\u2015"),
        (":", "\uff1a"),
    )
    for char in chars
)
MEANT = frozenset("©®℗+")  # symbols that belong to the words
ORNAMENT = frozenset("-–—―•·*_:;,…/\\|»›‣⁃\ufe0e\ufe0f\u200b\u200c\u200d\u200e\u200f\u2060\ufeff")


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a split block. `value` is its text without the words that announce it ("Photo:")."""

    text: str
    label: Label
    value: str


ALWAYS_SPOKEN = frozenset(("neutral", "en"))  # English furniture stands on pages in any language
ALWAYS = "always"  # the language, as it were, of their rules


class Phrases:
    """All rules, ready to match. `digest` is the SHA-256 of the files they came from."""

    def __init__(self, rules: Sequence[Rule], digest: str = "") -> None:
        self.rules = tuple(rules)
        self.digest = digest
        self._short = _Sieve(self.rules, 0)
        self._long = _Sieve(self.rules, SHORT_CHARS)
        self._longest = max((rule.max_chars for rule in self.rules), default=0)
        self._remembered = functools.lru_cache(REMEMBERED)(self._match)

    def match(self, text: str, languages: frozenset[str] | None = None) -> tuple[int, ...]:
        """Indices of the rules that hit, in the order of `rules`; of the languages named, by default of all.

        The rules of what is always spoken are read in any case.
        """
        if len(text) > 2 * LONGEST_CHARS:
            return ()
        find = self._remembered if len(text) <= RECURRING_CHARS else self._match
        return find(text, languages)

    def _match(self, text: str, languages: frozenset[str] | None) -> tuple[int, ...]:
        bare = normal(trim(text))
        if not bare or len(bare) > self._longest:
            return ()
        return (self._short if len(bare) <= SHORT_CHARS else self._long).match(bare, languages)

    def hits(self, texts: Iterable[str]) -> list[tuple[int, ...]]:
        """`match` for all the blocks of a page, by the rules of the languages that the page is in."""
        all_of_page = list(texts)
        spoken = spoken_languages(all_of_page)
        return [self.match(text, spoken) for text in all_of_page]

    def split(self, text: str, rule: Rule) -> tuple[Part, ...] | None:
        """The parts that the rule's groups name, in reading order; None where they would lose words."""
        bare = trim(text)
        groups = _groups(rule, normal(bare))
        parts = sorted((span, name) for name, span in groups.items() if not name.endswith(VALUE))
        edges = [0, *(edge for span, _ in parts for edge in span), len(bare)]
        between = "".join(bare[start:end] for start, end in zip(edges[::2], edges[1::2], strict=True))
        if not parts or any(char.isalnum() for char in between):
            return None
        return tuple(_part(bare, span, name, groups) for span, name in parts)

    def value(self, text: str, rule: Rule) -> str:
        """The text without the words that announce it: the name of a credit line, the time of an update line."""
        bare = trim(text)
        span = _groups(rule, normal(bare)).get(f"{rule.label}{VALUE}")
        return trim(bare[slice(*span)]) if span else bare


class _Sieve:
    """Rules that read texts longer than `above` characters, in sets by language and by what they need of a text.

    One set over all of them would meet so many states that it forgets them as fast as it learns them: 6 times slower.
    """

    def __init__(self, rules: Sequence[Rule], above: int) -> None:
        members: dict[tuple[str, str], list[tuple[int, Rule]]] = {}
        for index, rule in enumerate(rules):
            if rule.max_chars > above:
                language = rule.id.split(".")[0]
                key = (ALWAYS if language in ALWAYS_SPOKEN else language, rule.needs)
                members.setdefault(key, []).append((index, rule))
        self._sets = {key: _PatternSet(group) for key, group in members.items()}
        self._reader = functools.lru_cache(COMBINATIONS)(self._new_reader)

    def match(self, text: str, languages: frozenset[str] | None) -> tuple[int, ...]:
        always, needed, needy = self._reader(languages)
        size, encoded = len(text), text.encode()
        found: list[int] = []
        for patterns in always:
            found += patterns.match(encoded, size)
        for at in needed(encoded) or ():
            for patterns in needy[at]:
                found += patterns.match(encoded, size)
        return tuple(sorted(found)) if found else ()

    def _new_reader(self, languages: frozenset[str] | None) -> "_Reader":
        """The sets of some languages: those that read every text, what the others need, and the others by need."""
        spoken = {
            key: group for key, group in self._sets.items() if languages is None or key[0] in languages | {ALWAYS}
        }
        by_needs: dict[str, list[_PatternSet]] = {}
        for (_, needs), group in spoken.items():
            by_needs.setdefault(needs, []).append(group)
        always = by_needs.pop("", [])
        return always, _compiled_set([f"(?i:{needs})" for needs in by_needs]), list(by_needs.values())


class _PatternSet:
    """One RE2 set over rules, compiled when a text first needs it: few pages hold more than two scripts."""

    def __init__(self, members: Sequence[tuple[int, Rule]]) -> None:
        self._members = tuple((index, rule.max_chars) for index, rule in members)
        self._patterns = [rule.pattern for _, rule in members]

    @functools.cached_property
    def _find(self) -> "_Search":
        return _compiled_set(self._patterns)

    def match(self, encoded: bytes, size: int) -> Sequence[int]:
        """The rules that hit a text of `size` characters, given as UTF-8."""
        places = self._find(encoded)
        if not places:
            return ()
        return [index for index, bound in map(self._members.__getitem__, places) if size <= bound]


_Search = Callable[[bytes], list[int] | None]
_Reader = tuple[list[_PatternSet], _Search, list[list[_PatternSet]]]


def _compiled_set(patterns: Sequence[str]) -> _Search:
    """A search for all patterns at once: the places of those that hit."""
    options = quiet()
    options.max_mem = SET_MEMORY
    searched = re2.Set.SearchSet(options)
    count = sum(1 for pattern in patterns if searched.Add(pattern) >= 0)
    searched.Compile()
    search: _Search = searched.Match
    return search if count else lambda _: None


@functools.cache
def load_phrases(folder: Path | None = None) -> Phrases:
    """The rules of a folder, by default those that come with the program. Raises `RuleError`."""
    contents = _contents(folder)
    rules = read_rules(contents, check=folder is not None)  # a test checks those that come with the program
    return Phrases(tuple(rules), _digest(contents))


def rules_digest(folder: Path | None = None) -> str:
    """The SHA-256 of a folder's rule files, without reading what they say."""
    return _digest(_contents(folder))


def _contents(folder: Path | None) -> dict[str, bytes]:
    source: Traversable = folder if folder is not None else resources.files("config.rules")
    files = sorted((item for item in source.iterdir() if item.name.endswith(".toml")), key=lambda item: item.name)
    return {item.name: item.read_bytes() for item in files}


def _digest(contents: Mapping[str, bytes]) -> str:
    digest = hashlib.sha256()
    for name, content in contents.items():
        digest.update(f"{name}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()


def trim(text: str) -> str:
    """The text with white space folded and without the ornaments around it: bullets, arrows, dashes, emoji, "..."."""
    folded = " ".join(text.split())
    if not folded or (folded[0].isalnum() and folded[-1].isalnum()):
        return folded
    start, end = 0, len(folded)
    while start < end and _is_ornament(folded[start]):
        start += 1
    while end > start and _is_ornament(folded[end - 1]):
        end -= 1
    bare = folded[start:end]
    return bare.rstrip(". ") if bare.endswith("..") else bare


def normal(text: str) -> str:
    """The text with one form of apostrophe, quotation mark, dash and colon; every character stays in its place."""
    if not text.isascii():
        for char, plain in SAME:
            text = text.replace(char, plain)
    return text


@functools.cache
def _is_ornament(char: str) -> bool:
    if char.isalnum() or char in MEANT:
        return False
    return char in ORNAMENT or char == " " or unicodedata.category(char) in {"So", "Sm", "Sk"}


@functools.cache
def _pattern(pattern: str) -> "re2._Regexp[str]":
    return compile_pattern(pattern)


def _groups(rule: Rule, text: str) -> dict[str, tuple[int, int]]:
    """Where the rule's named groups stand in the text."""
    compiled = _pattern(rule.pattern)
    found = compiled.search(text)
    if found is None:
        return {}
    spans = {name: found.span(place) for name, place in compiled.groupindex.items()}
    return {name: span for name, span in spans.items() if span[0] < span[1]}


def _part(text: str, span: tuple[int, int], name: str, groups: dict[str, tuple[int, int]]) -> Part:
    whole = text[slice(*span)].strip()
    value = groups.get(name + VALUE)
    return Part(whole, Label(name), trim(text[slice(*value)]) if value else whole)
