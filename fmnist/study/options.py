"""How much of the study runs, and how: presets and options."""

from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from fmnist.errors import InvalidInput

PAPER, AS_RUN, QUICK = "paper", "as_run", "quick"
GRID, RANDOM, BAYESIAN, HYPERBAND = STRATEGIES = ("grid", "random", "bayesian", "hyperband")
DEPENDING_ON_RESULTS = (BAYESIAN, HYPERBAND)
SAMPLED_TRIALS = 10


@dataclass(frozen=True, kw_only=True)
class Scale:
    """How much of the study is asked for: what tells its trials from those of another scale.

    Attributes:
        epochs: the limit of epochs; None for the preset's.
        seed: of the split, and through the key of every trial; None for the preset's.
        precision: what layers compute in; "auto" is mixed_bfloat16 where the processor has
            instructions for it, which makes the trials' keys depend on the machine.
    """

    preset: str = PAPER
    epochs: int | None = None
    seed: int | None = None
    precision: str = "float32"

    @property
    def epoch_limit(self) -> int:
        """The limit of epochs."""
        return self.epochs or PRESETS[self.preset].epochs

    @property
    def split_seed(self) -> int:
        """The seed of the split."""
        return PRESETS[self.preset].seed if self.seed is None else self.seed


@dataclass(frozen=True, kw_only=True)
class Options(Scale):
    """The parameters of a search: its scale, and how its trials are chosen and run.

    Attributes:
        replicates: how many trials of each configuration, on one split.
        workers: processes that train at the same time.
        cpus: processor cores, and threads, of each worker.
        gpus: GPUs, or a fraction of one, of each worker.
        ray_address: a Ray cluster to train on; None for this machine.
        close_stale: close running trials whose process is gone of this machine ("own"), or all
            running trials of other machines too ("all").
        grid: a file that replaces the family's grid.
        strategy: in which order points are tried, and which: all of the grid, or some of the space
            that its values span.
        trials: how many points strategies random and bayesian try; None for 10.
        max_epochs: the longest of hyperband's trials; None for what suits the space.
        refit: for how many epochs a final trains its choice again, on nearly all training images;
            None for the weights that its trial has.

    Raises:
        InvalidInput: if trials, max_epochs or several replicates do not go with the strategy, or
            what the options ask for needs Ray, which is not installed.
    """

    replicates: int = 1
    workers: int = 1
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

    def __post_init__(self) -> None:
        goes_with = {
            "trials": (self.trials is None, (RANDOM, BAYESIAN)),
            "max_epochs": (self.max_epochs is None, (HYPERBAND,)),
            "replicates": (self.replicates == 1, (GRID,)),
        }
        for name, (is_default, strategies) in goes_with.items():
            if not is_default and self.strategy not in strategies:
                raise InvalidInput(
                    f"{name}={getattr(self, name)}: accepted is strategy="
                    f"{' or '.join(strategies)} with it, not {self.strategy}"
                )

        if self.on_ray and not find_spec("ray"):
            asked = "ray_address" if self.ray_address else "workers"
            raise InvalidInput(
                f"{asked}={getattr(self, asked)}: needs Ray; install it with: pip install '.[ray]'"
            )

    @property
    def on_ray(self) -> bool:
        """Whether trials run as tasks of Ray, and not in the process that searches."""
        return self.workers > 1 or self.ray_address is not None

    @property
    def trial_limit(self) -> int:
        """How many points strategies random and bayesian try."""
        return self.trials or SAMPLED_TRIALS


# What a command leaves out where it has its default.
SAID = ("epochs", "seed", "replicates", "precision", "refit")


def command(entry: str, options: Scale, **more: object) -> str:
    """The command that gives what an entry gives with these options and more parameters."""
    usual = Options()
    values = {name: getattr(options, name) for name in SAID if hasattr(options, name)}
    if options.split_seed == PRESETS[options.preset].seed:
        values["seed"] = None
    given = {name: value for name, value in values.items() if value != getattr(usual, name)}
    parameters = {"preset": options.preset, **given, **more}
    return f"mlflow run . -e {entry}" + "".join(
        f" -P {name}={value}" for name, value in parameters.items()
    )


@dataclass(frozen=True)
class Preset:
    """How much of the study runs: images used of 60,000, the limit of epochs, the split's seed.

    A model of more images is never replaced in Production by one of fewer: the presets of all
    images rank equal.

    Batch normalization predicts with averages over some hundred steps. A preset that trains hardly
    longer than that would be judged on averages from its beginning, so it averages over fewer.
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
