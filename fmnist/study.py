"""The whole study in order: a run per family below one run, trials below those."""

from rich.console import Console

from fmnist import (
    comparison,
    cross_validation,
    descriptions,
    families,
    finals,
    planning,
    record_cache,
    records,
)
from fmnist.certificate import Certificate
from fmnist.entry_runs import EntryRun, entry_run
from fmnist.families import FINALS, KFOLD, Family
from fmnist.family_runs import FamilyRuns
from fmnist.options import Options
from fmnist.planning import Plan
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
    tags = {records.PRESET: options.preset, records.DESCRIPTION: family.question}
    with entry_run(store, "search", name, tags, parent) as run:
        console.print(f"[bold]{name}[/bold]: {family.question}", highlight=False)
        certificate = run_plan(plan, options, run, console)
        run.succeeded = certificate.complete
        if not certificate.unrecorded:
            _describe(family, options, plan, certificate, run)
        return certificate


def _describe(
    family: Family, options: Options, plan: Plan, certificate: Certificate, run: EntryRun
) -> None:
    """Say on the run what the search found."""
    finished = records.finished(record_cache.finished_trials(run.store))
    runs = [finished[key] for key in plan.keys if key in finished]
    found = FamilyRuns(family.name, certificate.expected, runs, certificate.done)
    text = descriptions.of_search(family, options, found, certificate)
    run.store.describe(run.run_id, text)


def run_study(options: Options, store: Store, console: Console) -> bool:
    """Run every family and final, then compare; returns whether everything is complete."""
    about = f"The whole study in order: {', '.join(ORDER)}; {descriptions.scale(options)}."
    tags = {records.PRESET: options.preset, records.DESCRIPTION: about}
    with entry_run(store, "study", "main", tags) as run:
        complete = [_run_step(name, options, run, console) for name in ORDER]
        run.succeeded = all(complete)
        tables = comparison.compare(store, options)
        comparison.log(tables, run)
        store.describe(run.run_id, descriptions.of_comparison(tables, options))
        comparison.show(tables, console)
    return all(complete)


def _run_step(name: str, options: Options, run: EntryRun, console: Console) -> bool:
    store = run.store
    if name in FINALS:
        return finals.run_final(FINALS[name], options, finals.SELECTED, store, console, run)
    if name == KFOLD:
        return cross_validation.run_folds(options, finals.SELECTED, store, console, run)
    return run_family(name, options, store, console, run).complete
