"""Runs as a store would give them, and certificates, made without one."""

from fmnist.data import splits
from fmnist.data.config import HOLDOUT
from fmnist.results.family_trials import FamilyRuns
from fmnist.search.certificate import Certificate
from fmnist.study.networks import MLP
from fmnist.study.training import TrainingConfig
from fmnist.study.trial import Trial
from fmnist.tracking.runs import FAMILY, GPU, KEY, PRESET, TRIAL, RunRecord, canonical_text

ACCURACY = "sparse_categorical_accuracy"
WINNER = MLP(architecture="768", dropout=0.3)


def make_run(model, family="mlp_search", *, replicate=0, accuracy=0.9, training=None, **other):
    trial = Trial(
        model=model,
        training=training or TrainingConfig(),
        data=splits.describe(other.pop("samples", 60_000), other.pop("split", HOLDOUT), 0),
        replicate=replicate,
    )
    metrics = {
        f"best_val_{ACCURACY}": accuracy,
        f"last_val_{ACCURACY}": accuracy - 0.01,
        f"last_{ACCURACY}": 0.96,
        "last_val_loss": 0.3,
        "last_loss": 0.1,
        "last_learning_rate": 1e-5,
        "epochs_run": 45.0,
        "train_seconds": 60.0,
        "parameters": 610_570.0,
    }
    run_id = other.pop("run_id", f"{model.architecture}/{model.dropout}/{replicate}")
    end_time = other.pop("end_time", 1)
    tags = {
        KEY: trial.key,
        FAMILY: family,
        PRESET: other.pop("preset", "paper"),
        TRIAL: canonical_text(trial),
        GPU: other.pop("gpu", ""),
    }
    return RunRecord(run_id, "1", "FINISHED", 0, end_time, tags, metrics | other)


def make_final(family, model, batch_size=128, **metrics):
    count = {"models": 1.0, "parameters": 610_570.0, f"best_val_{ACCURACY}": 0.91}
    run = make_run(model, family, training=TrainingConfig(batch_size=batch_size))
    return RunRecord("final", "1", "FINISHED", 0, 1, run.tags, count | metrics)


def family_of(*runs, name="mlp_search"):
    return FamilyRuns(name, expected=30, runs=runs, done=len(runs))


def certified(family="mlp_search", **fields):
    whole = {"expected": 3, "done": 3, "reused": 1, "failed": {}, "missing": []}
    return Certificate(family=family, **whole | fields)
