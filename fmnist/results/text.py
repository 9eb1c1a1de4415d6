"""Tables as text: for people on the terminal and in Markdown, for programs as CSV."""

from typing import Any

import pandas as pd
from rich import box
from rich.console import Console
from rich.table import Table as RichTable

from fmnist.results.accuracy import Accuracy
from fmnist.results.tables.family import CONFIGURATION_COLUMNS
from fmnist.results.tables.table import Table
from fmnist.stats import INTERVAL

# Columns whose values are shown as they are: settings, and what was rounded.
AS_THEY_ARE = (*CONFIGURATION_COLUMNS, "minutes")
# Of one store alone.
RUN_ID = "run_id"
# Beyond what any computer agrees on, so that all write the same.
FLOAT_FORMAT = "%.10g"


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
            return f"{value:.4g}"
        return f"{value:.4f}" if abs(value) >= 1e-4 or value == 0 else f"{value:.1e}"
    return str(value).replace("sparse_categorical_", "")


def markdown(frame: pd.DataFrame) -> str:
    """A table for people, as Markdown."""
    return str(readable(frame).to_markdown(index=False, disable_numparse=True))


def csv(frame: pd.DataFrame) -> str:
    """A table for programs: the bounds of an interval, NAME_low and NAME_high, follow its value."""
    columns = {}
    for name, values in frame.drop(columns=RUN_ID, errors="ignore").items():
        if not _has_intervals(values):
            columns[name] = values
            continue
        columns[name] = values.map(_value).astype(float)
        for bound in ("low", "high"):
            found = [getattr(value, bound, None) for value in values]
            columns[f"{name}_{bound}"] = pd.Series(found, values.index, float)
    return pd.DataFrame(columns).to_csv(index=False, float_format=FLOAT_FORMAT)


def _value(cell: Any) -> Any:
    return cell.value if isinstance(cell, Accuracy) else cell


def to_rich(table: Table) -> RichTable:
    """A table for the terminal."""
    text = readable(table.for_people)
    style: dict[str, Any] = {"box": box.SIMPLE_HEAD, "padding": (0, 1, 0, 0), "pad_edge": False}
    shown = RichTable(title=table.title, caption=table.legend, title_justify="left", **style)
    for column in text.columns:
        # Headings may break between words, values never.
        shown.add_column(column, min_width=max(map(len, [*column.split(), *text[column]])))
    for row in text.itertuples(index=False):
        shown.add_row(*row)
    return shown


def show(table: Table, console: Console) -> None:
    """Print a table as wide as it is: a narrow terminal wraps its lines, and nothing is cut off."""
    shown = to_rich(table)
    width = max(console.width, console.measure(shown).minimum)
    console.print(shown, width=width, crop=False)
