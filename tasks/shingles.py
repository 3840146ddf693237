"""Token shingles: how much of one text stands in another.

Tokens are as in the public article extraction benchmark (https://github.com/scrapinghub/article-extraction-benchmark),
with each ideograph, kana and hangul syllable a token of its own.
"""

import re

TOKEN = re.compile(r"[぀-ヿ㐀-鿿가-힯]|[^\W぀-ヿ㐀-鿿가-힯]+")
SIZE = 4  # tokens a shingle


def tokens(text: str) -> list[str]:
    """The words of a text; a sign each where the script has no spaces."""
    return TOKEN.findall(text)


def shingles(text: str, size: int = SIZE) -> set[tuple[str, ...]]:
    """The runs of `size` tokens of a text; the whole text where it is shorter."""
    words = tokens(text)
    return {tuple(words[i : i + size]) for i in range(max(1, len(words) - size + 1))} if words else set()


def coverage(part: str, whole: str) -> float:
    """The share (0 to 1) of the shingles of `part` that stand in `whole`; 0 for an empty part."""
    wanted = shingles(part)
    return len(wanted & shingles(whole)) / len(wanted) if wanted else 0.0
