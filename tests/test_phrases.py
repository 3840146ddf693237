"""The phrase rules: every rule against its own examples, all rules against all texts that must stay, the loader."""

from importlib import resources
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.page import KEPT, Label
from tasks.phrases import Phrases, Rule, RuleError, Strength, load_phrases, normal, trim

PHRASES = load_phrases()


def test_the_programs_rules_pass_the_checks_of_any_other() -> None:
    from_folder = load_phrases(Path(str(resources.files("config.rules"))))
    assert from_folder.rules == PHRASES.rules
    assert from_folder.digest == PHRASES.digest


INDEX = {rule.id: index for index, rule in enumerate(PHRASES.rules)}
EACH_RULE = pytest.mark.parametrize("rule", PHRASES.rules, ids=lambda rule: rule.id)
SPLITS = [pytest.param(rule, text, id=text) for rule in PHRASES.rules for text in rule.drop if rule.strength == "split"]

GOOD = """
[[rule]]
id = "xx.share.word"
label = "share"
strength = "name"
pattern = '^share$'
drop = ["share"]
keep = ["shares"]
"""


@EACH_RULE
def test_a_rule_matches_its_drop_examples(rule: Rule) -> None:
    assert [text for text in rule.drop if INDEX[rule.id] not in PHRASES.match(text)] == []


@EACH_RULE
def test_a_rule_leaves_its_keep_examples(rule: Rule) -> None:
    assert [text for text in rule.keep if INDEX[rule.id] in PHRASES.match(text)] == []


@EACH_RULE
def test_no_rule_of_any_language_takes_a_keep_example_from_the_body(rule: Rule) -> None:
    hits = [(text, PHRASES.rules[index]) for text in rule.keep for index in PHRASES.match(text)]
    taken = [(text, hit.id) for text, hit in hits if hit.strength is not Strength.NAME and hit.label not in KEPT]
    assert taken == []


@pytest.mark.parametrize(("rule", "text"), SPLITS)
def test_a_split_loses_no_word(rule: Rule, text: str) -> None:
    parts = PHRASES.split(text, rule)
    assert parts is not None
    assert letters("".join(part.text for part in parts)) == letters(text)
    assert all(part.value in part.text for part in parts)


def letters(text: str) -> str:
    return "".join(char for char in text if char.isalnum())


def first_split(text: str) -> list[tuple[str, str]]:
    rules = [PHRASES.rules[index] for index in PHRASES.match(text)]
    parts = next(parts for rule in rules if rule.strength is Strength.SPLIT and (parts := PHRASES.split(text, rule)))
    return [(part.label.value, part.value) for part in parts]


def test_caption_and_credit_are_told_apart() -> None:
    text = "Can track II diplomacy help bring peace?. (photo credit: REUTERS)"
    assert first_split(text) == [("caption", "Can track II diplomacy help bring peace?"), ("credit", "REUTERS")]


def test_byline_time_and_read_time_are_told_apart() -> None:
    text = "By Jo Kern | October 3, 2023 | 3 min read"
    assert first_split(text) == [("byline", "Jo Kern"), ("timestamp", "October 3, 2023"), ("read_time", "3 min read")]


def test_the_value_of_a_credit_is_its_name() -> None:
    rule = PHRASES.rules[INDEX["en.credit.announced"]]
    assert PHRASES.value("(Photo: Mara Lind)", rule) == "Mara Lind"


def test_the_same_words_hit_whatever_their_typography() -> None:
    assert PHRASES.match("»  Don’t  miss a story. Subscribe to our newsletter ") == PHRASES.match(
        "Don't miss a story. Subscribe to our newsletter"
    )


def test_a_long_text_is_no_phrase() -> None:
    assert PHRASES.match("Advertisement " * 1000) == ()


@given(st.text())
def test_any_text_is_matched_without_error(text: str) -> None:
    for index in PHRASES.match(text):
        PHRASES.split(text, PHRASES.rules[index])
        PHRASES.value(text, PHRASES.rules[index])


@given(st.text())
def test_the_normal_form_keeps_every_place(text: str) -> None:
    assert len(normal(text)) == len(text)
    assert trim(trim(text)) == trim(text)


@pytest.mark.parametrize(
    "text",
    [
        "a" * 2000,
        "(" * 1900,
        "By " * 600,
        "© " * 90,
        "A. " * 66,
        "(photo: " * 50,
        "\u202e" * 200,
        "ﷺ" * 200,
        "e\u0301" * 100,
    ],
)
def test_hostile_texts_leave_the_rules_working(text: str) -> None:
    PHRASES.match(text)
    assert INDEX["en.advert.mark"] in PHRASES.match("Advertisement")


def test_every_rule_is_named_by_file_and_label() -> None:
    for rule in PHRASES.rules:
        language, label, name = rule.id.split(".")
        assert label.replace("-", "_") == rule.label, rule.id
        assert language and name


def test_every_boilerplate_label_has_a_rule() -> None:
    missing = {label for label in Label if label not in KEPT} - {rule.label for rule in PHRASES.rules}
    assert missing <= {Label.TITLE, Label.KICKER, Label.DECK, Label.DATELINE}


def test_the_digest_follows_the_files(tmp_path: Path) -> None:
    folders = [tmp_path / name for name in "ab"]
    for folder, text in zip(folders, [GOOD, GOOD.replace("shares", "sharing")], strict=True):
        folder.mkdir()
        (folder / "xx.toml").write_text(text, encoding="utf-8")
    first, second = map(load_phrases, folders)
    assert len(first.digest) == 64
    assert first.digest != second.digest


def test_definitions_of_the_neutral_file_serve_all(tmp_path: Path) -> None:
    (tmp_path / "neutral.toml").write_text("[define]\nword = 'sh(?&end)'\nend = 'no'\n", encoding="utf-8")
    (tmp_path / "xx.toml").write_text(
        "[define]\nend = 'are'\n" + GOOD.replace("share$", "sh(?&end)$"), encoding="utf-8"
    )
    assert load_phrases(tmp_path).match("share") == (0,)


@pytest.mark.parametrize(("needs", "hits"), [("['SHA']", (0,)), ("['z']", ()), ("'[s-t]h'", (0,)), ("'[0-9]'", ())])
def test_a_rule_is_tried_where_its_needs_are_met(tmp_path: Path, needs: str, hits: tuple[int, ...]) -> None:
    (tmp_path / "xx.toml").write_text(f"[needs]\na = {needs}\n{GOOD}needs = 'a'\n", encoding="utf-8")
    assert load_phrases(tmp_path).match("share") == hits


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("rule = 1", "xx.toml: rules are written [[rule]]"),
        ("[[rule", "xx.toml: not TOML: "),
        ("other = 1", "xx.toml: unknown key 'other'"),
        ("needs = 1", "xx.toml: needs is not a table"),
        ("[needs]\na = []", "xx.toml: a is not a list of texts"),
        ("[needs]\na = '['", "xx.toml: needs a: missing ]: ["),
        (GOOD + "needs = 'b'", "xx.toml: rule xx.share.word: no list of needs 'b'"),
        ("define = 1", "xx.toml: define is not a table"),
        ("[define]\na = 1", "xx.toml: define a: not a text"),
        (GOOD + "colour = 1", "xx.toml: rule xx.share.word: unknown key 'colour'"),
        (GOOD + GOOD, "xx.toml: rule xx.share.word: the id is taken"),
        (GOOD.replace('"share"\nst', '"sharing"\nst'), "xx.toml: rule xx.share.word: no label 'sharing'"),
        (GOOD.replace('"name"', '"maybe"'), "xx.toml: rule xx.share.word: no strength 'maybe'"),
        (GOOD.replace('"name"', '"split"'), "xx.toml: rule xx.share.word: a split needs named groups"),
        (GOOD.replace("^share$", "(?=x)"), "xx.toml: rule xx.share.word: pattern: invalid perl operator: (?="),
        (GOOD.replace("^share$", "(?P<x>a)"), "xx.toml: rule xx.share.word: no label 'x'"),
        (GOOD.replace('["share"]', "[]"), "xx.toml: rule xx.share.word: drop is not a list of texts"),
        (GOOD.replace("'^share$'", "3"), "xx.toml: rule xx.share.word: pattern is not a text"),
        (GOOD.replace("pattern = '^share$'\n", ""), "xx.toml: rule xx.share.word: pattern is missing"),
        (GOOD + "max_chars = 0", "xx.toml: rule xx.share.word: max_chars is not a number from 1 to 2000"),
    ],
)
def test_a_bad_file_is_refused_in_one_line(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "xx.toml").write_text(text, encoding="utf-8")
    with pytest.raises(RuleError) as caught:
        load_phrases(tmp_path)
    assert str(caught.value).startswith(message)
    assert "\n" not in str(caught.value)


def test_no_rules_match_nothing() -> None:
    assert Phrases(()).match("Advertisement") == ()
