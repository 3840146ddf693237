"""Finding an article's known body among a page's blocks: in order, complete, and nothing of the menu."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.align import SLACK, align
from tasks.folding import squeeze
from tasks.shingles import coverage, shingles, tokens

SENTENCES = {
    "latin": "Der Hafenrat beschloss am {n}. Tag, Fähre Nummer {n} über den Winter zu behalten.",
    "cjk": "港湾評議会は第{n}日に古い渡し船{n}号を冬の間も残すことを決定したと発表しました。",
    "arabic": "قرر مجلس الميناء في اليوم {n} الإبقاء على العبارة رقم {n} طوال فصل الشتاء.",
    "thai": "สภาท่าเรือลงมติในวันที่ {n} ให้เดินเรือลำที่ {n} ต่อไปตลอดฤดูหนาวนี้",
}
MENU = ["Home", "Sport", "Ein Abo abschließen", "© 2024 Kurier"]


def found(texts: list[str], body: str) -> list[str]:
    return list(itertools.compress(texts, align(texts, body)))


def sentence(script: str, number: int) -> str:
    return SENTENCES[script].format(n=1000 + number)


@settings(deadline=None, max_examples=200)
@given(
    st.sampled_from(sorted(SENTENCES)),
    st.lists(st.booleans(), min_size=1, max_size=20),
    st.sampled_from(["\n\n", " ", ""]),
)
def test_a_body_made_of_blocks_is_exactly_those_blocks(script: str, chosen: list[bool], between: str) -> None:
    texts = [sentence(script, number) for number in range(len(chosen))]
    body = between.join(itertools.compress(texts, chosen))
    assert align(texts, body).tolist() == chosen


words = st.text("abcdé 漢字م.,", max_size=30)


@settings(deadline=None, max_examples=300)
@given(st.lists(words, max_size=15), st.lists(words, max_size=6).map(" ".join))
def test_blocks_that_stand_whole_in_the_body_run_forward_through_it(texts: list[str], body: str) -> None:
    flags = align(texts, body)
    assert flags.dtype == np.bool_
    assert len(flags) == len(texts)
    flat, at = squeeze(body), 0
    for text in itertools.compress(texts, flags):
        own = squeeze(text)
        assert own
        if own in flat:
            place = flat.find(own, max(0, at - SLACK))
            assert place >= 0
            at = place + len(own)


@settings(deadline=None, max_examples=100)
@given(st.lists(words, max_size=10), words)
def test_the_same_twice_and_in_any_case_and_signs(texts: list[str], body: str) -> None:
    once = align(texts, body).tolist()
    assert align(texts, body).tolist() == once
    assert (
        align([f"– {text.upper()}!" if text.upper().lower() == text else text for text in texts], body).tolist() == once
    )


def test_of_a_repeated_block_the_one_in_its_place_is_found() -> None:
    lead, rest = sentence("latin", 1), [sentence("latin", number) for number in (2, 3)]
    assert align([*MENU, lead, *rest, lead], "\n".join([lead, *rest])).tolist() == [False] * 4 + [True] * 3 + [False]
    assert align([lead, *rest, lead], "\n".join([*rest, lead])).tolist() == [False, True, True, True]


def test_blocks_out_of_order_do_not_chain() -> None:
    one, two, three = (sentence("latin", number) for number in (1, 2, 3))
    assert found([two, one, three], "\n".join([one, two, three])) in ([two, three], [one, three])


def test_menu_words_that_the_body_happens_to_hold_are_left_out() -> None:
    body = [f"{sentence('latin', number)} Wer zu Home oder Sport will, geht." for number in range(3)]
    assert found([*MENU, *body, "Sport"], "\n".join(body)) == body


def test_a_short_word_does_not_ride_on_its_neighbours_last_letters() -> None:
    body = [sentence("latin", number) for number in range(3)]
    assert squeeze(body[0]).endswith("ten")
    for word in ("ten", "n", "en"):
        assert found([body[0], word, body[1], word, body[2]], "\n".join(body)) == body


def test_a_short_line_of_the_body_is_found_beside_its_neighbours_alone() -> None:
    one, two = sentence("latin", 1), sentence("latin", 2)
    assert found([one, "Wie geht es weiter?", two], f"{one}\nWie geht es weiter?\n{two}") == [
        one,
        "Wie geht es weiter?",
        two,
    ]
    filler = [f"Menüpunkt {number}" for number in range(10)]
    assert found(["Sport heute", *filler, one, two], f"Sport heute\n{one}\n{two}") == [one, two]
    assert found(["Sport heute"], "Sport heute") == []


def test_a_block_of_which_most_stands_in_the_body_is_found() -> None:
    one, three = sentence("latin", 1), sentence("latin", 3)
    two = "Die Reederei nannte den Beschluss mutig, will aber im Frühjahr neu verhandeln."
    assert found([one, f"{two} Mehr dazu", three], "\n".join([one, two, three])) == [one, f"{two} Mehr dazu", three]
    stranger = "Ein ganz anderer langer Satz über ein Museum in Bern, das am Montag nach Jahren wieder öffnet."
    assert found([one, f"{stranger} {stranger}", two], f"{one}\n{two}") == [one, two]


@pytest.mark.parametrize("body", ["", " \n", "…"])
def test_without_a_body_nothing_is_found(body: str) -> None:
    assert found([*MENU, sentence("latin", 1)], body) == []
    assert align([], "text").tolist() == []


def test_tokens_and_shingles() -> None:
    assert tokens("The ferry's 3 ports, 渡し船") == ["The", "ferry", "s", "3", "ports", "渡", "し", "船"]
    assert shingles("a b c d e") == {("a", "b", "c", "d"), ("b", "c", "d", "e")}
    assert shingles("a b") == {("a", "b")}
    assert shingles("–") == set()
    assert coverage("a b c d e", "x a b c d y") == 0.5
    assert coverage("", "a") == 0.0
