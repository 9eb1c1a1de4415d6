"""The trials of a search as lines through their settings to their accuracies, as a figure."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from numpy.typing import NDArray

from fmnist.results import colors
from fmnist.results.plots import LINE, explain

PALE = "#e3e7ec"
AXIS_INCHES, HEIGHT_INCHES = 2.2, 4.6
ACCURACY_TICKS = 5


def parallel_coordinates(
    family: str, settings: pd.DataFrame, accuracies: Sequence[float]
) -> Figure:
    """An axis for each setting and one for the validation accuracy, and a line for each trial.

    `settings` has a row for each trial and a column for each setting that varies; `accuracies` are
    in the order of its rows.
    """
    names = [*map(str, settings.columns), "validation accuracy"]
    figure = Figure(figsize=(AXIS_INCHES * len(names), HEIGHT_INCHES), layout="constrained")
    note = "Each line is a trial; darker is more accurate."
    explain(figure, f"{family}: settings and accuracy", note)
    axis = figure.subplots()
    heights = [
        *(_draw_setting(axis, place, settings[name]) for place, name in enumerate(settings)),
        _draw_accuracy(axis, len(names) - 1, np.asarray(accuracies)),
    ]
    shades = LinearSegmentedColormap.from_list(family, [PALE, colors.of(family)])
    for trial in np.argsort(accuracies):  # the best on top
        axis.plot([of_axis[trial] for of_axis in heights], color=shades(heights[-1][trial]))
    axis.set_xticks(range(len(names)), [name.replace("_", " ") for name in names])
    axis.set_yticks([])
    axis.set_frame_on(False)
    axis.tick_params(length=0)
    return figure


def numbered(values: pd.Series) -> tuple[NDArray[np.intp], list[str]]:
    """Each value's number among the different ones, in their order, and those as text."""
    numbers, different = pd.factorize(values, sort=True)
    return numbers, [str(value) for value in different]


def _draw_setting(axis: Axes, place: int, values: pd.Series) -> NDArray[np.float64]:
    """An axis with a tick for each value, since grids have few; returns the trials' heights."""
    numbers, names = numbered(values)
    ticks = np.linspace(0, 1, len(names))
    _draw_axis(axis, place, ticks, names)
    return ticks[numbers]


def _draw_accuracy(axis: Axes, place: int, values: NDArray[np.float64]) -> NDArray[np.float64]:
    low, spread = values.min(), np.ptp(values)
    ticks = np.linspace(0, 1, ACCURACY_TICKS)
    _draw_axis(axis, place, ticks, [f"{low + tick * spread:.4f}" for tick in ticks])
    heights: NDArray[np.float64] = (values - low) / (spread or 1.0)
    return heights


def _draw_axis(axis: Axes, place: int, heights: NDArray[np.float64], names: Sequence[str]) -> None:
    axis.axvline(place, color=LINE, linewidth=0.8, zorder=3)
    behind = {"facecolor": "white", "edgecolor": "none", "alpha": 0.8, "pad": 1}
    for height, name in zip(heights, names, strict=True):
        axis.annotate(
            name,
            (place, height),
            (5, 0),
            textcoords="offset points",
            va="center",
            fontsize=8,
            zorder=4,
            bbox=behind,
        )
