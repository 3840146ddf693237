"""The headline, the kicker over it and the deck under it: of what a page declares, the wording that it shows."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from tasks.folding import squeeze
from tasks.headline import REPEATED, alike
from tasks.page import Block, Kind, Label, LabelledBlock, Page

MAX_TITLE = 400  # characters
MAX_KICKER = 80
FEW = 4  # words
PART = 0.4  # share of a declared headline under which a heading is hardly the whole of it
MIN_ALIKE = 0.34  # share of words that an <h1> has in common with a declared headline
MIN_BODY = 100  # characters of a paragraph that is body for sure
REACH = 6  # blocks around the headline in which kicker and deck are looked for
MIN_DECK, MAX_DECK = 40, 700  # characters

BESIDE = frozenset(("p", "span", "div", "strong", "h2", "h3", "h4", "h5", "h6"))

# White space is looked at from its beginning alone: else a long stretch is gone through again from each place in it.
_SEPARATOR = re.compile(r"(?<!\s)\s+(?:[|\-–—·•:»«/]+|::)\s+|(?:(?<!\s)\s+)?(?:[|｜_»]|-{2,})\s*|: |, ")
_STRAY = re.compile(r"\s(?:[-–—|:/<>]|\?>)+$")  # what a program left at the end
_WORDS = re.compile(r"\w+")
_KICKER_PLACE = re.compile(
    r"kicker|overline|eyebrow|dachzeile|topline|roofline|spitzmarke|antetitulo|antetítulo|occhiello|surtitre|chapeau-cat|"
    r"pre-?title|pretitulo|tagline|strapline|\brubric\b|chapeu|supertitle|headline-intro|chapo-titre|vignette"
)
_HEADER = re.compile(r"header|headline|\bhead\b|title|article-top|kopf")
_DECK_PLACE = re.compile(
    r"standfirst|\bdek\b|\bdeck\b|sub-?title|sub-?head|teaser-?text|\blead\b|\blede\b|\bintro|chapo|chapeau|sommario|vorspann|"
    r"unterzeile|bajada|entradilla|subtitulo|ingress|excerpt|summary|\babstract\b|description|manchet|anleser|preamble"
)


@dataclass(frozen=True, slots=True)
class Shown:
    """A run of text that the page shows as a heading of the first rank."""

    row: int
    text: str


def find_title(page: Page, blocks: Sequence[LabelledBlock], names: Iterable[str]) -> tuple[str | None, int | None]:
    """The article's headline and the row of the page's block that shows it; `names` are the site's.

    Of the declared headlines the one that stands on the page wins, before all as its `<h1>`.
    """
    labelled = [block.text for block in blocks if block.label is Label.TITLE]
    if page.kind is Kind.DUMP:
        return (_line(labelled[0]) if labelled else None), _dump_row(page, blocks)
    site = frozenset(squeezed for name in names if (squeezed := squeeze(name)))
    wordings = [wording for headline in page.declared.headlines for wording in _wordings(headline, site)]
    headings = [shown for shown in _headings(page) if squeeze(shown.text) not in site]
    found = (
        _repeated(page, wordings)
        or _longer_block(page, wordings, _declared_heading(wordings, headings))
        or _alike_heading(wordings, headings)
        or _declared_block(page, wordings)
        or next((Shown(row, text) for text in labelled if (row := _row_of(page, text)) is not None), None)
    )
    if found is not None and _is_alien(found.text, wordings):
        found = None
    if found is not None:
        return _line(_as_declared(found.text, wordings)), found.row
    best = next((wording for wording in wordings if squeeze(wording) not in site), None)
    title = best or next((shown.text for shown in headings), None)
    return (_line(title) if title else None), None


def _dump_row(page: Page, blocks: Sequence[LabelledBlock]) -> int | None:
    """The row of the headline that the body follows: menus and the document's title may repeat it before."""
    body = next((block.text for block in blocks if block.kept and len(block.text) >= MIN_BODY), "")
    titles = {block.text for block in blocks if block.label is Label.TITLE}
    found = None
    for row, block in enumerate(page.blocks):
        if block.text in titles:
            found = row
        elif found is not None and body and block.text.startswith(body[:MIN_BODY]):
            break
    return found


def _line(text: str) -> str:
    return " ".join(text.replace("\xad", "").split())[:MAX_TITLE]


def _row_of(page: Page, text: str | None) -> int | None:
    if not text:
        return None
    wanted = squeeze(text)
    return next((row for row, block in enumerate(page.blocks) if squeeze(block.text) == wanted), None)


def _headings(page: Page) -> list[Shown]:
    """The page's `<h1>`s: each whole, then the blocks that it is made of."""
    inside: dict[int, int] = {}
    for index, container in enumerate(page.containers):
        if container.tag == "h1":
            inside[index] = index
        elif container.parent in inside:
            inside[index] = inside[container.parent]
    rows: dict[int, list[int]] = {}
    for row, block in enumerate(page.blocks if inside else ()):
        if block.container in inside and len(block.text) <= MAX_TITLE:
            rows.setdefault(inside[block.container], []).append(row)
    wholes = [Shown(parts[0], " ".join(page.blocks[row].text for row in parts)) for parts in rows.values()]
    pieces = [Shown(row, page.blocks[row].text) for parts in rows.values() if len(parts) > 1 for row in parts]
    return [shown for shown in wholes + pieces if len(squeeze(shown.text)) > 2]


def _wordings(headline: str, site: frozenset[str]) -> Iterator[str]:
    """A declared headline, and the same without the names of site and section around it."""
    headline = headline[:MAX_TITLE].replace("\xad", "")
    cut = strip_site(headline, site)
    yield cut
    if cut != headline:
        yield headline
    ends = [(found.start(), found.end()) for found in _SEPARATOR.finditer(cut)]
    parts = [cut[:start] for start, _ in ends[-3:]] + [cut[end:] for _, end in ends[:2]]
    yield from sorted(parts, key=len, reverse=True)


def strip_site(headline: str, site: frozenset[str]) -> str:
    """A headline without the site's name before or after it; `site` are its names, squeezed."""
    for _ in range(3):
        spans = [(found.start(), found.end()) for found in _SEPARATOR.finditer(headline)]
        if not spans:
            break
        (first_start, first_end), (last_start, last_end) = spans[0], spans[-1]
        if squeeze(headline[last_end:]) in site:
            headline = headline[:last_start]
        elif squeeze(headline[:first_start]) in site:
            headline = headline[first_end:]
        else:
            break
    return headline.strip()


def _repeated(page: Page, wordings: Sequence[str]) -> Shown | None:
    """The headline's own block where it is no `<h1>`, but stands below one that ends a trail of sections."""
    row = page.headline
    if (
        row is None
        or page.blocks[row].tag != "h2"
        or all(block.tag != "h1" for block in page.blocks[max(0, row - REPEATED) : row])
    ):
        return None
    text = page.blocks[row].text
    return Shown(row, text) if squeeze(text) in {squeeze(wording) for wording in wordings} else None


def _declared_heading(wordings: Sequence[str], headings: Sequence[Shown]) -> Shown | None:
    """The `<h1>` that is worded as a declared headline."""
    shown = {squeeze(heading.text): heading for heading in reversed(headings)}
    return next((shown[key] for wording in wordings if (key := squeeze(wording)) in shown), None)


def _longer_block(page: Page, wordings: Sequence[str], heading: Shown | None) -> Shown | None:
    """The heading, unless it is a small part of what is declared, as a site's name is, and more stands elsewhere."""
    own = squeeze(heading.text) if heading else ""
    whole = next((headline for headline in page.declared.headlines if own in squeeze(headline)), "")
    if heading is None or len(own) >= PART * len(squeeze(whole)):
        return heading
    return _declared_block(page, [wording for wording in wordings if len(wording) * PART > len(own)]) or heading


def _is_alien(text: str, wordings: Sequence[str]) -> bool:
    """Whether a few words have nothing in common with what is declared: an `<h1>` of the site, or of a box."""
    words = _word_set(text)
    return bool(wordings) and len(words) < FEW and not any(words & _word_set(wording) for wording in wordings)


def _as_declared(text: str, wordings: Sequence[str]) -> str:
    """A shown headline, its words apart as they are where it is declared: "Topic: Headline" for "TopicHeadline"."""
    same = (wording for wording in wordings if squeeze(wording) == squeeze(text) and not _STRAY.search(wording))
    return next((wording for wording in same if len(wording.split()) > len(text.split())), text)


def _alike_heading(wordings: Sequence[str], headings: Sequence[Shown]) -> Shown | None:
    """The `<h1>` that shares most words with a declared headline."""
    declared = [words for wording in wordings if (words := _word_set(wording))]
    best, best_score = None, MIN_ALIKE
    for heading in headings:
        words = _word_set(heading.text)
        score = max((alike(words, others) for others in declared), default=0.0)
        if score > best_score:
            best, best_score = heading, score
    return best


def _word_set(text: str) -> frozenset[str]:
    return frozenset(word.casefold() for word in _WORDS.findall(text))


def _declared_block(page: Page, wordings: Sequence[str]) -> Shown | None:
    """The block, a heading before any other, that is worded as a declared headline."""
    wanted = {key: rank for rank, wording in reversed(list(enumerate(wordings))) if len(key := squeeze(wording)) > 8}
    longest = min(MAX_TITLE, 2 * max(map(len, wanted), default=0))
    best: tuple[bool, int, int] | None = None
    for row, block in enumerate(page.blocks):
        if 8 < len(block.text) <= longest and (rank := wanted.get(squeeze(block.text))) is not None:
            found = (block.tag not in ("h2", "h3"), rank, row)
            best = min(best, found) if best else found
    return Shown(best[2], page.blocks[best[2]].text) if best else None


def find_kicker(page: Page, blocks: Sequence[LabelledBlock], title: str | None, title_row: int | None) -> str | None:
    """The short line over the headline that names topic or place."""
    labelled = next((block.text for block in blocks if block.label is Label.KICKER), None)
    if not labelled and title_row and page.kind is Kind.DUMP:
        return _line_above(page, title_row)
    if not labelled and (row := kicker_row(page, title, title_row)) is not None:
        labelled = page.blocks[row].text
    return _line(labelled).strip(" :|/") if labelled else None


def kicker_row(page: Page, title: str | None, title_row: int | None) -> int | None:
    """The row of the kicker of a page with markup: a line that its class, its place or the declared headline tells,
    else one that names the section.
    """
    if not title_row or page.kind is Kind.DUMP:
        return None
    declared = {squeeze(wording) for wording in page.declared.headlines}
    section = squeeze(page.declared.section or "")
    names_section = None
    for row in range(title_row - 1, max(-1, title_row - 4), -1):
        block = page.blocks[row]
        key = squeeze(block.text)
        if len(block.text) > MAX_KICKER or not key:
            continue
        told = _KICKER_PLACE.search(block.words) or (title and key + squeeze(title) in declared)
        is_link = block.link_chars * 2 > len(block.text)
        beside = row == title_row - 1 and not is_link and _is_beside(page, block, page.blocks[title_row])
        if told or (beside and key != section):
            return row
        if key == section and names_section is None:
            names_section = row
    return names_section


def _line_above(page: Page, title_row: int) -> str | None:
    """The line of a dump that stands on the headline, apart from what is above it."""
    over, title = page.blocks[title_row - 1], page.blocks[title_row]
    alone = over.gap > 0 and title.gap == 0 and title_row + 1 < len(page.blocks) and page.blocks[title_row + 1].gap > 0
    if not alone or len(over.text.split()) > 4 or any(char.isdigit() or char in "/›»>|," for char in over.text):
        return None
    return over.text.strip(" :")


def _is_beside(page: Page, block: Block, title: Block) -> bool:
    """Whether a line that is no menu, trail or date stands in the headline's own header."""
    if any(char.isdigit() or char in "/›»>|," for char in block.text) or len(block.text.split()) > 4:
        return False
    holder = page.containers[title.container].parent
    own = page.containers[block.container]
    return _HEADER.search(page.containers[holder].words + page.containers[holder].tag) is not None and (
        block.container == holder or (own.parent == holder and own.tag in BESIDE)
    )


def find_deck(page: Page, blocks: Sequence[LabelledBlock], title: str | None, title_row: int | None) -> str | None:
    """The standfirst: labelled so, or a declared description that stands under the headline, or marked as one there."""
    labelled = [block.text for block in blocks if block.label is Label.DECK]
    if labelled or page.kind is Kind.DUMP or title_row is None:
        return " ".join(dict.fromkeys(labelled)) or None
    described = {squeeze(text)[:60] for text in page.declared.descriptions if len(text) >= MIN_DECK}
    for block in page.blocks[title_row + 1 : title_row + REACH]:
        key = squeeze(block.text)[:60]
        if not MIN_DECK <= len(block.text) <= MAX_DECK or key == squeeze(title or "")[:60]:
            continue
        if _is_kept(block, blocks):
            return None
        if key in described or _DECK_PLACE.search(block.words):
            return _line_of_deck(block.text)
    return None


def _is_kept(block: Block, blocks: Sequence[LabelledBlock]) -> bool:
    return any(labelled.kept and labelled.text == block.text for labelled in blocks)


def _line_of_deck(text: str) -> str:
    return " ".join(text.split())
