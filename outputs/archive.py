"""A run that writes to an archive: opened, recovered, committed batch by batch, and closed with its manifest.

A batch's files are written beside the archive by a worker and renamed into place here, in the order text, articles,
rejects; the manifest comes last. So a reader sees whole parts alone, and a run killed at any moment leaves an archive
that every reader opens and the next run completes.
"""

import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from config.limits import Limits
from outputs.again import with_contents
from outputs.batch import BatchJob
from outputs.known_texts import read_texts
from outputs.layout import COMMIT_ORDER, ArchiveError, Layout, clear, new_run_id, publish
from outputs.ledger import KnownPages, SeenPages, write_ledger
from outputs.lock import Check, locked, writing
from outputs.manifest import Counts, Manifest, Status, WrittenFile, read_manifests, refuse_older, versions
from outputs.recovery import recover, write_manifest
from outputs.relations import Relation, Relations
from outputs.rows import RunStamp
from outputs.s3 import S3Path
from outputs.staging import StagedBatch, StagedPart, related, seen_in, without
from outputs.text_index import Texts
from tasks.read import PageRef


class ArchiveRun:
    """One run's hold on an archive, for the coordinating process. Made by `open_run`."""

    def __init__(
        self, layout: Layout, stamp: RunStamp, sources: Sequence[str], made_with: Mapping[str, str], check: Check
    ) -> None:
        self.layout = layout
        self._check = check
        self.stamp = stamp
        self.counts = Counts()
        self.recovered: list[Manifest] = []
        self.manifest: Manifest | None = None
        self._sources = tuple(sources)
        self.versions = made_with
        self._files: list[WrittenFile] = []
        self._seen = SeenPages(self.known.parent)
        self._relations: Relations | None = None
        self._parts = 0
        self._last = (-1, "")

    @property
    def files(self) -> Sequence[WrittenFile]:
        """The files that the run has put in place so far."""
        return self._files

    @property
    def known(self) -> Path:
        """The file of the pages that the archive had when the run began."""
        return self.layout.staging(self.stamp.run_id) / "known.npy"

    def share(self) -> Path:
        """Put the file of known keys where workers on other machines find it, and say where. Raises ArchiveError."""
        place = self.layout.shared(self.stamp.run_id) / self.known.name
        if isinstance(place, S3Path):
            with writing(self.layout):
                place.put(self.known)
        return place

    def job(self, number: int, refs: Sequence[PageRef], limits: Limits) -> BatchJob:
        """Make a worker's job of a batch. Batches are numbered in source order."""
        return BatchJob(number, tuple(refs), self.layout.root, self.stamp, self.known, limits)

    def commit(self, staged: StagedBatch) -> Counts:
        """Put a batch's files in place and return what became of its pages. Batches come in source order.

        A page whose bytes an earlier batch of this run has put in place is dropped first and counted as a duplicate.
        """
        if (staged.number, staged.piece) <= self._last:
            raise ValueError(f"batch {staged.number}{staged.piece} is committed after batch {self._last}")
        self._last = (staged.number, staged.piece)
        self._check()
        with writing(self.layout):
            staged = self._without_seen(staged)
            for part in staged.parts:
                self._publish(part, self._folder(staged))
        shutil.rmtree(self._folder(staged), ignore_errors=True)
        self._seen.let_go()
        self.counts += staged.counts
        return staged.counts

    def pass_over(self, pages: int) -> None:
        """Count pages of files that need not be read: see `outputs.visits`."""
        self.counts += Counts(read=pages, unchanged=pages)

    def finish(self, pages_found: int) -> Manifest:
        """Check that every page found is accounted for and write the manifest.

        A run that put no file in place writes no manifest either: a second run over the same pages leaves the archive
        as it was. Raises AccountingError; what was put in place stays, as of an interrupted run.
        """
        self.counts.check(pages_found)
        manifest = Manifest(
            run=self.stamp.run_id,
            status=Status.COMPLETE,
            started_at=self.stamp.archived_at,
            finished_at=datetime.now(UTC),
            sources=self._sources,
            counts=self.counts,
            versions=self.versions,
            files=tuple(self._files),
        )
        if self._files:
            self._check()
            with writing(self.layout):
                write_manifest(self.layout, manifest)
        self.manifest = manifest
        return manifest

    def begin(self, *, again: bool) -> None:
        """Recover the archive and lay out what the workers need."""
        self.recovered = recover(self.layout)
        refuse_older(self.layout, read_manifests(self.layout))
        self.known.parent.mkdir(parents=True)
        intent = {"sources": self._sources, "versions": dict(self.versions)}
        self.layout.intent(self.stamp.run_id).write_text(json.dumps(intent), "utf-8")
        write_ledger(self.layout, self.stamp.cleaner_version, self.known)
        if again:
            with_contents(self.layout, KnownPages.load(self.known)).save(self.known)

    def close(self) -> None:
        """Tidy up: remove what is staged, and give an unfinished run its manifest."""
        if self.manifest is None and self._parts:
            with suppress(OSError, ArchiveError):  # say what went wrong first; the next run recovers, too
                self._check()
                recover(self.layout)
        with suppress(OSError):
            clear(self.layout, self.stamp.run_id)

    def _without_seen(self, staged: StagedBatch) -> StagedBatch:
        repeated = [seen_in(part, self._seen.__contains__) for part in staged.parts]
        if not any(repeated):
            return staged
        parts = tuple(
            without(part, self._seen.__contains__, self._folder(staged)) if count else part
            for part, count in zip(staged.parts, repeated, strict=True)
        )
        return replace(staged, parts=parts, duplicate=staged.duplicate + sum(repeated))

    def _publish(self, part: StagedPart, folder: Path) -> None:
        day = self.stamp.archived_at.date()
        number, self._parts = self._parts, self._parts + 1
        if len(part.texts):
            part = related(part, self._settle(part.texts), folder)
        for file in sorted(part.files, key=lambda file: COMMIT_ORDER.index(file.table)):
            place = self.layout.part(file.table, day, self.stamp.run_id, number)
            publish(file.path, place)
            self._files.append(WrittenFile(self.layout.relative(place), file.rows, file.size, file.sha256))
        self._seen.update(part.articles)
        self._seen.update(reject.reject for reject in part.rejects)

    def _settle(self, texts: Texts) -> list[Relation]:
        if self._relations is None:  # a run over known pages alone needs no texts
            folder = self.known.parent
            self._relations = Relations(read_texts(self.layout, folder), folder)
        return self._relations.settle(texts)

    def _folder(self, staged: StagedBatch) -> Path:
        return self.known.parent / f"{staged.number:06d}{staged.piece}"


@contextmanager
def open_run(
    root: Path,
    sources: Sequence[str],
    *,
    now: datetime | None = None,
    extra_versions: Mapping[str, str] | None = None,
    again: bool = False,
) -> Iterator[ArchiveRun]:
    """Open an archive for one run, making it where there is none. `sources` are named in the manifest as given.

    With `again` known pages are cleaned again, and archived anew where they come out otherwise: see `outputs.again`.
    Raises ArchiveError where the archive cannot be written or another run is writing to it.
    """
    layout = Layout(root.absolute())
    made_with = versions(extra_versions)
    start = (now or datetime.now(UTC)).astimezone(UTC)
    stamp = RunStamp(new_run_id(start), start, made_with["stet"])
    with locked(layout, stamp.run_id) as check:
        run = ArchiveRun(layout, stamp, sources, made_with, check)
        try:
            with writing(layout):
                run.begin(again=again)
            yield run
        finally:
            run.close()
