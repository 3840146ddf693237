"""The command that shows a run's report: report."""

from typing import Annotated

import typer

from flows.reading_cli import Archive, ArchiveOption, Config, archive_of


def report(
    archive: Archive = None,
    run: Annotated[str | None, typer.Argument(metavar="[RUN]", help="A run's id, or how it begins.")] = None,
    *,
    archive_option: ArchiveOption = None,
    again: Annotated[bool, typer.Option("--again", help="Make it anew from the archive's rows.")] = False,
    show: Annotated[bool, typer.Option("--open", help="Open it in the browser.")] = False,
    config: Config = None,
) -> None:
    """Say where the report of a run is, the last one's by default, and which alarms it holds.

    Every run of `stet archive` writes one. Where it is missing, as after a run that was killed, it is made now.
    """
    from flows.report_command import report as run_report  # noqa: PLC0415

    if archive and archive_option and run is None:
        archive, run = None, str(archive)
    run_report(archive_of(archive, archive_option, config), run, again=again, show=show)


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command(epilog="Example: stet report archive --open, or of one run: stet report archive 20261124")(report)
