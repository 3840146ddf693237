"""The names under which a text dump speaks of its site: beside a copyright sign, in addresses."""

import re
from collections.abc import Iterator

from tasks.page import Page

MAX_LINE = 300  # characters
MIN_NAME = 5  # characters
MOST_WORDS = 4
MAIL = frozenset(("gmail", "hotmail", "yahoo", "outlook", "icloud", "protonmail", "googlemail", "web", "gmx"))

_COPYRIGHT = re.compile(
    r"(?i:©|\(c\)|copyright)[^A-Za-z]{0,20}(?:19|20)\d\d(?:\s?[-–]\s?(?:19|20)\d\d)?[,.]?\s(?i:by\s|the\s)?"
    r"((?:[A-Z][\w&'’-]{0,24}[ ]?){1,6})"
)
_ADDRESS = re.compile(r"(?:@|https?://(?:www\.)?|\bwww\.)([\w-]{1,40})\.[a-z]{2,3}\b", re.ASCII)


def dump_sites(page: Page) -> Iterator[str]:
    """The site's names, in any spelling; where a copyright notice goes on after the name, the longer ones, too."""
    for block in page.blocks:
        if len(block.text) > MAX_LINE:
            continue
        for found in _COPYRIGHT.finditer(block.text):
            words = found.group(1).split()[:MOST_WORDS]
            yield from (" ".join(words[:count]) for count in range(1, len(words) + 1))
            yield from (word for word in words[1:2] if len(word) >= MIN_NAME)  # "Jane Doe, Globe Staff"
        for found in _ADDRESS.finditer(block.text):
            if len(found.group(1)) >= MIN_NAME and found.group(1) not in MAIL:
                yield found.group(1)
