"""Show a plan: which trials are done, which are missing, and how long those take."""

from collections.abc import Mapping

from rich.console import Console
from rich.table import Table

from fmnist.cost import Estimator
from fmnist.hardware import has_nvidia_gpu
from fmnist.planning import Plan
from fmnist.progress import duration
from fmnist.records import RunRecord


def show(plan: Plan, finished: Mapping[str, RunRecord], console: Console) -> None:
    """Print a line for each trial, then the summary."""
    estimator = _estimator(finished)
    table = Table(title=f"{plan.family}: what a search would run", title_justify="left")
    for heading in ("trial", "key", "state", "time"):
        table.add_column(heading, justify="right" if heading == "time" else "left")
    for request in plan.requests:
        done = finished.get(request.trial.key)
        seconds = done.metrics["train_seconds"] if done else estimator.seconds([request])
        state = "done" if done else "missing"
        time = duration(seconds) if done else f"about {duration(seconds)}"
        table.add_row(request.label, request.trial.key, state, time)
    console.print(table)
    console.print(summary(plan, finished), soft_wrap=True)


def summary(plan: Plan, finished: Mapping[str, RunRecord]) -> str:
    """How much of a plan is done, and how long the rest takes."""
    missing = [request for request in plan.requests if request.trial.key not in finished]
    total = len(plan.requests)
    done = total - len(missing)
    counts = f"{plan.family}: trials {total}, done {done}, missing {len(missing)}"
    if not missing:
        return counts
    estimator = _estimator(finished)
    return f"{counts}; about {duration(estimator.seconds(missing))} to train {estimator.source}"


def _estimator(finished: Mapping[str, RunRecord]) -> Estimator:
    return Estimator(list(finished.values()), on_gpu=has_nvidia_gpu())
