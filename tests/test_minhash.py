"""Signatures: the same for ever, and as alike as their texts."""

import random

from hypothesis import given
from hypothesis import strategies as st

from outputs.minhash import HASHES, signature, similarity
from tasks.shingles import shingles


def estimate(one: str, other: str) -> float:
    pairs = zip(bytes.fromhex(signature(one)), bytes.fromhex(signature(other)), strict=True)
    return similarity(sum(a == b for a, b in pairs))


def jaccard(one: str, other: str) -> float:
    a, b = shingles(one, 3), shingles(other, 3)
    return len(a & b) / len(a | b)


def test_signatures_are_those_that_archives_hold():
    # Another version of the library must not change them: archives keep them.
    assert signature("The harbour council voted on Tuesday to keep the old ferry.").startswith(
        "25ae77651770436c764e9d7094326f32c62b77b1"
    )
    assert len(signature("One.")) == 2 * HASHES


def test_texts_without_words_have_none():
    assert signature("") is None
    assert signature(" …\n– !") is None


def test_case_and_punctuation_do_not_matter():
    assert signature("“The Ferry”, he said") == signature("the ferry he SAID.")


def test_estimates_are_close():
    errors = []
    for seed in range(60):
        words = [f"w{number}" for number in random.Random(seed).sample(range(10**6), 600)]
        kept = seed % 6 * 80
        one, other = " ".join(words[:400]), " ".join(words[:kept] + words[400:])
        errors.append(estimate(one, other) - jaccard(one, other))
    assert abs(sum(errors)) / len(errors) < 0.02
    assert max(map(abs, errors)) < 0.16


def test_a_script_without_spaces():
    text = "港務委員會週二投票決定在冬季繼續營運舊渡輪儘管這艘船在大多數日子裡都虧損而且引擎需要維修"
    assert estimate(text, text[:-4]) > 0.75
    assert estimate(text, text[::-1]) < 0.2


@given(st.text())
def test_any_text(text):
    found = signature(text)
    assert found is None or len(bytes.fromhex(found)) == HASHES
