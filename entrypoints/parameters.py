"""The parameters of verbs, in one table: what each means, what it takes, and its default.

The parser, the refusals and the help all come from it. Nothing heavy is imported: a wrong parameter
is refused before TensorFlow or MLflow are loaded.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fmnist.study.families import FAMILIES, FINALS, KFOLD
from fmnist.study.options import PRESETS, STRATEGIES, Options
from fmnist.study.training import PRECISIONS

# How "not given" is written in MLproject, where each parameter needs a value.
PRESET = "preset"
NONE = "none"
MODELS = tuple(final.registered_model for final in FINALS.values())

# How text becomes a value, by a function that raises ValueError, and which text is accepted.
Values = tuple[Callable[[str], Any], str]


@dataclass(frozen=True)
class Parameter:
    """A parameter of a verb: its default as text, and what it is told to people.

    A verb refuses to start without a parameter that is `required`, whose default is "none".
    """

    default: str
    meaning: str
    parse: Callable[[str], Any]
    accepted: str
    required: bool = False

    def help(self) -> str:
        """What `--help` says about it."""
        default = "required" if self.required else f"default: {self.default}"
        return f"{self.meaning}; takes {self.accepted} ({default})"


def _one_of(values: Mapping[str, Any]) -> Values:
    def parse(text: str) -> Any:
        if text not in values:
            raise ValueError(text)
        return values[text]

    return parse, "one of " + ", ".join(values)


def _choice(*choices: str) -> Values:
    return _one_of(dict(zip(choices, choices, strict=True)))


def _whole(least: int, most: int) -> Values:
    def parse(text: str) -> int:
        short = len(text) <= 12 and text.isascii() and text.isdigit()
        if not short or not least <= int(text) <= most:
            raise ValueError(text)
        return int(text)

    return parse, f"a whole number from {least} to {most}"


def _number(most: int) -> Values:
    def parse(text: str) -> float:
        value = float(text) if text.isascii() and text.replace(".", "", 1).isdigit() else -1.0
        if not 0 <= value <= most:
            raise ValueError(text)
        return value

    return parse, f"a number from 0 to {most}"


def _matching(pattern: str, accepted: str) -> Values:
    def parse(text: str) -> str:
        if not re.fullmatch(pattern, text):
            raise ValueError(text)
        return text

    return parse, accepted


def _line(text: str) -> str:
    if len(text) > 500 or not text.isprintable():
        raise ValueError(text)
    return "" if text == NONE else text


def _or(default: str, values: Values) -> Values:
    """What `values` take, or the default, which becomes None."""
    parse, accepted = values
    return lambda text: None if text == default else parse(text), f"{accepted}, or {default}"


def path_or_none(meaning: str, accepted: str) -> Parameter:
    """A file or folder that need not be given."""
    return Parameter(NONE, meaning, *_or(NONE, (Path, accepted)))


def required_path(meaning: str, accepted: str) -> Parameter:
    """A file or folder without which there is nothing to do."""
    return Parameter(NONE, meaning, Path, accepted, required=True)


def required_run(of: str) -> Parameter:
    """The id of a run without which there is nothing to do."""
    values = _matching(r"[0-9a-f]{32}", f"the id of {of}, 32 hexadecimal digits")
    return Parameter(NONE, f"The run of {of}", *values, required=True)


FLAG: Values = _one_of({"0": False, "1": True})
_SEED = _whole(0, 2**31 - 1)
_COUNT = _whole(1, 10_000)
_POWERS_OF_3 = _one_of({str(3**power): 3**power for power in range(1, 6)})

PARAMETERS: dict[str, Parameter] = {
    "preset": Parameter("paper", "How much of the study runs", *_choice(*PRESETS)),
    "epochs": Parameter(PRESET, "The most epochs of a trial", *_or(PRESET, _COUNT)),
    "replicates": Parameter(
        "1", "Trials of each configuration, with different seeds on one split", *_whole(1, 100)
    ),
    "seed": Parameter(
        PRESET, "The seed of the split, from which each trial's follows", *_or(PRESET, _SEED)
    ),
    "workers": Parameter("1", "Trials that train at the same time", *_whole(1, 1_000)),
    "cpus": Parameter("1", "Processor cores of each worker", *_whole(1, 1_000)),
    "gpus": Parameter("0", "GPUs of each worker; they may share one, as with 0.25", *_number(64)),
    "ray_address": Parameter(
        NONE,
        "The Ray cluster that trains",
        *_or(NONE, _matching(r"auto|ray://.*", "auto, ray://host:port")),
    ),
    "deterministic": Parameter(
        "0", "Whether TensorFlow uses only operations that give the same bits each time", *FLAG
    ),
    "precision": Parameter(
        "float32",
        "The precision of layers; auto is mixed_bfloat16 if the processor has instructions for it",
        *_choice("auto", *PRECISIONS),
    ),
    "close_stale": Parameter(
        "own",
        "Which unfinished runs are closed first: those of this machine whose process is gone, or "
        "all of them, also what other machines are still training",
        *_choice("own", "all"),
    ),
    "grid": path_or_none("Replaces the family's grid", "a YAML file"),
    "strategy": Parameter(
        "grid", "How the points of the grid to try are chosen", *_choice(*STRATEGIES)
    ),
    "trials": Parameter(
        NONE, "How many points strategies random and bayesian try", *_or(NONE, _COUNT)
    ),
    "max_epochs": Parameter(
        NONE, "The epochs of hyperband's longest trials", *_or(NONE, _POWERS_OF_3)
    ),
    "config": Parameter(
        PRESET,
        "The configuration: selected on validation, or the study's own, as for preset as_run",
        *_or(PRESET, _choice("selected", "study")),
    ),
    "refit": Parameter(
        NONE,
        "Train the chosen configuration again, on nearly all training images, for so many epochs",
        *_or(NONE, _COUNT),
    ),
    "family": Parameter("cnn_search", "The verb to plan", *_choice(*FAMILIES, *FINALS, KFOLD)),
    "members": Parameter("5", "How many trials are averaged", *_whole(2, 30)),
    "model": Parameter("fmnist-cnn", "The registered model", *_choice(*MODELS)),
    "allow_tie": Parameter("0", "Whether a tie with the model in Production is enough", *FLAG),
    "reason": Parameter(
        NONE, "Why, for the model's history", _line, "a line of up to 500 characters, or none"
    ),
    "port": Parameter("5001", "The port on 127.0.0.1", *_whole(1, 65_535)),
}


def options(values: Mapping[str, Any]) -> Options:
    """The search options among a verb's values; what is None has the default of `Options`."""
    fields = Options.__dataclass_fields__
    given = {name: value for name, value in values.items() if value is not None}
    return Options(**{name: value for name, value in given.items() if name in fields})
