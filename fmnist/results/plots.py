"""Figures of results, from plain data; nothing here knows where the data came from.

A family has its color in all of them. What a color says, a shape or a word says as well.
"""

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from textwrap import fill

from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure
from matplotlib.ticker import MaxNLocator

from fmnist.results import colors
from fmnist.results.accuracy import Estimate
from fmnist.results.labels import plain
from fmnist.stats import INTERVAL
from fmnist.study.metrics import ACCURACY
from fmnist.training.bundle import Curves

DPI = 120
QUIET, GRID, LINE = "#59616b", "#e1e4e8", "#4a525c"
ROW_INCHES, FRAME_INCHES, CURVES_INCHES = 0.27, 1.7, 3.4
# Of a note below a figure.
CHARACTERS = 140
# Of a line of a label beside a row: two lines fit.
LABEL_CHARACTERS = 60


def save(figure: Figure, path: Path) -> None:
    """Write a figure as a picture; one matplotlib gives the same bytes for the same figure."""
    path.write_bytes(to_png(figure))


def to_png(figure: Figure) -> bytes:
    """A figure as the bytes of a picture."""
    picture = io.BytesIO()
    figure.savefig(picture, format="png", dpi=DPI, bbox_inches="tight", metadata={"Software": None})
    return picture.getvalue()


def learning_curves(curves: Curves, family: str) -> Figure:
    """Loss and accuracy over the epochs of a training: training dashed, validation solid."""
    figure = Figure(figsize=(10, CURVES_INCHES + 0.4), layout="constrained")
    explain(figure, f"Learning curves, {family}")
    _draw_curves(figure.subplots(1, 2), curves, colors.of(family))
    return figure


def accuracy_by_family(rows: Mapping[str, Estimate]) -> Figure:
    """By family its best configuration, with its validation accuracy."""
    figure = Figure(figsize=(9, 0.42 * len(rows) + FRAME_INCHES), layout="constrained")
    note = (
        f"Best = highest mean validation accuracy. Bars: {INTERVAL}, over the validation images "
        "and, where there are several, over seeds."
    )
    explain(figure, "The best of each family on the validation images", note)
    axis = figure.subplots()
    shown = [(f"{family}: {name}", accuracy) for family, (name, accuracy) in rows.items()]
    _estimates(axis, shown, [colors.of(family) for family in rows])
    axis.set_xlabel("validation accuracy")
    return figure


def accuracy_by_fold(rows: Sequence[Estimate], family: str) -> Figure:
    """The validation accuracy of each fold of a cross-validation."""
    figure = Figure(figsize=(9, 0.42 * len(rows) + FRAME_INCHES), layout="constrained")
    explain(figure, f"The folds of {family}, each on the images held out from it")
    axis = figure.subplots()
    _estimates(axis, rows, [colors.of(family)] * len(rows))
    axis.set_xlabel(f"validation accuracy, with its {INTERVAL}")
    return figure


@dataclass(frozen=True, kw_only=True)
class Ranking:
    """The configurations of a family, the winner first.

    Attributes:
        shared: the settings that all have, in words.
        rows: of each configuration a label, and its validation accuracy over all its seeds.
        ranked_by: of each the mean accuracy that ranked it, over what `over` says.
    """

    family: str
    question: str
    shared: str
    rows: Sequence[Estimate]
    ranked_by: Sequence[float]
    over: str


def configurations(ranking: Ranking, curves: Curves) -> Figure:
    """A family: the validation accuracy of each configuration, and the winner's curves."""
    height = ROW_INCHES * len(ranking.rows) + FRAME_INCHES
    figure = Figure(figsize=(10, height + CURVES_INCHES), layout="constrained")
    grid = figure.add_gridspec(2, 1, height_ratios=(height, CURVES_INCHES))
    above, below = (figure.add_subfigure(part) for part in (grid[0], grid[1]))
    _draw_ranking(above, ranking)
    winner = ranking.rows[0][0]
    explain(below, f"Learning curves of the best: {winner}")
    _draw_curves(below.subplots(1, 2), curves, colors.of(ranking.family))
    return figure


def _draw_ranking(figure: SubFigure, ranking: Ranking) -> None:
    axis, color = figure.subplots(), colors.of(ranking.family)
    rule = f"Ranked by validation accuracy over {ranking.over} of each configuration"
    all_seeds = [accuracy.value for _, accuracy in ranking.rows]
    moved = [
        (value, place)
        for place, (value, shown) in enumerate(zip(ranking.ranked_by, all_seeds, strict=True))
        if abs(value - shown) > 1e-9
    ]
    if moved:
        rule += ", marked |; points are means over all its seeds"
        values, places = zip(*moved, strict=True)
        axis.scatter(values, places, marker="|", s=90, color=LINE, zorder=4)
    shared = f", {ranking.shared}" if ranking.shared else ""
    explain(figure, f"{ranking.family}{shared}: {ranking.question}", f"{rule}. Diamond: the best.")
    _estimates(axis, ranking.rows, [color] * len(ranking.rows))
    axis.scatter(all_seeds[:1], [0], marker="D", s=70, color=color, zorder=5)
    axis.get_yticklabels()[0].set_fontweight("bold")
    axis.set_xlabel(f"validation accuracy of the saved weights, with its {INTERVAL}")


def differences(rows: Sequence[Estimate]) -> Figure:
    """Ours minus published; a label begins with its family. A line marks no difference."""
    figure = Figure(figsize=(9, 0.26 * len(rows) + FRAME_INCHES), layout="constrained")
    note = (
        "Filled: the interval includes 0. Hollow: it does not. Last: with the weights of the last "
        "epoch; best: with the saved ones."
    )
    explain(figure, "Validation and test accuracies, ours minus published", note)
    axis = figure.subplots()
    shades = [colors.of(name.split()[0]) for name, _ in rows]
    hollow = [not found.low <= 0 <= found.high for _, found in rows]
    named = [(plain(name), found) for name, found in rows]
    _estimates(axis, named, shades, "{:+.4f}", hollow)
    axis.axvline(0, color=LINE, linewidth=0.8)
    axis.set_xlabel(f"ours minus published, with its {INTERVAL}")
    return figure


def explain(figure: Figure | SubFigure, title: str, note: str = "") -> None:
    """A title above a figure at its left, and a note below it."""
    figure.suptitle(fill(title, CHARACTERS - 40), x=0.01, ha="left", fontsize=12, fontweight="bold")
    if note:
        text = fill(note, CHARACTERS)
        figure.supxlabel(text, x=0.01, ha="left", fontsize=8.5, color=QUIET)


def _draw_curves(axes: Sequence[Axes], curves: Curves, color: str) -> None:
    for axis, metric, title in zip(axes, ("loss", ACCURACY), ("loss", "accuracy"), strict=True):
        for prefix, style, shade in (("", "--", QUIET), ("val_", "-", color)):
            values = curves[prefix + metric]
            part = "validation" if prefix else "training"
            axis.plot(range(1, len(values) + 1), values, style, color=shade, label=part)
        axis.set(xlabel="epoch", ylabel=title)
        axis.xaxis.set_major_locator(MaxNLocator(integer=True))
        axis.legend(fontsize=8, frameon=False)
        _quieten(axis)
        axis.grid(color=GRID)


def _estimates(
    axis: Axes,
    rows: Sequence[Estimate],
    shades: Sequence[str],
    shown: str = "{:.4f}",
    hollow: Sequence[bool] = (),
) -> None:
    """A point with its interval for each row, from above to below; some points hollow."""
    places = range(len(rows))
    values, lows, highs = zip(*((of.value, of.low, of.high) for _, of in rows), strict=True)
    axis.hlines(places, lows, highs, colors=list(shades), linewidth=1.5)
    empty = hollow or [False] * len(rows)
    fills = ["white" if open_ else shade for open_, shade in zip(empty, shades, strict=True)]
    axis.scatter(values, places, c=fills, edgecolors=shades, linewidths=1.5, s=36, zorder=3)
    for place, (_, accuracy) in zip(places, rows, strict=True):
        text, at = shown.format(accuracy.value), (accuracy.high, place)
        axis.annotate(
            text, at, (6, -3), textcoords="offset points", fontsize=8, zorder=5,
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.5},
        )  # fmt: skip
    axis.set_yticks(places, [fill(name, LABEL_CHARACTERS) for name, _ in rows])
    axis.margins(x=0.15)
    axis.set_ylim(len(rows) - 0.4, -0.6)
    axis.grid(axis="x", color=GRID)
    _quieten(axis)


def _quieten(axis: Axes) -> None:
    axis.spines[["top", "right"]].set_visible(False)
    axis.set_axisbelow(True)
