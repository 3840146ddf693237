"""Take the figures of parts of the archive, column by column and one row group at a time."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from outputs.parquet import ROW_GROUP_ROWS, open_part
from tasks.figures import RECENT_DAYS, REPEATED, Figures, share_bin, words_bin
from tasks.page import BOILERPLATE, Label
from tasks.watched import Publisher

FiguresBy = dict[Publisher, Figures]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

_COLUMNS: Final = [
    "source_name", "publisher", "title", "authors", "published_at", "deck", "images", "language", "word_count",
    "confidence", "archived_at", "blocks.list.element.label", "blocks.list.element.text",
]  # fmt: skip
_REJECT_COLUMNS: Final = ["source_name", "reason", "detail", "url"]
_SENTENCE = 20  # characters; shorter paragraphs are repeated by chance
_DAY_US = 86_400_000_000


@dataclass(frozen=True, slots=True)
class RejectSample:
    """A rejected page, to show."""

    source_name: str
    reason: str
    detail: str
    url: str | None


def article_figures(part: Path, run: str | None = None) -> FiguresBy:
    """The figures by publisher of a part of the articles, of one run's rows where it is named."""
    figures: FiguresBy = {}
    for rows in _rows(part, _COLUMNS, run, ROW_GROUP_ROWS):
        merge(figures, _Group(rows).figures())
    return figures


def merge(figures: FiguresBy, more: Mapping[Publisher, Figures]) -> None:
    """Add figures to those that are there."""
    for publisher, one in more.items():
        figures[publisher] = figures[publisher] + one if publisher in figures else one


def reject_rows(part: Path, run: str | None = None) -> Iterator[RejectSample]:
    """The rows of a part of the rejects, of one run where it is named."""
    for rows in _rows(part, _REJECT_COLUMNS, run, 10_000):
        for record in rows.select(_REJECT_COLUMNS).to_pylist():
            yield RejectSample(**{**record, "detail": record["detail"] or ""})


def _rows(part: Path, columns: list[str], run: str | None, size: int) -> Iterator[pa.RecordBatch]:
    with open_part(part) as file:
        for rows in file.iter_batches(size, columns=columns if run is None else [*columns, "run_id"]):
            chosen = rows if run is None else rows.filter(pc.equal(rows["run_id"], run))
            if chosen.num_rows:
                yield chosen


def folder_of(source_name: str) -> str | None:
    """The first folder of a source's name; None for a page that lies in none."""
    first, slash, _ = source_name.partition("/")
    return first if slash else None


class _Group:
    """A few hundred rows of articles as arrays: `codes` numbers the rows' publishers, `names` says who they are."""

    def __init__(self, rows: pa.RecordBatch) -> None:
        self.rows = rows
        coded = rows["publisher"].dictionary_encode("encode")
        self.codes: Ints = coded.indices.to_numpy(zero_copy_only=False).astype(np.int64)
        self.names: list[Publisher] = coded.dictionary.to_pylist()
        blocks = rows["blocks"]
        self.article: Ints = pc.list_parent_indices(blocks).to_numpy().astype(np.int64)
        self.text = blocks.flatten().field("text")
        labels = blocks.flatten().field("label").dictionary_encode()
        self.label: Ints = labels.indices.to_numpy(zero_copy_only=False).astype(np.int64)
        self.label_names: list[str] = labels.dictionary.to_pylist()
        self.chars: Ints = pc.utf8_length(self.text).to_numpy(zero_copy_only=False).astype(np.int64)

    def figures(self) -> FiguresBy:
        """All figures by publisher."""
        words = [words_bin(count) for count in self.rows["word_count"].to_pylist()]
        confidence = [share_bin(share) for share in self.rows["confidence"].to_pylist()]
        parts: Mapping[str, list[dict[Any, int]]] = {
            "present": self._present(),
            "chars": self._counted(self.codes[self.article], self.label, self.label_names, self.chars),
            "folders": self._folders(),
            "words": self._counted(self.codes, np.array(words)),
            "confidence": self._counted(self.codes, np.array(confidence)),
            "removed": self._counted(self.codes, np.array([share_bin(share) for share in self._removed()])),
        }
        return {
            name: replace(Figures(), **{part: by_code[code] for part, by_code in parts.items()})
            for code, name in enumerate(self.names)
        }

    def _present(self) -> list[dict[str, int]]:
        flags = {**self._fields(), **self._labels(), REPEATED: self._repeated()}
        counts = {name: np.bincount(self.codes[flag], minlength=len(self.names)) for name, flag in flags.items()}
        return [{name: int(by[code]) for name, by in counts.items() if by[code]} for code in range(len(self.names))]

    def _fields(self) -> dict[str, Bools]:
        rows = self.rows
        given = {"title": "title", "date": "published_at", "deck": "deck", "language": "language"}
        listed = {"author": "authors", "image": "images"}
        return {
            **{name: _plain(pc.is_valid(rows[column])) for name, column in given.items()},
            **{name: _plain(pc.greater(pc.list_value_length(rows[column]), 0)) for name, column in listed.items()},
            "recent_date": self._recent(),
        }

    def _recent(self) -> Bools:
        moments = (pc.cast(self.rows[name], pa.int64()) for name in ("archived_at", "published_at"))
        apart = pc.abs(pc.subtract_checked(*moments))
        return _plain(pc.fill_null(pc.less_equal(apart, RECENT_DAYS * _DAY_US), fill_value=False))

    def _labels(self) -> dict[str, Bools]:
        flags = {}
        for code, label in enumerate(self.label_names):
            if label in BOILERPLATE:
                flags[label] = self._articles(self.article[self.label == code])
        return flags

    def _repeated(self) -> Bools:
        """Articles with a paragraph that another one of the same publisher has."""
        paragraph = self._is(Label.PARAGRAPH) & (self.chars >= _SENTENCE)
        text: Ints = self.text.filter(pa.array(paragraph)).dictionary_encode().indices.to_numpy().astype(np.int64)
        article = self.article[paragraph]
        texts = len(self.text) + 1
        article, text = np.divmod(np.unique(article * texts + text), texts)  # once an article
        _, which, times = np.unique(self.codes[article] * texts + text, return_inverse=True, return_counts=True)
        return self._articles(article[times[which] > 1])

    def _removed(self) -> npt.NDArray[np.float64]:
        """The share of each page's characters that is boilerplate."""
        is_boilerplate = np.isin(self.label, [c for c, name in enumerate(self.label_names) if name in BOILERPLATE])
        size = self.rows.num_rows
        removed = np.bincount(self.article, self.chars * is_boilerplate, size)
        shares: npt.NDArray[np.float64] = removed / np.maximum(np.bincount(self.article, self.chars, size), 1)
        return shares

    def _folders(self) -> list[dict[str, int]]:
        by_code: list[dict[str, int]] = [{} for _ in self.names]
        for code, name in zip(self.codes, self.rows["source_name"].to_pylist(), strict=True):
            if folder := folder_of(name):
                by_code[code][folder] = by_code[code].get(folder, 0) + 1
        return by_code

    def _counted(
        self, codes: Ints, keys: Ints, names: list[str] | None = None, weights: Ints | None = None
    ) -> list[dict[Any, int]]:
        """Count keys, or add up their weights, by publisher."""
        width = int(keys.max(initial=0)) + 1
        sums = np.bincount(codes * width + keys, weights, len(self.names) * width).reshape(-1, width)
        return [{names[key] if names else int(key): int(row[key]) for key in np.flatnonzero(row)} for row in sums]

    def _is(self, label: Label) -> Bools:
        flags: Bools = np.isin(self.label, [c for c, name in enumerate(self.label_names) if name == label])
        return flags

    def _articles(self, articles: Ints) -> Bools:
        flags = np.zeros(self.rows.num_rows, np.bool_)
        flags[articles] = True
        return flags


def _plain(flags: pa.Array) -> Bools:
    plain: Bools = flags.to_numpy(zero_copy_only=False).astype(np.bool_)
    return plain
