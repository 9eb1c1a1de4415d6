"""What a report is made of: sections of text, tables, charts and pictures; plain data."""

import base64
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

import pandas as pd
import plotly.graph_objects as go

from fmnist.results.accuracy import Accuracy
from fmnist.results.labels import plain
from fmnist.results.tables.table import Table
from fmnist.results.text import readable

# A number, and the interval that may follow it.
NUMBER = re.compile(r"[-+]?\d[\d.e+-]*( \([-+\d.e]+ to [-+\d.e]+\))?")
# More rows than this are in the artifacts of `compare`; more columns are folded away.
ROWS_SHOWN, COLUMNS_SHOWN = 100, 7
# Columns that name a configuration, which a page does in people's words.
CONFIGURATIONS = ("what", "best", "configuration", "our_configuration", "training", "model")


@dataclass(frozen=True)
class Chart:
    """An interactive figure; the summary says in a sentence what it shows.

    Two of `half` a width stand side by side where there is room.
    """

    title: str
    summary: str
    figure: go.Figure
    half: bool = False

    kind = "chart"

    @cached_property
    def plain(self) -> dict[str, Any]:
        """The figure as the page's script takes it: data and layout, without Plotly's template."""
        plain: dict[str, Any] = json.loads(self.figure.to_json())
        plain["layout"].pop("template", None)
        return plain


def _in_words(cell: object) -> object:
    return plain(cell) if isinstance(cell, str) else cell


@dataclass(frozen=True)
class Cells:
    """A table as text; the first cell of each row names it."""

    columns: list[str]
    rows: list[list[str]]

    @classmethod
    def of(cls, frame: pd.DataFrame) -> Self:
        """What people read of a table."""
        named = frame.columns.intersection(list(CONFIGURATIONS))
        text = readable(frame.assign(**{name: frame[name].map(_in_words) for name in named}))
        rows: list[list[str]] = text.to_numpy().tolist()
        return cls(list(text.columns), rows)

    @property
    def numeric(self) -> list[bool]:
        """For each column, whether it holds numbers alone."""
        if not self.rows:
            return [False] * len(self.columns)
        return [
            all(not text or NUMBER.fullmatch(text) for text in column)
            for column in zip(*self.rows, strict=True)
        ]


@dataclass(frozen=True)
class Rows:
    """A table: its first rows and columns, and below a fold all of it."""

    table: Table
    open_rows: int = ROWS_SHOWN
    half: bool = False

    kind = "table"

    @cached_property
    def shown(self) -> Cells:
        """What stands there at first."""
        frame = self.table.for_people
        return Cells.of(frame[frame.columns[:COLUMNS_SHOWN]].head(self.open_rows))

    @cached_property
    def whole(self) -> Cells | None:
        """All columns of the first rows; None where that is what is shown."""
        cells = Cells.of(self.table.frame.head(ROWS_SHOWN))
        columns, rows = len(self.shown.columns), len(self.shown.rows)
        more = len(cells.columns) > columns or len(cells.rows) > rows
        return cells if more else None

    @property
    def fold(self) -> str:
        """What is below the fold, in words."""
        if self.whole is None:
            return ""
        rows, count = len(self.whole.rows), len(self.table)
        if rows < count:
            return f"The first {rows} of {count} rows, with all columns"
        return f"All {count} rows" if rows > len(self.shown.rows) else "All columns"


@dataclass(frozen=True)
class Picture:
    """A PNG, black on white; shown at a width (in rem) at which its labels can be read."""

    title: str
    alternative: str
    png: bytes
    width: int

    kind = "picture"

    @property
    def address(self) -> str:
        """The picture as an address that holds it."""
        return "data:image/png;base64," + base64.b64encode(self.png).decode()


@dataclass(frozen=True)
class Commands:
    """Lines for a shell."""

    lines: Sequence[str]

    kind = "commands"


Part = Chart | Rows | Picture | Commands


@dataclass(frozen=True)
class Section:
    """A heading with what belongs under it.

    Attributes:
        folded: what is shown once `fold`, a line that says what it is, is opened.
        name: the entry that it tells of.
    """

    title: str
    text: Sequence[str] = ()
    parts: Sequence[Part] = ()
    sections: Sequence["Section"] = ()
    name: str = ""
    folded: Sequence[Part] = ()
    fold: str = ""

    @property
    def anchor(self) -> str:
        """What links to the section end with."""
        return re.sub(r"[^a-z0-9]+", "-", self.title.lower()).strip("-")


@dataclass(frozen=True)
class Headline:
    """A number at the top: ours with its interval, the published one, and how they compare.

    Where there is none yet, `accuracy` is none and `command` is what to run.
    """

    title: str
    command: str
    accuracy: Accuracy | None = None
    model: str = ""
    published: str = ""
    told: str = ""


@dataclass(frozen=True)
class Front:
    """The first screen: the verdict, three cards, published against ours, the claims."""

    verdict: str
    scale: str
    headlines: Sequence[Headline]
    parts: Sequence[Part]


@dataclass(frozen=True)
class Report:
    """What the page shows."""

    front: Front
    reading: Sequence[str]
    sections: Sequence[Section]
