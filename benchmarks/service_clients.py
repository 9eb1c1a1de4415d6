"""The two tracking servers of service_load, on one Postgres, and the clients that load them.

The team's service is started as in tests/service, with the files and scripts of its images.
"""

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import requests
from faults.servers import free_port, listens
from faults.support import until
from service.stack import PYTHON, Stack

EPOCHS = 10
EXPERIMENT = "fashion-mnist"
API = "/api/2.0/mlflow"


@dataclass(frozen=True)
class Server:
    """A tracking server.

    Attributes:
        login: the clients' user and password; None if there is no login.
        experiment: the id of the experiment for new runs.
        roots: the first process of each part of the server.
    """

    uri: str
    login: tuple[str, str] | None
    experiment: str
    roots: dict[str, psutil.Process]

    def processes(self, part: str) -> list[psutil.Process]:
        """All processes of a part."""
        return [self.roots[part], *self.roots[part].children(recursive=True)]

    def cpu(self) -> dict[str, float]:
        """The CPU seconds that each part has used so far."""
        return {
            part: sum(_cpu_seconds(process) for process in self.processes(part))
            for part in self.roots
        }


def _cpu_seconds(process: psutil.Process) -> float:
    """The CPU seconds of a process and of its ended children; 0 if the process is gone."""
    with suppress(psutil.NoSuchProcess):
        return sum(process.cpu_times()[:4])
    return 0.0


@dataclass
class Client:
    """A simulated worker of a search, which records trials without training them."""

    server: Server
    trials: int = 0
    errors: int = 0
    latencies: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._session = requests.Session()  # reuses its connection
        self._session.auth = self.server.login

    def work_until(self, end: float) -> None:
        """Record trials until a time of `perf_counter`; the last one is completed."""
        while time.perf_counter() < end:
            try:
                self.record_trial()
                self.trials += 1
            except requests.RequestException as error:
                self.errors += 1
                print(f"error: {error}", flush=True)

    def record_trial(self) -> None:
        """Make the requests of one trial, without its artifacts."""
        now = int(time.time() * 1_000)
        tags = [
            {"key": f"fmnist.{name}", "value": name * 8} for name in ("key", "family", "preset")
        ]
        opened = {"experiment_id": self.server.experiment, "start_time": now, "tags": tags}
        run = self._post("runs/create", **opened)["run"]["info"]["run_id"]
        self._log_batch(run, params=[{"key": f"p{i}", "value": "1"} for i in range(15)])
        for epoch in range(EPOCHS):
            self._log_batch(run, metrics=_metrics("epoch", 5, now, epoch))
        self._log_batch(run, metrics=_metrics("summary", 10, now, 0))
        self._post("runs/update", run_id=run, status="FINISHED", end_time=now)

    def _log_batch(self, run: str, **what: Any) -> None:
        started = time.perf_counter()
        self._post("runs/log-batch", run_id=run, **what)
        self.latencies.append(time.perf_counter() - started)

    def _post(self, call: str, **body: Any) -> Any:
        reply = self._session.post(f"{self.server.uri}{API}/{call}", json=body, timeout=120)
        reply.raise_for_status()
        return reply.json()


def _metrics(name: str, count: int, timestamp: int, step: int) -> list[dict[str, Any]]:
    return [
        {"key": f"{name}_{index}", "value": 0.5, "timestamp": timestamp, "step": step}
        for index in range(count)
    ]


def team_server(up: Stack) -> Server:
    """The team's server behind its proxy, used with the login of a member."""
    login = ("ada", up.passwords["ada"])
    asked = {"experiment_name": EXPERIMENT}
    address = f"{up.uri}{API}/experiments/get-by-name"
    found = requests.get(address, asked, auth=login, timeout=60).json()
    roots = {part: psutil.Process(up.processes[part].pid) for part in ("tracking", "proxy")}
    roots["postgres"] = postgres(up)
    return Server(up.uri, login, found["experiment"]["experiment_id"], roots)


def postgres(up: Stack) -> psutil.Process:
    """The main process of Postgres, whose children are all the others."""
    folder = Path(up.sql("SHOW data_directory").strip())
    return psutil.Process(int((folder / "postmaster.pid").read_text().split()[0]))


@contextmanager
def stock_server(up: Stack, folder: Path) -> Iterator[Server]:
    """Run MLflow's own server with its default settings, on the same Postgres."""
    up.sql("CREATE DATABASE stock")
    port = free_port()
    command = [
        str(PYTHON), "-m", "mlflow", "server", "--port", str(port),
        "--backend-store-uri", "postgresql+psycopg2://postgres@/stock",
    ]  # fmt: skip
    variables = up.environment | {"MLFLOW_DISABLE_TELEMETRY": "true"}
    with (folder / "stock.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=folder, env=variables, stdout=log, stderr=log)
    root = psutil.Process(process.pid)
    try:
        until(lambda: listens(port))
        roots = {"tracking": root, "postgres": postgres(up)}
        yield Server(f"http://127.0.0.1:{port}", None, "0", roots)
    finally:
        for child in [*root.children(recursive=True), root]:
            child.kill()
        process.wait()
