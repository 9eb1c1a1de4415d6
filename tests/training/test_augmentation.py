"""Augmentation moves, mirrors and blackens as drawn, in training alone."""

import keras
import numpy as np
import pytest

from fmnist.data import fashion_mnist, splits
from fmnist.study.networks import CNN
from fmnist.study.training import TrainingConfig
from fmnist.study.trial import Trial
from fmnist.training.epochs import fastest, fit
from fmnist.training.epochs.augmentation import SIDE, Augmentation, augmentation

ALL = TrainingConfig(shift=2, flip=True, cutout=8)


@pytest.fixture(scope="module")
def images():
    return fashion_mnist.scale(fashion_mnist.load().train_images[:200])


def augmented(how, images, draws):
    return keras.ops.convert_to_numpy(how.apply(images, draws))


def by_hand(image, drawn, training):
    """The same by slices."""
    down, across, mirrored, row, column = drawn
    shift, half = training.shift, training.cutout // 2
    padded = np.pad(image, shift)
    moved = padded[down : down + SIDE, 2 * shift - across :][:, :SIDE]
    moved = moved[:, ::-1].copy() if mirrored else moved.copy()
    rows, columns = (
        slice(max(0, place - half), max(0, place - half + training.cutout))
        for place in (row, column)
    )
    moved[rows, columns] = 0
    return moved


@pytest.mark.parametrize(
    "training",
    [ALL, TrainingConfig(shift=3), TrainingConfig(flip=True), TrainingConfig(cutout=5)],
)
def test_images_are_moved_mirrored_and_blackened_as_drawn(training, images):
    how = Augmentation(training)
    draws = how.draw(1, 0, len(images))
    expected = [by_hand(*pair, training) for pair in zip(images, draws, strict=True)]
    np.testing.assert_array_equal(augmented(how, images, draws), expected)


def test_what_is_drawn_follows_from_seed_and_epoch_and_spares_no_choice():
    how = Augmentation(ALL)
    draws = how.draw(7, 3, 5_000)
    np.testing.assert_array_equal(draws, how.draw(7, 3, 5_000))
    assert not np.array_equal(draws, how.draw(7, 4, 5_000))
    assert not np.array_equal(draws, how.draw(8, 3, 5_000))
    assert [len(set(column)) for column in draws.T] == [5, 5, 2, SIDE, SIDE]


def test_a_training_without_augmentation_has_none():
    assert augmentation(TrainingConfig()) is None


def test_predictions_are_of_images_as_they_are(images):
    described = splits.describe(1_500, "holdout", 0)
    training = TrainingConfig(shift=2, flip=True, cutout=8)
    trial = Trial(model=CNN(architecture="1x4"), training=training, data=described)
    for made in (fit.FitEpochs(trial), fastest.prepare(trial)):
        predicted = made.predict(images)
        np.testing.assert_array_equal(predicted, made.predict(images))
        expected = keras.ops.convert_to_numpy(made.model(images, training=False))
        np.testing.assert_allclose(predicted, expected, atol=1e-5)
