"""Prose in many languages: its language is told, and no phrase rule takes it for furniture."""

import tomllib
from pathlib import Path

import pytest

from tasks.language import find_language, spoken_languages
from tasks.page import KEPT, Label, LabelledBlock
from tasks.phrases import Strength, load_phrases

PROSE = tomllib.loads(Path(__file__).with_name("prose.toml").read_text("utf-8"))
PHRASES = load_phrases()


@pytest.mark.parametrize("language", PROSE)
def test_no_rule_takes_prose_for_furniture(language: str) -> None:
    texts = [*PROSE[language]["samples"], *PROSE[language]["sentences"]]
    taken = [(text, rule.id) for text in texts for rule in map(PHRASES.rules.__getitem__, PHRASES.match(text))
             if rule.strength is not Strength.NAME and rule.label not in KEPT]  # fmt: skip
    assert taken == []


@pytest.mark.parametrize("language", PROSE)
def test_the_language_of_prose_is_told_and_its_rules_are_read(language: str) -> None:
    for sample in PROSE[language]["samples"]:
        text = (LabelledBlock(sample, Label.PARAGRAPH, "model", 1.0),)
        assert find_language(text, None) == find_language(text, language) == language
        assert language in (spoken_languages([sample]) or {language})
