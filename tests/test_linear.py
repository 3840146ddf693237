"""No text takes our patterns or rules more time than its length accounts for, however it was made up."""

import ast
import importlib
import pkgutil
import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import outputs
import tasks
from config.limits import Limits
from tasks.clean import clean_page
from tasks.page import Article, RawPage, Rejected
from tasks.phrases import RuleError, load_phrases
from tasks.rulefile import compile_pattern
from tests.limits import within

PIECES = [
    *(" ", "\n", "a", "A", "1", ".", "-", "(", ")", "|", ":", "<", "=", "[", "{", '"', "\\", "_", "é", "漢", "年"),
    *("a ", "A ", "A. ", "A-", "a, ", "A a ", "1 ", "1.", "1/", "20", "' ", "(a", "a)", "[1]", "By ", "by a, ", "Jan "),
    *(": ", "«", "/ ", "\u00a0", "x://", "http://a.", "WARC/1.0\n", "content-length: 1\n", "clip: ", "Photo: ", "a="),
]
# Where a pattern is given no more than so many characters.
BOUNDS = {"tasks.metadata._DATELINE": 160}
LENGTH = 20_000
SECONDS = 0.25  # the slowest takes 0.08, and what goes over a text again from each of its places takes more than 0.3


class Pattern:
    """A pattern of ours, and how it is used."""

    def __init__(self, name: str, pattern: re.Pattern[str] | re.Pattern[bytes], methods: list[str]) -> None:
        self.name, self.pattern, self.methods = name, pattern, methods

    def use(self, text: str) -> None:
        content = text.encode("utf-8") if isinstance(self.pattern.pattern, bytes) else text
        for method in self.methods:
            match method:
                case "sub" | "subn":
                    getattr(self.pattern, method)(lambda found: found[0], content)
                case "finditer":
                    list(self.pattern.finditer(content))  # type: ignore[arg-type]
                case _:
                    getattr(self.pattern, method)(content)


def patterns() -> Iterator[Pattern]:
    for package in (tasks, outputs):
        for found in pkgutil.iter_modules(package.__path__):
            module = importlib.import_module(f"{package.__name__}.{found.name}")
            tree = ast.parse(Path(str(module.__file__)).read_text("utf-8"))
            used = [node for node in ast.walk(tree) if isinstance(node, ast.Attribute)]
            for name, value in vars(module).items():
                if isinstance(value, re.Pattern):
                    methods = {node.attr for node in used if isinstance(node.value, ast.Name) and node.value.id == name}
                    methods -= {"pattern", "flags", "groupindex"}
                    yield Pattern(f"{module.__name__}.{name}", value, sorted(methods or {"search"}))


@pytest.mark.parametrize("pattern", [pytest.param(pattern, id=pattern.name) for pattern in patterns()])
def test_a_pattern_is_linear_as_it_is_used(pattern: Pattern) -> None:
    length = BOUNDS.get(pattern.name, LENGTH)
    slow = []
    for piece in PIECES:
        text = (piece * length)[:length]
        try:
            for end in ("", "\x01"):
                with within(SECONDS):
                    pattern.use(text + end)
        except TimeoutError:
            slow.append(piece)
    assert slow == []


def page_of(piece: str) -> str:
    """A page that has a text wherever it could matter."""
    text = (piece * LENGTH)[: 3 * LENGTH].replace("<", "&lt;")
    quoted = text.replace('"', "&quot;")
    story = "<p>The harbour council voted on Tuesday to keep the old ferry running through the winter.</p>" * 5
    return (
        f'<html lang="en"><head><title>{text}</title><meta property="og:title" content="{quoted}">'
        f'<meta name="author" content="{quoted}"><meta property="article:published_time" content="{quoted}">'
        f'<meta name="description" content="{quoted}"><link rel="canonical" href="{quoted}"></head><body>'
        f'<h1>{text}</h1><h2 class="deck">{text}</h2><p class="byline">By {text}</p><time>{text}</time>{story}'
        f'<figure><img src="{quoted}" alt="{quoted}"><figcaption>{text}</figcaption></figure>'
        f'<p class="{quoted}">{text}</p><ul><li><a href="{quoted}">{text}</a></ul><p>{text}{story}</body></html>'
    )


@pytest.mark.parametrize("piece", PIECES[::3], ids=repr)
def test_a_page_with_long_texts_everywhere_takes_little_time(piece: str) -> None:
    with within(Limits().page_seconds / 2):
        assert isinstance(clean_page(RawPage("page.html", page_of(piece).encode())), Article | Rejected)


PHRASES = load_phrases()


@pytest.mark.parametrize(
    "text", ["x" * 1_000_000, "(photo: " * 100_000, "© A. B " * 100_000], ids=lambda text: text[:9]
)
def test_every_rule_takes_a_megabyte_in_its_stride(text: str) -> None:
    """RE2 is linear; the rules' own limit of length is not needed for that."""
    slow = []
    for rule in PHRASES.rules:
        pattern = compile_pattern(rule.pattern)
        began = time.process_time()
        pattern.search(text)
        if time.process_time() - began > 2:
            slow.append(rule.id)
    assert slow == []


RULE_FILE = """
[define]
word = 'share'
[needs]
a = ["sh"]
[[rule]]
id = "xx.share.word"
label = "share"
strength = "name"
pattern = '^(?&word)(?: this)?$'
drop = ["share this"]
keep = ["shares"]
"""
TOKENS = [
    *RULE_FILE.split(),
    *("[[rule]]", "[", "]", "=", "'", '"', "\\", "(?P<byline>x)", "(?&", "{0,9999}", "\x00", "\u202e", "[]", "9"),
]


@settings(deadline=None, max_examples=300)
@given(st.lists(st.tuples(st.integers(0, len(RULE_FILE)), st.integers(0, 30), st.sampled_from(TOKENS)), max_size=4))
def test_any_rule_file_is_read_or_refused_in_one_line(
    tmp_path_factory: pytest.TempPathFactory, edits: list[tuple[int, int, str]]
) -> None:
    text = RULE_FILE
    for at, length, token in edits:
        text = text[:at] + token + text[at + length :]
    folder = tmp_path_factory.mktemp("rules")
    (folder / "xx.toml").write_text(text, "utf-8")
    try:
        load_phrases(folder).match("Share this")
    except RuleError as error:
        assert len(str(error).splitlines()) == 1
