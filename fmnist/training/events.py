"""Events of trials, as values that an executor gives to its listener."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from fmnist.study.request import Request
from fmnist.training.bundle import Bundle


@dataclass(frozen=True)
class Started:
    """An attempt at a trial begins."""

    request: Request


@dataclass(frozen=True)
class EpochEnded:
    """An epoch ended.

    Attributes:
        epoch: its number, from 0.
        logs: the model's metrics.
        timestamp: when it ended, in milliseconds since 1970.
        machine: a sample of the machine; empty unless one was due.
    """

    request: Request
    epoch: int
    logs: dict[str, float]
    timestamp: int
    machine: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Finished:
    """A trial finished and left its bundle."""

    request: Request
    bundle: Bundle


@dataclass(frozen=True)
class Failed:
    """A trial raised an error."""

    request: Request
    traceback: str

    @property
    def reason(self) -> str:
        """The error in one line."""
        return reason_in(self.traceback)


@dataclass(frozen=True)
class Killed:
    """A trial was stopped with its search, or its process died."""

    request: Request


# Lines that only announce that the error's text follows.
ANNOUNCEMENTS = re.compile(r"Exception encountered when calling .*|.*:|<stack traces .*>")
FRAME = '  File "'
COLORS = re.compile(r"\x1b\[[\d;]*m")


def reason_in(traceback: str) -> str:
    """The error in a traceback: its kind and the first informative line of its message.

    A message may have many lines, and the last ones tell what was called, not why it failed. The
    message begins at the first line after the frames that is not indented.
    """
    last = COLORS.sub("", traceback.strip()).rpartition("Traceback (most recent call last):\n")[2]
    told = last[max(last.find(FRAME), 0) :].splitlines()
    lines = [line for line in told if line.strip() and not line[0].isspace()]
    kind, colon, text = lines[0].partition(": ")
    if not colon:
        return lines[0]
    said = (line.strip() for line in [text, *lines[1:]] if not ANNOUNCEMENTS.fullmatch(line))
    return f"{kind}: {next(said, text)}"


Event = Started | EpochEnded | Finished | Failed | Killed
Listener = Callable[[Event], None]


def broadcast(*listeners: Listener) -> Listener:
    """A listener that passes every event on to several listeners, in order."""

    def listen(event: Event) -> None:
        for listener in listeners:
            listener(event)

    return listen
