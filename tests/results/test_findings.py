"""The study's claims beside measured differences: the verdicts' rules, and what is compared."""

import numpy as np
import pytest
from made_runs import ACCURACY, WINNER, family_of, make_run

from fmnist.results.accuracy import Accuracy
from fmnist.results.tables import findings
from fmnist.study.networks import CNN, MLP
from fmnist.study.training import TrainingConfig


@pytest.mark.parametrize(
    ("interval", "verdict"),
    [
        ((0.001, 0.004), "agrees"),
        ((-0.004, -0.001), "contradicts"),
        ((-0.001, 0.004), "undecided"),
        ((0.0, 0.004), "undecided"),
        ((-0.004, 0.0), "undecided"),
    ],
)
def test_the_interval_decides_the_verdict(interval, verdict):
    assert findings.verdict(Accuracy(0.0, *interval)) == verdict
    assert findings.verdict(None) == "not run"


def found(question, *runs, name="mlp_search"):
    table = findings.findings_table([family_of(*runs, name=name)]).frame
    return table.set_index("question").loc[question]


def mlps(*accuracies):
    """One MLP for each architecture and accuracy."""
    return [make_run(MLP(architecture=units), accuracy=value) for units, value in accuracies]


def test_one_layer_against_two_compares_means_over_configurations():
    runs = mlps(("384", 0.90), ("512", 0.91), ("256-256", 0.88), ("512-256", 0.87), ("9-9-9", 0.1))
    row = found("Does one layer beat two?", *runs)
    assert row["difference"].value == pytest.approx(0.03)
    assert row["n"] == "means of 2 and of 2"
    assert row["difference"].low < 0.03 < row["difference"].high
    assert row["verdict"] == "undecided"
    clear = mlps(("384", 0.90), ("512", 0.901), ("256-256", 0.80), ("512-256", 0.801))
    assert found("Does one layer beat two?", *clear)["verdict"] == "agrees"


def test_depth_is_compared_between_networks_of_the_same_first_filters():
    runs = [
        make_run(CNN(architecture=f"{layers}x{filters}", dropout=0.2), "cnn_depth", accuracy=value)
        for layers, filters, value in ((1, 8, 0.90), (4, 8, 0.92), (1, 16, 0.91), (4, 16, 0.94))
    ]
    row = found("Does depth help?", *runs, name="cnn_depth")
    assert row["difference"].value == pytest.approx(0.025)
    assert row["n"] == "2 pairs"
    assert found("Does depth help?", *runs[:2], name="cnn_depth")["verdict"] == "not run"


def test_pairs_are_of_the_best_on_either_side():
    runs = [
        make_run(CNN(architecture=name, kernel_size=size), "cnn_depth", accuracy=value)
        for name, size, value in (
            ("1x8", 3, 0.90), ("1x8", 5, 0.70), ("4x8", 3, 0.92), ("4x8", 5, 0.60),
            ("1x16", 3, 0.91), ("4x16", 3, 0.94),
        )
    ]  # fmt: skip
    row = found("Does depth help?", *runs, name="cnn_depth")
    assert (row["difference"].value, row["n"]) == (pytest.approx(0.025), "2 pairs")


def test_a_claim_of_the_best_is_against_the_best_of_all_others():
    model = MLP(architecture="768", dropout=0.3)
    runs = [
        make_run(model, training=TrainingConfig(batch_size=size, optimizer=name), accuracy=value)
        for size, name, value in ((256, "adam", 0.90), (128, "adam", 0.95), (512, "nadam", 0.91))
    ]
    row = found("Is Adam at batch 256 best?", *runs, name="mlp_optimizers")
    assert row["difference"].value == pytest.approx(-0.05)
    assert row["verdict"] == "contradicts"


def test_replicates_count_as_one_configuration_with_the_interval_of_their_mean():
    runs = [
        make_run(MLP(architecture=units), replicate=number, accuracy=value)
        for units in ("256", "32")
        for number, value in enumerate((0.88, 0.90, 0.92))
    ]
    row = found("Is one layer of 256 units best?", *runs, name="mlp_capacity")
    assert row["n"] == "3 and 3 replicates"
    assert row["difference"].value == pytest.approx(0)
    assert row["difference"].high > 0.04


def test_configurations_are_compared_by_as_many_replicates_as_all_have():
    runs = [
        make_run(MLP(architecture="256"), replicate=number, accuracy=value)
        for number, value in enumerate((0.91, 0.85, 0.85))
    ]
    row = found("Is one layer of 256 units best?", *runs, *mlps(("32", 0.9)), name="mlp_capacity")
    assert (row["difference"].value, row["n"]) == (pytest.approx(0.01), "1 and 1 replicates")


def test_two_configurations_are_compared_by_as_many_replicates_as_both_have():
    runs = [
        make_run(MLP(architecture=units), replicate=number, accuracy=value)
        for units, values in (("256", (0.91, 0.85, 0.85)), ("32", (0.90, 0.88)), ("128", (0.80,)))
        for number, value in enumerate(values)
    ]
    row = found("Is one layer of 256 units best?", *runs, name="mlp_capacity")
    assert row["difference"].value == pytest.approx(0.88 - 0.89)
    assert row["n"] == "best of 1 and of 2: 2 and 2 replicates"


def test_in_all_cases_is_the_worst_against_the_best():
    runs = [
        make_run(WINNER, training=TrainingConfig(optimizer=name, batch_size=size), accuracy=value)
        for name, size, value in (
            ("adam", 128, 0.90), ("nadam", 256, 0.92),
            ("momentum", 128, 0.91), ("nesterov", 256, 0.80),
        )
    ]  # fmt: skip
    diverged = TrainingConfig(optimizer="adam", learning_rate=1.0)  # none of the study's
    runs.append(make_run(WINNER, training=diverged, accuracy=0.10))
    row = found("Do Adam and Nadam beat momentum?", *runs, name="mlp_optimizers")
    assert row["difference"].value == pytest.approx(-0.01)
    assert row["n"] == "worst of 2, best of 2: 1 and 1 replicates"


def test_the_studys_grids_are_compared_at_the_last_epoch_as_its_numbers_are():
    metrics = {f"last_val_{ACCURACY}": 0.95}
    late = make_run(WINNER, accuracy=0.90, **metrics)
    row = found("Is 768 at dropout 0.3 best?", late, *mlps(("512", 0.94)))
    assert row["difference"].value == pytest.approx(0.95 - 0.93)
    assert row["study_difference"] == pytest.approx(0.0, abs=1e-6)


def test_one_training_each_is_compared_on_the_same_images():
    runs = [
        make_run(CNN(dropout=dropout), "cnn_baseline", accuracy=value)
        for dropout, value in ((0.2, 0.906), (0.0, 0.900))
    ]
    answers = {0.2: np.arange(1000) < 906, 0.0: np.arange(1000) < 900}
    table = findings.findings_table(
        [family_of(*runs, name="cnn_baseline")], lambda run: answers[run.trial.model.dropout]
    )
    row = table.frame.set_index("question").loc["Does dropout help?"]
    half = 1.96 * (0.006 * 0.994 / 1000) ** 0.5  # 6 images that only one has right, none the other
    assert row["difference"].low == pytest.approx(0.006 - half, abs=1e-4)
    assert (row["n"], row["verdict"]) == ("1 and 1 replicates, paired", "agrees")
    alone = found("Does dropout help?", *runs, name="cnn_baseline")
    assert (alone["n"], alone["verdict"]) == ("1 and 1 replicates", "undecided")


def test_what_was_not_run_says_so_and_keeps_the_studys_difference():
    table = findings.findings_table([]).frame.set_index("question")
    assert set(table["verdict"]) == {"not run"}
    assert table.loc["Do more filters help?", "study_difference"] == pytest.approx(0.0071, abs=1e-4)


def test_what_augmentation_adds_is_said_once_it_is_measured():
    how = {"plain": {}, "shifts": {"shift": 2}, "all": {"shift": 2, "flip": True, "cutout": 8}}
    runs = [
        make_run(CNN(), "cnn_augment", training=TrainingConfig(**varied), accuracy=value)
        for varied, value in zip(how.values(), (0.90, 0.91, 0.93), strict=True)
    ]
    table = findings.findings_table([family_of(*runs, name="cnn_augment")]).frame
    table = table.set_index("question")
    assert table.loc["Do shifts help?", "difference"].value == pytest.approx(0.01)
    assert table.loc["Do all three together help?", "verdict"] == "agrees"
    assert "Do cutouts help?" not in table.index
