"""What entry points take, and how they refuse: one line, exit code 2, no run created.

Imports nothing heavy: a wrong parameter is refused before TensorFlow or MLflow are loaded.
"""

import argparse
import os
import re
import signal
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

from fmnist.errors import InvalidInput
from fmnist.study.families import FAMILIES, FINALS, KFOLD
from fmnist.study.options import PRESETS, STRATEGIES, Options
from fmnist.study.trial import PRECISIONS

REFUSED = 2
INTERRUPTED = 130
PARENT_POLL_SECONDS = 0.5
# How MLproject writes "not given", since each of its parameters needs a value.
PRESET_EPOCHS = "preset"
NONE = "none"
MODELS = tuple(final.registered_model for final in FINALS.values())


@dataclass(frozen=True)
class Parameter:
    """A parameter of entry points: its default as text, and how text becomes a value."""

    default: str
    parse: Callable[[str], Any]


def _choice(*choices: str) -> Callable[[str], str]:
    def parse(text: str) -> str:
        if text not in choices:
            raise ValueError("one of " + ", ".join(choices))
        return text

    return parse


def _flag(text: str) -> bool:
    return _choice("0", "1")(text) == "1"


def _whole(least: int, most: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        short = len(text) <= 12 and text.isascii() and text.isdigit()
        if not short or not least <= int(text) <= most:
            raise ValueError(f"a whole number from {least} to {most}")
        return int(text)

    return parse


def _power_of_3(text: str) -> int:
    return int(_choice("3", "9", "27", "81", "243")(text))


def _unless(default: str, parse: Callable[[str], Any]) -> Callable[[str], Any]:
    """What `parse` takes, or the default, which becomes None."""

    def parse_or_default(text: str) -> Any:
        try:
            return None if text == default else parse(text)
        except ValueError as error:
            raise ValueError(f"{error}, or {default}") from None

    return parse_or_default


def _fraction(text: str) -> float:
    value = float(text) if text.isascii() and text.replace(".", "", 1).isdigit() else -1.0
    if not 0 <= value <= 64:
        raise ValueError("a number from 0 to 64")
    return value


def _address(text: str) -> str | None:
    if text in (NONE, "auto") or text.startswith("ray://"):
        return None if text == NONE else text
    raise ValueError("auto, ray://host:port, or none")


def _file(text: str) -> Path | None:
    return None if text == NONE else Path(text)


def _run_id(text: str) -> str | None:
    if text != NONE and not re.fullmatch(r"[0-9a-f]{32}", text):
        raise ValueError("the id of a run, 32 hexadecimal digits, or none")
    return None if text == NONE else text


def _line(text: str) -> str:
    if len(text) > 500 or not text.isprintable():
        raise ValueError("a line of up to 500 characters, or none")
    return "" if text == NONE else text


PARAMETERS: dict[str, Parameter] = {
    "preset": Parameter("paper", _choice(*PRESETS)),
    "epochs": Parameter(PRESET_EPOCHS, _unless(PRESET_EPOCHS, _whole(1, 10_000))),
    "replicates": Parameter("1", _whole(1, 100)),
    "seed": Parameter(PRESET_EPOCHS, _unless(PRESET_EPOCHS, _whole(0, 2**31 - 1))),
    "workers": Parameter("1", _whole(1, 1_000)),
    "cpus": Parameter("1", _whole(1, 1_000)),
    "gpus": Parameter("0", _fraction),
    "ray_address": Parameter(NONE, _address),
    "close_stale": Parameter("own", _choice("own", "all")),
    "grid": Parameter(NONE, _file),
    "deterministic": Parameter("0", _flag),
    "precision": Parameter("float32", _choice("auto", *PRECISIONS)),
    "family": Parameter("cnn_search", _choice(*FAMILIES, *FINALS, KFOLD)),
    "config": Parameter(PRESET_EPOCHS, _unless(PRESET_EPOCHS, _choice("selected", "study"))),
    "path": Parameter("bundles", Path),
    "output": Parameter(NONE, _file),
    "model": Parameter("fmnist-cnn", _choice(*MODELS)),
    "run": Parameter(NONE, _run_id),
    "allow_tie": Parameter("0", _flag),
    "reason": Parameter(NONE, _line),
    "port": Parameter("5001", _whole(1, 65_535)),
    "strategy": Parameter("grid", _choice(*STRATEGIES)),
    "trials": Parameter(NONE, _unless(NONE, _whole(1, 10_000))),
    "max_epochs": Parameter(NONE, _unless(NONE, _power_of_3)),
    "members": Parameter("5", _whole(2, 30)),
    "refit": Parameter(NONE, _unless(NONE, _whole(1, 10_000))),
    "requests": Parameter(NONE, _file),
}
STRATEGY = ("strategy", "trials", "max_epochs")
SEARCH = (
    "preset", "epochs", "replicates", "seed", "workers", "cpus", "gpus", "ray_address",
    "deterministic", "precision", "close_stale",
)  # fmt: skip


class _Parser(argparse.ArgumentParser):
    """Refuses in one line."""

    def error(self, message: str) -> NoReturn:
        raise InvalidInput(message)


def parser(*names: str) -> argparse.ArgumentParser:
    """The parser of an entry that takes the named parameters."""
    built = _Parser(allow_abbrev=False)
    for name in names:
        parameter = PARAMETERS[name]
        built.add_argument(f"--{name}", default=parameter.default, metavar="VALUE")
    return built


def parse(names: Sequence[str], arguments: Sequence[str]) -> dict[str, Any]:
    """The values of an entry's parameters.

    Raises:
        InvalidInput: if a parameter is unknown or its value makes no sense.
    """
    known, unknown = parser(*names).parse_known_args(list(arguments))
    if unknown:
        what = unknown[0].removeprefix("--").partition("=")[0]
        raise InvalidInput(f"{what}: unknown parameter; accepted is one of {', '.join(names)}")
    values = {}
    for name, text in vars(known).items():
        try:
            values[name] = PARAMETERS[name].parse(text)
        except ValueError as error:
            raise InvalidInput(f"{name}={text}: accepted is {error}") from None
    return values


def options(values: dict[str, Any]) -> Options:
    """The search options among an entry's values."""
    taken = {name: values[name] for name in values if name in Options.__dataclass_fields__}
    return Options(**taken)


def run(names: Sequence[str], entry: Callable[[dict[str, Any]], bool]) -> NoReturn:
    """Parse the command line, run an entry, exit: 0 complete, 1 not, 2 refused, 130 interrupted."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _interrupt)
    if os.environ.get("MLFLOW_RUN_ID"):
        threading.Thread(target=_watch_parent, args=(os.getppid(),), daemon=True).start()
    try:
        sys.exit(0 if entry(parse(names, sys.argv[1:])) else 1)
    except InvalidInput as refusal:
        print(" ".join(str(refusal).split()), file=sys.stderr)
        if os.environ.get("MLFLOW_RUN_ID"):
            from fmnist.tracking.entry_run import describe_refusal

            describe_refusal(str(refusal))
        sys.exit(REFUSED)
    except KeyboardInterrupt:
        print("Interrupted; started again, the search goes on from here", file=sys.stderr)
        sys.exit(INTERRUPTED)
    except Exception as error:
        tracking = sys.modules.get("fmnist.tracking.store")  # which is not where there is no MLflow
        if not tracking or not isinstance(error, tracking.AWAY):
            raise
        told = tracking.reason(error)
        print(f"Stopped: {told}; started again, it goes on from here", file=sys.stderr)
        sys.exit(1)


def _interrupt(_number: int, _frame: FrameType | None) -> NoReturn:
    """Stop as Ctrl-C does; what then ends the runs is not interrupted again."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt


def _watch_parent(parent: int) -> None:
    """Stop when `mlflow run` is gone: it passes no signal on to the process that it started."""
    while os.getppid() == parent:
        time.sleep(PARENT_POLL_SECONDS)
    os.kill(os.getpid(), signal.SIGTERM)
