"""Which finished trials are a family's: what tables show and finals choose from."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from fmnist import planning
from fmnist.config import Trial
from fmnist.families import FAMILIES
from fmnist.options import Options
from fmnist.presets import PRESETS
from fmnist.records import RunRecord


@dataclass(frozen=True)
class FamilyRuns:
    """A family's finished trials, of its grid and beyond it; and how many its grid has."""

    name: str
    expected: int
    runs: Sequence[RunRecord]
    done: int


def family_runs(options: Options, finished: Iterable[RunRecord]) -> list[FamilyRuns]:
    """The finished trials of every family, at the options' preset, epochs and seed."""
    keys = {name: planning.plan_family(family, options).keys for name, family in FAMILIES.items()}
    limits = {
        "samples": PRESETS[options.preset].samples,
        "epochs": options.epoch_limit,
        "seed": options.seed,
    }
    return by_family(keys, limits, finished)


def by_family(
    plans: Mapping[str, Sequence[str]], limits: Mapping[str, object], runs: Iterable[RunRecord]
) -> list[FamilyRuns]:
    """The runs of each family.

    They are those of its grid's keys, whichever family trained them, and others that carry its tag
    and agree with `limits` (epochs, samples, seed): replicates, larger grids.
    """
    runs = list(runs)
    tagged: dict[str, list[RunRecord]] = defaultdict(list)
    for run in runs:
        if _within(run.trial, limits):
            tagged[run.family].append(run)
    by_key = {run.key: run for run in runs}
    found = []
    for name, keys in plans.items():
        chosen = {key: by_key[key] for key in keys if key in by_key}
        done = len(chosen)
        chosen |= {run.key: run for run in tagged[name]}
        found.append(FamilyRuns(name, len(keys), list(chosen.values()), done))
    return found


def _within(trial: Trial, limits: Mapping[str, object]) -> bool:
    fields = {**vars(trial.data), "epochs": trial.training.epochs}
    return all(fields[name] == value for name, value in limits.items())
