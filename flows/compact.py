"""The flow that compacts an archive, for a schedule."""

from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any

from prefect import flow
from prefect.artifacts import create_table_artifact
from prefect.logging import get_run_logger
from pydantic import Field

from outputs.compact import Compacted
from outputs.compact import compact as compact_archive
from outputs.layout import archive_at


@flow(
    name="compact",
    description="Merge the small parts of days that are over into large, sorted ones.",
    persist_result=False,
)
def compact(
    archive: Path | str,
    *,
    older_than_days: Annotated[int, Field(ge=1)] = 1,
) -> list[dict[str, Any]]:
    """Compact an archive. Returns a record a day that had something to merge. Raises ArchiveError.

    Args:
        archive: The archive's folder, or its URL as s3://bucket/prefix.
        older_than_days: Only days this old; 1 is all but today's, in UTC.
    """
    logger = get_run_logger()

    def tell(day: Compacted) -> None:
        logger.info(day.line())

    done = compact_archive(archive_at(archive), older_than=timedelta(days=older_than_days), told=tell)
    records = [{name: str(value) if name == "day" else value for name, value in asdict(day).items()} for day in done]
    if records:
        create_table_artifact(records, key="compact", description=f"Days of {archive} that were merged")
    return records
