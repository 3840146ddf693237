"""Pages labelled by hand: every block's label and the fields, without a word of the pages.

`labels.jsonl` has a page a line: `suite` and `id` (its file is `SUITE/pages/ID.html.gz` or `.txt.gz`), `sha256` of its
bytes, `language`, `half` (0 or 1, by publisher), `blocks` and `fields`.

`blocks` are `HASH:LENGTH:LABELS` in the page's order, one a space. The length is that of the squeezed text (letters and
digits alone), the hash that of the same text, keyed by the page's own SHA-256: who has the page can check it, who has
not can read nothing from it. `LABELS` are what the block may rightly be called, the best first: `navigation|related`.

`fields` map a field to its right values, any of which counts: hashes of squeezed text, lists of hashes for `authors`
and `tags`, days for `published`, plain values for `zone`, `is_paywalled`, `is_live_blog`; null where the page has none.
A field that is not there was not judged. `images` is a list of [captions, credits], each a list of right values.
"""

import gzip
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tasks.labelled import page_path, page_urls
from tasks.page import Label, RawPage

HERE = Path(__file__).parent
LABELS = HERE / "labels.jsonl"

Value = Any  # a hash, a list of hashes, a plain value, or None


@dataclass(frozen=True, slots=True)
class Span:
    """A block as it was labelled. `names` are its right labels, the best first."""

    hash: str
    length: int
    names: tuple[Label, ...]

    @property
    def name(self) -> Label:
        """The label that fits best."""
        return self.names[0]


@dataclass(frozen=True, slots=True)
class GoldPage:
    """A page as it was labelled."""

    suite: str
    id: str
    sha256: str
    language: str
    half: int
    spans: tuple[Span, ...] = field(repr=False)
    fields: dict[str, list[Value]] = field(repr=False)


def raw_page(suites: Path, suite: str, page_id: str) -> RawPage:
    """A page of a suite, as found. Raises `LabelledError`, `OSError`."""
    folder = suites / suite
    path = page_path(folder, page_id)
    return RawPage(path.name, gzip.decompress(path.read_bytes()), url=page_urls(folder).get(page_id))


def read_gold(path: Path = LABELS) -> list[GoldPage]:
    """The labelled pages."""
    return [_page(json.loads(line)) for line in path.read_text("utf-8").splitlines()]


def _page(line: dict[str, Any]) -> GoldPage:
    spans = tuple(_spans(line["blocks"].split()))
    return GoldPage(line["suite"], line["id"], line["sha256"], line["language"], line["half"], spans, line["fields"])


def _spans(written: Sequence[str]) -> Iterator[Span]:
    for text in written:
        code, length, names = text.split(":")
        yield Span(code, int(length), tuple(map(Label, names.split("|"))))


def write_gold(pages: Sequence[GoldPage], path: Path = LABELS) -> None:
    """Write the labelled pages, in the order of suite and id."""
    lines = (json.dumps(_line(page), ensure_ascii=False) for page in sorted(pages, key=lambda p: (p.suite, p.id)))
    new = path.with_suffix(".new")
    new.write_text("".join(f"{line}\n" for line in lines), "utf-8")
    new.replace(path)


def _line(page: GoldPage) -> dict[str, Any]:
    blocks = " ".join(f"{span.hash}:{span.length}:{'|'.join(span.names)}" for span in page.spans)
    return {
        "suite": page.suite,
        "id": page.id,
        "sha256": page.sha256,
        "language": page.language,
        "half": page.half,
        "fields": page.fields,
        "blocks": blocks,
    }
