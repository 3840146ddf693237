"""`stet serve`: runs the flow on a schedule, on a Prefect server of its own where the user has named none."""

import os
from pathlib import Path

from config.settings import Settings
from flows.archive_command import check, ending_in_one_line, flow_parameters, start_server
from flows.errors import usage
from flows.prefect_home import prepare, show_runs

_ROOT = Path(__file__).resolve().parent.parent


def serve(settings: Settings, *, verbose: bool) -> None:
    """Archive the settings' sources whenever the cron line says, until the process is told to end."""
    check(settings)
    if settings.cron is None:
        raise usage('no schedule given: name one with --cron, as "0 3 * * *", or set `cron`')
    prepare(verbose=verbose)
    show_runs()
    _check_cron(settings.cron)
    with ending_in_one_line():
        _serve(settings, settings.cron, verbose=verbose)


def _serve(settings: Settings, cron: str, *, verbose: bool) -> None:
    from prefect.settings import PREFECT_API_URL, temporary_settings  # noqa: PLC0415
    from prefect.types.entrypoint import EntrypointType  # noqa: PLC0415

    from flows.archive_news import archive_news  # noqa: PLC0415

    # The runs are processes of their own, which import the flow by its module's name.
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(_ROOT), os.environ.get("PYTHONPATH")]))
    server = start_server(verbose=verbose, schedules=True)
    if server:
        server.wait()
    with temporary_settings(updates={PREFECT_API_URL: os.environ["PREFECT_API_URL"]}):
        print(f"archiving at {cron} (UTC) into {settings.archive}; Ctrl-C ends it", flush=True)
        archive_news.serve(
            name="stet-serve",
            cron=cron,
            parameters={name: _plain(value) for name, value in flow_parameters(settings).items()},
            limit=1,
            entrypoint_type=EntrypointType.MODULE_PATH,
            print_starting_message=False,
        )


def _check_cron(cron: str) -> None:
    from prefect.client.schemas.schedules import CronSchedule  # noqa: PLC0415
    from pydantic import ValidationError  # noqa: PLC0415

    try:
        CronSchedule(cron=cron, timezone="UTC")
    except ValidationError as error:
        raise usage(f'not a cron line: {cron!r}; five fields, as "0 3 * * *" for three in the morning') from error


def _plain(value: object) -> object:
    if isinstance(value, list):
        return [_plain(entry) for entry in value]
    return str(value) if isinstance(value, Path) else value
