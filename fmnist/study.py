"""The whole study in order: a run per family below one run, trials below those."""

from rich.console import Console

from fmnist import comparison, cross_validation, descriptions, finals, records, results
from fmnist.entry_runs import EntryRun, entry_run
from fmnist.families import FINALS, KFOLD
from fmnist.family_search import run_family
from fmnist.options import Options
from fmnist.tracking import Store

ORDER = (
    "mlp_baseline", "mlp_capacity", "mlp_search", "mlp_optimizers", "mlp_final",
    "cnn_baseline", "cnn_depth", "cnn_search", "cnn_final", KFOLD,
)  # fmt: skip


def run_study(options: Options, store: Store, console: Console) -> bool:
    """Run every family and final, then compare; returns whether everything is complete."""
    about = f"The whole study in order: {', '.join(ORDER)}; {descriptions.scale(options)}."
    tags = {records.PRESET: options.preset, records.DESCRIPTION: about}
    with entry_run(store, "study", "main", tags) as run:
        complete = [_run_step(name, options, run, console) for name in ORDER]
        run.succeeded = all(complete)
        tables = comparison.compare(store, options)
        results.log(tables, options, run)
        store.describe(run.run_id, descriptions.of_comparison(tables, options))
        comparison.show(tables, console)
    return all(complete)


def _run_step(name: str, options: Options, run: EntryRun, console: Console) -> bool:
    store = run.store
    if name in FINALS:
        return finals.run_final(FINALS[name], options, records.SELECTED, store, console, run)
    if name == KFOLD:
        return cross_validation.run_folds(options, records.SELECTED, store, console, run)
    return run_family(name, options, store, console, run).complete
