"""Intervals against values worked out by hand."""

from math import isnan

import numpy as np
import pytest

from fmnist import stats
from fmnist.stats import VarianceOfMean


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


@pytest.mark.parametrize(
    ("printed", "inside"), [(0.9, True), (0.9477, True), (0.9478, False), (0.8522, False)]
)
def test_a_number_is_judged_by_where_one_further_training_falls(printed, inside):
    # 3.182446 is the 97.5% point of Student's t of 3 degrees.
    found = stats.judge(printed, [0.9] * 5, stats.Deviation(0.0137, 3))
    error = 0.0137 * 1.2**0.5
    assert (found.low, found.high) == pytest.approx(
        (0.9 - 3.182446 * error, 0.9 + 3.182446 * error), abs=1e-6
    )
    assert found.z == pytest.approx((0.9 - printed) / error)
    assert found.inside == inside


def test_a_number_is_not_judged_by_too_few_seeds():
    assert stats.judge(0.9, [0.9, 0.91], None) is None
    assert stats.judge(0.9, [0.9, 0.91], stats.Deviation(0.01, 1)) is None
    one_seed = stats.judge(0.9, [0.91], stats.Deviation(0.01, 2))  # known by other configurations
    assert one_seed.inside


def test_a_perfect_reproduction_is_inside_in_95_percent():
    generator = np.random.default_rng(1)
    held = 0
    for printed, *ours in generator.normal(0.9, 0.003, size=(2000, 4)):
        held += stats.judge(printed, ours, stats.pooled_deviation([ours])).inside
    assert held / 2000 == pytest.approx(0.95, abs=0.01)


def test_paired_differences_have_students_interval_and_p():
    found = stats.paired_difference([1.0, 2.0, 3.0])
    half = 4.302653 / 3**0.5
    assert (found.value, found.low, found.high) == pytest.approx((2, 2 - half, 2 + half), abs=1e-6)
    assert found.p_value == pytest.approx(0.0742, abs=1e-4)  # t of 3.464, 2 degrees
    assert stats.paired_difference([0.1]) is None
    for equal in (0.0, 0.1):  # how they vary is not known
        assert stats.paired_difference([equal, equal]) is None


def test_the_deviation_is_read_back_from_the_interval_of_a_mean():
    values = [0.90, 0.91, 0.93]
    found = stats.deviation_of(stats.mean_interval(values), 3)
    assert (found.value, found.freedom) == (pytest.approx(np.std(values, ddof=1)), 2)


def test_a_pooled_deviation_counts_each_group_by_its_degrees_of_freedom():
    # Squares within: 2 of {1, 2, 3} around 2, and 8 of {10, 14} around 12; freedom 2 + 1.
    found = stats.pooled_deviation([[1.0, 2.0, 3.0], [10.0, 14.0], [99.0]])
    assert found == stats.Deviation(pytest.approx((10 / 3) ** 0.5), 3)
    assert stats.pooled_deviation([[1.0], [2.0], []]) is None


def test_a_further_training_is_less_certain_than_the_mean():
    # 4.302653 is the 97.5% point of Student's t of 2 degrees.
    trainings = [0.89, 0.90, 0.91]
    found = stats.judge(0.9, trainings, stats.Deviation(0.01, 2))
    half = 4.302653 * 0.01 * (4 / 3) ** 0.5
    assert (found.low, found.high) == pytest.approx((0.9 - half, 0.9 + half), abs=1e-8)
    low, high = stats.mean_interval(trainings)
    assert found.low < low < high < found.high


def test_overlapping_folds_have_nadeau_and_bengios_interval():
    # Five folds: 1/5 + 1/4 in place of 1/5; 2.776445 is the 97.5% point of t of 4 degrees.
    deviation = stats.Deviation(0.00025**0.5, 4)
    half = 2.776445 * (0.00025 * (0.2 + 0.25)) ** 0.5
    found = VarianceOfMean.folds(deviation, 5).interval(0.92)
    assert found == pytest.approx((0.92 - half, 0.92 + half), abs=1e-8)


def test_the_errors_of_seeds_and_of_images_add_up():
    # 0.09 / 10,000 of the images and 0.006² / 4 of the seeds: both 0.000009.
    of_seeds = VarianceOfMean.seeds(stats.Deviation(0.006, 30), 4)
    low, high = of_seeds.interval_over_images(0.9, 10_000)
    error = 0.000018**0.5
    freedom = 4 / (1 / 30 + 1 / 9_999)  # 119.6, whose 97.5% point is 1.98
    assert freedom == pytest.approx(119.6, abs=0.1)
    assert (high - low) / 2 == pytest.approx(1.98 * error, rel=1e-3)
    assert (high + low) / 2 == pytest.approx(0.9)


def test_seeds_that_agree_leave_the_doubt_of_the_images():
    of_seeds = VarianceOfMean.seeds(stats.Deviation(0.0, 2), 3)
    found = of_seeds.interval_over_images(0.9, 10_000)
    assert found == pytest.approx((0.9 - 1.96 * 0.003, 0.9 + 1.96 * 0.003), abs=1e-5)
    nothing = of_seeds.interval_over_images(1.0, 10_000)
    assert nothing == (1.0, 1.0)


def test_several_p_values_are_adjusted_by_holms_method():
    # The smallest times 4, the next times 3; the third not below the second; none above 1.
    found = stats.holm([0.03, 0.01, 0.9, 0.011])
    assert found == pytest.approx([0.06, 0.04, 0.9, 0.04])
    assert stats.holm([0.6, None, 0.7]) == [1.0, None, 1.0]
    assert stats.holm([]) == []
