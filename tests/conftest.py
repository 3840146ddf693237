"""What tests share: pages, an environment of their own, and the command as a process."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from flows.local_server import LocalServer

pytest_plugins = ["tests.s3_server"]

ROOT = Path(__file__).resolve().parent.parent

_WORDS = (
    "The harbour council voted on Tuesday to keep the old ferry running through the winter, although the boat "
    "loses money on most days and the engine needs repairs that nobody has yet paid for."
)


def pytest_xdist_auto_num_workers() -> int:
    """Three processes for two cores: a third of the time goes by in waiting for programs that the tests start."""
    return -(-3 * len(os.sched_getaffinity(0)) // 2) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def page_html(number: int, paragraphs: int = 4) -> str:
    """An article page that differs from every other number's."""
    body = "".join(f"<p>{_WORDS} That is what report {number} says in part {part}.</p>" for part in range(paragraphs))
    return (
        f'<!DOCTYPE html><html lang="en"><head><title>Ferry report {number}</title>'
        f'<meta property="article:published_time" content="2024-03-{number % 28 + 1:02d}T08:00:00Z"></head>'
        f"<body><nav><a href='/'>Home</a> <a href='/news'>News</a></nav>"
        f"<article><h1>Ferry report {number}</h1>{body}</article><footer>All rights reserved</footer></body></html>"
    )


def write_pages(folder: Path, numbers: range) -> Path:
    """Write one page a number into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in numbers:
        (folder / f"page-{number:05d}.html").write_text(page_html(number), "utf-8")
    return folder


@pytest.fixture(scope="session", autouse=True)
def no_flush() -> Iterator[None]:
    """Let this process not wait for the disk: only a power cut would tell the difference. Commands still do."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda _: None)
        yield


@pytest.fixture(scope="session")
def data_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where Prefect's database lies for all tests: making it takes seconds."""
    return tmp_path_factory.mktemp("data")


SERVER_HOME = "prefect-server"  # below the folder of `data_home`


@pytest.fixture(scope="session")
def prefect_server(data_home: Path) -> Iterator[LocalServer]:
    """A Prefect server for all tests that ask for it: its start is most of what a short run of the flow costs.

    A test that has it among its fixtures gets its address in `environment`. In others each command starts its own.
    """
    settings = {
        "DO_NOT_TRACK": "1",
        "PREFECT_HOME": str(data_home / SERVER_HOME),
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_SERVER_LOGGING_LEVEL": "WARNING",
    }
    with pytest.MonkeyPatch.context() as patch:
        for name, value in settings.items():
            patch.setenv(name, value)
        server = LocalServer.start(data_home / SERVER_HOME, schedules=True)
    server.wait(300)  # the machine may be busy
    yield server
    server.stop()


@pytest.fixture
def prefect_database(data_home: Path, prefect_server: LocalServer) -> Path:
    """The SQLite file of `prefect_server`."""
    return data_home / SERVER_HOME / "prefect.db"


@pytest.fixture
def environment(data_home: Path, request: pytest.FixtureRequest) -> dict[str, str]:
    """The environment of a command, without the settings of whoever runs the tests."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("STET_", "PREFECT_"))}
    path = os.pathsep.join(filter(None, [str(ROOT), kept.get("PYTHONPATH")]))
    if "prefect_server" in request.fixturenames:
        kept["PREFECT_API_URL"] = request.getfixturevalue("prefect_server").api_url
    return kept | {"XDG_DATA_HOME": str(data_home), "PYTHONPATH": path, "NO_COLOR": "1", "COLUMNS": "100"}


Stet = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def stet(environment: dict[str, str], tmp_path: Path) -> Stet:
    """The command as a user runs it, in an empty folder."""
    elsewhere = tmp_path / "elsewhere"

    def run(
        *arguments: str | Path,
        env: Mapping[str, str] | None = None,
        stdin: bytes | str | None = None,
        cwd: Path | None = None,
    ) -> "subprocess.CompletedProcess[str]":
        elsewhere.mkdir(exist_ok=True)
        content = stdin.encode() if isinstance(stdin, str) else stdin
        done = subprocess.run(
            [sys.executable, "-m", "flows.cli", *map(str, arguments)],
            env=environment | dict(env or {}),
            cwd=cwd or elsewhere,
            input=content,
            stdin=None if content is not None else subprocess.DEVNULL,
            capture_output=True,
            timeout=300,
            check=False,
        )
        return subprocess.CompletedProcess(done.args, done.returncode, done.stdout.decode(), done.stderr.decode())

    return run
