"""Which finished trials belong to a family: tables show these, and finals choose from them."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from fmnist.data import config, splits
from fmnist.results.selection import with_all_folds
from fmnist.study import families, plan
from fmnist.study.options import PRESETS, Scale
from fmnist.study.own_network import OwnNetwork
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

    @property
    def on_folds(self) -> bool:
        """Whether its trials are folds, all of each configuration."""
        return any(run.trial.data.is_fold for run in self.runs)


def family_runs(options: Scale, finished: Iterable[RunRecord]) -> list[FamilyRuns]:
    """The finished trials of every family, at the options' preset, epochs and seed."""
    known = filter(_is_of_current_code, finished)
    return by_family(_planned(options), limits(options), known)


def families_on_folds(options: Scale, folds: Iterable[RunRecord]) -> list[FamilyRuns]:
    """The folds of every family at the options' scale, of configurations that have all of them.

    Nothing of a family without any.
    """
    whole = with_all_folds(filter(_is_of_current_code, folds))
    found = by_family(_planned(options, config.FOLDS), {}, whole) if whole else []
    return [family for family in found if family.runs]


def folds_at(options: Scale, finished: Iterable[RunRecord]) -> list[RunRecord]:
    """The finished trials on folds, whoever asked for them, at the options' scale."""
    return [
        run
        for run in finished
        if run.trial.data.is_fold and within(run, limits(options, run.trial.data.split))
    ]


def _planned(options: Scale, folds: int | None = None) -> dict[str, list[str]]:
    """The keys of the configurations of each family's grid."""
    plans = {
        name: plan.plan_grid(family, options, folds)
        for name, family in families.known().items()
        if family.has(options.preset)
    }
    return {
        name: list(dict.fromkeys(one.trial.configuration_key for one in planned.requests))
        for name, planned in plans.items()
    }


def _is_of_current_code(run: RunRecord) -> bool:
    """Whether a person's own network is what its family builds now; any other network is."""
    if not isinstance(run.trial.model, OwnNetwork):
        return True
    family = families.known().get(run.family)
    return family is not None and getattr(family.model, "code", "") == run.trial.model.code


def folds_of(trial: Trial, folds: Iterable[RunRecord]) -> list[RunRecord]:
    """Of the folds of several configurations those of the trial's, in order."""
    asked = (trial.model, trial.training)
    own = [fold for fold in folds if (fold.trial.model, fold.trial.training) == asked]
    return sorted(own, key=lambda fold: fold.trial.data.split)


def limits(options: Scale, split: str = config.HOLDOUT) -> dict[str, object]:
    """What trials must agree with to be of a preset, an epoch limit and a split of a seed."""
    samples = PRESETS[options.preset].samples
    return {
        "preset": options.preset,
        "epochs": options.epoch_limit,
        "digest": splits.describe(samples, split, options.split_seed).digest,
    }


def by_family(
    plans: Mapping[str, Sequence[str]], limits: Mapping[str, object], runs: Iterable[RunRecord]
) -> list[FamilyRuns]:
    """The runs of each family, from the configuration keys of its grid.

    They are all replicates of its grid's configurations, whichever family trained them, and others
    that carry its tag and agree with `limits` (preset, epochs, images): points of larger grids.
    A refit is none of them: it was chosen before, and holds out less. A fold is not among trials
    on the holdout split, which are other images and so another configuration.
    """
    by_configuration: dict[str, list[RunRecord]] = defaultdict(list)
    tagged: dict[str, list[RunRecord]] = defaultdict(list)
    for run in runs:
        by_configuration[run.trial.configuration_key].append(run)
        if within(run, limits) and run.trial.data.split != config.REFIT:
            tagged[run.family].append(run)
    found = []
    for name, keys in plans.items():
        done = [key for key in keys if key in by_configuration]
        chosen = {run.key: run for key in done for run in by_configuration[key]}
        chosen |= {run.key: run for run in tagged[name]}
        found.append(FamilyRuns(name, len(keys), list(chosen.values()), len(done)))
    return found


def within(run: RunRecord, limits: Mapping[str, object]) -> bool:
    """Whether a trial, or what was evaluated, agrees with the limits."""
    trial = run.trial
    fields = {**vars(trial.data), "epochs": trial.training.epochs, "preset": run.preset}
    return all(fields[name] == value for name, value in limits.items())
