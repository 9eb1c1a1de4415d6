"""Five-fold cross-validation of the final CNN; each fold is also scored on the test set.

The study did none: what it calls "5 KFold of the test set" is one model's macro F1 on five parts
of it. Three means are recorded: on the held-out folds by the kept weights, on the held-out folds in
the last epoch, and on the test set.
"""

import time
from collections.abc import Iterable, Sequence
from typing import Any

import pandas as pd
from rich.console import Console

from entrypoints import choice
from entrypoints.parameters import options as options_of
from fmnist import stats
from fmnist.console import open_console
from fmnist.errors import InvalidInput
from fmnist.registry import evaluation
from fmnist.results import answers, folder, mlflow_pages, plots
from fmnist.results.accuracy import accuracy_of
from fmnist.results.tables.table import Table
from fmnist.results.tables.test_access import reads_test
from fmnist.search.run_plan import run_plan
from fmnist.study import naming
from fmnist.study.families import FINALS, KFOLD, check_preset
from fmnist.study.metrics import CRITERION, LAST_VALIDATION, TEST
from fmnist.study.options import Options
from fmnist.study.plan import plan_on_folds
from fmnist.study.trial import Trial
from fmnist.tracking import runs, trial_run
from fmnist.tracking.entry_run import EntryRun, entry_run
from fmnist.tracking.runs import RunRecord
from fmnist.tracking.store import Store, open_store

FINAL = FINALS["cnn_final"]
AVERAGED = {
    CRITERION: "held-out folds",
    LAST_VALIDATION: "held-out folds in the last epoch",
    TEST: "test set",
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
    words, plan = naming.words(chosen), plan_on_folds(chosen, options)
    known = store.finished_trials()
    _check_scored(known[key] for key in plan.keys if key in known)
    about = mlflow_pages.of_choice(words, choice.rule(FINAL, config, options))
    tags = choice.first_tags(KFOLD, options, config, about)
    with entry_run(store, "final", KFOLD, tags, parent) as run:
        certificate = run_plan(plan, options, run, console)
        run.succeeded = certificate.complete
        done = store.finished_trials()
        folds = [done[key] for key in plan.keys if key in done]
        if certificate.complete:
            folds = [_scored(fold, store) for fold in folds]
            tags = runs.chosen_tags(KFOLD, chosen, words) | runs.gpu_tags(folds)
            run.log(metrics=means(folds), tags=tags)
            run.log_data(chosen.data, [trial_run.TEST])
            lines, evaluated = describe(folds), run.record()
            run.describe(mlflow_pages.of_final(about, options, [evaluated], *lines))
            answers.of_final(evaluated, run.run_id).log(run)
            table = folds_table(folds)
            estimates = list(zip(table.frame["fold"], table.frame["val_accuracy"], strict=True))
            folder.log_table(table, plots.accuracy_by_fold(estimates, KFOLD), run)
            for line in lines:
                console.print(line)
    return certificate.complete


def choose(options: Options, config: str, store: Store, console: Console) -> Trial:
    """The configuration that is trained on the folds: the final CNN's.

    Raises:
        InvalidInput: if none of its trials is finished, the preset has no cross-validation, or
            several replicates are asked for.
    """
    check_preset(KFOLD, options.preset)
    if options.replicates > 1:
        raise InvalidInput(f"replicates={options.replicates}: accepted is 1 with {KFOLD}")
    return choice.choose(FINAL, options, config, store, console).trial


def _check_scored(folds: Iterable[RunRecord]) -> None:
    """Raise InvalidInput for a fold that is done, but that nobody can score on the test set."""
    for fold in folds:
        if not (reads_test(fold) or fold.has_weights):
            raise InvalidInput(
                f"{KFOLD}: {fold.trial.data.split} of {naming.words(fold.trial)} was ingested "
                "without weights or test accuracy; accepted is a store that trained it"
            )


def _scored(fold: RunRecord, store: Store) -> RunRecord:
    """A fold with its accuracy on the test set, which the folds of a search leave unread."""
    if reads_test(fold):
        return fold
    metrics = evaluation.evaluate(fold, store).metrics
    read = {name: metrics[name] for name in ("test_loss", TEST)}
    at = {runs.TESTED_AT: str(time.time_ns() // 1_000_000)}
    store.log_data(fold.run_id, fold.trial.data, [trial_run.TEST])
    store.log(fold.run_id, metrics=read, tags=at)
    return store.with_id(fold.run_id)[0]


def means(folds: Sequence[RunRecord]) -> dict[str, float]:
    """The mean accuracies over the folds with their 95% intervals (Student's t)."""
    found = {"parameters": folds[0].metrics["parameters"], "models": float(len(folds))}
    for metric in AVERAGED:
        found |= stats.mean_metrics(metric, [fold.metrics[metric] for fold in folds])
    return found


def folds_table(folds: Sequence[RunRecord]) -> Table:
    """A row for each fold: its accuracies, each with its interval."""
    rows = [
        {
            "fold": fold.trial.data.split,
            "val_accuracy": accuracy_of(CRITERION, [fold]),
            "last_val_accuracy": accuracy_of(LAST_VALIDATION, [fold]),
            "test_accuracy": accuracy_of(TEST, [fold]),
        }
        for fold in folds
    ]
    return Table(KFOLD, "The folds of the cross-validation", pd.DataFrame(rows))


def describe(folds: Sequence[RunRecord]) -> list[str]:
    """Lines for people with the means and their intervals."""
    return [
        f"{KFOLD}: mean accuracy on the {where} {accuracy_of(metric, folds).explained}"
        for metric, where in AVERAGED.items()
    ]
