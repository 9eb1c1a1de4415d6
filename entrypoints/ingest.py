"""Record in MLflow what was trained elsewhere: bundles, or a file of records without weights."""

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from fmnist.console import open_console
from fmnist.data import splits
from fmnist.errors import InvalidInput
from fmnist.files import INCOMPLETE
from fmnist.results.export import collect, parquet
from fmnist.results.export.exported import TRIAL, Exported
from fmnist.study.metrics import CRITERION
from fmnist.tracking import artifacts, runs, trial_run
from fmnist.tracking.entry_run import EntryRun, entry_run
from fmnist.tracking.outbox import record_bundle
from fmnist.tracking.store import Store, open_store
from fmnist.training import bundle
from fmnist.training.bundle import RECORD, Bundle

# The fraction of images whose prediction may differ when restored weights predict again.
TOLERANCE = 1e-3
# The kind of a trial with weights, which is new even if its record without weights is known.
BUNDLE = "bundle"
WITHOUT_WEIGHTS = "Recorded from an export: its weights are not here."

Found = Bundle | Exported


def run(values: dict[str, Any]) -> bool:
    """Record all bundles of a folder, or all records of a file, that MLflow does not hold yet."""
    found, store = find(values["path"]), open_store()
    with entry_run(store, "ingest", "ingest", {}) as opened:
        count = record_new(found, opened)
    counts = f"{count} recorded, {len(found) - count} already known"
    open_console().print(f"ingest: {len(found)} {words(found)}, {counts}")
    return True


def find(path: Path) -> Sequence[Found]:
    """All bundles at or below a folder, or all records of a file, each verified.

    Raises:
        InvalidInput: if there are none, or one is damaged or does not fit the data.
    """
    if path.is_file() and path.suffix == parquet.SUFFIX:
        exported = parquet.read(path)
        for one in exported:
            _check_against_data(one, path)
        return exported
    records = sorted(path.rglob(RECORD))
    whole = [file for file in records if not file.parent.name.startswith(INCOMPLETE)]
    found = [bundle.read(file.parent) for file in whole]
    if not found:
        raise InvalidInput(
            f"path={path}: no bundle there; accepted is a folder with {RECORD} files, "
            f"or a file of records such as {collect.NAME}"
        )
    for left in found:
        _check_bundle(left)
    return found


def _check_bundle(left: Bundle) -> None:
    """Check a bundle as thoroughly as a record without weights.

    Raises:
        InvalidInput: if its record contradicts itself, or does not fit the data.
    """
    try:
        predicted = left.predictions("validation").argmax(axis=1).astype(np.uint8)
        claimed = Exported(TRIAL, left.record, predicted.tobytes())
    except Exception as error:  # anybody may have written it, and almost anything can be raised
        raise InvalidInput(f"{left.folder}: {error}") from None
    _check_against_data(claimed, left.folder)


def words(found: Sequence[Found]) -> str:
    """The word for the findings: "bundles" or "records"."""
    return "bundles" if isinstance(found[0], Bundle) else "records"


def _check_against_data(one: Exported, path: Path) -> None:
    """Check that a trial's predicted classes give its accuracy on this machine's data.

    Raises:
        InvalidInput: if they do not, or its data are not this machine's.
    """
    if one.kind != TRIAL:
        return
    predicted = np.frombuffer(one.classes, np.uint8)
    claimed = one.record.summary[CRITERION]
    try:
        labels = splits.validation_labels(one.record.trial.data)
    except ValueError as error:  # other data, or an impossible split
        raise InvalidInput(f"{path}: {one.record.key}: {error}") from None
    if len(predicted) != len(labels) or abs((predicted == labels).mean() - claimed) > TOLERANCE:
        raise InvalidInput(
            f"{path}: {one.record.key}: its predicted classes do not give its accuracy {claimed}"
        )


def record_new(found: Sequence[Found], run: EntryRun) -> int:
    """Record the findings that the store does not hold yet; returns how many they are."""
    known = _known(run.store)
    new = {_identity(left): left for left in found if _identity(left) not in known}
    for left in new.values():
        if isinstance(left, Bundle):
            record_bundle(run.store, left, run.run_id)
        elif left.kind == TRIAL:
            _record_trial(left, run)
        else:
            _record_result(left, run)
    return len(new)


def _identity(left: Found) -> tuple[str, ...]:
    return (BUNDLE, left.record.key) if isinstance(left, Bundle) else left.identity


def _known(store: Store) -> set[tuple[str, ...]]:
    """The identities of the trials (with weights or without) and of the results in the store."""
    trials: set[tuple[str, ...]] = set()
    for key, run in store.finished_trials().items():
        trials |= {(TRIAL, key), (BUNDLE, key)} if run.has_weights else {(TRIAL, key)}
    return trials | {
        (run.tags[runs.KIND], run.family, run.preset, run.key) for run in store.evaluated()
    }


def _record_trial(left: Exported, run: EntryRun) -> None:
    store, record = run.store, left.record
    run_id = store.start_trial(record.request, run.run_id, run.experiment_id)
    told = f"{trial_run.description(record.request)} {WITHOUT_WEIGHTS}"
    store.log(run_id, tags={runs.EXPORTED: run.run_id, runs.DESCRIPTION: told})
    with tempfile.TemporaryDirectory() as scratch:
        files = [Path(scratch) / name for name in (RECORD, artifacts.CLASSES)]
        files[0].write_text(record.to_json(), "utf-8")
        np.save(files[1], np.frombuffer(left.classes, np.uint8))
        store.complete_trial(run_id, record, files, artifacts.EXPORT_ARTIFACTS)


def _record_result(left: Exported, run: EntryRun) -> None:
    """Record the result of a final or an ensemble; without weights, nothing is registered."""
    store, record = run.store, left.record
    family, words = record.request.family, record.request.label
    tags = {
        runs.KIND: left.kind,
        runs.FAMILY: family,
        runs.PRESET: record.request.preset,
        runs.EXPORTED: run.run_id,
        runs.DESCRIPTION: f"{family}: {words}. {WITHOUT_WEIGHTS}",
        **runs.chosen_tags(family, record.trial, words),
        **trial_run.data_tags(record.trial.data),
        runs.KEY: left.key,
        **{runs.environment_tag(name): text for name, text in record.environment.items()},
        **({runs.TESTED_AT: str(record.timestamps[0])} if record.timestamps else {}),
    }
    run_id = store.create_run(run.experiment_id, f"{family} {words}", tags, run.run_id)
    store.log(run_id, metrics=record.summary, params=trial_run.params(record.trial))
    store.client.set_terminated(run_id, "FINISHED")
