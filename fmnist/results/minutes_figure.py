"""How much accuracy for how much training: our models over minutes, as a figure."""

from collections.abc import Sequence
from itertools import groupby

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from fmnist.results import colors
from fmnist.results.labels import Timed
from fmnist.results.plots import GRID, explain
from fmnist.stats import INTERVAL

ACCURACY_TICKS = (
    0.1, 0.3, 0.5, 0.7, 0.8, 0.9, 0.92, 0.94, 0.95, 0.96, 0.97, 0.98, 0.99, 0.995, 0.998,
)  # fmt: skip


def accuracy_over_minutes(rows: Sequence[Timed]) -> Figure:
    """Test accuracy over the minutes of training: a line for each model, named beside it."""
    figure = Figure(figsize=(10, 5.4), layout="constrained")
    note = (
        f"Test accuracy with its {INTERVAL}, of one training. Labels: network, millions of "
        "parameters, hardware that trained it. "
        "Filled: trained again on nearly all training images after it was chosen."
    )
    explain(figure, "Test accuracy by training time", note)
    axis = figure.subplots()
    axis.set_yscale("logit")  # near 1 a small step is a large part of the errors
    ends = []
    ordered = sorted(rows, key=lambda row: (row.label, row.family, row.minutes, row.refit))
    for (label, family), found in groupby(ordered, key=lambda row: (row.label, row.family)):
        of_model = list(found)
        _draw_model(axis, of_model, colors.of(family))
        ends.append((label, colors.of(family), of_model[-1].minutes, of_model[-1].accuracy.value))
    _scale_minutes(axis)
    _name_ends(axis, ends)
    return figure


def _draw_model(axis: Axes, rows: Sequence[Timed], color: str) -> None:
    minutes = [row.minutes for row in rows]
    values = [row.accuracy.value for row in rows]
    axis.plot(minutes, values, color=color)
    axis.vlines(
        minutes,
        [row.accuracy.low for row in rows],
        [row.accuracy.high for row in rows],
        color=color,
        linewidth=1.5,
    )
    fills = [color if row.refit else "white" for row in rows]
    axis.scatter(minutes, values, c=fills, edgecolors=color, s=42, linewidths=1.5, zorder=3)


def _scale_minutes(axis: Axes) -> None:
    axis.set_xscale("log")
    axis.xaxis.set_major_formatter("{x:g}")
    if not _spans_a_decade(axis):  # matplotlib then labels the minor ticks too
        axis.xaxis.set_minor_formatter("{x:g}")
    shown = axis.get_ylim()  # which ticks would widen
    axis.set_yticks(
        ACCURACY_TICKS, [f"{tick:.3g}" if tick > 0.99 else f"{tick:.2f}" for tick in ACCURACY_TICKS]
    )
    axis.set_yticks([], minor=True)
    axis.set(ylim=shown, xlabel="minutes of training", ylabel="test accuracy (logit scale)")
    axis.grid(color=GRID)


def _spans_a_decade(axis: Axes) -> bool:
    low, high = axis.get_xlim()
    return high > 10 * low


def _name_ends(axis: Axes, ends: Sequence[tuple[str, str, float, float]]) -> None:
    """Names at the right of the axes, each joined to its point (x, y), none over another."""
    heights = axis.transAxes.inverted().transform(
        axis.transData.transform([(x, y) for _, _, x, y in ends])
    )[:, 1]
    places = _apart(heights.tolist(), 0.055)
    for (name, color, x, y), height in zip(ends, places, strict=True):
        axis.annotate(
            name,
            (x, y),
            (1.05, height),
            textcoords="axes fraction",
            fontsize=9,
            color=color,
            va="center",
            arrowprops={"arrowstyle": "-", "color": color, "linewidth": 0.7, "alpha": 0.6},
        )


def _apart(places: Sequence[float], least: float) -> list[float]:
    """Places from 0 to 1, in their order, moved so that neighbors are at least so far apart."""
    order = np.argsort(places)
    spread = [places[order[0]]]
    for index in order[1:]:
        spread.append(max(places[index], spread[-1] + least))
    moved = np.empty(len(spread))
    moved[order] = np.array(spread) - max(0.0, spread[-1] - 1)
    return moved.tolist()
