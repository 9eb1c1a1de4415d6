"""An experiment family as a value, and the part of it that each preset runs."""

from dataclasses import dataclass

from fmnist.errors import InvalidInput
from fmnist.study.grids import Grid, expand
from fmnist.study.networks import ModelConfig
from fmnist.study.options import AS_RUN, PAPER, PRESETS, QUICK
from fmnist.study.training import TrainingConfig
from fmnist.study.trial import Point


@dataclass(frozen=True, kw_only=True)
class Part:
    """The part of a family that a preset runs: its grid, and how its points are trained.

    `evaluate` names the images that a trial is scored on besides validation: "train", "test".
    """

    grid: Grid
    training: TrainingConfig
    evaluate: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Family:
    """One experiment family: its question, what the study found, and its grid.

    Attributes:
        model: the network; the grid's points replace some of its fields.
        training: how it is trained; the grid's points replace some of its fields.
        grid: for preset "paper".
        quick, smoke: the grids of these presets: part of `grid`, or smaller networks.
        evaluate: the images that a trial is scored on besides validation: "train", "test".
        as_run: what the study's author ran; None for a family that goes beyond the study.
        file: of a person's own family the file that was read, as they named it; else empty.
    """

    name: str
    question: str
    finding: str
    model: ModelConfig
    training: TrainingConfig
    grid: Grid
    quick: Grid
    smoke: Grid
    evaluate: tuple[str, ...] = ()
    as_run: Part | None = None
    file: str = ""

    def part(self, preset: str) -> Part:
        """The part of the family that a preset runs.

        Raises:
            InvalidInput: if the preset is "as_run" and the study's author did not run the family.
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
    """The refusal of preset "as_run" for a family or final that the author did not run."""
    others = ", ".join(preset for preset in PRESETS if preset != AS_RUN)
    return InvalidInput(
        f"preset={AS_RUN}: the study's author did not run {name}; accepted is one of {others}"
    )
