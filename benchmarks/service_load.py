"""Measure how many trials one tracking server takes: the team's service, and `mlflow server`."""

import argparse
import itertools
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from service.stack import stack

from benchmarks import results
from benchmarks.results import Table
from benchmarks.service_clients import EPOCHS, Client, Server, stock_server, team_server

NAME, COMMAND = "service_load", "PYTHONPATH=tests python -m benchmarks.service_load"
CLIENTS = (1, 8, 32, 64)
CLIENTS_WHILE_MEMORY_IS_READ = 8
SECONDS_BETWEEN_READINGS = 5
# In this time all of a server's processes start and open their connections.
WARM_UP_SECONDS = 15
SERVICE, STOCK = "the service", "stock mlflow server"

# For sizing: a server is full if the 95th percentile of log-batch is above this.
ACCEPTABLE_P95_MS = 1_000
TRIAL_MINUTES = (1, 10, 60)
# Requests of a trial beside those of its epochs, each of which sends its metrics by itself; and the
# median of epochs in the study's tables.
REQUESTS_BESIDE_EPOCHS, STUDYS_EPOCHS = 4, 46
POSTGRES_CONNECTIONS = 300  # docker/compose.yaml's


def measure(server: Server, clients: int, seconds: float) -> dict[str, float]:
    """Trials a minute, 95th percentile of log-batch, errors, and each part's CPU time per trial."""
    team = [Client(server) for _ in range(clients)]
    before, began = server.cpu(), time.perf_counter()
    with ThreadPoolExecutor(clients) as pool:
        list(pool.map(Client.work_until, team, itertools.repeat(began + seconds)))
    taken = time.perf_counter() - began
    trials = sum(client.trials for client in team)
    if not trials:
        raise SystemExit(f"no trial was recorded: {sum(client.errors for client in team)} errors")
    latencies = [latency for client in team for latency in client.latencies]
    used = {part: (after - before[part]) / trials for part, after in server.cpu().items()}
    return {
        "trials_per_minute": trials / taken * 60,
        "p95_ms": float(np.percentile(latencies, 95)) * 1_000,
        "errors": sum(client.errors for client in team),
        **{f"{part}_cpu_ms": 1_000 * spent for part, spent in used.items()},
    }


def read_memory(server: Server, minutes: float) -> list[tuple[float, float]]:
    """Readings under load: minutes since its start, and MiB of the server's processes.

    Shared pages are divided among the processes that share them (PSS).
    """
    load = (server, CLIENTS_WHILE_MEMORY_IS_READ, minutes * 60)
    thread = threading.Thread(target=measure, args=load)
    began, readings = time.perf_counter(), []
    thread.start()
    while thread.is_alive():
        held = sum(process.memory_full_info().pss for process in server.processes("tracking"))
        readings.append(((time.perf_counter() - began) / 60, held / 1024**2))
        thread.join(SECONDS_BETWEEN_READINGS)
    return readings


def run(asked: argparse.Namespace, folder: Path) -> dict[str, Any]:
    """Make all measurements: both servers in turns, then the memory of the service."""
    rounds: dict[str, dict[str, list[dict[str, float]]]] = {}
    with stack(folder) as up, stock_server(up, folder) as stock:
        servers = {SERVICE: team_server(up), STOCK: stock}
        for server in servers.values():
            measure(server, max(CLIENTS), WARM_UP_SECONDS)
        for _ in range(asked.repeats):
            for clients in CLIENTS:
                for name, server in servers.items():
                    measured = measure(server, clients, asked.seconds)
                    rounds.setdefault(name, {}).setdefault(str(clients), []).append(measured)
                    print(f"{name}, {clients} clients: {measured}", flush=True)
        connections = int(up.sql("SELECT count(*) FROM pg_stat_activity WHERE datname = 'mlflow'"))
        memory = read_memory(servers[SERVICE], asked.minutes)
    return {**vars(asked), "rounds": rounds, "connections": connections, "memory": memory}


def load_table(record: dict[str, Any]) -> Table:
    """The table of rate, latency and errors by server and number of clients."""
    rows = [
        (
            name,
            clients,
            results.spread([each["trials_per_minute"] for each in measured], 0),
            results.spread([each["p95_ms"] for each in measured], 0),
            f"{sum(each['errors'] for each in measured):.0f}",
        )
        for name, by_clients in record["rounds"].items()
        for clients, measured in by_clients.items()
    ]
    note = (
        f"Median (min-max) of {record['repeats']} alternating rounds of {record['seconds']:g} s; "
        "clients, proxy, servers and Postgres share one machine. A trial is a run with its params, "
        f"{EPOCHS} epochs (one log-batch each) and its summary, without artifacts or training. The "
        "service has 2 workers behind login and proxy; stock MLflow has 4 workers and no login."
    )
    heading = ("server", "clients", "trials/min", "p95 of log-batch ms", "errors")
    return Table("Trials that one tracking server takes", heading, rows, note)


def memory_table(record: dict[str, Any]) -> Table:
    """The table of the server's memory over time."""
    minutes, held = np.transpose(record["memory"])
    later = minutes >= min(1.0, minutes[-1] / 2)
    growth = np.polyfit(minutes[later], held[later], 1)[0]
    row = [f"{minutes[-1]:.0f}", *(f"{held[later][i]:.0f}" for i in (0, -1)), f"{held.max():.0f}"]
    note = (
        f"MiB of all processes of the service's tracking server, read every "
        f"{SECONDS_BETWEEN_READINGS} s while {CLIENTS_WHILE_MEMORY_IS_READ} clients record trials."
    )
    heading = ("minutes", "after 1 minute", "at the end", "at most", "growth a minute")
    return Table("Memory under load", heading, [[*row, f"{growth:+.2f}"]], note)


def cpu_table(record: dict[str, Any]) -> Table:
    """The table of each part's CPU time per trial, and the trials that one core takes."""
    measured = [each for rounds in record["rounds"][SERVICE].values() for each in rounds]
    parts = [name for name in measured[0] if name.endswith("_cpu_ms")]
    costs = {part: float(np.median([each[part] for each in measured])) for part in parts}
    rows = [
        (part.removesuffix("_cpu_ms"), f"{cost:.0f}", f"{60_000 / cost:.0f}")
        for part, cost in costs.items()
    ]
    note = (
        "Of the service, median over all rounds. A core of Postgres handles as many trials as "
        f"{costs['tracking_cpu_ms'] / costs['postgres_cpu_ms']:.1f} cores of tracking servers. "
        f"At {max(CLIENTS)} clients the server kept {record['connections']} connections open, so a "
        f"Postgres of {POSTGRES_CONNECTIONS} connections serves "
        f"{POSTGRES_CONNECTIONS // record['connections']} such servers without a pooler."
    )
    return Table("CPU time of a trial", ("part", "ms a trial", "trials/min of a core"), rows, note)


def sizing_table(record: dict[str, Any]) -> Table:
    """The table of how many workers keep one server half busy, by calculation."""
    by_clients = record["rounds"][SERVICE].values()
    medians = [{k: np.median([each[k] for each in cell]) for k in cell[0]} for cell in by_clients]
    full = max(
        (each["trials_per_minute"] for each in medians if each["p95_ms"] <= ACCEPTABLE_P95_MS),
        default=medians[0]["trials_per_minute"],
    )
    requests = [REQUESTS_BESIDE_EPOCHS + epochs for epochs in (EPOCHS, STUDYS_EPOCHS)]
    studys = full * requests[0] / requests[1]
    rows = [(f"{length}", f"{studys * length / 2:.0f}") for length in TRIAL_MINUTES]
    note = (
        f"Calculated, not measured. Capacity: {full:.0f} trials of {EPOCHS} epochs a minute, the "
        f"highest rate above with a p95 of at most {ACCEPTABLE_P95_MS} ms, or {studys:.0f} of "
        f"{STUDYS_EPOCHS} epochs, the study's median. Half of it is kept in reserve; uploads of "
        "artifacts are not counted."
    )
    heading = ("minutes that a trial trains", "workers")
    return Table("Workers that one tracking server can serve", heading, rows, note)


def tables(record: dict[str, Any]) -> list[Table]:
    """All tables of a record."""
    return [each(record) for each in (load_table, memory_table, cpu_table, sizing_table)]


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=20, help="of each measurement")
    parser.add_argument("--minutes", type=float, default=9.5, help="that memory is read")
    return parser.parse_args()


def main() -> None:
    asked = parse()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # the servers end with this process
    with TemporaryDirectory() as folder:
        record = run(asked, Path(folder))
    results.write(NAME, COMMAND, results.stamped(record), tables(record))
    results.show(tables(record))


if __name__ == "__main__":
    main()
