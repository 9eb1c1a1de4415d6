"""Measure the study's two models over HTTP, with one client and four, and called in the process."""

import argparse
import json
import os
import socket
import subprocess
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from tempfile import TemporaryDirectory
from typing import Any

import keras
import numpy as np
import requests

from benchmarks import results
from benchmarks.processes import environment
from benchmarks.results import Table
from entrypoints.choice import study_plan
from fmnist.data import fashion_mnist
from fmnist.data.fashion_mnist import Images
from fmnist.registry import logged_models, registry
from fmnist.study.families import FINALS, STUDY_FINALS, Final
from fmnist.study.options import Options
from fmnist.tracking.store import Store, open_store
from fmnist.training import models

NAME, COMMAND = "serving", "python -m benchmarks.serving"
BATCHES = (1, 64)
CLIENTS = (1, 4)
JSON = {"Content-Type": "application/json"}

Call = Callable[[], object]
# Makes the call that one client repeats.
Client = Callable[[], Call]
Measured = dict[str, float]


def put_into_production(final: Final, store: Store, images: Images) -> keras.Sequential:
    """Register a final's model with untrained weights, which are as fast as trained ones."""
    config = study_plan(final, Options()).requests[0].trial.model
    model = models.with_raw_pixels(models.build(config))
    run_id = store.create_run("0", final.name, {})
    tags = logged_models.log_model(store, run_id, final.name, model, images[:2], {})
    version = registry.register(store, final.registered_model, run_id, tags, "")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        store.client.transition_model_version_stage(version.name, version.version, registry.STAGE)
    return model


@contextmanager
def served(name: str, uri: str) -> Iterator[str]:
    """Serve the model in Production; yields the server's address once it answers."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    command = [sys.executable, "-m", "entrypoints", "serve", "--model", name, "--port", str(port)]
    variables = environment(MLFLOW_TRACKING_URI=uri)
    server = subprocess.Popen(command, env=variables, stdout=subprocess.DEVNULL)
    try:
        address = f"http://127.0.0.1:{port}"
        while not answers(address):
            if server.poll() is not None:
                raise RuntimeError(f"{' '.join(command)} failed")
            time.sleep(0.2)
        yield address
    finally:
        server.terminate()
        server.wait()


def answers(address: str) -> bool:
    with suppress(requests.ConnectionError):
        return requests.get(f"{address}/ping", timeout=10).ok
    return False


def ways(model: keras.Sequential, address: str, images: Images) -> dict[str, tuple[Client, int]]:
    """The ways to classify some images, each with its number of clients."""
    pixels = images.astype(np.float32)
    body = json.dumps({"inputs": images.tolist()}).encode()

    def over_http() -> Call:
        post = requests.Session().post  # reuses its connection
        return lambda: post(f"{address}/invocations", body, headers=JSON).raise_for_status()

    return {
        **{f"HTTP, {clients} at once": (over_http, clients) for clients in CLIENTS},
        "model.predict(images)": (lambda: lambda: model.predict(pixels, verbose=0), 1),
        "model.predict_on_batch(images)": (lambda: lambda: model.predict_on_batch(pixels), 1),
    }


def measure(client: Client, clients: int, images: int, seconds: float) -> Measured:
    """The images a second, and the 95th percentile of the calls' latency."""

    def ask(call: Call) -> list[float]:
        latencies = []
        while time.perf_counter() < end:
            started = time.perf_counter()
            call()
            latencies.append(time.perf_counter() - started)
        return latencies

    calls = [client() for _ in range(clients)]
    began = time.perf_counter()
    end = began + seconds
    with ThreadPoolExecutor(clients) as pool:
        latencies = [taken for each in pool.map(ask, calls) for taken in each]
    rate = len(latencies) * images / (time.perf_counter() - began)
    return {"images_per_second": rate, "p95_ms": float(np.percentile(latencies, 95)) * 1_000}


def measure_model(final: Final, store: Store, uri: str, asked: argparse.Namespace) -> Any:
    """The measurements of one model by batch size and way; all ways take turns."""
    images = fashion_mnist.load().test_images
    model = put_into_production(final, store, images)
    found: dict[str, dict[str, list[Measured]]] = {}
    with served(final.registered_model, uri) as address:
        for batch in BATCHES:
            chosen = ways(model, address, images[:batch])
            rounds: dict[str, list[Measured]] = {way: [] for way in chosen}
            found[str(batch)] = rounds
            for client, _ in chosen.values():
                client()()  # compiles for this batch
            for _ in range(asked.repeats):
                for way, (client, clients) in chosen.items():
                    rounds[way].append(measure(client, clients, batch, asked.seconds))
            print(f"{final.registered_model}, batch {batch}: {rounds}", flush=True)
    return found


def table(record: dict[str, Any]) -> Table:
    """The table of throughput and latency."""
    rows = [
        (
            name,
            batch,
            way,
            results.spread([each["images_per_second"] for each in measured], 0),
            results.spread([each["p95_ms"] for each in measured]),
        )
        for name, batches in record["models"].items()
        for batch, by_way in batches.items()
        for way, measured in by_way.items()
    ]
    note = (
        f"Median (min-max) of {record['repeats']} rounds of {record['seconds']:g} s in "
        "turns. The models are the study's own: [768] and [3,128]. Clients and server share the "
        "machine; a batch is one request, kept-alive; 4 clients ask at the same time."
    )
    heading = ("model", "batch", "asked by", "images/s", "p95 ms")
    return Table("The scoring server", heading, rows, note)


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=2.5, help="of each measurement")
    return parser.parse_args()


def main() -> None:
    asked = parse()
    record: dict[str, Any] = {**vars(asked), "models": {}}
    with TemporaryDirectory() as folder:
        uri = os.environ["MLFLOW_TRACKING_URI"] = f"sqlite:///{folder}/mlflow.db"
        os.chdir(folder)
        store = open_store()
        for final in (FINALS[name] for name in STUDY_FINALS):
            record["models"][final.registered_model] = measure_model(final, store, uri, asked)
    results.write(NAME, COMMAND, results.stamped(record), [table(record)])
    results.show([table(record)])


if __name__ == "__main__":
    main()
