"""Without a tracking store: plan writes requests, train leaves bundles, ingest takes them."""

import subprocess
import sys

import pytest
from conftest import PROJECT
from filelock import FileLock

from fmnist import request_file
from fmnist.validation import InvalidInput

TRAIN_WITHOUT_MLFLOW = (
    "import runpy, sys; sys.modules.update(mlflow=None, keras_tuner=None); "
    "runpy.run_module('entrypoints.train', run_name='__main__', alter_sys=True)"
)


def train(place, requests):
    return subprocess.run(
        [sys.executable, "-c", TRAIN_WITHOUT_MLFLOW, "--requests", str(requests),
         "--path", str(place.folder / "left")],
        cwd=PROJECT, env=place.environment, capture_output=True, text=True, timeout=560,
    )  # fmt: skip


def plan(place, *arguments):
    planned = place.run("plan", "--family", "mlp_search", "--preset", "smoke", *arguments)
    assert planned.returncode == 0, planned.stderr
    return planned.stdout


def test_a_plan_is_trained_without_a_store_and_ingested(place):
    requests = place.folder / "requests.json"
    assert "4 requests in" in plan(place, "--requests", str(requests))
    first, *others = request_file.read(requests)
    (place.folder / "left" / "claims").mkdir(parents=True)
    with FileLock(place.folder / "left" / "claims" / first.trial.key):  # as another process has it
        trained = train(place, requests)
    assert trained.returncode == 0, trained.stderr
    assert "4 trials, 3 of them in" in trained.stdout
    assert all(other.label in trained.stdout for other in others)
    trained = train(place, requests)
    assert "train 1/1" in trained.stdout
    assert "4 trials, 4 of them in" in trained.stdout
    ingested = place.run("ingest", "--path", str(place.folder / "left"))
    assert "4 bundles, 4 recorded" in ingested.stdout, ingested.stderr
    assert "done 4, missing 0" in plan(place)


@pytest.mark.parametrize("text", [None, "no JSON", "{}", "[{}]", '[{"trial": {"schema": 0}}]'])
def test_what_are_no_requests_is_refused(tmp_path, text):
    path = tmp_path / "requests.json"
    if text is not None:
        path.write_text(text)
    with pytest.raises(InvalidInput, match="accepted is a file that plan writes"):
        request_file.read(path)
