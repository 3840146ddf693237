"""Decide whether a labelled page holds an article at all, and if not, what it is instead.

Precision first: a short article must stay. A page that says of itself that it is an article is believed as soon as it
has any text; an error page or a wall is one by its words *and* by having little else.
"""

import functools
import tomllib
import unicodedata
from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import dataclass
from importlib import resources

import re2

from config.limits import Limits
from tasks.bridge import BODY
from tasks.page import Kind, Label, LabelledBlock, Page, RejectReason
from tasks.words import count_words

SHORT = 150  # kept words up to which a title such as "Page not found" is believed
MODERATE = 400  # kept words up to which the text itself is searched for the words of a wall
SAYS_MUCH = 0.4  # share of the words that stand in blocks with such phrases
PHRASE_CHARS = 1_500  # longer blocks are no messages
TITLE_CHARS = 120
DUMP_TITLES = 3  # first lines of a dump among which its title is
LINKED = 0.5  # share of a block's characters inside links
NAME = 30  # characters of the longest text that may be no more than a teaser's author or time
FEW = 4  # linked headings, and teasers, of a front page
MOSTLY = 0.7  # share of the characters in teasers
HEADINGS = frozenset(("h1", "h2", "h3", "h4", "h5"))
ARTICLE_TYPES = ("article", "posting", "report", "review", "story")

_SEPARATORS = re2.compile(r"\s+[-–—|·•»:/]+\s+|\s*[|»]\s*")
_TRIM = " .…!,;:-–—|·•'\"«»()[]"


@dataclass(frozen=True, slots=True)
class Sayings:
    """What pages without an article say: whole titles, and words in their text."""

    titles: frozenset[str]
    texts: tuple[str, ...]

    def in_title(self, title: str) -> str | None:
        """The phrase that the title, or a part of it between separators, consists of."""
        if len(title) > TITLE_CHARS:
            return None
        parts = (title, *_SEPARATORS.split(title))
        return next((part for part in map(_folded, parts) if part in self.titles), None)

    def in_text(self, text: str) -> str | None:
        """The phrase that the text holds."""
        if len(text) > PHRASE_CHARS:
            return None
        folded = _folded(text)
        return next((phrase for phrase in self.texts if phrase in folded), None)


@functools.cache
def load_rejects() -> dict[RejectReason, Sayings]:
    """The phrases of config/rejects.toml by the reason that they stand for."""
    data = tomllib.loads((resources.files("config") / "rejects.toml").read_text("utf-8"))
    return {
        RejectReason(reason): Sayings(
            frozenset(map(_folded, phrases["titles"])), tuple(dict.fromkeys(map(_folded, phrases["texts"])))
        )
        for reason, phrases in data.items()
    }


def verdict(page: Page, blocks: Sequence[LabelledBlock], limits: Limits) -> tuple[RejectReason, str] | None:
    """Why the page holds no article, with a line that says what spoke for it; None for an article."""
    if not any(any(map(str.isalnum, block.text)) for block in page.blocks):
        return RejectReason.NO_TEXT, "no visible text"
    kept = [block.text for block in blocks if block.kept]
    is_declared = _declares_article(page)
    words = _count(kept, limits.min_words if is_declared else MODERATE + 1)
    if is_declared and words >= limits.min_words:
        return None
    if found := _by_title(page, blocks, words) or _by_text(page, kept, words, limits):
        return found
    sure = [block.text for block in blocks if block.kept and block.confidence > BODY] or kept
    words = _count(sure, limits.min_words)
    if words < limits.min_words:  # what was taken in doubt adds to an article, and makes none beside what is sure
        return RejectReason.NO_ARTICLE, f"{words} words that could be an article's"
    return (RejectReason.NO_ARTICLE, "teasers and links") if _is_index(page, blocks) else None


def size(text: str) -> int:
    """The words of a text; of a script without spaces, half its characters."""
    words = count_words(text)
    return words if words <= 2 * len(text.split()) else (words + 1) // 2


def _count(texts: Iterable[str], enough: int) -> int:
    """The words of the texts, or, as soon as they are enough, some number of at least that."""
    words = 0
    for text in texts:
        words += size(text)
        if words >= enough:
            break
    return words


def _declares_article(page: Page) -> bool:
    return any(kind.lower().endswith(ARTICLE_TYPES) for kind in page.declared.types)


def _by_title(page: Page, blocks: Sequence[LabelledBlock], words: int) -> tuple[RejectReason, str] | None:
    """A page with little text whose title says that it is none."""
    if words > SHORT:
        return None
    for title in _titles(page, blocks):
        for reason, sayings in load_rejects().items():
            if phrase := sayings.in_title(title):
                return reason, f"title: {phrase}"
    return None


def _titles(page: Page, blocks: Sequence[LabelledBlock]) -> Iterator[str]:
    if page.declared.document_title:
        yield page.declared.document_title
    yield from page.declared.headlines
    yield from (block.text for block in blocks if block.label is Label.TITLE)
    first = page.blocks[:DUMP_TITLES] if page.kind is Kind.DUMP else page.blocks
    yield from (block.text for block in first if block.tag in ("", "h1"))


def _by_text(page: Page, kept: Sequence[str], words: int, limits: Limits) -> tuple[RejectReason, str] | None:
    """A page of which much is the message of an error or a wall: of its article, or, having none, of all its text."""
    if words > MODERATE:
        return None
    unlinked = (block.text for block in page.blocks if block.link_chars < LINKED * len(block.text))
    texts = kept if words >= limits.min_words else list(unlinked)
    total = sum(map(size, texts))
    for reason, sayings in load_rejects().items():
        said = [(text, phrase) for text in texts if (phrase := sayings.in_text(text))]
        if said and sum(size(text) for text, _ in said) >= SAYS_MUCH * total:
            return reason, f"text: {said[0][1]}"
    return None


def _is_index(page: Page, blocks: Sequence[LabelledBlock]) -> bool:
    """Whether the text of a page with markup is teasers (a front page, a section, a list of links).

    A teaser stands alone between headlines that are links; the paragraphs of an article follow each other.
    """
    if page.kind is Kind.DUMP:
        return False
    shares = {block.text: block.link_chars / max(len(block.text), 1) for block in page.blocks}
    kept = [block.text for block in blocks if block.kept]
    if sum(shares.get(text, 0) >= LINKED for text in kept) * 2 > len(kept):
        return True
    headlines = sum(block.tag in HEADINGS and shares[block.text] >= LINKED for block in page.blocks)
    if headlines < FEW:
        return False
    links = {text for text, share in shares.items() if share >= LINKED}
    alone = _alone(blocks, links)
    return len(alone) >= FEW and sum(map(len, alone)) >= MOSTLY * sum(len(text) for text in kept if text not in links)


def _alone(blocks: Sequence[LabelledBlock], links: Set[str]) -> list[str]:
    """The kept texts, links and names apart, that have no such text beside them."""
    flags = [False, *(block.kept and len(block.text) > NAME and block.text not in links for block in blocks), False]
    beside = zip(blocks, flags, flags[1:], flags[2:], strict=False)
    return [block.text for block, before, kept, after in beside if kept and not before and not after]


def _folded(text: str) -> str:
    """The text in one form of case, quotes and white space, without punctuation around it."""
    plain = unicodedata.normalize("NFKC", text).casefold().replace("’", "'")
    return " ".join(plain.split()).strip(_TRIM)
