"""Search one family below a run of its own, which ends by saying what was found."""

from rich.console import Console

from fmnist import families, planning, record_cache, records
from fmnist.certificate import Certificate
from fmnist.entry_runs import EntryRun, entry_run
from fmnist.family import Family
from fmnist.family_runs import FamilyRuns
from fmnist.options import GRID, Options
from fmnist.planning import Plan
from fmnist.searching import run_plan, run_strategy
from fmnist.tracking import Store


def run_family(
    name: str, options: Options, store: Store, console: Console, parent: EntryRun | None = None
) -> Certificate:
    """Search one family, as the options' strategy does."""
    family = families.get(name)
    tags = {records.PRESET: options.preset, records.DESCRIPTION: family.question}
    tags |= {records.STRATEGY: options.strategy}
    with entry_run(store, "search", name, tags, parent) as run:
        console.print(f"{name}: {family.question}")
        if options.strategy == GRID:
            plan = planning.plan_family(family, options)
            certificate = run_plan(plan, options, run, console)
        else:
            plan, certificate = run_strategy(family, options, run, console)
        run.succeeded = certificate.complete
        if not certificate.unrecorded:
            _describe(family, options, plan, certificate, run)
        return certificate


def _describe(
    family: Family, options: Options, plan: Plan, certificate: Certificate, run: EntryRun
) -> None:
    """Say on the run what the search found."""
    from fmnist import descriptions  # tables and figures: training need not wait for them

    finished = records.finished(record_cache.finished_trials(run.store))
    runs = [finished[key] for key in plan.keys if key in finished]
    found = FamilyRuns(family.name, certificate.expected, runs, certificate.done)
    text = descriptions.of_search(family, options, found, certificate)
    run.store.describe(run.run_id, text)
