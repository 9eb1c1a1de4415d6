"""Bring what was trained elsewhere into MLflow: bundles, or a file of records without weights."""

import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from fmnist import (
    bundle,
    data,
    export,
    record_checks,
    record_file,
    records,
    trial_artifacts,
    trial_runs,
)
from fmnist.bundle import RECORD, Bundle
from fmnist.entry_runs import EntryRun
from fmnist.exported import TRIAL, Exported
from fmnist.recorder import record_bundle
from fmnist.selection import CRITERION
from fmnist.tracking import Store
from fmnist.validation import InvalidInput

# The share of images that may be predicted otherwise when restored weights predict again.
TOLERANCE = 1e-3
# A trial with its weights: new where only its record is known.
BUNDLE = "bundle"
WITHOUT_WEIGHTS = "Recorded from an export: its weights are not here."

Found = Bundle | Exported


def find(path: Path) -> Sequence[Found]:
    """All bundles at or below a folder, or the records of a file, each verified.

    Raises:
        InvalidInput: if there are none, or one is damaged.
    """
    if path.is_file() and path.suffix == record_file.SUFFIX:
        exported = record_file.read(path)
        for one in exported:
            _check_against_data(one, path)
        return exported
    found = [bundle.read(file.parent) for file in sorted(path.rglob(RECORD))]
    if not found:
        raise InvalidInput(
            f"path={path}: no bundle there; accepted is a folder with {RECORD} files, "
            f"or a file of records such as {export.NAME}"
        )
    for left in found:
        _check_bundle(left)
    return found


def _check_bundle(left: Bundle) -> None:
    """What a bundle says of its training is checked as a record without weights is."""
    try:
        predicted = left.predictions("validation").argmax(axis=1).astype(np.uint8)
        claimed = Exported(TRIAL, left.record, predicted.tobytes())
        record_checks.check(claimed, left.record.key)
    except (InvalidInput, KeyError, ValueError) as error:
        raise InvalidInput(f"{left.folder}: {error}") from None
    _check_against_data(claimed, left.folder)


def words(found: Sequence[Found]) -> str:
    """What was found, for people."""
    return "bundles" if isinstance(found[0], Bundle) else "records"


def _check_against_data(one: Exported, path: Path) -> None:
    """A trial's predicted classes must give the accuracy that it claims, on the data here."""
    if one.kind != TRIAL:
        return
    predicted = np.frombuffer(one.classes, np.uint8)
    claimed = one.record.summary[CRITERION]
    try:
        labels = data.validation_labels(one.record.trial.data)
    except ValueError as error:  # other data, or a split that cannot be
        raise InvalidInput(f"{path}: {one.record.key}: {error}") from None
    if len(predicted) != len(labels) or abs((predicted == labels).mean() - claimed) > TOLERANCE:
        raise InvalidInput(
            f"{path}: {one.record.key}: its predicted classes do not give its accuracy {claimed}"
        )


def record_new(found: Sequence[Found], run: EntryRun) -> int:
    """Record what the store does not hold yet; returns how many those are."""
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
    """The identities of what is done: trials, those with weights, and what was evaluated."""
    trials: set[tuple[str, ...]] = set()
    for key, run in records.finished(store.trials()).items():
        trials |= {(TRIAL, key), (BUNDLE, key)} if run.has_weights else {(TRIAL, key)}
    return trials | {
        (run.tags[records.KIND], run.family, run.preset, run.key) for run in store.evaluated()
    }


def _record_trial(left: Exported, run: EntryRun) -> None:
    store, record = run.store, left.record
    run_id = store.start_trial(record.request, run.run_id, run.experiment_id)
    told = f"{trial_runs.description(record.request)} {WITHOUT_WEIGHTS}"
    store.log(run_id, tags={records.EXPORTED: run.run_id, records.DESCRIPTION: told})
    with tempfile.TemporaryDirectory() as scratch:
        files = [Path(scratch) / name for name in (RECORD, trial_artifacts.CLASSES)]
        files[0].write_text(record.to_json())
        np.save(files[1], np.frombuffer(left.classes, np.uint8))
        store.complete_trial(run_id, record, files, trial_artifacts.EXPORT_ARTIFACTS)


def _record_result(left: Exported, run: EntryRun) -> None:
    """What was evaluated; it registers nothing, since there is no model to register."""
    store, record = run.store, left.record
    family, words = record.request.family, record.request.label
    tags = {
        records.KIND: left.kind,
        records.FAMILY: family,
        records.PRESET: record.request.preset,
        records.EXPORTED: run.run_id,
        records.DESCRIPTION: f"{family}: {words}. {WITHOUT_WEIGHTS}",
        **records.chosen_tags(family, record.trial, words),
        records.KEY: left.key,
        **{records.environment_tag(name): text for name, text in record.environment.items()},
    }
    run_id = store.create_run(run.experiment_id, f"{family} {words}", tags, run.run_id)
    store.log(run_id, metrics=record.summary, params=trial_runs.params(record.trial))
    store.client.set_terminated(run_id, "FINISHED")
