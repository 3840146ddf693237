"""Columns of other stories' headlines in a dump, which no element tells from the text.

Tabloids set dozens of them beside an article, each as long as a sentence. But a headline ends without a full stop, and
no text has two dozen lines in a row that do, while the rest of its paragraphs end as sentences.
"""

from collections.abc import Iterator, Sequence
from statistics import fmean

from tasks.boxes import Renamed
from tasks.page import Kind, Label, Page
from tasks.verdict import Verdict
from tasks.words import STOPS

HEADLINE_CHARS = 40  # of the shortest: lists have shorter items
STOP_COSTS = 3  # headlines that make up for a line that ends as a sentence
MANY = 24  # headlines of a run that shows that the page has such a column
SOME = 8  # of its other runs
PROSE_CHARS, PROSE = 80, 3  # the page's text: at least so many paragraphs of that length that end as sentences
DOUBTFUL = 0.8  # mean probability under which a run is a column, not a long list of the text
_ENDS = tuple(f"{STOPS}:;,،")
_CUT = ("...", "…")  # a headline that is too long for its column
_CLOSING = "\"'”’»)）」』]*_ "


def headline_runs(page: Page, verdicts: Sequence[Verdict]) -> Iterator[Renamed]:
    """The rows of a dump's columns of headlines, of those that the model took for paragraphs."""
    rows = [row for row, verdict in enumerate(verdicts) if verdict.label is Label.PARAGRAPH]
    if page.kind is not Kind.DUMP or len(rows) < MANY + PROSE:
        return
    texts = [page.blocks[row].text for row in rows]
    if sum(len(text) >= PROSE_CHARS and _is_sentence(text) for text in texts) < PROSE:
        return
    are_headlines = [len(text) >= HEADLINE_CHARS and not _is_sentence(text) for text in texts]
    runs = [rows[start:end] for start, end in _runs(are_headlines)]
    found = [run for run in runs if fmean(verdicts[row].confidence for row in run) < DOUBTFUL]
    if any(len(run) >= MANY for run in found):
        for run in found:
            for row in run:
                yield Renamed(row, Label.RELATED, "a column of headlines")


def _is_sentence(text: str) -> bool:
    return text.rstrip(_CLOSING).endswith(_ENDS) and not text.endswith(_CUT)


def _runs(are_headlines: Sequence[bool]) -> Iterator[tuple[int, int]]:
    """Where the runs of headlines begin and end: the stretches with the highest sums, from `SOME` on."""
    start = total = best = end = 0
    for at, is_headline in enumerate(are_headlines):
        if total <= 0:
            if best >= SOME:
                yield start, end
            start, total, best = at, 0, 0
        total += 1 if is_headline else -STOP_COSTS
        if total >= best:
            best, end = total, at + 1
    if best >= SOME:
        yield start, end
