"""The language of the text, as ISO 639-1 code."""

import functools
import re
import tomllib
from collections import Counter
from collections.abc import Iterable, Sequence
from importlib import resources
from itertools import chain, repeat
from typing import Any

from tasks.page import LabelledBlock

LITTLE = 40  # characters; of 217 pieces in 27 languages each that the identifier was sure of was told rightly
ENOUGH = 200  # characters; the language of shorter texts is the declared one
READ = 500  # characters that are looked at
SURE = 0.9  # probability from which the text is believed against what the page declares
_CODE = re.compile(r"([a-z]{2,3})(?:[-_]|$)", re.IGNORECASE)
# Codes of ISO 639-1 and others that stand for the same language, or for one of its variants.
SAME = {
    "nb": "no", "nn": "no", "iw": "he", "in": "id", "ji": "yi", "fil": "tl", "mo": "ro", "sh": "sr", "eng": "en",
    "deu": "de",
    "ger": "de", "fra": "fr", "fre": "fr", "spa": "es", "ita": "it", "por": "pt", "nld": "nl", "dut": "nl", "swe": "sv",
    "nor": "no", "dan": "da", "pol": "pl", "rus": "ru", "tur": "tr", "jpn": "ja", "zho": "zh", "chi": "zh", "kor": "ko",
    "ara": "ar", "arz": "ar", "ary": "ar", "yue": "zh", "wuu": "zh", "sdh": "ku", "uzs": "uz", "ext": "es", "hbo": "he",
    "grc": "el", "vec": "it",
}  # fmt: skip


# Where a text is full of the common words of the language that the page declares, the identifier (0.5 s to load,
# 0.2 ms a page) is not asked.
COMMON_SHARE = 0.16  # of the words
CLEAR_SHARE = 0.15  # where nothing is declared: by so much more than of the next likely language
SENTENCE = 80  # characters of the shortest text that is no name, headline or menu
SPOKEN_READ = 3_000  # characters of a page's long texts
# Scripts of languages that common words do not tell, one character each. Several languages are written in most of them.
_SCRIPTS = {
    "ar": re.compile(r"[\u0621-\u064a\u0671-\u06d3]"),
    "ja": re.compile(r"[\u3041-\u30ff\u4e00-\u9fff]"),
    "ko": re.compile(r"[\uac00-\ud7a3]"),
    "ru": re.compile(r"[\u0400-\u04ff]"),
    "th": re.compile(r"[\u0e01-\u0e4e]"),
    "zh": re.compile(r"[\u4e00-\u9fff]"),
}
TRACE = 0.06  # share of common words from which a language may be spoken on a page, in a quotation at least
FAINT = 1 / 2  # under this part of the first language's share, what is common are words of both


@functools.cache
def _identifier() -> Any:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier  # noqa: PLC0415  (slow to load and not always needed)

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)


def declared_language(said: str | None) -> str | None:
    """The two-letter code of what a page says ("de-AT", "pt_BR", "eng"); None where it is no language."""
    found = _CODE.match((said or "").strip())
    if found is None:
        return None
    code = found.group(1).lower()
    code = SAME.get(code, code)
    return code if len(code) == 2 else None


def find_language(blocks: Sequence[LabelledBlock], said: str | None) -> str | None:
    """The language of the kept text, or of what the page says where there is too little of it."""
    declared = declared_language(said)
    text = _sample(blocks)
    if len(text) < (LITTLE if declared is None else ENOUGH):
        return declared
    if declared in _common_words() and _share(text.lower().split(), _common_words()[declared]) >= COMMON_SHARE:
        return declared
    shares = common_shares(text)
    likely = max(shares, key=lambda language: shares[language])
    if declared is None and shares[likely] >= CLEAR_SHARE + sorted(shares.values())[-2]:
        return likely
    code, chance = _identifier().classify(text)
    found = SAME.get(code, code)
    is_doubtful = chance < SURE and (declared is not None or len(text) < ENOUGH)
    return declared if len(found) != 2 or is_doubtful else found


@functools.cache
def _common_words() -> dict[str, frozenset[str]]:
    table = tomllib.loads(resources.files("config").joinpath("common_words.toml").read_text("utf-8"))
    return {language: frozenset(words.split()) for language, words in table.items()}


def common_shares(text: str) -> dict[str, float]:
    """For each language of `config/common_words.toml` the share of the text's words that are common words of it."""
    words = text.lower().split()
    counts = Counter(chain.from_iterable(map(_speakers().get, words, repeat(()))))
    return {language: counts[language] / max(len(words), 1) for language in _common_words()}


@functools.cache
def _speakers() -> dict[str, tuple[str, ...]]:
    """The languages of which a word is a common one."""
    words: dict[str, tuple[str, ...]] = {}
    for language, common in _common_words().items():
        for word in common:
            words[word] = (*words.get(word, ()), language)
    return words


def _share(words: Sequence[str], common: frozenset[str]) -> float:
    return sum(map(common.__contains__, words)) / max(len(words), 1)


def spoken_languages(texts: Sequence[str]) -> frozenset[str] | None:
    """The languages that a page's long texts may be in, of those with rules; None where all its texts are too short.

    They are told by common words, and where those are few (no spaces between words, or another language) by the script.
    """
    text = _start_of(text for text in texts if len(text) >= SENTENCE)
    if len(text) < ENOUGH:
        text = _start_of(texts)
    if len(text) < ENOUGH:
        return None
    shares = common_shares(text)
    most = max(shares.values())
    spoken = frozenset(language for language, share in shares.items() if share >= max(TRACE, FAINT * most))
    if most >= COMMON_SHARE:
        return spoken
    return spoken | {language for language, script in _SCRIPTS.items() if len(script.findall(text)) * 4 > len(text)}


def _start_of(texts: Iterable[str]) -> str:
    """The beginning of each of the first texts, `SPOKEN_READ` characters in all."""
    sample: list[str] = []
    size = 0
    for text in texts:
        sample.append(text[:READ])
        size += len(sample[-1])
        if size >= SPOKEN_READ:
            break
    return " ".join(sample)


def _sample(blocks: Sequence[LabelledBlock]) -> str:
    parts: list[str] = []
    size = 0
    for block in blocks:
        if block.kept:
            parts.append(block.text)
            size += len(block.text)
            if size >= READ:
                break
    return " ".join(parts)[:READ]
