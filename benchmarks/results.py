"""Tables of measurements: to the terminal, and into a folder with the numbers they come from."""

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

import psutil
from rich.table import Table as RichTable
from tabulate import tabulate

from benchmarks.processes import PROJECT
from fmnist.console import open_console
from fmnist.machine import processor_name
from fmnist.training.commit import commit

# Trial runs of these scripts go elsewhere, so that they are not taken for measurements.
FOLDER = Path(os.environ.get("BENCHMARK_RESULTS", PROJECT / "results" / "benchmarks"))


@dataclass(frozen=True)
class Table:
    """A table of texts with a title above and a note below."""

    title: str
    heading: Sequence[str]
    rows: Sequence[Sequence[str]]
    note: str = ""

    def to_rich(self) -> RichTable:
        """The table for the terminal."""
        shown = RichTable(title=self.title, caption=self.note or None, title_justify="left")
        for index, heading in enumerate(self.heading):
            shown.add_column(heading, justify="right" if index else "left")
        for row in self.rows:
            shown.add_row(*row)
        return shown

    def to_markdown(self) -> str:
        """The table as Markdown, for a file."""
        align = ["left", *["right"] * (len(self.heading) - 1)]
        body = tabulate(self.rows, self.heading, "github", colalign=align, disable_numparse=True)
        return "\n\n".join(filter(None, (f"## {self.title}", body, self.note)))


def stamped(record: dict[str, Any]) -> dict[str, Any]:
    """A record with when, on what and at which commit it was measured."""
    here = f"{processor_name()}, {psutil.cpu_count()} cores"
    when = f"on {datetime.now(UTC):%Y-%m-%d}, {here}, commit {commit()[:7]}"
    return {"measured_when": when, **record}


def write(
    name: str, command: str, record: dict[str, Any], tables: Sequence[Table], headline: str = ""
) -> None:
    """Write NAME.json and NAME.md, which begins with the headline, into the folder of results."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    (FOLDER / f"{name}.json").write_text(json.dumps(record, indent=1) + "\n")
    when = f", {record['measured_when']}" if "measured_when" in record else ""
    parts = [headline, f"Made by `{command}`{when}.", *(table.to_markdown() for table in tables)]
    (FOLDER / f"{name}.md").write_text("\n\n".join(filter(None, parts)) + "\n")


def show(tables: Sequence[Table]) -> None:
    """Print tables."""
    console = open_console()
    for table in tables:
        console.print(table.to_rich())


def read(name: str) -> dict[str, Any]:
    """The record in NAME.json of the folder of results; empty if there is no such file."""
    path = FOLDER / f"{name}.json"
    return dict(json.loads(path.read_text())) if path.is_file() else {}


def spread(values: Sequence[float], digits: int = 1) -> str:
    """Text with the median of the values, and the least and the greatest in parentheses."""
    low, middle, high = min(values), median(values), max(values)
    return f"{middle:.{digits}f} ({low:.{digits}f}-{high:.{digits}f})"
