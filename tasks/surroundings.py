"""What far elders of a block are made for, where their names leave no doubt: consent, comments, other stories.

`tasks.label` looks at a block's own element and the one around it; a list of comments or a stream of other stories may
be five elements up. Such an element does not hold the page's headline.
"""

import re
from functools import lru_cache

from tasks.page import Kind, Label, Page

_NAMES = re.compile(
    r"(?:^|[^a-z])(?:"
    r"(?P<legal>onetrust|otpc|ot-pc|ot-sdk|didomi|usercentrics|cookiebot|cybotcookie\w*|truste|qc-cmp\w*|"
    r"(?:cookie|consent|gdpr)-?(?:banner|consent|notice|bar|modal|popup|layer|overlay|wall|message|law|settings|sdk))|"
    r"(?P<comment>comments?-?(?:list|section|area|thread|container|wrapper|block|box|feed|holder)|commentlist|"
    r"disqus|user-?comments|reader-?comments)|"
    r"(?P<related>more-?(?:stories|articles|news|posts)|related-?(?:articles|stories|posts|content|news|links)|"
    r"(?:you-may|may-also)-(?:also-)?like|recirc\w*|outbrain|taboola|most-?(?:read|popular|viewed)|"
    r"next-?(?:article|story|post)s?|read-?next|up-?next)"
    r")(?:[^a-z]|$)"
)
_LABELS = {"legal": Label.LEGAL, "comment": Label.COMMENT, "related": Label.RELATED}


def surroundings(page: Page) -> list[Label | None]:
    """For each container what it, or the nearest elder so named, is made for; None for what holds the headline."""
    around: list[Label | None] = []
    if page.kind is Kind.DUMP:
        return [None] * len(page.containers)
    own = _elders(page, page.headline)
    for index, container in enumerate(page.containers):
        up, words = container.parent, container.words
        named = _named(words) if words and index not in own else None
        around.append(named or (around[up] if up >= 0 else None))
    return around


@lru_cache(maxsize=50_000)  # a site's elements have the same names on all its pages
def _named(words: str) -> Label | None:
    found = _NAMES.search(words)
    return _LABELS[found.lastgroup] if found and found.lastgroup else None


def _elders(page: Page, row: int | None) -> frozenset[int]:
    """The containers around a block, its own among them."""
    elders = []
    at = page.blocks[row].container if row is not None else -1
    while at >= 0:
        elders.append(at)
        at = page.containers[at].parent
    return frozenset(elders)
