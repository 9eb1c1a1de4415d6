"""A folder of results for people; and the complete tables, as artifacts of a run."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure

from fmnist.data.config import ALL_FOLDS
from fmnist.results import (
    headline,
    labels,
    minutes_figure,
    plots,
    published_figure,
    selection,
    trials_figure,
)
from fmnist.results.accuracy import estimate
from fmnist.results.comparison import Comparison
from fmnist.results.family_trials import FamilyRuns
from fmnist.results.selection import Candidate
from fmnist.results.tables import peers, published, summary
from fmnist.results.tables.family import grid_table
from fmnist.results.tables.folds import folds_table
from fmnist.results.tables.importance import importance_table, varied_settings
from fmnist.results.tables.table import Table
from fmnist.results.text import csv, markdown
from fmnist.study import families
from fmnist.study.metrics import CRITERION
from fmnist.study.options import PAPER
from fmnist.tracking.entry_run import EntryRun
from fmnist.tracking.store import Store

HEADLINE = "headline.md"
# Where runs keep tables and figures.
TABLES = "tables"
MARKDOWN_ROWS = 300
# A folder of such a preset has these tables only. The study as its text describes it has another
# split than the author's: where the study was run as he ran it, a folder has all tables.
SHORT = {PAPER: ("summary", "published", "peers")}
# More configurations than this are in a family's table alone.
CONFIGURATIONS_DRAWN = 60


def write(compared: Comparison, folder: Path, store: Store, preset: str) -> None:
    """Write the result in sentences, tables of at most five columns, and the figures.

    Each family has a figure with its winner's curves. A preset in `SHORT` has few tables, and no
    figures of families.
    """
    shown = SHORT.get(preset, tuple(compared.tables))
    folder.mkdir(parents=True, exist_ok=True)
    told = headline.sentences(compared.tables, compared.without_verdict)
    (folder / HEADLINE).unlink(missing_ok=True)
    if told:
        found = "".join(f"- {sentence}\n" for sentence in told)
        (folder / HEADLINE).write_text(found, encoding="utf-8")
    summed = headline.table(compared.tables, compared.without_verdict)
    for table in (*compared.tables.values(), summed):
        rows = _told(table)
        if rows.empty or table.name not in shown:
            (folder / f"{table.name}.md").unlink(missing_ok=True)  # of a time when there were some
        else:
            _write_markdown(rows, rows.for_people, folder)
    _draw(compared, folder)
    if preset not in SHORT:
        _draw_families(compared, folder, store)


def write_complete(compared: Comparison, folder: Path) -> None:
    """Write each table that has rows as CSV, and its first rows as Markdown; draw figures."""
    for table in compared.tables.values():
        if not table.empty:
            _write_complete(table, folder)
    _draw_best(compared, folder)
    _draw(compared, folder)


def log(compared: Comparison, run: EntryRun) -> None:
    """Leave the complete tables as artifacts of a run."""
    with run.files(TABLES) as folder:
        write_complete(compared, folder)


def log_family(family: FamilyRuns, run: EntryRun) -> None:
    """Leave a family's complete table, its figures, and what mattered, as artifacts of a run."""
    table = folds_table([family]) if family.on_folds else grid_table(family)
    with run.files(TABLES) as folder:
        _write_drawn(table, _family_figure(family, run.store), folder)
        if not family.on_folds:
            _write_what_mattered(family, folder)


def log_table(table: Table, figure: Figure, run: EntryRun) -> None:
    """Leave a complete table, and its figure, as artifacts of a run."""
    with run.files(TABLES) as folder:
        _write_drawn(table, figure, folder)


def _write_drawn(table: Table, figure: Figure, folder: Path) -> None:
    _write_complete(table, folder)
    plots.save(figure, folder / f"{table.name}.png")


def _write_what_mattered(family: FamilyRuns, folder: Path) -> None:
    """How much each setting decides, and the trials as lines through settings, if two vary."""
    if not (mattered := importance_table(family)).empty:
        _write_markdown(mattered, mattered.frame, folder)
    settings = varied_settings(family.runs)
    if len(settings.columns) > 1:
        accuracies = [trial.metrics[CRITERION] for trial in family.runs]
        drawn = trials_figure.parallel_coordinates(family.name, settings, accuracies)
        plots.save(drawn, folder / f"{family.name}_trials.png")


def _write_complete(table: Table, folder: Path) -> None:
    (folder / f"{table.name}.csv").write_text(csv(table.frame), encoding="utf-8")
    _write_markdown(table, table.frame, folder)


def _told(table: Table) -> Table:
    """What a folder shows of a table: what is missing, and nothing published without ours."""
    frame = table.frame
    if table.name == "completeness":
        frame = frame[frame["done"] < frame["expected"]]
    elif table.name.startswith("published") and frame["ours"].isna().all():
        frame = frame[:0]
    return replace(table, frame=frame)


def _write_markdown(table: Table, rows: pd.DataFrame, folder: Path) -> None:
    text = markdown(rows.head(MARKDOWN_ROWS))
    cut = len(rows) > MARKDOWN_ROWS
    legend = (
        f"{table.legend} The first {MARKDOWN_ROWS} of {len(rows)} rows." if cut else table.legend
    )
    (folder / f"{table.name}.md").write_text(f"{text}\n\n{legend}\n", encoding="utf-8")


def _draw_families(compared: Comparison, folder: Path, store: Store) -> None:
    """The best of all families in one figure, and a figure of each family."""
    _draw_best(compared, folder)
    for family in compared.recorded.families:
        if family.runs:
            plots.save(_family_figure(family, store), folder / f"{family.name}.png")


def _draw_best(compared: Comparison, folder: Path) -> None:
    if searched := summary.estimates(compared.tables["summary"]):
        plots.save(plots.accuracy_by_family(searched), folder / "summary.png")


def _draw(compared: Comparison, folder: Path) -> None:
    tables = compared.tables
    _draw_published(tables, folder)
    if timed := peers.timed(tables["peers"]):
        plots.save(minutes_figure.accuracy_over_minutes(timed), folder / "minutes.png")


def _draw_published(tables: Mapping[str, Table], folder: Path) -> None:
    """What stands beside what the author ran has figures of its own; else differences are drawn."""
    compared = published.compared(tables["published"]).frame
    if compared["verdict"].notna().any():
        drawn = published_figure.published_against_ours(compared)
        plots.save(drawn, folder / "published.png")
    elif differences := published.differences(compared):
        plots.save(plots.differences(differences), folder / "published.png")
    # Of a part of the grid its hours say nothing.
    if "seconds" in tables and len(tables["seconds"]) > published_figure.GRID_TRAININGS:
        figure = published_figure.grid_seconds(tables["seconds"].frame)
        plots.save(figure, folder / "seconds.png")


def _family_figure(family: FamilyRuns, store: Store) -> Figure:
    candidates = selection.candidates(family.runs)
    ranked = candidates[:CONFIGURATIONS_DRAWN]
    cut = f" (the best {len(ranked)} of {len(candidates)})" if len(ranked) < len(candidates) else ""
    named, shared = labels.told_apart([candidate.best.trial for candidate in ranked])
    ranking = plots.Ranking(
        family=family.name,
        question=f"{families.get(family.name).question}{cut}",
        shared=shared,
        rows=[(name, estimate(one)[1]) for name, one in zip(named, ranked, strict=True)],
        ranked_by=[candidate.chosen_at for candidate in ranked],
        over=_compared(ranked[0]),
    )
    return plots.configurations(ranking, store.curves(ranked[0].best.run_id))


def _compared(candidate: Candidate) -> str:
    """What the mean that ranked a candidate is over."""
    if candidate.on_folds:
        return ALL_FOLDS
    return "the first seed" if candidate.compared == 1 else f"the first {candidate.compared} seeds"
