"""Interactive figures from plain data; nothing here knows where the data came from.

A figure has no colors of its own but those of families: the page that shows it sets text and grid,
for light and dark. Axes are fixed, so that a finger that scrolls the page does not zoom.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from fmnist.data.fashion_mnist import identity
from fmnist.results import colors
from fmnist.results.accuracy import Estimate
from fmnist.results.colors import NEUTRAL
from fmnist.training.bundle import Curves

MARGIN = {"l": 8, "r": 16, "t": 8, "b": 8}
DIGITS = 4
FEW_EPOCHS = 10
FRAME_HEIGHT = 90


def framed(*traces: go.Trace, height: int, x: str = "", y: str = "", **layout: object) -> go.Figure:
    """Traces in a frame that suits a phone too; axes have titles `x` and `y`."""
    figure = go.Figure(traces)
    legend = {"orientation": "h", "x": 0, "y": 1, "yanchor": "bottom"}
    figure.update_layout(height=height, margin=MARGIN, legend=legend, dragmode=False, **layout)
    figure.update_xaxes(title=x, fixedrange=True, automargin=True)
    figure.update_yaxes(title=y, fixedrange=True, automargin=True)
    return figure


def rounded(values: Sequence[float]) -> list[float]:
    """Values short enough for a page."""
    return [round(float(value), DIGITS) for value in values]


def with_errors(rows: Sequence[Estimate]) -> tuple[list[float], list[float], list[float]]:
    """Values, and how far their intervals reach below and above them."""
    found = [accuracy for _, accuracy in rows]
    return (
        rounded([accuracy.value for accuracy in found]),
        rounded([accuracy.value - accuracy.low for accuracy in found]),
        rounded([accuracy.high - accuracy.value for accuracy in found]),
    )


def learning_curves(runs: Mapping[str, Curves], metric: str, title: str, color: str) -> go.Figure:
    """A metric over epochs of up to two runs, the first in color: training is dotted."""
    lines = []
    for (name, curves), shade in zip(runs.items(), (color, NEUTRAL), strict=False):
        for part, prefix, dash in (("validation", "val_", "solid"), ("training", "", "dot")):
            values = rounded(curves[prefix + metric])
            lines.append(
                go.Scatter(
                    name=f"{name}, {part}",
                    x=list(range(1, len(values) + 1)),
                    y=values,
                    mode="lines+markers" if len(values) < FEW_EPOCHS else "lines",
                    line={"color": shade, "dash": dash, "width": 2},
                )
            )
    figure = framed(*lines, height=360, x="epoch", y=title, hovermode="x unified")
    figure.update_yaxes(tickformat=".3f")  # of one width, whatever the margins come to
    if max(len(line.x) for line in lines) < FEW_EPOCHS:
        figure.update_xaxes(dtick=1)
    return figure


def heat_map(cells: Mapping[tuple[str, str], float], x: str, color: str) -> go.Figure:
    """A value for each (row, column), written into its cell; empty where there is none.

    The scale begins at the lower quartile: one failure does not make all others look alike.
    """
    rows = list(dict.fromkeys(row for row, _ in cells))
    columns = list(dict.fromkeys(column for _, column in cells))
    values = np.array([[cells.get((row, column), np.nan) for column in columns] for row in rows])
    known = values[np.isfinite(values)]
    trace = go.Heatmap(
        x=columns,
        y=rows,
        z=[
            [None if np.isnan(value) else round(float(value), DIGITS) for value in row]
            for row in values
        ],
        zmin=float(np.quantile(known, 0.25)),
        zmax=float(known.max()),
        texttemplate="%{z:.4f}",
        hovertemplate=f"%{{y}}, {x} %{{x}}: %{{z:.4f}}<extra></extra>",
        showscale=False,
        colorscale=_scale(color),
        xgap=2,
        ygap=2,
    )
    height = FRAME_HEIGHT + 34 * len(rows)
    figure = framed(trace, height=height, x=x)
    figure.update_xaxes(type="category", showgrid=False)
    figure.update_yaxes(type="category", autorange="reversed", showgrid=False)
    return figure


def _scale(color: str) -> list[tuple[float, str]]:
    """From nearly nothing to a color that text on it can be read in, in light and dark."""
    red, green, blue = (int(color[place : place + 2], 16) for place in (1, 3, 5))
    return [(0.0, f"rgba({red},{green},{blue},0.05)"), (1.0, f"rgba({red},{green},{blue},0.55)")]


def accuracy_against_time(rows: Sequence[tuple[str, float, float]], color: str) -> go.Figure:
    """Trials (name, seconds, accuracy): how much accuracy for how much time."""
    trace = go.Scatter(
        x=[round(seconds, 1) for _, seconds, _ in rows],
        y=rounded([accuracy for _, _, accuracy in rows]),
        text=[name for name, _, _ in rows],
        mode="markers",
        marker={"color": color, "size": 9, "opacity": 0.8},
        hovertemplate="%{text}: %{y:.4f} in %{x:.0f} s<extra></extra>",
    )
    figure = framed(trace, height=360, x="seconds of training", y="best validation accuracy")
    figure.update_xaxes(rangemode="tozero")
    return figure


def confusion_matrix(matrix: NDArray[np.integer], color: str) -> go.Figure:
    """Counts (10, 10): rows are true classes, columns predicted ones.

    Shading is by the square root: beside the diagonal all confusions would look alike.
    """
    trace = go.Heatmap(
        x=identity().class_names,
        y=identity().class_names,
        z=np.sqrt(matrix).round(2).tolist(),
        text=matrix.tolist(),
        texttemplate="%{text}",
        hovertemplate="%{y} taken for %{x}: %{text}<extra></extra>",
        showscale=False,
        colorscale=_scale(color),
        xgap=1,
        ygap=1,
    )
    figure = framed(trace, height=480, x="predicted")
    figure.update_xaxes(showgrid=False, tickangle=-45, type="category")  # digits are names too
    figure.update_yaxes(autorange="reversed", showgrid=False, type="category")
    return figure


def per_class(series: Mapping[str, Sequence[Estimate]]) -> go.Figure:
    """The recall of each class with its interval, a bar for each final."""
    bars = [_bars(name, rows, colors.of(name)) for name, rows in series.items()]
    figure = framed(*bars, height=360, y="recall", barmode="group", yaxis={"range": [0, 1]})
    figure.update_xaxes(type="category")
    return figure


def _bars(name: str, rows: Sequence[Estimate], color: str) -> go.Bar:
    values, below, above = with_errors(rows)
    return go.Bar(
        name=name,
        x=[row[0] for row in rows],
        y=values,
        marker={"color": color},
        error_y={"array": above, "arrayminus": below, "thickness": 1.5, "width": 3},
        hovertemplate="%{x}: %{y:.3f}",
    )
