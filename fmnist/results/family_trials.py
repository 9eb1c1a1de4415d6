"""Which finished trials are a family's: what tables show and finals choose from."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from fmnist.data import config
from fmnist.study import plan
from fmnist.study.families import FAMILIES
from fmnist.study.options import PRESETS, Options
from fmnist.study.trial import Trial
from fmnist.tracking.runs import RunRecord


@dataclass(frozen=True)
class FamilyRuns:
    """A family's finished trials, of its grid and beyond it.

    `expected` counts the configurations of its grid, `done` those with a finished replicate.
    """

    name: str
    expected: int
    runs: Sequence[RunRecord]
    done: int

    @property
    def was_searched(self) -> bool:
        """Whether any of its trials was made for it, and not for another family that has it too."""
        return any(run.family == self.name for run in self.runs)


def family_runs(options: Options, finished: Iterable[RunRecord]) -> list[FamilyRuns]:
    """The finished trials of every family, at the options' preset, epochs and seed."""
    plans = {}
    for name, family in FAMILIES.items():
        requests = plan.plan_family(family, replace(options, replicates=1)).requests
        plans[name] = [request.trial.configuration_key for request in requests]
    return by_family(plans, limits(options), finished)


def folds_of(trial: Trial, folds: Iterable[RunRecord]) -> list[RunRecord]:
    """Of the folds of several configurations those of the trial's, in order."""
    asked = (trial.model, trial.training)
    own = [fold for fold in folds if (fold.trial.model, fold.trial.training) == asked]
    return sorted(own, key=lambda fold: fold.trial.data.split)


def limits(options: Options) -> dict[str, object]:
    """What trials must agree with to be of a preset, an epoch limit and a seed."""
    return {
        "samples": PRESETS[options.preset].samples,
        "epochs": options.epoch_limit,
        "seed": options.split_seed,
    }


def by_family(
    plans: Mapping[str, Sequence[str]], limits: Mapping[str, object], runs: Iterable[RunRecord]
) -> list[FamilyRuns]:
    """The runs of each family, from the configuration keys of its grid.

    They are all replicates of its grid's configurations, whichever family trained them, and others
    that carry its tag and agree with `limits` (epochs, samples, seed): points of larger grids.
    A refit is none of them: it was chosen before, and holds out less.
    """
    by_configuration: dict[str, list[RunRecord]] = defaultdict(list)
    tagged: dict[str, list[RunRecord]] = defaultdict(list)
    for run in runs:
        by_configuration[run.trial.configuration_key].append(run)
        if within(run.trial, limits) and run.trial.data.split != config.REFIT:
            tagged[run.family].append(run)
    found = []
    for name, keys in plans.items():
        done = [key for key in keys if key in by_configuration]
        chosen = {run.key: run for key in done for run in by_configuration[key]}
        chosen |= {run.key: run for run in tagged[name]}
        found.append(FamilyRuns(name, len(keys), list(chosen.values()), len(done)))
    return found


def within(trial: Trial, limits: Mapping[str, object]) -> bool:
    """Whether a trial agrees with the limits."""
    fields = {**vars(trial.data), "epochs": trial.training.epochs}
    return all(fields[name] == value for name, value in limits.items())
