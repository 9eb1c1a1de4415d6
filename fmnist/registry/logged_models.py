"""A final's model among MLflow's logged models: its files, metrics and data sets.

A model is ready only when its run was evaluated; what an interrupted final left is marked failed
by the next one. Keras is imported where a model is handled.
"""

import json
import tempfile
import time
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

import mlflow
import numpy as np
from mlflow.entities import (
    Dataset,
    LoggedModel,
    LoggedModelOutput,
    LoggedModelStatus,
    Metric,
    RunTag,
)
from mlflow.entities.model_registry import ModelVersion
from mlflow.exceptions import MlflowException
from mlflow.models import Model, ModelSignature
from mlflow.types import Schema, TensorSpec
from mlflow.utils.mlflow_tags import MLFLOW_MODEL_VERSIONS, MLFLOW_USER

from fmnist.data import fashion_mnist
from fmnist.data.config import DataConfig
from fmnist.data.fashion_mnist import CLASS_NAMES, IMAGE_SHAPE, Images
from fmnist.registry import model_files
from fmnist.study.metrics import COSTS, to_mlflow
from fmnist.tracking import trial_run
from fmnist.tracking.runs import DESCRIPTION
from fmnist.tracking.store import Store

if TYPE_CHECKING:
    from fmnist.training.backend import keras

# Tags of an evaluated run and of the version that is registered of it: the logged model's id, and
# the digest of its files.
MODEL = "fmnist.model"
DIGEST = "fmnist.digest"
# Tags that a model has of its run: who made it, where from.
FROM_RUN = (MLFLOW_USER, "mlflow.source.")
TEST_METRIC = "test_"
# How the metrics begin that are of a part of the data.
OF_PART = {
    TEST_METRIC: trial_run.TEST,
    "best_val_": trial_run.VALIDATION,
    "last_val_": trial_run.VALIDATION,
    "train_": trial_run.TRAINING,
    "last_": trial_run.TRAINING,
}


def signature() -> ModelSignature:
    """Pixels of 0-255, (n, 28, 28), to probabilities (n, 10).

    The pixels are declared as uint8, since that refuses NaN, negative numbers and 300.
    """
    pixels = TensorSpec(np.dtype(np.uint8), (-1, *IMAGE_SHAPE))
    probabilities = TensorSpec(np.dtype(np.float32), (-1, len(CLASS_NAMES)))
    return ModelSignature(Schema([pixels]), Schema([probabilities]))


def pinned(*packages: str) -> list[str]:
    """Requirements of the versions that are installed: MLflow would take seconds to infer them.

    A package is named by its module, since what is tensorflow-cpu here is tensorflow elsewhere.
    """
    installed_as = metadata.packages_distributions()
    return [f"{name}=={metadata.version(installed_as[name][0])}" for name in packages]


def log_model(
    store: Store,
    run_id: str,
    name: str,
    model: "keras.Model",
    example: Images,
    params: Mapping[str, str],
) -> dict[str, str]:
    """Log a model that takes raw pixels, of a run; returns the tags MODEL and DIGEST.

    It is pending until `finish`. MLflow's own `log_model` fails where there is an input example.
    """
    from fmnist.training import backend  # noqa: F401 - before MLflow imports Keras

    model_id = _create(store, run_id, name, params).model_id
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "model"
        folder.mkdir()  # MLflow writes the input example before it makes the folder
        mlflow.keras.save_model(
            model,
            str(folder),
            mlflow_model=Model(model_id=model_id, model_uuid=model_id, run_id=run_id),
            signature=signature(),
            input_example=example,
            pip_requirements=pinned("tensorflow", "keras", "numpy"),
            metadata={"classes": list(fashion_mnist.identity().class_names)},
        )
        store.client.log_model_artifacts(model_id, str(folder))
        return {MODEL: model_id, DIGEST: model_files.digest(folder)}


def _create(store: Store, run_id: str, name: str, params: Mapping[str, str]) -> LoggedModel:
    """A pending model of a run; those of interrupted finals of that name fail."""
    client, run = store.client, store.client.get_run(run_id)
    experiment = run.info.experiment_id
    tags = {tag: text for tag, text in run.data.tags.items() if tag.startswith(FROM_RUN)}
    for left in client.search_logged_models([experiment], f"name = '{name}'"):
        if left.status == LoggedModelStatus.PENDING:  # one that is still at work gets ready later
            client.finalize_logged_model(left.model_id, LoggedModelStatus.FAILED)
    try:
        return client.create_logged_model(experiment, name, run_id, tags, dict(params))
    except MlflowException:  # it may have been created all the same, and only the reply lost
        for found in client.search_logged_models([experiment], f"source_run_id = '{run_id}'"):
            return found
        raise


def log_results(
    store: Store,
    run_id: str,
    metrics: Mapping[str, float],
    tags: Mapping[str, str],
    data: DataConfig,
) -> None:
    """Log the metrics of a run and of its model, each with its data set; the run's tags come last.

    A run that holds the tags of `log_model` counts as evaluated.
    """
    inputs = trial_run.inputs(data, trial_run.PARTS)
    datasets = dict(zip(trial_run.PARTS, (one.dataset for one in inputs), strict=True))
    now = time.time_ns() // 1_000_000
    # Pages show them in this order.
    names = sorted(metrics, key=lambda name: not name.startswith(TEST_METRIC))
    logged = [
        Metric(to_mlflow(name), metrics[name], now, 0, model_id=tags[MODEL], **_of(name, datasets))
        for name in names
    ]
    store.client.log_batch(run_id, logged, tags=[RunTag(name, text) for name, text in tags.items()])


def _of(metric: str, datasets: Mapping[str, Dataset]) -> dict[str, str]:
    """The data set that a metric is of, as MLflow names it; nothing for costs and means."""
    for start, part in OF_PART.items():
        if metric.startswith(start) and metric not in COSTS:
            found = datasets[part]
            return {"dataset_name": found.name, "dataset_digest": found.digest}
    return {}


def finish(store: Store, run_id: str, model_id: str) -> None:
    """Mark a model as ready, and as its run's; doing it twice changes nothing."""
    store.client.finalize_logged_model(model_id, LoggedModelStatus.READY)
    outputs = store.client.get_run(run_id).outputs.model_outputs
    if model_id not in {output.model_id for output in outputs}:
        store.client.log_outputs(run_id, [LoggedModelOutput(model_id, step=0)])


def link(store: Store, model_id: str, version: ModelVersion) -> None:
    """Name a version on its model's page, as MLflow's server does, and describe the model by it.

    Doing it twice changes nothing.
    """
    tags = store.client.get_logged_model(model_id).tags
    named = json.loads(tags.get(MLFLOW_MODEL_VERSIONS, "[]"))
    known = {(one["name"], str(one["version"])) for one in named}
    if (version.name, str(version.version)) not in known:
        named.append({"name": version.name, "version": version.version})
    wanted = {
        MLFLOW_MODEL_VERSIONS: json.dumps(named),
        DESCRIPTION: tags.get(DESCRIPTION) or version.description or "",
    }
    if not wanted.items() <= tags.items():
        store.client.set_logged_model_tags(model_id, wanted)


def exists(store: Store, model_id: str) -> bool:
    """Whether there is a logged model of that id, which nobody has deleted."""
    try:
        store.client.get_logged_model(model_id)
    except MlflowException as error:
        if error.error_code != "RESOURCE_DOES_NOT_EXIST":
            raise
        return False
    return True
