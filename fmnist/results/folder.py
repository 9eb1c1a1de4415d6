"""A folder of results: a comparison's tables for programs and for people, and its figures."""

import tempfile
from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure

from fmnist.results import comparison, plots, selection
from fmnist.results.accuracy import estimate
from fmnist.results.comparison import Comparison
from fmnist.results.family_trials import FamilyRuns
from fmnist.results.tables import (
    completeness,
    cost,
    findings,
    goals,
    optimism,
    peers,
    provenance,
    summary,
)
from fmnist.results.tables import published as published_table
from fmnist.results.text import markdown, sentence
from fmnist.study.options import Options
from fmnist.tracking.entry_run import EntryRun
from fmnist.tracking.store import Store

MARKDOWN_ROWS = 200
# More configurations than this are in a family's table alone.
CONFIGURATIONS_DRAWN = 60
# Beyond what any computer agrees on, so that all write the same.
FLOAT_FORMAT = "%.10g"

# A table with what its numbers mean.
Told = tuple[pd.DataFrame, str]


def write(compared: Comparison, options: Options, folder: Path, store: Store) -> None:
    """Write the tables, and a figure of each family with its winner's curves."""
    write_tables(compared, options, folder)
    for family in compared.runs:
        if family.runs:
            plots.save(_family_figure(family, store), folder / f"{family.name}.png")


def write_tables(compared: Comparison, options: Options, folder: Path) -> None:
    """Write every table as CSV, its first 200 rows as Markdown with its rule; draw three."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, (table, rule) in named_tables(compared, options).items():
        published = table.drop(columns="run_id", errors="ignore")  # it is of one store alone
        published.to_csv(folder / f"{name}.csv", index=False, float_format=FLOAT_FORMAT)
        text = markdown(table.head(MARKDOWN_ROWS))
        (folder / f"{name}.md").write_text(f"{text}\n\n{sentence(rule)}\n", encoding="utf-8")
    if searched := summary.estimates(compared.summary):
        plots.save(plots.accuracy_by_family(searched), folder / "summary.png")
    if drawn := published_table.differences(compared.published):
        plots.save(plots.differences(drawn), folder / "published.png")
    if timed := peers.timed(compared.peers):
        plots.save(plots.accuracy_over_minutes(timed), folder / "minutes.png")


def log(compared: Comparison, options: Options, run: EntryRun) -> None:
    """Leave the tables as artifacts of a run."""
    with tempfile.TemporaryDirectory() as scratch:
        write_tables(compared, options, Path(scratch))
        run.store.client.log_artifacts(run.run_id, scratch, "tables")


def named_tables(compared: Comparison, options: Options) -> dict[str, Told]:
    """The tables of a comparison, by the name of their file; none of a family that was not run."""
    families, finals, trials = compared.runs, compared.finals, compared.trials
    known = {name: table for name, table in compared.families.items() if len(table)}
    beyond = {"peers": (compared.peers, peers.RULE), "goals": (compared.goals, goals.RULE)}
    complete = completeness.completeness_table(
        families, finals, compared.folds, options, compared.failed
    )
    costs = cost.cost_table(trials, cost.measured_ratios())
    return {
        **{name: (table, comparison.GRID_RULE) for name, table in known.items()},
        "summary": (compared.summary, comparison.SUMMARY_RULE),
        "published": (compared.published, published_table.rule(compared.published)),
        "findings": (compared.findings, findings.RULE),
        **{name: told for name, told in beyond.items() if len(told[0])},
        "optimism": (optimism.optimism_table(families, finals), optimism.RULE),
        "completeness": (complete, completeness.RULE),
        "cost": (costs, cost.RULE),
        "provenance": (provenance.provenance_table(trials), provenance.RULE),
    }


def _family_figure(family: FamilyRuns, store: Store) -> Figure:
    ranked = selection.candidates(family.runs)[:CONFIGURATIONS_DRAWN]
    rows = [estimate(candidate) for candidate in ranked]
    return plots.configurations(rows, store.curves(ranked[0].best.run_id))
