"""The readers' comments below an article, where no element tells that they are: in a dump, or on an old page."""

import re
from collections.abc import Iterator, Sequence
from statistics import fmean

from tasks.boxes import Renamed
from tasks.page import KEPT, Block, Label, Page
from tasks.phrases import Rule, Strength
from tasks.verdict import Verdict

MIN_BODY = 300  # characters of the body above: a menu's "Comments" opens nothing
SIGNATURE = 90  # characters of the longest line that says who commented when
REACH = 8  # blocks below the header in which the first of them stands
LEAST = 2  # of them: one line with a time may be of anything
SURE = 0.9  # mean confidence from which what times alone tell is the article's own, as in a live blog
_CLOCK = re.compile(r"\d{1,2}[:.h]\d{2}\b")


def readers_comments(page: Page, verdicts: Sequence[Verdict], rules: Sequence[Sequence[Rule]]) -> Iterator[Renamed]:
    """What is kept between a header such as "8 comments" and the end of the comments that it opens.

    They are told by their signatures ("Mara said on 3 May, 2024 at 14:05", "2 days ago at 07:52 am", "Reply"). The last
    comment reaches as far as blocks are kept one after the other.
    """
    header = _header(page, verdicts, rules)
    if header is None:
        return
    signed = [row for row in range(header + 1, len(verdicts)) if _is_signature(page.blocks[row], rules[row])]
    if len(signed) < LEAST or signed[0] > header + REACH:
        return
    end = signed[-1] + 1
    while end < len(verdicts) and verdicts[end].label in KEPT:
        end += 1
    kept = [row for row in range(header + 1, end) if verdicts[row].label in KEPT]
    if any(_says(rules[row]) for row in signed) or fmean(verdicts[row].confidence for row in kept or signed) < SURE:
        yield from (Renamed(row, Label.COMMENT, "among comments", is_certain=True) for row in kept)


def _header(page: Page, verdicts: Sequence[Verdict], rules: Sequence[Sequence[Rule]]) -> int | None:
    """The row of the first header of comments that stands below a body."""
    body = 0
    for row, (block, verdict, found) in enumerate(zip(page.blocks, verdicts, rules, strict=True)):
        if verdict.label in KEPT:
            body += len(block.text)
        elif body >= MIN_BODY and any(rule.label is Label.COMMENT and rule.strength is Strength.CUT for rule in found):
            return row
    return None


def _says(rules: Sequence[Rule]) -> bool:
    """Whether the words are those of a comment's signature or form."""
    return any(rule.label is Label.COMMENT and rule.strength is not Strength.CUT for rule in rules)


def _is_signature(block: Block, rules: Sequence[Rule]) -> bool:
    """Whether a short line says who commented when."""
    return len(block.text) <= SIGNATURE and (_says(rules) or _CLOCK.search(block.text) is not None)
