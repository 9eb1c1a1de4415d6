"""Collect from a store the records that the tables of a comparison rest on."""

import re
from pathlib import Path

from fmnist.errors import InvalidInput
from fmnist.results.comparison import Comparison
from fmnist.results.export import parquet
from fmnist.results.export.exported import COMMAND as TYPED
from fmnist.results.export.exported import TRIAL, Exported, lacks
from fmnist.results.predictions import UNREADABLE, test_parts
from fmnist.study.metrics import is_beside
from fmnist.study.request import Request
from fmnist.tracking import artifacts
from fmnist.tracking.failures import reason
from fmnist.tracking.runs import COMMAND, CONFIG, GPU, KIND, MEMBERS, WORDS, RunRecord
from fmnist.tracking.store import Store
from fmnist.training.bundle import Record

NAME = f"records{parquet.SUFFIX}"
# What a result says of itself beside its metrics.
SAID = {"command": COMMAND, "config": CONFIG, "members": MEMBERS, "gpu": GPU}


def write(path: Path, compared: Comparison, store: Store) -> None:
    """Write the records that a comparison was made of.

    Raises:
        InvalidInput: if a trial's artifacts are not to be had.
    """
    found = compared.recorded
    trials = artifacts.read_all(_trial, found.trials, store)
    evaluated = (*found.beyond, *found.finals.values(), *found.of_study.values())
    # What was evaluated before all that is measured now is left out: nobody could read it back.
    results = {
        (run.family, run.key): run for run in evaluated if not lacks(run.family, run.metrics)
    }
    parquet.write(path, [*trials, *(_result(run, store) for run in results.values())])


def _trial(run: RunRecord, store: Store) -> Exported:
    try:
        classes = artifacts.validation_classes(run, store)
        return Exported(TRIAL, artifacts.record(run, store), classes.tobytes())
    except UNREADABLE as error:
        raise InvalidInput(f"run {run.run_id}: no record of it ({reason(error)})") from None


def _result(run: RunRecord, store: Store) -> Exported:
    trial = run.trial
    parts = test_parts(run, store) if run.family == "cnn_final" else {}
    request = Request(trial=trial, family=run.family, preset=run.preset, label=run.tags[WORDS])
    left = Record(
        request=request,
        seed=trial.seed,
        curves={},
        timestamps=[run.tested_at] if run.tested_at else [],
        summary={name: value for name, value in run.metrics.items() if not is_beside(name)} | parts,
        environment=_said(run),
    )
    return Exported(run.tags[KIND], left)


def _said(run: RunRecord) -> dict[str, str]:
    """What a result says of itself; not its command where that names a path of unusual letters."""
    said = {name: run.tags[tag] for name, tag in SAID.items() if tag in run.tags}
    if not re.fullmatch(TYPED, said.get("command", "")):
        said.pop("command", None)
    return said
