"""What happens to trials, as values that an executor gives to whoever listens."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from fmnist.study.request import Request
from fmnist.training.bundle import Bundle


@dataclass(frozen=True)
class Started:
    """A trial begins."""

    request: Request


@dataclass(frozen=True)
class EpochEnded:
    """An epoch (from 0) ended, at a time in milliseconds since 1970.

    `logs` are the model's metrics, `machine` those of where it trains, when they were sampled.
    """

    request: Request
    epoch: int
    logs: dict[str, float]
    timestamp: int
    machine: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Finished:
    """A trial ended and left its bundle."""

    request: Request
    bundle: Bundle


@dataclass(frozen=True)
class Failed:
    """A trial raised an error."""

    request: Request
    traceback: str

    @property
    def reason(self) -> str:
        """What went wrong, in one line."""
        return reason_in(self.traceback)


@dataclass(frozen=True)
class Killed:
    """A trial was stopped with its search, or its process died."""

    request: Request


# What only announces that the error's text follows.
ANNOUNCEMENTS = re.compile(r"Exception encountered when calling .*|.*:|<stack traces .*>")
FRAME = '  File "'
COLOURS = re.compile(r"\x1b\[[\d;]*m")


def reason_in(traceback: str) -> str:
    """An error's kind and the first line of its text that says something.

    An error's text may go on for pages: its last line is of what was being called, not of why it
    failed. Frames are indented; the first line after them that is not is the error's.
    """
    last = COLOURS.sub("", traceback.strip()).rpartition("Traceback (most recent call last):\n")[2]
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
    """A listener that passes every event on to others, in order."""

    def listen(event: Event) -> None:
        for listener in listeners:
            listener(event)

    return listen
