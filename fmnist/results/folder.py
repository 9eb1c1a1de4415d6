"""A folder of results for people; and the complete tables, as artifacts of a run."""

import tempfile
from pathlib import Path

from matplotlib.figure import Figure

from fmnist.results import headline, plots, selection, short
from fmnist.results.accuracy import estimate
from fmnist.results.comparison import Comparison
from fmnist.results.family_trials import FamilyRuns
from fmnist.results.tables import peers, published, summary
from fmnist.results.tables.table import Table
from fmnist.results.text import csv, markdown
from fmnist.tracking.entry_run import EntryRun
from fmnist.tracking.store import Store

HEADLINE = "headline.md"
MARKDOWN_ROWS = 200
# More configurations than this are in a family's table alone.
CONFIGURATIONS_DRAWN = 60


def write(compared: Comparison, folder: Path, store: Store) -> None:
    """Write the result in sentences, tables of at most five columns, and the figures.

    Each family has a figure with its winner's curves.
    """
    folder.mkdir(parents=True, exist_ok=True)
    found = "".join(f"- {sentence}\n" for sentence in headline.sentences(compared.tables))
    (folder / HEADLINE).write_text(found, encoding="utf-8")
    for table in short.tables(compared):
        if table.empty:  # nothing is missing any more, for one
            (folder / f"{table.name}.md").unlink(missing_ok=True)
        else:
            _write_markdown(table, folder)
    _draw(compared, folder)
    for family in compared.recorded.families:
        if family.runs:
            plots.save(_family_figure(family, store), folder / f"{family.name}.png")


def write_complete(compared: Comparison, folder: Path) -> None:
    """Write every table that has rows as CSV and, its first 200 rows, as Markdown; draw three."""
    for table in compared.tables.values():
        if not table.empty:
            path = folder / f"{table.name}.csv"
            path.write_text(csv(table.frame), encoding="utf-8")
            _write_markdown(table, folder)
    _draw(compared, folder)


def log(compared: Comparison, run: EntryRun) -> None:
    """Leave the complete tables as artifacts of a run."""
    with tempfile.TemporaryDirectory() as scratch:
        write_complete(compared, Path(scratch))
        run.log_files(Path(scratch), "tables")


def _write_markdown(table: Table, folder: Path) -> None:
    text = markdown(table.frame.head(MARKDOWN_ROWS))
    (folder / f"{table.name}.md").write_text(f"{text}\n\n{table.legend}\n", encoding="utf-8")


def _draw(compared: Comparison, folder: Path) -> None:
    tables = compared.tables
    if searched := summary.estimates(tables["summary"]):
        plots.save(plots.accuracy_by_family(searched), folder / "summary.png")
    if drawn := published.differences(tables["published"].frame):
        plots.save(plots.differences(drawn), folder / "published.png")
    if timed := peers.timed(tables["peers"]):
        plots.save(plots.accuracy_over_minutes(timed), folder / "minutes.png")


def _family_figure(family: FamilyRuns, store: Store) -> Figure:
    ranked = selection.candidates(family.runs)[:CONFIGURATIONS_DRAWN]
    rows = [estimate(candidate) for candidate in ranked]
    return plots.configurations(rows, store.curves(ranked[0].best.run_id))
