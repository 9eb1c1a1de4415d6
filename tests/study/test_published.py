"""The published numbers are the study's, and each belongs to a configuration that we train."""

from collections import Counter

import pytest

from fmnist.study.families import FAMILIES, FINALS, STUDY_FINALS
from fmnist.study.published import PUBLISHED

ACCURACY = "sparse_categorical_accuracy"


def metrics_of(family, **point):
    (entry,) = (
        entry
        for entry in PUBLISHED
        if entry.family == family and point.items() <= entry.point.items()
    )
    return entry.metrics


def rows_of(family):
    return [entry for entry in PUBLISHED if entry.family == family]


@pytest.mark.parametrize(
    ("family", "point", "metric", "value"),
    [
        ("mlp_baseline", {}, "test_loss", 0.4362012032985687),
        ("mlp_baseline", {}, f"test_{ACCURACY}", 0.8486999869346619),
        ("mlp_baseline", {}, f"best_val_{ACCURACY}", 0.862583339214325),
        ("mlp_baseline", {}, "epochs_run", 60),
        ("mlp_capacity", {"architecture": "256"}, "last_val_loss", 0.291238),
        ("mlp_capacity", {"architecture": "128-64"}, f"last_{ACCURACY}", 0.9305),
        ("mlp_search", {"architecture": "768-768", "dropout": 0.2}, "epochs_run", 34),
        ("mlp_search", {"architecture": "768", "dropout": 0.3}, "last_learning_rate", 1e-4),
        ("mlp_search", {"architecture": "512-256"}, "last_loss", 0.13422),
        ("mlp_final", {}, f"test_{ACCURACY}", 0.9035),
        ("cnn_baseline", {"dropout": 0.0}, "epochs_run", 76),
        ("cnn_baseline", {"dropout": 0.2}, f"best_val_{ACCURACY}", 0.9083),
        ("cnn_search", {"architecture": "3x128", "dropout": 0.3}, "last_val_loss", 0.202496),
        ("cnn_search", {"architecture": "3x64", "dropout": 0.3}, "last_learning_rate", 1e-6),
        ("cnn_search", {"architecture": "3x32", "dropout": 0.25}, f"last_{ACCURACY}", 0.936542),
        ("cnn_final", {}, f"test_{ACCURACY}", 0.9361000061035156),
    ],
)
def test_a_published_number(family, point, metric, value):
    assert metrics_of(family, **point)[metric] == value


def test_every_row_of_the_studys_tables_is_there_once():
    counts = Counter(entry.family for entry in PUBLISHED)
    assert (counts["mlp_search"], counts["cnn_search"], counts["mlp_capacity"]) == (10, 9, 5)
    for family in counts:
        points = [str(entry.point) for entry in rows_of(family)]
        assert len(set(points)) == len(points)


@pytest.mark.parametrize("family", FAMILIES)
def test_a_published_point_is_a_point_of_its_familys_grid(family):
    grid = FAMILIES[family].points("paper")
    assert all(entry.point in grid for entry in rows_of(family))


@pytest.mark.parametrize("final", [FINALS[name] for name in STUDY_FINALS])
def test_a_finals_published_point_is_the_studys_winner(final):
    assert [entry.point for entry in rows_of(final.name)] == [final.study_point]


def test_epochs_that_the_scan_lost_are_unknown():
    assert all("epochs_run" not in entry.metrics for entry in rows_of("cnn_search"))
    assert all(entry.metrics["epochs_run"] > 30 for entry in rows_of("mlp_search"))


def test_what_the_text_prints_twice_of_the_final_cnn_stands_in_its_grid_alone():
    assert f"last_val_{ACCURACY}" in metrics_of("cnn_search", architecture="3x128", dropout=0.25)
    assert metrics_of("cnn_final").keys() == {"test_loss", f"test_{ACCURACY}"}


def test_the_grid_tables_are_in_order_of_validation_accuracy():
    for family in ("mlp_search", "cnn_search"):
        accuracies = [entry.metrics[f"last_val_{ACCURACY}"] for entry in rows_of(family)]
        assert accuracies == sorted(accuracies, reverse=True)
