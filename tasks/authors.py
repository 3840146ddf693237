"""Who wrote the article: names alone, in the page's order, cut out of bylines in many languages."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from tasks.page import Block, Kind, Label, LabelledBlock, Page
from tasks.titles import squeeze

MAX_BYLINE = 300  # characters
MAX_NAME = 60
MAX_WORDS = 6
MAX_AUTHORS = 30
BEFORE, AFTER = 8, 24  # blocks around the headline in which a byline is looked for

_BY = (
    r"by|written by|words by|story by|report(?:ed)? by|posted by|published by|authored by|text by|photographs? by|author|authors|"
    r"von|ein beitrag von|eine analyse von|ein kommentar von|ein gastbeitrag von|autor(?:in)?|text|redaktion|par|texte|propos recueillis par|"
    r"publié par|écrit par|auteur|por|escrito por|publicado por|autora?|di|a cura di|scritto da|autore|door|geschreven door|"
    r"auteur|av|af|skrevet av|skrevet af|text|tekst|oleh|penulis|автор|автори|текст|opracowanie|autor|przez|napisał|yazan|yazar|"
    r"скпа|de nuestro corresponsal|da|dal nostro inviato|words|reporting by|reporter|journalist"
)
_PREFIX = re.compile(
    rf"^\W{{0,3}}(?:(?:{_BY})\b\s?[:.\-–—]?|(?:文|記事|取材・文|撰文|记者|記者|글|作者)\s?[・:：/／]?)\s*(?=\S)",
    re.IGNORECASE,
)
_STARTS_BY = re.compile(
    r"^\W{0,3}(?:by|written by|words by|von|par|por|di|door|av|af|oleh|texte?|autor(?:in|a)?|auteur|autore|автор|text|tekst)\b\s?:?\s*(?=\S)",
    re.IGNORECASE,
)
_SPLIT = re.compile(
    r"\s*[;|•·、，/／\n&+]\s*|\s*,\s*(?:and|und|et|y|e|en|og|och)\s+|\s*,\s*|\s+(?:and|und|et|y|e|en|og|och|i|и|та|і|ve|dan|und|sowie|"
    r"with|mit|avec|con|com|met|med|و)\s+"
)
_NOISE = re.compile(
    r"\([^()]{0,80}\)|\[[^\[\]]{0,80}\]|\b\S{1,64}@\S{1,64}\.\w{2,12}\b|(?<!\w)@\w{1,40}|\bhttps?://\S{1,300}|\bwww\.\S{1,200}|"
    r"\s[-–—]\s.{0,200}$|\s(?:for|für|pour|para|per|voor)\s+(?:the\s|die\s|das\s)?[A-Z].{0,100}$|"
    r"\s(?:in|à|aus)\s+[A-Z][\w .]{1,40}$"
)
_TITLE = re.compile(
    r"^(?:(?:dr|prof|professor|dipl|mag|ing|sir|dame|lord|lady|rev|capt|lt|col|gen|maj|mr|mrs|ms|herr|frau|mme|m|dott|dr\.-ing|med)\.?\s+)+",
    re.IGNORECASE,
)
_DEGREE = re.compile(
    r"(?:,?\s+(?:ph\.?\s?d|m\.?d|j\.?d|m\.?b\.?a|m\.?sc|b\.?sc|m\.?a|ll\.?m|esq|rd|rdn|r\.?n|cpa|dds|dnp|mph|ms|msc|bs|do|pt|cfa)\.?)+$",
    re.IGNORECASE,
)
_DEGREES = re.compile(
    r"^(?:ph\.?\s?d|m\.?d|j\.?d|m\.?b\.?a|m\.?sc|b\.?sc|m\.?a|ll\.?m|esq|rd|rdn|r\.?n|cpa|dds|dnp|mph|ms|bs|do|pt|cfa|jr|sr|ii|iii|m\.?s|fand|faan)\.?$",
    re.IGNORECASE,
)
_ROLE = re.compile(
    r"\b(?:(?:staff|senior|chief|special|political|contributing|executive|deputy|managing|associate|assistant|national|lead|sports?|"
    r"business|science|health|technology|education|breaking|news|foreign|white house|features?|opinion|freelance|guest|digital|"
    r"data|investigative|general|multimedia)\s+){0,4}"
    r"(?:writers?|reporters?|editors?|correspondents?|journalists?|columnists?|contributors?|producers?|bureau chief|critics?|"
    r"photographers?|specialist|strategist|expert|analyst|fellow|professor|director|president|ceo|founder|intern|meteorologist|"
    r"redakteur(?:in)?|journalist(?:in)?|korrespondent(?:in)?|reporter(?:in)?|volontär(?:in)?|leiter(?:in)?|chefredakteur(?:in)?|autor(?:in)?|"
    r"journaliste|rédact(?:eur|rice)|correspondante?|envoyée? spéciale?|chroniqueu(?:r|se)|periodista|redactora?|corresponsal|"
    r"giornalista|redattore|redattrice|inviat[oa]|jornalista|repórter|colunista|redacteur|verslaggever|correspondent|journalisten?|"
    r"kommentator|reporter|skribent|muhabir|wartawan|editor|reviewed|updated|contributed|fact.checked)\b",
    re.IGNORECASE,
)
_ORG_WORDS = re.compile(
    r"\b(?:staff|team|desk|news|newsroom|editors?|editorial|editorial board|redaktion|redacci[oó]n|redazione|rédaction|redação|redactie|"
    r"redaksjon|agency|agencies|agencia|agence|agentur|press|media|magazine|times|post|journal|herald|tribune|gazette|service|network|"
    r"admin|administrator|webdesk|bureau|associated|wire|wires|reports|company|inc|ltd|gmbh|university|institute|foundation|"
    r"association|contributor|correspondent|reporter|guest|the|tv|radio|online|web|zeitung|nachrichten|noticias|presse|"
    r"agenturmaterial|nachrichtenagentur|newsletter|podcast|blog|verlag|group|studio|"
    r"ap|afp|dpa|apa|reuters|ansa|efe|lusa|belga|anp|ntb|tt|ritzau|sda|keystone-sda|epd|kna|pti|ani|ians|bloomberg|upi|tass|interfax|"
    r"xinhua|kyodo|jiji|yonhap|aap|pa|cnn|bbc|nbc|cbs|abc|npr|sid|afx|vwd|europa press|tnn|agerpres|unian|ukrinform)\b|"
    r"\.(?:com|net|org|at|de|ch|be|nl|fr|es|it|co|uk|is|no|se|dk|info)\b|編集部|記者|编辑|통신|뉴스|기자단|редакция",
    re.IGNORECASE,
)
_JUNK = re.compile(r"^(?:null|none|undefined|nan|unknown|n/?a|anonymous|author|read more|share|follow|updated?|published|posted|comments?|"
                   r"by|von|am|on|at|um|photo|foto|image|getty images?|min read|minutes?|view all|see all|more|bio|profile|home|email|"
                   r"twitter|facebook|print|save|subscribe|listen|last updated.*|.*\bread\b.*)$", re.IGNORECASE)  # fmt: skip
_BYLINE_PLACE = re.compile(
    r"by-?line|author|auteur|autor(?!ise)|writer|firma\b|signature|contributor|journalist|reporter|creator|vcard|\bfn\b|verfasser|redakteur|skribent|penulis|muhabir"
)
_NOT_BYLINE = re.compile(r"comment|related|recommend|more-|bio\b|about|widget|teaser|card|list-item|sidebar|footer")
_CUT = re.compile(
    r"\s*(?:\||•|·|—|\d{1,2}[:.]\d{2}|\b\d{1,2}\b|\b(?:updated|published|posted|on|aktualisiert|veröffentlicht|am|le|el|il)\b\s*:?\s*\d|\b(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]{0,6}\.?\s\d).*$"
)


@dataclass(frozen=True, slots=True)
class Name:
    """A name of a byline; `is_person` is false for an agency, a desk, a site."""

    text: str
    is_person: bool


def find_authors(
    page: Page, blocks: Sequence[LabelledBlock], title_row: int | None, names: Iterable[str]
) -> tuple[str, ...]:
    """The authors' names; agencies and desks only where no person is named. `names` are the site's."""
    site = frozenset(key for name in names if (key := squeeze(name)))
    sources = [_names_of(values, site, structured=True) for values in page.declared.author_sources]
    best = next((source for source in sources if any(name.is_person for name in source)), None)
    if best is None:
        shown = _names_of(_bylines(page, blocks, title_row), site, structured=False)
        if any(name.is_person for name in shown):
            best = [name for name in shown if name.is_person]
        else:
            best = next((source for source in [*sources, shown] if source), [])
    return tuple(name.text for name in best)[:MAX_AUTHORS]


def _names_of(values: Iterable[str], site: frozenset[str], structured: bool) -> list[Name]:
    """The names in a source's values, each once."""
    found: dict[str, Name] = {}
    for value in values:
        parts = list(split_byline(value, structured))
        several = sum(len(part.split()) > 1 for part in parts)
        for part in parts:
            if several and not structured and len(part.split()) == 1 and part.isascii():
                continue  # a place or an agency beside full names
            if name := _name(part, site):
                found.setdefault(squeeze(name.text), name)
    return list(found.values())


def split_byline(text: str, structured: bool = False) -> Iterator[str]:
    """The parts of a byline that may be names, without the words that announce them."""
    text = " ".join(text[:MAX_BYLINE].replace("\n", " | ").split())
    text = _PREFIX.sub("", text, count=1)
    text = _NOISE.sub(" ", text)
    for part in _SPLIT.split(text):
        part = _PREFIX.sub("", part.strip(" .,:;-–—|*"), count=1).strip()
        part = _DEGREE.sub("", _TITLE.sub("", part)).strip(" .,:;-–—|*’'\"“”")
        if part and not _DEGREES.match(part):
            yield part


def _name(part: str, site: frozenset[str]) -> Name | None:
    role = _ROLE.search(part)
    if role is not None and not _is_desk(part):
        part = part[: role.start()].strip(" ,.-–—:")
        if len(part.split()) < 2:
            return None
    if (
        not 1 < len(part) <= MAX_NAME
        or len(part.split()) > MAX_WORDS
        or _JUNK.match(part)
        or part.startswith(("http", "www."))
    ):
        return None
    if any(char.isdigit() for char in part) and not _ORG_WORDS.search(part) and " " in part:
        return None
    key = squeeze(part)
    if not key:
        return None
    is_org = key in site or bool(_ORG_WORDS.search(part))
    return Name(part, not is_org)


def _is_desk(part: str) -> bool:
    return bool(re.match(r"^(?:editors?|staff|redaktion|\S+ staff|admin|editor)$", part, re.IGNORECASE))


def _bylines(page: Page, blocks: Sequence[LabelledBlock], title_row: int | None) -> list[str]:
    """The texts of the byline by the headline."""
    labelled = [
        _CUT.sub("", block.text) for block in blocks if block.label is Label.BYLINE and len(block.text) <= MAX_BYLINE
    ]
    if page.kind is Kind.DUMP:
        return labelled[:3]
    start = 0 if title_row is None else max(0, title_row - BEFORE)
    found: list[str] = []
    for block in page.blocks[start : (title_row or 0) + AFTER]:
        if len(block.text) > MAX_BYLINE:
            continue
        if _STARTS_BY.match(block.text) and len(block.text) < 160:
            found.append(_CUT.sub("", block.text))
        elif _is_byline_place(page, block) and len(block.text) < 120:
            found.append(_CUT.sub("", block.text))
        if len(found) >= 4:
            break
    by = [text for text in found if _STARTS_BY.match(text)]
    return by or found or labelled[:3]


def _is_byline_place(page: Page, block: Block) -> bool:
    place = block.container
    for _ in range(3):
        if place < 0:
            return False
        container = page.containers[place]
        if _NOT_BYLINE.search(container.words):
            return False
        if _BYLINE_PLACE.search(container.words):
            return True
        place = container.parent
    return False
