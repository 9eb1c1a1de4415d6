"""A trial that is trained again: bit-equal where nothing differs, drift where something does."""

from contextlib import nullcontext
from dataclasses import replace
from io import StringIO
from types import SimpleNamespace

import mlflow
import numpy as np
import pandas as pd
import pytest

from entrypoints import replay
from entrypoints.drift import drift, is_bit_equal
from entrypoints.replay import compare_commits, compare_environments, find
from fmnist.console import open_console
from fmnist.data.config import DataConfig
from fmnist.errors import InvalidInput
from fmnist.study.networks import MLP
from fmnist.study.request import Request
from fmnist.study.training import TrainingConfig
from fmnist.study.trial import Trial
from fmnist.training import bundle, environment
from fmnist.training.bundle import Record

COMMIT, OTHER = "a" * 40, "b" * 40


@pytest.fixture(scope="module")
def copied(study, tmp_path_factory):
    """The smoke study's store, to be written, and two families of deterministic trials."""
    place = study.copy(tmp_path_factory.mktemp("copied"))
    for family in ("mlp_baseline", "cnn_baseline"):
        done = place.run(family, "--preset=smoke", "--deterministic=1", "--seed=1")
        assert done.returncode == 0, done.stderr
    return place


@pytest.fixture
def store(copied, monkeypatch):
    return copied.use(monkeypatch)


def trial_of(store, family, seed):
    return next(
        run for run in store.trials() if run.family == family and run.trial.data.seed == seed
    )


def replays_of(store, run_id):
    return store.runs(f"tags.`fmnist.original` = '{run_id}'")


@pytest.mark.parametrize("family", ["mlp_baseline", "cnn_baseline"])
def test_a_deterministic_trial_replays_bit_for_bit_and_nothing_else_changes(copied, store, family):
    trial, before = trial_of(store, family, seed=1), len(store.trials())
    checkpoint = copied.folder / "bundles" / "checkpoints" / f"{trial.key}.npz"
    checkpoint.parent.mkdir(parents=True, exist_ok=True)
    checkpoint.write_bytes(b"of a search that is running")
    completed = copied.mlflow_run("replay", run=trial.run_id)
    assert completed.returncode == 0, completed.stdout + completed.stderr
    assert "commit: " in completed.stdout
    assert ", with deterministic operations" in completed.stdout
    for subject in ("lock", "packages", "settings", "data", "hardware"):
        assert f"{subject}: same: " in completed.stdout
    assert "bit-equal: weights, probabilities, and the metrics of all epochs" in completed.stdout
    (run,) = replays_of(store, trial.run_id)
    assert (run.status, run.tags["fmnist.outcome"]) == ("FINISHED", "bit-equal")
    assert trial.run_id in run.tags["mlflow.note.content"]
    assert len(store.trials()) == before
    assert checkpoint.read_bytes() == b"of a search that is running"


def test_another_backend_drifts_which_is_a_result(copied, store):
    trial = trial_of(store, "mlp_search", seed=0)
    completed = copied.run("replay", "--run", trial.run_id, KERAS_BACKEND="jax")
    assert completed.returncode == 0, completed.stdout + completed.stderr
    assert "packages: differs: backend tensorflow then, jax here" in completed.stdout
    assert "drifted: the best validation accuracy by 0." in completed.stdout
    (run,) = replays_of(store, trial.run_id)
    assert run.tags["fmnist.outcome"] == "drifted"
    text = mlflow.artifacts.load_text(f"runs:/{run.run_id}/drift.csv")
    moved = pd.read_csv(StringIO(text), index_col="metric")
    assert 0 < moved.loc["val_loss", "best"] < 1
    assert moved.loc["weights", "largest"] > 0


def test_data_that_are_not_here_are_refused_without_a_run(copied, store):
    trial = trial_of(store, "mlp_capacity", seed=0)
    completed = copied.run("replay", "--run", trial.run_id, FMNIST_DATA_DIR="/nowhere")
    assert completed.returncode == 2
    assert completed.stderr.splitlines()[-1].startswith("/nowhere/train-images-idx3-ubyte.gz: no")
    assert replays_of(store, trial.run_id) == []


def test_what_is_no_finished_trial_with_a_bundle_is_refused(store):
    def refusal(run_id):
        with pytest.raises(InvalidInput) as refused:
            find(run_id, store)
        said = f"run={run_id}: accepted is the run of a finished trial; "
        assert str(refused.value).startswith(said)
        return str(refused.value).removeprefix(said)

    (search,) = [
        run for run in store.runs("tags.`fmnist.kind` = 'search'") if run.family == "cnn_depth"
    ]
    assert refusal("0" * 32).endswith("holds no such run")
    assert refusal(search.run_id) == "its kind is search"
    trial = trial_of(store, "mlp_search", seed=0).trial
    request = Request(trial=trial, family="mlp_search", preset="smoke", attempt=2)
    started = store.start_trial(request, search.run_id, search.experiment_id)
    assert refusal(started) == "its status is RUNNING"
    store.client.set_terminated(started, "FINISHED")
    assert refusal(started) == "it has no bundle"


@pytest.mark.parametrize(
    ("then", "here", "state"),
    [
        (COMMIT, COMMIT, "same"),
        (COMMIT, OTHER, "differs"),
        (COMMIT, f"{OTHER}-dirty", "differs"),
        (COMMIT, f"{COMMIT}-dirty", "unknown"),
        (f"{COMMIT}-dirty", f"{COMMIT}-dirty", "unknown"),
        (COMMIT, "unknown", "unknown"),
        ("unknown", "unknown", "unknown"),
    ],
)
def test_commits_are_the_same_only_without_changed_files(then, here, state):
    assert compare_commits(then, here).state == state


def test_settings_of_an_older_record_are_unknown_and_others_are_compared():
    here = environment.environment()
    older = {name: text for name, text in here.items() if name not in environment.SETTINGS}
    other = here | {"tf_enable_onednn_opts": "0"}
    beside_others = here | {environment.TOGETHER: "3"}
    found = {}
    for then in (here, older, beside_others, other):
        notes = compare_environments(replace(RECORD, environment=then))
        found |= {note.state: note.text for note in notes if note.subject == "settings"}
        if then is beside_others:
            assert found["differs"] == "trained_together 3 then, not in use here"
    assert found.keys() == {"same", "unknown", "differs"}
    assert found["differs"] == "tf_enable_onednn_opts 0 then, default here"


TRIAL = Trial(
    model=MLP(architecture="8"), training=TrainingConfig(), data=DataConfig(digest="d" * 64)
)
RECORD = Record(
    request=Request(trial=TRIAL, family="mlp_search", preset="smoke", evaluate=("test",)),
    seed=TRIAL.seed,
    curves={"loss": [0.5, 0.25], "val_loss": [0.75, 0.5]},
    timestamps=[1, 2],
    summary={
        "best_loss": 0.25, "last_loss": 0.25, "best_val_loss": 0.5, "last_val_loss": 0.5,
        "test_loss": 0.5, "epochs_run": 2, "train_seconds": 1.0, "parameters": 6370,
    },
    environment={},
)  # fmt: skip
WEIGHTS = [np.ones((3, 2), np.float32), np.zeros(2, np.float32)]
PREDICTIONS = {part: np.full((4, 10), 0.1, np.float32) for part in ("validation", "test")}


@pytest.fixture
def original(tmp_path):
    return bundle.write(tmp_path / "original", RECORD, WEIGHTS, PREDICTIONS)


def test_what_is_written_twice_is_bit_equal(original, tmp_path):
    later = replace(RECORD, timestamps=[8, 9], summary=RECORD.summary | {"train_seconds": 2.0})
    again = bundle.write(tmp_path / "again", later, WEIGHTS, PREDICTIONS)
    assert is_bit_equal(original, again)
    assert drift(original, again).drop(columns="metric").max(axis=None) == 0


@pytest.mark.parametrize("value", [np.nextafter(np.float32(1), np.float32(2)), np.float32("nan")])
def test_one_bit_of_one_weight_is_drift(original, tmp_path, value):
    weights = [WEIGHTS[0].copy(), WEIGHTS[1]]
    weights[0][2, 1] = value
    assert not is_bit_equal(
        original, bundle.write(tmp_path / "again", RECORD, weights, PREDICTIONS)
    )


def test_drift_is_the_largest_difference_over_the_epochs_that_both_have(original, tmp_path):
    longer = replace(
        RECORD,
        curves={"loss": [0.5, 0.5, 0.1], "val_loss": [0.75, 0.5, 0.25]},
        summary=RECORD.summary
        | {"best_loss": 0.125, "best_val_loss": 0.25, "last_val_loss": 0.25, "epochs_run": 3},
    )
    predictions = PREDICTIONS | {"test": np.full((4, 10), 0.35, np.float32)}
    again = bundle.write(tmp_path / "again", longer, WEIGHTS, predictions)
    moved = drift(original, again).set_index("metric")
    assert moved.loc["loss"].tolist() == [0.25, 0.125, 0]
    assert moved.loc["val_loss"].tolist() == [0, 0.25, 0.25]
    assert moved.loc["epochs_run", "largest"] == 1
    assert moved.loc["validation_probabilities", "largest"] == 0
    assert moved.loc["test_probabilities", "largest"] == pytest.approx(0.25)
    assert not {"train_seconds", "parameters"} & set(moved.index)


def test_a_replay_whose_loss_is_not_a_number_says_so_in_one_line(original, monkeypatch, capsys):
    def diverge(*_):
        raise FloatingPointError("the loss of epoch 2 is nan")

    recorded = []
    monkeypatch.setattr(replay, "find", lambda *_: None)
    monkeypatch.setattr(replay, "entry_run", lambda *_: nullcontext(SimpleNamespace()))
    monkeypatch.setattr(replay, "compare_environments", lambda _: [])
    monkeypatch.setattr(replay.splits, "load_split", lambda _: None)
    monkeypatch.setattr(replay.bundle, "read", lambda _: original)
    monkeypatch.setattr(replay, "_log_table", lambda *_: None)
    monkeypatch.setattr(replay, "_record", lambda *values: recorded.append(values[-1]))
    monkeypatch.setattr(replay.train, "train", diverge)
    store = SimpleNamespace(download_bundle=lambda *_: None)
    assert not replay.replay("0" * 32, store, open_console())
    assert recorded == ["diverged"]
    said = "diverged: the loss of epoch 2 is nan; it was finite in the recorded trial"
    assert capsys.readouterr().out.splitlines()[-1] == said
