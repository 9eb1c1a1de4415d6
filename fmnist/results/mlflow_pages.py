"""What runs say of themselves on MLflow's pages: Markdown, from records and tables; pure.

A page shows the first four lines, and the rest when asked: what was found comes first.
"""

from collections.abc import Iterable
from dataclasses import replace

from fmnist.results.comparison import Comparison
from fmnist.results.counterparts import counterparts, is_repeated
from fmnist.results.family_trials import FamilyRuns
from fmnist.results.tables import summary
from fmnist.results.tables.family import TOP, grid_table, shown_columns
from fmnist.results.tables.published import published_table, verdicts
from fmnist.results.tables.table import Table
from fmnist.results.text import cell, markdown
from fmnist.search.certificate import Certificate
from fmnist.study.family import Family
from fmnist.study.options import GRID, PRESETS, Options, Scale
from fmnist.tracking.runs import RunRecord

ALL_IMAGES = PRESETS["paper"].samples
# The width of a page is about half a terminal's.
GRID_COLUMNS = (
    "val_sparse_categorical_accuracy", "round_epochs", "best_val_accuracy", "parameters",
)  # fmt: skip
SUMMARY_COLUMNS = [
    "family", "done", "best", "val_accuracy", "published_val", "test_accuracy", "published_test",
]  # fmt: skip


def of_search(family: Family, options: Options, found: FamilyRuns, did: Certificate) -> str:
    """A search: its question, the best, the study's finding, the counts, the best ten."""
    answer = "Nothing is finished."
    full = [run for run in found.runs if run.trial.training.epochs == options.epoch_limit]
    pairs = counterparts([replace(found, runs=full)], {}, options)
    judged = _verdicts(published_table(pairs, is_repeated(options)))
    for row in summary.summary_table([found], {}, options.preset).frame.to_dict("records"):
        accuracy = f"validation accuracy {row['val_accuracy'].explained}"
        answer = f"Best: **{row['best']}**, {accuracy}{_beside(row['published_val'])}."
    paragraphs = [
        f"**{family.question}** {answer}",
        f"The study: {family.finding}{judged}",
        f"At {scale(options)}{_by(options)}. {did.counts}.",
    ]
    table = grid_table(found)
    if not table.empty:
        top = table.only(shown_columns(table, GRID_COLUMNS), TOP)
        paragraphs += [f"Top {len(top)} of {len(table)}, by the last epoch:", markdown(top.frame)]
    return "\n\n".join(paragraphs)


def of_comparison(compared: Comparison, options: Scale) -> str:
    """The study, or what is recorded of it: the summary."""
    about = f"The study at {scale(options)}.{_verdicts(compared.tables['published'])}"
    return f"{about}\n\n{markdown(compared.frame('summary')[SUMMARY_COLUMNS])}"


def of_choice(words: str, rule: str) -> str:
    """What a final selected, and by which rule."""
    return f"Selected: **{words}**, {rule}."


def of_final(choice: str, options: Scale, evaluated: Iterable[RunRecord], *more: str) -> str:
    """A final: its choice, the test accuracy in the run that evaluated it, what came of it."""
    paragraphs = [choice]
    finals = {run.family: run for run in evaluated}
    for row in summary.summary_table([], finals, options.preset).frame.to_dict("records"):
        accuracy = f"Test accuracy {row['test_accuracy'].explained}"
        paragraphs.append(f"{accuracy}{_beside(row['published_test'])}.")
    return "\n\n".join([*paragraphs, *more, f"At {scale(options)}."])


def scale(options: Scale) -> str:
    """How much of the study is run."""
    images = f"{PRESETS[options.preset].samples:,} of {ALL_IMAGES:,} training images"
    return f"preset={options.preset}, {images}, at most {options.epoch_limit} epochs"


def _by(options: Options) -> str:
    """The strategy, where not all of the grid was tried."""
    return "" if options.strategy == GRID else f", by strategy={options.strategy}"


def _beside(published: float | None) -> str:
    """The study's number, where it printed one."""
    return f"; the study's: {cell(published)}" if cell(published) else ""


def _verdicts(published: Table) -> str:
    """How many of the study's accuracies fall where one further training of ours does."""
    counts = verdicts(published.frame)
    if not counts.judged:
        return ""
    return f" Of its accuracies {counts} are where one further training of ours falls with 95%."
