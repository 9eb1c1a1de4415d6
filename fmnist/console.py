"""Standard output for people, and lengths of time in words."""

import sys

from rich.console import Console

# A log file has no width of its own; the widest table needs about this.
PLAIN_WIDTH = 150


def open_console() -> Console:
    """Standard output: as wide as the terminal, or wide enough for the tables.

    Text is shown as it is: brackets in a reason, a label or a file's name are no markup, and
    numbers have no colour of their own.
    """
    width = None if sys.stdout.isatty() else PLAIN_WIDTH
    return Console(markup=False, highlight=False, width=width)


def duration(seconds: float) -> str:
    """A length of time for people: "40 s", "12 min", "3.5 h"."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    if seconds < 90 * 60:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h"
