"""A page as the inspector shows it: its blocks with their labels and reasons, its fields and where each stands.

Made from a raw page, or from an archive's record of one; with the record alone it is not known what the page declares.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from config.limits import Limits
from outputs.inspector_fields import Field, Places, fields_of
from outputs.manifest import versions
from outputs.rows import ArticleRow, RunStamp, article_id, article_record
from tasks.blocks import cut
from tasks.clean import clean_page
from tasks.confidence import page_confidence
from tasks.decode import decode
from tasks.label import label
from tasks.metadata import align, metadata
from tasks.page import KEPT, LIFTED, Article, Label, LabelledBlock, Page, RawPage, Rejected, RejectReason
from tasks.phrases import load_phrases
from tasks.publishers import Publishers, load_publishers

_GROUPS = {**dict.fromkeys(KEPT, "kept"), **dict.fromkeys(LIFTED, "lifted")}
_REASONS = {"model": "the trained model", "element": "the element that it stands in"}


@dataclass(frozen=True, slots=True)
class Line:
    """A block to show. `number` counts from 1; `confidence` is the probability that the verdict on keeping is right."""

    number: int
    label: Label
    text: str = field(repr=False)
    reason: str
    confidence: float
    element: str = ""  # where it stands in the markup, where that is known

    @property
    def group(self) -> str:
        """Whether the label is kept, lifted into a field, or boilerplate."""
        return group_of(self.label)

    @property
    def body(self) -> float:
        """The probability (0 to 1) that the block is part of the body."""
        return self.confidence if self.label in KEPT else 1 - self.confidence

    @property
    def explained(self) -> str:
        """The reason in words."""
        if self.reason in _rule_ids():
            return "a phrase rule"
        is_publishers = self.reason.rpartition(".")[2].isdigit()  # as harbour-gazette.example.remove.2
        return _REASONS.get(self.reason, "a rule of the publisher" if is_publishers else "a step of the labeller")


@dataclass(frozen=True, slots=True)
class Inspection:
    """A page to look at. `source` is the raw page's file, where it is at hand."""

    name: str
    sha256: str
    kind: str
    url: str | None
    verdict: str  # "article", or why there is none
    title: str | None
    language: str | None
    confidence: float
    lines: tuple[Line, ...] = field(repr=False)
    fields: tuple[Field, ...] = field(repr=False)
    source: Path | None = None
    run: str | None = None

    @property
    def id(self) -> str:
        """The article's id in every archive."""
        return article_id(self.sha256)

    @property
    def kept(self) -> int:
        """How many lines stand."""
        return sum(line.group == "kept" for line in self.lines)


def group_of(label: Label) -> str:
    """Whether a label is kept, lifted, or boilerplate."""
    return _GROUPS.get(label, "boilerplate")


def inspect_page(
    raw: RawPage, limits: Limits, source: Path | None = None, publishers: Publishers | None = None
) -> Inspection | Rejected:
    """Clean a page as `clean_page` does; one that is rejected though it has blocks is shown, too."""
    result = clean_page(raw, limits, publishers=publishers)
    cut_up = _cut(raw, limits, publishers)
    if cut_up is None:
        return result if isinstance(result, Rejected) else Rejected(raw.source_name, RejectReason.NO_TEXT)
    page, places = cut_up
    verdict = "article"
    if isinstance(result, Rejected):
        verdict = result.reason.value + (f": {result.detail}" if result.detail else "")
        blocks = label(page)
        digest = result.source_sha256 or ""
        result = Article(raw.source_name, digest, metadata(page, blocks), blocks, page_confidence(blocks))
    stamp = RunStamp("", datetime.now(UTC), versions()["stet"])
    shown = inspect_record(article_record(ArticleRow(result, stamp, raw.fetched_at)), places, page)
    return replace(shown, verdict=verdict, source=source, run=None)


def inspect_archived(
    record: Mapping[str, Any], found: tuple[RawPage, Path] | None, limits: Limits, publishers: Publishers | None = None
) -> Inspection:
    """An article as it was archived; `found` is its raw page, where that is at hand, and the file that holds it."""
    cut_up = _cut(found[0], limits, publishers) if found else None
    if not found or not cut_up:
        return inspect_record(record)
    page, places = cut_up
    return replace(inspect_record(record, places, page), source=found[1].resolve())


def _cut(raw: RawPage, limits: Limits, publishers: Publishers | None) -> tuple[Page, Places] | None:
    """The page's blocks and what it declares; None where it has none."""
    source = decode(raw, limits)
    page = source if isinstance(source, Rejected) else cut(source, publishers or load_publishers())
    if isinstance(source, Rejected) or isinstance(page, Rejected) or not page.blocks:
        return None
    return page, Places.of(page, source.text)


def inspect_record(record: Mapping[str, Any], places: Places | None = None, page: Page | None = None) -> Inspection:
    """What an archive knows of an article; `places` and `page` are of its raw page, where that is at hand."""
    blocks = [_block(block) for block in record["blocks"]]
    elements = _elements(page, blocks) if page else [""] * len(blocks)
    lines = tuple(
        Line(number, block.label, block.text, block.reason, block.confidence, element)
        for number, (block, element) in enumerate(zip(blocks, elements, strict=True), 1)
    )
    return Inspection(
        name=record["source_name"],
        sha256=record["source_sha256"],
        kind=page.kind.value if page else "",
        url=record["url"],
        verdict="article",
        title=record["title"],
        language=record["language"],
        confidence=record["confidence"],
        lines=lines,
        fields=tuple(fields_of(record, places or Places.unknown())),
        run=record.get("run_id"),
    )


def _block(block: Mapping[str, Any]) -> LabelledBlock:
    return LabelledBlock(block["text"], Label(block["label"]), block["reason"], block["confidence"])


def _elements(page: Page, blocks: Sequence[LabelledBlock]) -> list[str]:
    """Where each labelled block stands in the markup: its element, and the one around it."""
    out = []
    for row, labelled in zip(align(page, blocks), blocks, strict=True):
        block = page.blocks[row]
        is_known = bool(block.tag) and labelled.text in block.text
        out.append(_spoken(block.tag, block.words) + _around(page, block.container) if is_known else "")
    return out


def _around(page: Page, container: int) -> str:
    parent = page.containers[container].parent
    return f" in {_spoken(page.containers[parent].tag, page.containers[parent].words)}" if parent >= 0 else ""


def _spoken(tag: str, words: str) -> str:
    return f"<{tag}>" if not words else f"<{tag} {words[:60]}>"


@cache
def _rule_ids() -> frozenset[str]:
    return frozenset(rule.id for rule in load_phrases().rules)
