"""What the study costs: trials, epochs and hours, and the hours of keras-tuner with autolog; pure.

The second is a calculation: the hours here times the ratio that results/benchmarks.json holds.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from math import fsum
from pathlib import Path
from statistics import median

import pandas as pd

from fmnist.config import CNN, Trial
from fmnist.records import RunRecord

BENCHMARKS = Path(__file__).parent.parent / "results" / "benchmarks.json"
PEER = "keras_tuner_autolog"
COLUMNS = ("family", "trials", "epochs", "hours", "case", "peer_ratio", "peer_hours")
RULE = (
    "hours: the training of all trials, one after the other; peer: keras-tuner with MLflow's "
    "autolog, at the same epochs: hours times the median ratio of the case in "
    "results/benchmarks.json that is of the trial's network, precision and filters; nothing where "
    "no such case was measured"
)
TOTAL = "all"

# By case, the time of the peer's search in ours.
Ratios = Mapping[str, float]


def measured_ratios() -> Ratios:
    """The median ratio of each measured case; none where the project's results are not here."""
    if not BENCHMARKS.is_file():
        return {}
    cases = json.loads(BENCHMARKS.read_text())["cases"]
    return {
        name: median(pair["peer"]["seconds"] / pair["ours"]["seconds"] for pair in pairs)
        for name, case in cases.items()
        if (pairs := case["pairs"].get(PEER))
    }


def case_of(trial: Trial) -> str:
    """The benchmark's case that a trial is most like, measured or not."""
    suffix = "_bfloat16" if trial.training.precision == "mixed_bfloat16" else ""
    model = trial.model
    if not isinstance(model, CNN):
        return f"mlp{suffix}"
    sizes = [size for size in (128, 32) if size <= model.filters[0]]
    return f"cnn{sizes[0] if sizes else 8}{suffix}"


def cost_table(runs: Iterable[RunRecord], ratios: Ratios) -> pd.DataFrame:
    """A row for each family that trained something, and one for all."""
    families: dict[str, list[RunRecord]] = {}
    for run in runs:
        families.setdefault(run.family, []).append(run)
    rows = [_row(name, families[name], ratios) for name in sorted(families)]
    if rows:
        rows.append(_row(TOTAL, [run for trained in families.values() for run in trained], ratios))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _row(name: str, runs: Sequence[RunRecord], ratios: Ratios) -> dict[str, object]:
    hours = fsum(run.metrics["train_seconds"] for run in runs) / 3600
    cases = [case_of(run.trial) for run in runs]
    row = {
        "family": name,
        "trials": len(runs),
        "epochs": int(sum(run.metrics["epochs_run"] for run in runs)),
        "hours": hours,
        "case": ", ".join(sorted(set(cases))),
    }
    if not set(cases) <= ratios.keys():
        return row
    peer = fsum(
        run.metrics["train_seconds"] / 3600 * ratios[case]
        for run, case in zip(runs, cases, strict=True)
    )
    return row | {"peer_ratio": peer / hours, "peer_hours": peer}
