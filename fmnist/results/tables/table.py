"""A table of results: what the terminal, Markdown, CSV and the report all show."""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import pandas as pd


@dataclass(frozen=True)
class Table:
    """Rows with a heading, and what their numbers mean.

    Attributes:
        name: what its files are called: "summary" for `summary.csv` and `summary.md`.
        title: its heading for people.
        frame: a cell may hold an `Accuracy`, a number, a text, or nothing.
        legend: what the columns mean, in three sentences at most.
        columns: those that people need, five at most if it can be; all where none are named.
    """

    name: str
    title: str
    frame: pd.DataFrame
    legend: str = ""
    columns: Sequence[str] = ()

    @property
    def for_people(self) -> pd.DataFrame:
        """The columns that people need, as far as the rows have them."""
        return self.frame[
            [name for name in self.columns if name in self.frame] or self.frame.columns
        ]

    @property
    def empty(self) -> bool:
        """Whether it has no rows."""
        return self.frame.empty

    def only(self, columns: Sequence[str], rows: int | None = None) -> Self:
        """The same table with some of its columns, and its first rows alone."""
        frame = self.frame[list(columns)].head(rows or len(self))
        return dataclasses.replace(self, frame=frame, columns=())

    def __len__(self) -> int:
        return len(self.frame)
