"""Tables as text for people: on the terminal, and as Markdown."""

from typing import Any

import pandas as pd
from rich import box
from rich.table import Table

from fmnist.results.tables.family import CONFIGURATION_COLUMNS

# Columns whose values are shown as they are: settings, and what was rounded.
AS_THEY_ARE = (*CONFIGURATION_COLUMNS, "minutes")
# The bounds of each accuracy's interval, and the heading of the column that people see.
INTERVALS = (
    ("val_low", "val_high", "val accuracy 95%"),
    ("train_low", "train_high", "accuracy 95%"),
    ("best_val_low", "best_val_high", "best val accuracy 95%"),
    ("test_low", "test_high", "test accuracy 95%"),
    ("low", "high", "ours 95%"),
    ("difference_low", "difference_high", "difference 95%"),
)


def readable(table: pd.DataFrame) -> pd.DataFrame:
    """A table for people: text, the bounds of each interval in one column, no ids."""
    text = table.drop(columns=["key", "run_id"], errors="ignore").astype(object).map(cell)
    for name in text.columns.intersection(list(AS_THEY_ARE)):
        text[name] = table[name].map(str).replace("nan", "")
    for low, high, name in INTERVALS:
        if low in text:
            position = list(text.columns).index(low)
            both = (text.pop(low) + " to " + text.pop(high)).replace(" to ", "")
            text.insert(position, name, both)
    return text.rename(
        columns=lambda name: name.replace("sparse_categorical_", "").replace("_", " ")
    )


def sentence(rule: str) -> str:
    """A rule as a sentence of its own."""
    return f"{rule[0].upper()}{rule[1:]}."


def markdown(table: pd.DataFrame) -> str:
    """A table for people, as Markdown."""
    return str(readable(table).to_markdown(index=False, disable_numparse=True))


def to_rich(table: pd.DataFrame, title: str, caption: str) -> Table:
    """A readable table for the terminal."""
    style: dict[str, Any] = {"box": box.SIMPLE_HEAD, "padding": (0, 1, 0, 0), "pad_edge": False}
    shown = Table(title=title, caption=caption, title_justify="left", **style)
    for column in table.columns:
        # Headings may break between words, values never.
        shown.add_column(column, min_width=max(map(len, [*column.split(), *table[column]])))
    for row in table.itertuples(index=False):
        shown.add_row(*row)
    return shown


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
