"""How Stet does on the pages labelled by hand: `python -m tests.gold.figures`, from the checkout.

A page's blocks are matched with the labelled ones by their hashes, in order. Where the page is cut differently, what
stands between two matches is compared letter by letter, as long as it is the same text; else it counts as lost.

- A block that may rightly be called several things is right under any of these names.
- `precision` of a label: of the blocks given it, those that are it; `recall`: of the blocks that it fits best, those
  given a right name.
- Fields: `given` of the answers, those that are right; `found` of the pages that have one, those with a right answer;
  `authors` and `tags` are F1 of names.
- `pair`: caption and credit of an image both right, of what is given, and of what is there.
"""

import argparse
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path
from statistics import fmean
from typing import Any

from tasks.clean import clean_page
from tasks.folding import squeeze
from tasks.labelled import code_of
from tasks.page import KEPT, Article, Label, LabelledBlock, Metadata
from tests.gold.gold import GoldPage, Span, Value, raw_page, read_gold
from tests.suites import SUITES

TEXTS = ("title", "kicker", "deck", "bio", "dateline", "section")
LISTS = ("authors", "tags")
FLAGS = ("is_paywalled", "is_live_blog")
_NOTHING = Metadata()


@dataclass(frozen=True, slots=True)
class Unit:
    """A run of a page's text: what it may rightly be called, and what Stet calls it."""

    names: tuple[Label, ...]
    given: Label


@dataclass(frozen=True, slots=True)
class PageFigures:
    """What is counted on one page. `tallies` are, by field, (right, given, wanted)."""

    page: GoldPage
    units: tuple[Unit, ...]
    lost: int  # labelled blocks whose text the page no longer has
    tallies: dict[str, tuple[float, int, int]]


def compare(page: GoldPage, article: Article) -> PageFigures:
    """The figures of one page."""
    units, lost = matched(page.spans, article.blocks, page.sha256)
    return PageFigures(page, tuple(units), lost, dict(_tallies(page, article)))


def matched(spans: Sequence[Span], blocks: Sequence[LabelledBlock], sha256: str) -> tuple[list[Unit], int]:
    """The runs of text that both have, with both's labels; and how many labelled blocks have no counterpart."""
    own = [(squeezed, block.label) for block in blocks if (squeezed := squeeze(block.text))]
    codes = [code_of(text, sha256) for text, _ in own]
    units: list[Unit] = []
    lost = 0
    matcher = SequenceMatcher(None, [span.hash for span in spans], codes, autojunk=False)
    for what, first, last, start, stop in matcher.get_opcodes():
        if what == "equal":
            pairs = zip(spans[first:last], own[start:stop], strict=True)
            units += [Unit(span.names, label) for span, (_, label) in pairs]
        elif sum(span.length for span in spans[first:last]) == sum(len(text) for text, _ in own[start:stop]):
            units += _cut_otherwise(spans[first:last], own[start:stop])
        else:
            lost += last - first
    return units, lost


def _cut_otherwise(spans: Sequence[Span], own: Sequence[tuple[str, Label]]) -> Iterator[Unit]:
    """The pieces of one text that two people cut differently: a piece between any two cuts."""
    at, edges = 0, []
    for span in spans:
        at += span.length
        edges.append(at)
    row, done = 0, 0
    for text, label in own:
        end = done + len(text)
        while done < end:
            yield Unit(spans[row].names, label)
            done = min(end, edges[row])
            row += done == edges[row]


def _tallies(page: GoldPage, article: Article) -> Iterator[tuple[str, tuple[float, int, int]]]:
    found, gold = article.metadata, page.fields
    given: dict[str, Any] = {name: getattr(found, name, None) for name in TEXTS} | {"bio": found.author_bio}
    for name in TEXTS:
        if name in gold:
            code = code_of(given[name], page.sha256) if given[name] else None
            yield name, _text_tally(code, gold[name])
    for name in LISTS:
        if name in gold:
            codes = {code_of(text, page.sha256) for text in getattr(found, name)}
            yield name, (max(_f1(codes, set(right)) for right in gold[name]), 1, 1)
    if "published" in gold:
        day = found.published_at.date().isoformat() if found.published_at else None
        yield "published", _text_tally(day, gold["published"])
    if "zone" in gold:
        yield "zone", (float(found.published_zone in gold["zone"]), 1, 1)
    for name in FLAGS:
        yield name, _text_tally(getattr(found, name) or None, [value or None for value in gold[name]])
    if "images" in gold:
        yield from _image_tallies(page, article)


def _text_tally(code: str | None, right: Sequence[Value]) -> tuple[float, int, int]:
    return float(code is not None and code in right), int(code is not None), int(None not in right)


def _f1(given: set[str], right: set[str]) -> float:
    return 2 * len(given & right) / (len(given) + len(right)) if given or right else 1.0


def _image_tallies(page: GoldPage, article: Article) -> Iterator[tuple[str, tuple[float, int, int]]]:
    wanted = page.fields["images"]
    codes = [
        tuple(code_of(text, page.sha256) if text else None for text in (image.caption, image.credit))
        for image in article.metadata.images
        if image.caption or image.credit
    ]
    hits = sum(any(code[0] in caps and code[1] in creds for code in codes) for caps, creds in wanted)
    yield "pair", (hits, len(codes), len(wanted))
    for side, name in enumerate(("image caption", "image credit")):
        there = [image[side] for image in wanted if None not in image[side]]
        given = [code[side] for code in codes if code[side]]
        yield name, (sum(any(code in right for code in given) for right in there), len(given), len(there))


def figures(pages: Sequence[PageFigures]) -> dict[str, float]:
    """All figures over pages (at least one), 0 to 1, by name."""
    units = [unit for page in pages for unit in page.units]
    spans = sum(len(page.page.spans) for page in pages)
    out = {"pages": float(len(pages)), "blocks": float(spans), "matched": 1 - sum(p.lost for p in pages) / spans}
    sure = [unit for unit in units if len({name in KEPT for name in unit.names}) == 1]
    out |= _shares("kept", [(unit.names[0] in KEPT, unit.given in KEPT) for unit in sure])
    given = Counter(unit.given for unit in units)
    right = Counter(unit.given for unit in units if unit.given in unit.names)
    wanted = Counter(unit.names[0] for unit in units)
    hit = Counter(unit.names[0] for unit in units if unit.given in unit.names)
    for label in Label:
        if given[label]:
            out[f"{label} precision"] = right[label] / given[label]
        if wanted[label]:
            out[f"{label} recall"] = hit[label] / wanted[label]
    for name in dict.fromkeys(name for page in pages for name in page.tallies):
        out |= _field(name, [page.tallies[name] for page in pages if name in page.tallies])
    return out


def _shares(name: str, pairs: Sequence[tuple[bool, bool]]) -> dict[str, float]:
    both = sum(wanted and given for wanted, given in pairs)
    return {
        f"{name} precision": both / max(1, sum(given for _, given in pairs)),
        f"{name} recall": both / max(1, sum(wanted for wanted, _ in pairs)),
    }


def _field(name: str, tallies: Sequence[tuple[float, int, int]]) -> dict[str, float]:
    if name in (*LISTS, "zone"):
        return {name: fmean(right for right, _, _ in tallies)}
    right, given, wanted = (sum(column) for column in zip(*tallies, strict=True))
    found = sum(min(hit, want) for hit, _, want in tallies)
    return {f"{name} given": right / given if given else 1.0, f"{name} found": found / wanted if wanted else 1.0}


def measure(suites: Path, gold: Sequence[GoldPage]) -> list[PageFigures]:
    """The figures of each page that can still be checked. Raises `LabelledError` where a page is not there."""
    out = []
    for page in gold:
        article = clean_page(raw_page(suites, page.suite, page.id))
        if not isinstance(article, Article):
            article = Article("", article.source_sha256 or "", _NOTHING, (), 0.0)
        if article.source_sha256 != page.sha256:
            raise ValueError(f"{page.suite}/{page.id}: not the page that was labelled")
        out.append(compare(page, article))
    return out


def table(columns: dict[str, dict[str, float]]) -> str:
    """Figures side by side."""
    names = dict.fromkeys(name for figures in columns.values() for name in figures)
    lines = [f"{'':<24}" + "".join(f"{head:>12}" for head in columns)]
    for name in names:
        cells = (figures.get(name) for figures in columns.values())
        lines.append(f"{name:<24}" + "".join(f"{_number(cell):>12}" for cell in cells))
    return "\n".join(lines)


def _number(cell: float | None) -> str:
    return "–" if cell is None else f"{cell:.0f}" if cell > 1 else f"{cell:.3f}"


def by_half(pages: Sequence[PageFigures]) -> dict[str, dict[str, float]]:
    """The figures of both halves of the publishers, and of all: rules are mended on the first half alone."""
    halves = {"first half": 0, "second half": 1}
    columns = {head: [page for page in pages if page.page.half == half] for head, half in halves.items()}
    return {head: figures(those) for head, those in (columns | {"all": list(pages)}).items() if those}


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("suites", nargs="?", type=Path, default=SUITES)
    print(table(by_half(measure(parser.parse_args().suites, read_gold()))))


if __name__ == "__main__":
    main()
