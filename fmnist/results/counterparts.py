"""Which of our trainings are compared with each training that the study printed."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from fmnist.data import fashion_mnist
from fmnist.results import selection
from fmnist.results.family_trials import FamilyRuns
from fmnist.stats import Deviation
from fmnist.study import families
from fmnist.study.families import FINALS, KFOLD
from fmnist.study.naming import words
from fmnist.study.networks import ModelConfig
from fmnist.study.options import AS_RUN, PRESETS, Scale
from fmnist.study.plan import resolve_precision, trial_of
from fmnist.study.published import AS_RUN as TRAININGS
from fmnist.study.published import PUBLISHED, Published
from fmnist.study.training import PRECISIONS, TrainingConfig
from fmnist.study.trial import Trial
from fmnist.tracking.runs import RunRecord

# In place of n, where there is nothing to compare.
NOT_RUN, NOT_MEASURED = "not run", "not measured"
# Why there is no verdict, if ours differ from the published trainings in more than their seeds.
OTHER_SPLIT = "our split is not the published one"
OTHER_SETTINGS = "our epochs or precision are not the published ones"

# What sets a configuration apart from others on the same split.
Setup = tuple[ModelConfig, TrainingConfig]


@dataclass(frozen=True)
class Counterpart:
    """What the study printed of a configuration, and our runs of it: seeds of it, or a final.

    `trial` is what the study's is in our words, with the first seed.
    """

    entry: Published
    trial: Trial
    runs: Sequence[RunRecord]

    @property
    def family(self) -> str:
        """The family in which it is trained."""
        final = FINALS.get(self.entry.family)
        return final.study_family if final else self.entry.family

    @property
    def title(self) -> str:
        """The family or final, and the configuration, for people."""
        return f"{self.entry.family} {words(self.trial)}"

    def having(self, metric: str) -> list[RunRecord]:
        """Our runs that hold a metric."""
        return [run for run in self.runs if metric in run.metrics]

    def lacking(self) -> str:
        """Why there is nothing to compare."""
        return NOT_MEASURED if self.runs else NOT_RUN


def printed(preset: str) -> tuple[Published, ...]:
    """What stands beside a preset: what the author ran, or else what the text prints.

    Beside other data than Fashion-MNIST nothing does.
    """
    if fashion_mnist.identity().is_other:
        return ()
    return TRAININGS if preset == AS_RUN else PUBLISHED


def without_verdict(scale: Scale) -> str:
    """Why ours are not judged by the author's; empty where they differ in their seeds alone."""
    author = Scale(preset=AS_RUN)
    if (scale.preset, scale.split_seed) != (AS_RUN, PRESETS[AS_RUN].seed):
        return OTHER_SPLIT
    asked = scale.epoch_limit, resolve_precision(scale.precision)
    return "" if asked == (author.epoch_limit, author.precision) else OTHER_SETTINGS


def counterparts(
    found: Iterable[FamilyRuns], finals: Mapping[str, RunRecord], scale: Scale
) -> list[Counterpart]:
    """What the study printed, in its order, with our runs of each configuration.

    Whatever family trained it counts. What the author ran are trainings all, beside which only
    ours of the scale's precision stand. What the text says of a final stands beside the final, and
    the study's precision counts before others.
    """
    ours: dict[Setup, dict[str, RunRecord]] = defaultdict(dict)
    for family in found:
        for run in family.runs:
            ours[_setup(run.trial)][run.key] = run
    pairs = []
    for entry in printed(scale.preset):
        trial = trial_of(entry.family, entry.point, scale)
        if scale.preset != AS_RUN and entry.family in FINALS:
            runs = [finals[entry.family]] if entry.family in finals else []
        else:
            alike = [_setup(trial)] if scale.preset == AS_RUN else _in_each_precision(trial)
            runs = next((list(ours[setup].values()) for setup in alike if setup in ours), [])
        pairs.append(Counterpart(entry, trial, runs))
    return pairs


def _setup(trial: Trial) -> Setup:
    return trial.model, trial.training


def _in_each_precision(trial: Trial) -> list[Setup]:
    """The trial's configuration in each precision, the study's first."""
    return [_setup(trial.with_values({"precision": precision})) for precision in PRECISIONS]


def is_alike(one: Trial, other: Trial) -> bool:
    """Whether two trials on one split differ in precision and seed at most."""
    return _setup(one) in _in_each_precision(other)


def is_of_study(final: RunRecord, scale: Scale) -> bool:
    """Whether a final, or the cross-validation, is of the study's own configuration."""
    name = "cnn_final" if final.family == KFOLD else final.family
    if name not in families.STUDY_FINALS:
        return False
    return is_alike(final.trial, trial_of(name, FINALS[name].point(scale.preset), scale))


def deviations(pairs: Iterable[Counterpart], metric: str) -> dict[str, Deviation | None]:
    """Of each family how far a metric is apart between seeds, pooled over its configurations."""
    of_family: dict[str, dict[str, Sequence[RunRecord]]] = defaultdict(dict)
    for pair in pairs:
        if pair.runs:
            seeds = of_family[pair.family]  # a final is one run, whatever it is the mean of
            key = pair.runs[0].trial.configuration_key
            seeds[key] = max(seeds.get(key, []), pair.runs, key=len)
    return {
        family: selection.seed_deviation(groups.values(), metric)
        for family, groups in of_family.items()
    }
