"""Word counts in scripts with and without spaces."""

import pytest

from tasks.words import count_words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", 0),
        ("One two, three.", 3),
        ("A — dash and 2017-10-19 …", 4),
        ("L’été n’est pas fini.", 4),
        ("Новости дня", 2),
        ("أخبار اليوم", 2),
        ("오늘의 뉴스입니다", 2),
        ("今天的新闻", 5),
        ("今日はGoogle社の日", 3 + 1 + 3),
        ("ข่าววันนี้", 2),  # "news", "today"
    ],
)
def test_counts(text, words):
    assert count_words(text) == words
