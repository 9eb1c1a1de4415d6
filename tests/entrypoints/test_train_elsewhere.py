"""Without a tracking store: plan writes requests, train leaves bundles, ingest takes them."""

import json
import subprocess
import sys
import time

import pytest
from conftest import PROJECT
from filelock import FileLock

from entrypoints import request_file
from entrypoints import train as elsewhere
from fmnist.console import open_console
from fmnist.errors import InvalidInput
from fmnist.files import INCOMPLETE
from fmnist.study.families import FAMILIES
from fmnist.study.options import Options
from fmnist.study.plan import plan_family

TRAIN_WITHOUT_MLFLOW = (
    "import runpy, sys; sys.modules.update(mlflow=None, keras_tuner=None); "
    "runpy.run_module('entrypoints', run_name='__main__', alter_sys=True)"
)


def start_training(place, requests, folder):
    return subprocess.Popen(
        [sys.executable, "-c", TRAIN_WITHOUT_MLFLOW, "train", "--requests", str(requests),
         "--output", str(folder)],
        cwd=PROJECT, env=place.environment, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


def plan(place, *arguments):
    planned = place.run("plan", "--family", "mlp_search", "--preset", "smoke", *arguments)
    assert planned.returncode == 0, planned.stderr
    return planned.stdout


def test_a_plan_is_trained_without_a_store_and_ingested(place):
    requests = place.folder / "requests.json"
    assert "4 requests in" in plan(place, "--requests", str(requests))
    first, *others = request_file.read(requests)
    left = place.folder / "left"
    (left / "claims").mkdir(parents=True)
    with FileLock(left / "claims" / first.trial.key):  # as another process has it
        process = start_training(place, requests, left)
        while process.poll() is None and not all(
            (left / other.trial.key).exists() for other in others
        ):
            time.sleep(0.1)
        assert process.poll() is None, process.communicate()  # it waits for that one
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    *_, last, summary = out.splitlines()
    assert last.startswith("train 4/4")
    assert first.label in last
    assert "4 of 4 trials in" in summary
    (left / f"{INCOMPLETE}x").mkdir()  # as a killed process leaves it
    (left / f"{INCOMPLETE}x" / "record.json").touch()
    ingested = place.run("ingest", "--path", str(left))
    assert "4 bundles, 4 recorded" in ingested.stdout, ingested.stderr
    assert "done 4, missing 0" in plan(place)


def test_an_executor_gets_all_that_no_other_process_has_and_then_the_others(tmp_path, monkeypatch):
    requests = plan_family(FAMILIES["mlp_search"], Options(preset="smoke")).requests
    other = FileLock(tmp_path / "claims" / requests[0].trial.key)
    given = []

    class AtOnce:
        requests_at_once = 3

        def run(self, next_request, _listener, workspace):
            given.append(list(iter(next_request, None)))
            for request in given[-1]:
                (workspace.bundles / request.trial.key).mkdir()
                (workspace.bundles / request.trial.key / "record.json").touch()
            other.release()  # as when the other process dies

    monkeypatch.setattr(elsewhere, "POLL_SECONDS", 0)
    (tmp_path / "claims").mkdir()
    other.acquire()
    assert elsewhere.train(requests, tmp_path, AtOnce(), open_console())
    assert given == [requests[1:3], requests[3:], requests[:1]]


def test_folds_and_replicates_of_a_final_are_planned_as_they_are_asked_for(study_copy):
    path = study_copy.folder / "requests.json"
    replicates = plan(
        study_copy, "--family", "mlp_final", "--replicates", "3", "--requests", str(path)
    )
    assert "done 1, missing 2" in replicates
    labels = [request.label.split()[-1] for request in request_file.read(path)]
    assert labels == ["replicate=1", "replicate=2"]
    assert "cnn_kfold: trials 5, done 5, missing 0" in plan(study_copy, "--family", "cnn_kfold")


def test_a_grid_of_a_final_is_refused(place):
    refused = place.run("plan", "--family", "cnn_final", "--strategy", "random")
    assert refused.returncode == 2
    assert "accepted is a family of trials" in refused.stderr.splitlines()[-1]


def test_a_folder_that_is_none_is_refused(place):
    (place.folder / "requests.json").write_text("[]")
    process = start_training(place, place.folder / "requests.json", place.folder / "requests.json")
    _, err = process.communicate(timeout=60)
    assert process.returncode == 2
    assert "accepted is a folder to write to" in err.splitlines()[-1]


@pytest.mark.parametrize("path", ["", "missing/requests.json", "."])
def test_a_plan_refuses_what_is_no_file_to_write(place, path):
    refused = place.run("plan", "--preset", "smoke", "--requests", path)
    assert refused.returncode == 2
    assert "accepted is a file in a folder that exists" in refused.stderr.splitlines()[-1]
    assert not list(place.folder.glob("mlflow.db"))


@pytest.mark.parametrize(
    ("changed", "refused"),
    [
        ({"evaluate": "test"}, "evaluate=.*accepted is some of test, train"),
        ({"family": None}, "family=None: accepted is a family's name"),
        ({"attempt": "x"}, "attempt=x: accepted is 1 to 1000"),
        ({"label": 7}, "int"),
    ],
)
def test_a_request_that_cannot_be_is_refused(tmp_path, changed, refused):
    (request, *_) = plan_family(FAMILIES["mlp_search"], Options(preset="smoke")).requests
    path = tmp_path / "requests.json"
    request_file.write([request], path)
    assert request_file.read(path) == [request]
    path.write_text(json.dumps([request.to_plain() | changed]))
    with pytest.raises(InvalidInput, match=refused):
        request_file.read(path)


@pytest.mark.parametrize("text", [None, "no JSON", "{}", "[{}]", "[" * 100_000])
def test_what_are_no_requests_is_refused(tmp_path, text):
    path = tmp_path / "requests.json"
    if text is not None:
        path.write_text(text)
    with pytest.raises(InvalidInput, match="accepted is a file that plan writes"):
        request_file.read(path)
