"""The flow that verifies an archive, for a schedule."""

from pathlib import Path
from typing import Any

from prefect import flow
from prefect.artifacts import create_table_artifact
from prefect.logging import get_run_logger

from outputs.layout import ArchiveError, archive_at
from outputs.verify import verify as verify_archive

_SHOWN = 200


@flow(name="verify", description="Check every file of an archive.", persist_result=False)
def verify(archive: Path | str) -> dict[str, Any]:
    """Verify an archive. Returns what `Verified.to_record` says. Raises ArchiveError where it is not sound.

    Args:
        archive: The archive's folder, or its URL as s3://bucket/prefix.
    """
    logger = get_run_logger()
    found = verify_archive(archive_at(archive))
    record = found.to_record()
    if found.is_sound:
        logger.info(found.line())
        return record
    for finding in found.findings[:_SHOWN]:
        logger.error(finding)
    create_table_artifact(record["findings"][:_SHOWN], key="verify", description=f"What is wrong with {archive}")
    raise ArchiveError(found.line())
