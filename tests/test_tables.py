"""The study's tables, built from records: which runs count, and what each number is."""

import dataclasses

import pytest

from fmnist import comparison, family_runs, published_table, records, tables
from fmnist.config import DataConfig, TrainingConfig, Trial
from fmnist.family_runs import FamilyRuns
from fmnist.networks import CNN, MLP
from fmnist.options import Options
from fmnist.records import RunRecord

ACCURACY = "sparse_categorical_accuracy"
LIMITS = {"samples": 60_000, "epochs": 300, "seed": 0}
WINNER = MLP(architecture="768", dropout=0.3)


def make_run(model, family="mlp_search", *, replicate=0, accuracy=0.9, training=None, **other):
    trial = Trial(
        model=model,
        training=training or TrainingConfig(),
        data=DataConfig(digest="d", samples=other.pop("samples", 60_000)),
        replicate=replicate,
    )
    metrics = {
        f"best_val_{ACCURACY}": accuracy,
        f"last_val_{ACCURACY}": accuracy - 0.01,
        f"last_{ACCURACY}": 0.96,
        "last_val_loss": 0.3,
        "last_loss": 0.1,
        "last_learning_rate": 1e-5,
        "epochs_run": 45.0,
        "train_seconds": 60.0,
        "parameters": 610_570.0,
    }
    run_id = other.pop("run_id", f"{model.architecture}/{model.dropout}/{replicate}")
    end_time = other.pop("end_time", 1)
    tags = {
        records.KEY: trial.key,
        records.FAMILY: family,
        records.TRIAL: records.canonical_text(trial),
        records.GPU: other.pop("gpu", ""),
    }
    return RunRecord(run_id, "1", "FINISHED", 0, end_time, tags, metrics | other)


def make_final(family, model, batch_size=128, **metrics):
    count = {"models": 1.0, "parameters": 610_570.0, f"best_val_{ACCURACY}": 0.91}
    run = make_run(model, family, training=TrainingConfig(batch_size=batch_size))
    return RunRecord("final", "1", "FINISHED", 0, 1, run.tags, count | metrics)


def family_of(*runs, name="mlp_search"):
    return FamilyRuns(name, expected=30, runs=runs, done=len(runs))


def published(*runs, name="mlp_search", finals=None):
    table = published_table.published_table([family_of(*runs, name=name)], finals or {})
    table = published_table.compared(table)
    return {row["metric"]: row for row in table.to_dict("records")}


def test_a_grid_table_has_the_studys_columns_from_the_last_epoch():
    table = tables.grid_table(family_of(make_run(WINNER, accuracy=0.9103)))
    assert list(table.columns) == [
        "architecture", "dropout", "batch_size", "epochs", "activation", "last_activation",
        "optimizer", "learning_rate", "precision", "replicate",
        "lr", "val_sparse_categorical_accuracy", "val_low", "val_high", "val_loss",
        "sparse_categorical_accuracy", "train_low", "train_high", "loss", "round_epochs",
        "best_val_accuracy", "best_val_low", "best_val_high",
        "parameters", "train_seconds", "key", "run_id",
    ]  # fmt: skip
    (row,) = table.to_dict("records")
    assert (row["architecture"], row["dropout"], row["optimizer"]) == ("768", 0.3, "adam")
    assert (row["epochs"], row["round_epochs"]) == (300, 45)
    assert (row["lr"], row["learning_rate"]) == (1e-5, 1e-3)
    assert row[f"val_{ACCURACY}"] == pytest.approx(0.9003)
    assert row["best_val_accuracy"] == 0.9103
    assert row["val_low"] < 0.9003 < row["val_high"] < 0.9103
    assert row["best_val_low"] < 0.9103 < row["best_val_high"]
    width = row["best_val_high"] - row["best_val_low"]
    assert width == pytest.approx(2 * 1.96 * (0.0817 / 12_000) ** 0.5, rel=0.01)
    assert row["train_low"] < 0.96 < row["train_high"]
    width = row["train_high"] - row["train_low"]
    assert width == pytest.approx(2 * 1.96 * (0.0384 / 48_000) ** 0.5, rel=0.01)


def test_a_grid_table_of_a_cnn_has_its_columns_too():
    table = tables.grid_table(family_of(make_run(CNN(architecture="3x128"))))
    assert {"batch_normalization", "kernel_size", "padding"} <= set(table.columns)


def test_a_grid_table_is_in_order_of_validation_accuracy():
    runs = [
        make_run(MLP(architecture=units), accuracy=accuracy)
        for units, accuracy in (("1", 0.8), ("2", 0.9), ("3", 0.85))
    ]
    assert tables.grid_table(family_of(*runs))["architecture"].tolist() == ["2", "3", "1"]


def test_a_trial_belongs_to_every_family_whose_grid_has_its_key():
    shared = make_run(WINNER, "mlp_search")
    grid = shared.trial.configuration_key
    plans = {"mlp_search": [grid], "mlp_optimizers": [grid, "missing"]}
    search, optimizers = family_runs.by_family(plans, LIMITS, [shared])
    assert search.runs == optimizers.runs == [shared]
    assert (optimizers.expected, optimizers.done) == (2, 1)
    assert (search.was_searched, optimizers.was_searched) == (True, False)


def test_beyond_the_grid_runs_of_the_familys_tag_count_within_the_limits():
    own = make_run(WINNER)
    replicate = make_run(WINNER, replicate=1)
    runs = [
        own,
        replicate,
        make_run(WINNER, samples=15_000),
        make_run(WINNER, training=TrainingConfig(epochs=5)),
        make_run(CNN(), "cnn_search"),
    ]
    (found,) = family_runs.by_family({"mlp_search": [own.trial.configuration_key]}, LIMITS, runs)
    assert found.runs == [own, replicate]
    assert (found.expected, found.done) == (1, 1)


def test_a_key_that_finished_twice_counts_once_the_first():
    second = make_run(WINNER, run_id="a second", end_time=2)
    first = make_run(WINNER, run_id="the first", end_time=1)
    counted = records.finished([second, first])
    (found,) = family_runs.by_family(
        {"mlp_search": [first.trial.configuration_key]}, LIMITS, counted.values()
    )
    assert [run.run_id for run in found.runs] == ["the first"]
    assert tables.grid_table(found)["run_id"].tolist() == ["the first"]


def test_only_finished_runs_count():
    done = make_run(WINNER)
    broken = RunRecord("broken", "1", "FAILED", 0, 0, make_run(CNN()).tags, {})
    assert records.finished([broken, done]) == {done.key: done}


def test_no_records_give_empty_tables():
    empty = FamilyRuns("mlp_search", expected=30, runs=[], done=0)
    assert tables.grid_table(empty).empty
    assert tables.summary_table([empty], {}).empty
    assert published_table.compared(published_table.published_table([empty], {})).empty
    assert "val_loss" in tables.grid_table(empty).columns
    assert "val_accuracy" in tables.summary_table([], {}).columns


def test_the_published_value_stands_beside_ours():
    row = published(make_run(WINNER, accuracy=0.92))[f"last_val_{ACCURACY}"]
    assert (row["family"], row["configuration"]) == ("mlp_search", "768 0.3")
    assert row["our_configuration"] == "768 dropout=0.3"
    assert (row["published"], row["ours"]) == (0.910333, pytest.approx(0.91))
    assert row["difference"] == pytest.approx(0.91 - 0.910333)
    assert row["low"] < row["ours"] < row["high"]
    assert row["n"] == "1"


def test_a_published_value_without_a_counterpart_says_why():
    table = published_table.published_table([family_of(make_run(WINNER))], {})
    of_search = table[table["family"] == "mlp_search"].set_index(["configuration", "metric"])["n"]
    assert of_search["768 0.3", "last_loss"] == "1"
    assert of_search["512 0.3", "last_loss"] == "not run"
    for folds in table[table["family"] == "cnn_kfold"].to_dict("records"):
        assert (folds["published"], folds["n"]) == (0.9384, "not run")
    baseline = published_table.published_table(
        [family_of(make_run(MLP(), "mlp_baseline"), name="mlp_baseline")], {}
    )
    assert baseline.set_index("metric")["n"].iloc[0] == "not measured"  # the training loss


def test_published_values_without_a_counterpart_are_not_compared():
    metrics = published(make_run(WINNER))
    assert "epochs_run" in metrics
    baseline = published(make_run(MLP(), "mlp_baseline"), name="mlp_baseline")
    assert baseline.keys() == {f"best_val_{ACCURACY}", "epochs_run"}
    assert published(make_run(MLP(architecture="99"))) == {}


def test_replicates_are_compared_by_their_mean():
    runs = [
        make_run(WINNER, replicate=index, last_loss=loss) for index, loss in ((0, 0.1), (1, 0.2))
    ]
    row = published(*runs)["last_loss"]
    assert (row["ours"], row["n"]) == (pytest.approx(0.15), "2")
    # Student's t of one degree of freedom is 12.706; the standard error is 0.05.
    assert (row["low"], row["high"]) == pytest.approx((0.15 - 0.6353, 0.15 + 0.6353), abs=1e-3)


def test_a_loss_of_one_run_has_no_interval():
    row = published(make_run(WINNER))["last_val_loss"]
    assert row["low"] != row["low"]
    assert row["verdict"] != row["verdict"]


@pytest.mark.parametrize(
    ("accuracy", "verdict"), [(0.93, "above"), (0.921, "reproduced"), (0.91, "below")]
)
def test_a_published_accuracy_has_a_verdict(accuracy, verdict):
    row = published(make_run(WINNER, accuracy=accuracy))[f"last_val_{ACCURACY}"]
    assert row["verdict"] == verdict
    assert row["difference_low"] < row["difference"] < row["difference_high"]


def test_replicates_that_agree_still_have_the_published_numbers_doubt():
    runs = [make_run(WINNER, replicate=index, accuracy=0.9223) for index in range(3)]
    row = published(*runs)[f"last_val_{ACCURACY}"]
    assert row["low"] == pytest.approx(row["high"])
    assert (row["published"], row["verdict"]) == (0.910333, "reproduced")


def test_a_final_stands_beside_the_studys():
    final = make_final("mlp_final", WINNER, 256, **{f"test_{ACCURACY}": 0.9})
    row = published(finals={"mlp_final": final})[f"test_{ACCURACY}"]
    assert (row["family"], row["published"], row["ours"]) == ("mlp_final", 0.9035, 0.9)
    assert row["high"] - row["low"] == pytest.approx(2 * 1.96 * (0.09 / 10_000) ** 0.5, rel=0.01)


def test_a_final_of_another_configuration_reproduces_nothing():
    final = make_final("mlp_final", MLP(architecture="512"), **{f"test_{ACCURACY}": 0.9})
    table = published_table.published_table([], {"mlp_final": final})
    (row,) = published_table.compared(table).to_dict("records")
    assert (row["verdict"], row["our_configuration"]) == ("of another configuration", "512")
    assert row["difference"] == pytest.approx(0.9 - 0.9035)
    ((name, *_),) = published_table.differences(table)
    assert name == "mlp_final 256 adam 0.001 (ours 512), test"
    assert published_table.rule(table) == published_table.RULE


def test_the_summary_shows_what_a_search_chose_though_the_studys_is_newer():
    test = {f"test_{ACCURACY}": 0.9}
    chosen = make_final("mlp_final", MLP(architecture="512"), **test)
    of_study = make_final("mlp_final", WINNER, 256, **test)
    tags = of_study.tags | {records.CONFIG: records.STUDY}
    of_study = dataclasses.replace(of_study, start_time=5, tags=tags)
    paper = Options(preset="paper")
    assert comparison.final_runs([chosen, of_study], paper) == {"mlp_final": chosen}
    assert comparison.final_runs([of_study], paper) == {"mlp_final": of_study}
    assert published_table.is_of_study(of_study)
    assert not published_table.is_of_study(chosen)


def test_a_final_of_before_the_tag_is_known_by_its_command():
    final = make_final("mlp_final", WINNER)
    typed = {records.COMMAND: "mlflow run . -e mlp_final -P preset=paper -P config=study"}
    assert final.selected
    assert not dataclasses.replace(final, tags=final.tags | typed).selected


def test_a_trial_in_another_precision_stands_beside_the_studys():
    training = TrainingConfig(precision="mixed_bfloat16")
    row = published(make_run(WINNER, training=training))[f"last_val_{ACCURACY}"]
    assert row["our_configuration"] == "768 dropout=0.3 precision=mixed_bfloat16"
    assert row["verdict"] == "below"
    both = [make_run(WINNER, training=training), make_run(WINNER, accuracy=0.92)]
    assert published(*both)[f"last_val_{ACCURACY}"]["our_configuration"] == "768 dropout=0.3"


def test_no_accuracys_interval_passes_1():
    runs = [make_run(WINNER, accuracy=accuracy) for accuracy in (0.95, 0.99)]
    low, high = tables.interval_of(f"best_val_{ACCURACY}", runs)
    assert 0 < low < 0.95
    assert high == 1


def test_of_ensembles_that_one_command_gave_the_newest_stands_beside_peers():
    older, newer, larger = (
        dataclasses.replace(final, start_time=number, tags=final.tags | {records.COMMAND: command})
        for number, command in enumerate(("members=2", "members=2", "members=3"))
        for final in [make_final("ensemble", WINNER, multiply_adds=1.0, models=2.0 + number)]
    )
    assert comparison.beyond_runs([larger, newer, older]) == [newer, larger]


def test_a_final_that_was_asked_for_in_a_precision_is_shown_for_it():
    typed = ("", " -P precision=mixed_bfloat16")
    older, newer = (
        dataclasses.replace(final, start_time=number, tags=final.tags | {records.COMMAND: command})
        for number, command in enumerate(f"mlflow run . -e mlp_final{more}" for more in typed)
        for final in [make_final("mlp_final", WINNER)]
    )
    for precision, expected in (("float32", older), ("mixed_bfloat16", newer)):
        asked = Options(preset="paper", precision=precision)
        assert comparison.final_runs([older, newer], asked) == {"mlp_final": expected}
    tags = older.tags | {records.CONFIG: records.STUDY}
    of_study = dataclasses.replace(older, tags=tags)
    assert comparison.final_runs([of_study, newer], Options()) == {"mlp_final": newer}


def test_a_final_of_replicates_is_compared_by_their_mean():
    mean = {f"mean_test_{ACCURACY}": 0.90, f"mean_test_{ACCURACY}_low": 0.89}
    mean |= {f"mean_test_{ACCURACY}_high": 0.91, f"test_{ACCURACY}": 0.95, "models": 3.0}
    row = published(finals={"mlp_final": make_final("mlp_final", WINNER, 256, **mean)})
    row = row[f"test_{ACCURACY}"]
    assert (row["ours"], row["low"], row["high"], row["n"]) == (0.90, 0.89, 0.91, "3")
    assert row["verdict"] == "reproduced"


def test_the_summary_names_each_familys_best():
    runs = [make_run(MLP(architecture="512")), make_run(WINNER, accuracy=0.91)]
    (row,) = tables.summary_table([family_of(*runs)], {}).to_dict("records")
    assert (row["family"], row["configurations"], row["done"]) == ("mlp_search", 30, 2)
    assert (row["best"], row["val_accuracy"]) == ("768 dropout=0.3", 0.91)
    assert (row["val_n"], row["published_val"]) == ("12000 images", 0.910333)
    assert row["val_low"] < 0.91 < row["val_high"]
    assert row["by_chance"] == pytest.approx((0.91 * 0.09 / 12_000 / 3.14159) ** 0.5, rel=1e-3)


def test_the_summary_of_replicates_is_over_their_mean():
    runs = [
        make_run(WINNER, replicate=index, accuracy=accuracy)
        for index, accuracy in enumerate((0.90, 0.91, 0.92))
    ]
    (row,) = tables.summary_table([family_of(*runs)], {}).to_dict("records")
    assert (row["val_accuracy"], row["val_n"]) == (pytest.approx(0.91), "3 replicates")


def test_the_test_accuracy_of_replicates_is_their_mean_too():
    runs = [
        make_run(MLP(), "mlp_baseline", replicate=index, **{f"test_{ACCURACY}": accuracy})
        for index, accuracy in enumerate((0.84, 0.85, 0.86))
    ]
    (row,) = tables.summary_table([family_of(*runs)], {}).to_dict("records")
    assert (row["test_accuracy"], row["test_n"]) == (pytest.approx(0.85), "3 replicates")
    half = 4.302653 * 0.01 / 3**0.5
    assert (row["test_low"], row["test_high"]) == pytest.approx((0.85 - half, 0.85 + half))


def test_the_summary_has_a_row_for_each_final():
    finals = {
        "mlp_final": make_final("mlp_final", WINNER, **{f"test_{ACCURACY}": 0.9}),
        "cnn_kfold": make_final(
            "cnn_kfold",
            CNN(architecture="3x128"),
            models=5.0,
            **{
                f"mean_best_val_{ACCURACY}": 0.94,
                f"mean_best_val_{ACCURACY}_low": 0.935,
                f"mean_best_val_{ACCURACY}_high": 0.945,
                f"mean_test_{ACCURACY}": 0.938,
                f"mean_test_{ACCURACY}_low": 0.93,
                f"mean_test_{ACCURACY}_high": 0.945,
            },
        ),
    }
    final, folds = tables.summary_table([], finals).to_dict("records")
    assert (final["test_accuracy"], final["test_n"]) == (0.9, "10000 images")
    assert (final["val_accuracy"], final["val_n"]) == (0.91, "12000 images")
    assert final["val_low"] < 0.91 < final["val_high"]
    assert (folds["test_accuracy"], folds["test_low"], folds["test_n"]) == (0.938, 0.93, "5 models")
    assert (folds["val_accuracy"], folds["val_high"]) == (0.94, 0.945)
    assert (final["published_test"], folds["published_test"]) == (0.9035, 0.9384)


@pytest.mark.parametrize(
    ("model", "training", "words"),
    [
        (MLP(), TrainingConfig(), "linear"),
        (WINNER, TrainingConfig(batch_size=256), "768 dropout=0.3 batch_size=256"),
        (CNN(architecture="3x8"), TrainingConfig(batch_size=256, epochs=5), "3x8"),
        (
            CNN(batch_normalization=False),
            TrainingConfig(batch_size=256, optimizer="sgd"),
            "1x8 batch_normalization=False optimizer=sgd",
        ),
    ],
)
def test_words_say_what_differs_from_the_studys_defaults(model, training, words):
    assert tables.words(make_run(model, training=training).trial) == words
