"""Five-fold cross-validation of the final CNN: each fold also scored on the test set.

The study gives one mean, 0.9384, "with 5 KFold of the test set", which can be read in several
ways: recorded are the means over the held-out folds, by the restored weights and in the last epoch,
which its searches print, and the mean over the test set.
"""

import dataclasses
from collections.abc import Sequence
from typing import Any

import pandas as pd
from rich.console import Console

from entrypoints import choice
from entrypoints.parameters import options as options_of
from fmnist import stats
from fmnist.console import open_console
from fmnist.data import splits
from fmnist.data.config import FOLDS
from fmnist.results import answers, folder, mlflow_pages, plots
from fmnist.results.accuracy import Accuracy, accuracy_of
from fmnist.results.tables.table import Table
from fmnist.search.run_plan import run_plan
from fmnist.study import naming
from fmnist.study.families import FINALS, KFOLD, check_preset
from fmnist.study.metrics import ACCURACY
from fmnist.study.options import PRESETS, Options
from fmnist.study.plan import Plan
from fmnist.study.request import Request
from fmnist.study.trial import Point, Trial
from fmnist.tracking import runs, trial_run
from fmnist.tracking.entry_run import EntryRun, entry_run
from fmnist.tracking.runs import RunRecord
from fmnist.tracking.store import Store, open_store

FINAL = FINALS["cnn_final"]
AVERAGED = {
    f"best_val_{ACCURACY}": "held-out folds",
    f"last_val_{ACCURACY}": "held-out folds in the last epoch",
    f"test_{ACCURACY}": "test set",
}


def run(values: dict[str, Any]) -> bool:
    """Cross-validate; returns whether all folds are done."""
    options = options_of(values)
    config = values["config"] or choice.usual_config(options)
    return run_folds(options, config, open_store(), open_console())


def run_folds(
    options: Options,
    config: str,
    store: Store,
    console: Console,
    parent: EntryRun | None = None,
) -> bool:
    """Train the five folds and record the means; False if a fold could not be trained."""
    chosen = choose(options, config, store, console)
    words, plan = naming.words(chosen), plan_folds(chosen, options)
    about = mlflow_pages.of_choice(words, choice.rule(FINAL, config, options))
    tags = choice.first_tags(KFOLD, options, config, about)
    with entry_run(store, "final", KFOLD, tags, parent) as run:
        certificate = run_plan(plan, options, run, console)
        run.succeeded = certificate.complete
        done = store.finished_trials()
        folds = [done[key] for key in plan.keys if key in done]
        if certificate.complete:
            tags = runs.chosen_tags(KFOLD, chosen, words) | runs.gpu_tags(folds)
            run.log(metrics=means(folds), tags=tags)
            run.log_data(chosen.data, [trial_run.TEST])
            lines, evaluated = describe(folds), run.record()
            run.describe(mlflow_pages.of_final(about, options, [evaluated], *lines))
            answers.of_final(evaluated, run.run_id).log(run)
            table = folds_table(folds)
            estimates = list(zip(table.frame["fold"], table.frame["val_accuracy"], strict=True))
            folder.log_table(table, plots.accuracy_by_family(estimates), run)
            for line in lines:
                console.print(line)
    return certificate.complete


def choose(options: Options, config: str, store: Store, console: Console) -> Trial:
    """What is trained on the folds: what the final CNN is of.

    Raises:
        InvalidInput: if no trial that it could be is finished, or the preset has no folds.
    """
    check_preset(KFOLD, options.preset)
    return choice.choose(FINAL, options, config, store, console).best.trial


def plan_folds(chosen: Trial, options: Options) -> Plan:
    """The chosen configuration on each fold."""
    points: list[Point] = [{"split": f"fold-{number}"} for number in range(1, FOLDS + 1)]
    requests = [_request(chosen, str(point["split"]), options) for point in points]
    return Plan(KFOLD, points, requests)


def _request(chosen: Trial, split: str, options: Options) -> Request:
    described = splits.describe(PRESETS[options.preset].samples, split, options.split_seed)
    return Request(
        trial=dataclasses.replace(chosen, data=described, replicate=0),
        family=KFOLD,
        preset=options.preset,
        label=f"{naming.words(chosen)} {split}",
        evaluate=("test",),
        deterministic=options.deterministic,
    )


def means(folds: Sequence[RunRecord]) -> dict[str, float]:
    """Mean accuracies over the folds with their 95% intervals (t)."""
    found = {"parameters": folds[0].metrics["parameters"], "models": float(len(folds))}
    for metric in AVERAGED:
        found |= stats.mean_metrics(metric, [fold.metrics[metric] for fold in folds])
    return found


def folds_table(folds: Sequence[RunRecord]) -> Table:
    """A row for each fold: its accuracies, each with its interval."""
    rows = [
        {
            "fold": fold.trial.data.split,
            "val_accuracy": accuracy_of(f"best_val_{ACCURACY}", [fold]),
            "last_val_accuracy": accuracy_of(f"last_val_{ACCURACY}", [fold]),
            "test_accuracy": accuracy_of(f"test_{ACCURACY}", [fold]),
        }
        for fold in folds
    ]
    return Table(KFOLD, "The folds of the cross-validation", pd.DataFrame(rows))


def describe(folds: Sequence[RunRecord]) -> list[str]:
    """The means for people."""
    found, lines = means(folds), []
    for metric, where in AVERAGED.items():
        mean, low, high = (found[f"mean_{metric}{end}"] for end in ("", "_low", "_high"))
        accuracy = Accuracy(mean, low, high, f"{len(folds)} folds").explained
        lines.append(f"{KFOLD}: mean accuracy on the {where} {accuracy}")
    return lines
