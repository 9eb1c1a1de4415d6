"""The run of an entry point: open it, end it, and describe a refusal on it."""

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from mlflow.tracking import MlflowClient
from mlflow.utils.mlflow_tags import MLFLOW_GIT_COMMIT

from fmnist.data import fashion_mnist
from fmnist.data.config import DataConfig
from fmnist.errors import InvalidInput
from fmnist.machine import owner
from fmnist.redaction import without_password
from fmnist.tracking import home, runs, source
from fmnist.tracking.address import tracking_uri
from fmnist.tracking.failures import AWAY, reason
from fmnist.tracking.runs import RunRecord
from fmnist.tracking.store import Store
from fmnist.training.commit import UNKNOWN, commit


@dataclass
class EntryRun:
    """The run of an entry point, opened by `mlflow run` or by us.

    `succeeded` decides whether it ends as FINISHED or FAILED, if no error is raised.
    """

    store: Store
    run_id: str
    experiment_id: str
    succeeded: bool = True

    def log(
        self,
        *,
        metrics: Mapping[str, float] | None = None,
        params: Mapping[str, str] | None = None,
        tags: Mapping[str, str] | None = None,
    ) -> None:
        """Log metrics (without a step), params and tags, in one request."""
        self.store.log(self.run_id, metrics=metrics, params=params, tags=tags)

    def add_params(self, params: Mapping[str, str]) -> None:
        """Log the params that the run lacks; MLflow does not let logged ones change."""
        self.store.add_params(self.run_id, params)

    def log_data(self, config: DataConfig, parts: Sequence[str]) -> None:
        """Log the parts of the data that the run reads, as its inputs."""
        self.store.log_data(self.run_id, config, parts)

    def log_text(self, text: str, name: str) -> None:
        """Log a text as an artifact with this name."""
        self.store.client.log_text(self.run_id, text, name)

    def log_files(self, path: Path, under: str | None = None) -> None:
        """Log a file, or all files of a folder, as artifacts; `under` names a folder of them."""
        log = self.store.client.log_artifacts if path.is_dir() else self.store.client.log_artifact
        log(self.run_id, str(path), under)

    @contextmanager
    def files(self, under: str | None = None) -> Iterator[Path]:
        """A folder whose files become artifacts when the block ends, unless it raises."""
        with TemporaryDirectory() as scratch:
            yield Path(scratch)
            self.log_files(Path(scratch), under)

    def describe(self, text: str) -> None:
        """Set the Markdown that the run's page shows."""
        self.store.describe(self.run_id, text)

    def record(self) -> RunRecord:
        """The run's current data in the store."""
        (found,) = self.store.with_id(self.run_id)
        return found


@contextmanager
def entry_run(
    store: Store, kind: str, name: str, tags: Mapping[str, str], parent: EntryRun | None = None
) -> Iterator[EntryRun]:
    """Open the run of an entry point, and end it when the block ends.

    With a `parent` it is a new child run, else the run that `mlflow run` opened, or else a new run.
    An error ends it as FAILED, an interruption as KILLED; a refusal becomes its description.
    `MLFLOW_RUN_ID` is removed from the environment, so that no child run writes into this one.
    """
    own = {runs.KIND: kind, runs.FAMILY: name, **source.commit_tags(commit()), **tags}
    if (told := fashion_mnist.identity()).is_other:
        own[runs.DATA] = told.name
    opened_by_mlflow = None if parent else os.environ.pop("MLFLOW_RUN_ID", None)
    if opened_by_mlflow:
        run = _adopt(store, opened_by_mlflow, own)
        home.settle(store, run.experiment_id)
    else:
        experiment_id = parent.experiment_id if parent else home.settle(store)
        run_id = store.create_run(experiment_id, name, own, parent.run_id if parent else None)
        run = EntryRun(store, run_id, experiment_id)
    try:
        yield run
    except BaseException as error:
        if isinstance(error, InvalidInput):
            with suppress(*AWAY):
                store.describe(run.run_id, str(error))
        killed = isinstance(error, KeyboardInterrupt)
        _close_quietly(store, run.run_id, "KILLED" if killed else "FAILED")
        raise
    if not opened_by_mlflow:  # MLflow ends its own
        _close_quietly(store, run.run_id, "FINISHED" if run.succeeded else "FAILED")


def mark_read_only(store: Store, name: str) -> EntryRun | None:
    """Mark the run that `mlflow run` opened for a verb that records nothing; there is no other."""
    if run_id := os.environ.get("MLFLOW_RUN_ID"):
        return _adopt(store, run_id, {runs.KIND: runs.READ_ONLY, runs.FAMILY: name})
    return None


def _adopt(store: Store, run_id: str, tags: Mapping[str, str]) -> EntryRun:
    """The run that `mlflow run` opened, with our tags added."""
    for found in store.with_id(run_id):
        named = {runs.OWNER: owner(), runs.NAME: tags[runs.FAMILY]}
        store.log(run_id, tags={**tags, **named})
        # MLflow's commit is that of a repository around the project.
        if commit() == UNKNOWN and MLFLOW_GIT_COMMIT in found.tags:
            store.client.delete_tag(run_id, MLFLOW_GIT_COMMIT)
        return EntryRun(store, run_id, found.experiment_id)
    raise InvalidInput(
        f"MLFLOW_RUN_ID={run_id}: not in {without_password(tracking_uri())}; "
        "start from the project's folder, or set MLFLOW_TRACKING_URI to an absolute address"
    )


def _close_quietly(store: Store, run_id: str, status: str) -> None:
    """End a run. A failing store is only reported on stderr, as the outcome is already printed."""
    try:
        store.client.set_terminated(run_id, status)
    except Exception as error:
        line = f"The run {run_id} could not be ended as {status}: {reason(error)}"
        print(line, file=sys.stderr)


def describe_refusal(line: str) -> None:
    """Set a refusal as the description of the run that `mlflow run` opened."""
    if run_id := os.environ.get("MLFLOW_RUN_ID"):
        with suppress(*AWAY):
            MlflowClient(tracking_uri()).set_tag(run_id, runs.DESCRIPTION, line)
