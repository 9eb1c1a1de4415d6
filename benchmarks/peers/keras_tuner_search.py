"""keras-tuner's `GridSearch` as in its guide; both keras-tuner peers use it."""

import keras
import keras_tuner

# keras-tuner would import it during the search, while the clock runs.
import tensorboard.plugins.hparams.api  # noqa: F401

from benchmarks.peers import shared
from benchmarks.peers.shared import Task
from fmnist.training import models


def run(task: Task) -> None:
    """Search the task's grid in the current folder, and print the result."""
    clock, tuner = shared.Clock(), grid_search(task)
    tuner.search(
        task.split.train_images,
        task.split.train_labels,
        batch_size=task.case.batch_size,
        epochs=task.epochs,
        validation_data=task.validation,
        callbacks=shared.callbacks(),
        verbose=0,
    )
    clock.stop()
    trials = tuner.oracle.get_best_trials(len(task.trials))
    # keras-tuner does not record epochs, but too few run here for early stopping.
    clock.report(len(trials) * task.epochs, [trial.score for trial in trials])


def grid_search(task: Task) -> keras_tuner.GridSearch:
    """The tuner for the task's grid."""
    (block,) = task.case.grid
    base = task.trials[0]

    def build(space: keras_tuner.HyperParameters) -> keras.Model:
        point = {name: space.Choice(name, list(values)) for name, values in block.items()}
        model = models.build(base.with_values(point).model)
        model.compile(keras.optimizers.Adam(1e-3), shared.LOSS, metrics=[shared.ACCURACY])
        return model

    objective = keras_tuner.Objective(shared.VALIDATION, "max")
    return keras_tuner.GridSearch(build, objective, directory="tuner", project_name="grid")
