"""The commands that look at one page: inspect, and label, which keeps what was corrected there."""

from pathlib import Path
from typing import Annotated

import typer

from flows.reading_cli import Archive, ArchiveOption, Config


def inspect(
    page: Annotated[
        str,
        typer.Argument(
            metavar="PAGE|ID",
            help="A raw page (- is standard input), an article's id, or a page's name in the archive.",
        ),
    ],
    archive: Archive = None,
    *,
    archive_option: ArchiveOption = None,
    to: Annotated[Path | None, typer.Option(metavar="FILE", help="Write the HTML there and open nothing.")] = None,
    as_text: Annotated[bool, typer.Option("--text", help="Print it here, in colour on a terminal.")] = False,
    config: Config = None,
) -> None:
    """Show every line of a page: what stands, what goes, and why; the fields, and where each came from.

    Opens one HTML page in the browser. Labels are corrected there by key and saved as a file for `stet label`.
    """
    from flows.inspecting import inspect as run_inspect  # noqa: PLC0415

    run_inspect(page, (archive, archive_option), config, to=to, as_text=as_text)


def label(
    labels: Annotated[list[Path], typer.Argument(metavar="LABELS...", help="Files that the inspector saved.")],
    *,
    to: Annotated[
        Path, typer.Option("--to", metavar="FOLDER", help="The folder of labelled pages; made if it is not there.")
    ],
    page: Annotated[
        list[Path] | None,
        typer.Option(metavar="FILE", help="Where the raw page lies now, if not where it was inspected."),
    ] = None,
) -> None:
    """Put pages with corrected labels into a folder that `stet train` and `stet evaluate` take.

    A page that is there already gets the new labels.
    """
    from flows.inspecting import label as run_label  # noqa: PLC0415

    run_label(labels, to, page or [])


def register(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    app.command(epilog="Example: stet inspect page.html, or: stet inspect 7aba archive")(inspect)
    app.command(epilog="Example: stet label ~/Downloads/*.labels.json --to my-pages/")(label)
