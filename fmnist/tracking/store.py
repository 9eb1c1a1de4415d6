"""Write the study's MLflow runs, so that writing one twice changes nothing."""

import logging
import os
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import mlflow
from mlflow.entities import Metric, Param, RunTag
from mlflow.exceptions import MlflowException
from mlflow.tracking import MlflowClient
from mlflow.utils.mlflow_tags import MLFLOW_PARENT_RUN_ID, MLFLOW_USER

from fmnist.data.config import DataConfig
from fmnist.machine import is_gone, owner
from fmnist.redaction import without_password
from fmnist.study.metrics import SYSTEM, epoch_names, to_mlflow
from fmnist.study.naming import configuration
from fmnist.study.request import Request
from fmnist.tracking import schema, source, trial_run
from fmnist.tracking.address import check_reachable, initialization_lock, tracking_uri, user
from fmnist.tracking.reading import BUNDLE_ARTIFACTS, Reader
from fmnist.tracking.runs import (
    ATTEMPT,
    CONFIGURATION,
    DESCRIPTION,
    DUPLICATE,
    KEY,
    NAME,
    OWNER,
    environment_tag,
    finished,
)
from fmnist.training.bundle import PREDICTIONS, RECORD, WEIGHTS, Bundle, Record
from fmnist.training.commit import UNKNOWN
from fmnist.training.events import EpochEnded, reason_in

# We retry ourselves: MLflow's own retries repeat a create whose reply was lost, which leaves two.
os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", "20")
os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")

METRICS_PER_REQUEST = 1_000  # MLflow's limit
# It also raises what it logs, and we print that in one line.
logging.getLogger("mlflow.store.db.utils").setLevel(logging.CRITICAL)


def open_store() -> "Store":
    """Open the store of `MLFLOW_TRACKING_URI`, or mlflow.db in the current folder.

    Raises:
        InvalidInput: if it cannot be reached or written within 10 seconds, or its tables belong to
            another version of MLflow.
    """
    uri = tracking_uri()
    check_reachable(uri)
    if without_password(uri) != uri:  # MLflow prints the addresses of runs, passwords included
        os.environ["MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT"] = "true"
    mlflow.set_tracking_uri(uri)
    with initialization_lock(uri), schema.explained(uri):
        store = Store(MlflowClient(uri))
        store.experiments()
        store.client.search_registered_models(max_results=1)
    return store


class Store(Reader):
    """Reads and writes the runs of an MLflow tracking store."""

    def create_run(
        self, experiment_id: str, name: str, tags: Mapping[str, str], parent: str | None = None
    ) -> str:
        """Create a run owned by this process; returns its id."""
        identity = {OWNER: owner(), NAME: name}
        if parent:
            identity[MLFLOW_PARENT_RUN_ID] = parent
        above = self.client.get_run(parent).data.tags if parent else {}
        own = {MLFLOW_USER: user(), **source.tags(above), **identity, **tags}
        try:
            return str(self.client.create_run(experiment_id, tags=own, run_name=name).info.run_id)
        except MlflowException:  # the run may exist all the same, if only the reply was lost
            conditions = [f"tags.`{tag}` = '{text}'" for tag, text in identity.items()]
            found = self.runs(" AND ".join([*conditions, "attributes.status = 'RUNNING'"]))
            if not found:
                raise
            return found[0].run_id

    def start_trial(
        self, request: Request, parent: str, experiment_id: str, commit: str = UNKNOWN
    ) -> str:
        """Find or create the run of one attempt at a trial; returns its id.

        `commit` is the commit of the code that trains, if it is known before the trial's record.
        """
        found = self.runs(
            f"tags.`{KEY}` = '{request.trial.key}' AND "
            f"tags.`{ATTEMPT}` = '{request.attempt}' AND "
            f"tags.`{MLFLOW_PARENT_RUN_ID}` = '{parent}'"
        )
        if found:
            run_id = found[0].run_id
        else:
            tags = trial_run.tags(request) | source.commit_tags(commit)
            run_id = self.create_run(experiment_id, trial_run.name(request), tags, parent)
        grouped_by = {CONFIGURATION: configuration(request.trial)}
        self.log(run_id, params=trial_run.params(request.trial) | grouped_by)
        self.log_data(run_id, request.trial.data, trial_run.parts_read(request))
        return run_id

    def log_data(self, run_id: str, config: DataConfig, parts: Sequence[str]) -> None:
        """Log the data that a run reads, as its inputs; doing it twice changes nothing."""
        self.client.log_inputs(run_id, trial_run.inputs(config, parts))

    def log_epochs(self, run_id: str, epochs: Sequence[EpochEnded]) -> None:
        """Log the metrics of some epochs of a trial, and their samples of the machine."""
        self._log_metrics(
            run_id,
            [
                Metric(name, value, epoch.timestamp, epoch.epoch)
                for epoch in epochs
                for name, value in {**epoch.logs, **_as_system(epoch.machine)}.items()
            ],
        )

    def _log_metrics(self, run_id: str, metrics: Sequence[Metric]) -> None:
        """Log a trial's metrics in as few requests as MLflow allows."""
        named = [
            Metric(name, one.value, one.timestamp, one.step)
            for one in metrics
            for name in epoch_names(one.key)
        ]
        for start in range(0, len(named), METRICS_PER_REQUEST):
            self.client.log_batch(run_id, named[start : start + METRICS_PER_REQUEST])

    def log(
        self,
        run_id: str,
        *,
        metrics: Mapping[str, float] | None = None,
        params: Mapping[str, str] | None = None,
        tags: Mapping[str, str] | None = None,
    ) -> None:
        """Log metrics (without a step), params and tags, in one request."""
        now = time.time_ns() // 1_000_000
        self.client.log_batch(
            run_id,
            [Metric(to_mlflow(name), value, now, 0) for name, value in (metrics or {}).items()],
            [Param(name, value) for name, value in (params or {}).items()],
            [RunTag(name, value) for name, value in (tags or {}).items()],
        )

    def add_params(self, run_id: str, params: Mapping[str, str]) -> None:
        """Log the params that a run lacks. `mlflow run` logs the entry's, which cannot change."""
        known = self.client.get_run(run_id).data.params
        self.log(run_id, params={name: text for name, text in params.items() if name not in known})

    def describe(self, run_id: str, text: str) -> None:
        """Set the Markdown that a run's page shows."""
        self.client.set_tag(run_id, DESCRIPTION, text)

    def finish_trial(self, run_id: str, bundle: Bundle) -> None:
        """Complete a trial's run from its bundle; doing it twice changes nothing."""
        files = [bundle.folder / name for name in (RECORD, WEIGHTS, PREDICTIONS)]
        self.complete_trial(run_id, bundle.record, files, BUNDLE_ARTIFACTS)

    def complete_trial(
        self, run_id: str, record: Record, files: Sequence[Path], artifacts: str
    ) -> None:
        """Complete a trial's run from its record; `files` become artifacts in folder `artifacts`.

        If the key was done before, the run is marked as a duplicate.
        """
        self._log_metrics(run_id, trial_run.metrics(record))
        for file in files:
            self.client.log_artifact(run_id, str(file), artifacts)
        environment = {environment_tag(name): value for name, value in record.environment.items()}
        trained_by = source.commit_tags(record.environment.get("commit", UNKNOWN))
        self.log(run_id, tags=environment | trained_by)
        earlier = finished(self.trials_of_key(record.key)).get(record.key)
        if earlier and earlier.run_id != run_id and earlier.has_weights:
            self.client.set_tag(run_id, DUPLICATE, earlier.run_id)
        self.client.set_terminated(run_id, "FINISHED", record.timestamps[-1])

    def close(self, run_id: str, status: str, note: str = "") -> None:
        """End a run as FAILED or KILLED; `note` is a traceback, whose reason is the description."""
        if note:
            self.describe(run_id, reason_in(note)[:5_000])
            self.client.log_text(run_id, note, "traceback.txt")
        self.client.set_terminated(run_id, status)

    def stale(self, everywhere: bool = False) -> list[str]:
        """The ids of running runs of this machine whose process has ended.

        With `everywhere`, also all running runs of other machines, since this machine cannot tell
        whether their processes have ended.
        """
        running = self.runs(f"tags.`{OWNER}` LIKE '%' AND attributes.status = 'RUNNING'")
        return [run.run_id for run in running if is_gone(run.tags.get(OWNER, ""), everywhere)]

    def close_stale(self, everywhere: bool = False) -> list[str]:
        """Close the stale runs as KILLED; returns their ids."""
        found = self.stale(everywhere)
        for run_id in found:
            self.client.set_terminated(run_id, "KILLED")
        return found


def _as_system(sample: Mapping[str, float]) -> dict[str, float]:
    """A sample of the machine under the names that MLflow shows in its tab of system metrics."""
    return {f"{SYSTEM}{name}": value for name, value in sample.items()}
