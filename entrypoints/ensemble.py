"""The mean of several trials' probabilities: chosen on validation, frozen, then tested once.

Nothing is trained: the members are finished trials, whose weights are in their bundles.
"""

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from rich.console import Console

from entrypoints.parameters import options as options_of
from fmnist.console import open_console
from fmnist.data import config, fashion_mnist, splits
from fmnist.data.config import DataConfig
from fmnist.errors import InvalidInput
from fmnist.registry import evaluation, evaluation_files
from fmnist.study import naming, networks
from fmnist.study.families import check_preset
from fmnist.study.metrics import ACCURACY, CRITERION
from fmnist.study.options import PRESETS, Options, command
from fmnist.study.own_network import OwnNetwork
from fmnist.study.trial import digest_of
from fmnist.tracking import artifacts, runs, trial_run
from fmnist.tracking.entry_run import EntryRun, entry_run
from fmnist.tracking.runs import RunRecord
from fmnist.tracking.store import Store, open_store
from fmnist.training import scoring
from fmnist.training.scoring import Logs

KIND = "ensemble"
# Of the trials with the highest validation accuracy so many may become members.
CONSIDERED = 30
RULE = (
    f"the best of the {CONSIDERED} trials with the highest validation accuracy, then one after the "
    "other the trial that makes the validation accuracy of the mean probabilities highest; on a "
    "tie, the lower loss"
)
SUMMED = ("parameters", "train_seconds")

Probabilities = NDArray[np.float32]


def run(values: dict[str, Any]) -> bool:
    """Choose the members, freeze the choice, evaluate it."""
    run_ensemble(values["members"], options_of(values), open_store(), open_console())
    return True


def run_ensemble(size: int, options: Options, store: Store, console: Console) -> None:
    """Choose the members, write the choice down, then evaluate it on the test set.

    Raises:
        InvalidInput: if there are not as many finished trials of the preset, or it is "as_run".
    """
    check_preset(KIND, options.preset)
    split = splits.describe(PRESETS[options.preset].samples, config.HOLDOUT, options.split_seed)
    considered = candidates(split, options.preset, store)
    if len(considered) < size:
        raise InvalidInput(
            f"members={size}: needs {size} finished trials with weights at "
            f"preset={options.preset}, seed={options.split_seed}, and found {len(considered)}; run "
            "a search first, or ask for fewer members"
        )
    tags = {
        runs.PRESET: options.preset,
        runs.DESCRIPTION: f"The mean of {size}: {RULE}.",
        runs.COMMAND: command(KIND, options, members=size),
    }
    with entry_run(store, KIND, KIND, tags) as run:
        members, validation = choose(size, considered, store)
        key = freeze(members, validation, run)
        stored = stored_predictions(key, store)
        probabilities = predict(members, store) if stored is None else stored
        evaluate(members, probabilities, run, console)


def candidates(split: DataConfig, preset: str, store: Store) -> list[RunRecord]:
    """The finished trials that may become members, with weights, the best first."""
    asked = (split, preset)
    known = [
        run
        for run in store.finished_trials().values()
        if run.has_weights and (run.trial.data, run.preset) == asked and not _needs_code(run)
    ]
    return sorted(known, key=lambda run: (-run.metrics[CRITERION], run.key))[:CONSIDERED]


def _needs_code(run: RunRecord) -> bool:
    """Whether its network is built by a person's own code, which nobody has named here."""
    return isinstance(run.trial.model, OwnNetwork)


def choose(
    size: int, considered: Sequence[RunRecord], store: Store
) -> tuple[list[RunRecord], Logs]:
    """The members in the order in which they join, and the loss and accuracy of their mean."""
    labels = splits.validation_labels(considered[0].trial.data)
    found = artifacts.read_all(artifacts.validation_probabilities, considered, store)
    members: list[int] = []
    metrics: Logs = {}
    while len(members) < size:
        left = [index for index in range(len(considered)) if index not in members]
        scores = {
            index: scoring.evaluate(_mean([found[at] for at in (*members, index)]), labels)
            for index in left
        }
        best = max(left, key=lambda index: (scores[index][ACCURACY], -scores[index]["loss"]))
        members.append(best)
        metrics = scores[best]
    return [considered[index] for index in members], metrics


def _mean(probabilities: Sequence[Probabilities]) -> Probabilities:
    return np.asarray(np.mean(probabilities, axis=0, dtype=np.float32))


def freeze(members: Sequence[RunRecord], validation: Logs, run: EntryRun) -> str:
    """Write the choice on the run, before the test set is read; returns the choice's key."""
    keys = sorted(member.key for member in members)
    key = digest_of(keys)
    rows = [
        {
            "key": member.key,
            "configuration": naming.words(member.trial),
            "replicate": member.trial.replicate,
            "epochs": member.trial.training.epochs,
            "validation_accuracy": member.metrics[CRITERION],
            "run_id": member.run_id,
        }
        for member in members
    ]
    metrics = {f"best_val_{name}": value for name, value in validation.items()}
    tags = {
        **runs.chosen_tags(KIND, members[0].trial, f"of {len(members)}"),
        runs.KEY: key,
        runs.MEMBERS: ",".join(keys),
        **runs.gpu_tags(members),
    }
    run.log(metrics=metrics, params={"members": str(len(members))}, tags=tags)
    run.log_text(pd.DataFrame(rows).to_csv(index=False), "members.csv")
    return key


def stored_predictions(key: str, store: Store) -> Probabilities | None:
    """What the same members gave for the test images in an earlier run; None if nothing."""
    same = f"tags.`{runs.KIND}` = '{KIND}' AND tags.`{runs.KEY}` = '{key}'"
    for run in store.runs(same):
        with suppress(InvalidInput):
            return artifacts.read_test_predictions(run.run_id, store)
    return None


def predict(members: Sequence[RunRecord], store: Store) -> Probabilities:
    """The one reading of the test set: the mean probabilities (10000, 10) of the members."""
    images = fashion_mnist.scale(fashion_mnist.load().test_images)
    return _mean([scoring.predict(evaluation.restore(run, store), images) for run in members])


def evaluate(
    members: Sequence[RunRecord], probabilities: Probabilities, run: EntryRun, console: Console
) -> None:
    """Record what the mean is worth on the test set; predictions and figures as artifacts."""
    with run.files() as folder:
        evaluation_files.write(folder, probabilities)
    metrics = evaluation.test_metrics(probabilities)
    metrics |= {name: sum(member.metrics[name] for member in members) for name in SUMMED}
    operations = (networks.prediction_multiply_adds(member.trial.model) for member in members)
    metrics["multiply_adds"] = sum(operations)
    metrics["models"] = len(members)
    run.log(metrics=metrics)
    run.log_data(members[0].trial.data, trial_run.PARTS)
    text = f"The mean of {len(members)}: {evaluation.test_text(metrics, fashion_mnist.identity())}"
    run.describe(f"{text}. Members: {RULE}.")
    for member in members:
        words = f"{naming.words(member.trial)}, validation accuracy {member.metrics[CRITERION]:.4f}"
        console.print(f"ensemble: {words}", soft_wrap=True)
    console.print(f"ensemble: {text}", soft_wrap=True)
