"""Train a recorded trial again, and say whether the result is the same bit for bit.

The outcome is recorded on a run of its own; the trial's run does not change. Drift is a result too:
how far the numbers move with other code, packages or hardware.
"""

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from rich.console import Console

from entrypoints.drift import drift, is_bit_equal
from fmnist.console import open_console
from fmnist.data import splits
from fmnist.errors import InvalidInput
from fmnist.redaction import without_password
from fmnist.results import text
from fmnist.results.tables.table import Table
from fmnist.study.metrics import VALIDATION
from fmnist.study.request import Request
from fmnist.tracking import runs
from fmnist.tracking.address import tracking_uri
from fmnist.tracking.entry_run import EntryRun, entry_run
from fmnist.tracking.reading import BUNDLE_ARTIFACTS
from fmnist.tracking.runs import RunRecord
from fmnist.tracking.store import Store, open_store
from fmnist.training import bundle, environment, own_code, train
from fmnist.training.bundle import Bundle, Record
from fmnist.training.commit import DIRTY
from fmnist.training.commit import UNKNOWN as UNKNOWN_COMMIT
from fmnist.training.events import EpochEnded, Finished, Started
from fmnist.training.progress import Display

KIND = "replay"
ORIGINAL = "fmnist.original"
OUTCOME = "fmnist.outcome"
BIT_EQUAL, DRIFTED, DIVERGED = "bit-equal", "drifted", "diverged"
SAME, DIFFERS, UNKNOWN = "same", "differs", "unknown"
HARDWARE = ("platform", "processor", "cores", "threads", "devices")
CAPTION = "Largest: the largest difference over all epochs, weights or images."


def run(values: dict[str, Any]) -> bool:
    """Replay the trial of a run; returns whether there is a result, see `replay`."""
    return replay(values["run"], open_store(), open_console())


def replay(run_id: str, store: Store, console: Console) -> bool:
    """Compare a trial's environment with this one, train it again and report the outcome.

    Returns whether there is a result: False if the loss became infinite or not a number.

    Raises:
        InvalidInput: if the run is not a finished trial with a bundle, or its data are not here.
    """
    trial = find(run_id, store)
    with tempfile.TemporaryDirectory() as scratch:
        original = bundle.read(store.download_bundle(trial, Path(scratch)))
        request = original.record.request
        splits.load_split(request.trial.data)  # what is not here is refused before a run is made
        own_code.check_named([request.trial.model])
        tags = {ORIGINAL: run_id, runs.PRESET: request.preset}
        with entry_run(store, KIND, KIND, tags) as run:
            run.succeeded = _replay(run, trial, original, Path(scratch), console)
            return run.succeeded


def _replay(
    run: EntryRun, trial: RunRecord, original: Bundle, scratch: Path, console: Console
) -> bool:
    """Print the differences of the environments, train again, and report the outcome."""
    request = original.record.request
    how = "with" if request.deterministic else "without"
    _say(f"replay of {_words(request)}, {how} deterministic operations", console)
    notes = compare_environments(original.record)
    for note in notes:
        _say(f"{note.subject}: {note.state}: {note.text}", console)
    _log_table(run, "environment.csv", pd.DataFrame(map(astuple, notes), columns=NOTE))
    try:
        again = _train(request, scratch, console)
    except FloatingPointError as error:
        _say(f"{DIVERGED}: {error}; it was finite in the recorded trial", console)
        _record(run, trial, _words(request), DIVERGED)
        return False
    outcome = BIT_EQUAL if is_bit_equal(original, again) else DRIFTED
    moved = drift(original, again)
    _show(outcome, moved, console)
    _record(run, trial, _words(request), outcome)
    _log_table(run, "drift.csv", moved)
    return True


def find(run_id: str, store: Store) -> RunRecord:
    """The run of a finished trial that left its bundle.

    Raises:
        InvalidInput: if the run is not one.
    """
    found = store.with_id(run_id)
    if refusal := _refusal(found, store):
        raise InvalidInput(f"run={run_id}: accepted is the run of a finished trial; {refusal}")
    return found[0]


def _refusal(found: Sequence[RunRecord], store: Store) -> str:
    """The reason why a run cannot be replayed; empty if it can."""
    if not found:
        return f"{without_password(tracking_uri())} holds no such run"
    (run,) = found
    kind = run.tags.get(runs.KIND, "unknown")
    if kind != "trial":
        return f"its kind is {kind}"
    if run.status != "FINISHED":
        return f"its status is {run.status}"
    if not store.client.list_artifacts(run.run_id, BUNDLE_ARTIFACTS):
        return "it has no weights here" if not run.has_weights else "it has no bundle"
    return ""


@dataclass(frozen=True)
class Note:
    """Part of a trial's environment compared with this one: "same", "differs" or "unknown"."""

    subject: str
    state: str
    text: str


NOTE = list(Note.__dataclass_fields__)


def compare_environments(record: Record) -> list[Note]:
    """Compare commit, lock, packages, settings and hardware; the data are already verified."""
    then, here = record.environment, environment.environment()
    settings = [*environment.SETTINGS, *({environment.TOGETHER} & then.keys())]
    backends = dict.fromkeys((then["backend"], here["backend"]))
    return [
        compare_commits(then["commit"], here["commit"]),
        _compare("lock", ("requirements",), then, here),
        _compare("packages", ("backend", *backends, "keras", "numpy", "python"), then, here),
        _compare("settings", settings, then, here),
        Note("data", SAME, f"digest {record.trial.data.digest}"),
        _compare("hardware", HARDWARE, then, here),
    ]


def compare_commits(then: str, here: str) -> Note:
    """Compare two commits of `training.commit`; uncommitted changes make equal ones unknown."""
    if then == here and not then.endswith(DIRTY) and then != UNKNOWN_COMMIT:
        return Note("commit", SAME, then)
    one, other = then.removesuffix(DIRTY), here.removesuffix(DIRTY)
    differ = one != other and UNKNOWN_COMMIT not in (one, other)
    return Note("commit", DIFFERS if differ else UNKNOWN, f"{then} then, {here} here")


def _compare(
    subject: str, names: Sequence[str], then: Mapping[str, str], here: Mapping[str, str]
) -> Note:
    """Compare some entries of two environments. Older records lack some entries."""
    differing = [name for name in names if then.get(name) != here.get(name)]
    if not differing:
        return Note(subject, SAME, ", ".join(f"{name} {here[name]}" for name in names))
    text = ", ".join(
        f"{name} {then.get(name, 'not recorded')} then, {here.get(name, 'not in use')} here"
        for name in differing
    )
    recorded = any(name in then for name in differing)
    return Note(subject, DIFFERS if recorded else UNKNOWN, text)


def _train(request: Request, scratch: Path, console: Console) -> Bundle:
    """Train from the first epoch on, without a search's checkpoint of the trial."""
    with Display(KIND, 1, console) as display:
        display(Started(request))
        left = train.train(
            request,
            scratch / "again",
            scratch / "checkpoint.npz",
            lambda epoch, logs, ended, _: display(EpochEnded(request, epoch, logs, ended)),
        )
        display(Finished(request, left))
    return left


def _show(outcome: str, moved: pd.DataFrame, console: Console) -> None:
    """Print the outcome, and the drift if there is any."""
    if outcome == BIT_EQUAL:
        _say(f"{outcome}: weights, probabilities, and the metrics of all epochs", console)
        return
    text.show(Table("drift", "Absolute differences", moved, CAPTION), console)
    best = dict(zip(moved["metric"], moved["best"], strict=True))
    words = f"accuracy by {best[VALIDATION]:.4f}, its loss by {best['val_loss']:.4f}"
    _say(f"{outcome}: the best validation {words}", console)


def _record(run: EntryRun, trial: RunRecord, words: str, outcome: str) -> None:
    """Write the outcome on the replay's run, with a link to the trial's."""
    link = f"#/experiments/{trial.experiment_id}/runs/{trial.run_id}"
    description = f"Replay of [{words}]({link}): **{outcome}**"
    run.log(tags={OUTCOME: outcome, runs.DESCRIPTION: description})


def _log_table(run: EntryRun, name: str, table: pd.DataFrame) -> None:
    run.log_text(table.to_csv(index=False), name)


def _words(request: Request) -> str:
    return f"{request.family} {request.label}".strip()


def _say(line: str, console: Console) -> None:
    console.print(line, soft_wrap=True)
