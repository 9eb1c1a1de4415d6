"""Registered models: how a version is made, found and loaded.

Keras is imported where a model is handled: to look up a version takes no seconds.
"""

import tempfile
from collections.abc import Iterable
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

import mlflow
import numpy as np
from mlflow.entities.model_registry import ModelVersion, RegisteredModel
from mlflow.exceptions import MlflowException
from mlflow.models import ModelSignature
from mlflow.types import Schema, TensorSpec

from fmnist.data.fashion_mnist import CLASS_NAMES, IMAGE_SHAPE, Images
from fmnist.errors import InvalidInput
from fmnist.registry import model_files
from fmnist.tracking.runs import KEY
from fmnist.tracking.store import Store, open_store

if TYPE_CHECKING:
    from fmnist.training.backend import keras

STAGE = "Production"
ALIAS = "production"
ARTIFACT = "model"
DIGEST = "fmnist.digest"
ABOUT = (
    "Tells the 10 classes of Fashion-MNIST apart. Each version is a final's model, and says what "
    "it is and what was decided about it; the tags are the history of who was in Production."
)
NAMED_IN_REFUSALS = 5
SHOWN_OF_AN_ERROR = 200


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


def log_model(store: Store, run_id: str, model: "keras.Model", example: Images) -> str:
    """Log a model that takes raw pixels as the run's artifact; returns its files' digest."""
    from fmnist.training import backend  # noqa: F401 - before MLflow imports Keras

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
        return model_files.digest(folder)


def register(
    store: Store, name: str, run_id: str, tags: dict[str, str], description: str
) -> ModelVersion:
    """The version of the run's model: found if it exists, else created."""
    client = store.client
    try:
        client.create_registered_model(name, description=ABOUT)
    except MlflowException as error:
        if error.error_code != "RESOURCE_ALREADY_EXISTS":
            raise
    for version in versions(store, name, f"run_id = '{run_id}'"):
        return version
    source = f"runs:/{run_id}/{ARTIFACT}"
    return client.create_model_version(name, source, run_id, tags=tags, description=description)


def registered_model(store: Store, name: str) -> RegisteredModel:
    """A registered model with its tags and aliases.

    Raises:
        InvalidInput: if there is none of that name.
    """
    try:
        return store.client.get_registered_model(name)
    except MlflowException as error:
        if error.error_code not in ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"):
            raise
    there = [model.name for model in store.client.search_registered_models()]
    raise InvalidInput(
        f"model={name}: not registered; registered is {', '.join(there) or 'nothing'} "
        "(a final registers its model)"
    )


def versions(store: Store, name: str, condition: str = "") -> list[ModelVersion]:
    """The versions of a model that match an MLflow filter, the newest first."""
    condition = f"name = '{name}'" + (f" AND {condition}" if condition else "")
    found: list[ModelVersion] = []
    page = None
    while True:
        part = store.client.search_model_versions(condition, page_token=page)
        found += part
        if not (page := part.token):
            return sorted(found, key=lambda version: int(version.version), reverse=True)


def version_of_key(store: Store, name: str, key: str) -> ModelVersion | None:
    """The newest version that was registered for a trial's key, if one can be verified."""
    found = versions(store, name, f"tags.`{KEY}` = '{key}'")
    return next((version for version in found if DIGEST in version.tags), None)


def staged(found: Iterable[ModelVersion], stage: str = STAGE) -> list[ModelVersion]:
    """The versions in a stage, in whatever case it is written."""
    return [version for version in found if version.current_stage.lower() == stage.lower()]


def find(store: Store, name: str, reference: str) -> ModelVersion:
    """A version by its number, its stage or its alias.

    Raises:
        InvalidInput: if there is none; the line says what there is.
    """
    aliases = registered_model(store, name).aliases
    found = versions(store, name)
    numbered = {str(version.version): version for version in found}
    for number in (reference, str(aliases.get(reference.removeprefix("@")))):
        if number in numbered:
            return numbered[number]
    for version in staged(found, reference):
        return version
    there = [f"{version.version} ({version.current_stage})" for version in found]
    raise InvalidInput(
        f"version={reference}: {name} has no such version, stage or alias; it has version "
        f"{some(there)}; alias {some(sorted(aliases))}"
    )


def some(names: list[str]) -> str:
    """The first few of some names, as a refusal lists them."""
    return ", ".join(names[:NAMED_IN_REFUSALS] + ["..."] * (len(names) > NAMED_IN_REFUSALS)) or "-"


def load(name: str, version: str = STAGE, store: Store | None = None) -> "keras.Model":
    """A registered model, for raw pixels (n, 28, 28) of 0-255; verified before it is loaded.

    Args:
        name: of the registered model, such as fmnist-cnn.
        version: its number, stage or alias.
        store: the one of `MLFLOW_TRACKING_URI`, if none is given.

    Raises:
        InvalidInput: if there is no such model or version, if its files are not those that were
            registered, or if to load them could run code of theirs.
    """
    store = store or open_store()
    found = find(store, name, version)
    from fmnist.training import backend  # noqa: F401 - before MLflow imports Keras

    with tempfile.TemporaryDirectory() as scratch:
        folder = download_verified(store, found, Path(scratch))
        try:
            return mlflow.keras.load_model(
                str(folder), load_model_kwargs={"safe_mode": True, "compile": False}
            )
        except (ValueError, TypeError) as error:  # what Keras raises for what is not safe
            line = str(error).strip().partition("\n")[0][:SHOWN_OF_AN_ERROR]
            raise InvalidInput(f"{_words(found)}: Keras refuses it ({line})") from None


def download_verified(store: Store, version: ModelVersion, folder: Path) -> Path:
    """Fetch a version's files into `folder` and verify them; returns where they are.

    Raises:
        InvalidInput: if they are not those that were registered, or name code to be run.
    """
    if not (expected := version.tags.get(DIGEST)):
        raise InvalidInput(
            f"{_words(version)}: registered without a digest of its files, so that nobody can "
            "tell whether they were changed; run its final again, which registers a new version"
        )
    path = _download(store, version, folder)
    found = model_files.digest(path)
    if found != expected:
        raise InvalidInput(
            f"{_words(version)}: its files were changed since it was registered "
            f"(SHA-256 {found[:12]}..., registered was {expected[:12]}...); nothing was loaded"
        )
    try:
        model_files.check_flavour(path)
    except InvalidInput as refusal:
        raise InvalidInput(f"{_words(version)}: {refusal}; nothing was loaded") from None
    return path


def _download(store: Store, version: ModelVersion, folder: Path) -> Path:
    """Fetch a version's files into `folder`; returns where they are.

    Raises:
        InvalidInput: if there are none: the run that held them was deleted for good.
    """
    address = store.client.get_model_version_download_uri(version.name, version.version)
    try:
        return Path(mlflow.artifacts.download_artifacts(address, dst_path=str(folder)))
    except (MlflowException, FileNotFoundError) as error:
        if getattr(error, "error_code", "RESOURCE_DOES_NOT_EXIST") != "RESOURCE_DOES_NOT_EXIST":
            raise
        raise InvalidInput(
            f"{_words(version)}: its files are gone with its run {version.run_id}",
            "run its final again, which registers a new version",
        ) from None


def _words(version: ModelVersion) -> str:
    return f"{version.name} version {version.version}"
