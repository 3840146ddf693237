"""What a run says of how far it is, where there is no terminal."""

from dataclasses import dataclass
from typing import Any

import pytest

from flows.progress import _lines


@dataclass
class Run:
    """A run whose figures move on with every look at the clock, to the last ones."""

    figures: list[tuple[int, int]]  # pages done, in all
    is_total_known: bool = True

    pages_done = property(lambda self: self.figures[0][0])
    total = property(lambda self: self.figures[0][1])
    total_text = property(lambda self: f"{self.total:,}" if self.is_total_known else "many")
    seconds = 10.0

    def wait(self, _: float) -> bool:
        """Stand in for the event that the run is over."""
        self.figures = self.figures[1:]
        return not self.figures


def said(capsys: pytest.CaptureFixture[str], *figures: tuple[int, int], **more: Any) -> list[str]:
    run: Any = Run([figures[0], *figures], **more)
    _lines(run, run)
    return capsys.readouterr().err.splitlines()


def test_lines_of_a_run(capsys: pytest.CaptureFixture[str]) -> None:
    assert said(capsys, (0, 3000), (1000, 3000), (3000, 3000)) == [
        "3,000 pages",
        "0 of 3,000 pages (0%), 0 a second",
        "1,000 of 3,000 pages (33%), 100 a second, 0:20 left",
        "3,000 of 3,000 pages (100%)",
    ]


def test_the_last_line_is_not_repeated_while_the_run_ends(capsys: pytest.CaptureFixture[str]) -> None:
    assert said(capsys, (1, 2), (2, 2), (2, 2), (2, 2))[2:] == ["2 of 2 pages (100%)"]


def test_no_share_is_made_up_where_nobody_knows_how_many_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    assert said(capsys, (0, 500), (2500, 2750), is_total_known=False) == [
        "many pages",
        "0 pages so far, 0 a second",
        "2,500 pages so far, 250 a second",
    ]
