"""The families as sections of a report, from its tables and the store."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from fmnist.console import duration
from fmnist.data import fashion_mnist
from fmnist.report import charts, intervals
from fmnist.report.mattered import what_mattered
from fmnist.report.parts import Chart, Commands, Part, Rows, Section
from fmnist.results import colors, selection
from fmnist.results.accuracy import estimate
from fmnist.results.comparison import Comparison
from fmnist.results.family_trials import FamilyRuns
from fmnist.results.labels import told_apart
from fmnist.results.selection import Candidate
from fmnist.results.tables.family import TOP, shown_columns
from fmnist.results.tables.table import Table
from fmnist.study import families
from fmnist.study.metrics import ACCURACY, CRITERION
from fmnist.study.options import Scale
from fmnist.study.trial import Trial
from fmnist.tracking.store import Store

# What the two axes of a family's heat map are; other families have a row for each configuration.
AXES = {
    "mlp_search": ("architecture", "dropout"),
    "mlp_optimizers": ("optimizer and learning rate", "batch size"),
    "cnn_depth": ("layers", "filters of the first layer"),
    "cnn_search": ("architecture", "dropout"),
}
CONFIGURATIONS_SHOWN = 40
# What a family's table says of a trial beside its settings; the rest is below a fold.
MEASURED = ("best_val_accuracy", "val_sparse_categorical_accuracy", "val_loss", "round_epochs")


def family_section(
    family: FamilyRuns, compared: Comparison, options: Scale, store: Store
) -> Section:
    """A family: its question and the answers, and below a fold its charts and its table."""
    told = families.get(family.name)
    is_studied = told.finding and not fashion_mnist.identity().is_other
    text = [f"The study found: {told.finding}"] if is_studied else []
    if not family.runs:
        text.append("Nothing is recorded here yet; run:")
        parts: list[Part] = [Commands([families.command(family.name, options)])]
        return Section(told.question, text, parts, name=family.name)
    ranked = selection.candidates(family.runs)
    named, _ = told_apart([candidate.best.trial for candidate in ranked])
    configurations = list(zip(named, ranked, strict=True))
    text.append(_found(configurations))
    count = "Its curves" if len(ranked) == 1 else f"All {len(ranked)} configurations, the curves"
    return Section(
        told.question,
        text,
        name=family.name,
        fold=f"{count} and the table",
        folded=[
            *_grid_charts(family.name, configurations),
            *what_mattered(family),
            *_curves(family.name, configurations, store),
            _table(family, compared.tables[family.name]),
        ],
    )


# A configuration's label, and what is known of it.
Named = tuple[str, Candidate]


def _found(ranked: Sequence[Named]) -> str:
    """What is found here, in a sentence or two."""
    best, winner = ranked[0]
    _, accuracy = estimate(winner)
    if len(ranked) == 1:
        return f"Found here: {best} reaches a validation accuracy of {accuracy.explained}."
    text = (
        f"Found here: of {len(ranked)} configurations {best} is best, with a validation accuracy "
        f"of {accuracy.explained}."
    )
    if winner.afterwards is None:
        return text
    return (
        f"{text} When it was chosen its accuracy was {winner.chosen_at:.4f}; the seeds trained "
        f"afterwards have {winner.afterwards:.4f} on average."
    )


def _table(family: FamilyRuns, table: Table) -> Rows:
    """The settings that vary and what the study's tables had, at most seven columns of it."""
    title = f"{family.name}: {family.done} of {family.expected} configurations, last epoch"
    settings = shown_columns(table, ())
    columns = [*settings, *(name for name in MEASURED if name in table.frame)]
    return Rows(replace(table, title=title, legend="", columns=columns), TOP)


def _grid_charts(name: str, ranked: Sequence[Named]) -> list[Part]:
    if len(ranked) == 1:
        return []
    (best, first), (worst, last) = ranked[0], ranked[-1]
    summary = f"From {best} ({first.chosen_at:.4f}) to {worst} ({last.chosen_at:.4f})."
    color = colors.of(name)
    if name not in AXES:
        rows = [
            (label, estimate(candidate)[1]) for label, candidate in ranked[:CONFIGURATIONS_SHOWN]
        ]
        figure = intervals.estimates({"validation": rows}, "validation accuracy", [color])
        order = "best first" if len(rows) == len(ranked) else f"best {len(rows)} of {len(ranked)}"
        return [Chart(f"{name}, the {order}", summary, figure)]
    down, across = AXES[name]
    title = f"{name}, {down} by {across}"
    grid = charts.heat_map(_cells(name, ranked), across, color)
    parts: list[Part] = [Chart(title, summary, grid)]
    if name == "mlp_optimizers":
        parts.append(_against_time(ranked, color))
    return parts


def _cells(name: str, ranked: Sequence[Named]) -> Mapping[tuple[str, str], float]:
    """The best value of each cell, rows and columns in their natural order."""
    cells: dict[tuple[str, str], float] = {}
    for _, candidate in ranked:
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
    return trial.model.architecture, f"{vars(trial.model)['dropout']:g}"


def _natural(text: str) -> list[tuple[float, str]]:
    """A key that sorts numbers within texts by their value."""
    parts = re.split(r"(\d+(?:\.\d+)?)", text)
    return [(float(part), "") if part[:1].isdigit() else (-1.0, part) for part in parts]


def _against_time(ranked: Sequence[Named], color: str) -> Chart:
    rows = [
        (label, found.best.metrics["train_seconds"], found.best.metrics[CRITERION])
        for label, found in ranked
    ]
    name, seconds, accuracy = min(rows, key=lambda row: row[1])
    summary = f"The fastest, {name}, reaches {accuracy:.4f} in {duration(seconds)}."
    figure = charts.accuracy_against_time(rows[:CONFIGURATIONS_SHOWN], color)
    return Chart("Accuracy against training time", summary, figure)


def _curves(name: str, ranked: Sequence[Named], store: Store) -> list[Part]:
    """Accuracy and loss over epochs of the best configuration and of the worst."""
    chosen = {"Best": ranked[0], "Worst": ranked[-1]} if len(ranked) > 1 else {"Best": ranked[0]}
    curves = {key: store.curves(found.best.run_id) for key, (_, found) in chosen.items()}
    losses = curves["Best"]["val_loss"]
    lowest = min(losses)
    named = "; ".join(f"{key}: {label}" for key, (label, _) in chosen.items())
    loss = f"The best has its lowest validation loss, {lowest:.4f}, in epoch"
    told = {
        ACCURACY: (f"{name}, accuracy over epochs", f"{named}."),
        "loss": (f"{name}, loss over epochs", f"{loss} {losses.index(lowest) + 1}."),
    }
    return [
        Chart(
            title,
            summary,
            charts.learning_curves(curves, metric, title.split()[1], colors.of(name)),
            half=True,
        )
        for metric, (title, summary) in told.items()
    ]
