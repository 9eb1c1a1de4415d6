"""Registered models: what is in Production, and how a version gets there."""

import tempfile
import warnings
from importlib import metadata
from pathlib import Path

import keras
import mlflow
import numpy as np
from mlflow.entities.model_registry import ModelVersion
from mlflow.exceptions import MlflowException
from mlflow.models import ModelSignature
from mlflow.types import Schema, TensorSpec

from fmnist.config import InvalidInput
from fmnist.data import CLASS_NAMES, IMAGE_SHAPE, Images
from fmnist.presets import PRESETS
from fmnist.records import KEY, PRESET
from fmnist.tracking import Store, reason

STAGE = "Production"
ALIAS = "production"
ARTIFACT = "model"


def signature() -> ModelSignature:
    """Pixels of 0-255, (n, 28, 28), to probabilities (n, 10).

    The pixels are declared as uint8, since that refuses NaN, negative numbers and 300.
    """
    pixels = TensorSpec(np.dtype(np.uint8), (-1, *IMAGE_SHAPE))
    probabilities = TensorSpec(np.dtype(np.float32), (-1, len(CLASS_NAMES)))
    return ModelSignature(Schema([pixels]), Schema([probabilities]))


def pinned(*packages: str) -> list[str]:
    """Requirements of the versions that are installed: MLflow would take seconds to infer them."""
    return [f"{package}=={metadata.version(package)}" for package in packages]


def log_model(store: Store, run_id: str, model: keras.Model, example: Images) -> None:
    """Log a model that takes raw pixels as the run's artifact."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / ARTIFACT
        folder.mkdir()  # MLflow writes the input example before it makes the folder
        mlflow.keras.save_model(
            model,
            str(folder),
            signature=signature(),
            input_example=example,
            pip_requirements=pinned("tensorflow", "keras", "numpy"),
            metadata={"classes": list(CLASS_NAMES)},
        )
        store.client.log_artifacts(run_id, str(folder), ARTIFACT)


def register(
    store: Store, name: str, run_id: str, tags: dict[str, str], description: str
) -> ModelVersion:
    """The version of the run's model: found if it exists, else created."""
    client = store.client
    try:
        client.create_registered_model(name)
    except MlflowException as error:
        if error.error_code != "RESOURCE_ALREADY_EXISTS":
            raise
    for version in client.search_model_versions(f"name = '{name}' AND run_id = '{run_id}'"):
        return version
    source = f"runs:/{run_id}/{ARTIFACT}"
    return client.create_model_version(name, source, run_id, tags=tags, description=description)


def version_of_key(store: Store, name: str, key: str) -> ModelVersion | None:
    """The newest version that was registered for a trial's key, if there is one."""
    found = store.client.search_model_versions(f"name = '{name}' AND tags.`{KEY}` = '{key}'")
    return max(found, key=lambda version: int(version.version), default=None)


def production_version(store: Store, name: str) -> ModelVersion | None:
    """The version in Production, if there is one."""
    found = store.client.search_model_versions(f"name = '{name}'")
    staged = [version for version in found if version.current_stage == STAGE]
    return max(staged, key=lambda version: int(version.version), default=None)


def promote(store: Store, version: ModelVersion) -> str:
    """Put a version into Production, stage and alias together; returns what was decided.

    A version of a smaller preset never replaces one of a larger.
    """
    name, current = version.name, production_version(store, version.name)
    if current and _samples(current) > _samples(version):
        return (
            f"{name} version {version.version} ({version.tags[PRESET]}) is registered; version "
            f"{current.version} ({current.tags[PRESET]}) stays in {STAGE}"
        )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # stages are what our users load by
        store.client.transition_model_version_stage(
            name, version.version, STAGE, archive_existing_versions=True
        )
    store.client.set_registered_model_alias(name, ALIAS, version.version)
    return f"{name} version {version.version} is in {STAGE}: models:/{name}/{STAGE}"


def _samples(version: ModelVersion) -> int:
    return PRESETS[version.tags[PRESET]].samples


def load(name: str) -> keras.Model:
    """The model in Production, for raw pixels (n, 28, 28) of 0-255.

    Raises:
        InvalidInput: if there is none.
    """
    try:
        return mlflow.keras.load_model(f"models:/{name}/{STAGE}")
    except MlflowException as error:
        raise InvalidInput(
            f"model={name}: nothing to load from {STAGE} ({reason(error)}); run its final first"
        ) from None
