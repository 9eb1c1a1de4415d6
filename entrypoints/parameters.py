"""The table of parameters: what each means, what it accepts, and its default.

The parser, the refusals and the help texts all come from this table. The module imports nothing
heavy, so that a wrong parameter is refused before TensorFlow or MLflow is loaded.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fmnist.data.config import FOLDS
from fmnist.study.families import FAMILIES, FINALS, KFOLD
from fmnist.study.options import PRESETS, STRATEGIES, Options
from fmnist.study.training import PRECISIONS

# These stand for "not given" in MLproject, where every parameter needs a value. "preset" means the
# preset's own value.
PRESET = "preset"
NONE = "none"
MODELS = tuple(final.registered_model for final in FINALS.values())

# A function from text to a value, which raises ValueError, and a description of what it accepts.
Values = tuple[Callable[[str], Any], str]


@dataclass(frozen=True)
class Parameter:
    """A parameter of a verb.

    Attributes:
        default: as text, since MLproject has it too; "none" for a required parameter.
        meaning: what the parameter is, for people.
        parse: a function from text to the value, which raises ValueError.
        accepted: what text the parameter accepts, for people.
        required: whether the verb refuses to start without it.
        bare: what `--NAME` without a value stands for, as text; empty if it needs one.
    """

    default: str
    meaning: str
    parse: Callable[[str], Any]
    accepted: str
    required: bool = False
    bare: str = ""

    def help(self) -> str:
        """The text of `--help` for the parameter."""
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
    """What `values` accept, or the text of the default, which becomes None."""
    parse, accepted = values
    return lambda text: None if text == default else parse(text), f"{accepted}, or {default}"


def path_or_none(meaning: str, accepted: str, parse: Callable[[str], Any] = Path) -> Parameter:
    """An optional file or folder, or what `parse` reads there."""
    return Parameter(NONE, meaning, *_or(NONE, (parse, accepted)))


def required_path(meaning: str, accepted: str, parse: Callable[[str], Any] = Path) -> Parameter:
    """A required file or folder, or what `parse` reads there."""
    return Parameter(NONE, meaning, parse, accepted, required=True)


def choice_or_none(meaning: str, *choices: str) -> Parameter:
    """An optional choice."""
    return Parameter(NONE, meaning, *_or(NONE, _choice(*choices)))


def required_run(of: str) -> Parameter:
    """A required run id."""
    values = _matching(r"[0-9a-f]{32}", f"the id of {of}, 32 hexadecimal digits")
    return Parameter(NONE, f"The run of {of}", *values, required=True)


FLAG: Values = _one_of({"0": False, "1": True})
_SEED = _whole(0, 2**31 - 1)
_COUNT = _whole(1, 10_000)
_POWERS_OF_3 = _one_of({str(3**power): 3**power for power in range(1, 6)})

PARAMETERS: dict[str, Parameter] = {
    "preset": Parameter("paper", "How much of the study runs", *_choice(*PRESETS)),
    "epochs": Parameter(PRESET, "The maximum epochs of a trial", *_or(PRESET, _COUNT)),
    "replicates": Parameter(
        "1",
        "How many seeds of each configuration are trained, all on one split",
        *_whole(1, 100),
    ),
    "seed": Parameter(PRESET, "The seed of the split and of all trials", *_or(PRESET, _SEED)),
    "workers": Parameter("1", "How many trials train at the same time", *_whole(1, 1_000)),
    "together": Parameter(
        "0",
        "Whether trials that differ only in dropout, learning rate or replicate train as one "
        "program; for a GPU by JAX",
        *FLAG,
    ),
    "cpus": Parameter("1", "Processor cores for each worker", *_whole(1, 1_000)),
    "gpus": Parameter("0", "GPUs for each worker; at 0.25, four workers share one", *_number(64)),
    "ray_address": Parameter(
        NONE,
        "The Ray cluster to train on",
        *_or(NONE, _matching(r"auto|ray://[^/\s:]+:\d+", "auto, ray://host:port")),
    ),
    "deterministic": Parameter(
        "0", "Whether TensorFlow must use operations that give the same bits every time", *FLAG
    ),
    "precision": Parameter(
        "float32",
        "The number format that layers compute in; auto is mixed_bfloat16 where the processor "
        "has instructions for it",
        *_choice("auto", *PRECISIONS),
    ),
    "close_stale": Parameter(
        "own",
        "Which unfinished runs are closed first: own closes runs of this machine whose process has "
        "ended; all also closes runs of other machines, even if they still run",
        *_choice("own", "all"),
    ),
    "grid": path_or_none("A grid to search instead of the family's", "a YAML file"),
    "strategy": Parameter(
        "grid", "How the points to try are chosen; grid tries all of them", *_choice(*STRATEGIES)
    ),
    "trials": Parameter(
        NONE, "How many points strategies random and bayesian try; none is 10", *_or(NONE, _COUNT)
    ),
    "max_epochs": Parameter(
        NONE,
        "The epochs of hyperband's longest trials; none is 27, or less for a small space or few "
        "epochs",
        *_or(NONE, _POWERS_OF_3),
    ),
    "config": Parameter(
        PRESET,
        "Whether the configuration is selected on validation or is the study's own, which is the "
        "default of preset as_run",
        *_or(PRESET, _choice("selected", "study")),
    ),
    "refit": Parameter(
        NONE,
        "Train the selected configuration again for this many epochs, on 98% of training images",
        *_or(NONE, _COUNT),
    ),
    "folds": Parameter(
        NONE,
        "On how many folds each configuration is trained and compared; none is the holdout split",
        *_or(NONE, _one_of({str(FOLDS): FOLDS})),
    ),
    "family": Parameter(
        "cnn_search", "The family or final to plan", *_choice(*FAMILIES, *FINALS, KFOLD)
    ),
    "data": path_or_none(
        "The data to use instead of Fashion-MNIST: 28x28 gray images of 10 classes",
        "a folder of MNIST's four IDX files, or an NPZ file in Keras's format",
    ),
    "members": Parameter("5", "How many trials the ensemble averages", *_whole(2, 30)),
    "model": Parameter(
        "fmnist-cnn",
        "The registered model",
        *_matching(
            r"fmnist-[a-z0-9_-]{1,100}", f"one of {', '.join(MODELS)}, or another fmnist-NAME"
        ),
    ),
    "allow_tie": Parameter("0", "Whether a tie with the model in Production passes", *FLAG),
    "reason": Parameter(
        NONE,
        "The reason, for the model's history",
        _line,
        "a line of up to 500 characters, or none",
    ),
    "port": Parameter("5001", "The port on 127.0.0.1 to serve on", *_whole(1, 65_535)),
}


def options(values: Mapping[str, Any]) -> Options:
    """The search options among a verb's values; None becomes the default of `Options`."""
    fields = Options.__dataclass_fields__
    given = {name: value for name, value in values.items() if value is not None}
    return Options(**{name: value for name, value in given.items() if name in fields})
