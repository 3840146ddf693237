"""What a block is by what stands next to it: the line that names the page's author, the caption above its credit, …

Names alone, of blocks that the model has left out of the body; but for captions that end with their credit, and for the
note on its author that ends an article.
"""

import re
from collections.abc import Iterator, Sequence

from tasks.boxes import Renamed
from tasks.captions import caption_parts
from tasks.folding import fold, squeeze
from tasks.page import KEPT, Block, Kind, Label, Page
from tasks.places import PLACE_BIT, place_bits
from tasks.words import STOPS

BYLINE_CHARS = 160
NAMES_SHARE = 0.35  # of a byline's letters that are names of authors that the page declares
ABOVE, BELOW = 8, 4  # blocks above the headline and below the body in which a byline may stand
CAPTION_CHARS, CAPTION_WORDS = 600, 2
NEAR = 2  # blocks between a picture and its credit
MOST_POINTS = 5  # of a deck in points
LAST = 3  # blocks at the end of the body where a note on the author may stand
NOTE_CHARS = 1_500
LINE_CHARS = 300  # of a line below an image
PLAIN = frozenset(("p", "div", "span"))
UNSURE = frozenset(("model", "below the headline"))
_DECK = PLACE_BIT["deck"]
_BYLINE = PLACE_BIT["byline"]
_BETWEEN = re.compile(r",|;|&|/|\s(?:and|und|et|y|e|og|och|en|i)\s")
_BARS = re.compile(r"[|•·]")
_MORE = re.compile(r"^\W*(?:more|all|mehr|alle|meer|plus|más|altri|weitere|see)\b", re.IGNORECASE)
_IS = re.compile(r"^,? (?:is|are|was|ist|sind|est|es|è|é|er|är|jest|teaches|writes|covers|schreibt|écrit|escribe)\b")


def by_neighbours(page: Page, labels: Sequence[Label], reasons: Sequence[str]) -> Iterator[Renamed]:
    """What blocks of a page are by their neighbours."""
    body = [row for row, label in enumerate(labels) if label in KEPT]
    if not body:
        return
    title = next((row for row in range(body[0], -1, -1) if labels[row] is Label.TITLE), body[0])
    around = range(max(0, title - ABOVE), min(len(labels), body[-1] + 1 + BELOW))
    names = [key for name in _names(page) if len(key := fold(name)) > 4]
    shown = {picture.before for picture in page.pictures}
    for row in around:
        block, label = page.blocks[row], labels[row]
        if label in (Label.NAVIGATION, Label.DECK) and reasons[row] != "in a menu" and _names_author(block, names):
            yield Renamed(row, Label.BYLINE, "names the author")
        elif label is Label.CREDIT and reasons[row].endswith(".agency-alone") and _is_no_credit(page, labels, row):
            yield Renamed(row, Label.BYLINE, "by no image")
        elif label is Label.NAVIGATION and row >= title and _is_over_credit(page, labels, row):
            yield Renamed(row, Label.CAPTION, "above a credit")
        elif title < row < body[-1] and row in shown and reasons[row] in UNSURE and _is_caption(page, row, label):
            yield Renamed(row, Label.CAPTION, "below an image", label in KEPT)
    yield from _points(page, labels, range(title + 1, body[0]))
    yield from _last_lines(page, labels, body[-1])


def _names(page: Page) -> list[str]:
    """The names of the declared authors, each alone."""
    return [name.strip() for written in page.declared.authors for name in _BETWEEN.split(written) if name.strip()]


def _is_caption(page: Page, row: int, label: Label) -> bool:
    """Whether what stands below an image is a line and no sentence, and not what the page describes itself by.

    What the model takes for body must end with its credit, too.
    """
    block = page.blocks[row]
    is_line = block.tag in PLAIN and len(block.text.split()) > CAPTION_WORDS and len(block.text) <= LINE_CHARS
    if not is_line or block.text[-1] in f"{STOPS}:" or block.link_chars or place_bits(block.words) & _DECK:
        return False
    if any(fold(text).startswith(fold(block.text)) for text in page.declared.descriptions):
        return False
    return label not in KEPT or any(part is Label.CREDIT for part, _ in caption_parts(block.text, True))


def _names_author(block: Block, names: Sequence[str]) -> bool:
    """Whether a line is little more than names of the declared authors."""
    if len(block.text) > BYLINE_CHARS or not names or _MORE.search(block.text):
        return False
    text = fold(block.text)
    named = sum(len(squeeze(name)) for name in names if text.startswith(name) or f" {name}" in text)
    return named > 0 and named >= NAMES_SHARE * len(squeeze(text))


def _is_no_credit(page: Page, labels: Sequence[Label], row: int) -> bool:
    """Whether an agency's name stands by no image: then it is who wrote the text."""
    if Label.CAPTION in labels[max(0, row - 1) : row + 2]:
        return False
    if place_bits(page.blocks[row].words) & _BYLINE:
        return True
    if page.kind is Kind.DUMP:
        return row > 0 and labels[row - 1] is Label.BYLINE
    return not any(abs(picture.before - row) <= NEAR for picture in page.pictures)


def _is_over_credit(page: Page, labels: Sequence[Label], row: int) -> bool:
    """Whether a line stands right above a credit, in the same element where there are elements."""
    if row + 1 >= len(labels):
        return False
    block, below = page.blocks[row], page.blocks[row + 1]
    if labels[row + 1] is not Label.CREDIT and not (page.kind is Kind.DUMP and _is_credit(below, labels[row + 1])):
        return False
    if len(block.text) > CAPTION_CHARS or len(block.text.split()) < CAPTION_WORDS or _BARS.search(block.text):
        return False
    if any(part is Label.CAPTION for part, _ in caption_parts(below.text, False)):
        return False  # the credit has a caption of its own
    containers = page.containers
    return page.kind is Kind.DUMP or containers[block.container].parent == containers[below.container].parent


def _is_credit(line: Block, label: Label) -> bool:
    """Whether an unnamed line of a dump will be taken for a credit."""
    parts = caption_parts(line.text, False) if label is Label.NAVIGATION else ()
    return bool(parts) and parts[0][0] is Label.CREDIT


def _last_lines(page: Page, labels: Sequence[Label], end: int) -> Iterator[Renamed]:
    """What reads like a credit below the article and by no image: whose site it is, and menus with strokes between."""
    shown = {picture.before + step for picture in page.pictures for step in range(-NEAR, NEAR + 1)}
    for row in range(end + 1, len(labels)):
        text = page.blocks[row].text
        if labels[row] in (Label.CREDIT, Label.CAPTION) and "©" in text and row not in shown:
            yield Renamed(row, Label.LEGAL, "below the text")
        elif page.kind is Kind.DUMP and row > end + BELOW and labels[row] is Label.NAVIGATION and "/" in text:
            yield Renamed(row, Label.NAVIGATION, "below the text")


def _points(page: Page, labels: Sequence[Label], head: range) -> Iterator[Renamed]:
    """The points of a list that begins with the deck."""
    containers = page.containers
    for row in head:
        if labels[row] is not Label.DECK or page.blocks[row].tag != "li":
            continue
        home = containers[page.blocks[row].container].parent
        for at in range(row + 1, min(row + MOST_POINTS, head.stop)):
            if containers[page.blocks[at].container].parent != home:
                break
            if labels[at] is Label.NAVIGATION:
                yield Renamed(at, Label.DECK, "below the headline")


def notes_on_authors(page: Page, labels: Sequence[Label]) -> Iterator[Renamed]:
    """The last paragraphs of the body that say who its author is: "Jane Doe is a reporter in Lisbon."."""
    names = [name for name in _names(page) if " " in name]
    body = [row for row, label in enumerate(labels) if label in KEPT]
    for row in body[-LAST:] if len(body) > 2 * LAST else ():
        text = page.blocks[row].text
        if len(text) <= NOTE_CHARS and any(text.startswith(name) and _IS.match(text[len(name) :]) for name in names):
            yield Renamed(row, Label.BIO, "about the author", True)
