"""The environment that Prefect is run in. Set before Prefect is imported, since it reads its settings then."""

import os
from contextlib import suppress
from pathlib import Path

# Prefect's own defaults suit a server that people look at; this is a command that ends.
_ALWAYS = {
    "DO_NOT_TRACK": "1",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "120",
    "PREFECT_SERVER_SERVICES_DB_VACUUM_ENABLED": "events,flow_runs",  # the database is ours and would grow for ever
}
_QUIET = {
    "PREFECT_LOGGING_LEVEL": "CRITICAL",
    "PREFECT_SERVER_LOGGING_LEVEL": "CRITICAL",
    "PREFECT_INTERNAL_LOGGING_LEVEL": "CRITICAL",
    "PREFECT_LOGGING_ROOT_LEVEL": "CRITICAL",
}


def prepare(*, verbose: bool) -> None:
    """Set what Prefect needs in this process's environment. What the user has set there stays."""
    for name, value in {**_ALWAYS, **({} if verbose else _QUIET), "PREFECT_HOME": str(home())}.items():
        os.environ.setdefault(name, value)
    with suppress(OSError):  # Prefect makes the last folder alone; that it cannot be made is the server's to say
        home().mkdir(parents=True, exist_ok=True)


def show_runs() -> None:
    """Let the few lines that each run logs through, where Prefect is quiet: for a command that runs for months."""
    os.environ.setdefault("PREFECT_LOGGING_LOGGERS_PREFECT_FLOW_RUNS_LEVEL", "INFO")


def home() -> Path:
    """Return the folder of Prefect's database: the one the user has named, else our own."""
    if named := os.environ.get("PREFECT_HOME"):
        return Path(named).expanduser()
    data = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(data) / "stet" / "prefect"


def has_server() -> bool:
    """Whether the user has named a Prefect server."""
    return bool(os.environ.get("PREFECT_API_URL"))
