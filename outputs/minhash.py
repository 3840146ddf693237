"""A text's MinHash signature (Broder 1997): how much two texts have in common, from 128 bytes of each.

Of each of the 128 minima the low 8 bits are kept (Li and König 2010, "b-Bit Minwise Hashing"). The share of equal bytes
then estimates the Jaccard similarity of the texts' shingles, with a standard error of at most 0.045.
"""

import math

from tasks.shingles import tokens

HASHES = 128
SHINGLE = 3  # words: changed numbers in the same sentences weigh more than with 2, a cut or an added paragraph alike
_SEED = 1
_CHANCE = 1 / 256  # of equal bytes in unlike texts


def signature(text: str) -> str | None:
    """Return a text's signature in hex; None for a text without words. The same in every run and on every machine."""
    from rensa import RMinHash  # noqa: PLC0415  (what prints one page does not need it)

    words = tokens(text.casefold())
    if not words:
        return None
    minhash = RMinHash(num_perm=HASHES, seed=_SEED)
    minhash.update([" ".join(run) for run in zip(*(words[start:] for start in range(SHINGLE)), strict=False)] or words)
    return bytes(value & 0xFF for value in minhash.digest()).hex()


def least_equal(least_similarity: float) -> int:
    """Return how many bytes of two signatures must be equal for a similarity of at least this."""
    return math.ceil(HASHES * (least_similarity * (1 - _CHANCE) + _CHANCE))


def similarity(equal_bytes: float) -> float:
    """Turn the number of equal bytes of two signatures into an estimate of their texts' Jaccard similarity, 0 to 1."""
    return max(0.0, (equal_bytes / HASHES - _CHANCE) / (1 - _CHANCE))
