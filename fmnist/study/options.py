"""Presets, and the options of a search: how much of the study runs, and how."""

import os
from dataclasses import dataclass, fields
from importlib.util import find_spec
from pathlib import Path
from shlex import quote

from fmnist.data.config import FOLD_SPLITS, HOLDOUT
from fmnist.errors import InvalidInput
from fmnist.machine import has_nvidia_gpu

PAPER, AS_RUN, QUICK = "paper", "as_run", "quick"
GRID, RANDOM, BAYESIAN, HYPERBAND = STRATEGIES = ("grid", "random", "bayesian", "hyperband")
DEPENDING_ON_RESULTS = (BAYESIAN, HYPERBAND)
SAMPLED_TRIALS = 10


@dataclass(frozen=True, kw_only=True)
class Scale:
    """How much of the study runs. Every field is part of the trials' configurations.

    Attributes:
        epochs: the limit of epochs; None for the preset's.
        seed: of the split, and through their keys of all trials; None for the preset's.
        precision: the number format that layers compute in. "auto" is mixed_bfloat16 where the
            processor has instructions for it, so that the trials' keys depend on the machine.
        data: where other data than Fashion-MNIST are; None for Fashion-MNIST.
    """

    preset: str = PAPER
    epochs: int | None = None
    seed: int | None = None
    precision: str = "float32"
    data: Path | None = None

    @property
    def epoch_limit(self) -> int:
        """The most epochs that a trial trains for."""
        return self.epochs or PRESETS[self.preset].epochs

    @property
    def scale(self) -> "Scale":
        """The scale alone, of options too."""
        return Scale(**{field.name: getattr(self, field.name) for field in fields(Scale)})

    @property
    def split_seed(self) -> int:
        """The seed of the split."""
        return PRESETS[self.preset].seed if self.seed is None else self.seed


@dataclass(frozen=True, kw_only=True)
class Options(Scale):
    """The parameters of a search: its scale, and how its trials are chosen and run.

    Attributes:
        replicates: how many trials of each configuration, all on one split.
        workers: how many processes train at the same time.
        together: train the trials of one shape by one program, on a GPU by JAX.
        cpus: each worker's processor cores and threads.
        gpus: each worker's GPUs, or its fraction of one.
        ray_address: the Ray cluster to train on; None for this machine.
        close_stale: which runs that are still marked as running are closed: "own" for those of
            this machine whose process has ended, "all" for those of other machines too.
        grid: a YAML file that replaces the family's grid.
        deterministic: ask the backend for operations that give the same bits every time.
        strategy: "grid" tries all points of the grid; the others choose from the space that the
            grid's values span.
        trials: how many points strategies random and bayesian try; None for 10.
        max_epochs: the epochs of hyperband's longest trials; None for what suits the space.
        refit: for how many epochs a final trains its choice again, on nearly all training images;
            None to use the weights of the selected trial.
        folds: 5 to train every configuration on each of the five folds, and for a final to choose
            by their mean; None to train on the holdout split, and to choose by that.

    Raises:
        InvalidInput: if trials, max_epochs, several replicates or folds do not go with the
            strategy, or if the options need Ray and it is not installed.
    """

    replicates: int = 1
    workers: int = 1
    together: bool = False
    cpus: int = 1
    gpus: float = 0.0
    ray_address: str | None = None
    close_stale: str = "own"
    grid: Path | None = None
    deterministic: bool = False
    strategy: str = GRID
    trials: int | None = None
    max_epochs: int | None = None
    refit: int | None = None
    folds: int | None = None

    def __post_init__(self) -> None:
        goes_with = {
            "trials": (self.trials is None, (RANDOM, BAYESIAN)),
            "max_epochs": (self.max_epochs is None, (HYPERBAND,)),
            "replicates": (self.replicates == 1, (GRID,)),
            "folds": (self.folds is None, (GRID,)),
        }
        for name, (is_default, strategies) in goes_with.items():
            if not is_default and self.strategy not in strategies:
                raise InvalidInput(
                    f"{name}={getattr(self, name)}: accepted is strategy="
                    f"{' or '.join(strategies)} with it, not {self.strategy}"
                )

        if self.together:
            check_together(on_ray=self.on_ray)
        if self.on_ray and not find_spec("ray"):
            asked = "ray_address" if self.ray_address else "workers"
            raise InvalidInput(
                f"{asked}={getattr(self, asked)}: needs Ray; install it with: pip install '.[ray]'"
            )

    @property
    def on_ray(self) -> bool:
        """Whether trials run as Ray tasks instead of in the process that searches."""
        return self.workers > 1 or self.ray_address is not None

    @property
    def splits(self) -> tuple[str, ...]:
        """The splits that every configuration is trained on."""
        return FOLD_SPLITS if self.folds else (HOLDOUT,)

    @property
    def trial_limit(self) -> int:
        """How many points strategies random and bayesian try."""
        return self.trials or SAMPLED_TRIALS


def check_together(*, on_ray: bool) -> None:
    """Refuse to train trials together where nothing can.

    Raises:
        InvalidInput: without JAX and a GPU, or on Ray.
    """
    if on_ray or os.environ.get("KERAS_BACKEND") != "jax" or not has_nvidia_gpu():
        raise InvalidInput(
            "together=1: accepted is KERAS_BACKEND=jax on a machine with a GPU, without workers"
        )


# Parameters that a command names unless they have their default.
NAMED_IN_COMMAND = ("epochs", "seed", "replicates", "precision", "refit", "folds", "data")


def command(entry: str, options: Scale, **more: object) -> str:
    """The `mlflow run` command for an entry with these options and `more` parameters."""
    usual = Options()
    values = {name: getattr(options, name) for name in NAMED_IN_COMMAND if hasattr(options, name)}
    if options.split_seed == PRESETS[options.preset].seed:
        values["seed"] = None
    given = {name: value for name, value in values.items() if value != getattr(usual, name)}
    return mlflow_run(entry, preset=options.preset, **given, **more)


def mlflow_run(entry: str, **parameters: object) -> str:
    """The `mlflow run` command for an entry with these parameters alone."""
    return f"mlflow run . -e {entry}" + "".join(
        f" -P {name}={quote(str(value))}" for name, value in parameters.items()
    )


@dataclass(frozen=True)
class Preset:
    """How much of the study runs.

    Attributes:
        samples: how many of the 60,000 training images are used. A model trained on fewer never
            replaces one trained on more in Production.
        epochs: the limit of epochs.
        seed: of the split.
        batch_normalization_momentum: at 0.99, batch normalization predicts with averages over
            about a hundred steps. A preset that trains for few steps needs a smaller momentum, or
            the averages would still be those of the untrained network.
    """

    samples: int
    epochs: int
    seed: int = 0
    batch_normalization_momentum: float = 0.99


PRESETS: dict[str, Preset] = {
    # The study as its text describes it.
    PAPER: Preset(samples=60_000, epochs=300),
    # The study as its author ran it.
    AS_RUN: Preset(samples=60_000, epochs=300, seed=19870127),
    # The whole study within 10 minutes on 2 cores.
    QUICK: Preset(samples=15_000, epochs=5, batch_normalization_momentum=0.9),
    # A family within a minute, for tests.
    "smoke": Preset(samples=1_500, epochs=2, batch_normalization_momentum=0.5),
}
