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

from fmnist.results.text import readable

NUMBER = re.compile(r"[-+]?\d[\d.e+-]*( - [-+]?\d[\d.e+-]*)?")
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
class Table:
    """Texts in rows; the first of each row names it. Rows beyond `open_rows` are folded away."""

    caption: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    open_rows: int = ROWS_SHOWN

    kind = "table"

    @classmethod
    def of(cls, frame: pd.DataFrame, caption: str, open_rows: int = ROWS_SHOWN) -> Self:
        """A DataFrame as `compare` shows it."""
        text = readable(frame.head(ROWS_SHOWN))
        return cls(caption, list(text.columns), text.to_numpy().tolist(), open_rows)

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


Part = Chart | Table | Picture | Commands


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

    Where there is none yet, `value` is empty and `command` is what to run.
    """

    title: str
    command: str
    value: str = ""
    model: str = ""
    interval: str = ""
    published: str = ""
    verdict: str = ""


def accuracy_text(summary: pd.DataFrame, family: str, part: str) -> str:
    """An accuracy of a family's row of the summary, "val" or "test", with its interval."""
    row = summary[summary["family"] == family].iloc[0]
    accuracy, low, high, n = (row[f"{part}_{name}"] for name in ("accuracy", "low", "high", "n"))
    return f"{accuracy:.4f} (95% interval {low:.4f} to {high:.4f}, {n})"
