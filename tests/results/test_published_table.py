"""The published numbers beside ours: which runs stand there, what is judged, and how."""

from dataclasses import replace

import pandas as pd
import pytest
from made_runs import ACCURACY, WINNER, family_of, make_final, make_run

from fmnist.results.accuracy import Accuracy, accuracy_of
from fmnist.results.counterparts import OTHER_SETTINGS, OTHER_SPLIT, counterparts, without_verdict
from fmnist.results.tables.agreement import agreement_table
from fmnist.results.tables.published import (
    compared,
    differences,
    of_test,
    other_table,
    published_table,
    verdicts,
)
from fmnist.stats import Deviation
from fmnist.study import plan
from fmnist.study.networks import MLP
from fmnist.study.options import Options
from fmnist.study.plan import trial_of
from fmnist.study.published import AS_RUN
from fmnist.study.training import TrainingConfig

PAPER, AUTHOR = Options(), Options(preset="as_run")
LAST, TEST = f"last_val_{ACCURACY}", f"test_{ACCURACY}"


def table_of(*runs, name="mlp_search", finals=None):
    pairs = counterparts([family_of(*runs, name=name)], finals or {}, PAPER)
    return published_table(pairs, OTHER_SPLIT)


def published(*runs, name="mlp_search", finals=None):
    pairs = counterparts([family_of(*runs, name=name)], finals or {}, PAPER)
    tables = published_table(pairs, OTHER_SPLIT), other_table(pairs)
    return {row["metric"]: row for of in tables for row in compared(of).frame.to_dict("records")}


def test_the_published_value_stands_beside_ours():
    row = published(make_run(WINNER, accuracy=0.92))[LAST]
    assert (row["family"], row["configuration"]) == ("mlp_search", "768 dropout=0.3")
    assert row["what"] == "mlp_search 768 dropout=0.3, last validation"
    assert row["our_configuration"] == "768 dropout=0.3"
    assert (row["published"], row["ours"].value) == (0.910333, pytest.approx(0.91))
    assert row["difference"] == pytest.approx(0.91 - 0.910333)
    assert row["ours"].low < 0.91 < row["ours"].high
    assert row["n"] == "1"
    assert pd.isna(row["verdict"])


def test_a_published_value_without_a_counterpart_says_why():
    pairs = counterparts([family_of(make_run(WINNER))], {}, PAPER)
    table = other_table(pairs).frame
    of_search = table[table["family"] == "mlp_search"].set_index(["configuration", "metric"])["n"]
    assert of_search["768 dropout=0.3", "last_loss"] == "1"
    assert of_search["512 dropout=0.3", "last_loss"] == "not run"
    pairs = counterparts(
        [family_of(make_run(MLP(), "mlp_baseline"), name="mlp_baseline")], {}, PAPER
    )
    assert other_table(pairs).frame.set_index("metric")["n"].iloc[0] == "not measured"


def test_published_values_without_a_counterpart_are_not_compared():
    assert "epochs_run" in published(make_run(WINNER))
    baseline = published(make_run(MLP(), "mlp_baseline"), name="mlp_baseline")
    assert baseline.keys() == {f"best_val_{ACCURACY}", "epochs_run"}
    assert published(make_run(MLP(architecture="99"))) == {}


def test_replicates_are_compared_by_their_mean_other_seeds_and_images_considered():
    runs = [
        make_run(WINNER, replicate=index, accuracy=accuracy, last_loss=loss)
        for index, accuracy, loss in ((0, 0.91, 0.1), (1, 0.93, 0.2))
    ]
    found = published(*runs)
    row = found[LAST]
    assert (row["ours"].value, row["n"]) == (pytest.approx(0.91), "2")
    assert row["ours"].n == "2 seeds, 12000 images"
    # Of seeds alone: Student's t of one degree of freedom, 12.706, times an error of 0.01.
    assert row["ours"].high - 0.91 == pytest.approx(0.09, abs=0.01)
    assert found["last_loss"]["ours"] == pytest.approx(0.15)


def test_losses_rates_and_counts_have_no_interval():
    found = published(make_run(WINNER))
    row = found["last_val_loss"]
    assert (row["ours"], row["difference"]) == (0.3, pytest.approx(0.3 - row["published"]))
    for name in ("last_learning_rate", "epochs_run", "last_loss"):
        assert isinstance(found[name]["ours"], float)


def test_a_final_stands_beside_the_studys():
    final = make_final("mlp_final", WINNER, 256, **{TEST: 0.9})
    row = published(finals={"mlp_final": final})[TEST]
    ours = row["ours"]
    assert (row["family"], row["published"], ours.value) == ("mlp_final", 0.9035, 0.9)
    assert ours.high - ours.low == pytest.approx(2 * 1.96 * (0.09 / 10_000) ** 0.5, rel=0.01)


def test_a_final_of_another_configuration_is_named():
    final = make_final("mlp_final", MLP(architecture="512"), **{TEST: 0.9})
    table = table_of(finals={"mlp_final": final})
    (row,) = compared(table).frame.to_dict("records")
    assert row["our_configuration"] == "512"
    assert pd.isna(row["verdict"])
    ((name, found),) = differences(table.frame)
    assert name == "mlp_final 768 dropout=0.3 batch_size=256 (ours: 512), test"
    assert found.value == pytest.approx(0.9 - 0.9035)
    assert pd.isna(row["difference"])
    assert table.legend.endswith("published one.")  # and says nothing of how many are above
    untested = table_of(finals={"mlp_final": make_final("mlp_final", MLP(architecture="512"))})
    assert "not measured" in set(untested.frame["n"])


def test_a_trial_in_another_precision_stands_beside_the_studys():
    training = TrainingConfig(precision="mixed_bfloat16")
    row = published(make_run(WINNER, training=training))[LAST]
    assert row["our_configuration"] == "768 dropout=0.3 precision=mixed_bfloat16"
    both = [make_run(WINNER, training=training), make_run(WINNER, accuracy=0.92)]
    assert published(*both)[LAST]["our_configuration"] == "768 dropout=0.3"


def test_a_final_of_replicates_is_compared_by_their_mean():
    mean = {f"mean_{TEST}": 0.90, f"mean_{TEST}_low": 0.89, f"mean_{TEST}_high": 0.91}
    mean |= {TEST: 0.95, "models": 3.0}
    row = published(finals={"mlp_final": make_final("mlp_final", WINNER, 256, **mean)})[TEST]
    assert (row["ours"].value, row["n"]) == (0.90, "3")
    # Of seeds (0.01 / 4.303)², of images 0.09 / 10,000; together of 14.2 degrees of freedom.
    half = 2.142 * ((0.01 / 4.303) ** 2 + 0.09 / 10_000) ** 0.5
    assert row["ours"].high - 0.9 == pytest.approx(half, rel=1e-3)
    assert row["ours"].n == "3 seeds, 10000 images"


def authors(family, **values):
    """Ours of each training that the author printed of a family, so far from it in each seed."""
    apart = values.pop("apart", (0.001, 0.002, 0.003))
    precision = values.pop("precision", "float32")
    runs = []
    for entry in AS_RUN:
        if entry.family == family:
            trial = trial_of(family, entry.point, AUTHOR).with_values({"precision": precision})
            for number, more in enumerate(apart):
                printed = entry.metrics.keys() & {LAST, TEST}
                metrics = {name: entry.metrics[name] + more for name in printed}
                made = make_run(
                    trial.model, family, training=trial.training, replicate=number, preset="as_run",
                    **{**metrics, **values},
                )  # fmt: skip
                runs.append(made)
    return family_of(*runs, name=family)


def judged(*families):
    return published_table(counterparts(families, {}, AUTHOR), without_verdict(AUTHOR))


def test_what_differs_in_its_seed_alone_has_a_verdict():
    """By 0.002 apart, with 0.001 between seeds: inside; one training of them 0.01 off is not."""
    found = authors("mlp_capacity")
    moved = next(run for run in found.runs if run.trial.model.architecture == "64")
    moved.metrics[LAST] += 0.03  # its mean is 0.012 above, the pooled deviation 0.0072
    table = judged(found)
    rows = table.frame[table.frame["family"] == "mlp_capacity"].set_index(
        ["configuration", "metric"]
    )
    inside, test = rows.loc[("32 dropout=0.2", TEST)], rows.loc[("64 dropout=0.2", TEST)]
    assert (inside["verdict"], inside["n"]) == ("inside", "3")
    assert (inside["seed_deviation"], inside["freedom"]) == (pytest.approx(0.001), 12)
    # 2.178813 is the 97.5% point of Student's t of 12 degrees.
    half = 2.178813 * 0.001 * (4 / 3) ** 0.5
    assert inside["ours"].high - inside["ours"].value == pytest.approx(half, abs=1e-8)
    assert inside["z"] == pytest.approx(0.002 / (0.001 * (4 / 3) ** 0.5))
    assert test["verdict"] == "inside"
    assert set(rows.xs(LAST, level=1)["verdict"]) == {"inside"}  # by a deviation that is larger
    assert str(verdicts(table.frame)) == "12 of 12"
    assert of_test(table.frame, "64 dropout=0.2") == "inside"
    far = judged(authors("mlp_capacity", apart=(0.011, 0.010, 0.012)))
    assert set(compared(far).frame["verdict"]) == {"outside"}


def test_one_seed_is_judged_by_the_deviation_of_the_family_or_not_at_all():
    single = judged(authors("mlp_capacity", apart=(0.0,)))
    assert set(compared(single).frame["verdict"]) == {"too few seeds"}
    found = authors("mlp_capacity")
    kept = [
        run for run in found.runs if run.trial.replicate == 0 or "-" in run.trial.model.architecture
    ]
    rows = compared(judged(family_of(*kept, name="mlp_capacity"))).frame
    assert set(rows["verdict"]) == {"inside"}
    assert set(rows["n"]) == {"1", "3"}
    assert set(rows["freedom"]) == {4}


def test_what_stands_in_two_families_is_judged_against_both_printed_values():
    table = compared(judged(authors("mlp_optimizers"))).frame
    of_final = table[table["family"] == "mlp_final"].set_index("metric")
    assert of_final.loc[TEST, "published"] == 0.9036
    assert of_final.loc[TEST, "ours"].value == pytest.approx(0.9018 + 0.002)
    assert set(table[table["configuration"] == "768 dropout=0.3"]["family"]) == {
        "mlp_search", "mlp_optimizers",
    }  # fmt: skip
    assert set(of_final["verdict"]) == {"inside"}


@pytest.mark.parametrize(
    ("other", "why"),
    [
        (Options(), OTHER_SPLIT),
        (Options(preset="as_run", seed=0), OTHER_SPLIT),
        (Options(preset="as_run", epochs=5), OTHER_SETTINGS),
        (Options(preset="as_run", precision="mixed_bfloat16"), OTHER_SETTINGS),
    ],
)
def test_on_another_split_or_with_other_settings_there_is_no_verdict(other, why):
    assert without_verdict(AUTHOR) == ""
    assert without_verdict(other) == why
    table = published_table(counterparts([], {}, other), why)
    assert f"There is no verdict, since {why}." in table.legend


@pytest.mark.parametrize(("has_bfloat16", "why"), [(False, ""), (True, OTHER_SETTINGS)])
def test_an_automatic_precision_is_what_it_is_on_this_machine(monkeypatch, has_bfloat16, why):
    monkeypatch.setattr(plan, "has_bfloat16", lambda: has_bfloat16)
    assert without_verdict(Options(preset="as_run", precision="auto")) == why


def test_what_a_name_leaves_out_still_tells_configurations_apart():
    found = authors("cnn_search")
    first = found.runs[0].trial
    other = make_run(
        replace(first.model, batch_normalization_momentum=0.9), "cnn_search", replicate=7,
        training=first.training, preset="as_run", **{LAST: 0.5},
    )  # fmt: skip
    alone, both = (
        compared(judged(family_of(*runs, name="cnn_search"))).frame
        for runs in (found.runs, (*found.runs, other))
    )
    pd.testing.assert_frame_equal(alone, both)


def test_a_training_in_another_precision_has_no_verdict():
    assert compared(judged(authors("mlp_capacity", precision="mixed_bfloat16"))).empty


def test_each_family_has_a_line_and_its_mean_difference_is_tested():
    capacity = authors("mlp_capacity", apart=(0.011, 0.010, 0.012))
    capacity.runs[0].metrics[LAST] += 0.0018
    table = judged(capacity, authors("cnn_baseline"))
    found = agreement_table(table, "").frame.set_index(["family", "accuracy"])
    row = found.loc[("mlp_capacity", "validation")]
    assert (row["inside"], row["rows"], row["judged"]) == ("0 of 6", 6, 6)
    assert row["mean_difference"].value == pytest.approx(0.0111)  # a sixth of a third of 0.0018
    assert row["differs"].startswith("yes (p = ")
    assert found.loc[("mlp_capacity", "test"), "inside"] == "0 of 6"
    assert found.loc[("cnn_baseline", "test"), "rows"] == 1  # two are not printed
    assert found.loc[("all", "validation"), "inside"] == "3 of 9"


def test_rows_on_another_split_share_the_error_of_both_samples_of_images():
    searched = WINNER, MLP(architecture="512", dropout=0.3)
    table = table_of(*(make_run(model, accuracy=0.9) for model in searched))
    lines = agreement_table(table, OTHER_SPLIT).frame.set_index(["family", "accuracy"])
    row = lines.loc[("all", "validation")]
    half = 1.96 * (2 * 0.89 * 0.11 / 12_000) ** 0.5
    found = row["mean_difference"]
    assert found.high - found.value == pytest.approx(half, rel=0.02)
    assert pd.isna(row["differs"])


def test_a_mean_difference_is_adjusted_for_the_number_of_families():
    varied = [authors(name) for name in ("mlp_capacity", "cnn_baseline")]
    for family in varied:
        for number, run in enumerate(family.runs):
            run.metrics[LAST] += 0.001 * (number // 3)
    alone = agreement_table(judged(varied[0]), "").frame
    both = agreement_table(judged(*varied), "").frame
    p_values = [of[of["family"] == "mlp_capacity"]["p_value"].iloc[0] for of in (alone, both)]
    assert p_values[1] == pytest.approx(2 * p_values[0])


def test_an_accuracy_of_folds_is_over_folds_whose_training_sets_overlap():
    # Of accuracies 0.90, 0.91, 0.92, 0.93 and 0.94, whose variance is 0.00025.
    half = 2.776445 * (0.00025 / 5) ** 0.5
    name = f"mean_best_val_{ACCURACY}"
    metrics = {name: 0.92, f"{name}_low": 0.92 - half, f"{name}_high": 0.92 + half, "models": 5.0}
    found = accuracy_of(name, [make_final("cnn_kfold", WINNER, **metrics)])
    wider = 2.776445 * (0.00025 * (0.2 + 0.25)) ** 0.5
    assert found == Accuracy(
        0.92, pytest.approx(0.92 - wider), pytest.approx(0.92 + wider), "5 folds"
    )
    tested = {name.replace("best_val", "test"): value for name, value in metrics.items()}
    of_test = accuracy_of(f"mean_{TEST}", [make_final("cnn_kfold", WINNER, **tested)])
    assert of_test.n == "5 folds, 10000 images"
    independent = Accuracy.over_seeds(0.92, Deviation(0.00025**0.5, 4), 5, 10_000)
    assert of_test.low < independent.low
