"""The study's tables, built from records: what each number is."""

import re
from importlib import import_module
from pkgutil import iter_modules

import numpy as np
import pandas as pd
import pytest
from made_runs import ACCURACY, WINNER, family_of, make_final, make_run
from sklearn.model_selection import KFold

from fmnist.results import predictions, tables
from fmnist.results.accuracy import Accuracy, accuracy_of
from fmnist.results.counterparts import OTHER_SPLIT, counterparts
from fmnist.results.family_trials import FamilyRuns
from fmnist.results.tables import epochs, f1_parts, family, peers, published, summary, test_access
from fmnist.study import naming, plan
from fmnist.study.networks import CNN, MLP
from fmnist.study.options import Options
from fmnist.study.training import TrainingConfig
from fmnist.tracking.runs import EXPORTED, TESTED_AT

MODULES = [import_module(f"{tables.__name__}.{one.name}") for one in iter_modules(tables.__path__)]


def test_a_grid_table_has_the_studys_columns_from_the_last_epoch():
    table = family.grid_table(family_of(make_run(WINNER, accuracy=0.9103))).frame
    assert list(table.columns) == [
        "architecture", "dropout", "batch_size", "epochs", "activation", "last_activation",
        "optimizer", "learning_rate", "precision", "replicate",
        "lr", "val_sparse_categorical_accuracy", "val_loss",
        "sparse_categorical_accuracy", "loss", "round_epochs", "best_val_accuracy",
        "parameters", "train_seconds", "key", "run_id", "trial",
    ]  # fmt: skip
    (row,) = table.to_dict("records")
    assert (row["architecture"], row["dropout"], row["optimizer"]) == ("768", 0.3, "adam")
    assert (row["epochs"], row["round_epochs"]) == (300, 45)
    assert (row["lr"], row["learning_rate"]) == (1e-5, 1e-3)
    last, best = row[f"val_{ACCURACY}"], row["best_val_accuracy"]
    assert (last.value, best.value) == (pytest.approx(0.9003), 0.9103)
    assert last.low < 0.9003 < last.high < 0.9103
    assert best.low < 0.9103 < best.high
    assert best.high - best.low == pytest.approx(2 * 1.96 * (0.0817 / 12_000) ** 0.5, rel=0.01)
    assert row[ACCURACY] == 0.96


def test_a_grid_table_of_a_cnn_has_its_columns_too():
    table = family.grid_table(family_of(make_run(CNN(architecture="3x128")))).frame
    assert {"batch_normalization", "kernel_size", "padding"} <= set(table.columns)


def test_a_grid_table_is_in_order_of_validation_accuracy():
    runs = [
        make_run(MLP(architecture=units), accuracy=accuracy)
        for units, accuracy in (("1", 0.8), ("2", 0.9), ("3", 0.85))
    ]
    assert family.grid_table(family_of(*runs)).frame["architecture"].tolist() == ["2", "3", "1"]


def test_no_records_give_empty_tables():
    empty = FamilyRuns("mlp_search", expected=30, runs=[], done=0)
    assert family.grid_table(empty).empty
    assert summary.summary_table([empty], {}, "paper").empty
    pairs = counterparts([empty], {}, Options())
    assert published.compared(published.published_table(pairs, OTHER_SPLIT)).empty
    assert test_access.access_table([]).empty
    assert "val_loss" in family.grid_table(empty).frame.columns
    assert "val_accuracy" in summary.summary_table([], {}, "paper").frame.columns


def test_no_accuracys_interval_passes_1():
    runs = [make_run(WINNER, accuracy=accuracy) for accuracy in (0.95, 0.99)]
    found = accuracy_of(f"best_val_{ACCURACY}", runs)
    assert 0 < found.low < 0.95
    assert found.high == 1


def test_the_summary_names_each_familys_best():
    runs = [make_run(MLP(architecture="512")), make_run(WINNER, accuracy=0.91)]
    (row,) = summary.summary_table([family_of(*runs)], {}, "paper").frame.to_dict("records")
    assert (row["family"], row["configurations"], row["done"]) == ("mlp_search", 30, 2)
    assert (row["best"], row["val_accuracy"].value) == ("768 dropout=0.3", 0.91)
    assert (row["val_n"], row["published_val"]) == ("12000 images", 0.910333)
    assert row["val_accuracy"].low < 0.91 < row["val_accuracy"].high


def test_the_summary_of_replicates_is_over_their_mean():
    runs = [
        make_run(WINNER, replicate=index, accuracy=accuracy)
        for index, accuracy in enumerate((0.90, 0.91, 0.92))
    ]
    (row,) = summary.summary_table([family_of(*runs)], {}, "paper").frame.to_dict("records")
    assert (row["val_accuracy"].value, row["val_n"]) == (
        pytest.approx(0.91),
        "3 seeds, 12000 images",
    )
    assert row["later_seeds"] != row["later_seeds"]  # nothing was chosen from


def test_the_summary_sets_later_seeds_beside_what_a_configuration_was_chosen_at():
    runs = [
        make_run(WINNER, replicate=index, accuracy=accuracy)
        for index, accuracy in enumerate((0.92, 0.90, 0.89))
    ]
    others = make_run(MLP(architecture="512"), accuracy=0.91)
    (row,) = summary.summary_table([family_of(*runs, others)], {}, "paper").frame.to_dict("records")
    assert (row["chosen_at"], row["later_seeds"]) == (0.92, pytest.approx(0.895))
    assert row["selection_bias"] == pytest.approx(0.025)


def test_the_test_accuracy_of_replicates_is_their_mean_too():
    runs = [
        make_run(MLP(), "mlp_baseline", replicate=index, **{f"test_{ACCURACY}": accuracy})
        for index, accuracy in enumerate((0.84, 0.85, 0.86))
    ]
    (row,) = summary.summary_table([family_of(*runs)], {}, "paper").frame.to_dict("records")
    assert (row["test_accuracy"].value, row["test_n"]) == (
        pytest.approx(0.85),
        "3 seeds, 10000 images",
    )
    # Of seeds 0.01² / 3, of images 0.85 · 0.15 / 10,000; together of 3.8 degrees of freedom.
    error = (0.0001 / 3 + 0.1275 / 10_000) ** 0.5
    found = row["test_accuracy"]
    assert (found.high - found.low) / 2 == pytest.approx(2.828 * error, rel=1e-3)


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
    final, folds = summary.summary_table([], finals, "paper").frame.to_dict("records")
    assert final["test_accuracy"] == Accuracy.over_images(0.9, 10_000)
    assert final["val_accuracy"] == Accuracy.over_images(0.91, 12_000)
    assert folds["val_accuracy"].high - 0.94 == pytest.approx(0.005 * (5 * 0.45) ** 0.5)
    assert (final["test_n"], folds["val_n"]) == ("10000 images", "5 folds")
    assert folds["test_n"] == "5 folds, 10000 images"
    assert final["published_test"] == 0.9035
    assert pd.isna(folds["published_test"])  # the study did no cross-validation


def test_of_two_published_bests_the_one_with_fewer_parameters_is_the_studys():
    found = family_of(make_run(WINNER, preset="as_run"))
    (row,) = summary.summary_table([found], {}, "as_run").frame.to_dict("records")
    # 512-512 at 0.25 printed the same validation accuracy, and 0.9037 on the test set.
    assert (row["published_val"], row["published_test"]) == (0.910333, 0.902)


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
    assert naming.words(make_run(model, training=training).trial) == words


def test_peers_that_were_trained_on_overlapping_data_are_marked():
    measured = {f"test_{ACCURACY}": 0.95, "train_seconds": 60.0}
    ours = make_final("champion_final", CNN(), **measured)
    marked = [name for name in peers.peers_table([ours]).for_people["model"] if "overlap" in name]
    assert sorted(marked) == [
        "WRN-28-10 (train/test overlap)",
        "WRN-28-10, random erasing (train/test overlap)",
    ]


LEGENDS = {
    f"{module.__name__}.{name}": text
    for module in MODULES
    for name, text in vars(module).items()
    if "LEGEND" in name
} | {"summary with published": summary.LEGEND + summary.PUBLISHED}


@pytest.mark.parametrize("name", LEGENDS)
def test_a_legend_has_at_most_three_sentences(name):
    sentences = re.findall(r"[.](?= [A-Z]|$)", LEGENDS[name])
    assert LEGENDS[name].endswith(".")
    assert len(sentences) <= 3


def test_a_table_shows_people_what_they_need_and_programs_all():
    table = family.grid_table(family_of(make_run(WINNER, replicate=1)))
    assert list(table.for_people.columns) == list(family.FOR_PEOPLE)
    assert table.for_people["trial"].tolist() == ["768 dropout=0.3 replicate=1"]
    assert list(table.only(["architecture"]).for_people.columns) == ["architecture"]


def test_a_rate_falls_at_the_end_of_the_epoch_before_a_curve_shows_it():
    assert epochs.falls([1e-3, 1e-3, 1e-4, 1e-4, 1e-5]) == [2, 4]
    assert epochs.falls([1e-3]) == epochs.falls([]) == []


def test_epochs_and_falls_stand_beside_the_authors():
    scale = Options(preset="as_run")
    trial = plan.trial_of("mlp_baseline", {}, scale)
    runs = [
        make_run(trial.model, "mlp_baseline", training=trial.training, replicate=number)
        for number in (1, 0)
    ]
    pairs = counterparts([family_of(*runs, name="mlp_baseline")], {}, scale)
    rates = {0: [1e-3, 1e-4], 1: [1e-3, 1e-3]}
    table = epochs.epochs_table(pairs, lambda run: rates[run.trial.replicate])
    row, *others = table.frame.to_dict("records")
    assert {other["our_epochs"] for other in others} == {"not run"}
    assert epochs.epochs_table(counterparts([], {}, scale), rates.get).empty
    assert row == {
        "training": "mlp_baseline linear", "published_epochs": "62", "our_epochs": "45; 45",
        "published_falls": "37 52", "our_falls": "1; none",
    }  # fmt: skip


def test_who_read_the_test_set_is_counted_by_entry_and_configuration():
    score = {f"test_{ACCURACY}": 0.9}
    runs = [
        make_run(MLP(), "mlp_baseline", end_time=1_000, **score),
        make_run(MLP(), "mlp_baseline", replicate=1, end_time=61_000, **score),
        make_run(MLP(), "mlp_search", end_time=1, run_id="reads no test image"),
        make_final("mlp_final", WINNER, models=5.0, **score),
    ]
    brought = make_final("cnn_final", CNN(), **score)
    brought.tags.update({EXPORTED: "an export"})
    table = test_access.access_table([*runs, brought]).frame.set_index("entry")
    assert list(table.index) == ["cnn_final", "mlp_baseline", "mlp_final"]
    assert table["readings"].tolist() == [1, 2, 5]
    assert table.loc["mlp_baseline", "first"] == "1970-01-01 00:00:01"
    assert table.loc["mlp_baseline", "last"] == "1970-01-01 00:01:01"
    assert table.loc["cnn_final", "first"] == ""
    brought.tags.update({TESTED_AT: "2000"})
    table = test_access.access_table([brought]).frame
    assert table["first"].tolist() == ["1970-01-01 00:00:02"]


def test_macro_f1_of_parts_is_the_mean_of_the_classes_f1_worked_out_by_hand():
    labels = np.tile(np.array([0, 1], np.uint8), 50)
    predicted = labels.copy()
    predicted[::10] = 1  # ten of class 0 are taken for class 1
    by_hand = []
    for _, part in KFold(5, shuffle=True, random_state=0).split(labels):
        scores = []
        for name in (0, 1):
            hits = ((predicted == name) & (labels == name))[part].sum()
            named, true = (predicted[part] == name).sum(), (labels[part] == name).sum()
            scores.append(2 * hits / (named + true))
        by_hand.append(sum(scores) / 2)
    found = predictions.macro_f1_of_parts(predicted, labels)
    assert found == pytest.approx(by_hand)
    assert len(set(found)) > 1
    table = f1_parts.f1_parts_table(found).frame
    assert table["part"].tolist() == ["1", "2", "3", "4", "5", "mean"]
    assert table["published"].iloc[-1] == pytest.approx(0.9361, abs=5e-5)
    assert table["ours"].iloc[-1] == pytest.approx(sum(by_hand) / 5)
    assert f1_parts.f1_parts_table([]).empty
