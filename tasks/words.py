"""Words and sentences in any script: what ends a sentence, and how many words a text has."""

import re

STOPS = ".!?…。！？؟।۔"  # what ends a sentence

# Scripts written without spaces. Han and Kana: each character counts as a word, as word processors count them.
_IDEOGRAPH = "\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_IDEOGRAPHS = re.compile(f"[{_IDEOGRAPH}]")
# Thai, Lao, Burmese, Khmer: their words have no mark between them and are four to five characters long on average.
_UNSPACED_LETTER = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"
_UNSPACED_RUNS = re.compile(f"[{_UNSPACED_LETTER}]+")
_UNSPACED_WORD = 4.5
_ANY_UNSPACED = re.compile(f"[{_IDEOGRAPH}{_UNSPACED_LETTER}]")


def count_words(text: str) -> int:
    """Count the words of a text.

    A word is what stands between white space and holds a letter or a digit ("2017-10-19" is one, "—" is none). In
    scripts without spaces each Han or Kana character is a word, and Thai, Lao, Burmese and Khmer count one per 4.5
    characters.
    """
    if text.isascii() or not _ANY_UNSPACED.search(text):
        return _count_spaced(text)
    rest, ideographs = _IDEOGRAPHS.subn(" ", text)
    unspaced = sum(max(1, round(len(run) / _UNSPACED_WORD)) for run in _UNSPACED_RUNS.findall(rest))
    return ideographs + unspaced + _count_spaced(_UNSPACED_RUNS.sub(" ", rest))


def _count_spaced(text: str) -> int:
    # A token's first character nearly always decides.
    return len([token for token in text.split() if token[0].isalnum() or any(map(str.isalnum, token))])
