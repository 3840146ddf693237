"""The commands that read an archive: query, show, export, stats."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flows.places import archive_place

if TYPE_CHECKING:
    from config.settings import Settings

Archive = Annotated[
    Path | None,
    typer.Argument(
        metavar="[ARCHIVE]",
        help="The archive's folder, here or at s3://. Default: the setting `archive`.",
        parser=archive_place,
        show_default=False,
    ),
]
ArchiveOption = Annotated[
    Path | None,
    typer.Option("--archive", metavar="ARCHIVE", help="The same as an option.", parser=archive_place),
]
Config = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="A settings file. Default: stet.toml in this folder, if there is one."),
]


class Format(StrEnum):
    """What `stet export` writes."""

    JSONL = "jsonl"
    CSV = "csv"
    TEI = "tei"
    MARKDOWN = "markdown"
    WET = "wet"


def query(
    sql: Annotated[str, typer.Argument(metavar="SQL", help="One SELECT, in DuckDB's SQL; - reads standard input.")],
    archive: Archive = None,
    *,
    archive_option: ArchiveOption = None,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object a row.")] = False,
    config: Config = None,
) -> None:
    """Ask an archive in SQL.

    Views: articles, latest (the newest revision of each URL), rejects, blocks (one row a block), runs. DESCRIBE latest
    lists a view's columns. A query only reads, and reads nothing but the archive.
    """
    from flows.reading import run_query  # noqa: PLC0415

    run_query(sql, archive_of(archive, archive_option, config), as_csv=as_csv, as_json=as_json)


def show(
    article_id: Annotated[str, typer.Argument(metavar="ID", help="An article's id, or how it begins.")],
    archive: Archive = None,
    *,
    archive_option: ArchiveOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the whole record as one JSON object.")] = False,
    config: Config = None,
) -> None:
    """Print an article of an archive: title, authors, date, publisher, URL, and the text."""
    from flows.reading import show as run_show  # noqa: PLC0415

    run_show(article_id, archive_of(archive, archive_option, config), as_json=as_json)


def export(
    archive: Archive = None,
    *,
    archive_option: ArchiveOption = None,
    form: Annotated[Format, typer.Option("--format", help="tei and markdown write a folder, a file an article.")],
    to: Annotated[
        Path | None, typer.Option(metavar="FILE|FOLDER", help="Where to. Default: standard output, if a file.")
    ] = None,
    where: Annotated[str | None, typer.Option(metavar="SQL", help="Which articles: a condition on columns.")] = None,
    every: Annotated[bool, typer.Option("--all", help="Every revision, not only the newest of each URL.")] = False,
    config: Config = None,
) -> None:
    """Write the articles of an archive in another form.

    A FILE that ends in .gz is packed. A FILE is replaced as a whole; a FOLDER must not be there yet.
    """
    from flows.reading import export as run_export  # noqa: PLC0415

    run_export(archive_of(archive, archive_option, config), form.value, to, where=where, every=every)


def stats(
    archive: Archive = None,
    *,
    archive_option: ArchiveOption = None,
    top: Annotated[int, typer.Option(min=1, metavar="N", help="Publishers, languages and days to show.")] = 10,
    as_json: Annotated[bool, typer.Option("--json", help="Print all figures as one JSON object.")] = False,
    config: Config = None,
) -> None:
    """Count an archive: by publisher, language and day, which fields are filled, which lines are removed."""
    from flows.reading import show_stats  # noqa: PLC0415

    show_stats(archive_of(archive, archive_option, config), top=top, as_json=as_json)


def register(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    app.command(epilog="""Example: stet query "SELECT publisher, count(*) FROM latest GROUP BY ALL" archive""")(query)
    app.command(epilog="Example: stet show 7aba archive")(show)
    app.command(epilog="""Example: stet export archive --format tei --to tei/ --where "language = 'de'\"""")(export)
    app.command(epilog="Example: stet stats archive")(stats)


def archive_of(argument: Path | None, option: Path | None, config: Path | None) -> Path:
    """The archive that a command is about: as an argument, an option, or the setting."""
    from flows.errors import usage  # noqa: PLC0415

    if argument and option and argument != option:
        raise usage("name one archive: ARCHIVE and --archive differ")
    place = argument or option or settings_of(config).archive
    if place is None:
        raise usage("no archive given: name its folder, or set `archive`")
    return archive_place(place)


def settings_of(config: Path | None) -> "Settings":
    """The settings in force; a mistake in them ends in one line."""
    from config.settings import SettingsError, load  # noqa: PLC0415
    from flows.errors import usage  # noqa: PLC0415

    try:
        return load({}, config).settings
    except SettingsError as error:
        raise usage(error) from error
