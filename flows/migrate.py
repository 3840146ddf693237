"""The flow that lifts an archive to the current schema."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

from prefect import flow
from prefect.logging import get_run_logger

from outputs.layout import archive_at
from outputs.migrate import migrate as migrate_archive


@flow(name="migrate", description="Lift an archive of an older schema to the current one.", persist_result=False)
def migrate(archive: Path | str) -> dict[str, Any]:
    """Migrate an archive. Returns what was done. Raises ArchiveError, also for an archive of a newer schema.

    Args:
        archive: The archive's folder, or its URL as s3://bucket/prefix.
    """
    logger = get_run_logger()
    done = migrate_archive(archive_at(archive), told=lambda day: logger.info("%s migrated", day))
    logger.info(done.line())
    return {**asdict(done), "days": [str(day) for day in done.days]}
