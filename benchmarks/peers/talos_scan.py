"""Talos's `Scan`, whose training function takes the data and a point of the grid."""

from typing import Any

import keras
import talos

from benchmarks.peers import shared
from fmnist.data.fashion_mnist import FloatImages, Labels
from fmnist.training import models

task = shared.task()
base = task.trials[0]


def train(
    x_train: FloatImages, y_train: Labels, x_val: FloatImages, y_val: Labels, point: dict[str, Any]
) -> tuple[keras.callbacks.History, keras.Model]:
    """Train one point of the grid."""
    model = models.build(base.with_values(point).model)
    model.compile(keras.optimizers.Adam(1e-3), shared.LOSS, metrics=[shared.ACCURACY])
    history = model.fit(
        x_train,
        y_train,
        batch_size=task.case.batch_size,
        epochs=task.epochs,
        validation_data=(x_val, y_val),
        callbacks=shared.callbacks(),
        verbose=0,
    )
    return history, model


(block,) = task.case.grid
clock = shared.Clock()
scan = talos.Scan(
    task.split.train_images,
    task.split.train_labels,
    params={name: list(values) for name, values in block.items()},
    model=train,
    experiment_name="grid",
    x_val=task.split.validation_images,
    y_val=task.split.validation_labels,
    reduction_metric=shared.VALIDATION,
    disable_progress_bar=True,
)
clock.stop()
histories = [history[shared.VALIDATION] for history in scan.round_history]
clock.report(sum(map(len, histories)), list(map(max, histories)))
