"""Dates as pages write them, and which of them is the article's."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.dates import Habits, find_dates, month_number, read_date, relative_date
from tasks.page import Block, Container, Declared, Kind, Label, LabelledBlock, Page
from tasks.published import find_dates_of
from tasks.zones import zone_named

US = Habits("en", "com", False)
UK = Habits("en", "uk", True)


def at(*parts):
    return datetime(*parts, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "habits", "when", "zone"),
    [
        ("2024-05-03T15:47:42.389Z", US, at(2024, 5, 3, 15, 47, 42, 389000), "UTC"),
        ("2024-05-03T15:47:42+0200", US, at(2024, 5, 3, 13, 47, 42), "+02:00"),
        ("2024-05-03 15:47", US, at(2024, 5, 3, 15, 47), None),
        ("2024-05-03", US, at(2024, 5, 3), None),
        ("20240503T154700Z", US, at(2024, 5, 3, 15, 47), "UTC"),
        ("1714747662", US, at(2024, 5, 3, 14, 47, 42), "UTC"),
        ("1714747662000", US, at(2024, 5, 3, 14, 47, 42), "UTC"),
        ("Thu, 19 Oct 2017 22:59:00 +0200", US, at(2017, 10, 19, 20, 59), "+02:00"),
        ("Mon Aug 03 12:45:00 EDT 2015", US, at(2015, 8, 3, 16, 45), "EDT"),
        ("Fri Dec 22 2023 15:04:05 GMT+0100 (CET)", US, at(2023, 12, 22, 14, 4, 5), "+01:00"),
        ("October 19, 2017 22:59", US, at(2017, 10, 19, 22, 59), None),
        ("Published: Oct. 21, 2021, 6:02 p.m.", US, at(2021, 10, 21, 18, 2), None),
        ("3:41 PM EST, Sun December 24, 2023", US, at(2023, 12, 24, 20, 41), "EST"),
        ("July 24, 2023 3:41 PM ET", US, at(2023, 7, 24, 19, 41), "ET"),
        ("January 24, 2023 3:41 PM ET", US, at(2023, 1, 24, 20, 41), "ET"),
        ("12 Mar 2024, 10:05 IST", Habits("en", "in"), at(2024, 3, 12, 4, 35), "IST"),
        ("12 Mar 2024, 10:05 IST", Habits("en", "il"), at(2024, 3, 12, 8, 5), "IST"),
        ("Jane Doe, CorrespondentDec 22, 2023, 10:15 PM", US, at(2023, 12, 22, 22, 15), None),
        ("Jane Doe, F1Dec 19, 2023, 05:30 PM", US, at(2023, 12, 19, 17, 30), None),
        ("December 22, 20235:00 AM ET", US, at(2023, 12, 22, 10), "ET"),
        ("5/3/2024", US, at(2024, 5, 3), None),
        ("5/3/2024", UK, at(2024, 3, 5), None),
        ("25/3/2024", US, at(2024, 3, 25), None),
        ("03.05.2024 | 12:30 Uhr", Habits("de"), at(2024, 5, 3, 12, 30), None),
        ("19. Oktober 2017, 22:59 Uhr", Habits("de"), at(2017, 10, 19, 22, 59), None),
        ("1er mai 2024 à 12h30", Habits("fr"), at(2024, 5, 1, 12, 30), None),
        ("19 de octubre de 2017 22:59", Habits("es"), at(2017, 10, 19, 22, 59), None),
        ("24 maggio 2024 alle 7:05", Habits("it"), at(2024, 5, 24, 7, 5), None),
        ("24/05/2024 11h02", Habits("pt"), at(2024, 5, 24, 11, 2), None),
        ("29 augustus 2024 om 19:10", Habits("nl"), at(2024, 8, 29, 19, 10), None),
        ("3 мая 2024, 12:30", Habits("ru"), at(2024, 5, 3, 12, 30), None),
        ("3 Mayıs 2024 Cuma 10:00", Habits("tr"), at(2024, 5, 3, 10), None),
        ("2024. május 3. 12:00", Habits("hu"), at(2024, 5, 3, 12), None),
        ("2024 m. gegužės 3 d. 10:00", Habits("lt"), at(2024, 5, 3, 10), None),
        ("2017年10月19日 22時59分", Habits("ja"), at(2017, 10, 19, 22, 59), None),
        ("2024년 5월 3일 오후 3:20", Habits("ko"), at(2024, 5, 3, 15, 20), None),
        ("١٢ مايو ٢٠٢٣", Habits("ar"), at(2023, 5, 12), None),
        ("2 พฤษภาคม 2567", Habits("th"), at(2024, 5, 2), None),
    ],
)
def test_reads(text, habits, when, zone):
    moment = read_date(text, habits)
    assert moment is not None
    assert (moment.when, moment.zone) == (when, zone)


@pytest.mark.parametrize(
    "text", ["", "31/31/2024", "2024-13-45", "8.6/ 10", "10 hours", "Mai 2024", "1812-05-03", "in 2024", "5월 3일"]
)
def test_reads_nothing(text):
    assert read_date(text, US) is None


def test_raw_is_the_text_of_the_page():
    assert read_date("Published: Oct. 21, 2021, 6:02 p.m. | News", US).raw == "Oct. 21, 2021, 6:02 p.m."
    assert read_date("٣ مايو ٢٠٢٣", Habits("ar")).raw == "٣ مايو ٢٠٢٣"


def test_two_dates_in_the_order_of_the_text():
    found = list(find_dates("Published May 2, 2019, updated May 3, 2019 at 8:00", US))
    assert [moment.when for moment in found] == [at(2019, 5, 2), at(2019, 5, 3, 8)]


def test_another_languages_month_word_is_not_believed():
    assert month_number("gen", "it") == 1
    assert month_number("gen", "en") is None
    assert month_number("listopad", "pl") == 11


def test_relative_time_is_counted_from_the_fetch():
    fetched = at(2024, 5, 3, 12)
    assert relative_date("2 hours ago", fetched, US).when == at(2024, 5, 3, 10)
    assert relative_date("vor 3 Stunden", fetched, Habits("de")).when == at(2024, 5, 3, 9)
    assert relative_date("long ago", fetched, US) is None
    assert relative_date("3 months ago", fetched, US) is None


@pytest.mark.parametrize(
    ("language", "text"),
    [
        *(("sv", "för 3 timmar sedan"), ("no", "Publisert for 3 timer siden"), ("da", "for 3 timer siden")),
        *(("pl", "3 godziny temu"), ("ru", "3 часа назад"), ("uk", "Оновлено 3 години тому"), ("tr", "3 saat önce")),
        *(("fi", "3 tuntia sitten"), ("cs", "před 3 hodinami"), ("sk", "pred 3 hodinami"), ("bg", "преди 3 часа")),
        *(("id", "3 jam yang lalu"), ("vi", "3 giờ trước"), ("hu", "3 órája"), ("el", "πριν από 3 ώρες")),
        *(
            ("hr", "prije 3 sata"),
            ("ro", "acum 3 ore"),
            ("ca", "fa 3 hores"),
            ("it", "3 ore fa"),
            ("fr", "il y a 3 heures"),
        ),
        *(("ja", "3時間前"), ("ko", "3시간 전"), ("zh", "3小时前"), ("ar", "منذ 3 ساعات"), ("he", "לפני 3 שעות")),
        *(("hi", "3 घंटे पहले"), ("bn", "3 ঘণ্টা আগে"), ("fa", "3 ساعت پیش"), ("pt", "há 3 horas"), ("nl", "3 uur geleden")),
    ],
)
def test_times_counted_back_from_the_fetch_in_many_languages(language: str, text: str) -> None:
    found = relative_date(text, at(2024, 5, 3, 12), Habits(language))
    assert found is not None
    assert found.when == at(2024, 5, 3, 9)


@pytest.mark.parametrize("text", ["for 3 hours", "3 hours", "in 3 Stunden", "seit 3 Stunden", "vor 3 Gästen", "3 ago"])
def test_what_counts_no_time_back(text: str) -> None:
    assert relative_date(text, at(2024, 5, 3, 12), Habits("de")) is None


@given(st.text(max_size=500))
def test_any_text_is_taken(text):
    read_date(text, US)
    list(find_dates(text, Habits("de")))


@given(st.text("0123456789:./- TZ+apmMOctober", max_size=60))
def test_any_near_date_is_taken(text):
    moment = read_date(text, UK)
    assert moment is None or moment.when.tzinfo is UTC


@given(st.from_regex(r"[+-]\d{1,2}(:?\d\d)?", fullmatch=True) | st.text("ABCDESTZ", min_size=1, max_size=5))
def test_any_zone_is_taken(name):
    zone_named(name)


def page(*texts, published=(), modified=(), url=None, fetched_at=None, times=None):
    blocks = tuple(
        Block(text, "h1" if row == 0 else "p", "", 1 if row == 0 else 0, datetime=(times or {}).get(row))
        for row, text in enumerate(texts)
    )
    holders = (Container("body", "", -1, 0), Container("h1", "", 0, 1))
    return Page(
        Kind.HTML, blocks, holders, Declared(published=published, modified=modified), url=url, fetched_at=fetched_at
    )


def dates(page, habits=US):
    return find_dates_of(page, (), 0, habits)


def test_declared_date_with_zone_before_one_without():
    found = dates(page("H", published=("2024-05-03", "2024-05-03T15:47:00+02:00")))
    assert found.published.raw == "2024-05-03T15:47:00+02:00"


def test_shown_date_and_its_change():
    found = dates(page("H", "By Jane Doe", "Published May 2, 2019 8:15 am. Updated May 3, 2019 at 9:00 am"))
    assert found.published.when == at(2019, 5, 2, 8, 15)
    assert found.modified.when == at(2019, 5, 3, 9)


def test_the_modified_date_is_never_the_published_one():
    found = dates(page("H", "Updated May 3, 2019", modified=("2019-05-03",)))
    assert found.published is None
    assert found.modified.when == at(2019, 5, 3)


def test_an_earlier_date_by_the_headline_where_the_declared_one_is_the_changes():
    both = {"published": ("Jun 24, 2025",), "modified": ("Jun 24, 2025",)}
    found = dates(page("H", "Jane Doe", "August 25, 2024", **both))
    assert (found.published.when, found.modified.when) == (at(2024, 8, 25), at(2025, 6, 24))
    assert dates(page("H", "Published Apr 26, 2023", "Updated Jun 24, 2025", **both)).published.when == at(2023, 4, 26)
    assert dates(page("H", "Updated Apr 26, 2023", **both)).published.when == at(2025, 6, 24)
    assert dates(page("H", *"x" * 12, "August 25, 2024", **both)).published.when == at(2025, 6, 24), "too far away"
    later = {"published": ("Jun 24, 2025",), "modified": ("Jul 24, 2025",)}
    assert dates(page("H", "August 25, 2024", **later)).published.when == at(2025, 6, 24)


def test_a_state_of_affairs_is_a_date_of_its_own():
    assert dates(page("H", "Stand: 17.05.2023, 09:30 Uhr"), Habits("de")).published.when == at(2023, 5, 17, 9, 30)


def test_dates_after_the_fetch_are_not_believed():
    found = dates(page("H", "May 2, 2019", published=("2031-01-01",), fetched_at=at(2019, 6, 1)))
    assert found.published.when == at(2019, 5, 2)


def test_an_unset_date_is_not_believed():
    assert dates(page("H", published=("1970-01-01T00:00:00Z",))).published is None


def test_the_address_tells_the_day():
    found = dates(page("H", url="https://paper.example/2017/10/19/story"))
    assert found.published.when == at(2017, 10, 19)
    assert dates(page("H", url="https://paper.example/news/2039026")).published is None


def test_a_number_that_begins_the_headline_is_no_day_of_the_address():
    assert dates(page("H", url="https://x.example/2012/07/16_deaths_a_day/")).published is None
    assert dates(page("H", url="https://x.example/2012/07/16/deaths/")).published.when == at(2012, 7, 16)
    assert dates(page("H", url="https://x.example/news/2012-07-16-deaths")).published.when == at(2012, 7, 16)


def test_the_address_decides_between_shown_dates():
    found = dates(page("H", "May 30, 2019", "May 2, 2019 at 8:15", url="https://paper.example/2019/05/02/story"))
    assert found.published.when == at(2019, 5, 2, 8, 15)


def test_a_time_element():
    found = dates(page("H", "2. Mai, 10 Uhr", times={1: "2024-05-02T10:00:00+02:00"}))
    assert (found.published.when, found.published.zone) == (at(2024, 5, 2, 8), "+02:00")


def test_a_time_element_of_the_change_beside_the_written_date():
    line = "Jane Doe · Posted: Oct 14, 2022 9:27 AM ET | Last Updated: 24 minutes ago"
    found = dates(page("H", line, times={1: "2022-10-14T16:20:52Z"}))
    assert found.published.when == at(2022, 10, 14, 13, 27)
    assert found.modified.when == at(2022, 10, 14, 16, 20, 52)


def test_today_over_the_headline_is_not_the_articles_date():
    shown = page("Thursday February 7th 2019", "H", "Jun 19, 2018", "x")
    assert find_dates_of(shown, (), 1, US).published.when == at(2018, 6, 19)


def test_a_date_in_brackets_that_opens_the_text():
    text = "The harbour was closed on Monday, and the boats that lay in it could not leave for a week. " * 3
    assert dates(page("H", f"(18 January 2018) {text}")).published.when == at(2018, 1, 18)
    assert dates(page("H", f"(18 January 2018) {text}", "17 January 2018")).published.when == at(2018, 1, 17)
    assert dates(page("H", f"(as of 2018) {text}")).published is None


def test_a_dump():
    texts = ("Menu", "H is a headline", "May 2, 2019 08:15", "Body. " * 40, "May 9, 2019")
    labels = (Label.NAVIGATION, Label.TITLE, Label.TIMESTAMP, Label.PARAGRAPH, Label.RELATED)
    blocks = tuple(LabelledBlock(text, label, "x", 1.0) for text, label in zip(texts, labels, strict=True))
    dump = Page(Kind.DUMP, tuple(map(Block, texts)), (Container("", "", -1, 0),), Declared())
    found = find_dates_of(dump, blocks, 1, US)
    assert (found.published.raw, found.published.zone) == ("May 2, 2019 08:15", None)


def dump_of(*lines):
    """A dump's page and its labelled blocks."""
    blocks = tuple(LabelledBlock(text, label, "x", 1.0) for label, text in lines)
    page = Page(Kind.DUMP, tuple(Block(text) for _, text in lines), (Container("", "", -1, 0),), Declared())
    return page, blocks, 0


def test_the_line_of_a_dump_that_says_published_goes_before_a_nearer_one():
    page, blocks, row = dump_of(
        (Label.TITLE, "H is a headline"), (Label.NAVIGATION, "Weather 24 Dec 2023"), (Label.NAVIGATION, "More"),
        (Label.NAVIGATION, "Published: 12:37 GMT, 21 December 2023 | Updated: 15:26 GMT, 22 December 2023"),
        (Label.PARAGRAPH, "Body. " * 40),
    )  # fmt: skip
    found = find_dates_of(page, blocks, row, US)
    assert found.published.when == datetime(2023, 12, 21, 12, 37, tzinfo=UTC)
    assert found.modified.when == datetime(2023, 12, 22, 15, 26, tzinfo=UTC)


def test_a_date_right_after_the_text_of_a_dump():
    page, blocks, row = dump_of(
        (Label.TITLE, "H is a headline"), (Label.PARAGRAPH, "Body. " * 40), (Label.NAVIGATION, "Posted on 21/02/2021")
    )
    assert find_dates_of(page, blocks, row, US).published.when == datetime(2021, 2, 21, tzinfo=UTC)


def test_a_dumps_date_after_its_change_is_another_storys():
    page, blocks, row = dump_of(
        (Label.TITLE, "H is a headline"), (Label.TIMESTAMP, "Updated December 22, 2023 2:27 PM"),
        (Label.NAVIGATION, "January 25, 2024"), (Label.PARAGRAPH, "Body. " * 40),
    )  # fmt: skip
    found = find_dates_of(page, blocks, row, US)
    assert (found.published, found.modified.raw) == (None, "December 22, 2023 2:27 PM")


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("March 15, 20195 hours ago", datetime(2019, 3, 15, tzinfo=UTC)),
        ("06/01/2026 - 13:55 GMT+1", datetime(2026, 1, 6, 12, 55, tzinfo=UTC)),
        ("06/01/2026 - 13:55", datetime(2026, 6, 1, 13, 55, tzinfo=UTC)),
    ],
)
def test_what_follows_a_date(text, day):
    assert read_date(text, US).when == day
