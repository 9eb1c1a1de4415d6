"""Choose a final's configuration: the winner of the finished trials, or the study's own."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from rich.console import Console

from fmnist.data.config import HOLDOUT, REFIT_FRACTION
from fmnist.errors import InvalidInput
from fmnist.results import selection
from fmnist.results.family_trials import FamilyRuns, families_on_folds, family_runs, folds_at
from fmnist.study import families
from fmnist.study.families import Final
from fmnist.study.options import AS_RUN, Options
from fmnist.study.plan import Plan, on_split, plan_family, refit
from fmnist.study.trial import Trial
from fmnist.tracking.runs import COMMAND, CONFIG, DESCRIPTION, PRESET, SELECTED, STUDY, RunRecord
from fmnist.tracking.store import Store


@dataclass(frozen=True)
class Chosen:
    """What a final evaluates: replicates of a trial, which need not be trained yet.

    Attributes:
        trial: the chosen one, on the holdout split; or a refit of it.
        family: the family that the trial is of.
        preset: at which it was chosen.
        first: the number of the first replicate that is evaluated.
    """

    trial: Trial
    family: str
    preset: str
    first: int


def usual_config(options: Options) -> str:
    """The default of `config`: "study" for preset "as_run", else "selected"."""
    return STUDY if options.preset == AS_RUN else SELECTED


def choose(final: Final, options: Options, config: str, store: Store, console: Console) -> Chosen:
    """A final's configuration: the winner of the finished trials, or the study's own.

    Raises:
        InvalidInput: if none of its trials is finished, the preset has no such final, the chosen
            one cannot be refit, or the study's own is asked for by a mean over folds.
    """
    families.check_preset(final.name, options.preset)
    if config == STUDY and options.folds:
        raise InvalidInput(f"folds={options.folds}: accepted is config={SELECTED} with it")
    done = store.finished_trials()
    if config == STUDY:
        found, where, first = _study_family(final, options, done)
    else:
        found = _candidate_families(final, options, done.values(), console)
        on_folds = f" with folds={options.folds}" if options.folds else ""
        where = " or ".join(final.candidates) + on_folds
        first = final.candidates[0] + on_folds
    if not any(family.runs for family in found):
        raise InvalidInput(
            f"{final.name}: no finished trial of {where} at preset={options.preset}, "
            f"epochs={options.epoch_limit}, seed={options.split_seed}; run {first} first"
        )
    trial, family, preset = _winner(found)
    # What the author trained once more for his final is not one of those that he chose from.
    again = final.trained_again and options.preset == AS_RUN and config == STUDY
    return Chosen(
        trial=refit(trial, options.refit) if options.refit else trial,
        family=family,
        preset=preset,
        first=options.replicates if again else 0,
    )


def _winner(found: Sequence[FamilyRuns]) -> tuple[Trial, str, str]:
    """The best trial of some families, on the holdout split; its family, and its preset."""
    runs = {run.key: run for family in found for run in family.runs}
    best = selection.candidates(selection.comparable(runs.values()))[0].best
    # A fold may have been trained for the cross-validation, which is no family.
    names = [best.family, *(family.name for family in found if best in family.runs)]
    name = next(name for name in names if name in families.known())
    return on_split(best.trial, HOLDOUT), name, best.preset


def _study_family(
    final: Final, options: Options, done: Mapping[str, RunRecord]
) -> tuple[list[FamilyRuns], str, str]:
    """The finished trials of the study's own winner, what it is, and what trains it."""
    plan = study_plan(final, options)
    runs = [done[key] for key in plan.keys if key in done]
    values = final.point(options.preset).items()
    point = ", ".join(f"{name}: [{value}]" for name, value in values)
    where = f"the study's configuration ({plan.family} {plan.requests[0].label})"
    found = FamilyRuns(plan.family, expected=1, runs=runs, done=min(len(runs), 1))
    return [found], where, f"{plan.family} with a grid file of {{{point}}}"


def _candidate_families(
    final: Final, options: Options, done: Iterable[RunRecord], console: Console
) -> list[FamilyRuns]:
    """The final's families with their finished trials; prints how many each family lacks."""
    if options.folds:
        found = families_on_folds(options, folds_at(options, done))
    else:
        found = family_runs(options, done)
    found = [family for family in found if family.name in final.candidates]
    for family in found:
        if family.done < family.expected:
            some = f"{family.done} of {family.expected} configurations"
            console.print(f"{final.name}: {family.name} has only {some} to choose from")
    return found


def study_plan(final: Final, options: Options) -> Plan:
    """A plan of the trials of the study's own winner."""
    family = families.get(final.study_family)
    return plan_family(family, options, [final.point(options.preset)])


def rule(final: Final, config: str, options: Options) -> str:
    """A line for people that says how a final's configuration is chosen, and refit if it is."""
    if config == STUDY:
        return "the study's own configuration"
    part = f"{1 - REFIT_FRACTION:.0%} of the images"
    again = f"; refit for {options.refit} epochs on {part}" if options.refit else ""
    by = selection.FOLDS_RULE if options.folds else selection.RULE
    return f"chosen from {' and '.join(final.candidates)} by {by}{again}"


def first_tags(name: str, options: Options, config: str, choice: str) -> dict[str, str]:
    """The tags that the run of a final or of the cross-validation has from its start."""
    more = {} if config == usual_config(options) else {"config": config}
    return {
        PRESET: options.preset,
        CONFIG: config,
        DESCRIPTION: choice,
        COMMAND: families.command(name, options, **more),
    }
