"""Read the runs of a tracking store as plain data."""

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import mlflow
from mlflow.tracking import MlflowClient

from fmnist.data import fashion_mnist
from fmnist.study.metrics import CURVES, from_mlflow, is_copy
from fmnist.tracking.runs import (
    CONFIG,
    EVALUATED_IN,
    KEY,
    KIND,
    SELECTED,
    STUDY,
    TRIAL,
    RunRecord,
    finished,
)
from fmnist.training.bundle import Curves

BUNDLE_ARTIFACTS = "bundle"
# How many runs are read at a time, and how many where one is looked for.
PAGE, FEW = 1_000, 20
IS_TRIAL = f"tags.`{KIND}` = 'trial'"
EVALUATED = ("final", "ensemble")


def pages(fetch: Callable[[str | None], Any]) -> Iterator[Any]:
    """What MLflow lists, page after page; `fetch` gets the token of a page once it is needed."""
    token = None
    while True:
        page = fetch(token)
        yield from page
        if not (token := page.token):
            return


class Reader:
    """Reads the runs of an MLflow tracking store.

    Trials and results are those of the process's data set alone: nothing that is made of them can
    mix data sets.
    """

    def __init__(self, client: MlflowClient) -> None:
        self.client = client

    def experiments(self) -> list[str]:
        """The ids of all experiments that the user may read."""
        search = self.client.search_experiments
        found = pages(lambda token: search(max_results=PAGE, page_token=token))
        return [item.experiment_id for item in found]

    def runs(self, condition: str) -> list[RunRecord]:
        """All runs that match an MLflow filter, from all experiments and all pages."""
        return [_to_record(run) for run in self._search(condition)]

    def _search(self, condition: str, at_a_time: int = PAGE) -> Iterator[Any]:
        experiments = self.experiments()

        def fetch(token: str | None) -> Any:
            with _without_garbage_collection():
                return self.client.search_runs(
                    experiments, condition, max_results=at_a_time, page_token=token
                )

        return pages(fetch)

    def trials(self, *conditions: str) -> list[RunRecord]:
        """The trial runs of any status that meet all conditions, each an MLflow filter."""
        found = self.runs(" AND ".join((IS_TRIAL, *conditions)))
        return [run for run in found if _is_of_this_data(run)]

    def has_trial(self, *conditions: str) -> bool:
        """Whether any trial run meets all conditions; reads no more runs than it needs to."""
        found = self._search(" AND ".join((IS_TRIAL, *conditions)), at_a_time=FEW)
        return any(_is_of_this_data(_to_record(run)) for run in found)

    def trials_of_key(self, key: str) -> list[RunRecord]:
        """The trial runs of a key, of whatever data set: each key is of one."""
        return self.runs(f"{IS_TRIAL} AND tags.`{KEY}` = '{key}'")

    def finished_trials(self) -> dict[str, RunRecord]:
        """The run that counts for each finished key."""
        return finished(self.trials("attributes.status = 'FINISHED'"))

    def evaluated(self, *conditions: str) -> list[RunRecord]:
        """The runs of finals, cross-validations and ensembles that have a result.

        A later run may have chosen the same trial and found it already evaluated. So each run has
        the start time and the kind of its last choice: selected, or the study's own.
        """
        kinds = (f"tags.`{KIND}` = '{kind}'" for kind in EVALUATED)
        found = [run for kind in kinds for run in self.runs(" AND ".join((kind, *conditions)))]
        last = {
            run.tags.get(EVALUATED_IN, run.run_id): run
            for run in sorted(found, key=lambda run: (run.selected, run.start_time))
        }
        return [
            _as_chosen(run, last[run.run_id])
            for run in found
            if "parameters" in run.metrics and TRIAL in run.tags and _is_of_this_data(run)
        ]

    def with_id(self, run_id: str) -> list[RunRecord]:
        """The run with this id in a list; an empty list if there is none."""
        return self.runs(f"attributes.run_id = '{run_id}'")

    def download_bundle(self, record: RunRecord, folder: Path) -> Path:
        """Download a trial's bundle into `folder`; returns the path of the bundle."""
        return Path(self.client.download_artifacts(record.run_id, BUNDLE_ARTIFACTS, str(folder)))

    def content(self, record: RunRecord, path: str) -> bytes:
        """The content of one artifact of a run."""
        uri = f"{record.artifact_uri}/{path}"
        with TemporaryDirectory() as scratch:
            file = mlflow.artifacts.download_artifacts(artifact_uri=uri, dst_path=scratch)
            return Path(file).read_bytes()

    def curve(self, run_id: str, name: str) -> list[float]:
        """A metric's values in the order of the epochs."""
        history = self.client.get_metric_history(run_id, name)
        return [point.value for point in sorted(history, key=lambda point: point.step)]

    def curves(self, run_id: str) -> Curves:
        """The curves that are drawn of a trial, by metric."""
        return {name: self.curve(run_id, name) for name in CURVES}


def _is_of_this_data(run: RunRecord) -> bool:
    """Whether a run's trial is of the process's data set."""
    return run.data_set == fashion_mnist.identity().digests


@contextmanager
def _without_garbage_collection() -> Iterator[None]:
    """Switch garbage collection off while MLflow reads a page, which is 2.8 times as fast."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _as_chosen(evaluated: RunRecord, last: RunRecord) -> RunRecord:
    """An evaluated run with the start time and the kind of its last choice."""
    config = SELECTED if last.selected else STUDY
    tags = evaluated.tags | {CONFIG: config}
    return replace(evaluated, start_time=last.start_time, tags=tags)


def _to_record(run: Any) -> RunRecord:
    info = run.info
    return RunRecord(
        run_id=info.run_id,
        experiment_id=info.experiment_id,
        status=info.status,
        start_time=info.start_time or 0,
        end_time=info.end_time or 0,
        tags=dict(run.data.tags),
        metrics={
            from_mlflow(name): value
            for name, value in run.data.metrics.items()
            if not is_copy(name)
        },
        artifact_uri=info.artifact_uri,
    )
