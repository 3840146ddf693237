"""Counting words in any script."""

import re

# Scripts written without spaces. Han and Kana: each character counts as a word, as word processors count them.
_IDEOGRAPHS = re.compile(
    "[\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"
)
# Thai, Lao, Burmese, Khmer: their words have no mark between them and are four to five characters long on average.
_UNSPACED_RUN = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff]+")
_UNSPACED_WORD = 4.5


def count_words(text: str) -> int:
    """Count the words of a text.

    A word is what stands between white space and holds a letter or a digit ("2017-10-19" is one, "—" is none). In
    scripts without spaces each Han or Kana character is a word, and Thai, Lao, Burmese and Khmer count one per 4.5
    characters.
    """
    if text.isascii():
        return _count_spaced(text)
    ideographs = len(_IDEOGRAPHS.findall(text))
    unspaced = sum(max(1, round(len(run) / _UNSPACED_WORD)) for run in _UNSPACED_RUN.findall(text))
    rest = _IDEOGRAPHS.sub(" ", text) if ideographs else text
    rest = _UNSPACED_RUN.sub(" ", rest) if unspaced else rest
    return ideographs + unspaced + _count_spaced(rest)


def _count_spaced(text: str) -> int:
    tokens = text.split()
    return sum(token.isalnum() or any(map(str.isalnum, token)) for token in tokens)
