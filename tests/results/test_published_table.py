"""The published numbers beside ours: which run stands there, and the verdict."""

import pytest
from made_runs import ACCURACY, WINNER, family_of, make_final, make_run

from fmnist.results.accuracy import Accuracy
from fmnist.results.tables.published import LEGEND, compared, differences, published_table
from fmnist.study.networks import MLP
from fmnist.study.training import TrainingConfig


def published(*runs, name="mlp_search", finals=None):
    table = published_table([family_of(*runs, name=name)], finals or {})
    return {row["metric"]: row for row in compared(table).frame.to_dict("records")}


def test_the_published_value_stands_beside_ours():
    row = published(make_run(WINNER, accuracy=0.92))[f"last_val_{ACCURACY}"]
    assert (row["family"], row["configuration"]) == ("mlp_search", "768 0.3")
    assert row["our_configuration"] == "768 dropout=0.3"
    assert (row["published"], row["ours"].value) == (0.910333, pytest.approx(0.91))
    assert row["difference"].value == pytest.approx(0.91 - 0.910333)
    assert row["ours"].low < 0.91 < row["ours"].high
    assert row["n"] == "1"


def test_a_published_value_without_a_counterpart_says_why():
    table = published_table([family_of(make_run(WINNER))], {}).frame
    of_search = table[table["family"] == "mlp_search"].set_index(["configuration", "metric"])["n"]
    assert of_search["768 0.3", "last_loss"] == "1"
    assert of_search["512 0.3", "last_loss"] == "not run"
    for folds in table[table["family"] == "cnn_kfold"].to_dict("records"):
        assert (folds["published"], folds["n"]) == (0.9384, "not run")
    baseline = published_table(
        [family_of(make_run(MLP(), "mlp_baseline"), name="mlp_baseline")], {}
    ).frame
    assert baseline.set_index("metric")["n"].iloc[0] == "not measured"  # the training loss


def test_published_values_without_a_counterpart_are_not_compared():
    metrics = published(make_run(WINNER))
    assert "epochs_run" in metrics
    baseline = published(make_run(MLP(), "mlp_baseline"), name="mlp_baseline")
    assert baseline.keys() == {f"best_val_{ACCURACY}", "epochs_run"}
    assert published(make_run(MLP(architecture="99"))) == {}


def test_replicates_are_compared_by_their_mean():
    runs = [
        make_run(WINNER, replicate=index, accuracy=accuracy, last_loss=loss)
        for index, accuracy, loss in ((0, 0.91, 0.1), (1, 0.93, 0.2))
    ]
    row = published(*runs)[f"last_val_{ACCURACY}"]
    assert (row["ours"].value, row["n"]) == (pytest.approx(0.91), "2")
    # Student's t of one degree of freedom is 12.706; the standard error is 0.01.
    assert (row["ours"].low, row["ours"].high) == (pytest.approx(0.91 - 0.12706, abs=1e-4), 1)
    assert published(*runs)["last_loss"]["ours"] == pytest.approx(0.15)


def test_a_loss_has_no_interval_and_no_verdict():
    row = published(make_run(WINNER))["last_val_loss"]
    assert (row["ours"], row["difference"]) == (0.3, pytest.approx(0.3 - row["published"]))
    assert row["verdict"] != row["verdict"]


@pytest.mark.parametrize(
    ("accuracy", "verdict"), [(0.93, "above"), (0.921, "reproduced"), (0.91, "below")]
)
def test_a_published_accuracy_has_a_verdict(accuracy, verdict):
    row = published(make_run(WINNER, accuracy=accuracy))[f"last_val_{ACCURACY}"]
    assert row["verdict"] == verdict
    assert row["difference"].low < row["difference"].value < row["difference"].high


def test_replicates_that_agree_still_have_the_published_numbers_doubt():
    runs = [make_run(WINNER, replicate=index, accuracy=0.9223) for index in range(3)]
    row = published(*runs)[f"last_val_{ACCURACY}"]
    assert row["ours"].low == pytest.approx(row["ours"].high)
    assert (row["published"], row["verdict"]) == (0.910333, "reproduced")


def test_a_final_stands_beside_the_studys():
    final = make_final("mlp_final", WINNER, 256, **{f"test_{ACCURACY}": 0.9})
    row = published(finals={"mlp_final": final})[f"test_{ACCURACY}"]
    ours = row["ours"]
    assert (row["family"], row["published"], ours.value) == ("mlp_final", 0.9035, 0.9)
    assert ours.high - ours.low == pytest.approx(2 * 1.96 * (0.09 / 10_000) ** 0.5, rel=0.01)


def test_a_final_of_another_configuration_reproduces_nothing():
    final = make_final("mlp_final", MLP(architecture="512"), **{f"test_{ACCURACY}": 0.9})
    table = published_table([], {"mlp_final": final})
    (row,) = compared(table).frame.to_dict("records")
    assert (row["verdict"], row["our_configuration"]) == ("not comparable", "512")
    assert row["difference"].value == pytest.approx(0.9 - 0.9035)
    ((name, _),) = differences(table.frame)
    assert name == "mlp_final 256 adam 0.001 (ours 512), test"
    assert table.legend == LEGEND


def test_a_trial_in_another_precision_stands_beside_the_studys():
    training = TrainingConfig(precision="mixed_bfloat16")
    row = published(make_run(WINNER, training=training))[f"last_val_{ACCURACY}"]
    assert row["our_configuration"] == "768 dropout=0.3 precision=mixed_bfloat16"
    assert row["verdict"] == "below"
    both = [make_run(WINNER, training=training), make_run(WINNER, accuracy=0.92)]
    assert published(*both)[f"last_val_{ACCURACY}"]["our_configuration"] == "768 dropout=0.3"


def test_a_final_of_replicates_is_compared_by_their_mean():
    mean = {f"mean_test_{ACCURACY}": 0.90, f"mean_test_{ACCURACY}_low": 0.89}
    mean |= {f"mean_test_{ACCURACY}_high": 0.91, f"test_{ACCURACY}": 0.95, "models": 3.0}
    row = published(finals={"mlp_final": make_final("mlp_final", WINNER, 256, **mean)})
    row = row[f"test_{ACCURACY}"]
    assert (row["ours"], row["n"]) == (Accuracy(0.90, 0.89, 0.91, "3 models"), "3")
    assert row["verdict"] == "reproduced"
