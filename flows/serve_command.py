"""`stet serve`: runs the flow on a schedule, on a Prefect server of its own where the user has named none."""

import asyncio
import os
from pathlib import Path

from config.settings import Settings
from flows.archive_command import check, flow_parameters, start_server
from flows.ending import Ending, ending_at_once, run_until_told
from flows.errors import CommandError, usage
from flows.local_server import ServerError
from flows.prefect_home import prepare, show_runs

_ROOT = Path(__file__).resolve().parent.parent


def serve(settings: Settings, *, verbose: bool) -> None:
    """Archive the settings' sources whenever the cron line says, until the process is told to end."""
    with ending_at_once() as ending:
        check(settings)
        if settings.cron is None:
            raise usage('no schedule given: name one with --cron, as "0 3 * * *", or set `cron`')
        prepare(verbose=verbose)
        show_runs()
        _check_cron(settings.cron)
        try:
            _serve(settings, settings.cron, ending, verbose=verbose)
        except ServerError as error:
            raise CommandError(str(error)) from error


def _serve(settings: Settings, cron: str, ending: Ending, *, verbose: bool) -> None:
    from prefect.settings import PREFECT_API_URL, PREFECT_UI_URL, temporary_settings  # noqa: PLC0415

    # The runs are processes of their own, which import the flow by its module's name.
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(_ROOT), os.environ.get("PYTHONPATH")]))
    ending.server = start_server(verbose=verbose, schedules=True)
    import flows.archive_news  # noqa: F401, PLC0415  (a second, while the server starts)

    if ending.server:
        ending.server.wait()
    places = {PREFECT_API_URL: os.environ["PREFECT_API_URL"], PREFECT_UI_URL: os.environ.get("PREFECT_UI_URL")}
    with temporary_settings(updates=places):
        print(f"archiving at {cron} (UTC) into {settings.archive}; Ctrl-C ends it", flush=True)
        asyncio.run(_run(settings, cron, ending))


async def _run(settings: Settings, cron: str, ending: Ending) -> None:
    from prefect.runner import Runner  # noqa: PLC0415
    from prefect.types.entrypoint import EntrypointType  # noqa: PLC0415

    from flows.archive_news import archive_news  # noqa: PLC0415

    runner = Runner(name="stet-serve", limit=1)
    await runner.aadd_flow(
        archive_news,
        name="stet-serve",
        cron=cron,
        parameters={name: _plain(value) for name, value in flow_parameters(settings).items()},
        entrypoint_type=EntrypointType.MODULE_PATH,
    )
    await run_until_told(runner, ending)


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
