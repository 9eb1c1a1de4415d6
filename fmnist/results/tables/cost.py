"""What the study costs: trials, epochs and hours, and the hours of keras-tuner with autolog; pure.

The second is calculated: the busy hours here times a ratio in results/benchmarks/peer_ratios.json,
which is of the searches alone on a processor, where autolog also logs models; so there is none for
what a GPU trained.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from math import fsum, log, nan
from statistics import fmean, median
from typing import Any

import pandas as pd

from fmnist.data.config import ALL_FOLDS
from fmnist.files import PROJECT
from fmnist.results.tables import provenance
from fmnist.results.tables.table import Table
from fmnist.study import families
from fmnist.study.families import KFOLD
from fmnist.study.networks import CNN
from fmnist.study.trial import Trial
from fmnist.tracking.runs import RunRecord

BENCHMARKS = PROJECT / "results" / "benchmarks" / "peer_ratios.json"
PEER = "keras_tuner_autolog"
COLUMNS = (
    "family", "on", "trials", "epochs", "hours", "hours_busy", "case", "peer_ratio", "peer_hours",
)  # fmt: skip
LEGEND = (
    "Hours: the training time of all trials. Peer hours: an estimate for keras-tuner with MLflow's "
    "autolog on a CPU: the hours in which at least one trial was training, times the ratio of the "
    "most similar case in results/benchmarks/peer_ratios.json. Its cases have trials of 1 to 5 "
    "epochs; the ratio would be lower for longer ones."
)
FOR_PEOPLE = ("family", "on", "trials", "hours", "peer_hours")
TOTAL = "all"

# By case, the time of the peer's search in ours.
Ratios = Mapping[str, float]


def measured_ratios() -> Ratios:
    """The median ratio of each measured case; none where the project's results are not here."""
    if not BENCHMARKS.is_file():
        return {}
    cases = json.loads(BENCHMARKS.read_text(encoding="utf-8"))["cases"]
    return {
        name: median(pair["peer"]["seconds"] / pair["ours"]["seconds"] for pair in pairs)
        for name, case in cases.items()
        if (pairs := case["pairs"].get(PEER))
    }


def case_of(trial: Trial, ratios: Ratios) -> str:
    """The measured case most like a trial: of its network, in its precision, of its filters."""
    if trial.model.architecture in ratios:  # the linear model is measured by itself
        return trial.model.architecture
    return min(
        (name for name in ratios if name.startswith(trial.model.network)),
        key=lambda name: _distance(trial, name),
        default="",
    )


def _distance(trial: Trial, case: str) -> tuple[bool, float]:
    """How far a case of the same network is: "cnn32_bfloat16" has 32 first filters."""
    size, _, precision = case.removeprefix(trial.model.network).partition("_")
    other_precision = ("bfloat16" in trial.training.precision) != bool(precision)
    if not isinstance(trial.model, CNN):
        return other_precision, 0.0
    return other_precision, abs(log(trial.model.filters[0] / int(size)))


def cost_table(runs: Iterable[RunRecord], ratios: Ratios) -> Table:
    """A row for each family that trained something, and one for all; of each hardware."""
    known, rows = list(runs), []
    for gpu in sorted({run.gpu for run in known}):
        rows += _rows([run for run in known if run.gpu == gpu], {} if gpu else ratios)
    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    return Table("cost", "What the training cost", frame, LEGEND, FOR_PEOPLE)


def _rows(runs: Sequence[RunRecord], ratios: Ratios) -> list[dict[str, Any]]:
    searched = families.known()
    names = (*searched, *map(_on_folds, searched), KFOLD)
    by_family = {name: [run for run in runs if _trained_for(run) == name] for name in names}
    rows = [_row(name, trained, ratios) for name, trained in by_family.items() if trained]
    peer = fsum(row.get("peer_hours", nan) for row in rows)
    total = _row(TOTAL, runs, ratios)
    return [*rows, total | {"peer_hours": peer, "peer_ratio": peer / total["hours_busy"]}]


def _on_folds(family: str) -> str:
    return f"{family}, {ALL_FOLDS}"


def _trained_for(run: RunRecord) -> str:
    """What a trial was trained for: a family's search, that on folds, or the cross-validation."""
    searched_on_folds = run.trial.data.is_fold and run.family != KFOLD
    return _on_folds(run.family) if searched_on_folds else run.family


def _row(name: str, runs: Sequence[RunRecord], ratios: Ratios) -> dict[str, Any]:
    seconds = [run.metrics["train_seconds"] for run in runs]
    busy = provenance.busy_seconds(runs) / 3600
    cases = [case_of(run.trial, ratios) for run in runs]
    row = {
        "family": name,
        "on": runs[0].hardware,
        "trials": len(runs),
        "epochs": int(sum(run.metrics["epochs_run"] for run in runs)),
        "hours": fsum(seconds) / 3600,
        "hours_busy": busy,
        "case": ", ".join(sorted(filter(None, set(cases)))),
    }
    if not all(cases):
        return row
    ratio = fmean([ratios[case] for case in cases], weights=seconds)
    return row | {"peer_ratio": ratio, "peer_hours": busy * ratio}
