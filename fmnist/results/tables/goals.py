"""What was to be reached on the test set, and what was reached; pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from math import inf

import pandas as pd

from fmnist.data.config import REFIT
from fmnist.results.tables.peers import our_row
from fmnist.results.tables.published import NOT_RUN
from fmnist.study.metrics import CRITERION
from fmnist.study.options import Options
from fmnist.tracking.runs import RunRecord

COLUMNS = (
    "goal", "at_least", "test_accuracy", "test_low", "test_high", "test_n", "reached", "model",
    "parameters", "multiply_adds", "minutes", "on", "source", "it_would_take",
)  # fmt: skip
PRESET = "paper"
RULE = (
    "of the evaluated models that a goal is of, a refit before others, then the one of highest "
    "validation accuracy; reached: by the accuracy itself, and whether its 95% interval holds the "
    "other answer too; minutes of training on the hardware named; multiply-adds to classify "
    "an image; 0.006 and 0.005: the 95% half-widths of the study's test accuracies, rounded"
)


@dataclass(frozen=True, kw_only=True)
class Goal:
    """A test accuracy, of the models of some finals within a training time, a size, a hardware.

    `it_would_take` says what is lacking where the goal is not reached.
    """

    goal: str
    finals: tuple[str, ...]
    at_least: float
    minutes: float = inf
    parameters: float = inf
    on_processors: bool = False
    it_would_take: str = ""

    def allows(self, run: RunRecord) -> bool:
        """Whether a goal is of an evaluated model."""
        metrics = run.metrics
        return (
            run.family in self.finals
            and metrics["train_seconds"] <= self.minutes * 60
            and metrics["parameters"] <= self.parameters
            and not (self.on_processors and run.gpu)
        )


_CHAMPION, _SMALL = "champion_final", "small_final"
GOALS = (
    Goal(
        goal="the study's MLP, 0.9035, less 0.006",
        finals=("mlp_final",),
        at_least=0.8975,
    ),
    Goal(
        goal="the study's CNN, 0.9361, less 0.005",
        finals=("cnn_final",),
        at_least=0.9311,
        it_would_take="the larger networks of cnn_search, from which the study chose 3x128",
    ),
    Goal(
        goal="one model within 100 minutes on 2 cores",
        finals=(_CHAMPION,),
        at_least=0.950,
        minutes=100,
        on_processors=True,
    ),
    Goal(
        goal="one model on 2 cores, however long",
        finals=(_CHAMPION,),
        at_least=0.955,
        on_processors=True,
        it_would_take="twice the epochs or more: the peers' ResNet-preact-20 trains for 200",
    ),
    Goal(
        goal="at most 0.3 million parameters",
        finals=(_SMALL,),
        at_least=0.947,
        parameters=300_000,
    ),
    Goal(
        goal="one model within 10 minutes",
        finals=(_CHAMPION, _SMALL),
        at_least=0.960,
        minutes=10,
        it_would_take="a GPU, for which it was set, and a larger network: that of wide_search",
    ),
    Goal(
        goal="an ensemble",
        finals=("ensemble",),
        at_least=0.965,
        it_would_take="members as accurate as a champion that was trained on a GPU",
    ),
)


def goals_table(evaluated: Iterable[RunRecord], options: Options) -> pd.DataFrame:
    """A row for each goal; empty at a preset of fewer images, and where nothing is evaluated."""
    timed = [run for run in evaluated if "train_seconds" in run.metrics]
    newest = {(run.family, run.key): run for run in sorted(timed, key=lambda run: run.start_time)}
    known = list(newest.values()) if options.preset == PRESET else []
    rows = [_row(goal, [run for run in known if goal.allows(run)]) for goal in GOALS if known]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _row(goal: Goal, runs: list[RunRecord]) -> dict[str, object]:
    asked = {"goal": goal.goal, "at_least": goal.at_least}
    if not runs:
        return asked | {"reached": NOT_RUN, "it_would_take": goal.it_would_take}
    found = our_row(max(runs, key=_order_of_choice))
    accuracy, low, high = (found[f"test_{name}"] for name in ("accuracy", "low", "high"))
    reached = accuracy >= goal.at_least
    text = "yes" if reached else f"missed by {goal.at_least - accuracy:.4f}"
    if low < goal.at_least <= high:
        text += ", within the interval"
    needed = "" if reached else goal.it_would_take
    return asked | found | {"reached": text, "it_would_take": needed}


def _order_of_choice(run: RunRecord) -> tuple[bool, float]:
    """A refit is validated on other images than what it is a refit of."""
    accuracy = run.metrics.get(f"mean_{CRITERION}", run.metrics[CRITERION])
    return run.trial.data.split == REFIT, accuracy
