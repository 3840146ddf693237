"""Names in bylines: what announces, joins and follows them is cut away; agencies and desks are told from persons."""

import functools
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib import resources
from itertools import takewhile

from tasks.folding import squeeze

MAX_BYLINE = 600  # characters
MAX_NAME = 60
MAX_WORDS = 6

# Python's own engine: the text is at most 600 characters and every repeat is bounded.
_NOISE = re.compile(
    r"\([^()]{0,80}\)|\[[^\[\]]{0,80}\]|\b[\w.+-]{1,64}@[\w-]{1,64}(?:\.[\w-]{1,24}){1,4}|(?<!\w)@\w{1,40}|"
    r"\bhttps?://\S{1,300}|\bwww\.\S{1,200}|\s(?:[Ff]or|für|pour|para|per|voor)\s(?:the\s|die\s|das\s)?[A-Z].{0,100}$|"
    r"\s(?:in|à|aus)\s[A-Z][\w .]{1,40}$|[;.(]\s?[Ee]dit(?:ing|ed)\sby\b.{0,300}$|"
    # "Jane Doe, U.S. Institute of Asthma and Allergies": the whole is where she works.
    r",\s(?:[A-Z][\w.]{0,20}\s){0,4}(?:Institutes?|University|Department|Center|Centre|School|Ministry)\s(?:of|for)\s[^,;|]{1,80}"
)
FULL_NAME = 2  # words
_REGION = re.compile(r"^(?:the|new|north|south|east|west|northern|southern|eastern|western|central)\s", re.IGNORECASE)
_DASH = re.compile(r"\s[-–—]\s")
_LAST_FIRST = re.compile(r"^[^\W\d_][\w'’.-]{1,30}, [^\W\d_][\w'’. -]{0,30}$")
_SITE = re.compile(
    r"\.(?:com|net|org|gov|info|news|tv|at|de|ch|be|nl|fr|es|it|co|uk|is|no|se|dk|lt|pl|ru|ua|tr|jp|in|vn)\b",
    re.IGNORECASE,
)
_KOREAN = re.compile(r"([가-힣]{2,4})\s?기자(?![가-힣])(?:\s외\s\d{1,2}명)?")  # "Reporter" follows his name
_LEFT_OVER = re.compile(r"\s(?:on|at|am|le|el|il|den)$")  # before a date that was cut off
_WORD = re.compile(r"\w+")
_TRIM = " .,:;-–—|*•·/’'\"“”„»«"
# Words of names that are written small.
_PARTICLES = frozenset((
    "de", "del", "della", "di", "da", "do", "dos", "das", "van", "von", "der", "den", "ter", "ten", "la", "le", "el",
    "al", "bin", "ben", "ibn", "zu", "zur", "af", "av", "y", "e", "i",
))  # fmt: skip


@dataclass(frozen=True, slots=True)
class Name:
    """A name of a byline; `is_person` is false for an agency, a desk, a site."""

    text: str
    is_person: bool


class Listed:
    """A pattern of long lists of phrases. A text without the first word of any is not tried: a fifth of the time."""

    def __init__(self, pattern: str, phrases: Iterable[str], signs: Iterable[str] = ()) -> None:
        self._pattern = re.compile(pattern, re.IGNORECASE)
        self._firsts = frozenset(_WORD.findall(phrase.lower())[0] for phrase in phrases)
        self._signs = tuple(signs)  # found inside words, too

    def _may_match(self, text: str) -> bool:
        text = text.lower().replace("\u0307", "")  # "İ" is an i with a dot, and to `re` one without
        return not self._firsts.isdisjoint(_WORD.findall(text)) or any(sign in text for sign in self._signs)

    def search(self, text: str) -> re.Match[str] | None:
        """As `re.Pattern.search`."""
        return self._pattern.search(text) if self._may_match(text) else None

    def match(self, text: str) -> re.Match[str] | None:
        """As `re.Pattern.match`."""
        return self._pattern.match(text) if self._may_match(text) else None

    def fullmatch(self, text: str) -> re.Match[str] | None:
        """As `re.Pattern.fullmatch`."""
        return self._pattern.fullmatch(text) if self._may_match(text) else None

    def without(self, text: str) -> str:
        """The text without the first match."""
        return self._pattern.sub("", text, count=1) if self._may_match(text) else text


@dataclass(frozen=True, slots=True)
class Words:
    """The patterns made of `config/bylines.toml`."""

    begins: Listed  # announces a name at the start
    inside: re.Pattern[str]  # announces a name further on
    joins: re.Pattern[str]
    and_end: re.Pattern[str]  # "and" at the end
    role: Listed
    adjective: re.Pattern[str]  # of a role, at the start
    organisation: Listed
    trailing: re.Pattern[str]
    button: re.Pattern[str]  # at the end
    honorific: re.Pattern[str]
    degree: re.Pattern[str]
    edition: re.Pattern[str]  # after a site's name, whole
    no_name: Listed
    no_author: Listed  # announces persons who did something else than write
    menu: re.Pattern[str]  # in a line of a menu
    header: re.Pattern[str]  # at the beginning of a header


def _any(words: Iterable[str]) -> str:
    return "|".join(re.escape(word) for word in sorted(set(words), key=len, reverse=True))


@functools.cache
def byline_words() -> Words:
    """The words of bylines, compiled once."""
    table: Mapping[str, list[str]] = tomllib.loads(
        resources.files("config").joinpath("bylines.toml").read_text("utf-8")
    )
    by, signs, joins = _any(table["by"]), _any(table["by_sign"]), _any(table["and"])
    compiled = functools.partial(re.compile, flags=re.IGNORECASE)
    degrees = _any(table["degrees"])
    # `(?!\w)`, not `\b`, ends a word: some end in a vowel sign, as in Hindi, which is no letter to `re`.
    return Words(
        begins=Listed(
            rf"^\W{{0,3}}(?:(?:{by})(?!\w)\s?[:.\-–—]?\s{{0,2}}|(?:{signs})\s?[・:：/／●◎]\s?)(?=\S)",
            *(table["by"], table["by_sign"]),
        ),
        inside=compiled(r"\b(?:by|von|par|por|door|oleh):?\s(?=[^\W\d_])"),
        joins=compiled(rf"\s?[;|•·、，/／\n&+●]\s?|\s?,\s?(?:(?:{joins})\s)?|\s(?:{joins})\s"),
        and_end=compiled(rf"(?:\s(?:{joins})|[&\n])\s?$"),
        role=Listed(
            rf"(?:^|[\s,])(?:(?:{_any(table['role_adjectives'])})\s){{0,3}}(?:{_any(table['roles'])})(?!\w)",
            table["roles"],
        ),
        adjective=compiled(rf"^(?:{_any(table['role_adjectives'])})(?!\w)"),
        organisation=Listed(
            rf"\b(?:{_any(table['organisations'])})(?!\w)|{_any(table['organisation_signs'])}",
            *(table["organisations"], table["organisation_signs"]),
        ),
        trailing=compiled(rf"\s(?:{_any(table['trailing'])})$"),
        button=compiled(rf"\s(?:{_any(table['buttons'])})$"),
        no_author=Listed(rf"^\W{{0,3}}(?:{_any(table['no_author_begins'])})(?!\w)", table["no_author_begins"]),
        honorific=compiled(rf"^(?:(?:{_any(table['honorifics'])})\.?\s){{1,3}}"),
        degree=re.compile(rf"(?:(?:^|,?\s)(?:{degrees})\.?){{1,4}}$"),
        edition=compiled(rf"(?:{_any(table['editions'])})"),
        menu=compiled(rf"\b(?:{_any(table['menu_words'])})(?!\w)"),
        header=compiled(rf"^(?:{_any(table['header_begins'])})(?!\w)"),
        no_name=Listed(
            rf"^(?:(?:{_any(table['no_names'])})$|(?:{_any(table['no_name_begins'])})(?!\w))",
            table["no_names"] + table["no_name_begins"],
        ),
    )


def names_of(values: Iterable[str], site: frozenset[str], structured: bool) -> list[Name]:
    """The names in a source's values, each once; `site` are the site's own names, squeezed.

    A value of a structured source is a name as a rule; of a line of the page only what looks like one is taken.
    """
    values = list(values)
    if structured and len(values) > 1 and all(_LAST_FIRST.match(value) for value in values):
        values = [" ".join(reversed(value.split(", ", 1))) for value in values]
    found: dict[str, Name] = {}
    for value in values:
        names = [name for part in split_byline(value) if (name := _name(part, site, structured))]
        if len(names) > 1 and any(name.is_person for name in names):
            names = _persons(names)
        for name in names:
            found.setdefault(squeeze(name.text), name)
    return list(found.values())


def _persons(names: list[Name]) -> list[Name]:
    """The persons of one byline: beside full names, and behind an agency, a single word is a place."""
    desks = [name for name in names if not name.is_person]
    persons = [name for name in names if name.is_person and not any(name.text in desk.text for desk in desks)]
    full = [name for name in persons if " " in name.text or not name.text.isascii()]
    first = list(takewhile(lambda name: name.is_person, names))
    return full or [name for name in persons if name in first] or desks


def joined_by_and(line: str, name: str) -> bool:
    """Whether a word for "and", or the end of a line, stands between a name and the one before it."""
    before = line.partition(name)[0]
    return byline_words().and_end.search(before) is not None


def starts_with_by(text: str) -> bool:
    """Whether a line begins with a word that announces its author."""
    return byline_words().begins.match(text[:80]) is not None


def split_byline(text: str) -> Iterator[str]:
    """The parts of a byline that may be names, without the words that announce them."""
    words = byline_words()
    text = " ".join(text[:MAX_BYLINE].replace("\n", " | ").split())
    if reporters := _KOREAN.findall(text):
        yield from reporters
        return
    text = _NOISE.sub(" ", words.begins.without(text))
    for piece in words.joins.split(text):
        part = words.button.sub("", _LEFT_OVER.sub("", piece.strip(_TRIM)))
        part = words.begins.without(part)
        part = words.degree.sub("", words.honorific.sub("", part)).strip(_TRIM)
        if (shorter := words.trailing.sub("", part)).count(" "):
            part = shorter.strip(_TRIM)
        if part:
            yield part


def _name(part: str, site: frozenset[str], structured: bool) -> Name | None:
    words = byline_words()
    part = without_site(part, site)
    role = words.role.search(part)
    if role is not None and role.start() > 0:
        part = without_site(before_role(part), site)
        if words.adjective.match(part):
            return None
    if (
        not 1 < len(part) <= MAX_NAME
        or len(part.split()) > MAX_WORDS
        or words.no_name.match(part)
        or re.search(r"://|: |：", part)
    ):
        return None
    key = squeeze(part)
    if not key or key.isdecimal() or (role is not None and role.start() <= 0 and not structured):
        return None
    if key in site or _is_edition(part, site) or words.organisation.search(part) or _SITE.search(part):
        return Name(part, False)
    if not structured and (not looks_like_person(part) or is_menu(part)):
        return None
    return Name(part, True)


def before_role(text: str) -> str:
    """What stands before the words that say what a person does: "Jane Doe" of "Jane Doe Deputy Content Director"."""
    words = byline_words()
    role = words.role.search(text)
    if role is None:
        return text
    before = text[: role.start()].strip(_TRIM)
    parts = before.split()
    cut = next((at for at in range(FULL_NAME, len(parts)) if words.adjective.match(parts[at])), len(parts))
    return " ".join(parts[:cut])


def without_site(part: str, site: frozenset[str]) -> str:
    """ "Jane Doe - The Paper" and "Jane Doe The Paper" without the paper."""
    words = part.split()
    for count in range(1, len(words) - 1):
        rest = " ".join(words[:-count]).strip(_TRIM)
        last = words[-count:-1] if words[-1].casefold() == "staff" else words[-count:]  # "Jane Doe Gazette Staff"
        if rest.count(" ") + 1 >= FULL_NAME and not _REGION.match(rest) and squeeze(" ".join(last)) in site:
            return rest
    spans = [(found.start(), found.end()) for found in _DASH.finditer(part)]
    if spans:
        start, end = spans[-1]
        tail = part[end:]
        if squeeze(tail) in site or byline_words().organisation.search(tail) or byline_words().role.search(tail):
            return part[:start]
    return part


def _is_edition(part: str, site: frozenset[str]) -> bool:
    """Whether a site's name is a part of this one: "Gazette UK", "North Coast Harbour Gazette"."""
    words = part.split()
    for cut in range(1, len(words)):
        begin, end = words[:cut], words[cut:]
        if squeeze(" ".join(begin)) in site and byline_words().edition.fullmatch(" ".join(end)):
            return True
        if len(end) >= FULL_NAME and squeeze(" ".join(end)) in site:
            return True
    return False


def is_menu(text: str) -> bool:
    """Whether a word of a text is one of menus and buttons, and so no person's."""
    return byline_words().menu.search(text) is not None


def looks_like_person(text: str) -> bool:
    """Whether a text is two to four words that each begin with a capital, or a short run of a script without case."""
    words = [word for word in text.split() if word.casefold() not in _PARTICLES]
    if any(char.isdigit() for char in text) or not words:
        return False
    if not any(char.isupper() or char.islower() for char in text):
        return 2 <= len(text.replace(" ", "")) <= 20
    return 2 <= len(words) <= 4 and all(word[0].isupper() for word in words)
