"""What runs say of themselves on MLflow's pages: Markdown, from records and tables; pure.

A page shows the first four lines, and the rest when asked: what was found comes first.
"""

from collections.abc import Iterable
from dataclasses import replace

import pandas as pd

from fmnist.results.comparison import Comparison, terminal_columns
from fmnist.results.family_trials import FamilyRuns
from fmnist.results.tables import summary
from fmnist.results.tables.family import TOP, grid_table
from fmnist.results.tables.published import published_table
from fmnist.results.text import cell, markdown
from fmnist.search.certificate import Certificate
from fmnist.study.family import Family
from fmnist.study.options import GRID, PRESETS, Options
from fmnist.tracking.runs import RunRecord

ALL_IMAGES = PRESETS["paper"].samples
# The width of a page is about half a terminal's.
GRID_COLUMNS = (
    "val_sparse_categorical_accuracy", "round_epochs",
    "best_val_accuracy", "best_val_low", "best_val_high", "parameters",
)  # fmt: skip
SUMMARY_COLUMNS = [
    "family", "done", "best", "val_accuracy", "val_low", "val_high",
    "published_val", "test_accuracy", "test_low", "test_high", "published_test",
]  # fmt: skip


def of_search(family: Family, options: Options, found: FamilyRuns, did: Certificate) -> str:
    """A search: its question, the best, the study's finding, the counts, the best ten."""
    answer = "Nothing is finished."
    full = [run for run in found.runs if run.trial.training.epochs == options.epoch_limit]
    verdicts = _verdicts(published_table([replace(found, runs=full)], {}))
    for row in summary.summary_table([found], {}).to_dict("records"):
        interval = _interval(row["val_low"], row["val_high"], row["val_n"])
        accuracy = f"validation accuracy {cell(row['val_accuracy'])} {interval}"
        answer = f"Best: **{row['best']}**, {accuracy}{_beside(row['published_val'])}."
        if row["by_chance"]:
            answer += f" As the best it looks up to {cell(row['by_chance'])} better than it is."
    paragraphs = [
        f"**{family.question}** {answer}",
        f"The study: {family.finding}{verdicts}",
        f"At {scale(options)}{_by(options)}. {did.counts}.",
    ]
    table = grid_table(found)
    if not table.empty:
        top = table[terminal_columns(table, GRID_COLUMNS)].head(TOP)
        paragraphs += [f"Top {len(top)} of {len(table)}, by the last epoch:", markdown(top)]
    return "\n\n".join(paragraphs)


def of_comparison(compared: Comparison, options: Options) -> str:
    """The study, or what is recorded of it: the summary."""
    about = f"The study at {scale(options)}.{_verdicts(compared.published)}"
    return f"{about}\n\n{markdown(compared.summary[SUMMARY_COLUMNS])}"


def of_choice(words: str, rule: str) -> str:
    """What a final selected, and by which rule."""
    return f"Selected: **{words}**, {rule}."


def of_final(choice: str, options: Options, evaluated: Iterable[RunRecord], *more: str) -> str:
    """A final: its choice, the test accuracy in the run that evaluated it, what came of it."""
    paragraphs = [choice]
    finals = {run.family: run for run in evaluated}
    for row in summary.summary_table([], finals).to_dict("records"):
        interval = _interval(row["test_low"], row["test_high"], row["test_n"])
        accuracy = f"Test accuracy **{cell(row['test_accuracy'])}** {interval}"
        verdicts = _verdicts(published_table([], finals))
        paragraphs.append(f"{accuracy}{_beside(row['published_test'])}.{verdicts}")
    return "\n\n".join([*paragraphs, *more, f"At {scale(options)}."])


def scale(options: Options) -> str:
    """How much of the study is run."""
    images = f"{PRESETS[options.preset].samples:,} of {ALL_IMAGES:,} training images"
    return f"preset={options.preset}, {images}, at most {options.epoch_limit} epochs"


def _by(options: Options) -> str:
    """The strategy, where not all of the grid was tried."""
    return "" if options.strategy == GRID else f", by strategy={options.strategy}"


def _interval(low: float, high: float, n: str) -> str:
    return f"(95% interval {low:.4f} to {high:.4f}, n = {n})"


def _beside(published: float | None) -> str:
    """The study's number, where it printed one."""
    return f"; the study's: {cell(published)}" if cell(published) else ""


def _verdicts(published: pd.DataFrame) -> str:
    """How many of our accuracies are above or below the study's, or reproduce them."""
    counts = published["verdict"].value_counts()
    if counts.empty:
        return ""
    words = ", ".join(f"{count} {verdict}" for verdict, count in counts.items())
    return f" Ours against its accuracies: {words}."
