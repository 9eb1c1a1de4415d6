"""Intervals against values worked out by hand."""

from math import isnan

import numpy as np
import pytest
from statsmodels.stats.proportion import confint_proportions_2indep

from fmnist import stats


@pytest.mark.parametrize(
    ("accuracy", "samples", "low", "high"),
    [
        (0.5, 100, 0.40383, 0.59617),
        (0.9425, 12_000, 0.93819, 0.94653),
        (1.0, 100, 0.96300, 1.0),
        (0.0, 100, 0.0, 0.03700),
    ],
)
def test_the_interval_of_an_accuracy_is_wilsons(accuracy, samples, low, high):
    assert stats.accuracy_interval(accuracy, samples) == pytest.approx((low, high), abs=1e-5)


def test_the_interval_of_a_mean_is_students():
    # Standard deviation 1, and 4.302653 is the 97.5% point of Student's t of 2 degrees.
    half = 4.302653 / 3**0.5
    assert stats.mean_interval([1.0, 2.0, 3.0]) == pytest.approx((2 - half, 2 + half), abs=1e-6)


def test_equal_values_leave_no_doubt():
    assert stats.mean_interval([0.9, 0.9]) == pytest.approx((0.9, 0.9))


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("values", [[], [0.9]])
def test_fewer_than_two_values_have_no_interval(values):
    assert all(isnan(bound) for bound in stats.mean_interval(values))


def test_a_mean_comes_with_its_interval():
    metrics = stats.mean_metrics("test_loss", [1.0, 2.0, 3.0])
    assert metrics["mean_test_loss"] == 2
    assert metrics["mean_test_loss_low"] == pytest.approx(2 - 4.302653 / 3**0.5)
    assert metrics["mean_test_loss_high"] == pytest.approx(2 + 4.302653 / 3**0.5)


def test_a_paired_test_counts_what_only_one_model_has_right():
    first = np.array([True] * 8 + [False] * 2 + [True] * 90)
    second = np.array([False] * 8 + [True] * 2 + [True] * 90)
    found = stats.paired_test(first, second)
    assert (found.only_first, found.only_second) == (8, 2)
    # Twice the chance of at most 2 heads in 10 tosses: 2 * (1 + 10 + 45) / 1024.
    assert found.p_value == pytest.approx(0.109375)
    assert found.tied


def test_equal_predictions_are_tied():
    right = np.array([True, False, True])
    assert stats.paired_test(right, right).p_value == 1


def test_the_difference_of_two_accuracies_has_newcombes_interval():
    ours, printed = stats.accuracy_interval(0.91, 12_000), stats.accuracy_interval(0.9, 10_000)
    found = stats.difference_interval(0.91, ours, 0.9, printed)
    expected = confint_proportions_2indep(10_920, 12_000, 9_000, 10_000, method="newcomb")
    assert found == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize(
    ("ours", "verdict"),
    [(0.91, "reproduced"), (0.914, "reproduced"), (0.92, "above"), (0.9, "below")],
)
def test_a_published_accuracy_is_as_uncertain_as_ours(ours, verdict):
    # 0.914 is outside of ours alone, whose half is 0.005, and inside of both, whose half is 0.007.
    intervals = [stats.accuracy_interval(accuracy, 12_000) for accuracy in (ours, 0.91)]
    found = stats.difference_interval(ours, intervals[0], 0.91, intervals[1])
    assert stats.verdict(*found) == verdict
