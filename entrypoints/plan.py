"""Say what an entry would run: its trials, what is done, what is missing, how long that takes."""

from typing import TYPE_CHECKING, Any

from entrypoints import arguments

if TYPE_CHECKING:
    from rich.console import Console

    from fmnist.study.options import Options
    from fmnist.study.plan import Plan
    from fmnist.tracking.runs import RunRecord
    from fmnist.tracking.store import Store

PARAMETERS = (
    "family", "preset", "epochs", "replicates", "seed", "precision", "grid",
    *arguments.STRATEGY, "config", "refit", "requests",
)  # fmt: skip


def show(values: dict[str, Any]) -> bool:
    """Print the plan, and write down what is missing where it is asked for; trains nothing."""
    from entrypoints import request_file
    from fmnist.console import open_console
    from fmnist.search import forecast
    from fmnist.study.options import DEPENDING_ON_RESULTS
    from fmnist.tracking import runs
    from fmnist.tracking.entry_run import entry_run
    from fmnist.tracking.store import open_store

    options = arguments.options(values)
    _check(values["family"], options)
    if path := values["requests"]:
        request_file.check(path)
    store, console = open_store(), open_console()
    with entry_run(store, "plan", "plan", {runs.PRESET: options.preset}):
        known = store.trials()
        plan = _plan(values["family"], options, values["config"], known, store, console)
        finished = runs.finished(known)
        forecast.show(plan, finished, console)
        if path:
            missing = [each for each in plan.requests if each.trial.key not in finished]
            request_file.write(missing, path)
            console.print(f"plan: {len(missing)} requests in {path}", soft_wrap=True)
        if options.strategy in DEPENDING_ON_RESULTS:
            console.print("What is tried after those that are missing depends on their results.")
    return True


def _check(name: str, options: "Options") -> None:
    from fmnist.errors import InvalidInput
    from fmnist.search import strategies
    from fmnist.study.families import FAMILIES, check_preset
    from fmnist.study.options import GRID

    check_preset(name, options.preset)
    if name in FAMILIES:
        strategies.check(FAMILIES[name], options)
    elif options.grid or options.strategy != GRID:
        raise InvalidInput(f"family={name}: accepted is a family of trials with grid or strategy")


def _plan(
    name: str,
    options: "Options",
    config: str | None,
    known: "list[RunRecord]",
    store: "Store",
    console: "Console",
) -> "Plan":
    """What an entry of that name would train. Imports what only some of them need."""
    from fmnist.study.families import FAMILIES, FINALS, KFOLD
    from fmnist.study.options import GRID
    from fmnist.study.plan import plan_family

    if name == KFOLD:
        from entrypoints import cross_validation, finals

        config = config or finals.usual_config(options)
        chosen = cross_validation.choose(options, config, store, console)
        return cross_validation.plan_folds(chosen, options)
    if name in FINALS:
        from entrypoints import finals

        config = config or finals.usual_config(options)
        return finals.plan_final(FINALS[name], options, config, store, console)
    if options.strategy == GRID:
        return plan_family(FAMILIES[name], options)
    from fmnist.search import run_plan

    return run_plan.foresee(FAMILIES[name], options, known)


if __name__ == "__main__":
    arguments.run(PARAMETERS, show)
