"""Search a family below a run of its own, which ends by saying what was found."""

from typing import Any

from rich.console import Console

from entrypoints import alerts
from entrypoints.parameters import options
from fmnist.console import open_console
from fmnist.results.family_trials import FamilyRuns
from fmnist.search.certificate import Certificate
from fmnist.search.run_plan import run_plan, run_strategy
from fmnist.study import families, own_network
from fmnist.study.family import Family
from fmnist.study.options import GRID, Options
from fmnist.study.own_network import OwnNetwork
from fmnist.study.plan import Plan, plan_family
from fmnist.tracking import definitions
from fmnist.tracking.entry_run import EntryRun, entry_run
from fmnist.tracking.runs import DESCRIPTION, PRESET, STRATEGY
from fmnist.tracking.store import Store, open_store


def run(name: str, values: dict[str, Any]) -> bool:
    """Search the family of that name; returns whether all that was to be tried is done."""
    return run_family(name, options(values), open_store(), open_console()).complete


def run_family(
    name: str, options: Options, store: Store, console: Console, parent: EntryRun | None = None
) -> Certificate:
    """Search one family, as the options' strategy does."""
    family = families.get(name)
    tags = {PRESET: options.preset, DESCRIPTION: family.question}
    tags |= {STRATEGY: options.strategy, **definitions.tags(family)}
    with entry_run(store, "search", name, tags, parent) as run:
        console.print(f"{name}: {family.question}")
        if isinstance(family.model, OwnNetwork):
            run.log_text(own_network.provided()[family.model.code], family.model.file)
        if options.strategy == GRID:
            plan = plan_family(family, options)
            certificate = run_plan(plan, options, run, console)
        else:
            plan, certificate = run_strategy(family, options, run, console)
        run.succeeded = certificate.complete
        if certificate.unrecorded:
            alerts.tell("\n".join(certificate.lines()))
            return certificate
        answer, step = _describe(family, options, plan, certificate, run)
        console.print(answer if parent else f"{answer}; next: {step}", soft_wrap=True)
        alerts.tell(f"{name}: {answer}")
        return certificate


def _describe(
    family: Family, options: Options, plan: Plan, certificate: Certificate, run: EntryRun
) -> tuple[str, str]:
    """Say on the run what the search found; returns the answer in a line, and what is run next."""
    # Training need not wait for what draws tables and figures.
    from fmnist.results import answers, closing, folder, mlflow_pages, selection

    done = run.store.finished_trials()
    runs = [done[key] for key in plan.keys if key in done]
    expected, finished = certificate.expected, certificate.done
    if options.folds:
        runs = selection.with_all_folds(runs)
        expected, finished = expected // options.folds, len(runs) // options.folds
    found = FamilyRuns(family.name, expected, runs, finished)
    run.describe(mlflow_pages.of_search(family, options, found, certificate))
    answers.of_search(found, certificate, options).log(run)
    if runs:
        folder.log_family(found, run)
    complete = certificate.complete
    answer = closing.of_search(found, complete=complete)
    return answer, closing.next_step(family.name, options, complete=complete)
