"""The accounting of an archive: what its manifests say against the rows that it holds."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any

import numpy as np

from outputs.checks import Finding, Tally
from outputs.layout import Table
from outputs.manifest import AccountingError, Counts, Kind
from outputs.schema import ID_DIGITS
from tasks.page import RejectReason


class Audit:
    """All runs of an archive, by id, and all its rows."""

    def __init__(self, manifests: Mapping[str, Mapping[str, Any]], tally: Tally) -> None:
        self._manifests = manifests
        self._tally = tally

    def findings(self) -> Iterator[Finding]:
        """Find runs whose counts do not add up, rows without a run, and ids that are there twice."""
        written = {file["path"]: file for record in self._manifests.values() for file in record["files"]}
        for run, record in self._manifests.items():
            for problem in (*self._count_problems(run, record), *_rewrite_problems(record, written)):
                yield Finding(f"_runs/{run}.json", problem)
        for run in sorted(
            (self._tally.articles.keys() | {run for run, _ in self._tally.rejects}) - self._manifests.keys()
        ):
            yield Finding(f"_runs/{run}.json", "missing, and rows name it as their run")
        yield from self._repeated()
        yield from self._wrong_roots()

    def _count_problems(self, run: str, record: Mapping[str, Any]) -> Iterator[str]:
        try:
            counts = Counts(**record["counts"])
            counts.check(counts.read)
        except (AccountingError, TypeError, KeyError, AttributeError) as error:
            yield f"its counts do not add up: {error}"
            return
        if counts.archived != self._tally.articles[run]:
            yield f"{counts.archived:,} archived, but {self._tally.articles[run]:,} rows name it as their run"
        for reason in RejectReason:
            said, found = counts.rejected.get(reason, 0), self._tally.rejects[run, reason.value]
            if said != found:
                yield f"{said:,} rejected as {reason.value}, but {found:,} rows name it as their run"

    def _repeated(self) -> Iterator[Finding]:
        if not self._tally.ids:
            return
        ids = np.sort(np.concatenate([ids for _, ids in self._tally.ids]))
        repeated = np.unique(ids[1:][ids[1:] == ids[:-1]])
        for each in repeated:
            parts = [part for part, part_ids in self._tally.ids if each in part_ids]
            yield Finding("articles", f"article_id {_hex(each)} is there more than once: {', '.join(parts)}")

    def _wrong_roots(self) -> Iterator[Finding]:
        """Find duplicates of what is not there or is a duplicate itself."""
        if not self._tally.repeats:
            return
        duplicates = np.concatenate([articles for _, articles, _ in self._tally.repeats])
        firsts = np.setdiff1d(np.concatenate([ids for _, ids in self._tally.ids]), duplicates)
        for part, articles, roots in self._tally.repeats:
            for article, root in zip(articles, roots, strict=True):
                place = np.searchsorted(firsts, root)
                if place == len(firsts) or firsts[place] != root:
                    problem = f"a duplicate of {_hex(root)}, which is not there or is a duplicate itself"
                    yield Finding("articles", f"article {_hex(article)} in {part} is {problem}")


def _hex(article: bytes) -> str:
    return article.ljust(ID_DIGITS // 2, b"\0").hex()  # numpy drops trailing zeros


def _rewrite_problems(record: Mapping[str, Any], written: Mapping[str, Any]) -> Iterator[str]:
    replaces: Sequence[Mapping[str, Any]] = record.get("replaces", ())
    for file in replaces:
        if written.get(file["path"]) != file:
            yield f"it replaces {file['path']}, which no manifest names so"
    if record.get("kind", Kind.ARCHIVE) != Kind.ARCHIVE and _rows(replaces) != _rows(record["files"]):
        yield f"it has rows {dict(_rows(record['files']))} in the place of {dict(_rows(replaces))}"


def _rows(files: Sequence[Mapping[str, Any]]) -> Counter[Table]:
    rows: Counter[Table] = Counter()
    for file in files:
        rows[Table(PurePosixPath(file["path"]).parts[0])] += file["rows"]
    return rows
