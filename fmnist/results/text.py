"""Tables as text: for people on the terminal and in Markdown, for programs as CSV."""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pandas as pd
from rich import box
from rich.console import Console
from rich.table import Table as RichTable

from fmnist.results.accuracy import Accuracy, value_of
from fmnist.results.tables.family import CONFIGURATION_COLUMNS
from fmnist.results.tables.table import Table
from fmnist.stats import INTERVAL

# Columns whose values are shown as they are: settings, and what was rounded.
AS_THEY_ARE = (*CONFIGURATION_COLUMNS, "minutes")
# Of one store alone.
RUN_ID = "run_id"
# Beyond what any computer agrees on, so that all write the same.
FLOAT_FORMAT = "%.10g"
# What a narrow terminal shows of a table after the columns that people need; others come last.
IMPORTANT = (
    "question", "family", "claim", "metric", "best", "configuration", "verdict",
    "val_accuracy", "test_accuracy", "ours", "published", "difference",
    "published_test", "published_val", "model", "architecture",
)  # fmt: skip
GAP = 2  # between two columns
# What begins a cell, HTML or a link in Markdown.
MARKUP = re.compile(r"([|<\[])")
# An interval, for which a terminal has a shorter form; and a number with one, which never breaks.
BOUNDS = re.compile(r"\((\d\S*) to (\d\S*)\)")
INTERVAL_CELL = re.compile(r"-?\d\S* \(-?\d\S*( to -?\d\S*)?\)")


def readable(frame: pd.DataFrame) -> pd.DataFrame:
    """A table for people: text alone, no ids; a heading says which values have intervals."""
    text = frame.drop(columns=["key", RUN_ID], errors="ignore").astype(object).map(cell)
    for name in text.columns.intersection(list(AS_THEY_ARE)):
        text[name] = frame[name].map(str).replace("nan", "")
    return text.rename(columns={name: _heading(name, frame[name]) for name in text.columns})


def _heading(name: str, values: pd.Series) -> str:
    words = name.replace("sparse_categorical_", "").replace("_", " ")
    return f"{words} ({INTERVAL})" if _has_intervals(values) else words


def _has_intervals(values: pd.Series) -> bool:
    return any(isinstance(value, Accuracy) for value in values)


def cell(value: object) -> str:
    """A value as a table shows it: four decimals or digits, nothing for what is unknown."""
    if value is None or value != value:
        return ""
    if isinstance(value, float):
        if value.is_integer() and abs(value) >= 1:
            return f"{value:.0f}"
        if abs(value) >= 1:
            return f"{value:.0f}" if abs(value) >= 1_000 else f"{value:.4g}"
        return f"{value:.4f}" if abs(value) >= 1e-4 or value == 0 else f"{value:.1e}"
    return str(value).replace("sparse_categorical_", "")


def markdown(frame: pd.DataFrame) -> str:
    """A table for people, as Markdown; text cannot add cells, links or HTML to it."""
    text = readable(frame).map(lambda shown: MARKUP.sub(r"\\\1", shown))
    return str(text.to_markdown(index=False, disable_numparse=True))


def csv(frame: pd.DataFrame) -> str:
    """A table for programs: the bounds of an interval, NAME_low and NAME_high, follow its value."""
    columns = {}
    for name, values in frame.drop(columns=RUN_ID, errors="ignore").items():
        if not _has_intervals(values):
            columns[name] = values
            continue
        columns[name] = values.map(value_of).astype(float)
        for bound in ("low", "high"):
            found = [getattr(value, bound, None) for value in values]
            columns[f"{name}_{bound}"] = pd.Series(found, values.index, float)
    return pd.DataFrame(columns).to_csv(index=False, float_format=FLOAT_FORMAT)


def show(table: Table, console: Console, *, whole: bool = False) -> None:
    """Print a table: on a terminal the columns that fit it, elsewhere all, each row on one line.

    A column without a value is left out.
    What does not fit is named below the table, so that nobody takes it for what is not known. With
    `whole` nothing is left out, and lines may be longer than a terminal is wide.
    """
    table = replace(table, frame=_without_empty_columns(table.frame))
    text = readable(table.frame)
    if whole or not console.is_terminal:
        _print(table, text, _widths(text, len), console)
        return
    if console.encoding.startswith("utf"):
        text = text.map(lambda cell: BOUNDS.sub("(\\1\N{EN DASH}\\2)", cell))
    fits = fitting(text, _by_importance(table), console.width)
    shown = text.iloc[:, fits]
    _print(table, shown, _filling(shown, console.width), console)
    if hidden := [name for place, name in enumerate(text.columns) if place not in fits]:
        console.print(f"Not shown at {console.width} columns: {', '.join(hidden)}", style="dim")


def _without_empty_columns(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.loc[:, (frame.notna() & (frame != "")).any()] if len(frame) else frame


def _by_importance(table: Table) -> list[int]:
    """The places of the columns that people are shown, the most important first."""
    names = list(table.frame.columns.drop(["key", RUN_ID], errors="ignore"))
    first = dict.fromkeys(name for name in (*table.columns, *IMPORTANT) if name in names)
    return [names.index(name) for name in {**first, **dict.fromkeys(names)}]


def fitting(text: pd.DataFrame, order: Sequence[int], width: int) -> list[int]:
    """The places of the columns that fit a width, in their order; the first of all always does.

    They end with the first one that does not fit: a less important one in its place would only
    fill the gap.
    """
    least, taken = _widths(text, _least), [order[0]]
    for place in order[1:]:
        if _total([least[column] for column in (*taken, place)]) > width:
            break
        taken.append(place)
    return sorted(taken)


def _filling(text: pd.DataFrame, width: int) -> list[int]:
    """The widths of columns that share a table's width, none below its least."""
    least = _widths(text, _least)
    wished = [most - few for most, few in zip(_widths(text, len), least, strict=True)]
    spare = max(0, min(width - _total(least), sum(wished)))
    return [
        few + spare * wish // max(1, sum(wished)) for few, wish in zip(least, wished, strict=True)
    ]


def _total(widths: Sequence[int]) -> int:
    return sum(widths) + GAP * (len(widths) - 1)


def _widths(text: pd.DataFrame, of_cell: Callable[[str], int]) -> list[int]:
    """The width of each column: its widest cell's, and of its heading the longest word's."""
    return [
        max([_longest_word(name), *map(of_cell, text.iloc[:, place])])
        for place, name in enumerate(text.columns)
    ]


def _least(cell: str) -> int:
    """The width below which a cell breaks: words do between words, a number's interval never."""
    return len(cell) if INTERVAL_CELL.fullmatch(cell) else _longest_word(cell)


def _longest_word(text: str) -> int:
    return max(map(len, text.split()), default=0)


def _print(table: Table, text: pd.DataFrame, widths: Sequence[int], console: Console) -> None:
    """Print columns of these widths, with the table's title and legend."""
    style: dict[str, Any] = {"box": box.SIMPLE_HEAD, "padding": (0, 1, 0, 0), "show_edge": False}
    shown = RichTable(**style, pad_edge=False)
    for name, width in zip(text.columns, widths, strict=True):
        shown.add_column(name, min_width=width, max_width=width, overflow="fold")
    for row in text.itertuples(index=False):
        shown.add_row(*row)
    console.print(f"\n{table.title}", style="bold")
    console.print(shown, crop=False)
    console.print(table.legend, style="dim")
