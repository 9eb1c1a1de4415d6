"""What happens to trials, as values that an executor gives to whoever listens."""

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


@dataclass(frozen=True)
class Killed:
    """A trial was stopped with its search, or its process died."""

    request: Request


Event = Started | EpochEnded | Finished | Failed | Killed
Listener = Callable[[Event], None]


def broadcast(*listeners: Listener) -> Listener:
    """A listener that passes every event on to others, in order."""

    def listen(event: Event) -> None:
        for listener in listeners:
            listener(event)

    return listen
