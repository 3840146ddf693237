"""`stet archive`: runs the flow on a Prefect server of its own and shows how it goes."""

import atexit
import os
import signal
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from importlib.util import find_spec
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any, NoReturn
from urllib.parse import urlsplit

from config.settings import Settings
from flows.errors import CommandError, Exit, usage
from flows.local_server import LocalServer, ServerError
from flows.places import archive_place
from flows.prefect_home import has_server, home, prepare
from outputs.s3 import S3Path
from tasks.publishers import checked_publishers
from tasks.read import SourceError, find_pages
from tasks.rulefile import RuleError
from tasks.storage import absolute

if TYPE_CHECKING:
    from flows.archiving import Archiving, Request
    from flows.summary import Summary

_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_RESUME = "what is in the archive is whole, and the same command completes it"


class _TerminatedError(BaseException):
    """SIGTERM arrived."""


def archive(settings: Settings, *, as_json: bool, verbose: bool, strict: bool = False) -> Exit:
    """Archive the pages of the settings' sources and print what became of them. `strict` makes alarms an exit code."""
    check(settings)
    prepare(verbose=verbose)
    with ending_in_one_line():
        summary = _run(settings, start_server(verbose=verbose), as_json=as_json, verbose=verbose)
    return Exit.ALARM if strict and summary and summary.alarms else Exit.WELL


def check(settings: Settings) -> None:
    """Refuse sources and an archive that cannot be used, before anything is started or written."""
    if not settings.sources:
        raise usage("no SOURCE given: name files or folders, or set `sources`")
    if settings.archive is None:
        raise usage("no archive given: name a folder with --to, or set `archive`")
    try:
        find_pages(settings.sources)
        checked_publishers(settings.publishers)
    except (SourceError, RuleError) as error:
        raise usage(error) from error
    _check_archive(archive_place(settings.archive))
    if settings.dask:
        _check_dask(settings.dask)


def flow_parameters(settings: Settings) -> dict[str, Any]:
    """Return the flow's parameters, for this call or for a later one from another folder."""
    return {
        "sources": [str(absolute(source)) for source in settings.sources],
        "archive": settings.archive and absolute(settings.archive),
        "workers": settings.workers,
        "batch_pages": settings.batch_pages,
        **asdict(settings.limits),
        "publishers": settings.publishers and settings.publishers.absolute(),
        "reread": settings.reread,
        "dask": settings.dask,
    }


def start_server(*, verbose: bool, schedules: bool = False) -> LocalServer | None:
    """Start a Prefect server where the user has named none, and name it to Prefect. It stops with this process."""
    if has_server():
        return None
    server = LocalServer.start(home(), schedules=schedules, verbose=verbose)
    os.environ["PREFECT_API_URL"] = server.api_url
    os.environ["PREFECT_UI_URL"] = ""  # it serves no pages, so that nothing may name one
    # Prefect sends its last events when threads end, which is before this.
    atexit.register(server.stop)
    return server


def _request(settings: Settings) -> "Request":
    from flows.archiving import Request  # noqa: PLC0415

    return Request(
        settings.sources,
        archive_place(settings.archive or ""),
        settings.workers,
        settings.batch_pages,
        settings.limits,
        settings.publishers,
        settings.dask,
        settings.reread,
    )


def _check_archive(folder: Path) -> None:
    if isinstance(folder, S3Path):
        _check_store(folder)
        return
    place = folder.absolute()
    while not place.exists() and place != place.parent:
        place = place.parent
    if not place.is_dir():
        raise usage(f"cannot write to the archive {folder}: {place} is not a folder")
    if not os.access(place, os.W_OK | os.X_OK):
        raise usage(f"cannot write to the archive {folder}: no permission to write to {place}")


def _check_store(archive: S3Path) -> None:
    try:
        archive.check()
    except OSError as error:
        raise usage(f"cannot write to the archive {archive}: {error.strerror or error}") from error


def _check_dask(address: str) -> None:
    if not find_spec("prefect_dask"):
        raise usage("a Dask cluster needs an extra: pip install 'stet[dask]'")
    if not has_server() and urlsplit(address).hostname not in _LOOPBACK:  # ours answers this machine alone
        raise usage(f"the workers of {address} need a Prefect server that they reach: name it in PREFECT_API_URL")


def _run(settings: Settings, server: LocalServer | None, *, as_json: bool, verbose: bool) -> "Summary | None":
    from flows.archiving import ClusterError, open_archiving  # noqa: PLC0415  (while the server starts)
    from flows.progress import shown  # noqa: PLC0415
    from flows.report import print_summary  # noqa: PLC0415
    from outputs.layout import ArchiveError  # noqa: PLC0415

    with ExitStack() as stack:
        try:
            archiving = stack.enter_context(open_archiving(_request(settings)))
        except (ArchiveError, SourceError, ClusterError) as error:
            raise usage(error) from error
        with shown(archiving, bar=not verbose):
            archiving.start_ahead()
            _run_flow(settings, archiving, server)
        if archiving.summary:
            print_summary(archiving.summary, as_json=as_json)
        return archiving.summary


def _run_flow(settings: Settings, archiving: "Archiving", server: LocalServer | None) -> None:
    from prefect.exceptions import TerminationSignal  # noqa: PLC0415  (a second, while the workers are at work)
    from prefect.settings import PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings  # noqa: PLC0415

    from flows.archive_news import archive_news  # noqa: PLC0415
    from flows.archiving import under_way  # noqa: PLC0415
    from outputs.layout import ArchiveError  # noqa: PLC0415

    # Nobody watches the heartbeat of a run on our own server, and its thread takes a second to end.
    updates = {PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None} if server else {}
    try:
        if server:
            server.wait()
        with under_way(archiving), temporary_settings(updates=updates):
            archive_news(**flow_parameters(settings))
    except TerminationSignal as signalled:
        raise _TerminatedError from signalled
    except (ArchiveError, OSError, RuntimeError, ValueError) as error:
        raise CommandError(f"the run failed: {_one_line(error)}") from error


@contextmanager
def ending_in_one_line() -> Iterator[None]:
    """Turn signals and a server that does not start into one line and an exit code."""
    before = signal.signal(signal.SIGTERM, _on_sigterm)
    try:
        yield
    except KeyboardInterrupt as error:
        raise CommandError(f"interrupted; {_RESUME}", Exit.INTERRUPTED) from error
    except _TerminatedError as error:
        raise CommandError(f"terminated; {_RESUME}", Exit.TERMINATED) from error
    except ServerError as error:
        raise CommandError(str(error)) from error
    finally:
        signal.signal(signal.SIGTERM, before)


def _on_sigterm(_signal: int, _frame: FrameType | None) -> NoReturn:
    raise _TerminatedError


def _one_line(error: BaseException) -> str:
    return " ".join(str(error).split()) or type(error).__name__
