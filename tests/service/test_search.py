"""A team's search on Ray, whose server is killed in the middle; the model, loaded by stage."""

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import mlflow
import numpy as np
import pytest
from conftest import Place
from faults.servers import free_port, listens
from faults.support import in_a_trial, until

from fmnist.tracking import runs
from service.callers import Caller
from service.stack import Stack

EPOCHS = 6


@dataclass(frozen=True)
class Member(Place):
    """Somebody of the team, with a name and a password and no other credentials."""

    service: Stack
    name: str

    @property
    def environment(self) -> dict[str, str]:
        ray = {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN_PATH": f"{self.service.secrets}/ray_token"}
        return super().environment | ray | self.login

    @property
    def login(self) -> dict[str, str]:
        """What the member sets to work with the service."""
        return {
            "MLFLOW_TRACKING_URI": self.service.uri,
            "MLFLOW_TRACKING_USERNAME": self.name,
            "MLFLOW_TRACKING_PASSWORD": self.service.passwords[self.name],
            "MLFLOW_EXPERIMENT_NAME": "fashion-mnist",
        }

    def use(self, monkeypatch: pytest.MonkeyPatch):
        for variable, text in self.login.items():
            monkeypatch.setenv(variable, text)
        return super().use(monkeypatch)


@contextmanager
def ray_head(service: Stack) -> Iterator[str]:
    """A Ray of two workers, who know nothing of the tracking server; gives its address."""
    port, clients = free_port(), free_port()
    variables = {
        "RAY_AUTH_MODE": "token",
        "RAY_AUTH_TOKEN_PATH": str(service.secrets / "ray_token"),
        "RAY_USAGE_STATS_ENABLED": "0",
    }
    inherited = {name: text for name, text in os.environ.items() if "MLFLOW" not in name}
    with tempfile.TemporaryDirectory(prefix="ray", ignore_cleanup_errors=True) as folder:
        command = [
            Path(sys.executable).parent / "ray", "start", "--head", f"--port={port}",
            f"--ray-client-server-port={clients}", "--num-cpus=2",
            "--include-dashboard=false", f"--temp-dir={folder}", "--block",
        ]  # fmt: skip
        head = subprocess.Popen(
            command, env=inherited | variables, stdout=subprocess.DEVNULL, start_new_session=True
        )
        try:
            until(lambda: listens(clients))
            yield f"ray://127.0.0.1:{clients}"
        finally:
            os.killpg(head.pid, signal.SIGTERM)
            head.wait()


@pytest.mark.long
def test_a_search_gets_over_a_restart_of_the_server_and_its_model_is_loaded_by_stage(
    service, tmp_path, monkeypatch
):
    ada, ben = (Member(tmp_path, service, name) for name in ("ada", "ben"))
    store = ada.use(monkeypatch)
    own = {"preset": "smoke", "epochs": str(EPOCHS)}
    with ray_head(service) as address, ThreadPoolExecutor() as pool:
        options = {"ray_address": address, "workers": "2"}
        search = pool.submit(ada.mlflow_run, "cnn_search", **own, **options)
        until(in_a_trial(store))
        service.kill("tracking")
        service.start_tracking()
        done = search.result()
    assert "cnn_search: expected 2, done 2 (reused 0), failed 0, missing 0" in done.stdout

    # Where the server was away until the end, finished trials wait for the next search.
    again = ada.mlflow_run("cnn_search", **own)
    assert again.returncode == 0, again.stdout + again.stderr
    assert "cnn_search: expected 2, done 2 (reused 2), failed 0, missing 0" in again.stdout
    finished = runs.finished(store.trials())
    assert len(finished) == len(store.trials()) == 2
    for run in finished.values():
        assert len(store.curve(run.run_id, "loss")) == EPOCHS
        kept = service.artifacts / "1" / run.run_id / "artifacts" / "bundle"
        assert {path.name for path in kept.iterdir()} == {
            "record.json", "weights.npz", "predictions.npz",
        }  # fmt: skip

    final = ben.mlflow_run("cnn_final", **own)
    assert final.returncode == 0, final.stdout + final.stderr
    ben.use(monkeypatch)
    for name in [name for name in os.environ if name.startswith("AWS")]:
        monkeypatch.delenv(name)  # whoever runs the tests may have an S3 of their own
    model = mlflow.keras.load_model("models:/fmnist-cnn/Production")
    assert model.predict(np.zeros((1, 28, 28)), verbose=0).shape == (1, 10)

    service.start_model("127.0.0.1")
    images = {"inputs": np.zeros((3, 28, 28), int).tolist()}
    asked = Caller(service.uri, "ben", service.passwords["ben"])
    answer = until(lambda: is_served(asked.ask("POST", "/invocations", json=images)), 240)
    service.kill("model")
    assert np.shape(answer.json()["predictions"]) == (3, 10)


def is_served(answer):
    """A request's answer, once it is a model's."""
    return answer if answer.ok else None


def test_an_experiment_that_is_not_the_members_is_refused_in_one_line(service, tmp_path):
    refused = Member(tmp_path, service, "ada").run("compare", MLFLOW_EXPERIMENT_NAME="Default")
    assert refused.returncode == 2, refused.stderr
    assert refused.stderr.splitlines()[-1].startswith("MLFLOW_EXPERIMENT_NAME=Default: the track")
    assert "Traceback" not in refused.stderr
