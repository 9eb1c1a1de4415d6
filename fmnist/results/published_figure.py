"""Figures of the author's results and ours, from the tables of both."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullLocator

from fmnist.results import colors
from fmnist.results.accuracy import value_of
from fmnist.results.labels import two_digits
from fmnist.results.plots import GRID, LINE
from fmnist.results.tables.seconds import TOTAL
from fmnist.study.families import FINALS
from fmnist.study.metrics import LAST_VALIDATION, TEST

PANELS = {LAST_VALIDATION: "validation accuracy", TEST: "test accuracy"}


def published_against_ours(published: pd.DataFrame) -> Figure:
    """A point for each training that the author printed: his accuracy, and the mean of ours.

    Bars are one standard deviation between seeds, where it is known. On the line both are equal.
    """
    figure = Figure(figsize=(11, 5.8), layout="constrained")
    compared = published.dropna(subset=["ours"])
    for axis, (metric, title) in zip(figure.subplots(1, 2), PANELS.items(), strict=True):
        rows = compared[compared["metric"] == metric]
        for family, found in rows.groupby("family", sort=False):
            _draw_family(axis, str(family), found)
        _finish(axis, title, pd.concat([rows["published"], rows["ours"].map(value_of)]))
    handles, labels = figure.axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=4, frameon=False)
    note = (
        f"one point per printed training, ours the mean of {_numbers(compared['n'])} trainings; "
        "bars: ±1 standard deviation between seeds, pooled over the family"
    )
    figure.suptitle(f"Ours against published, last epoch\n{note}", fontsize=11)
    return figure


def _numbers(found: pd.Series) -> str:
    """From the least to the greatest: "1 to 3"."""
    numbers = found.astype(int)
    least, most = numbers.min(), numbers.max()
    return str(most) if least == most else f"{least} to {most}"


def _draw_family(axis: Axes, family: str, rows: pd.DataFrame) -> None:
    """Circles are MLPs, squares CNNs; the final, which was trained once more, is a triangle."""
    marker = "^" if family in FINALS else "o" if family.startswith("mlp") else "s"
    axis.errorbar(
        rows["published"],
        rows["ours"].map(value_of).astype(float),
        yerr=rows["seed_deviation"].astype(float).fillna(0.0),
        fmt=marker,
        color=colors.of(family),
        markersize=8 if family in FINALS else 5,
        markeredgecolor=LINE if family in FINALS else None,
        zorder=3 if family in FINALS else 2,
        elinewidth=1,
        alpha=0.85,
        label=family,
    )


def _finish(axis: Axes, title: str, values: pd.Series) -> None:
    """The same scale on both axes, and the line on which both are equal."""
    if not values.empty:
        low, high = values.min() - 0.004, values.max() + 0.004
        axis.plot((low, high), (low, high), color=LINE, linewidth=0.9, zorder=0)
        axis.set(xlim=(low, high), ylim=(low, high))
    axis.set(xlabel=f"published {title}", ylabel=f"our {title}", aspect="equal")
    axis.grid(color=GRID)


# The trainings of the author's grid of CNNs, which took him seven hours.
GRID_TRAININGS = 9


def grid_seconds(seconds: pd.DataFrame) -> Figure:
    """The author's seconds for each CNN of his grid, joined to ours for the same training."""
    rows = seconds[seconds["training"] != TOTAL]
    (total,) = seconds[seconds["training"] == TOTAL].to_dict("records")
    figure = Figure(figsize=(9, 0.42 * len(rows) + 2), layout="constrained")
    axis, places = figure.subplots(), range(len(rows))
    color = colors.of("cnn_search")
    axis.hlines(places, rows["published"], rows["ours"], color=GRID, linewidth=3, zorder=0)
    axis.scatter(rows["published"], places, marker="D", color=LINE, label="published, 2020")
    axis.scatter(rows["ours"], places, color=color, label=f"ours, {total['on']}")
    for place, row in zip(places, rows.to_dict("records"), strict=True):
        factor = row["published"] / row["ours"]
        middle = (row["published"] * row["ours"]) ** 0.5
        axis.annotate(f"{two_digits(factor)}x", (middle, place), (0, 5),
                      textcoords="offset points", ha="center", fontsize=8)  # fmt: skip
    axis.set_yticks(places, rows["training"])
    axis.set_ylim(len(rows) - 0.4, -0.6)
    axis.set_xscale("log")
    axis.xaxis.set_major_locator(LogLocator(subs=(1, 2, 3, 5)))
    axis.xaxis.set_major_formatter("{x:g}")
    axis.xaxis.set_minor_locator(NullLocator())
    axis.set_xlabel("seconds of training; on the lines: published divided by ours")
    axis.grid(axis="x", color=GRID)
    figure.legend(loc="outside lower center", ncols=2, frameon=False)
    his, ours = (_duration(total[name]) for name in ("published", "ours"))
    title = f"The author's CNN grid, {GRID_TRAININGS} trainings: {his} then, {ours} here"
    axis.set_title(title, fontsize=11)
    return figure


def _duration(seconds: float) -> str:
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60} min"
