"""Show a plan: which trials are done, which are missing, and how long the missing ones take."""

import time
from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from statistics import median

import numpy as np
from rich.console import Console
from rich.table import Table

from fmnist.console import duration
from fmnist.data import config
from fmnist.machine import has_nvidia_gpu
from fmnist.study.families import command
from fmnist.study.networks import multiply_adds
from fmnist.study.options import PRESETS, QUICK, Options, Scale
from fmnist.study.plan import Plan
from fmnist.study.request import Request
from fmnist.study.trial import Trial
from fmnist.tracking.runs import RunRecord

# A training step costs as much as three forward passes; a multiply-add counts as 2 operations.
OPERATIONS_PER_MULTIPLY_ADD = 6
# The fraction of a large matrix product's rate that training reaches, and the fixed cost of a step.
# They were measured on 2 cores, and only matter until there are recorded trials.
EFFICIENCY = {"mlp": 0.5, "cnn": 0.35, "resnet": 0.5, "vgg": 0.5, "own": 0.5}
SECONDS_PER_STEP = 1e-3
# The rate of a large float32 matrix product on those 2 cores, in operations a second. It is for
# estimates that must not depend on the machine.
REFERENCE_RATE = 2.2e11
# Epochs until early stopping, if no trials are recorded: the median of the study's tables.
TYPICAL_EPOCHS = 46
# Trials of one network are related if their epochs cost at most so many times as much.
RELATED = 4.0
# What takes longer is announced with what is quicker.
LONG_SECONDS = 3_600


@cache
def matrix_rate() -> float:
    """The rate of a large float32 matrix product on this machine, in operations a second."""
    size = 1_024
    matrix = np.ones((size, size), np.float32)
    times = []
    for _ in range(5):
        started = time.perf_counter()
        matrix @ matrix
        times.append(time.perf_counter() - started)
    return 2 * size**3 / min(times)


@dataclass(frozen=True)
class Estimator:
    """Estimates how long trials take.

    Attributes:
        runs: the finished trials from which it estimates.
        rate: a large matrix product's operations a second; None to measure it on this machine.
        on_gpu: whether to estimate for a GPU; only trials on the same kind of hardware count.
    """

    runs: Sequence[RunRecord]
    rate: float | None = None
    on_gpu: bool = False

    def seconds(self, requests: Iterable[Request]) -> float:
        """The seconds to train all the requests, one after the other."""
        return sum(self.trial_seconds(request.trial) for request in requests)

    def trial_seconds(self, trial: Trial) -> float:
        """The seconds to train the trial."""
        return self._epochs(trial) * self._epoch_seconds(trial)

    @property
    def source(self) -> str:
        """What the estimates are based on, for people."""
        if self.runs:
            return f"estimated from {len(self.runs)} recorded trials"
        return "a rough estimate, since no trial is recorded yet"

    def _epochs(self, trial: Trial) -> float:
        limit = trial.training.epochs
        if trial.training.schedule != "plateau":
            return limit
        known = [
            run.metrics["epochs_run"]
            for run in self.runs
            if _stopping(run.trial) == _stopping(trial)
        ]
        return min(limit, median(known) if known else TYPICAL_EPOCHS)

    def _epoch_seconds(self, trial: Trial) -> float:
        alike = self._groups.get(_shape(trial))
        related = (
            group for group in self._groups.values() if self._is_related(group[0].trial, trial)
        )
        ratios = [
            ratio for group in ([alike] if alike else related) for ratio in self._ratios(group)
        ]
        return self._modeled_epoch(trial) * (median(ratios) if ratios else 1.0)

    @cached_property
    def _groups(self) -> Mapping[Hashable, Sequence[RunRecord]]:
        """The trials on the same kind of hardware, grouped by what an epoch's time depends on."""
        groups = defaultdict(list)
        for run in self.runs:
            if bool(run.gpu) == self.on_gpu:
                groups[_shape(run.trial)].append(run)
        return groups

    def _ratios(self, group: Sequence[RunRecord]) -> list[float]:
        """The epoch times of trials of one shape, each divided by the modeled time."""
        modeled = self._modeled_epoch(group[0].trial)
        return [run.metrics["epoch_seconds"] / modeled for run in group]

    def _is_related(self, one: Trial, other: Trial) -> bool:
        """Whether one trial's time tells of the other's: same network, similar modeled time."""
        factor = self._modeled_epoch(one) / self._modeled_epoch(other)
        return one.model.network == other.model.network and 1 / RELATED <= factor <= RELATED

    def _modeled_epoch(self, trial: Trial) -> float:
        samples, _ = config.split_sizes(trial.data.samples, trial.data.split)
        operations = OPERATIONS_PER_MULTIPLY_ADD * multiply_adds(trial.model) * samples
        rate = (self.rate or matrix_rate()) * EFFICIENCY[trial.model.network]
        return operations / rate + samples / trial.training.batch_size * SECONDS_PER_STEP


def _stopping(trial: Trial) -> Hashable:
    """The fields that a trial's number of epochs depends on."""
    training = trial.training
    return trial.model.network, training.epochs, training.early_stopping_patience


def _shape(trial: Trial) -> Hashable:
    """The fields that an epoch's time depends on."""
    model = tuple(value for name, value in vars(trial.model).items() if name != "dropout")
    training = trial.training
    how = training.batch_size, training.optimizer, training.precision
    return trial.model.network, model, how, config.split_sizes(trial.data.samples, trial.data.split)


def show(plan: Plan, finished: Mapping[str, RunRecord], options: Options, console: Console) -> None:
    """Print a line for each trial, then what is announced when they are trained."""
    estimator = _estimator(finished)
    table = Table(title=f"{plan.family}: what a search would run", title_justify="left")
    for heading in ("trial", "key", "state", "time"):
        table.add_column(heading, justify="right" if heading == "time" else "left")
    for request in plan.requests:
        done = finished.get(request.trial.key)
        seconds = done.metrics["train_seconds"] if done else estimator.seconds([request])
        state = "done" if done else "missing"
        took = duration(seconds) if done else f"about {duration(seconds)}"
        table.add_row(request.label, request.trial.key, state, took)
    console.print(table)
    announce(plan.family, plan.requests, finished, options, console)


def announce(
    entry: str,
    requests: Iterable[Request],
    finished: Mapping[str, RunRecord],
    options: Options,
    console: Console,
) -> None:
    """Say what an entry would train and how long that takes; above an hour, what is quicker."""
    distinct = {request.trial.key: request for request in requests}
    missing = [request for key, request in distinct.items() if key not in finished]
    done = len(distinct) - len(missing)
    counts = f"{entry}: trials {len(distinct)}, done {done}, missing {len(missing)}"
    if not missing:
        console.print(counts)
        return
    estimator = _estimator(finished)
    seconds = estimator.seconds(missing)
    in_a_row = " one after the other" if options.workers > 1 else ""
    told = f"{counts}; about {duration(seconds)} to train{in_a_row}, {estimator.source}"
    console.print(told, soft_wrap=True)
    is_larger = PRESETS[options.preset].samples > PRESETS[QUICK].samples
    if is_larger and seconds / options.workers > LONG_SECONDS:
        quick = command(entry, Scale(preset=QUICK, data=options.data))
        line = f"This takes more than an hour. For a first look in minutes: {quick}"
        console.print(line, soft_wrap=True)


def _estimator(finished: Mapping[str, RunRecord]) -> Estimator:
    return Estimator(list(finished.values()), on_gpu=has_nvidia_gpu())
