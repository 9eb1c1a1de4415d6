"""Fast epochs are the same mathematics as Keras's own, and stop in time for signals."""

import dataclasses

import keras
import numpy as np
import pytest
import tensorflow as tf

from fmnist.data import fashion_mnist, splits
from fmnist.study.metrics import ACCURACY
from fmnist.study.networks import CNN, MLP, VGG, ResNet
from fmnist.study.training import TrainingConfig
from fmnist.study.trial import Trial
from fmnist.training import models, scoring, train
from fmnist.training.epochs import fastest, fit, fused, tensorflow

SAMPLES = 1_500
RECIPE = {
    "schedule": "one_cycle", "weight_decay": 1e-3, "label_smoothing": 0.1, "shift": 2,
    "flip": True, "cutout": 8,
}  # fmt: skip


def trial(model, **settings):
    described = splits.describe(SAMPLES, "holdout", 0)
    return Trial(model=model, training=TrainingConfig(epochs=2, **settings), data=described)


@pytest.fixture(scope="module")
def images():
    return np.random.default_rng(0).normal(size=(8, 7, 7, 5)).astype(np.float32) * 3 + 1


@pytest.mark.parametrize(
    "model",
    [MLP(), MLP(architecture="32"), CNN(architecture="2x4"), CNN(batch_normalization=False)],
)
@pytest.mark.parametrize("optimizer", ["adam", "nesterov"])
def test_two_epochs_are_those_of_fit(model, optimizer):
    compare(trial(model, optimizer=optimizer, batch_size=128, learning_rate=1e-3))


@pytest.mark.parametrize("optimizer", ["adam", "nesterov"])
@pytest.mark.parametrize(
    "model",
    [MLP(architecture="32"), ResNet(architecture="1x4", strides=2), VGG(architecture="4-8")],
)
def test_two_epochs_of_a_champions_recipe_are_those_of_fit(model, optimizer):
    compare(trial(model, optimizer=optimizer, batch_size=128, learning_rate=1e-3, **RECIPE))


def compare(chosen):
    """Two epochs by Keras and by graphs: metrics and weights are the same but for rounding."""
    plain, fast = fit.FitEpochs(chosen), fastest.prepare(chosen)
    assert isinstance(fast, tensorflow.TensorFlowEpochs)
    for epoch in range(2):
        order = train.batch_order(chosen.seed, epoch, 1_200)
        expected, found = plain.train(epoch, order), fast.train(epoch, order)
        assert found == pytest.approx(expected, rel=2e-3)
    for one, other in zip(plain.model.get_weights(), fast.model.get_weights(), strict=True):
        np.testing.assert_allclose(other, one, rtol=0.02, atol=0.01)


def test_fused_batch_normalization_gives_kerass_outputs_gradients_and_averages(images):
    found = []
    for kind in (keras.layers.BatchNormalization, fused.FusedBatchNormalization):
        layer = kind()
        layer.build(images.shape)
        inputs = tf.Variable(images)
        with tf.GradientTape() as tape:
            outputs = layer(inputs, training=True)
            loss = tf.reduce_sum(outputs**3)
        targets = [inputs, *(variable.value for variable in layer.trainable_variables)]
        still = layer(inputs, training=False)
        found.append([outputs, still, *tape.gradient(loss, targets), *layer.get_weights()])
    for one, other in zip(*found, strict=True):
        np.testing.assert_allclose(other, one, rtol=1e-3, atol=2e-3)


def test_fused_adam_makes_kerass_steps(images):
    variables = [keras.Variable(images), keras.Variable(images)]
    kerass, ours = keras.optimizers.Adam(0.01), fused.FusedAdam(0.01)
    for optimizer, variable in zip((kerass, ours), variables, strict=True):
        optimizer.build([variable])
        for step in range(5):
            optimizer.apply([tf.constant(images * step)], [variable])
    np.testing.assert_allclose(variables[1].numpy(), variables[0].numpy(), rtol=1e-6, atol=1e-6)
    # The kernel takes 1 - 0.999 in float32, which differs by 5e-5 of it.
    for one, other in zip(kerass.variables, ours.variables, strict=True):
        np.testing.assert_allclose(other.numpy(), one.numpy(), rtol=1e-4, atol=1e-6)


def test_dropout_changes_with_the_step_and_keeps_the_mean():
    step = fused.StepDropout()
    step.rate.assign(0.5)
    dropout = fused.fused(
        keras.Sequential([keras.Input((28, 28)), keras.layers.Dropout(0.1)]), step
    )
    ones = tf.ones((64, 28, 28))

    def dropped(*seed):
        step.seed.assign(seed)
        return dropout(ones, training=True).numpy()

    first = dropped(7, 0)
    np.testing.assert_array_equal(first, dropped(7, 0))
    assert not np.array_equal(first, dropped(7, 1))
    assert set(np.unique(first)) == {0.0, 2.0}
    assert first.mean() == pytest.approx(1, abs=0.02)
    np.testing.assert_array_equal(dropout(ones, training=False), ones)


def test_one_graph_serves_all_trials_of_a_shape():
    first = trial(MLP(architecture="32", dropout=0.2))
    other = trial(MLP(architecture="32", dropout=0.3), learning_rate=0.01)
    prepared = fastest.prepare(first)
    assert fastest.prepare(other) is prepared
    assert fastest.prepare(trial(MLP(architecture="33", dropout=0.3))) is not prepared


def test_bfloat16_is_what_the_layers_compute_in_and_the_model_is_restored_without_it():
    chosen = trial(CNN(architecture="2x4", dropout=0.2), precision="mixed_bfloat16")
    plain, fast = fit.FitEpochs(chosen), fastest.prepare(chosen)
    order = train.batch_order(chosen.seed, 0, 1_200)
    expected, found = plain.train(0, order), fast.train(0, order)
    assert found["loss"] == pytest.approx(expected["loss"], rel=0.2)
    for model in (plain.model, fast.model):
        assert {layer.compute_dtype for layer in model.layers[:-1]} == {"bfloat16"}
        assert model.layers[-1].compute_dtype == "float32"
    assert {variable.dtype for variable in fast.model.trainable_variables} == {"float32"}


def test_a_trial_is_the_same_after_another_of_its_shape():
    chosen = trial(MLP(architecture="32", dropout=0.2))
    order = train.batch_order(chosen.seed, 0, 1_200)
    fresh = fastest.prepare(chosen).train(0, order)
    other = dataclasses.replace(chosen, replicate=1)
    assert fastest.prepare(other).train(0, order) != fresh
    assert fastest.prepare(chosen).train(0, order) == fresh


def test_evaluation_is_kerass():
    chosen = trial(MLP(architecture="32"))
    plain = fit.FitEpochs(chosen)
    split = splits.load_split(chosen.data)
    loss, accuracy = plain.model.evaluate(
        split.validation_images, split.validation_labels, verbose=0
    )
    found = scoring.evaluate(plain.predict(split.validation_images), split.validation_labels)
    assert found["loss"] == pytest.approx(loss, rel=1e-4)
    assert found[ACCURACY] == pytest.approx(accuracy)


def test_trained_weights_make_a_model_of_standard_layers():
    chosen = trial(CNN(architecture="2x4", dropout=0.2))
    prepared = fastest.prepare(chosen)
    prepared.train(0, train.batch_order(chosen.seed, 0, 1_200))
    rebuilt = models.build(CNN(architecture="2x4", dropout=0.2))
    rebuilt.set_weights(prepared.model.get_weights())
    images = fashion_mnist.scale(fashion_mnist.load().test_images[:20])
    np.testing.assert_allclose(
        rebuilt.predict(images, verbose=0), prepared.predict(images), atol=1e-5
    )
