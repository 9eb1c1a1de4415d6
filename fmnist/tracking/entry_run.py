"""The run of an entry point: opened with it, ended with it, and described when it is refused."""

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from mlflow.tracking import MlflowClient
from mlflow.utils.mlflow_tags import MLFLOW_GIT_COMMIT

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
    """The run of an entry point: the one that `mlflow run` opened, or one of our own.

    `succeeded` says how it ends, when nothing is raised.
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
        """Metrics without a step, params and tags, in one request."""
        self.store.log(self.run_id, metrics=metrics, params=params, tags=tags)

    def add_params(self, params: Mapping[str, str]) -> None:
        """Log the params that the run lacks; none can change."""
        self.store.add_params(self.run_id, params)

    def log_data(self, config: DataConfig, parts: Sequence[str]) -> None:
        """The data that the run reads, as its inputs."""
        self.store.log_data(self.run_id, config, parts)

    def log_text(self, text: str, name: str) -> None:
        """A text as an artifact of that name."""
        self.store.client.log_text(self.run_id, text, name)

    def log_files(self, path: Path, under: str | None = None) -> None:
        """A file, or all files of a folder, as artifacts."""
        log = self.store.client.log_artifacts if path.is_dir() else self.store.client.log_artifact
        log(self.run_id, str(path), under)

    def describe(self, text: str) -> None:
        """Set the Markdown that the run's page shows."""
        self.store.describe(self.run_id, text)

    def record(self) -> RunRecord:
        """The run as the store holds it now."""
        (found,) = self.store.with_id(self.run_id)
        return found


@contextmanager
def entry_run(
    store: Store, kind: str, name: str, tags: Mapping[str, str], parent: EntryRun | None = None
) -> Iterator[EntryRun]:
    """Open the run of an entry, and end it as the block ends.

    `MLFLOW_RUN_ID` is taken out of the environment, so that no run below writes into this one.
    """
    own = {runs.KIND: kind, runs.FAMILY: name, **source.commit_tags(commit()), **tags}
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
    """The run that `mlflow run` opened, with the tags of ours."""
    for found in store.with_id(run_id):
        named = {runs.OWNER: owner(), runs.NAME: tags[runs.FAMILY]}
        store.log(run_id, tags={**tags, **named})
        if commit() == UNKNOWN and MLFLOW_GIT_COMMIT in found.tags:  # of a repository around it
            store.client.delete_tag(run_id, MLFLOW_GIT_COMMIT)
        return EntryRun(store, run_id, found.experiment_id)
    raise InvalidInput(
        f"MLFLOW_RUN_ID={run_id}: not in {without_password(tracking_uri())}; "
        "start from the project's folder, or set MLFLOW_TRACKING_URI to an absolute address"
    )


def _close_quietly(store: Store, run_id: str, status: str) -> None:
    """End a run where what was to be said is said: that the store is away now is one line more."""
    try:
        store.client.set_terminated(run_id, status)
    except Exception as error:
        line = f"The run {run_id} could not be ended as {status}: {reason(error)}"
        print(line, file=sys.stderr)


def describe_refusal(line: str) -> None:
    """Put a refusal into the description of the run that `mlflow run` opened for us."""
    if run_id := os.environ.get("MLFLOW_RUN_ID"):
        with suppress(*AWAY):
            MlflowClient(tracking_uri()).set_tag(run_id, runs.DESCRIPTION, line)
