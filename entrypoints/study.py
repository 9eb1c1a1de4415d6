"""The whole study in order: a run per family below one run, trials below those."""

from typing import Any

from rich.console import Console

from entrypoints import choice, cross_validation, finals
from entrypoints.parameters import options as options_of
from entrypoints.search import run_family
from fmnist.console import open_console
from fmnist.results import answers, comparison, folder, mlflow_pages, terminal
from fmnist.search import forecast
from fmnist.study.families import FAMILIES, FINALS, KFOLD
from fmnist.study.options import AS_RUN, Options
from fmnist.study.plan import plan_family
from fmnist.tracking import runs
from fmnist.tracking.entry_run import EntryRun, entry_run
from fmnist.tracking.store import Store, open_store

ORDER = (
    "mlp_baseline", "mlp_capacity", "mlp_search", "mlp_optimizers", "mlp_final",
    "cnn_baseline", "cnn_depth", "cnn_search", "cnn_final", KFOLD,
)  # fmt: skip


def run(values: dict[str, Any]) -> bool:
    """Run the whole study; returns whether everything is complete."""
    return run_study(options_of(values), open_store(), open_console())


def run_study(options: Options, store: Store, console: Console) -> bool:
    """Run every family and final, then compare; returns whether everything is complete."""
    order = [name for name in ORDER if options.preset != AS_RUN or name != KFOLD]
    about = f"The whole study in order: {', '.join(order)}; {mlflow_pages.scale(options)}."
    tags = {runs.PRESET: options.preset, runs.DESCRIPTION: about}
    planned = [plan_family(FAMILIES[name], options) for name in order if name in FAMILIES]
    requests = [request for plan in planned for request in plan.requests]
    forecast.announce("main", requests, store.finished_trials(), options, console)
    if KFOLD in order:
        console.print("main: then the final CNN on five folds, and the finals", soft_wrap=True)
    with entry_run(store, "study", "main", tags) as run:
        complete = [_run_step(name, options, run, console) for name in order]
        run.succeeded = all(complete)
        tables = comparison.compare(store, options)
        folder.log(tables, run)
        run.describe(mlflow_pages.of_comparison(tables, options))
        answers.of_study(tables, options).log(run)
        terminal.show(tables, options, console, details=False)
    return all(complete)


def _run_step(name: str, options: Options, run: EntryRun, console: Console) -> bool:
    store, config = run.store, choice.usual_config(options)
    if name in FINALS:
        return finals.run_final(FINALS[name], options, config, store, console, run)
    if name == KFOLD:
        return cross_validation.run_folds(options, config, store, console, run)
    return run_family(name, options, store, console, run).complete
