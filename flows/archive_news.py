"""The flow that archives raw news pages."""

from collections import deque
from collections.abc import Callable
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from typing import Annotated, Any

from prefect import flow, task
from prefect.cache_policies import NO_CACHE
from prefect.logging import get_run_logger
from prefect.task_runners import ThreadPoolTaskRunner
from pydantic import Field

from config.limits import Limits
from config.settings import DASK_ADDRESS
from flows.archiving import DEFAULT_LIMITS, Archiving, Request, begun, open_archiving
from flows.reporting import Reporting
from flows.summary import Summary
from outputs.layout import archive_at
from outputs.manifest import Counts
from outputs.staging import StagedBatch
from tasks.storage import as_place

_MAX_WINDOW = 1024  # threads that wait for batches; they cost next to nothing

# Its futures are PrefectFutures, which the flow's signature does not see.
_THREADS: ThreadPoolTaskRunner[Any] = ThreadPoolTaskRunner(max_workers=_MAX_WINDOW)


@flow(
    name="archive_news",
    description="Clean raw news pages and put the articles into an archive.",
    task_runner=_THREADS,  # type: ignore[arg-type]
    persist_result=False,
)
def archive_news(
    # Prefect shows what the docstring says of a parameter, and passes over a Field's description.
    sources: Annotated[list[str], Field(min_length=1)],
    archive: Path | str,
    *,
    workers: Annotated[int | None, Field(ge=1)] = None,
    batch_pages: Annotated[int | None, Field(ge=1)] = None,
    page_seconds: Annotated[float, Field(gt=0)] = DEFAULT_LIMITS.page_seconds,
    page_megabytes: Annotated[int, Field(ge=100)] = DEFAULT_LIMITS.page_megabytes,
    max_page_bytes: Annotated[int, Field(gt=0)] = DEFAULT_LIMITS.max_page_bytes,
    min_words: Annotated[int, Field(ge=1)] = DEFAULT_LIMITS.min_words,
    publishers: Path | None = None,
    reread: bool = False,
    dask: Annotated[str | None, Field(pattern=DASK_ADDRESS)] = None,
) -> dict[str, Any]:
    """Archive the pages of some files and folders. Returns what `Summary.to_record` says.

    Raises SourceError for a source that cannot be read, ArchiveError for an archive that cannot be written or that
    another run is writing to, and ClusterError for a cluster that cannot be used.

    Args:
        sources: Files, folders and URLs of raw pages.
        archive: The archive's folder, or its URL as s3://bucket/prefix.
        workers: Processes that clean; unset: one a core, or a thread of the cluster.
        batch_pages: Pages of a batch; unset: by the run's size.
        page_seconds: Time that one page may take.
        page_megabytes: Memory that one page may take, on top of what its process has.
        max_page_bytes: Size of one page, unpacked.
        min_words: A page with fewer kept words is no article.
        publishers: A folder of publisher rules of your own.
        reread: Read all files again, and clean archived pages again: what comes out otherwise is a revision.
        dask: The scheduler of a Dask cluster to clean on, as tcp://host:8786; unset: cleaned on the worker's machine.
    """
    limits = Limits(max_page_bytes, page_seconds, page_megabytes, min_words)
    request = Request(
        tuple(map(as_place, sources)), archive_at(archive), workers, batch_pages, limits, publishers, dask, reread
    )
    started = begun()
    with nullcontext(started) if started else open_archiving(request) as archiving:
        return _drive(archiving).to_record()


@task(name="clean_batch", task_run_name="clean_batch-{number}", cache_policy=NO_CACHE, persist_result=False)
def clean_batch(archiving: Archiving, number: int) -> None:
    """Wait until a worker process has cleaned a batch."""
    # Nothing is returned: Prefect keeps the state of each task that returns something, 3 kB, to the end of the flow.
    archiving.wait(number)


def _drive(archiving: Archiving) -> Summary:
    logger = get_run_logger()
    logger.info("%s pages", archiving.total_text)
    reporting = Reporting(archiving)
    waiting: deque[Callable[[], list[StagedBatch]]] = deque()
    try:
        for number in archiving.jobs():
            waiting.append(_outcome(archiving, number))
            if len(waiting) >= archiving.window:
                logger.info(_line(archiving, archiving.commit(waiting.popleft()())))
                reporting.take()
        while waiting:
            logger.info(_line(archiving, archiving.commit(waiting.popleft()())))
            reporting.take()
        archiving.summary = reporting.finish(archiving.finish())
        return archiving.summary
    except BaseException:
        archiving.stop()  # before the task runner waits for the tasks, which wait for the workers
        raise


def _outcome(archiving: Archiving, number: int) -> Callable[[], list[StagedBatch]]:
    if archiving.is_on_cluster:
        return partial(archiving.outcome, number)
    waiting = clean_batch.submit(archiving, number)

    def outcome() -> list[StagedBatch]:
        waiting.result()
        return archiving.outcome(number)

    return outcome


def _line(archiving: Archiving, counts: Counts) -> str:
    return (
        f"{archiving.run.counts.read:,} of {archiving.total_text} pages, last batch: {counts.archived} archived, "
        f"{counts.unchanged} unchanged, {counts.duplicate} duplicate, {counts.rejected_total} rejected"
    )
