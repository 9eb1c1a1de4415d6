"""What a comparison shows on the terminal: the answer first, the rest only with details=1."""

from rich.console import Console

from fmnist.results.comparison import Comparison
from fmnist.results.tables import family
from fmnist.results.tables.published import compared
from fmnist.results.tables.table import Table
from fmnist.results.text import show as print_table
from fmnist.study.options import Scale, command

# What is shown with details below the published accuracies, where a preset has it.
DETAILS = ("folds", "seconds", "f1_parts", "findings", "peers")
MORE = "More: each family's best trials{}: {}"
OF_STUDY = ", every published number and the study's claims"


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
        beside = "published_val" in tables["summary"].frame
        more = MORE.format(OF_STUDY if beside else "", command("compare", options, details=1))
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
