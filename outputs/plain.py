"""Untrusted text on a terminal: what would steer it, or turn the line around, is shown as an escape."""

import re

# Controls but tab and newline, what else breaks lines, and signs that reorder them (Trojan Source, CVE-2021-42574).
_STEERING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")


def plain(text: str) -> str:
    """The text as it can be printed: any number of lines."""
    return _STEERING.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def plain_line(text: str) -> str:
    """The same on one line."""
    return " ".join(plain(text).split())
