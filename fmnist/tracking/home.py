"""The experiment that holds the study's runs, and its description on MLflow's pages."""

import os
from collections.abc import Iterator
from contextlib import suppress
from typing import Any
from urllib.parse import unquote, urlsplit

from mlflow.entities import LifecycleStage, ViewType
from mlflow.exceptions import MlflowException
from mlflow.utils.mlflow_tags import MLFLOW_SOURCE_NAME

from fmnist.errors import InvalidInput
from fmnist.files import PROJECT
from fmnist.study.trial import digest_of
from fmnist.tracking import views
from fmnist.tracking.address import initialization_lock, is_local, tracking_uri
from fmnist.tracking.failures import AWAY
from fmnist.tracking.reading import PAGE, pages
from fmnist.tracking.runs import DESCRIPTION, KIND
from fmnist.tracking.store import Store

NAME = "fashion-mnist"
# Where `mlflow run .` opens a run before we start, unless it is told another one.
DEFAULT_ID, DEFAULT_NAME = "0", "Default"
# Tag of an experiment: a digest of the views that it was given.
VIEWS = "fmnist.views"
# MLflow's words for an experiment that cannot be had, and ours.
NO_EXPERIMENT = {
    "PERMISSION_DENIED": "the tracking server does not let you use this experiment",
    "RESOURCE_DOES_NOT_EXIST": "there is no such experiment",
    "INVALID_PARAMETER_VALUE": "there is no such experiment",
}


def settle(store: Store, opened: str | None = None) -> str:
    """The id of the experiment that runs land in, with its description and its views.

    It is the one in which `mlflow run` `opened` a run; or that of MLflow's variables; or our own.
    On a local store where all runs of MLflow's default experiment are ours, our own is that one
    renamed, so that whatever starts a run, it lands in one place.
    """
    experiment_id = opened or known_experiment(store) or _make(store)
    with suppress(*AWAY):  # a page that says less is no reason not to train
        if opened == DEFAULT_ID:
            _rename_default(store)
        _furnish(store, experiment_id)
    return experiment_id


def known_experiment(store: Store) -> str | None:
    """The experiment that MLflow's variables name, else our own; None before it is made.

    Raises:
        InvalidInput: if it is deleted, there is none of that id, or the user may not see it.
    """
    chosen = os.environ.get("MLFLOW_EXPERIMENT_ID")
    asked = f"ID={chosen}" if chosen else f"NAME={_name()}"
    try:
        if chosen:
            found = store.client.get_experiment(chosen)
        else:
            found = store.client.get_experiment_by_name(_name())
    except MlflowException as error:
        if error.error_code not in NO_EXPERIMENT:
            raise
        line = f"MLFLOW_EXPERIMENT_{asked}: {NO_EXPERIMENT[error.error_code]}"
        raise InvalidInput(line, "accepted is one that you may write") from None
    if found and found.lifecycle_stage == LifecycleStage.DELETED:
        restore = f"mlflow experiments restore --experiment-id {found.experiment_id}"
        raise InvalidInput(
            f"MLFLOW_EXPERIMENT_{asked}: this experiment is deleted",
            f"{restore} brings it back, MLFLOW_EXPERIMENT_NAME names another",
        )
    return str(found.experiment_id) if found else None


def _name() -> str:
    return os.environ.get("MLFLOW_EXPERIMENT_NAME") or NAME


def _make(store: Store) -> str:
    """Make the experiment that is not there yet."""
    if _name() == NAME:
        _rename_default(store)
    with suppress(MlflowException):  # it is there: renamed, or made by a process that was faster
        store.client.create_experiment(_name())
    return str(store.client.get_experiment_by_name(_name()).experiment_id)


def _rename_default(store: Store) -> None:
    """Give MLflow's default experiment our name, where it holds nothing but runs of ours."""
    uri = tracking_uri()
    if not is_local(uri):
        return
    with initialization_lock(uri):
        default, taken = map(store.client.get_experiment_by_name, (DEFAULT_NAME, NAME))
        if taken or not default or default.experiment_id != DEFAULT_ID:
            return
        if _holds_ours_alone(store):
            store.client.rename_experiment(DEFAULT_ID, NAME)


def _holds_ours_alone(store: Store) -> bool:
    """Whether the default experiment has no run but ours; an empty one is the only experiment."""
    runs = _all_runs(store)
    first = next(runs, None)
    if first is None:
        return store.experiments() == [DEFAULT_ID]
    return _is_ours(first) and all(map(_is_ours, runs))


def _all_runs(store: Store) -> Iterator[Any]:
    """The runs of the default experiment, deleted ones too."""
    search = store.client.search_runs
    return pages(lambda token: search([DEFAULT_ID], "", ViewType.ALL, PAGE, page_token=token))


def _is_ours(run: Any) -> bool:
    """Whether a run is of this project; one that `mlflow run` opens has no tags of ours yet."""
    source = unquote(urlsplit(run.data.tags.get(MLFLOW_SOURCE_NAME, "")).path)
    return KIND in run.data.tags or source == str(PROJECT)


def _furnish(store: Store, experiment_id: str) -> None:
    """Give an experiment its views, and a description if it has none; once for these views.

    What a person deleted or wrote since stays so. One that is MLflow's default is left alone.
    """
    experiment, wanted = store.client.get_experiment(experiment_id), views.tags()
    version = digest_of(wanted)
    if experiment.name == DEFAULT_NAME or experiment.tags.get(VIEWS) == version:
        return
    if DESCRIPTION not in experiment.tags:
        wanted[DESCRIPTION] = _description(experiment_id)
    for name, text in [*wanted.items(), (VIEWS, version)]:
        store.client.set_experiment_tag(experiment_id, name, text)


def _description(experiment_id: str) -> str:
    """What the experiment is, and where to look first: the pages show one line of it."""
    links = [
        f"[{view.name}]({views.page(key, experiment_id)})" for key, view in views.VIEWS.items()
    ]
    return (
        f"MLPs and CNNs on Fashion-MNIST, searched and compared: {', '.join(links)}.\n\n"
        "Each search is a run, with a run per trial below it. Finals score what was chosen on the "
        "test set, and register it. The menu beside the title has the same views. To see the seeds "
        "of one configuration as one row, use *Group by* `fmnist.configuration`. "
        "`python -m entrypoints report` tells the whole story in report.html, which its run keeps."
    )
