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
from fmnist.study.training import TrainingConfig
from fmnist.tracking.runs import DESCRIPTION, KEY, TRIAL, canonical_text

RATIOS = {"mlp": 4.0, "linear": 5.0, "cnn32": 2.0, "cnn32_bfloat16": 3.0, "cnn128_bfloat16": 2.5}
SMOKE = Options(preset="smoke")


@pytest.mark.parametrize(
    ("model", "precision", "case"),
    [
        (MLP(), "float32", "linear"),
        (MLP(architecture="512"), "mixed_bfloat16", "mlp"),
        (CNN(architecture="4x8"), "float32", "cnn32"),
        (CNN(architecture="3x128"), "float32", "cnn32"),
        (CNN(architecture="3x32"), "mixed_bfloat16", "cnn32_bfloat16"),
        (CNN(architecture="3x128"), "mixed_bfloat16", "cnn128_bfloat16"),
    ],
)
def test_the_nearest_measured_case_is_of_the_network_then_precision_then_filters(
    model, precision, case
):
    trial = make_run(model, training=TrainingConfig(precision=precision)).trial
    assert cost.case_of(trial, RATIOS) == case
    assert cost.case_of(trial, {}) == ""


def test_the_peers_hours_are_our_busy_hours_times_the_measured_ratio():
    hour = 3_600_000
    runs = [
        make_run(MLP(architecture="512"), train_seconds=3600.0, end_time=hour),
        make_run(MLP(architecture="768"), train_seconds=1800.0, end_time=hour),
        make_run(CNN(), "cnn_search", train_seconds=7200.0, end_time=2.5 * hour),
    ]
    table = cost.cost_table(runs, RATIOS).frame.set_index("family")
    assert list(table.index) == ["mlp_search", "cnn_search", "all"]
    assert table["hours"].tolist() == [1.5, 2.0, 3.5]
    assert table["hours_busy"].tolist() == [1.0, 2.0, 2.5]
    assert table["peer_hours"].tolist() == [4.0, 4.0, 8.0]
    assert table.loc["all", "peer_ratio"] == 8.0 / 2.5
    assert table.loc["mlp_search", "epochs"] == 90
    unknown = cost.cost_table(runs, {"mlp": 4.0}).frame.set_index("family")
    assert unknown["peer_hours"].isna().tolist() == [False, True, True]


def test_hours_on_a_gpu_stand_apart_and_have_no_peer():
    runs = [
        make_run(MLP(architecture="512"), train_seconds=3600.0, end_time=3_600_000),
        make_run(MLP(architecture="768"), train_seconds=36.0, end_time=3_600_000, gpu="H200"),
    ]
    table = cost.cost_table(runs, RATIOS).frame
    expected = [(name, on) for on in ("processor", "H200") for name in ("mlp_search", "all")]
    assert list(zip(table["family"], table["on"], strict=True)) == expected
    assert table["hours"].tolist() == [1.0, 1.0, 0.01, 0.01]
    assert table["peer_hours"].isna().tolist() == [False, False, True, True]


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
