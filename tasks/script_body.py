"""The article's body where it stands in a script's data alone, as on pages that a browser puts together.

Frameworks send a page's content as JSON beside the markup (a state object, `__NEXT_DATA__`, content elements). Such a
body is one long string of markup or text, or a list of objects that hold a paragraph each. It is looked for only where
the markup itself shows hardly any prose.
"""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from tasks.folding import fold
from tasks.linked_data import plain, whole_characters
from tasks.words import STOPS

MIN_BODY = 400  # characters of prose that make a body
MIN_TEXT = 60  # characters of a string that may be a part of it
MAX_SCRIPT = 2_000_000  # characters of one script that is read
MAX_STARTS = 20  # places of a script at which an object may begin
MAX_STRINGS = 20_000
MAX_DEPTH = 40

_STARTS = re.compile(r"[=(,:]\s*(?=[\[{])|JSON\.parse\(\s*(?=[\"'])|^\s*(?=[\[{])")
_SENTENCE = re.compile(rf"[{STOPS}][\"'”’»)]*(?:\s|<|$)|[。！？]")
_DECODER = json.JSONDecoder(strict=False)


@dataclass(slots=True)
class _Run:
    """Strings that stand at the same place of one list's objects, or one string."""

    is_titled: bool  # whether the headline stands beside them, or around them
    texts: list[str] = field(default_factory=list)


def script_body(scripts: Iterable[str], headlines: Iterable[str]) -> str | None:
    """The body in the scripts' data, a paragraph a line; None where they hold no prose of `MIN_BODY` characters.

    `headlines` are what the page declares: data that holds one of them goes before longer data that does not.
    """
    wanted = frozenset(folded for headline in headlines if len(folded := fold(headline)) > 10)
    runs: dict[str, _Run] = {}
    for number, script in enumerate(scripts):
        if MIN_BODY <= len(script) <= MAX_SCRIPT:
            for at, value in enumerate(_values(script)):
                _gather(value, f"{number}.{at}", wanted, runs)
    best = max(runs.values(), key=lambda run: (run.is_titled, sum(map(len, run.texts))), default=None)
    if best is None:
        return None
    lines = [line for text in best.texts for line in plain(text, keep_lines=True).split("\n") if line.strip()]
    body = whole_characters("\n".join(dict.fromkeys(lines)))
    return body if len(body) >= MIN_BODY and len(_SENTENCE.findall(body)) > 1 else None


def _values(script: str) -> Iterator[Any]:
    """The objects and lists that stand in a script, wherever one is given to something."""
    end = starts = 0
    for found in _STARTS.finditer(script):
        at = found.end()
        if at < end:
            continue
        if (starts := starts + 1) > MAX_STARTS:
            return
        try:
            value, end = _DECODER.raw_decode(script, at)
            if isinstance(value, str):
                value = json.loads(value, strict=False)
        except (ValueError, RecursionError):
            continue
        yield value


def _gather(value: Any, place: str, wanted: frozenset[str], runs: dict[str, _Run]) -> None:
    """Add the value's prose to the runs; without recursion, in order."""
    waiting: list[tuple[Any, str, bool, int]] = [(value, place, False, 0)]
    seen = 0
    while waiting and seen < MAX_STRINGS:
        item, at, is_titled, depth = waiting.pop()
        if isinstance(item, str):
            seen += 1
            if _is_prose(item):
                runs.setdefault(at, _Run(is_titled)).texts.append(item)
        elif isinstance(item, dict) and depth < MAX_DEPTH:
            is_titled = is_titled or any(isinstance(own, str) and fold(own[:400]) in wanted for own in item.values())
            waiting += [(own, f"{at}.{name}", is_titled, depth + 1) for name, own in reversed(item.items())]
        elif isinstance(item, list) and depth < MAX_DEPTH:
            # The objects of a list share a place, so that a paragraph each makes a run; the lists in them do not.
            waiting += [
                (own, f"{at}[]" if isinstance(own, dict | str) else f"{at}[{row}]", is_titled, depth + 1)
                for row, own in reversed(list(enumerate(item)))
            ]


def _is_prose(text: str) -> bool:
    return len(text) >= MIN_TEXT and text.count(" ") * 15 >= len(text) and _SENTENCE.search(text) is not None
