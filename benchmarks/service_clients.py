"""The two tracking servers of service_load, on one Postgres, and the clients that load them.

The team's service is started as tests/service does it, from its images' own files and scripts.
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
    """Where clients ask, as whom, and the processes behind it."""

    uri: str
    login: tuple[str, str] | None
    experiment: str
    roots: dict[str, psutil.Process]

    def processes(self, part: str) -> list[psutil.Process]:
        """A part's processes."""
        return [self.roots[part], *self.roots[part].children(recursive=True)]

    def cpu(self) -> dict[str, float]:
        """The CPU seconds of each part so far."""
        return {
            part: sum(_cpu_seconds(process) for process in self.processes(part))
            for part in self.roots
        }


def _cpu_seconds(process: psutil.Process) -> float:
    """Of a process and those of its children that have ended."""
    with suppress(psutil.NoSuchProcess):
        return sum(process.cpu_times()[:4])
    return 0.0


@dataclass
class Client:
    """One worker of a search, which only records: its trials take no time to train."""

    server: Server
    trials: int = 0
    errors: int = 0
    latencies: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._session = requests.Session()  # keeps its connection
        self._session.auth = self.server.login

    def work_until(self, end: float) -> None:
        """Record trials, the last one to its end."""
        while time.perf_counter() < end:
            try:
                self.record_trial()
                self.trials += 1
            except requests.RequestException as error:
                self.errors += 1
                print(f"error: {error}", flush=True)

    def record_trial(self) -> None:
        """The calls of a trial of some epochs, without its artifacts."""
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
    """The hardened server through its proxy, as one of the team."""
    login = ("ada", up.passwords["ada"])
    asked = {"experiment_name": EXPERIMENT}
    address = f"{up.uri}{API}/experiments/get-by-name"
    found = requests.get(address, asked, auth=login, timeout=60).json()
    roots = {part: psutil.Process(up.processes[part].pid) for part in ("tracking", "proxy")}
    roots["postgres"] = postgres(up)
    return Server(up.uri, login, found["experiment"]["experiment_id"], roots)


def postgres(up: Stack) -> psutil.Process:
    """The process that all of Postgres's are children of."""
    folder = Path(up.sql("SHOW data_directory").strip())
    return psutil.Process(int((folder / "postmaster.pid").read_text().split()[0]))


@contextmanager
def stock_server(up: Stack, folder: Path) -> Iterator[Server]:
    """MLflow's server as it is when nothing is chosen but a database, on the same Postgres."""
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
