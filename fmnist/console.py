"""Standard output for people, which never ends the work, and lengths of time in words."""

import io
import os
import sys
from contextlib import suppress
from typing import Any, TextIO, cast

from rich.console import Console

# A file or a pipe has no width: nothing is left out, and no row of a table is broken.
PLAIN_WIDTH = 10_000


def protect_output() -> None:
    """Let no failure of standard output or error end the work: a full disk, a closed terminal.

    At the first one the stream is given up, and the work goes on in silence.
    """
    for descriptor in range(3):
        try:
            os.fstat(descriptor)
        except OSError:  # closed: the next file to be opened would get what is meant for people
            _silence(descriptor)
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name) or open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115
        if not isinstance(stream, _Forgiving):
            setattr(sys, name, cast(TextIO, _Forgiving(stream)))


class _Forgiving:
    """A text stream whose writes do not fail."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # what the locale has no letters for

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        try:
            return self._stream.write(text)
        except (OSError, ValueError):
            self._give_up()
            return len(text)

    def flush(self) -> None:
        try:
            self._stream.flush()
        except (OSError, ValueError):
            self._give_up()

    def _give_up(self) -> None:
        """What is left in the stream, or is written by libraries in C, goes nowhere too."""
        with suppress(OSError, ValueError):  # the stream is closed, or none of the system's
            _silence(self._stream.fileno())
        self._stream = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115


def _silence(descriptor: int) -> None:
    """Let what is written to a descriptor, here and in child processes, go nowhere."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    if nowhere == descriptor:  # it was closed, and the lowest
        os.set_inheritable(descriptor, True)
    else:
        os.dup2(nowhere, descriptor)
        os.close(nowhere)


def open_console() -> Console:
    """Standard output: as wide as the terminal, or wide enough for everything.

    Text is shown as it is: brackets in a reason, a label or a file's name are no markup, and
    numbers have no color of their own.
    """
    protect_output()
    width = None if sys.stdout.isatty() else PLAIN_WIDTH
    return Console(markup=False, highlight=False, width=width)


def duration(seconds: float) -> str:
    """A length of time for people: "40 s", "12 min", "3.5 h"."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    if seconds < 90 * 60:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h"
