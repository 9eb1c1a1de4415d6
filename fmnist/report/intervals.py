"""Interactive figures of accuracies with their intervals, from plain data."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from textwrap import wrap

import plotly.graph_objects as go

from fmnist.report.charts import FRAME_HEIGHT, framed, rounded, with_errors
from fmnist.results import colors
from fmnist.results.accuracy import Accuracy, Estimate
from fmnist.results.colors import NEUTRAL

ROW_HEIGHT, LINE_HEIGHT = 26, 15
NAME_CHARACTERS = 26

# Of a series one color, or one for each of its points.
Shades = str | Sequence[str]


def estimates(
    series: Mapping[str, Sequence[Estimate]], x: str, shades: Sequence[Shades]
) -> go.Figure:
    """A row for each name, from the top: a point with its interval, for each series."""
    traces = [
        _points(name, rows, shade)
        for (name, rows), shade in zip(series.items(), shades, strict=True)
    ]
    names = dict.fromkeys(_lines(row[0]) for rows in series.values() for row in rows)
    height = FRAME_HEIGHT + sum(ROW_HEIGHT + LINE_HEIGHT * name.count("<br>") for name in names)
    figure = framed(*traces, height=height, x=x, showlegend=len(series) > 1, scattermode="group")
    figure.update_yaxes(
        type="category", categoryorder="array", categoryarray=list(names), autorange="reversed"
    )
    figure.update_xaxes(range=_range_of(row for rows in series.values() for row in rows))
    return figure


def _lines(name: str) -> str:
    """A name in lines that leave room for its row's point on a phone."""
    return "<br>".join(wrap(name, NAME_CHARACTERS))


def _range_of(rows: Iterable[Estimate]) -> tuple[float, float]:
    """From the lowest bound to the highest, with a margin: points in groups would begin at 0."""
    bounds = [bound for _, found in rows for bound in (found.low, found.high)]
    margin = 0.05 * (max(bounds) - min(bounds))
    return min(bounds) - margin, max(bounds) + margin


def _points(name: str, rows: Sequence[Estimate], shade: Shades) -> go.Scatter:
    values, below, above = with_errors(rows)
    return go.Scatter(
        name=name,
        offsetgroup=name,
        orientation="h",
        x=values,
        y=[_lines(row[0]) for row in rows],
        mode="markers",
        marker={"color": shade, "size": 9},
        error_x={
            "array": above,
            "arrayminus": below,
            "color": shade if isinstance(shade, str) else NEUTRAL,
            "thickness": 1.5,
            "width": 3,
        },
        hovertemplate="%{y}: %{x:.4f} +%{error_x.array:.4f} -%{error_x.arrayminus:.4f}",
    )


def differences(rows: Sequence[Estimate]) -> go.Figure:
    """Ours minus published, each with its interval, around a line at no difference.

    A name begins with its family.
    """
    shades = [colors.of(name.split()[0]) for name, _ in rows]
    figure = estimates({"difference": rows}, "ours minus published", [shades])
    figure.update_xaxes(range=_range_of([*rows, ("no difference", Accuracy(0.0, 0.0, 0.0))]))
    figure.add_vline(0, line={"color": NEUTRAL, "width": 1, "dash": "dot"})
    return figure


@dataclass(frozen=True, kw_only=True)
class Against:
    """A published accuracy, on the validation or the test images, and ours."""

    family: str
    name: str
    on_test: bool
    published: float
    ours: Accuracy


def published_against_ours(points: Sequence[Against]) -> go.Figure:
    """A point for each published accuracy, of its family's color, and the line of equality."""
    values = [value for point in points for value in (point.published, point.ours.value)]
    low, high = min(values) - 0.004, max(values) + 0.004
    line = go.Scatter(
        x=[low, high], y=[low, high], mode="lines", showlegend=False, hoverinfo="skip",
        line={"color": NEUTRAL, "width": 1, "dash": "dot"},
    )  # fmt: skip
    traces = [
        _against(family, list(of_family))
        for family, of_family in groupby(points, key=lambda point: point.family)
    ]
    figure = framed(line, *traces, height=370, x="published accuracy", y="ours")
    figure.update_xaxes(range=[low, high])
    figure.update_yaxes(range=[low, high])
    return figure


def _against(family: str, points: Sequence[Against]) -> go.Scatter:
    values, below, above = with_errors([(point.name, point.ours) for point in points])
    shade = colors.of(family)
    return go.Scatter(
        name=family,
        x=rounded([point.published for point in points]),
        y=values,
        text=[point.name for point in points],
        mode="markers",
        marker={
            "color": shade,
            "size": 8,
            "symbol": ["diamond" if point.on_test else "circle" for point in points],
        },
        error_y={
            "array": above, "arrayminus": below, "color": shade, "thickness": 1, "width": 0,
        },
        hovertemplate="%{text}: published %{x:.4f}, ours %{y:.4f}<extra></extra>",
    )  # fmt: skip
