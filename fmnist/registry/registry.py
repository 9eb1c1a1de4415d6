"""Registered models: how a version is made, found and loaded.

Keras is imported where a model is handled: to look up a version takes no seconds.
"""

import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import mlflow
from mlflow.entities.model_registry import ModelVersion, RegisteredModel
from mlflow.exceptions import MlflowException

from fmnist.data import fashion_mnist
from fmnist.errors import InvalidInput
from fmnist.registry import logged_models, model_files
from fmnist.registry.logged_models import DIGEST, MODEL
from fmnist.tracking.reading import pages
from fmnist.tracking.runs import KEY
from fmnist.tracking.store import Store, open_store

if TYPE_CHECKING:
    from fmnist.training.backend import keras

STAGE = "Production"
ALIAS = "production"
# Where the model lies in a run of before there were logged models.
ARTIFACT = "model"
ABOUT = (
    "Tells the 10 classes of {} apart. Each version is a final's model, and says what it "
    "is and what was decided about it; the tags are the history of who was in Production."
)
NAMED_IN_REFUSALS = 5
SHOWN_OF_AN_ERROR = 200


def register(
    store: Store, name: str, run_id: str, tags: dict[str, str], description: str
) -> ModelVersion:
    """The version of an evaluated run's model: found if it exists, else created.

    Interrupted anywhere and done again it completes what is there.
    """
    client, model_id = store.client, tags.get(MODEL)
    if model_id:
        logged_models.finish(store, run_id, model_id)
    try:
        client.create_registered_model(
            name, description=ABOUT.format(fashion_mnist.identity().title)
        )
    except MlflowException as error:
        if error.error_code != "RESOURCE_ALREADY_EXISTS":
            raise
    found = versions(store, name, f"run_id = '{run_id}'")
    source = f"models:/{model_id}" if model_id else f"runs:/{run_id}/{ARTIFACT}"
    version = (
        found[0]
        if found
        else client.create_model_version(
            name, source, run_id, tags=tags, description=description, model_id=model_id
        )
    )
    link(store, version)
    return version


def link(store: Store, version: ModelVersion) -> None:
    """Name a version on the page of its model, where that was not done yet."""
    if model_id := version.tags.get(MODEL):
        logged_models.link(store, model_id, version)


def is_deleted(store: Store, version: ModelVersion) -> bool:
    """Whether somebody deleted the model that a version is of, or the run that its files lie with.

    They may be there until `mlflow gc`, and are gone then.
    """
    if model_id := version.tags.get(MODEL):
        return not logged_models.exists(store, model_id)
    return bool(version.source.startswith("runs:/")) and not store.with_id(version.run_id)


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
    search = store.client.search_model_versions
    found = pages(lambda token: search(condition, page_token=token))
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
        model_files.check_flavors(path)
    except InvalidInput as refusal:
        raise InvalidInput(f"{_words(version)}: {refusal}; nothing was loaded") from None
    return path


def _download(store: Store, version: ModelVersion, folder: Path) -> Path:
    """Fetch a version's files into `folder`; returns where they are.

    Raises:
        InvalidInput: if there are none: the model or run that held them was deleted for good.
    """
    address = store.client.get_model_version_download_uri(version.name, version.version)
    try:
        path = Path(mlflow.artifacts.download_artifacts(address, dst_path=str(folder)))
        if any(path.iterdir()):
            return path
    except (MlflowException, FileNotFoundError) as error:
        if getattr(error, "error_code", "RESOURCE_DOES_NOT_EXIST") != "RESOURCE_DOES_NOT_EXIST":
            raise
    model_id = version.tags.get(MODEL)
    held_by = f"logged model {model_id}" if model_id else f"run {version.run_id}"
    raise InvalidInput(
        f"{_words(version)}: its files are gone with its {held_by}",
        "run its final again, which registers a new version",
    )


def _words(version: ModelVersion) -> str:
    return f"{version.name} version {version.version}"
