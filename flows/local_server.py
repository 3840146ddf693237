"""A Prefect server of our own on loopback, which cannot outlive this process.

It is the application that Prefect's embedded server is, started by us for three reasons: it starts while we read the
archive and import Prefect; this process need not import the server itself (together 5 of 9 s saved, measured); and it
watches a pipe, so that it stops even where this process is killed. With `schedules` it has the scheduler, too, which
Prefect's embedded server leaves out.
"""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path

START_SECONDS = 300.0  # a busy machine has taken two minutes; one that dies is seen at once
_STOP_SECONDS = 10.0
_HEALTHY = 200
_ROOT = Path(__file__).resolve().parent.parent


class ServerError(RuntimeError):
    """The server did not start. The message is one line for the user."""


class LocalServer:
    """A server process and its address."""

    def __init__(self, process: subprocess.Popen[bytes], port: int, log: Path) -> None:
        self.api_url = f"http://127.0.0.1:{port}/api"
        self._process = process
        self._log = log

    @classmethod
    def start(cls, home: Path, *, schedules: bool = False, verbose: bool = False) -> "LocalServer":
        """Start a server with its database in `home`. Returns at once; `wait` before it is used."""
        log = home / "server.log"
        try:
            home.mkdir(parents=True, exist_ok=True)
            with socket.create_server(("127.0.0.1", 0)) as listener, log.open("wb") as output:
                process = _spawn(listener, schedules=schedules, output=None if verbose else output.fileno())
                # Our copy of the socket closes here, so that a server that dies refuses connections.
                return cls(process, listener.getsockname()[1], log)
        except OSError as error:
            raise ServerError(f"cannot start Prefect's server in {home}: {error.strerror or error}") from error

    def wait(self, seconds: float = START_SECONDS) -> None:
        """Wait until the server answers. Raises ServerError."""
        try:
            # Connections queue in the socket until the server takes them.
            with urllib.request.urlopen(f"{self.api_url}/health", timeout=seconds) as response:  # noqa: S310
                if response.status == _HEALTHY:
                    return
        except OSError as error:
            self.stop()
            raise ServerError(f"Prefect's server did not start ({error}); see {self._log}") from error

    def stop(self) -> None:
        """Stop the server and wait until it is gone."""
        if self._process.stdin:
            self._process.stdin.close()
        try:
            self._process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def _spawn(listener: socket.socket, *, schedules: bool, output: int | None) -> "subprocess.Popen[bytes]":
    path = os.pathsep.join(filter(None, [str(_ROOT), os.environ.get("PYTHONPATH")]))
    return subprocess.Popen(  # noqa: S603
        [sys.executable, "-m", __name__, str(listener.fileno()), "full" if schedules else "embedded"],
        stdin=subprocess.PIPE,
        stdout=output,
        stderr=output,
        pass_fds=[listener.fileno()],
        start_new_session=True,  # a Ctrl-C is for the command, which then stops its server
        env={**os.environ, **_environment(schedules=schedules), "PYTHONPATH": path},
    )


def _environment(*, schedules: bool) -> dict[str, str]:
    # No run of ours needs a block type, and writing them to a new database takes two seconds.
    blocks = {} if schedules else {"PREFECT_API_BLOCKS_REGISTER_ON_START": "false"}
    return {"PREFECT_UI_ENABLED": "false", **blocks}


def _serve(descriptor: int, *, schedules: bool) -> None:
    """Be the server, until the pipe on standard input closes."""
    threading.Thread(target=_stop_with_parent, daemon=True).start()  # first: the imports take seconds
    import uvicorn  # noqa: PLC0415
    from prefect.server.api.server import create_app  # noqa: PLC0415

    app = create_app(ephemeral=not schedules, final=True)
    config = uvicorn.Config(app, log_level="error", lifespan="on", timeout_graceful_shutdown=3)
    uvicorn.Server(config).run(sockets=[socket.socket(fileno=descriptor)])


def _stop_with_parent() -> None:
    sys.stdin.buffer.read()
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(_STOP_SECONDS / 2)  # Prefect's services may not let go
    os._exit(1)


if __name__ == "__main__":
    _serve(int(sys.argv[1]), schedules=sys.argv[2] == "full")
