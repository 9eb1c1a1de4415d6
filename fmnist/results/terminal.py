"""What a comparison shows on the terminal: the answer first, and the rest where it is asked for."""

from statistics import fmean

import pandas as pd
from rich.console import Console

from fmnist.results.comparison import Comparison
from fmnist.results.tables import family
from fmnist.results.tables.published import compared
from fmnist.results.tables.table import Table
from fmnist.results.text import show as print_table
from fmnist.study.metrics import ACCURACY
from fmnist.study.options import Scale, command

AGREEMENT = "Published validation and test accuracies beside ours, by family"
LEGEND = "Compared: how many have a counterpart here. Difference: ours minus published, on average."
MORE = "More: each family's best trials, every published number and the study's claims: {}"


def show(comparison: Comparison, options: Scale, console: Console, *, details: bool) -> None:
    """Print the summary and the verdicts; with details all that fits a terminal before them."""
    tables = comparison.tables
    shown = [tables["summary"], agreement(tables["published"])]
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
        *(tables[name] for name in ("findings", "peers")),
    ]


def agreement(published: Table) -> Table:
    """How far a family's published accuracies are from ours, and how often each verdict is given.

    Training accuracies are not counted: the images were trained on.
    """
    judged = published.frame.dropna(subset=["ours"])
    judged = judged[judged["metric"].str.fullmatch(f".*(val|test)_{ACCURACY}")]
    rows = [_agreement(str(name), rows) for name, rows in judged.groupby("family", sort=False)]
    frame = pd.DataFrame(rows).fillna(0).convert_dtypes()  # counts stay whole
    return Table("agreement", AGREEMENT, frame, LEGEND)


def _agreement(name: str, rows: pd.DataFrame) -> dict[str, object]:
    values = [getattr(found, "value", found) for found in rows["difference"]]
    return {
        "family": name,
        "compared": len(rows),
        "difference": fmean(values),
        **{str(verdict): count for verdict, count in rows["verdict"].value_counts().items()},
    }
