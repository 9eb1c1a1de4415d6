"""Choose a final's configuration: the winner of the finished trials, or the study's own."""

from collections.abc import Mapping

from rich.console import Console

from fmnist.data.config import REFIT_FRACTION
from fmnist.errors import InvalidInput
from fmnist.results import selection
from fmnist.results.family_trials import family_runs
from fmnist.results.selection import Candidate
from fmnist.study import families
from fmnist.study.families import Final
from fmnist.study.options import AS_RUN, Options
from fmnist.study.plan import Plan, plan_family
from fmnist.tracking.runs import (
    COMMAND,
    CONFIG,
    DESCRIPTION,
    PRESET,
    SELECTED,
    STUDY,
    RunRecord,
)
from fmnist.tracking.store import Store


def usual_config(options: Options) -> str:
    """The default of `config`: "study" for preset "as_run", else "selected"."""
    return STUDY if options.preset == AS_RUN else SELECTED


def choose(
    final: Final, options: Options, config: str, store: Store, console: Console
) -> Candidate:
    """A final's configuration: the winner of the finished trials, or the study's own.

    Raises:
        InvalidInput: if none of its trials is finished, or the preset has no such final.
    """
    families.check_preset(final.name, options.preset)
    done = store.finished_trials()
    if config == STUDY:
        plan = study_plan(final, options)
        study_point = final.point(options.preset)
        where = f"the study's configuration ({plan.family} {plan.requests[0].label})"
        runs = [done[key] for key in plan.keys if key in done]
        point = ", ".join(f"{name}: [{value}]" for name, value in study_point.items())
        first = f"{plan.family} with a grid file of {{{point}}}"
    else:
        where, first = " or ".join(final.candidates), final.candidates[0]
        runs = _candidate_runs(final, options, done, console)
    if not runs:
        raise InvalidInput(
            f"{final.name}: no finished trial of {where} at preset={options.preset}, "
            f"epochs={options.epoch_limit}, seed={options.split_seed}; run {first} first"
        )
    return selection.candidates(selection.comparable(runs))[0]


def _candidate_runs(
    final: Final, options: Options, done: Mapping[str, RunRecord], console: Console
) -> list[RunRecord]:
    """The finished trials of the final's families; prints how many each family lacks."""
    chosen: dict[str, RunRecord] = {}
    for family in family_runs(options, done.values()):
        if family.name in final.candidates:
            chosen |= {run.key: run for run in family.runs}
            if family.done < family.expected:
                some = f"{family.done} of {family.expected} configurations"
                console.print(f"{final.name}: {family.name} has only {some} to choose from")
    return list(chosen.values())


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
    return f"chosen from {' and '.join(final.candidates)} by {selection.RULE}{again}"


def first_tags(name: str, options: Options, config: str, choice: str) -> dict[str, str]:
    """The tags that the run of a final or of the cross-validation has from its start."""
    more = {} if config == SELECTED else {"config": config}
    return {
        PRESET: options.preset,
        CONFIG: config,
        DESCRIPTION: choice,
        COMMAND: families.command(name, options, **more),
    }
