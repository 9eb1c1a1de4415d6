"""How much better the best of several configurations looks than it is; pure."""

from collections.abc import Mapping, Sequence
from statistics import fmean

import pandas as pd

from fmnist import stats
from fmnist.results import selection
from fmnist.results.accuracy import samples_of
from fmnist.results.family_trials import FamilyRuns
from fmnist.study.families import FINALS
from fmnist.study.metrics import ACCURACY, CRITERION
from fmnist.tracking.runs import RunRecord

COLUMNS = (
    "family", "configurations", "n", "standard_error", "by_chance", "chosen_at",
    "others", "others_mean", "val_accuracy", "test_accuracy",
    "difference", "difference_low", "difference_high",
)  # fmt: skip
RULE = (
    "by chance: the expected maximum of as many independent normal errors, in binomial standard "
    "errors of n validation images; the configurations share their images and so err alike, which "
    "makes it smaller, and each is of a seed, which makes it larger. chosen at: the validation "
    "accuracy, over as many replicates as all have, by which the best was chosen; others: as many "
    "further replicates of it, and their mean: what is less than chosen at was luck. difference: "
    "validation minus test accuracy of the model that a final registers (Newcombe, 95%); the two "
    "sets may also differ in difficulty"
)


def optimism_table(families: Sequence[FamilyRuns], finals: Mapping[str, RunRecord]) -> pd.DataFrame:
    """How much better the best of several looks than it is: a row for each choice."""
    rows = [_choice(family.name, family.runs) for family in families if len(family.runs) > 1]
    for name, final in FINALS.items():
        if name in finals:
            among = {
                run.key: run
                for family in families
                if family.name in final.candidates
                for run in family.runs
            }
            choice = _choice(name, list(among.values())) if among else {"family": name}
            rows.append(choice | _validation_and_test(finals[name]))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _choice(name: str, runs: Sequence[RunRecord]) -> dict[str, object]:
    groups, fewest = selection.ranked(runs)
    winner = groups[0]
    accuracies = [run.metrics[CRITERION] for run in winner]
    chosen_by, others = accuracies[:fewest], accuracies[fewest:]
    accuracy, images = fmean(chosen_by), samples_of(CRITERION, winner[0].trial.data)
    return {
        "family": name,
        "configurations": len(groups),
        "n": images,
        "standard_error": stats.standard_error(accuracy, images),
        "by_chance": stats.gain_by_chance(accuracy, images, len(groups)),
        "chosen_at": accuracy,
        "others": len(others),
        "others_mean": fmean(others) if others else None,
    }


def _validation_and_test(final: RunRecord) -> dict[str, object]:
    """The accuracies of the model that a final registers, on both sets."""
    test = f"test_{ACCURACY}"
    (val, of_val), (tested, of_tested) = (_measured(final, name) for name in (CRITERION, test))
    low, high = stats.difference_interval(val, of_val, tested, of_tested)
    return {
        "val_accuracy": val,
        "test_accuracy": tested,
        "difference": val - tested,
        "difference_low": low,
        "difference_high": high,
    }


def _measured(final: RunRecord, metric: str) -> tuple[float, stats.Interval]:
    accuracy, samples = final.metrics[metric], samples_of(metric, final.trial.data)
    return accuracy, stats.accuracy_interval(accuracy, samples)
