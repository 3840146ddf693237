"""The walk over a parsed page that cuts it into blocks, the containers around them, and pictures."""

import re
from functools import lru_cache
from typing import Any

from lxml import etree

from tasks.page import Block, Container, Picture
from tasks.publisher_rules import Chosen, Entries

# Elements whose text no reader sees, or that are controls: passed over with all that they hold. The head is no such
# element: where a page leaves out `</head>`, the parser puts a `<main>` or `<nav>` into it.
UNSEEN = frozenset(
    "script style noscript template svg iframe object video audio canvas map math select option datalist "  # noqa: SIM905
    "textarea title meta link base param frameset frame noframes noembed area col colgroup".split()
)
# Elements that run on in their line of text. Everything else, custom elements too, begins and ends a block.
# The parser puts what follows an embed, source, track or wbr into it.
INLINE = frozenset(
    "a abbr acronym b bdi bdo big cite code data del dfn em embed font i ins kbd label mark nobr output picture "  # noqa: SIM905
    "q rb rp rt rtc ruby s samp small source span strike strong sub sup time track tt u var wbr".split()
)
VOID = frozenset(("br", "img"))
STRONG = frozenset(("b", "strong", "i", "em"))
# Attributes that say what an element is for.
TELLING = frozenset(("class", "id", "role", "itemprop", "data-testid", "data-component", "data-module", "data-type"))
FOR_EARS = ("sr-only", "sronly", "screen-reader", "screenreader", "visually-hidden", "visuallyhidden", "assistive-text")
IMAGE_SOURCES = ("src", "data-src", "data-original", "data-lazy-src", "data-srcset", "srcset")
MAX_WORDS = 300  # characters of class, id, … kept of one element
MAX_BLOCKS = 50_000
CELL = " | "  # between the cells of a table's row
CELL_EDGE = "\x1f"  # stands for it until the row is whole
MIN_ARTICLE = 400  # characters of paragraphs that make a `<noscript>` the article itself

_CLIPPED = re.compile(r"clip(?:-path)?\s*:\s*(?:rect\(\s*[01]|inset\(\s*(?:50|100)%)")
_NEW_WINDOW = re.compile(  # what links tell of where they open
    r"(?i)^\W*(?:"
    r"opens in (?:an? )?new (?:browser )?(?:tab|window)|opens new (?:tab|window)|"
    r"(?:wird in (?:einem )?|öffnet (?:sich )?(?:in|im) (?:einem )?)neue[mns] (?:tab|fenster)(?: geöffnet)?|"
    r"(?:s['’]ouvre|ouverture|ouvre) dans un(?:e nouvelle fenêtre| nouvel onglet)|nouvelle fenêtre|"
    r"(?:se )?abre en (?:una )?nueva (?:ventana|pestaña)|abre (?:em|numa) (?:uma )?nova (?:janela|aba|guia)|"
    r"si apre in una nuova (?:finestra|scheda)|"
    r"opent in (?:een )?nieuw (?:venster|tabblad)|öppnas i (?:ett )?nytt? (?:fönster|flik)|"
    r"åbner i (?:et )?nyt (?:vindue|faneblad)|åpnes i (?:et )?nytt (?:vindu|fane)|yeni (?:sekmede|pencerede) açılır"
    r")\W*$"
)
_CONTROLS = re.compile(r"[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f]+")  # written as references, such as "&#1;"


class Walk:
    """One walk over a tree. Each text run goes to the block of the innermost block-level element."""

    def __init__(self, root: Any, chosen: Chosen | None = None) -> None:
        self.chosen: Chosen = chosen or {}  # elements that the publisher's rules select: each begins and ends a block
        self.marks: dict[int, Entries] = {}  # the containers that they are
        self.blocks: list[Block] = []
        self.containers: list[Container] = []
        self.pictures: list[Picture] = []
        self.parts: list[str] = []  # the open block's text so far
        self.breaks = 0  # <br> in a row at the open block's end
        self.link_chars = self.strong_chars = 0
        self.links = self.strongs = 0  # open elements of that kind
        self.datetime: str | None = None
        self.open: list[Any] = []  # the elements around this place that make blocks
        self.known: list[int] = []  # the containers of the first of them: one is made when its first block is
        self.row: Any = None  # the table's row around this place that is one block, whatever stands in its cells
        self.noscripts: dict[Any, int] = {}  # those looked into so far, with the characters of their paragraphs
        self._walk(root)

    def _walk(self, root: Any) -> None:
        """Visit the tree in reading order, without recursion: pages nest as deep as they like."""
        walker = etree.iterwalk(root, events=("start", "end"))
        passed_over = False  # whether the walk comes from the start of an element that is passed over
        for event, element in walker:
            if event == "start":
                if not self._start(element, element.tag):
                    passed_over = True
                    walker.skip_subtree()
                    continue
                text = element.text
            else:
                if passed_over:
                    passed_over = False
                else:
                    self._end(element, element.tag)
                text = element.tail if element is not root else None
            if text:
                self._text(text)

    def _start(self, element: Any, tag: str) -> bool:
        """Begin an element; False where it is passed over with all that it holds."""
        if tag in INLINE:
            if tag == "span" and _is_for_ears(element):
                return False
            self._start_inline(element, tag)
        elif tag == "br":
            self._break()
        elif tag == "img":
            self._picture(element)
        elif tag in UNSEEN and not (tag == "noscript" and self.row is None and self._is_article(element)):
            return False
        elif self.row is not None:
            self._edge(tag)
        else:
            if tag == "tr" and _is_plain(element):
                self.row = element
            self._open(element)
        return True

    def _is_article(self, noscript: Any) -> bool:
        """Whether what is meant for readers without scripts is the article itself."""
        if noscript not in self.noscripts:
            self.noscripts |= _paragraph_chars(noscript)
        return self.noscripts[noscript] >= MIN_ARTICLE

    def _open(self, element: Any) -> None:
        if self.parts:
            self._flush()
        self.open.append(element)

    def _close(self) -> None:
        if self.parts:
            self._flush()
        self.open.pop()
        if len(self.known) > len(self.open):
            self.known.pop()

    def _start_inline(self, element: Any, tag: str) -> None:
        if self.chosen and self.row is None and element in self.chosen:
            self._open(element)
        if tag == "a":
            self.links += 1
        elif tag in STRONG:
            self.strongs += 1
        elif tag == "time" and self.datetime is None:
            self.datetime = element.get("datetime")

    def _end(self, element: Any, tag: str) -> None:
        if tag in INLINE:
            if self.chosen and self.row is None and element in self.chosen:
                self._close()
            if tag == "a":
                self.links -= 1
            elif tag in STRONG:
                self.strongs -= 1
        elif tag not in VOID:
            if element is self.row:
                self.row = None
            if self.row is None:
                self._close()
            else:
                self._edge(tag)

    def _edge(self, tag: str) -> None:
        """Begin or end an element within a plain row: its words stand apart from its neighbours'."""
        if self.parts:
            self.parts.append(CELL_EDGE if tag in ("td", "th") else " ")

    def _text(self, text: str) -> None:
        if text.isspace():
            if self.parts and not self.breaks:
                self.parts.append(" ")
            return
        self.breaks = 0
        self.parts.append(text)
        if self.links:
            self.link_chars += len(text)
        if self.strongs:
            self.strong_chars += len(text)

    def _break(self) -> None:
        if self.row is not None:
            self._edge("br")
            return
        self.breaks += 1
        if self.breaks == 2:
            self._flush()
        elif self.parts:
            self.parts.append("\v")

    def _flush(self) -> None:
        """Close the open block, where it has text."""
        if self.parts:
            written = "".join(self.parts)
            text = _fold(written)
            if not text.isprintable() and _CONTROLS.search(text):
                text = _fold(_CONTROLS.sub("", written))
            self.parts = []
            if text and len(self.blocks) < MAX_BLOCKS:
                index = self._container()
                maker, size = self.containers[index], len(text)
                links, strong = min(self.link_chars, size), min(self.strong_chars, size)
                self.blocks.append(Block(text, maker.tag, maker.words, index, links, strong, datetime=self.datetime))
        self.breaks = self.link_chars = self.strong_chars = 0
        self.datetime = None

    def _container(self) -> int:
        """The container of the innermost open element, made with all around it that are still missing."""
        known = self.known
        for element in self.open[len(known) :]:
            if element in self.chosen:
                self.marks[len(self.containers)] = self.chosen[element]
            self.containers.append(Container(element.tag, _words(element), known[-1] if known else -1, len(known)))
            known.append(len(self.containers) - 1)
        return known[-1]

    def _picture(self, element: Any) -> None:
        source = next((value for key in IMAGE_SOURCES if (value := element.get(key)) and value[:5] != "data:"), None)
        if source:
            url = source.split()[0].rstrip(",") if source.strip() else ""
            container = self._container()
            before = len(self.blocks) + bool(self.parts)
            self.pictures.append(Picture(url, _fold(element.get("alt") or ""), before, container))


def _is_for_ears(span: Any) -> bool:
    """Whether an inline element is for screen readers alone ("opens in a new window")."""
    words = span.get("class")
    if words is not None and _are_for_ears(words):
        return True
    style = span.get("style")
    if style is not None and _CLIPPED.search(style):
        return True
    text = span.text
    return text is not None and len(text) <= 60 and _NEW_WINDOW.match(text) is not None


@lru_cache(maxsize=50_000)  # a site's elements have the same names on all its pages
def _are_for_ears(words: str) -> bool:
    return any(sign in words for sign in FOR_EARS)


def _paragraph_chars(noscript: Any) -> dict[Any, int]:
    """Characters of the paragraphs in a `<noscript>`, and in each that stands in it, from one walk: they may nest."""
    chars: dict[Any, int] = {}
    around: list[Any] = []
    for event, element in etree.iterwalk(noscript, events=("start", "end"), tag=("noscript", "p")):
        if element.tag == "p":
            chars[around[-1]] += len(element.text or "") if event == "start" else 0
        elif event == "start":
            around.append(element)
            chars[element] = 0
        else:
            around.pop()
            if around:
                chars[around[-1]] += chars[element]
    return chars


def _is_plain(row: Any) -> bool:
    """Whether a table's row holds short data: two cells or more, and nothing in them that lays out a page."""
    cells = [cell for cell in row if cell.tag in ("td", "th")]
    if len(cells) < 2:
        return False
    for cell in cells:
        for child in cell:
            if (child.tag not in INLINE and child.tag not in ("br", "p")) or (child.tag == "p" and len(cell) > 1):
                return False
            if len(child) > 3:
                return False
    return True


def _words(element: Any) -> str:
    """What the element's attributes say of its purpose, lower case; `hidden` where it is not shown."""
    items = element.items()
    if not items:
        return ""
    words = []
    for key, value in items:
        if key in TELLING:
            words.append(value)
        elif key == "hidden" or (key == "style" and "display:none" in value.replace(" ", "")):
            words.append("hidden")
    return " ".join(words).lower()[:MAX_WORDS] if words else ""


def _fold(text: str) -> str:
    """White space folded to single spaces; a `<br>` (as \\v) becomes a new line, the edge of a cell a bar."""
    if CELL_EDGE in text:
        return CELL.join(folded for cell in text.split(CELL_EDGE) if (folded := " ".join(cell.split())))
    if "\v" not in text:
        return " ".join(text.split())
    lines = (" ".join(line.split()) for line in text.split("\v"))
    return "\n".join(line for line in lines if line)
