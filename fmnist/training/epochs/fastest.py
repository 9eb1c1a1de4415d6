"""Choose the fastest way to train a trial's epochs on this backend and hardware."""

from typing import TYPE_CHECKING

from fmnist.study.networks import ModelConfig
from fmnist.study.own_network import OwnNetwork
from fmnist.study.trial import Trial
from fmnist.training import environment
from fmnist.training.backend import keras
from fmnist.training.epochs.fit import Epochs, FitEpochs

if TYPE_CHECKING:
    from fmnist.training.epochs.tensorflow import TensorFlowEpochs

# Compiled graphs stay in memory for the shapes of trials that were trained last.
SHAPES_KEPT = 2
# The fields of a training that its graph depends on.
COMPILED = (
    "batch_size", "optimizer", "precision", "schedule", "weight_decay", "label_smoothing",
    "shift", "flip", "cutout",
)  # fmt: skip

_prepared: dict[object, "TensorFlowEpochs"] = {}


def prepare(trial: Trial) -> Epochs:
    """A freshly initialized model for the trial, with the fastest `Epochs` that fits."""
    if isinstance(trial.model, OwnNetwork):  # of layers that only Keras itself need know
        return FitEpochs(trial)
    by_jax, on_gpu = keras.backend.backend() == "jax", environment.has_gpu()
    if by_jax and on_gpu:
        from fmnist.training.epochs.jax import JaxEpochs  # JAX is an extra

        return JaxEpochs(trial)
    if by_jax or on_gpu:
        return FitEpochs(trial)
    from fmnist.training.epochs.tensorflow import TensorFlowEpochs  # not under another backend

    wanted = shape(trial)
    if wanted not in _prepared:
        while len(_prepared) >= SHAPES_KEPT:
            _prepared.pop(next(iter(_prepared)))
        _prepared[wanted] = TensorFlowEpochs(trial)
    prepared = _prepared[wanted]
    prepared.start(trial)
    return prepared


def shape(trial: Trial) -> object:
    """Everything that a trial's steps are compiled for; its other values are in variables."""
    training = trial.training
    values = [getattr(training, name) for name in COMPILED]
    if training.schedule != "plateau":  # the graph computes other schedules itself
        values += [training.learning_rate, training.limits]
    return *_without_dropout(trial.model), *values, trial.data


def _without_dropout(model: ModelConfig) -> tuple[object, ...]:
    fields = vars(model)
    other = tuple(item for item in fields.items() if item[0] != "dropout")
    return model.network, other, fields["dropout"] > 0
