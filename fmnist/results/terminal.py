"""What a comparison shows on the terminal: the answer first, and the rest where it is asked for."""

from rich.console import Console

from fmnist.results import selection
from fmnist.results.accuracy import estimate
from fmnist.results.comparison import Comparison
from fmnist.results.family_trials import FamilyRuns
from fmnist.results.tables import family
from fmnist.results.tables.published import compared
from fmnist.results.tables.table import Table
from fmnist.results.text import cell
from fmnist.results.text import show as print_table
from fmnist.study.families import FINALS
from fmnist.study.options import Scale, command

# What is shown with details below the published accuracies, where a preset has it.
DETAILS = ("seconds", "f1_parts", "findings", "peers")
# What a study comes to: the simplest model, and the best of both kinds.
RESULTS = {"mlp_baseline": "Linear model", "mlp_final": "Best MLP", "cnn_final": "Best CNN"}
MORE = "More: each family's best trials, every published number and the study's claims: {}"


def show(comparison: Comparison, options: Scale, console: Console, *, details: bool) -> None:
    """Print the summary and the verdicts; with details all that fits a terminal before them."""
    tables = comparison.tables
    shown = [tables["summary"], tables["agreement"]]
    if details:
        shown = [*_details(comparison), *shown]
    for table in shown:
        if not table.empty:
            print_table(table, console)
    if not (details or comparison.empty):
        more = MORE.format(command("compare", options, details=1))
        console.print(f"\n{more}", soft_wrap=True)


def _details(comparison: Comparison) -> list[Table]:
    """Of each family its first trials, and the tables of the study."""
    tables = comparison.tables
    of_families = [tables[found.name] for found in comparison.recorded.families]
    return [
        *(family.top(table) for table in of_families if not table.empty),
        compared(tables["published"]),
        *(tables[name] for name in DETAILS if name in tables),
    ]


def search_line(found: FamilyRuns, *, complete: bool) -> str:
    """A search's best configuration, with its accuracy."""
    if not found.runs:
        return "Best: no trial is finished"
    words, accuracy = estimate(selection.candidates(found.runs)[0])
    return f"{'Best' if complete else 'Best so far'}: {words}, {accuracy.explained} on validation"


def next_step(family: str, options: Scale, *, complete: bool) -> str:
    """What is run after a search: the final that chooses from it, or else the comparison."""
    if not complete:
        return "the same command again, for what is missing"
    chosen_by = (final.name for final in FINALS.values() if family in final.candidates)
    return command(next(chosen_by, "compare"), options)


def study_lines(summary: Table) -> list[str]:
    """A line for the linear model, the best MLP and the best CNN, as far as they are tested."""
    rows = {row["family"]: row for row in summary.frame.to_dict("records")}
    return [
        f"{title + ':':14}test accuracy {rows[name]['test_accuracy']}, published "
        f"{cell(rows[name]['published_test'])} ({rows[name]['best']})"
        for name, title in RESULTS.items()
        if name in rows and cell(rows[name]["test_accuracy"])
    ]
