"""The cases: grids that this project and every peer search with the same trials."""

from collections.abc import Sequence
from dataclasses import dataclass

from fmnist.data.config import DataConfig
from fmnist.study.grids import Grid, expand
from fmnist.study.networks import CNN, MLP, ModelConfig
from fmnist.study.training import TrainingConfig
from fmnist.study.trial import Point, Trial


@dataclass(frozen=True)
class Case:
    """A grid to search, with epochs and samples that keep a measurement fair and short."""

    model: ModelConfig
    grid: Grid
    batch_size: int
    epochs: int
    samples: int = 60_000
    precision: str = "float32"

    @property
    def points(self) -> list[Point]:
        """The grid's points, in order."""
        return expand(self.grid)


MLP_GRID = [{"architecture": ["512", "768"], "dropout": [0.2, 0.3]}]


# These cases have few steps. Batch normalization's averages then keep up only with this momentum,
# as in preset quick; all peers have it too.
MOMENTUM = 0.9


def _convolutional(
    architecture: str, epochs: int, samples: int, precision: str = "float32"
) -> Case:
    grid = [{"architecture": [architecture], "dropout": [0.25]}]
    model = CNN(batch_normalization_momentum=MOMENTUM)
    return Case(model, grid, 256, epochs, samples, precision)


# We compute in the case's precision. keras-tuner and Talos compute in float32, their default, and
# the PyTorch loop in bfloat16.
CASES = {
    "mlp": Case(MLP(), MLP_GRID, 128, 3),
    "mlp_bfloat16": Case(MLP(), MLP_GRID, 128, 3, precision="mixed_bfloat16"),
    "cnn32": _convolutional("3x32", epochs=3, samples=15_000),
    "cnn32_bfloat16": _convolutional("3x32", 3, 15_000, "mixed_bfloat16"),
    "cnn128": _convolutional("3x128", epochs=3, samples=7_500),
    "cnn128_bfloat16": _convolutional("3x128", 3, 7_500, "mixed_bfloat16"),
    "linear": Case(MLP(), [{"architecture": ["linear"]}], 128, 5),
    "cnn8": _convolutional("3x8", epochs=5, samples=15_000),
}
CONVOLUTIONAL = tuple(name for name, case in CASES.items() if case.model.network == "cnn")
OURS = "ours"
AUTOLOG = ["keras_tuner_autolog", "keras_tuner_autolog_models"]
# The peers that each case is measured beside.
PEERS = {
    "mlp": [*AUTOLOG, "talos_scan", "keras_tuner_grid", "keras_loop"],
    "mlp_bfloat16": [*AUTOLOG, "talos_scan"],
    "cnn32": AUTOLOG,
    "cnn32_bfloat16": [*AUTOLOG, "pytorch_loop"],
    "cnn128": AUTOLOG,
    "cnn128_bfloat16": [*AUTOLOG, "pytorch_loop"],
    "linear": [*AUTOLOG, "keras_loop"],
    "cnn8": [*AUTOLOG, "keras_loop"],
}


def trials(case: Case, epochs: int, data: DataConfig) -> Sequence[Trial]:
    """The trials of a case."""
    training = TrainingConfig(epochs=epochs, batch_size=case.batch_size, precision=case.precision)
    base = Trial(model=case.model, training=training, data=data)
    return [base.with_values(point) for point in case.points]
