"""A folder of results: a comparison's tables for programs and for people, and its figures."""

import tempfile
from pathlib import Path

from matplotlib.figure import Figure

from fmnist.results import plots, selection
from fmnist.results.accuracy import estimate
from fmnist.results.comparison import Comparison
from fmnist.results.family_trials import FamilyRuns
from fmnist.results.tables import peers, published, summary
from fmnist.results.tables.family import grid_table
from fmnist.results.tables.table import Table
from fmnist.results.text import csv, markdown
from fmnist.tracking.entry_run import EntryRun
from fmnist.tracking.store import Store

# Where runs keep them.
TABLES = "tables"
MARKDOWN_ROWS = 200
# More configurations than this are in a family's table alone.
CONFIGURATIONS_DRAWN = 60


def write(compared: Comparison, folder: Path, store: Store) -> None:
    """Write the tables, and a figure of each family with its winner's curves."""
    write_tables(compared, folder)
    for family in compared.recorded.families:
        if family.runs:
            plots.save(_family_figure(family, store), folder / f"{family.name}.png")


def write_tables(compared: Comparison, folder: Path) -> None:
    """Write every table that has rows as CSV and, its first 200 rows, as Markdown; draw three."""
    folder.mkdir(parents=True, exist_ok=True)
    tables = compared.tables
    for table in tables.values():
        if not table.empty:
            _write(table, folder)
    if searched := summary.estimates(tables["summary"]):
        plots.save(plots.accuracy_by_family(searched), folder / "summary.png")
    if drawn := published.differences(tables["published"].frame):
        plots.save(plots.differences(drawn), folder / "published.png")
    if timed := peers.timed(tables["peers"]):
        plots.save(plots.accuracy_over_minutes(timed), folder / "minutes.png")


def _write(table: Table, folder: Path) -> None:
    (folder / f"{table.name}.csv").write_text(csv(table.frame), encoding="utf-8")
    text = markdown(table.frame.head(MARKDOWN_ROWS))
    (folder / f"{table.name}.md").write_text(f"{text}\n\n{table.legend}\n", encoding="utf-8")


def log_family(family: FamilyRuns, run: EntryRun) -> None:
    """Leave a family's table, and its figure, as artifacts of a run."""
    log_table(grid_table(family), _family_figure(family, run.store), run)


def log_table(table: Table, figure: Figure, run: EntryRun) -> None:
    """Leave a table, and its figure, as artifacts of a run."""
    with tempfile.TemporaryDirectory() as scratch:
        _write(table, Path(scratch))
        plots.save(figure, Path(scratch) / f"{table.name}.png")
        run.log_files(Path(scratch), TABLES)


def log(compared: Comparison, run: EntryRun) -> None:
    """Leave the tables as artifacts of a run."""
    with tempfile.TemporaryDirectory() as scratch:
        write_tables(compared, Path(scratch))
        run.log_files(Path(scratch), TABLES)


def _family_figure(family: FamilyRuns, store: Store) -> Figure:
    ranked = selection.candidates(family.runs)[:CONFIGURATIONS_DRAWN]
    rows = [estimate(candidate) for candidate in ranked]
    return plots.configurations(rows, store.curves(ranked[0].best.run_id))
