"""Show how far a search is: a live display on a terminal, plain lines elsewhere."""

import time
from statistics import fmean
from typing import Self

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from fmnist.console import duration
from fmnist.study.metrics import CRITERION, VALIDATION
from fmnist.training.events import EpochEnded, Event, Failed, Finished, Killed, Started

# The pause between two plain lines about running trials, which take turns.
PLAIN_LINE_SECONDS = 30.0


class Display:
    """A listener that shows trial i of n, the epoch, the accuracy and the time left.

    Trials are numbered in the order of their starts. `trials` is n, or None if it is not known in
    advance.
    """

    def __init__(self, family: str, trials: int | None, console: Console) -> None:
        self._family = family
        self._trials = trials
        self._console = console
        self._pace = _Pace()
        self._numbers: dict[str, int] = {}
        self._spoke: dict[str, float] = {}
        self._live = _progress(console)
        self._all = self._live.add_task(family, total=trials, note="")
        self._epochs: dict[str, TaskID] = {}

    def __enter__(self) -> Self:
        if self._console.is_terminal:
            self._live.start()
        return self

    def __exit__(self, *_error: object) -> None:
        if self._live.live.is_started:  # the terminal may have been closed since
            self._live.stop()

    def __call__(self, event: Event) -> None:
        """Show an event."""
        key, label = event.request.trial.key, event.request.label or event.request.family
        match event:
            case Started(request=request):
                total = request.trial.training.epochs
                self._epochs[key] = self._live.add_task(f"  {label}", total=total, note="")
                self._numbers.setdefault(key, len(self._numbers) + 1)
                self._spoke[key] = time.monotonic()
                self._pace.start(key)
            case EpochEnded(epoch=epoch, logs=logs):
                self._pace.reach(key, epoch + 1)
                note = f"validation accuracy {logs[VALIDATION]:.4f}"
                self._live.update(self._epochs[key], completed=epoch + 1, note=note)
                of = event.request.trial.training.epochs
                self._say_now_and_then(key, f"{label}: epoch {epoch + 1} of {of}, {note}")
            case Finished(bundle=bundle):
                summary = bundle.record.summary
                accuracy = summary[CRITERION]
                text = f"validation accuracy {accuracy:.4f} in {summary['epochs_run']:.0f} epochs"
                self._end(key, f"{label}: {text}, {summary['train_seconds']:.1f} s")
            case Failed(reason=reason):
                self._end(key, f"{label}: FAILED: {reason}")
            case Killed(request=request):
                self._live.remove_task(self._epochs.pop(key))
                self._pace.stop(key)
                self._say(key, f"{label}: attempt {request.attempt} was stopped")

    def _end(self, key: str, line: str) -> None:
        self._pace.end(key)
        self._live.remove_task(self._epochs.pop(key))
        self._live.advance(self._all)
        if self._trials is not None:
            line = f"{line}; {duration(self._pace.left(self._trials))} left"
        self._say(key, line)

    def _say_now_and_then(self, key: str, line: str) -> None:
        now, pause = time.monotonic(), PLAIN_LINE_SECONDS * len(self._epochs)
        if not self._console.is_terminal and now - self._spoke[key] >= pause:
            self._spoke[key] = now
            self._say(key, line)

    def _say(self, key: str, line: str) -> None:
        of = "" if self._trials is None else f"/{self._trials}"
        text = f"{self._family} {self._numbers[key]}{of}  {line}"
        self._console.print(text, soft_wrap=True)


class _Pace:
    """How long the rest takes, by the epochs that were trained here, also by trials still open.

    A trial that ended counts as one, however long it was; an open one as its part of the epochs
    that the ended ones have. Epochs of before a trial was resumed are no work of this process.
    """

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._resumed_at: dict[str, int] = {}
        self._reached: dict[str, int] = {}
        self._lengths: list[int] = []
        self._done = 0.0

    def start(self, key: str) -> None:
        self._reached[key] = 0

    def reach(self, key: str, epochs: int) -> None:
        self._resumed_at.setdefault(key, epochs - 1)
        self._reached[key] = epochs

    def stop(self, key: str) -> None:
        self._reached.pop(key)

    def end(self, key: str) -> None:
        length = max(1, self._reached.pop(key))
        self._lengths.append(length)
        self._done += 1 - self._resumed_at.get(key, 0) / length

    def left(self, trials: int) -> float:
        """The seconds until so many trials have ended, once one has."""
        usual = fmean(self._lengths)
        parts = {key: min(1.0, epochs / usual) for key, epochs in self._reached.items()}
        before = {
            key: min(part, self._resumed_at.get(key, 0) / usual) for key, part in parts.items()
        }
        here = self._done + sum(parts.values()) - sum(before.values())
        missing = trials - len(self._lengths) - sum(parts.values())
        return (time.monotonic() - self._began) / here * missing


def _progress(console: Console) -> Progress:
    return Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[note]}", markup=False),
        console=console,
        transient=True,
    )
