"""What a worker process does: reads, cleans and stages a batch of pages. Knows nothing of flows."""

import hashlib
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from config.limits import Limits
from outputs.again import content_of
from outputs.guard import PageGuard, page_guard
from outputs.layout import ArchiveError
from outputs.ledger import NO_KEY, KnownPages, article_key, reject_key
from outputs.rows import ArticleRow, RejectRow, RunStamp, article_table
from outputs.staging import StagedBatch, StagedPart, stage_part
from tasks.page import Article, RawPage, Rejected, RejectReason
from tasks.read import PageRef, approach, fingerprint, read_page

Cleaner = Callable[[RawPage, Limits], Article | Rejected]

SAMPLES = 3
# A batch of unusually large pages is staged in several parts, so that its text never fills the memory.
PART_CHARS = 64_000_000


@dataclass(frozen=True, slots=True)
class BatchJob:
    """A batch for a worker: references and settings, never pages."""

    number: int
    refs: tuple[PageRef, ...] = field(repr=False)
    archive: Path
    stamp: RunStamp
    known: Path  # the file of the pages that the archive has
    limits: Limits
    # Which part of a batch that was split, as "01": the second half of its first half. On a cluster "-", a name of the
    # attempt's own, and then the part.
    piece: str = ""

    @property
    def folder(self) -> Path:
        """Where the batch is staged."""
        return self.known.parent / f"{self.number:06d}{self.piece}"

    def halves(self) -> tuple["BatchJob", "BatchJob"]:
        """Split the batch, to find the page that kills its worker."""
        middle = (len(self.refs) + 1) // 2
        first = replace(self, refs=self.refs[:middle], piece=f"{self.piece}0")
        return first, replace(self, refs=self.refs[middle:], piece=f"{self.piece}1")


def archive_batch(job: BatchJob, clean: Cleaner | None = None) -> StagedBatch:
    """Read, clean and stage the pages of a batch. `clean` stands in for `tasks.clean.clean_page`.

    A page that cannot be cleaned becomes a reject, whatever goes wrong with it. Raises ArchiveError where the archive
    cannot be written.
    """
    try:
        shutil.rmtree(job.folder, ignore_errors=True)  # of a worker that died over the same batch
        job.folder.mkdir()  # not its parents: the folder of a run that is over must not come back
        with page_guard(job.limits.page_seconds, job.limits.page_megabytes) as guard:
            desk = _Desk(job, clean or _cleaner(), guard)
            for ref in job.refs:
                desk.take(ref)
            return desk.finish()
    except OSError as error:
        raise ArchiveError(f"cannot write to the archive {job.archive}: {error.strerror or error}") from error


def reject_batch(job: BatchJob, reason: RejectReason, detail: str) -> StagedBatch:
    """Stage the pages of a batch as rejects without cleaning them: for the page that kills or hangs its worker."""
    return archive_batch(job, lambda raw, _: Rejected(raw.source_name, reason, detail))


def _cleaner() -> Cleaner:
    from tasks.clean import clean_page  # noqa: PLC0415  (loads the model, which only those that clean need)

    return clean_page


class _Desk:
    """The pages of a batch on their way into parts."""

    def __init__(self, job: BatchJob, clean: Cleaner, guard: PageGuard) -> None:
        self._job = job
        self._clean = clean
        self._guard = guard
        self._known = KnownPages.load(job.known)
        self._seen: set[bytes] = set()
        self._articles: list[ArticleRow] = []
        self._rejects: list[RejectRow] = []
        self._chars = 0
        self._parts: list[StagedPart] = []
        self._samples: list[Rejected] = []
        self._unchanged = 0
        self._duplicate = 0
        self._keys = bytearray()

    def take(self, ref: PageRef) -> None:
        """Bring one page to its end: an article, a reject, unchanged or a duplicate."""
        approach(ref)
        raw = self._guard.attempt(ref.source_name, lambda: read_page(ref, self._job.limits))
        digest, size = _measure(raw, ref)
        keys = [article_key(digest)] if digest else []
        keys.append(reject_key(digest, ref.source_name))
        known = next((key for key in keys if key in self._known), None)
        seen = next((key for key in keys if key in self._seen), None)
        if known and (isinstance(raw, Rejected) or self._known.content(known) is None):
            self._unchanged += 1
        elif seen:
            self._duplicate += 1
        elif isinstance(raw, Rejected):
            self._reject(replace(raw, source_sha256=digest, size=size))
        else:
            seen = self._file(raw, digest or "", self._attempt_clean(raw), known)
        # What could not be read may be readable the next time, though nothing about its file shows it.
        self._keys += NO_KEY if isinstance(raw, Rejected) else seen or known or NO_KEY

    def finish(self) -> StagedBatch:
        """Stage what is left and sum up."""
        self._stage()
        job = self._job
        return StagedBatch(
            number=job.number,
            piece=job.piece,
            parts=tuple(self._parts),
            read=len(job.refs),
            unchanged=self._unchanged,
            duplicate=self._duplicate,
            samples=tuple(self._samples),
            keys=bytes(self._keys),
        )

    def _attempt_clean(self, raw: RawPage) -> Article | Rejected:
        return self._guard.attempt(raw.source_name, lambda: self._clean(raw, self._job.limits))

    def _file(self, raw: RawPage, digest: str, outcome: Article | Rejected, known: bytes | None) -> bytes:
        """Returns the page's key."""
        if isinstance(outcome, Rejected):
            if known:
                self._unchanged += 1  # what is archived stays
                return known
            url = outcome.url or raw.url
            return self._reject(replace(outcome, source_sha256=digest, url=url, size=len(raw.content)))
        key = article_key(digest)
        row = ArticleRow(replace(outcome, source_sha256=digest), self._job.stamp, raw.fetched_at, known == key)
        if row.is_again and self._says(row) == self._known.content(key):
            self._unchanged += 1
            return key
        self._articles.append(row)
        self._seen.add(key)
        self._chars += len(row.text) + sum(len(block.text) for block in outcome.blocks)
        if self._chars > PART_CHARS:
            self._stage()
        return key

    def _says(self, row: ArticleRow) -> bytes | Rejected:
        return self._guard.attempt(row.article.source_name, lambda: content_of(row))

    def _reject(self, rejected: Rejected) -> bytes:
        """Returns the page's key."""
        self._rejects.append(RejectRow(rejected, self._job.stamp))
        key = reject_key(rejected.source_sha256, rejected.source_name)
        self._seen.add(key)
        if len(self._samples) < SAMPLES:
            self._samples.append(rejected)
        return key

    def _stage(self) -> None:
        if self._articles or self._rejects:
            self._parts.append(self._stage_part())
        self._articles, self._rejects, self._chars = [], [], 0

    def _stage_part(self) -> StagedPart:
        try:
            return stage_part(self._job.folder, len(self._parts), self._articles, self._rejects)
        except (ValueError, TypeError, AttributeError, ArithmeticError):  # Arrow's own errors are among them
            self._reject_unfit()
            return stage_part(self._job.folder, len(self._parts), self._articles, self._rejects)

    def _reject_unfit(self) -> None:
        """Reject the articles with a value that has no place in its column: a defect of ours, like a crash."""
        articles, self._articles = self._articles, []
        for row in articles:
            built = self._guard.attempt(row.article.source_name, lambda row=row: article_table([row]))  # type: ignore[misc]
            if isinstance(built, Rejected) and row.is_again:
                self._unchanged += 1
            elif isinstance(built, Rejected):
                self._reject(replace(built, source_sha256=row.article.source_sha256))
            else:
                self._articles.append(row)


def _measure(raw: RawPage | Rejected, ref: PageRef) -> tuple[str | None, int | None]:
    """The digest and size of the page's bytes, unpacked; of the file's where that failed; None if not known."""
    if isinstance(raw, RawPage):
        return hashlib.sha256(raw.content).hexdigest(), len(raw.content)
    if raw.source_sha256:
        return raw.source_sha256, raw.size
    digest, size = fingerprint(ref)
    return digest, raw.size or size
