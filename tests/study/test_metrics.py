"""Metrics have one name in the code, and one on MLflow's pages."""

import pytest

from fmnist.study.metrics import (
    CRITERION,
    CURVES,
    GROUPS,
    epoch_names,
    from_mlflow,
    is_copy,
    to_mlflow,
)

OURS = {
    "best_val_loss": "best/val_loss",
    CRITERION: "best/val_sparse_categorical_accuracy",
    "best_epoch": "best/epoch",
    "last_learning_rate": "last/learning_rate",
    "train_loss": "train/loss",
    "test_accuracy_low": "test/accuracy_low",
    "mean_test_sparse_categorical_accuracy_high": "mean/test_sparse_categorical_accuracy_high",
    "train_seconds": "cost/train_seconds",
    "epochs_run": "cost/epochs_run",
    "parameters": "cost/parameters",
    "models": "cost/models",
}


@pytest.mark.parametrize(("ours", "pages"), OURS.items())
def test_a_metric_of_one_value_is_in_a_group_on_mlflows_pages(ours, pages):
    assert (to_mlflow(ours), from_mlflow(pages)) == (pages, ours)
    assert to_mlflow(pages) == pages
    assert from_mlflow(ours) == ours  # in runs of before


@pytest.mark.parametrize(
    "name", [*CURVES, "learning_rate", "system/gpu_0_utilization_percentage", "system/best_of"]
)
def test_curves_and_system_metrics_have_the_same_name_in_both(name):
    assert to_mlflow(name) == from_mlflow(name) == name


def test_each_curve_has_a_copy_in_a_group_that_mlflows_pages_show_first():
    for name in CURVES:
        kept, copy = epoch_names(name)
        assert kept == name
        assert is_copy(copy)
        assert not is_copy(name)
        assert copy < min(GROUPS)
    assert epoch_names("learning_rate") == ("learning_rate",)
    assert epoch_names("best_val_loss") == ("best/val_loss",)
