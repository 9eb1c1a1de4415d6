"""What a report is made of: sections of text, tables, charts and pictures; plain data."""

import base64
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from fmnist.results.accuracy import Accuracy
from fmnist.results.tables.table import Table
from fmnist.results.text import readable

# A number, and the interval that may follow it.
NUMBER = re.compile(r"[-+]?\d[\d.e+-]*( \([-+\d.e]+ to [-+\d.e]+\))?")
# More rows than this are in the artifacts of `compare`.
ROWS_SHOWN = 100


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


@dataclass(frozen=True)
class Rows:
    """A table as `compare` shows it. Rows beyond `open_rows` are folded away."""

    table: Table
    open_rows: int = ROWS_SHOWN

    kind = "table"

    @cached_property
    def _text(self) -> pd.DataFrame:
        return readable(self.table.for_people.head(ROWS_SHOWN))

    @property
    def columns(self) -> list[str]:
        """The headings."""
        return list(self._text.columns)

    @property
    def rows(self) -> list[list[str]]:
        """The cells; the first of each row names it."""
        rows: list[list[str]] = self._text.to_numpy().tolist()
        return rows

    @property
    def numeric(self) -> list[bool]:
        """For each column, whether it holds numbers alone."""
        if self.table.empty:
            return [False] * len(self.columns)
        return [
            all(not text or NUMBER.fullmatch(text) for text in column)
            for column in zip(*self.rows, strict=True)
        ]


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
    """A heading with what belongs under it; `name` is the entry that it tells of."""

    title: str
    text: Sequence[str] = ()
    parts: Sequence[Part] = ()
    sections: Sequence["Section"] = ()
    name: str = ""

    @property
    def anchor(self) -> str:
        """What links to the section end with."""
        return re.sub(r"[^a-z0-9]+", "-", self.title.lower()).strip("-")


@dataclass(frozen=True)
class Headline:
    """A number at the top: ours with its interval beside the published one.

    Where there is none yet, `accuracy` is none and `command` is what to run.
    """

    title: str
    command: str
    accuracy: Accuracy | None = None
    model: str = ""
    published: str = ""
    verdict: str = ""
