"""A trial is trained as specified, and one that was interrupted ends as if it had not been."""

import os
from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from fmnist.data import fashion_mnist, splits
from fmnist.study.metrics import ACCURACY
from fmnist.study.networks import CNN, MLP, ResNet
from fmnist.study.request import Request
from fmnist.study.study_families import CNN_AS_RUN, MLP_AS_RUN
from fmnist.study.training import TrainingConfig
from fmnist.study.trial import Trial
from fmnist.training import bundle, checkpoint, models, optimizers
from fmnist.training import train as training
from fmnist.training.executors import InProcess, Workspace

EPOCHS = 6


def request(model=None, **settings):
    described = splits.describe(1_500, "holdout", 0)
    settings = {"epochs": EPOCHS, "plateau_patience": 1, "plateau_cooldown": 0} | settings
    chosen = Trial(
        model=model or MLP(architecture="32", dropout=0.2),
        training=TrainingConfig(**settings),
        data=described,
    )
    return Request(trial=chosen, family="mlp_search", preset="smoke", deterministic=True)


def train(request, folder, on_epoch=lambda *_: None):
    return training.train(request, folder / "bundle", folder / "checkpoint.npz", on_epoch)


class Crash(BaseException):
    """What a test raises in the middle of a training."""


def crash_after(epochs):
    def on_epoch(epoch, *_):
        if epoch + 1 == epochs:
            raise Crash

    return on_epoch


@pytest.mark.parametrize(
    ("model", "settings"),
    [
        (MLP(architecture="32", dropout=0.2), {}),
        # So slow that no epoch is an improvement, by a plateau's measure.
        (MLP(architecture="32"), {"learning_rate": 1e-9, "plateau_patience": 2}),
        (MLP(architecture="32", dropout=0.2), {"weights": "last", "plateau_min_delta": 1e-5}),
        (CNN(architecture="2x4", dropout=0.2), {}),
        (
            ResNet(architecture="1x4", strides=2, dropout=0.2, mirrored=True),
            {
                "optimizer": "nesterov",
                "schedule": "one_cycle",
                "shift": 2,
                "flip": True,
                "cutout": 8,
            },
        ),
    ],
)
def test_a_trial_that_was_interrupted_ends_bit_for_bit_as_one_that_was_not(
    model, settings, tmp_path, monkeypatch
):
    monkeypatch.setattr(checkpoint, "INTERVAL_SECONDS", 0)
    asked = request(model, **{"learning_rate": 0.02} | settings)
    whole = train(asked, tmp_path / "whole")
    for epochs in (2, 4):
        with pytest.raises(Crash):
            train(asked, tmp_path / "broken", crash_after(epochs))
    seen = []
    resumed = train(asked, tmp_path / "broken", lambda epoch, *_: seen.append(epoch))
    # The last checkpoint is from before the crash in the fourth epoch's report.
    assert seen == [3, 4, 5]
    assert resumed.record.curves == whole.record.curves
    for one, other in zip(whole.weights(), resumed.weights(), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize(
    "model", [MLP(architecture="32", dropout=0.2), CNN(architecture="2x4", dropout=0.2)]
)
def test_a_trial_that_continues_others_ends_bit_for_bit_as_if_it_had_never_stopped(model, tmp_path):
    for epochs, continues in ((1, ""), (3, "1")):
        first = request(model, epochs=epochs, continues=continues, learning_rate=0.02)
        train(replace(first, to_be_continued=True), tmp_path / "parts")
    asked, seen = request(model, continues="1-3", learning_rate=0.02), []
    continued = train(asked, tmp_path / "parts", lambda epoch, *_: seen.append(epoch))
    whole = train(asked, tmp_path / "whole")
    assert seen == [3, 4, 5]
    assert continued.record.curves == whole.record.curves
    for one, other in zip(whole.weights(), continued.weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_longer_trials_state_is_not_taken_up_by_a_shorter_one(tmp_path):
    train(replace(request(epochs=4, continues="1"), to_be_continued=True), tmp_path)
    left = train(request(epochs=2, continues="1"), tmp_path)
    assert left.record.summary["epochs_run"] == 2


def test_a_checkpoint_goes_once_the_bundle_is_there_unless_another_trial_continues_it(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(checkpoint, "INTERVAL_SECONDS", 0)
    workspace = Workspace(tmp_path / "bundles", tmp_path / "checkpoints")
    left = []
    for goes_on in (True, False):
        asked = iter([replace(request(epochs=1), to_be_continued=goes_on)])
        InProcess().run(partial(next, asked, None), lambda _: None, workspace)
        left.append(len(list(workspace.checkpoints.iterdir())))
    assert left == [1, 0]
    assert len(list(workspace.bundles.iterdir())) == 1


def test_old_checkpoints_are_removed_and_new_ones_kept(tmp_path):
    for name in ("old.npz", "new.npz"):
        (tmp_path / name).touch()
    os.utime(tmp_path / "old.npz", (0, 0))
    checkpoint.remove_old(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["new.npz"]


def test_a_checkpoint_of_another_trial_is_not_taken_up(tmp_path, monkeypatch):
    monkeypatch.setattr(checkpoint, "INTERVAL_SECONDS", 0)
    with pytest.raises(Crash):
        train(request(), tmp_path, crash_after(3))
    seen = []
    train(request(learning_rate=0.01), tmp_path, lambda epoch, *_: seen.append(epoch))
    assert seen == list(range(EPOCHS))


def test_the_best_epochs_weights_are_kept(tmp_path):
    overfitting = request(
        MLP(architecture="512"), epochs=30, plateau_patience=30, learning_rate=0.003
    )
    left = train(overfitting, tmp_path)
    best = left.record.summary["best_epoch"]
    assert best < 30, "the last epoch is the best, and this shows nothing"
    assert best == np.argmin(left.record.curves["val_loss"]) + 1
    predicted = left.predictions("validation").argmax(axis=1)
    labels = splits.load_split(left.record.trial.data).validation_labels
    accuracy = left.record.summary["best_val_sparse_categorical_accuracy"]
    assert (predicted == labels).mean() == pytest.approx(accuracy)


def test_the_last_epochs_weights_are_kept_and_scored_where_they_are_asked_for(tmp_path):
    overfitting = request(
        MLP(architecture="512"), epochs=30, plateau_patience=30, learning_rate=0.003, weights="last"
    )
    left = train(replace(overfitting, evaluate=("train", "test")), tmp_path)
    summary, losses = left.record.summary, left.record.curves["val_loss"]
    assert min(losses) < losses[-1], "the last epoch is the best, and this shows nothing"
    assert summary["best_epoch"] == summary["epochs_run"] == 30
    assert summary["best_val_loss"] == summary["last_val_loss"] == losses[-1]
    labels = {
        "validation": splits.load_split(left.record.trial.data).validation_labels,
        "test": fashion_mnist.load().test_labels,
    }
    for part, metric in (("validation", f"last_val_{ACCURACY}"), ("test", f"test_{ACCURACY}")):
        predicted = left.predictions(part).argmax(axis=1)
        assert (predicted == labels[part]).mean() == pytest.approx(summary[metric])
    assert summary["train_loss"] != summary["last_loss"]


class Curve:
    """A model that does not learn, and whose validation loss is what a test wants of each epoch."""

    def __init__(self, trial, losses):
        self.model = models.build(MLP())
        self.model.compile(optimizers.build_optimizer(trial.training, 1_200))
        self._labels = splits.load_split(trial.data).validation_labels
        self._losses = losses

    def train(self, epoch, _order):
        self._loss = self._losses(epoch + 1)
        return {"loss": 1.0, ACCURACY: 0.5}

    def predict(self, _images):
        right = np.exp(-self._loss)
        probabilities = np.full((len(self._labels), 10), (1 - right) / 9, np.float32)
        probabilities[np.arange(len(self._labels)), self._labels] = right
        return probabilities


@pytest.mark.parametrize(
    ("settings", "better", "falls", "epochs"),
    [
        # Better until epoch 3, and once more a while after the first fall: the second one comes
        # when the patience is over again, and as long before the end as early stopping is longer.
        (MLP_AS_RUN, {16: 0.2}, [13, 26], 36),
        (CNN_AS_RUN, {11: 0.2}, [8, 16], 21),
        # After a fall the rate rests for 2 epochs: of epochs 9 to 14 only the last 5 count.
        (CNN_AS_RUN, {}, [8], 13),
        # So small a gain counts for early stopping alone.
        (CNN_AS_RUN, {11: 0.299995}, [8, 14, 20], 21),
        (CNN_AS_RUN, {11: 0.29998}, [8, 16], 21),
        (replace(CNN_AS_RUN, plateau_min_delta=1e-4), {11: 0.29998}, [8, 14, 20], 21),
        (TrainingConfig(), {16: 0.2}, [13, 26], 36),
    ],
)
def test_the_learning_rate_falls_and_training_stops_when_they_must(
    settings, better, falls, epochs, tmp_path, monkeypatch
):
    def loss(epoch):
        reached = [value for at, value in better.items() if at <= epoch]
        best = min([0.3, *reached])
        return {1: 0.5, 2: 0.4, 3: 0.3}.get(epoch, better.get(epoch, best + 0.01))

    asked = request(MLP(), **vars(settings))
    monkeypatch.setattr(training.fastest, "prepare", lambda trial: Curve(trial, loss))
    curves = train(asked, tmp_path).record.curves
    rates = curves["learning_rate"]
    # A curve shows a fall in the epoch after.
    fallen = [epoch for epoch in range(1, len(rates)) if rates[epoch] < 0.5 * rates[epoch - 1]]
    assert (fallen, len(rates)) == (falls, epochs)


def test_early_stopping_and_plateau_follow_the_validation_loss(tmp_path):
    asked = request(learning_rate=0.5, epochs=30, early_stopping_patience=4, plateau_patience=2)
    curves = train(asked, tmp_path).record.curves
    run, best = len(curves["val_loss"]), int(np.argmin(curves["val_loss"]))
    assert run == best + 1 + 4
    rates = curves["learning_rate"]
    assert rates[0] == pytest.approx(0.5)
    assert rates[-1] < rates[0]


def test_each_epoch_has_its_own_permutation():
    first, second = (training.batch_order(7, epoch, 100) for epoch in (0, 1))
    assert sorted(first) == sorted(second) == list(range(100))
    assert not np.array_equal(first, second)
    np.testing.assert_array_equal(first, training.batch_order(7, 0, 100))


def test_a_loss_that_is_no_number_fails_the_trial(tmp_path):
    with pytest.raises(FloatingPointError, match="the loss of epoch"):
        train(
            request(optimizer="sgd", learning_rate=10.0, model=MLP(architecture="512-512-512")),
            tmp_path,
        )
    assert not (tmp_path / "bundle").exists()


def test_a_record_says_where_it_ran(tmp_path):
    left = bundle.read(train(request(epochs=1), tmp_path).folder)
    assert left.record.environment.keys() >= {"backend", "keras", "processor", "commit", "python"}
    assert left.record.seed == left.record.trial.seed


def test_one_cycle_keeps_the_last_epoch_and_mirrored_models_are_judged_by_their_mean(tmp_path):
    model = ResNet(architecture="1x4", strides=2, mirrored=True)
    left = train(request(model, epochs=3, schedule="one_cycle", learning_rate=0.05), tmp_path)
    summary, curves = left.record.summary, left.record.curves
    assert (summary["epochs_run"], summary["best_epoch"]) == (3, 3)
    assert curves["learning_rate"][-1] == pytest.approx(0, abs=1e-6)
    labels = splits.load_split(left.record.trial.data).validation_labels
    accuracy = (left.predictions("validation").argmax(axis=1) == labels).mean()
    assert summary["best_val_sparse_categorical_accuracy"] == pytest.approx(accuracy)
    assert summary["last_val_loss"] == curves["val_loss"][-1] != summary["best_val_loss"]


def test_a_checkpoint_of_before_has_no_samples_of_the_machine():
    progress = checkpoint.Progress(
        curves={"loss": [1.0, 0.5]}, timestamps=[1, 2], durations=[1.0, 1.0]
    )
    progress.add({"loss": 0.25}, 3, 1.0, {"cpu_utilization_percentage": 50.0})
    assert progress.machine == [{}, {}, {"cpu_utilization_percentage": 50.0}]
