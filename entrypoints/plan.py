"""Say what a verb would run: its trials, what is done, what is missing, how long that takes."""

from collections.abc import Sequence
from typing import Any

from rich.console import Console

from entrypoints import parameters, request_file
from fmnist.console import open_console
from fmnist.errors import InvalidInput, check
from fmnist.files import can_be_written
from fmnist.search import forecast, strategies
from fmnist.study import families
from fmnist.study.families import FINALS, KFOLD, check_preset
from fmnist.study.family import Family
from fmnist.study.options import DEPENDING_ON_RESULTS, GRID, Options
from fmnist.study.plan import Plan, plan_family, plan_on_folds
from fmnist.tracking import runs
from fmnist.tracking.entry_run import mark_read_only
from fmnist.tracking.runs import RunRecord
from fmnist.tracking.store import Store, open_store


def run(values: dict[str, Any]) -> bool:
    """Print the plan, and write down what is missing where it is asked for; trains nothing."""
    options = parameters.options(values)
    name = _name(values["family"])
    _check(name, options, values["config"])
    if path := values["requests"]:
        check(can_be_written(path), "requests", path, "a file in a folder that exists")
    store, console = open_store(), open_console()
    mark_read_only(store, "plan")
    known = store.trials()
    plan = _plan(name, options, values["config"], known, store, console)
    finished = runs.finished(known)
    forecast.show(plan, finished, options, console)
    if path:
        missing = [each for each in plan.requests if each.trial.key not in finished]
        request_file.write(missing, path)
        console.print(f"plan: {len(missing)} requests in {path}", soft_wrap=True)
    if options.strategy in DEPENDING_ON_RESULTS:
        console.print("What is tried after those that are missing depends on their results.")
    return True


def _name(asked: str | Family) -> str:
    """The name of what is planned; a family of a file is known by it from now on."""
    if isinstance(asked, str):
        return asked
    families.add(asked)
    return asked.name


def _check(name: str, options: Options, config: str | None) -> None:
    check_preset(name, options.preset)
    final = FINALS.get(name)
    if config and name != KFOLD and not (final and final.study_family):
        raise InvalidInput(
            f"config={config}: accepted is a final of the study, or {KFOLD}, with it"
        )
    if options.refit and (final is None or final.study_family):
        raise InvalidInput(f"refit={options.refit}: accepted is a final beyond the study with it")
    if name == KFOLD and options.folds:
        raise InvalidInput(f"family={name}: accepted is a family of trials or a final with folds")
    if name in families.known():
        strategies.check(families.get(name), options)
    elif options.grid or options.strategy != GRID:
        raise InvalidInput(f"family={name}: accepted is a family of trials with grid or strategy")


def _plan(
    name: str,
    options: Options,
    config: str | None,
    known: Sequence[RunRecord],
    store: Store,
    console: Console,
) -> Plan:
    """What a verb of that name would train.

    Keras, which the plan of a grid does without, takes seconds to import: only the others do.
    """
    if name in families.known() and options.strategy == GRID:
        return plan_family(families.get(name), options)
    if name in families.known():
        from fmnist.search import run_plan

        return run_plan.foresee(families.get(name), options, known)
    from entrypoints import choice

    config = config or choice.usual_config(options)
    if name == KFOLD:
        from entrypoints import cross_validation

        chosen = cross_validation.choose(options, config, store, console)
        return plan_on_folds(chosen, options)
    from entrypoints import finals

    return finals.plan_final(FINALS[name], options, config, store, console)
