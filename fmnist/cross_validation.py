"""Five-fold cross-validation of the final CNN: each fold also scored on the test set.

The study gives one mean, 0.9384, "with 5 KFold of the test set", which can be read in several
ways: recorded are the means over the held-out folds, by the restored weights and in the last epoch,
which its searches print, and the mean over the test set.
"""

import dataclasses
from collections.abc import Sequence

from rich.console import Console

from fmnist import data, descriptions, finals, records, stats, tables, trial_runs
from fmnist.config import Point, Request, Trial
from fmnist.entry_runs import EntryRun, entry_run
from fmnist.families import FINALS, KFOLD
from fmnist.options import Options
from fmnist.planning import Plan
from fmnist.presets import PRESETS
from fmnist.records import RunRecord
from fmnist.searching import run_plan
from fmnist.tracking import Store

FINAL = FINALS["cnn_final"]
ACCURACY = "sparse_categorical_accuracy"
AVERAGED = {
    f"best_val_{ACCURACY}": "held-out folds",
    f"last_val_{ACCURACY}": "held-out folds in the last epoch",
    f"test_{ACCURACY}": "test set",
}


def run_folds(
    options: Options,
    config: str,
    store: Store,
    console: Console,
    parent: EntryRun | None = None,
) -> bool:
    """Train the five folds and record the means; False if a fold could not be trained."""
    chosen = choose(options, config, store, console)
    words, plan = tables.words(chosen), plan_folds(chosen, options)
    choice = descriptions.of_choice(words, finals.rule(FINAL, config, options))
    tags = finals.first_tags(KFOLD, options, config, choice)
    with entry_run(store, "final", KFOLD, tags, parent) as run:
        certificate = run_plan(plan, options, run, console)
        run.succeeded = certificate.complete
        done = records.finished(store.trials())
        folds = [done[key] for key in plan.keys if key in done]
        if certificate.complete:
            tags = records.chosen_tags(KFOLD, chosen, words) | records.gpu_tags(folds)
            store.log(run.run_id, metrics=means(folds), tags=tags)
            store.log_data(run.run_id, chosen.data, [trial_runs.TEST])
            lines = describe(folds)
            evaluated = store.with_id(run.run_id)
            store.describe(run.run_id, descriptions.of_final(choice, options, evaluated, *lines))
            for line in lines:
                console.print(line)
    return certificate.complete


def choose(options: Options, config: str, store: Store, console: Console) -> Trial:
    """What is trained on the folds: what the final CNN is of.

    Raises:
        InvalidInput: if no trial that it could be is finished.
    """
    return finals.choose(FINAL, options, config, store, console).best.trial


def plan_folds(chosen: Trial, options: Options) -> Plan:
    """The chosen configuration on each fold."""
    points: list[Point] = [{"split": f"fold-{number}"} for number in range(1, data.FOLDS + 1)]
    requests = [_request(chosen, str(point["split"]), options) for point in points]
    return Plan(KFOLD, points, requests)


def _request(chosen: Trial, split: str, options: Options) -> Request:
    described = data.describe(PRESETS[options.preset].samples, split, options.seed)
    return Request(
        trial=dataclasses.replace(chosen, data=described, replicate=0),
        family=KFOLD,
        preset=options.preset,
        label=f"{tables.words(chosen)} {split}",
        evaluate=("test",),
        deterministic=options.deterministic,
    )


def means(folds: Sequence[RunRecord]) -> dict[str, float]:
    """Mean accuracies over the folds with their 95% intervals (t)."""
    found = {"parameters": folds[0].metrics["parameters"], "models": float(len(folds))}
    for metric in AVERAGED:
        found |= stats.mean_metrics(metric, [fold.metrics[metric] for fold in folds])
    return found


def describe(folds: Sequence[RunRecord]) -> list[str]:
    """The means for people."""
    found, lines = means(folds), []
    for metric, where in AVERAGED.items():
        mean, low, high = (found[f"mean_{metric}{end}"] for end in ("", "_low", "_high"))
        interval = f"95% interval {low:.4f} to {high:.4f}, n = {len(folds)} folds"
        lines.append(f"{KFOLD}: mean accuracy on the {where} {mean:.4f} ({interval})")
    return lines
