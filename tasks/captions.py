"""Captions and the credits that stand at their ends: "The harbour at dawn. (Photo: Jane Doe/AP)"."""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from tasks.folding import squeeze
from tasks.page import KEPT, Block, Kind, Label, Page

MAX_CAPTION = 1_000  # characters; longer texts are not split
TAIL = 160  # characters at a caption's end in which its credit begins
LEAST_CAPTION = 4  # letters and digits
MAX_CREDIT = 110  # characters
MAX_WORDS = 12  # of a credit without a word that announces it
MOST_NAMES = 5  # words of a name in such a credit
STROKES = frozenset("-–—|:")  # before them an agency, or a stroke between names, must tell a credit
UP = 2  # elements up from a block in which an image's box is looked for
OTHERS = KEPT | {Label.NAVIGATION, Label.LEGAL}  # what a caption may have been taken for
MOST_IN_BOX = 3  # blocks of an image's box; one with more holds the story, too

_WORD = (
    r"photos?|photograph(?:s|er|ie)?|photo\scredit|file\sphoto|images?|pictures?|illustrations?|graphics?|video|credits?|"
    r"courtesy|handout|screenshots?|source|fotos?|fotograf(?:ie|[ií]a|i)?|fotoğraf|bild(?:er|quellen?|rechte|nachweis)?|"
    r"quelle|grafik|cr[eé]dit(?:o|os)?(?:\sphotos?)?|im[aá]ge[nm]s?|immagine|fuente|fonte|beeld|bron|kilde|illustrasjon|"
    r"ljósmynd|mynd|skjáskot|kuva|kép|fotó|zdjęcie|zdj\.|fot\.|nuotr\.|фото(?:графия)?|isithombe|ảnh|görsel|gambar|"
    r"sn[íi]mek|snímka|slika|posnetek|pilt|attēls|nuotrauka|picha|φωτογραφία|εικόνα|"
    r"צילום|صورة|تصوير|تصویر|عکس|فوٹو|फ(?:़)?ोटो|ছবি|ภาพ|写真|撮影|사진|图片来源|图|照片"
)
_GLUED = r"Photos?|Image|Picture|Credits?|Fotos?|Bild|Quelle|Crédit|Copyright|Beeld|Bron"
# A word that announces a credit: after a sign or space, or glued to the caption with a capital.
_ANNOUNCED = re.compile(
    r"[\s(\[|/–—·-]{0,4}(?:"
    rf"(?:(?<!\w)(?<!AP\s)(?<!UN\s)(?i:{_WORD})|(?<=[^\W\d_A-Z])(?:{_GLUED}))(?:\s(?i:credits?|courtesy|crédit|by|via|de|von|par|av|af)){{0,2}}\s?[:：/]\s?(?=\S)|"
    r"(?<!\w)(?i:photos?|pictures?|images?|photographs?|illustrations?|fotos?|bild|credit)\s(?:(?i:courtesy|credit)\s)?(?i:by|courtesy|of|from|via|von|av|af|par|por)\s(?=[^\W\d_a-zß-ÿ])|"
    r"[(\[]\s?(?i:dok)\.\s?(?=[^\W\d_])|"
    r"(?<=[(\[|/–—.])\s?(?:Photos?|Fotos?)\s(?=[^\W\d_a-zß-ÿ]\w)|"
    r"(?<!\w)(?i:courtesy\sof|captures?\sd['’]écran|tous\sdroits\sréservés|alle\sRechte\svorbehalten)\s|"
    r"(?<![^\W\d_])Copyright\s(?=[^\W\d_a-z])|©|℗|(?<!\w)\([cC]\)\s(?=\S))"
)
_BRACKETED = re.compile(r"\s?[(\[]([^()\[\]]{2,90})[)\]]\.?$")
_THE = re.compile(r"The(?:\s[^\W\d_a-zß-ÿ][\w.'’-]+){1,3}")  # a paper's name, and nothing else
_EDGE = re.compile(r"(?:[.!?…:”\"»)\]](?=\S)|(?<=[.!?…”\"»)\]])\s|\s[-–—|/]\s)")
_INITIAL = re.compile(r"(?<!\w)[^\W\d]\.\s?$")  # "Jane Q. Doe": no end of a sentence
_ORDINAL = re.compile(r"(?<!\w)\d{1,3}\.\s?$")  # "13. Mai": hardly one
_AGENCY = re.compile(
    r"(?<!\w)(?:AP(?:\sPhoto|\sImages)?|AFP|APA|dpa|DPA|EPA|EFE|ANSA|NTB|PTI|ANI|TASS|SWNS|SIPA|LUSA|ANP|AAP|PA\sWire|PA|AA|"
    r"Associated\sPress|Press\sAssociation|Reuters|REUTERS|Getty(?:\sImages)?|GETTY|Shutterstock|iStock\w{0,6}|Alamy|"
    r"IMAGO|Imago|imago|Keystone|KEYSTONE|Ritzau|Scanpix|Bloomberg|Xinhua|Anadolu|ZUMA|Unsplash|Pexels|Pixabay|"
    r"Adobe\sStock|stock\.adobe\.com|Depositphotos|Belga|BELGA|UN\sPhoto|WireImage|FilmMagic|LightRocket|NurPhoto|"
    r"Europa\sPress|Yonhap|連合ニュース|연합뉴스|뉴시스|뉴스1|picture\salliance|Instagram|Facebook|TikTok|YouTube)(?!\w)"
)
_AT_END = re.compile(
    r"\s((?:[^\W\d_a-zß-ÿ][\w.'’-]*\s){0,3}via(?:\s[^\W\d_a-zß-ÿ][\w.'’-]{1,20}){1,3}"
    r"|(?:Getty\sImages|AP\sPhoto|Shutterstock|REUTERS|Reuters|AFP|IMAGO|Alamy|iStock)(?:\s?[/,]\s?[\w .,'’-]{1,40})?)$"
)
# "…in the UK Jane Q. Doe/AP": two words, a letter between them, before a stroke.
_NAME_STROKE = re.compile(
    r"\s([^\W\d_a-zß-ÿ][\w'’-]+\s(?:[^\W\d_a-zß-ÿ]\.?\s)?(?:(?:van|von|de|der|al)\s)?[^\W\d_a-zß-ÿ][\w'’-]+\s?/\s?[^/\s][^/]{1,30}(?:/[^/]{1,30})?)$"
)
_BETWEEN = re.compile(r"[\s/|,&–—-]+")
_SMALL = frozenset((
    "via", "for", "by", "and", "und", "og", "och", "et", "y", "e", "i", "de", "del", "della", "di", "da", "do", "dos",
    "van", "von", "der", "den", "ter", "la", "le", "el", "al", "bin", "of", "courtesy", "photo", "handout", "file",
    "pool", "über", "zvg",
))  # fmt: skip
_NO_NAMES = frozenset((
    "the", "a", "an", "der", "die", "das", "ein", "eine", "los", "las", "il", "lo", "gli", "les", "un", "une", "una",
    "det", "en", "in", "on", "at", "he", "she", "they", "it", "his", "her", "links", "rechts", "left", "right",
    "center", "centre", "oben", "unten", "mitte", "image",
))  # fmt: skip
_BOX = re.compile(
    r"(?:^|[^a-z])(?:img|image|photo|picture|figure|foto|bild)(?:[^a-z]|box|wrap|$)|newsitem-image|image-?widget"
)


def split_caption(text: str, in_figure: bool = True) -> tuple[str, str]:
    """A caption and the credit at its end as they are written; either may be empty.

    Outside of a figure only what an agency's name, a sign or a word announces is taken for a credit.
    """
    at = _credit_at(text, in_figure) if 2 < len(text) <= MAX_CAPTION else None
    return (text, "") if at is None else (text[:at].rstrip(), text[at:].lstrip())


def _credit_at(text: str, in_figure: bool) -> int | None:
    offset = max(0, len(text) - TAIL)
    tail = text[offset:]
    announced = _ANNOUNCED.search(tail)
    if announced is not None and len(tail) - announced.end() <= MAX_CREDIT:
        return offset + announced.start()
    if in_figure and text[0] == "(" and _THE.fullmatch(text.strip("().")):
        return 0
    bracketed = _BRACKETED.search(tail)
    if bracketed is not None and _reads_as_credit(bracketed.group(1), in_figure, True):
        return offset + bracketed.start()
    if offset == 0 and in_figure and _reads_as_credit(tail, False, False):
        return 0
    for edge in _EDGE.finditer(tail):
        before = tail[: edge.end()]
        is_loose = not text.endswith(".") and edge.group().strip() not in STROKES and not _ORDINAL.search(before)
        if not _INITIAL.search(before) and _reads_as_credit(tail[edge.end() :], in_figure and is_loose, False):
            return offset + (edge.start() if edge.group()[0] == " " else edge.end())
    found = (_NAME_STROKE.search(tail) or _AT_END.search(tail)) if in_figure else None
    return None if found is None else offset + found.start(1)


def _reads_as_credit(text: str, in_figure: bool, bracketed: bool) -> bool:
    """Whether a text is names of persons and agencies alone."""
    text = text.strip(" .()[]|")
    agency = _AGENCY.search(text) is not None
    rest = _AGENCY.sub("", text)
    words = [word for word in _BETWEEN.split(rest) if word]
    if not text or len(text) > MAX_CREDIT or len(words) > MAX_WORDS or any(map(str.isdigit, rest)):
        return False
    if agency and len(words) == 1:
        return True
    if any(word.casefold() in _NO_NAMES or not _may_name(word) for word in words):
        return False
    if agency or ("/" in text and len(words) > 1):
        return all(len(part.split()) <= MOST_NAMES for part in text.split("/"))
    many = 2 <= len(words) <= (8 if bracketed else 4)
    return in_figure and many and (bracketed or "," not in text) and text[0].isupper()


def _may_name(word: str) -> bool:
    return not word[0].islower() or word.casefold().strip(".") in _SMALL or "." in word[1:-1]


def caption_parts(text: str, is_caption: bool) -> tuple[tuple[Label, str], ...]:
    """The caption and the credit of a block; empty where it holds no credit, or is a caption no more than before."""
    first, _, rest = text.partition("\n")
    if is_caption and rest and _is_credit_line(first) and len(rest) > len(first):
        return ((Label.CREDIT, first), (Label.CAPTION, rest))
    caption, credit = split_caption(text, is_caption)
    if not any(map(str.isalnum, credit)):
        return ()
    if len(squeeze(caption)) < LEAST_CAPTION:  # "The Trust via Getty Images"
        return ((Label.CREDIT, text),)
    return ((Label.CAPTION, caption), (Label.CREDIT, credit))


def _is_credit_line(text: str) -> bool:
    """Whether a caption's first line is its credit: an agency, with a name or without, or a paper."""
    text = text.strip()
    is_agency = _AGENCY.search(text) is not None and _reads_as_credit(text, True, False)
    return is_agency or _THE.fullmatch(text) is not None


def credited_lines(page: Page, labels: Sequence[Label]) -> Iterator[int]:
    """The rows of a dump that were taken for body but are captions with a credit in brackets, announced by a word."""
    if page.kind is not Kind.DUMP:
        return
    for row, block in enumerate(page.blocks):
        if labels[row] is Label.PARAGRAPH and len(block.text) <= MAX_CAPTION and block.text.endswith((")", ").")):
            caption, credit = split_caption(block.text, False)
            if len(squeeze(caption)) >= LEAST_CAPTION and credit.startswith(("(", "[")) and _ANNOUNCED.match(credit):
                yield row


def boxed_captions(page: Page, labels: Sequence[Label]) -> Iterator[int]:
    """The rows of a page that stand in an image's own box with a credit, though they were taken for something else."""
    if page.kind is Kind.DUMP:
        return
    sizes: dict[int, int] = {}
    boxes = {row: box for row, block in enumerate(page.blocks) if (box := _box_of(page, block)) is not None}
    for box in boxes.values():
        sizes[box] = sizes.get(box, 0) + 1
    credited = {box for row, box in boxes.items() if labels[row] is Label.CREDIT}
    for row, box in boxes.items():
        if labels[row] not in OTHERS:
            continue
        if sizes[box] <= MOST_IN_BOX and (box in credited or caption_parts(page.blocks[row].text, True)):
            yield row


def _box_of(page: Page, block: Block) -> int | None:
    """The element around a block that is made for an image."""
    place = block.container
    for _ in range(UP):
        if place < 0:
            return None
        container = page.containers[place]
        if container.tag == "figure" or (container.words and _is_box(container.words)):
            return place
        place = container.parent
    return None


@lru_cache(maxsize=50_000)  # a site's elements have the same names on all its pages
def _is_box(words: str) -> bool:
    return _BOX.search(words) is not None
