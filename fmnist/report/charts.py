"""Interactive figures from plain data; nothing here knows where the data came from.

A figure has no colours of its own but its series': the page that shows it sets text, grid and heat
scale, for light and dark. Axes are fixed, so that a finger that scrolls the page does not zoom.
"""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from fmnist.data.fashion_mnist import CLASS_NAMES
from fmnist.results.accuracy import Accuracy, Estimate
from fmnist.training.bundle import Curves

# Of a lightness that stands out from white and from near-black.
ACCENT, MUTED = "#3f7fd9", "#868e99"
MARGIN = {"l": 8, "r": 16, "t": 8, "b": 8}
DIGITS = 4
FEW_EPOCHS = 10
ROW_HEIGHT, FRAME_HEIGHT = 26, 90


def _figure(
    *traces: go.Trace, height: int, x: str = "", y: str = "", **layout: object
) -> go.Figure:
    figure = go.Figure(traces)
    legend = {"orientation": "h", "x": 0, "y": 1, "yanchor": "bottom"}
    figure.update_layout(height=height, margin=MARGIN, legend=legend, dragmode=False, **layout)
    figure.update_xaxes(title=x, fixedrange=True, automargin=True)
    figure.update_yaxes(title=y, fixedrange=True, automargin=True)
    return figure


def rounded(values: Sequence[float]) -> list[float]:
    """Values short enough for a page."""
    return [round(float(value), DIGITS) for value in values]


def estimates(series: Mapping[str, Sequence[Estimate]], x: str) -> go.Figure:
    """A row for each name, from the top: a point with its interval, for each series."""
    colours = (ACCENT, MUTED)
    traces = [
        _points(name, rows, colour)
        for (name, rows), colour in zip(series.items(), colours, strict=False)
    ]
    names = dict.fromkeys(row[0] for rows in series.values() for row in rows)
    height = FRAME_HEIGHT + ROW_HEIGHT * len(names)
    figure = _figure(*traces, height=height, x=x, showlegend=len(series) > 1, scattermode="group")
    figure.update_yaxes(
        type="category", categoryorder="array", categoryarray=list(names), autorange="reversed"
    )
    figure.update_xaxes(range=_range_of(row for rows in series.values() for row in rows))
    return figure


def _range_of(rows: Iterable[Estimate]) -> tuple[float, float]:
    """From the lowest bound to the highest, with a margin: points in groups would begin at 0."""
    bounds = [bound for _, found in rows for bound in (found.low, found.high)]
    margin = 0.05 * (max(bounds) - min(bounds))
    return min(bounds) - margin, max(bounds) + margin


def _points(name: str, rows: Sequence[Estimate], colour: str) -> go.Scatter:
    values, below, above = _with_errors(rows)
    return go.Scatter(
        name=name,
        offsetgroup=name,
        orientation="h",
        x=values,
        y=[row[0] for row in rows],
        mode="markers",
        marker={"color": colour, "size": 9},
        error_x={
            "array": above,
            "arrayminus": below,
            "color": colour,
            "thickness": 1.5,
            "width": 3,
        },
        hovertemplate="%{y}: %{x:.4f} +%{error_x.array:.4f} -%{error_x.arrayminus:.4f}",
    )


def _with_errors(rows: Sequence[Estimate]) -> tuple[list[float], list[float], list[float]]:
    """Values, and how far their intervals reach below and above them."""
    found = [accuracy for _, accuracy in rows]
    return (
        rounded([accuracy.value for accuracy in found]),
        rounded([accuracy.value - accuracy.low for accuracy in found]),
        rounded([accuracy.high - accuracy.value for accuracy in found]),
    )


def differences(rows: Sequence[Estimate]) -> go.Figure:
    """Ours minus published, each with its interval, around a line at no difference."""
    figure = estimates({"difference": rows}, "ours minus published")
    figure.update_xaxes(range=_range_of([*rows, ("no difference", Accuracy(0.0, 0.0, 0.0))]))
    figure.add_vline(0, line={"color": MUTED, "width": 1, "dash": "dot"})
    return figure


def class_balance(counts: Mapping[str, Sequence[int]]) -> go.Figure:
    """Images of each class, in each part of the data."""
    looks = ({"color": ACCENT}, {"color": MUTED}, {"color": ACCENT, "pattern": {"shape": "/"}})
    bars = [
        go.Bar(name=name, x=CLASS_NAMES, y=list(values), marker=look)
        for (name, values), look in zip(counts.items(), looks, strict=True)
    ]
    return _figure(*bars, height=320, y="images", barmode="group")


def learning_curves(runs: Mapping[str, Curves], metric: str, title: str) -> go.Figure:
    """A metric over epochs of up to two runs: validation solid, training dotted."""
    lines = []
    for (name, curves), colour in zip(runs.items(), (ACCENT, MUTED), strict=False):
        for part, prefix, dash in (("validation", "val_", "solid"), ("training", "", "dot")):
            values = rounded(curves[prefix + metric])
            lines.append(
                go.Scatter(
                    name=f"{name}, {part}",
                    x=list(range(1, len(values) + 1)),
                    y=values,
                    mode="lines+markers" if len(values) < FEW_EPOCHS else "lines",
                    line={"color": colour, "dash": dash, "width": 2},
                )
            )
    figure = _figure(*lines, height=360, x="epoch", y=title, hovermode="x unified")
    if max(len(line.x) for line in lines) < FEW_EPOCHS:
        figure.update_xaxes(dtick=1)
    return figure


def heat_map(cells: Mapping[tuple[str, str], float], x: str) -> go.Figure:
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
        xgap=2,
        ygap=2,
    )
    height = FRAME_HEIGHT + 34 * len(rows)
    figure = _figure(trace, height=height, x=x)
    figure.update_xaxes(type="category", showgrid=False)
    figure.update_yaxes(type="category", autorange="reversed", showgrid=False)
    return figure


def accuracy_against_time(rows: Sequence[tuple[str, float, float]]) -> go.Figure:
    """Trials (name, seconds, accuracy): how much accuracy for how much time."""
    trace = go.Scatter(
        x=[round(seconds, 1) for _, seconds, _ in rows],
        y=rounded([accuracy for _, _, accuracy in rows]),
        text=[name for name, _, _ in rows],
        mode="markers",
        marker={"color": ACCENT, "size": 9, "opacity": 0.8},
        hovertemplate="%{text}: %{y:.4f} in %{x:.0f} s<extra></extra>",
    )
    figure = _figure(trace, height=360, x="seconds of training", y="best validation accuracy")
    figure.update_xaxes(rangemode="tozero")
    return figure


def confusion_matrix(matrix: NDArray[np.integer]) -> go.Figure:
    """Counts (10, 10): rows are true classes, columns predicted ones.

    The colour is of the square root: beside the diagonal all confusions would look alike.
    """
    trace = go.Heatmap(
        x=CLASS_NAMES,
        y=CLASS_NAMES,
        z=np.sqrt(matrix).round(2).tolist(),
        text=matrix.tolist(),
        texttemplate="%{text}",
        hovertemplate="%{y} taken for %{x}: %{text}<extra></extra>",
        showscale=False,
        xgap=1,
        ygap=1,
    )
    figure = _figure(trace, height=480, x="predicted")
    figure.update_xaxes(showgrid=False, tickangle=-45)
    figure.update_yaxes(autorange="reversed", showgrid=False)
    return figure


def per_class(series: Mapping[str, Sequence[Estimate]]) -> go.Figure:
    """The recall of each class with its interval, a bar for each model."""
    colours = (MUTED, ACCENT)
    bars = [
        _bars(name, rows, colour)
        for (name, rows), colour in zip(series.items(), colours, strict=False)
    ]
    return _figure(*bars, height=360, y="recall", barmode="group", yaxis={"range": [0, 1]})


def _bars(name: str, rows: Sequence[Estimate], colour: str) -> go.Bar:
    values, below, above = _with_errors(rows)
    return go.Bar(
        name=name,
        x=[row[0] for row in rows],
        y=values,
        marker={"color": colour},
        error_y={"array": above, "arrayminus": below, "thickness": 1.5, "width": 3},
        hovertemplate="%{x}: %{y:.3f}",
    )
