"""The command line. Each command imports what it needs when it runs: worker processes import this module again."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.exceptions import TyperException

from config.errors import FileOfOursError
from flows import care_cli, inspect_cli, reading_cli, report_cli, rules_cli
from flows.errors import CommandError, Exit, usage

if TYPE_CHECKING:
    from config.limits import Limits
    from config.settings import Loaded, Settings

app = typer.Typer(
    name="stet",
    help="Turn raw news pages into a clean, typed archive in which every removed line keeps its reason.",
    epilog="Start with: stet clean page.html",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

Sources = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="SOURCE...",
        help="Folders, files and URLs of raw pages: HTML, text, WARC, WET, ZIP, tar, JSON lines, Parquet, lists.",
    ),
]
To = Annotated[
    str | None,
    typer.Option("--to", metavar="ARCHIVE", help="The archive's folder, here or at s3://; made if it is not there."),
]
Workers = Annotated[int | None, typer.Option(metavar="N", help="Processes that clean. Default: one a core.")]
BatchPages = Annotated[int | None, typer.Option(metavar="N", help="Pages of a batch. Default: by the run's size.")]
Cron = Annotated[str | None, typer.Option(metavar="CRON", help="When to run, as five fields of cron, in UTC.")]
PublisherRules = Annotated[
    Path | None, typer.Option("--publishers", metavar="RULES", help="A folder of publisher rules of your own.")
]
Dask = Annotated[
    str | None,
    typer.Option(metavar="ADDRESS", help="Clean on a Dask cluster, as tcp://host:8786. Default: on this machine."),
]
Reread = Annotated[
    bool | None,
    typer.Option("--reread", help="Read all files again, and clean archived pages again: what changes is a revision."),
]
Verbose = Annotated[bool, typer.Option("--verbose", help="Show Prefect's own messages.")]
Config = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="A settings file. Default: stet.toml in this folder, if there is one."),
]


def main() -> None:
    """Run the command line as the console script `stet`."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """Run a command line and return its exit code. A user's mistake ends in one line on standard error."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")
    try:
        return int(app(list(arguments), prog_name="stet", standalone_mode=False) or Exit.WELL)
    except CommandError as error:
        return _say(error, error.code)
    except FileOfOursError as error:
        return _say(error, Exit.FAILED)
    except TyperException as error:
        return _say(error.format_message(), Exit.USAGE)
    except (KeyboardInterrupt, typer.Abort):
        return _say("interrupted", Exit.INTERRUPTED)
    except BrokenPipeError:  # what reads our output has had enough of it
        sys.stdout = None
        return Exit.FAILED


@app.callback(invoke_without_command=True)
def _root(
    version: Annotated[bool, typer.Option("--version", help="Print the version and end.", is_eager=True)] = False,
) -> None:
    if version:
        from importlib.metadata import version as installed  # noqa: PLC0415

        print(f"stet {installed('stet')}")
        raise typer.Exit


@app.command(epilog="Example: stet archive pages/ --to archive")
def archive(
    *,
    sources: Sources = None,
    to: To = None,
    workers: Workers = None,
    batch_pages: BatchPages = None,
    publishers: PublisherRules = None,
    reread: Reread = None,
    dask: Dask = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the summary as one JSON object.")] = False,
    strict: Annotated[bool, typer.Option("--strict", help="End with exit code 3 where there are alarms.")] = False,
    verbose: Verbose = False,
    config: Config = None,
) -> int:
    """Clean the pages of files and folders and put the articles into an archive.

    Run again over the same pages it writes nothing; pages added since are the only work, and files that have not
    changed since are not even read. A run that was cut short is completed by the same command.
    """
    from flows.archive_command import archive as run_archive  # noqa: PLC0415

    flags = {"workers": workers, "batch_pages": batch_pages, "publishers": publishers, "reread": reread, "dask": dask}
    settings = _settings(config, sources=sources or None, archive=to, **flags)
    return run_archive(settings, as_json=as_json, verbose=verbose, strict=strict)


@app.command(epilog="Example: stet clean page.html, or: curl -s https://example.org/story | stet clean --json -")
def clean(
    pages: Annotated[list[str], typer.Argument(metavar="PAGE...", help="Raw pages, WARCs …; - is standard input.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print the whole record, one JSON object a page.")] = False,
    publishers: PublisherRules = None,
    config: Config = None,
) -> int:
    """Clean pages and print their text: no flow, no archive.

    A page without an article is a line on standard error with the reason, and exit code 1.
    """
    from flows.clean_command import clean as run_clean  # noqa: PLC0415

    return run_clean(pages, *_cleaning(config, publishers), as_json=as_json)


@app.command(epilog='Example: stet serve --cron "0 3 * * *" pages/ --to archive')
def serve(
    *,
    sources: Sources = None,
    to: To = None,
    cron: Cron = None,
    workers: Workers = None,
    batch_pages: BatchPages = None,
    publishers: PublisherRules = None,
    dask: Dask = None,
    verbose: Verbose = False,
    config: Config = None,
) -> None:
    """Archive on a schedule, for as long as this command runs.

    Starts a Prefect server of its own on this machine, unless PREFECT_API_URL names one.
    """
    from flows.serve_command import serve as run_serve  # noqa: PLC0415

    flags = {"workers": workers, "batch_pages": batch_pages, "publishers": publishers, "dask": dask}
    settings = _settings(config, sources=sources or None, archive=to, cron=cron, **flags)
    run_serve(settings, verbose=verbose)


Labelled = Annotated[
    list[Path],
    typer.Argument(metavar="LABELLED...", help="Folders with truth.jsonl and pages/: pages and their articles."),
]


@app.command(epilog="Example: stet train my-pages/ --to model")
def train(
    *,
    labelled: Labelled,
    to: Annotated[Path, typer.Option("--to", metavar="MODEL", help="The folder that the model is written to.")],
    folds: Annotated[
        int, typer.Option(min=0, metavar="N", help="Folds of the cross-validation, split by publisher; 0: none.")
    ] = 5,
    seed: Annotated[int, typer.Option(min=0, metavar="N", help="The same pages and seed give the same model.")] = 0,
    verbose: Verbose = False,
) -> None:
    """Train the labeller's model on pages with known articles, and write it with a card that says how good it is."""
    from flows.learning_command import train as run_train  # noqa: PLC0415

    run_train(labelled, to, folds=folds, seed=seed, verbose=verbose)


@app.command(epilog="Example: stet evaluate my-pages/ --worst 10")
def evaluate(
    *,
    labelled: Labelled,
    also: Annotated[
        list[Path] | None, typer.Option(metavar="LABELLED", help="Pages to score, too, but not to learn from.")
    ] = None,
    model: Annotated[
        Path | None, typer.Option(metavar="MODEL", help="Score this model as it is. Default: cross-validation.")
    ] = None,
    folds: Annotated[
        int, typer.Option(min=2, metavar="N", help="Folds of the cross-validation, split by publisher.")
    ] = 5,
    worst: Annotated[int, typer.Option(min=0, metavar="N", help="Pages of each folder to name, worst first.")] = 5,
    against: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Figures to compare with: what --json printed, or a model's card.json."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print all figures as one JSON object.")] = False,
    verbose: Verbose = False,
) -> None:
    """Score cleaned pages against their known articles.

    Without --model each page is cleaned by a model that has not learned from its publisher.
    """
    from flows.learning_command import evaluate as run_evaluate  # noqa: PLC0415

    run_evaluate(
        labelled,
        also=also or [],
        model=model,
        folds=folds,
        worst=worst,
        against=against,
        as_json=as_json,
        verbose=verbose,
    )


@app.command(name="config", epilog="Example: STET_WORKERS=2 stet config")
def show_config(
    *,
    sources: Sources = None,
    to: To = None,
    cron: Cron = None,
    workers: Workers = None,
    batch_pages: BatchPages = None,
    publishers: PublisherRules = None,
    reread: Reread = None,
    dask: Dask = None,
    config: Config = None,
) -> None:
    """Print each setting, its value, and where it comes from: a flag, the environment, a file, or the default."""
    flags = {"workers": workers, "batch_pages": batch_pages, "publishers": publishers, "reread": reread, "dask": dask}
    loaded = _load(config, sources=sources or None, archive=to, cron=cron, **flags)
    for name, value in loaded.settings.model_dump(mode="json").items():
        line = f"# {name} is unset" if value is None else f"{name} = {_toml(value)}"
        print(f"{line:<40}  # {_where(loaded, name)}")


def _toml(value: Any) -> str:
    import json  # noqa: PLC0415

    return json.dumps(value, ensure_ascii=False)


def _where(loaded: "Loaded", name: str) -> str:
    from config.settings import Origin, variable  # noqa: PLC0415

    detail = {Origin.FILE: f" {loaded.file}", Origin.ENVIRONMENT: f" {variable(name)}"}
    return loaded.origins[name].value + detail.get(loaded.origins[name], "")


def _cleaning(config: Path | None, publishers: Path | None) -> "tuple[Limits, Path | None]":
    """What cleaning pages is told: limits, and the folder of publisher rules."""
    from config.given import is_any_given  # noqa: PLC0415
    from config.limits import Limits  # noqa: PLC0415

    if not config and not is_any_given():
        return Limits(), publishers
    settings = _settings(config, publishers=publishers)
    return settings.limits, settings.publishers


def _settings(config: Path | None, **flags: Any) -> "Settings":
    return _load(config, **flags).settings


def _load(config: Path | None, **flags: Any) -> "Loaded":
    from config.settings import SettingsError, load  # noqa: PLC0415

    try:
        return load(flags, config)
    except SettingsError as error:
        raise usage(error) from error


def _say(message: object, code: Exit) -> Exit:
    print(f"stet: {message}", file=sys.stderr)
    return code


care_cli.register(app)
reading_cli.register(app)
inspect_cli.register(app)
report_cli.register(app)
rules_cli.register(app)

if __name__ == "__main__":
    main()
