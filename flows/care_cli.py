"""`stet compact`, `stet verify` and `stet migrate`: the care of an archive. They run as they are, without Prefect."""

import json
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer

from flows.errors import Exit, usage
from flows.places import archive_place

Archive = Annotated[
    Path, typer.Argument(metavar="ARCHIVE", help="The archive's folder, here or at s3://.", parser=archive_place)
]
AsJson = Annotated[bool, typer.Option("--json", help="Print what was done or found as one JSON object.")]
OlderThan = Annotated[
    str, typer.Option("--older-than", metavar="AGE", help="Only days this old: 1d is all but today's, in UTC; 2w.")
]

_AGE = re.compile(r"([0-9]{1,5})([dw])")
_DAYS = {"d": 1, "w": 7}


def compact(archive: Archive, *, older_than: OlderThan = "1d", as_json: AsJson = False) -> None:
    """Merge the small parts of days that are over into large ones, sorted by publisher and date.

    A day changes at once, so readers see the old parts or the new ones; its content is proven to be the same before
    that. Run again it does nothing. Killed, it is completed or undone by the next run.
    """
    from dataclasses import asdict  # noqa: PLC0415

    from outputs.compact import compact as run_compact  # noqa: PLC0415

    with _one_line_errors():
        done = run_compact(
            archive, older_than=_age(older_than), told=lambda day: None if as_json else print(day.line())
        )
    if as_json:
        print(json.dumps({"archive": str(archive), "days": [asdict(day) for day in done]}, default=str))
    elif not done:
        print("nothing to merge")


def verify(archive: Archive, *, as_json: AsJson = False) -> int:
    """Check every file of an archive: digests, columns, counts, ids, and each text against its row.

    Ends with exit code 0 where the archive is sound, else with 1 and one line a finding.
    """
    from outputs.verify import verify as run_verify  # noqa: PLC0415

    with _one_line_errors():
        found = run_verify(archive)
    if as_json:
        print(json.dumps(found.to_record(), ensure_ascii=False))
    else:
        for finding in found.findings:
            print(finding)
        print(found.line(), file=sys.stdout if found.is_sound else sys.stderr)
    return Exit.WELL if found.is_sound else Exit.FAILED


def migrate(archive: Archive, *, as_json: AsJson = False) -> None:
    """Lift an archive that an older version of Stet wrote to the columns of this one.

    Rows keep what they say, and get the columns that came since. Killed, it goes on where it was when run again.
    """
    from dataclasses import asdict  # noqa: PLC0415

    from outputs.migrate import migrate as run_migrate  # noqa: PLC0415

    with _one_line_errors():
        done = run_migrate(archive, told=lambda day: None if as_json else print(f"{day} migrated"))
    print(json.dumps({"archive": str(archive), **asdict(done)}, default=str) if as_json else done.line())


@contextmanager
def _one_line_errors() -> Iterator[None]:
    from outputs.layout import ArchiveError  # noqa: PLC0415

    try:
        yield
    except ArchiveError as error:
        raise usage(error) from error


def _age(text: str) -> timedelta:
    match = _AGE.fullmatch(text)
    if not match:
        raise usage(f"--older-than {text}: not an age such as 1d or 2w")
    return timedelta(days=int(match[1]) * _DAYS[match[2]])


def register(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    app.command(epilog="Example: stet compact archive --older-than 1w")(compact)
    app.command(epilog="Example: stet verify archive --json")(verify)
    app.command(epilog="Example: stet migrate archive")(migrate)
