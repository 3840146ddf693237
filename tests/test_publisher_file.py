"""Publisher rule files: what may stand in one, and that every mistake is one line that names file, entry and what."""

from datetime import date, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.page import Declared as Facts
from tasks.page import Kind, Label, Source
from tasks.publisher_file import LONGEST_ENTRY, MOST_ENTRIES, Period, read_periods
from tasks.publisher_rules import Key
from tasks.publishers import OnePublisher, Publishers, checked_publishers, load_publishers
from tasks.rulefile import RuleError

NAME = "example.org.toml"
README = (Path(__file__).parent.parent / "config" / "publishers" / "README.md").read_text("utf-8")


def periods(text: str) -> tuple[Period, ...]:
    return read_periods(NAME, text.encode())


def test_every_key_is_read() -> None:
    always, later = periods(
        """
        zone = "Europe/Berlin"
        language = "de-AT"
        remove = ["div.ad", { selector = "p", label = "related" }, { phrase = "^More" }]
        title = ["h1"]
        deck = ["h2"]
        byline = ["b"]
        date = ["time"]
        body = ["div > p"]
        [[period]]
        from = 2020-01-01
        until = 2021-12-31
        remove = ["i"]
        """
    )
    entries = {entry.id: entry for entry in (*always.entries, *later.entries)}
    assert list(entries) == [
        f"example.org.{key}"
        for key in ("remove.1", "remove.2", "remove.3", "title.1", "deck.1", "byline.1", "date.1", "body.1", "remove.4")
    ]
    assert {entry.key for entry in always.entries} == set(Key)
    assert [entries[f"example.org.remove.{number}"].label for number in (1, 2, 3)] == [None, Label.RELATED, None]
    assert entries["example.org.date.1"].label is Label.TIMESTAMP
    assert (always.zone, always.language, always.start, always.end) == ("Europe/Berlin", "de", None, None)
    assert (later.zone, later.language, later.start, later.end) == (None, None, date(2020, 1, 1), date(2021, 12, 31))


def test_the_example_that_comes_with_the_program_is_right() -> None:
    text = README.split("```toml\n")[1].split("```")[0]
    always, old, new = periods(text)
    assert len(always.entries) == 3
    assert old.end and new.start
    assert (new.start - old.end).days == 1


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("remove = ", "example.org.toml: not TOML: "),
        ("\xff", "example.org.toml: not TOML: "),
        ("removes = []", "example.org.toml: unknown key 'removes'; the keys are body, byline, "),
        ("from = 2020-01-01", "example.org.toml: unknown key 'from'"),
        ("remove = 'p'", 'example.org.toml: remove is not a list; write remove = ["…"]'),
        ("remove = [1]", "example.org.toml: example.org.remove.1: neither a selector nor a table"),
        ("remove = ['p', '']", "example.org.toml: example.org.remove.2: selector is not a text"),
        ("remove = [{}]", "example.org.toml: example.org.remove.1: give a selector or a phrase"),
        ("remove = [{selector = 'p', phrase = 'x'}]", "give a selector or a phrase"),
        ("remove = [{selector = 'p', lable = 'ad'}]", "example.org.remove.1: unknown key 'lable'"),
        ("remove = [{selector = 'p', label = 'ads'}]", "example.org.remove.1: no label 'ads'; the labels are "),
        ("remove = [{selector = 'p', label = 'paragraph'}]", "no label 'paragraph'"),
        ("remove = [{selector = 'p', label = []}]", "no label []"),
        ("body = [{selector = 'p', label = 'related'}]", "example.org.body.1: unknown key 'label'"),
        ("body = ['p >']", "example.org.toml: example.org.body.1: not a selector: p >: Expected selector"),
        ("body = ['p::before']", "not a selector: p::before: Pseudo-elements"),
        ("body = ['p:hover-ish']", "not a selector: p:hover-ish: The pseudo-class :hover-ish is unknown"),
        ("body = ['p:contains(\"x\")']", "not a selector"),
        ("body = ['ns|p']", "not a selector: ns|p: Undefined namespace prefix"),
        ("body = ['p[']", "not a selector"),
        ('body = ["p\\n>"]', "not a selector: p >: Expected selector"),
        ("body = [{phrase = '(x'}]", "example.org.body.1: not a phrase: (x: missing )"),
        ("body = [{phrase = '(?=x)'}]", "not a phrase: (?=x): "),
        ("body = [{phrase = 5}]", "example.org.body.1: phrase is not a text"),
        (f"body = ['{'p' * (LONGEST_ENTRY + 1)}']", "selector is longer than 300 characters"),
        ("body = [" + "'p'," * (MOST_ENTRIES + 1) + "]", "example.org.toml: more than 500 entries"),
        ("remove = [" + "'p'," * 10_000 + "]", "example.org.toml: more than 500 entries"),
        ("zone = 'Berlin'", "example.org.toml: no time zone 'Berlin'; it is named as \"Europe/Berlin\""),
        ("zone = '../../etc/passwd'", "no time zone"),
        ("zone = ''", "no time zone"),
        ("zone = 'Europe'", "no time zone"),
        ("zone = 2", "no time zone 2"),
        ("language = 'German'", "no language 'German'"),
        ("language = ['de']", "no language ['de']"),
        ("period = 5", "example.org.toml: periods are written [[period]]"),
        ("[period]\nfrom = 2020-01-01", "periods are written [[period]]"),
        ("[[period]]\nbody = ['p']", "example.org.toml: period 1: neither from nor until"),
        ("[[period]]\nfrom = 2020-01-01\n[[period]]\nto = 2021-01-01", "example.org.toml: period 2: unknown key 'to'"),
        ("[[period]]\nfrom = '2020-01-01'", "period 1: from is not a day such as 2024-03-31"),
        ("[[period]]\nuntil = 2020-01-01T00:00:00", "period 1: until is not a day"),
        ("[[period]]\nfrom = 2020-01-02\nuntil = 2020-01-01", "period 1: it ends before it begins"),
        ("[[period]]\nfrom = 2020-01-02\nzone = 'X'", "example.org.toml: period 1: no time zone 'X'"),
    ],
)
def test_a_mistake_is_one_line_that_names_it(text: str, said: str) -> None:
    with pytest.raises(RuleError) as error:
        read_periods(NAME, text.encode("latin-1" if "\xff" in text else "utf-8"))
    assert said in str(error.value)
    assert "\n" not in str(error.value)


@given(st.text(max_size=LONGEST_ENTRY), st.sampled_from(["selector", "phrase"]))
def test_any_text_is_an_entry_or_a_mistake(text: str, kind: str) -> None:
    written = "".join(f"\\U{ord(char):08X}" for char in text if not 0xD800 <= ord(char) < 0xE000)
    try:
        (period,) = periods(f'body = [{{{kind} = "{written}"}}]')
    except RuleError as error:
        assert len(str(error).splitlines()) == 1
    else:
        assert len(period.entries) == 1


@pytest.mark.parametrize(
    "name", ["org.toml", "example.org", "Example org.toml", ".toml", "a..b.toml", "a.b:80.toml", "x@a.b.toml"]
)
def test_a_file_is_named_after_its_domain(name: str) -> None:
    with pytest.raises(RuleError, match="not named after a domain"):
        Publishers({name: b""})


def source(url: str | None = None, fetched_at: datetime | None = None) -> Source:
    return Source("", Kind.HTML, "utf-8", url, fetched_at)


def language(publishers: Publishers, url: str | None, declared: str | None = None) -> str | None:
    found = publishers.of(source(url), Facts(url=declared))
    return found[0].language if found else None


SITES = Publishers({
    "example.org.toml": b'language = "en"',
    "sport.example.org.toml": b'language = "de"',
    "bbc.example.co.uk.toml": b'language = "fr"',
    "m\u00fcnchen.example.toml": b'language = "it"',
})  # fmt: skip


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("https://example.org/a", "en"),
        ("http://WWW.Example.ORG:8080/a", "en"),
        ("https://example.org./a", "en"),
        ("https://blog.news.example.org/a", "en"),
        ("https://sport.example.org/a", "de"),
        ("https://live.sport.example.org/a", "de"),
        ("https://notexample.org/a", None),
        ("https://example.org.evil.com/a", None),
        ("https://evil.com/?https://example.org/", None),
        ("https://example.co.uk/a", None),
        ("https://bbc.example.co.uk/a", "fr"),
        ("https://www.m\u00fcnchen.example/a", "it"),
        ("https://www.xn--mnchen-3ya.example/a", "it"),
        ("https://[::1]/a", None),
        ("https://10.0.0.1/a", None),
        ("https://[bad/a", None),
        ("no address", None),
        (None, None),
    ],
)
def test_the_nearest_file_is_the_page_s(url: str | None, found: str | None) -> None:
    assert language(SITES, url) == found


def test_what_a_page_says_of_its_address_counts_only_where_that_is_not_known() -> None:
    assert language(SITES, None, "https://example.org/a") == "en"
    assert language(SITES, "https://evil.com/a", "https://example.org/a") is None
    assert language(SITES, "https://sport.example.org/a", "https://example.org/a") == "de"
    assert language(SITES, None, "/a") is None


@given(st.text())
def test_any_address_has_rules_or_none(host: str) -> None:
    assert language(SITES, f"https://{host}/") in {None, "en", "de", "fr", "it"}


PERIODS = OnePublisher(
    NAME,
    b"""
    zone = "UTC"
    [[period]]
    until = 2019-12-31
    zone = "Asia/Tokyo"
    [[period]]
    from = 2020-01-01
    until = 2020-12-31
    zone = "Europe/Rome"
    [[period]]
    from = 2020-07-01
    zone = "Europe/Paris"
    """,
)


@pytest.mark.parametrize(
    ("fetched", "published", "zones"),
    [
        ("2019-12-31T23:59:59+00:00", "2024-05-05", ["UTC", "Asia/Tokyo"]),
        ("2020-01-01T00:00:00+00:00", "", ["UTC", "Europe/Rome"]),
        ("2020-07-01T00:00:00+00:00", "", ["UTC", "Europe/Rome", "Europe/Paris"]),
        ("2021-01-01T00:00:00+00:00", "2001-01-01", ["UTC", "Europe/Paris"]),
        (None, "2019-03-03T10:00:00Z", ["UTC", "Asia/Tokyo"]),
        (None, "3. M\u00e4rz 2020", ["UTC", "Europe/Rome"]),
        (None, "yesterday", ["UTC", "Europe/Paris"]),
        (None, "", ["UTC", "Europe/Paris"]),
    ],
)
def test_the_day_of_the_fetch_decides_then_that_of_publication_then_what_still_holds(
    fetched: str | None, published: str, zones: list[str]
) -> None:
    page = source("https://example.org/", datetime.fromisoformat(fetched) if fetched else None)
    assert [period.zone for period in PERIODS.of(page, Facts(published=(published,)))] == zones


def test_a_folder_goes_before_what_comes_with_the_program(tmp_path: Path) -> None:
    (tmp_path / NAME).write_text('language = "de"')
    (tmp_path / "README.md").write_text("no rules")
    assert language(load_publishers(tmp_path), "https://example.org/") == "de"
    assert language(load_publishers(), "https://example.org/") is None


def test_a_folder_that_is_not_there_or_holds_a_mistake(tmp_path: Path) -> None:
    with pytest.raises(RuleError, match="no such folder"):
        checked_publishers(tmp_path / "none")
    (tmp_path / NAME).write_text("bodies = []")
    with pytest.raises(RuleError, match=r"^example.org.toml: unknown key 'bodies'"):
        checked_publishers(tmp_path)


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / NAME).mkdir()
    with pytest.raises(RuleError, match="is a directory"):
        load_publishers(tmp_path)


def test_the_digest_is_that_of_names_and_contents() -> None:
    one = Publishers({"a.org.toml": b'zone = "UTC"', "b.org.toml": b""}).digest
    assert one == Publishers({"b.org.toml": b"", "a.org.toml": b'zone = "UTC"'}).digest
    others = [Publishers({}), Publishers({"a.org.toml": b"", "b.org.toml": b'zone = "UTC"'})]
    assert one not in {other.digest for other in others}


def test_one_file_says_whose_addresses_it_is_for() -> None:
    assert PERIODS.is_of("https://www.example.org/a")
    assert not any(PERIODS.is_of(url) for url in ("https://notexample.org/", "https://org/", "x", None))
