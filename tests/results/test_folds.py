"""Trials on folds: compared by their means, and never among those on the holdout split."""

from statistics import fmean, stdev

import pytest
from made_runs import WINNER, certified, make_run

from fmnist.data.config import FOLD_SPLITS
from fmnist.results import answers, family_trials, mlflow_pages
from fmnist.results.family_trials import FamilyRuns
from fmnist.results.tables.cost import cost_table
from fmnist.results.tables.family import grid_table
from fmnist.results.tables.folds import folds_table
from fmnist.study import families
from fmnist.study.networks import MLP
from fmnist.study.options import Options
from fmnist.study.training import TrainingConfig

SMOKE = Options(preset="smoke")
T_OF_4 = 2.776445  # the 97.5% point of Student's t of 4 degrees of freedom
STEADY, LUCKY = MLP(architecture="384", dropout=0.2), MLP(architecture="384", dropout=0.3)


def smoke_run(model, accuracy, **other):
    trained = {"samples": 1_500, "preset": "smoke", "training": TrainingConfig(epochs=2)}
    return make_run(model, accuracy=accuracy, **trained, **other)


def folds_of(model, *accuracies, **other):
    pairs = zip(FOLD_SPLITS, accuracies, strict=False)
    return [
        smoke_run(model, accuracy, split=split, run_id=f"{model} {split}", **other)
        for split, accuracy in pairs
    ]


STEADY_VALUES, LUCKY_VALUES = (0.80, 0.82, 0.81, 0.83, 0.84), (0.90, 0.78, 0.77, 0.80, 0.79)
HELD_OUT = [smoke_run(STEADY, 0.80), smoke_run(LUCKY, 0.90)]
FOLDS = [*folds_of(STEADY, *STEADY_VALUES), *folds_of(LUCKY, *LUCKY_VALUES)]
UNFINISHED = folds_of(WINNER, 0.95, 0.96, 0.97, 0.98)


def test_configurations_are_ranked_by_their_means_with_intervals_that_know_of_the_overlap():
    folds = family_trials.folds_at(SMOKE, [*HELD_OUT, *FOLDS, *UNFINISHED])
    assert len(folds) == len(FOLDS) + len(UNFINISHED)
    (found,) = (
        one for one in family_trials.families_on_folds(SMOKE, folds) if one.name == "mlp_search"
    )
    assert (found.expected, found.done, len(found.runs)) == (4, 2, 10)
    first, second = folds_table([found]).frame.to_dict("records")
    assert [first["configuration"], second["configuration"]] == [
        "384 dropout=0.2",
        "384 dropout=0.3",
    ]
    for row, values in ((first, STEADY_VALUES), (second, LUCKY_VALUES)):
        half = T_OF_4 * stdev(values) * (1 / 5 + 1 / 4) ** 0.5
        accuracy = row["val_accuracy"]
        assert accuracy.value == pytest.approx(fmean(values))
        assert (accuracy.low, accuracy.high) == pytest.approx(
            (fmean(values) - half, fmean(values) + half), abs=1e-6
        )
        assert (accuracy.n, row["folds"]) == ("5 folds", 5)
    assert folds_table([]).empty


def test_a_single_fold_keeps_the_interval_of_its_images():
    (accuracy,) = (
        row["best_val_accuracy"]
        for row in grid_table(FamilyRuns("mlp_search", 4, FOLDS[:1], 1)).frame.to_dict("records")
    )
    assert accuracy.n == "300 images"


def test_folds_are_not_among_the_trials_on_the_holdout_split():
    everything = [*HELD_OUT, *FOLDS, *UNFINISHED]
    for alone, mixed in zip(
        family_trials.family_runs(SMOKE, HELD_OUT),
        family_trials.family_runs(SMOKE, everything),
        strict=True,
    ):
        assert mixed == alone
    cost = cost_table(everything).frame.set_index("family")["trials"]
    assert cost.to_dict() == {"mlp_search": 2, "mlp_search, 5 folds": 14, "all": 16}


def test_a_search_on_folds_says_its_best_mean():
    found = FamilyRuns("mlp_search", 4, FOLDS, 2)
    did = certified(expected=20, done=10)
    answer = answers.of_search(found, did, SMOKE)
    assert answer.metrics["best_val_sparse_categorical_accuracy"] == pytest.approx(0.82)
    assert answer.params["best.split"] == "5 folds"
    assert answer.params["best.configuration"] == "384 dropout=0.2 epochs=2 5 folds samples=1500"
    options = Options(preset="smoke", folds=5)
    page = mlflow_pages.of_search(families.get("mlp_search"), options, found, did)
    assert "Best: **384 dropout=0.2**, validation accuracy 0.8200 (95% interval" in page
    assert "epochs, on 5 folds." in page
    header = next(line for line in page.splitlines() if line.startswith("| configuration"))
    assert "folds" in header
    assert "seeds" not in header
