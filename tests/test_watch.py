"""The watch on quality: what is an alarm, from a figure's chance to a month of publishers, some of them broken."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from outputs.layout import Layout
from outputs.report import Report
from outputs.watch import look_back
from tasks.figures import ALL, Figures, share_bin, words_bin
from tasks.surprise import fall_score, rank_score, share_score
from tasks.watch import NEW_USUAL, judge
from tasks.watched import Alarm, Day
from tests.press import archive_and_report
from tests.watch_pages import BREAKS, SITES, page
from tests.watch_simulation import simulate

MONDAY = date(2026, 11, 2)
SITE = "valley-post.example"
# Not in the future, from where no date of a page is believed.
FIRST_DAY = datetime.now(UTC).replace(hour=3, minute=0) - timedelta(20)


def figures(articles: int = 12, rejected: int = 0, words: int = 400, **present: int) -> Figures:
    spread = [words_bin(round(words * (0.7 + 0.6 * at / max(articles - 1, 1)))) for at in range(articles)]
    return Figures(
        present={"title": articles, "author": articles, "date": articles, "deck": articles // 2} | present,
        rejects={"no_article": rejected} if rejected else {},
        words={at: spread.count(at) for at in spread},
        confidence={share_bin(0.95): articles} if articles else {},
        removed={share_bin(0.3): articles} if articles else {},
    )


def a_day(number: int, some: dict[str | None, Figures], alarms: frozenset[tuple[str | None, str]] = frozenset()) -> Day:
    return Day(MONDAY + timedelta(number), some, {name: one.articles for name, one in some.items()}, alarms)


def run_days(days: int, make: Callable[[int], dict[str | None, Figures]]) -> list[list[Alarm]]:
    """Judge day after day as an archive does, each with the alarms of those before."""
    past: list[Day] = []
    raised = []
    for number in range(days):
        today = a_day(number, make(number))
        raised.append(judge(today, past))
        past.append(replace(today, alarms=frozenset((alarm.publisher, alarm.figure) for alarm in raised[-1])))
    return raised


def test_a_steady_publisher_raises_nothing() -> None:
    assert not any(run_days(20, lambda number: {SITE: figures(10 + number % 3, author=9)}))


@pytest.mark.parametrize(
    ("broken", "figure"),
    [
        (figures(author=0), "author"),
        (figures(date=0), "date"),
        (figures(articles=0, rejected=12), "rejected"),
        (figures(repeated=12), "repeated"),
        (figures(paywall=12), "paywall"),
        (figures(words=40), "words"),
        (figures(words=1200), "words"),
        (replace(figures(), confidence={share_bin(0.6): 12}), "confidence"),
        (replace(figures(), removed={share_bin(0.8): 12}), "removed"),
    ],
)
def test_a_break_is_raised_on_its_day(broken: Figures, figure: str) -> None:
    raised = run_days(11, lambda number: {SITE: broken if number == 10 else figures(), "other.example": figures(30)})
    assert not any(raised[:10])
    mine = [alarm for alarm in raised[10] if alarm.publisher == SITE]
    assert figure in {alarm.figure for alarm in mine}
    assert all(alarm.is_new and alarm.since == MONDAY + timedelta(10) and alarm.pages in (0, 12) for alarm in mine)


def test_getting_better_is_no_alarm() -> None:
    raised = run_days(12, lambda number: {SITE: figures(author=12 if number > 9 else 0, deck=12 if number > 9 else 0)})
    assert not any(raised)


def test_too_little_history_or_too_few_pages_raise_nothing() -> None:
    assert not any(run_days(8, lambda number: {SITE: figures(author=0 if number == 6 else 12)}))
    assert not any(run_days(12, lambda number: {SITE: figures(2, author=0 if number == 11 else 2)}))


def test_a_small_publisher_takes_a_few_days() -> None:
    raised = run_days(20, lambda number: {SITE: figures(3, author=0 if number >= 15 else 3)})
    assert not any(raised[:16])
    assert [alarm.figure for alarm in raised[17]] == ["author"]


def test_an_alarm_stands_until_the_new_figures_are_the_usual_ones() -> None:
    raised = run_days(60, lambda number: {SITE: figures(author=0 if number >= 20 else 12)})
    standing = [number for number, alarms in enumerate(raised) if alarms]
    assert standing == list(range(20, 20 + NEW_USUAL))
    assert [alarm.is_new for alarms in raised for alarm in alarms] == [True] + [False] * (NEW_USUAL - 1)
    assert {alarm.since for alarms in raised for alarm in alarms} == {MONDAY + timedelta(20)}


def test_an_alarm_ends_when_the_pages_are_right_again() -> None:
    raised = run_days(30, lambda number: {SITE: figures(author=0 if 20 <= number < 23 else 12)})
    assert [number for number, alarms in enumerate(raised) if alarms] == [20, 21, 22]


def test_a_publisher_that_falls_silent() -> None:
    others = {f"{number}.example": figures(20) for number in range(12)}
    raised = run_days(16, lambda number: others | ({SITE: figures(30)} if number < 15 else {}))
    (alarm,) = raised[15]
    assert (alarm.publisher, alarm.figure, alarm.usual, alarm.now) == (SITE, "articles", 30, 0)


def test_a_holiday_is_one_alarm_at_most() -> None:
    def make(number: int) -> dict[str | None, Figures]:
        return {f"{at}.example": figures(5 if number == 15 else 20 + at) for at in range(14)}

    raised = run_days(16, make)
    assert not any(raised[:15])
    assert [(alarm.publisher, alarm.figure) for alarm in raised[15]] == [(ALL, "articles")]


def test_weekends_are_no_alarm() -> None:
    raised = run_days(28, lambda number: {SITE: figures(2 if number % 7 >= 5 else 25)})
    assert not [alarm for alarms in raised[14:] for alarm in alarms]


def test_the_early_hours_of_a_day_are_compared_with_the_early_hours() -> None:
    past = [replace(a_day(number, {SITE: figures(40)}), so_far={SITE: 3}) for number in range(20)]
    assert not judge(a_day(20, {SITE: figures(3)}), past)
    no_run_by_then = [replace(day, so_far=None) for day in past]
    assert not judge(a_day(20, {SITE: figures(3)}), no_run_by_then)
    now_and_then = [replace(day, so_far=None if number % 2 else {SITE: 40}) for number, day in enumerate(past)]
    assert not judge(a_day(20, {SITE: figures(40)}), now_and_then)
    assert judge(a_day(20, {SITE: figures(3)}), [a_day(number, {SITE: figures(40)}) for number in range(20)])


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)).map(lambda pair: (min(pair), max(pair))), min_size=1))
def test_share_scores_are_finite_and_signed(days: list[tuple[int, int]]) -> None:
    past = np.array(days, float)
    for now in ([0, 20], [20, 20], [0, 1], [1, 1]):
        score = share_score(np.array(now, float), past)
        assert np.isfinite(score)
        assert score <= 0 if now[0] == 0 else score >= 0
    assert abs(share_score(np.array([0.0, 1.0]), past)) < 4  # one page never says much


@given(st.lists(st.lists(st.integers(0, 9), min_size=8, max_size=8), min_size=1, max_size=10))
def test_rank_scores_are_antisymmetric(days: list[list[int]]) -> None:
    past, now = np.array(days, float), np.array([5, 3, 1, 0, 0, 0, 0, 0], float)
    score = rank_score(now, past)
    assert np.isfinite(score)
    assert rank_score(now[::-1], past[:, ::-1]) == pytest.approx(-score, abs=1e-6)


@given(st.floats(0, 200), st.integers(0, 300))
def test_more_articles_are_never_a_deeper_fall(usual: float, now: int) -> None:
    assert fall_score(now, 1, usual, 10, 1.5) <= fall_score(now + 1, 1, usual, 10, 1.5) <= 0


@pytest.mark.long
def test_a_month_of_110_publishers_of_which_ten_break() -> None:
    month = simulate(seed=1, least_rate=8)
    delays = {kind: month.delay(name) for name, (_, kind) in month.broken.items()}
    assert {kind for kind, delay in delays.items() if delay not in (0, 1)} == set()
    assert len(month.false()) <= 1, month.false()


@pytest.mark.long
def test_pages_that_break_in_earnest_are_raised(tmp_path) -> None:
    """Made-up sites through the whole line: cleaned, archived, and watched over nine days."""
    breaks = dict(zip((site.domain for site in SITES), BREAKS, strict=False))
    for number in range(9):
        report = archive_day(tmp_path, number, breaks if number == 8 else {})
        assert not report.alarms or number == 8
    alarmed = {alarm.publisher for alarm in report.alarms}
    assert alarmed == set(breaks)
    figure_of = {breaks[alarm.publisher]: alarm.figure for alarm in report.alarms}
    assert figure_of["byline gone"] == "author"
    assert figure_of["body behind a script"] == figure_of["consent wall"] == "rejected"


def archive_day(folder, number: int, breaks: dict[str, str]) -> Report:
    """Archive a day of all sites, a page in a folder of its site."""
    day = FIRST_DAY + timedelta(number)
    source = folder / "pages" / str(number)
    for site in SITES:
        now = BREAKS[breaks[site.domain]](site) if site.domain in breaks else site
        (source / site.domain).mkdir(parents=True)
        for at in range(6):
            (source / site.domain / f"{at}.html").write_text(page(now, day, at), "utf-8")
    return archive_and_report(folder / "archive", source, day)


def test_looking_back_reads_one_file_a_day_however_many_runs(tmp_path) -> None:
    archive = tmp_path / "archive"
    for number in range(3):
        for hour in (3, 9, 15):
            source = tmp_path / f"{number}-{hour}"
            source.mkdir()
            when = FIRST_DAY.replace(hour=hour) + timedelta(number)
            for at in range(2):
                (source / f"{at}.html").write_text(page(SITES[0], when, at + hour), "utf-8")
            report = archive_and_report(archive, source, when)
    past = look_back(Layout(archive), report.run)
    assert [day.figures[SITES[0].domain].articles for day in past.days] == [6, 6]
    assert [day.so_far for day in past.days] == [{SITES[0].domain: 6, ALL: 6}] * 2
    assert past.earlier_today.figures[SITES[0].domain].articles == 4
    assert report.figures[SITES[0].domain].articles == 2
    morning = look_back(Layout(archive), f"{FIRST_DAY + timedelta(5):%Y%m%d}T032501Z-000000")
    assert [day.so_far for day in morning.days] == [{SITES[0].domain: 2, ALL: 2}] * 3
