"""The families as sections of a report, from its tables and the store."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from fmnist.report import charts
from fmnist.report.parts import Chart, Commands, Part, Rows, Section
from fmnist.results import selection
from fmnist.results.accuracy import estimate
from fmnist.results.comparison import Comparison
from fmnist.results.family_trials import FamilyRuns
from fmnist.results.selection import Candidate
from fmnist.results.tables.family import TOP, shown_columns
from fmnist.results.tables.table import Table
from fmnist.study import families
from fmnist.study.metrics import ACCURACY, CRITERION
from fmnist.study.naming import words
from fmnist.study.options import Scale, command
from fmnist.study.trial import Trial
from fmnist.tracking.store import Store

# What the two axes of a family's heat map are; other families have a row for each configuration.
AXES = {
    "mlp_search": ("architecture", "dropout"),
    "mlp_optimizers": ("optimizer and learning rate", "batch size"),
    "cnn_depth": ("layers", "filters of the first"),
    "cnn_search": ("architecture", "dropout"),
}
CONFIGURATIONS_SHOWN = 40
# What a family's table says of a trial beside its settings.
MEASURED = (
    "best_val_accuracy", "val_sparse_categorical_accuracy", "val_loss",
    "sparse_categorical_accuracy", "loss", "lr", "round_epochs", "parameters", "train_seconds",
)  # fmt: skip


def family_section(
    family: FamilyRuns, compared: Comparison, options: Scale, store: Store
) -> Section:
    """A family: its question, what the study found, what is found here, grid, curves, table."""
    told = families.get(family.name)
    text = [f"The study found: {told.finding}"]
    if not family.runs:
        text.append("Nothing is recorded here yet; run:")
        parts: list[Part] = [Commands([command(family.name, options)])]
        return Section(told.question, text, parts, name=family.name)
    table = compared.tables[family.name]
    ranked = selection.candidates(family.runs)
    text.append(_found(ranked))
    parts = [*_grid_charts(family.name, ranked), *_curves(ranked, store), _table(family, table)]
    return Section(told.question, text, parts, name=family.name)


def _found(ranked: Sequence[Candidate]) -> str:
    """What is found here, in a sentence or two."""
    winner = ranked[0]
    best, accuracy = estimate(winner)
    if len(ranked) == 1:
        return f"Found here: {best} reaches a validation accuracy of {accuracy.explained}."
    text = (
        f"Found here: of {len(ranked)} configurations {best} is best, with a validation accuracy "
        f"of {accuracy.explained}."
    )
    if winner.afterwards is None:
        return text
    return (
        f"{text} It was chosen at {winner.chosen_at:.4f}; the seeds trained afterwards reach "
        f"{winner.afterwards:.4f} on average."
    )


def _table(family: FamilyRuns, table: Table) -> Rows:
    title = (
        f"{family.name}, by the validation accuracy of the last epoch; configurations done: "
        f"{family.done} of {family.expected}"
    )
    columns = [*shown_columns(table, ()), *(name for name in MEASURED if name in table.frame)]
    return Rows(replace(table.only(columns), title=title), TOP)


def _grid_charts(name: str, ranked: Sequence[Candidate]) -> list[Part]:
    if len(ranked) == 1:
        return []
    best, last = (f"{words(one.best.trial)} ({one.score:.4f})" for one in (ranked[0], ranked[-1]))
    summary = f"Best validation accuracy, from {last} to {best}."
    if name not in AXES:
        rows = [estimate(candidate) for candidate in ranked[:CONFIGURATIONS_SHOWN]]
        figure = charts.estimates({"validation": rows}, "best validation accuracy")
        return [Chart("Configurations", summary, figure)]
    down, across = AXES[name]
    title = f"{down.capitalize()} by {across}"
    parts: list[Part] = [Chart(title, summary, charts.heat_map(_cells(name, ranked), across))]
    if name == "mlp_optimizers":
        parts.append(_against_time(ranked))
    return parts


def _cells(name: str, ranked: Sequence[Candidate]) -> Mapping[tuple[str, str], float]:
    """The best value of each cell, rows and columns in their natural order."""
    cells: dict[tuple[str, str], float] = {}
    for candidate in ranked[: CONFIGURATIONS_SHOWN * 4]:
        cells.setdefault(_cell(name, candidate.best.trial), candidate.score)
    return dict(sorted(cells.items(), key=lambda item: tuple(map(_natural, item[0]))))


def _cell(name: str, trial: Trial) -> tuple[str, str]:
    if name == "mlp_optimizers":
        return f"{trial.training.optimizer} {trial.training.learning_rate:g}", str(
            trial.training.batch_size
        )
    if name == "cnn_depth":
        layers, filters = trial.model.architecture.split("x")
        return layers, filters
    return trial.model.architecture, f"{trial.model.dropout:g}"


def _natural(text: str) -> list[tuple[float, str]]:
    """A key that sorts numbers within texts by their value."""
    parts = re.split(r"(\d+(?:\.\d+)?)", text)
    return [(float(part), "") if part[:1].isdigit() else (-1.0, part) for part in parts]


def _against_time(ranked: Sequence[Candidate]) -> Chart:
    shown = [candidate.best for candidate in ranked[:CONFIGURATIONS_SHOWN]]
    rows = [
        (words(run.trial), run.metrics["train_seconds"], run.metrics[CRITERION]) for run in shown
    ]
    fastest = min(rows, key=lambda row: row[1])
    summary = f"The fastest is {fastest[0]}: {fastest[2]:.4f} in {fastest[1]:.0f} seconds."
    figure = charts.accuracy_against_time(rows)
    return Chart("Accuracy against time", summary, figure)


def _curves(ranked: Sequence[Candidate], store: Store) -> list[Part]:
    chosen = {"best": ranked[0].best, "worst": ranked[-1].best}
    if len(ranked) == 1:
        del chosen["worst"]
    curves = {name: store.curves(run.run_id) for name, run in chosen.items()}
    named = ", ".join(f"{name}: {words(run.trial)}" for name, run in chosen.items())
    summary = f"{named.capitalize()}."
    return [
        Chart(
            f"{title} over epochs",
            summary,
            charts.learning_curves(curves, metric, title),
            half=True,
        )
        for title, metric in (("Accuracy", ACCURACY), ("Loss", "loss"))
    ]
