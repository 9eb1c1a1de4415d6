"""A plain Keras loop over the grid: build, compile and fit each model."""

import keras

from benchmarks.peers import shared
from fmnist.training import models

task = shared.task()
clock, histories = shared.Clock(), []
for trial in task.trials:
    model = models.build(trial.model)
    model.compile(keras.optimizers.Adam(1e-3), shared.LOSS, metrics=[shared.ACCURACY])
    fitted = model.fit(
        task.split.train_images,
        task.split.train_labels,
        batch_size=task.case.batch_size,
        epochs=task.epochs,
        validation_data=task.validation,
        callbacks=shared.callbacks(),
        verbose=0,
    )
    histories.append(fitted.history[shared.VALIDATION])
clock.stop()
clock.report(sum(map(len, histories)), list(map(max, histories)))
