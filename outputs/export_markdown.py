"""An article as Markdown: its fields as YAML front matter, then headings, lists, quotes and paragraphs."""

import json
import re
from collections.abc import Mapping
from typing import Any

from outputs.values import for_json
from tasks.page import KEPT, Label

FIELDS = (
    "title", "kicker", "deck", "authors", "dateline", "published_at", "modified_at", "publisher", "url", "section",
    "tags", "language", "article_id",
)  # fmt: skip
_SIGNS = re.compile(r"([\\`*_\[\]<>|~&])")
_OPENING = re.compile(r"^([ \t]*)([#+=-])", re.MULTILINE)  # begins a heading, a list or a rule
_NUMBER = re.compile(r"^([ \t]*\d{1,9})([.)])", re.MULTILINE)
_YAML_BREAKS = re.compile("[\x7f-\x9f\u2028\u2029\ufeff]")  # JSON may hold them as they are, YAML may not
_MARKS = {Label.HEADING: ("## ", ""), Label.QUOTE: ("> ", "> "), Label.LIST_ITEM: ("- ", "  ")}  # and of further lines


def markdown(article: Mapping[str, Any]) -> bytes:
    """Render one article's record (CommonMark); markup that its text holds stays text."""
    front = "".join(f"{name}: {_yaml(article[name])}\n" for name in FIELDS if article[name])
    title = f"# {escaped(' '.join(article['title'].split()))}\n\n" if article["title"] else ""
    return f"---\n{front}---\n\n{title}{_body(article['blocks'])}\n".encode()


def _yaml(value: Any) -> str:
    """JSON is YAML, but for a few breaks of lines."""
    text = json.dumps(value, ensure_ascii=False, default=for_json)
    return _YAML_BREAKS.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def _body(blocks: list[dict[str, Any]]) -> str:
    """The kept blocks, a blank line between; the items of a list stand close together."""
    kept = [(Label(block["label"]), block["text"]) for block in blocks if block["label"] in KEPT]
    parts: list[str] = []
    before = None
    for label, text in kept:
        if parts:
            parts.append("\n" if label is before is Label.LIST_ITEM else "\n\n")
        parts.append(_marked(label, text))
        before = label
    return "".join(parts)


def _marked(label: Label, text: str) -> str:
    mark, indent = _MARKS.get(label, ("", ""))
    if label is Label.HEADING:
        return mark + escaped(text.replace("\n", " "))
    return mark + escaped(text).replace("\n", f"\\\n{indent}")


def escaped(text: str) -> str:
    """The text as Markdown that renders as the text."""
    text = _SIGNS.sub(r"\\\1", text)
    return _NUMBER.sub(r"\1\\\2", _OPENING.sub(r"\1\\\2", text))
