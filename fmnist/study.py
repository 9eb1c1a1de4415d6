"""The whole study in order: a run per family below one run, trials below those."""

from rich.console import Console

from fmnist import comparison, cross_validation, families, finals, planning, records
from fmnist.certificate import Certificate
from fmnist.entry_runs import EntryRun, entry_run
from fmnist.families import FINALS, KFOLD
from fmnist.options import Options
from fmnist.searching import run_plan
from fmnist.tracking import Store

ORDER = (
    "mlp_baseline", "mlp_capacity", "mlp_search", "mlp_optimizers", "mlp_final",
    "cnn_baseline", "cnn_depth", "cnn_search", "cnn_final", KFOLD,
)  # fmt: skip


def run_family(
    name: str, options: Options, store: Store, console: Console, parent: EntryRun | None = None
) -> Certificate:
    """Search one family."""
    family = families.get(name)
    plan = planning.plan_family(family, options)
    tags = {records.PRESET: options.preset, "mlflow.note.content": family.question}
    with entry_run(store, "search", name, tags, parent) as run:
        console.print(f"[bold]{name}[/bold]: {family.question}", highlight=False)
        certificate = run_plan(plan, options, run, console)
        run.succeeded = certificate.complete
        return certificate


def run_study(options: Options, store: Store, console: Console) -> bool:
    """Run every family and final, then compare; returns whether everything is complete."""
    with entry_run(store, "study", "main", {records.PRESET: options.preset}) as run:
        complete = [_run_step(name, options, run, console) for name in ORDER]
        run.succeeded = all(complete)
        tables = comparison.compare(store, options)
        comparison.log(tables, run)
        comparison.show(tables, console)
    return all(complete)


def _run_step(name: str, options: Options, run: EntryRun, console: Console) -> bool:
    store = run.store
    if name in FINALS:
        return finals.run_final(FINALS[name], options, finals.SELECTED, store, console, run)
    if name == KFOLD:
        return cross_validation.run_folds(options, finals.SELECTED, store, console, run)
    return run_family(name, options, store, console, run).complete
