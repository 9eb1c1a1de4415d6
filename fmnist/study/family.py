"""What an experiment family is, and what each preset runs of it."""

from dataclasses import dataclass

from fmnist.errors import InvalidInput
from fmnist.study.grids import Grid, expand
from fmnist.study.networks import ModelConfig
from fmnist.study.options import AS_RUN, PAPER, PRESETS, QUICK
from fmnist.study.training import TrainingConfig
from fmnist.study.trial import Point


@dataclass(frozen=True, kw_only=True)
class Part:
    """What a preset runs of a family: its grid, and how its points are trained.

    `evaluate` names what a trial is scored on beside the validation split: "train", "test".
    """

    grid: Grid
    training: TrainingConfig
    evaluate: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Family:
    """One experiment family: its question, what the study found, its cost, its grid.

    `quick` and `smoke` are for the presets of that name: parts of `grid`, or of a smaller network.
    `as_run` is what the study's author ran; None for a family that goes beyond the study.
    """

    name: str
    question: str
    finding: str
    cost: str
    model: ModelConfig
    training: TrainingConfig
    grid: Grid
    quick: Grid
    smoke: Grid
    evaluate: tuple[str, ...] = ()
    as_run: Part | None = None

    def part(self, preset: str) -> Part:
        """What a preset runs of the family.

        Raises:
            InvalidInput: if the study's author did not run it, and the preset is his.
        """
        if preset == AS_RUN:
            if not self.as_run:
                raise not_as_run(self.name)
            return self.as_run
        grid = {PAPER: self.grid, QUICK: self.quick, "smoke": self.smoke}[preset]
        return Part(grid=grid, training=self.training, evaluate=self.evaluate)

    def has(self, preset: str) -> bool:
        """Whether a preset runs anything of the family."""
        return preset != AS_RUN or self.as_run is not None

    def points(self, preset: str) -> list[Point]:
        """The grid points of a preset, in the order in which they are tried."""
        return expand(self.part(preset).grid)


def not_as_run(name: str) -> InvalidInput:
    """The refusal of a preset of the author's for what he did not run."""
    others = ", ".join(preset for preset in PRESETS if preset != AS_RUN)
    return InvalidInput(
        f"preset={AS_RUN}: the study's author did not run {name}; accepted is one of {others}"
    )
