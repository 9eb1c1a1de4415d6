"""What a folder of results says of cost, origin and completeness."""

import dataclasses

import pytest
from made_runs import make_run

from fmnist.results.family_trials import family_runs
from fmnist.results.tables import completeness, cost, provenance
from fmnist.study import plan
from fmnist.study.families import FAMILIES
from fmnist.study.networks import CNN, MLP
from fmnist.study.options import Options
from fmnist.tracking.runs import DESCRIPTION, KEY, TRIAL, canonical_text

SMOKE = Options(preset="smoke")


def test_hours_are_those_of_all_trials_and_busy_those_in_which_any_trained():
    hour = 3_600_000
    runs = [
        make_run(MLP(architecture="512"), train_seconds=3600.0, end_time=hour),
        make_run(MLP(architecture="768"), train_seconds=1800.0, end_time=hour),
        make_run(CNN(), "cnn_search", train_seconds=7200.0, end_time=2.5 * hour),
    ]
    table = cost.cost_table(runs).frame.set_index("family")
    assert list(table.index) == ["mlp_search", "cnn_search", "all"]
    assert table["hours"].tolist() == [1.5, 2.0, 3.5]
    assert table["hours_busy"].tolist() == [1.0, 2.0, 2.5]
    assert table.loc["mlp_search", "epochs"] == 90


def test_hours_on_a_gpu_stand_apart():
    runs = [
        make_run(MLP(architecture="512"), train_seconds=3600.0, end_time=3_600_000),
        make_run(MLP(architecture="768"), train_seconds=36.0, end_time=3_600_000, gpu="H200"),
    ]
    table = cost.cost_table(runs).frame
    expected = [(name, on) for on in ("processor", "H200") for name in ("mlp_search", "all")]
    assert list(zip(table["family"], table["on"], strict=True)) == expected
    assert table["hours"].tolist() == [1.0, 1.0, 0.01, 0.01]


def test_hours_in_which_two_trials_trained_are_busy_once():
    runs = [
        make_run(MLP(architecture=name), end_time=end * 1000, train_seconds=took)
        for name, end, took in (("1", 100, 60.0), ("2", 120, 60.0), ("3", 300, 10.0))
    ]
    assert provenance.busy_seconds(runs) == pytest.approx(80 + 10)


def test_what_is_missing_is_named_with_its_cost_and_the_command_that_runs_it():
    requests = plan.plan_family(FAMILIES["mlp_search"], SMOKE).requests
    first = requests[0].trial
    done = make_run(first.model, train_seconds=90.0, epoch_seconds=3600.0)
    tags = done.tags | {TRIAL: canonical_text(first)}
    grouped = family_runs(SMOKE, [dataclasses.replace(done, tags=tags)])
    second = requests[1]
    failed = [
        dataclasses.replace(done, tags={**tags, KEY: second.trial.key, DESCRIPTION: "no memory"})
    ]
    table = completeness.completeness_table(grouped, {}, [], SMOKE, failed).frame
    table = table.set_index("family")
    row = table.loc["mlp_search"]
    assert (row["expected"], row["done"]) == (4, 1)
    assert row["missing"] == ", ".join(request.label for request in requests[1:])
    assert row["to_complete_it"] == "mlflow run . -e mlp_search -P preset=smoke"
    assert row["hours_missing"] > 0
    assert row["failed"] == f"{second.label}: no memory"
    assert table.loc["mlp_final", "to_complete_it"] == "mlflow run . -e mlp_final -P preset=smoke"
    assert table.loc["cnn_kfold", "hours_missing"] > 0
