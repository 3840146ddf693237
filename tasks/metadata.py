"""The fields around the text, resolved from what a page declares and what its blocks show."""

import re
from collections.abc import Sequence

from tasks.addresses import canonical_url, country_of, host_of, registered_domain
from tasks.authors import authors_in, find_authors
from tasks.dates import Habits
from tasks.images import find_images
from tasks.language import declared_language, find_language
from tasks.page import LIFTED, Declared, Label, LabelledBlock, Metadata, Page
from tasks.published import find_dates_of
from tasks.publisher_rules import given, given_title, with_given_date
from tasks.sections import shown_section
from tasks.titles import find_deck, find_kicker, find_title

MONTH_FIRST = frozenset(("us", "com", "org", "net", "gov", "edu", "ph", "info", "news", "tv", ""))
MAX_TAGS = 60
BIO_WORDS, BIO_CHARS = 5, 30  # characters where words are not spaced
PASSED_OVER = frozenset((Label.ADVERT, Label.SHARE, Label.PROMO, Label.NAVIGATION, Label.PAYWALL))

_LIVE = re.compile(
    r"live-?blog|live-?ticker|live-?updates?|/live/|minuto-a-minuto|en-direct|ao-vivo|in-diretta|newsticker",
    re.IGNORECASE,
)
_LIVE_TITLE = re.compile(
    r"^\W{0,2}live\b\s?[:+–-]|\blive[ -]?(?:blog|ticker|updates?)\b|\bnewsticker\b|\bliveticker\b", re.IGNORECASE
)
_CAPITAL = r"[^\W\d_a-zß-ÿ]"
_CITY = rf"{_CAPITAL}(?:{_CAPITAL}|[.'’-]){{1,20}}(?:[ -](?:{_CAPITAL}|[.'’-]){{2,20}}){{0,3}}"
_PLACE = r"[^\W\d_a-zß-ÿ][^\W\d_]{1,20}(?:[ -][^\W\d_]{2,20}){0,2}"
_DATELINE = re.compile(
    rf"({_CITY})(?:,\s[^\W\d_][\w .]{{1,25}})?\s?(?:[(/][^()]{{2,40}}[)/])?\s?(?:[—–]|--|-(?=\s))\s?(?=\S)"
    rf"|({_PLACE})(?:,\s[\w .]{{2,25}})?\s?[(/](?:[A-Z]{{2,10}}|dpa|Reuters|Xinhua|Europa Press)"
    r"(?:[/,][^()]{1,25})?[)/]\s?[.:—–-]"
)


def metadata(page: Page, blocks: tuple[LabelledBlock, ...]) -> Metadata:
    """The fields of a page's article. What the page does not tell stays None."""
    page = with_given_date(page)
    facts = page.declared
    url = canonical_url(facts.url, page.url)
    names = site_names(facts, url)
    rows = align(page, blocks)
    title, title_row = given_title(page) or find_title(page, blocks, names)
    language = page.ruled.language or find_language(blocks, facts.language)
    dates = find_dates_of(page, blocks, title_row, _habits(facts, url, language))
    return Metadata(
        title=title,
        kicker=find_kicker(page, blocks, title, title_row),
        deck=" ".join(given(page, "deck")) or find_deck(page, blocks, title, title_row),
        authors=authors_in(given(page, "byline"), names) or find_authors(page, blocks, title_row, names),
        author_bio=find_bio(blocks),
        dateline=find_dateline(blocks),
        section=facts.section or shown_section(page, title, title_row, names),
        tags=tuple(dict.fromkeys(facts.tags))[:MAX_TAGS],
        language=language,
        url=url,
        publisher=registered_domain(url) or facts.site_name,
        published_at=dates.published.when if dates.published else None,
        modified_at=dates.modified.when if dates.modified else None,
        published_raw=dates.published.raw if dates.published else None,
        published_zone=dates.published.zone if dates.published else None,
        images=find_images(page, blocks, rows, url),
        is_live_blog=_is_live_blog(facts, url, title),
        is_paywalled=_is_paywalled(facts, blocks),
    )


def site_names(facts: Declared, url: str | None) -> tuple[str, ...]:
    """The names under which a page may speak of its site."""
    host = (host_of(url) or "").removeprefix("www.")
    domain = registered_domain(url) or ""
    names = (facts.site_name or "", host, domain, domain.partition(".")[0])
    return tuple(name for name in dict.fromkeys(names) if name)


def _habits(facts: Declared, url: str | None, language: str | None) -> Habits:
    """Month first where English is written in a country that does so, or in none that is known."""
    country = country_of(url)
    said = (facts.language or "").lower().replace("_", "-")
    is_us = said == "en-us" or (said in ("", "en") and country in MONTH_FIRST)
    return Habits(
        language or declared_language(facts.language) or "en", country, not (language in (None, "en") and is_us)
    )


def _first(blocks: Sequence[LabelledBlock], label: Label) -> str | None:
    return next((block.text for block in blocks if block.label is label), None)


def find_bio(blocks: Sequence[LabelledBlock]) -> str | None:
    """What is said of the author: the first note of a few words; a header ("About the author") or a handle is none."""
    notes = (block.text for block in blocks if block.label is Label.BIO)
    return next((note for note in notes if len(note.split()) >= BIO_WORDS or len(note) >= BIO_CHARS), None)


def find_dateline(blocks: Sequence[LabelledBlock]) -> str | None:
    """The place that opens the text: BEIRUT of "BEIRUT (AP) — …"."""
    first = next((block.text for block in blocks if block.label is Label.PARAGRAPH), None)
    labelled = _first(blocks, Label.DATELINE)
    for text in (labelled, first):
        if text and (found := _DATELINE.match(text[:160].lstrip("(|"))):
            return " ".join((found.group(1) or found.group(2)).split())
    return labelled


def _is_live_blog(facts: Declared, url: str | None, title: str | None) -> bool:
    if "LiveBlogPosting" in facts.types:
        return True
    return bool(_LIVE.search(url or "") or _LIVE_TITLE.search(title or ""))


def _is_paywalled(facts: Declared, blocks: Sequence[LabelledBlock]) -> bool:
    if facts.is_paywalled is not None:
        return facts.is_paywalled
    begin = next((row for row, block in enumerate(blocks) if block.kept or block.label is Label.TITLE), 0)
    follows_text = True  # a paywall stands where the text breaks off, not among comments or in the menu
    for block in blocks[begin:]:
        if block.label is Label.PAYWALL and follows_text:
            return True
        if block.label not in PASSED_OVER:
            follows_text = block.kept or block.label in LIFTED
    return False


def align(page: Page, blocks: Sequence[LabelledBlock]) -> list[int]:
    """For each labelled block the row of the page's block that it is, or is cut from."""
    rows: list[int] = []
    row, last, at = 0, len(page.blocks) - 1, 0  # `at`: up to where the row's text is seen
    for block in blocks:
        found = page.blocks[row].text.find(block.text, at)
        if found < 0 and row < last and block.text in page.blocks[row + 1].text:
            row += 1
            found = page.blocks[row].text.find(block.text)
        at = found + len(block.text) if found >= 0 else at
        rows.append(row)
    return rows
