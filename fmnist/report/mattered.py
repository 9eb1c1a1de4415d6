"""Which settings mattered in a family, as parts of its section: a table, and trials as lines."""

from collections.abc import Sequence

import pandas as pd
import plotly.graph_objects as go

from fmnist.report.charts import MARGIN
from fmnist.report.parts import Chart, Part, Rows
from fmnist.results.family_trials import FamilyRuns
from fmnist.results.tables.importance import importance_table, varied_settings
from fmnist.results.trials_figure import numbered
from fmnist.study.metrics import CRITERION

HEIGHT = 360


def what_mattered(family: FamilyRuns) -> list[Part]:
    """How much each setting decides; nothing for a family of too few trials to say."""
    table = importance_table(family)
    if table.empty:
        return []
    first = table.frame.iloc[0]
    summary = f"{first['setting']} matters most. Each line is a trial; darker is more accurate."
    accuracies = [run.metrics[CRITERION] for run in family.runs]
    figure = parallel_coordinates(varied_settings(family.runs), accuracies)
    return [Rows(table, len(table)), Chart(f"{family.name}, its trials", summary, figure)]


def parallel_coordinates(settings: pd.DataFrame, accuracies: Sequence[float]) -> go.Figure:
    """A line for each trial, through its settings to its validation accuracy."""
    axes = [_axis(name, column) for name, column in settings.items()]
    last = {"label": "validation accuracy", "values": accuracies, "tickformat": ".3f"}
    line = {"color": accuracies, "colorscale": "Blues", "showscale": False}
    figure = go.Figure(go.Parcoords(dimensions=[*axes, last], line=line))
    figure.update_layout(height=HEIGHT, margin=MARGIN | {"l": 60, "t": 50})
    return figure


def _axis(name: object, values: pd.Series) -> dict[str, object]:
    """A setting's axis: its values are a tick each, since grids have few of them."""
    numbers, ticks = numbered(values)
    return {
        "label": str(name).replace("_", " "),
        "values": numbers.tolist(),
        "tickvals": list(range(len(ticks))),
        "ticktext": ticks,
    }
