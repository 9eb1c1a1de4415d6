"""How a model is trained, as a value."""

import dataclasses
import re
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeVar

from fmnist.errors import check, check_choice

# Marks fields that are newer than the schema, see `newer`.
NEWER = {"newer than the schema": True}

OPTIMIZERS = (
    "adam", "nadam", "amsgrad", "rmsprop", "adagrad", "adadelta", "sgd", "momentum", "nesterov",
)  # fmt: skip
PRECISIONS = ("float32", "mixed_bfloat16")
SCHEDULES = ("plateau", "one_cycle")
KEPT_WEIGHTS = BEST, LAST = "best", "last"

Default = TypeVar("Default")


def newer(default: Default) -> Default:
    """A field that is newer than the schema; its default means what was done before it was there.

    While it has that default it is left out of a trial's canonical form, so that no trial gets
    another key by it.
    """
    made: Default = dataclasses.field(default=default, metadata=NEWER)
    return made


@dataclass(frozen=True, kw_only=True)
class TrainingConfig:
    """How a model is trained; the defaults are the study's.

    Attributes:
        continues: that the training goes on where shorter ones of the same model ended: "1-3" that
            it was first limited to 1 epoch, then to 3. It has their seed, see `Trial.origin`.
        schedule: of the learning rate. "plateau" lowers it where the validation loss makes no
            progress, and stops early. "one_cycle" warms up to it and ends at 0 in the last epoch,
            whose weights are kept; each limit ends a cycle.
        weights: which epoch's weights "plateau" keeps: "best" is the one of lowest validation
            loss, "last" the one in which training stopped.
        plateau_min_delta: by how much the validation loss must fall to count as progress for the
            learning rate; for early stopping every fall counts.
        weight_decay: decoupled, of kernels alone.
        shift, flip, cutout: augmentation of training images, each image anew in every epoch: by up
            to so many pixels each way, mirrored or not, a square of so many pixels blackened.
    """

    epochs: int = 300
    batch_size: int = 128
    optimizer: str = "adam"
    learning_rate: float = 1e-3
    early_stopping_patience: int = 20
    plateau_patience: int = 10
    plateau_factor: float = 0.1
    plateau_cooldown: int = 2
    minimum_learning_rate: float = 0.0
    precision: str = "float32"
    continues: str = newer("")
    schedule: str = newer("plateau")
    weight_decay: float = newer(0.0)
    label_smoothing: float = newer(0.0)
    shift: int = newer(0)
    flip: bool = newer(False)
    cutout: int = newer(0)
    weights: str = newer(BEST)
    plateau_min_delta: float = newer(1e-4)

    def __post_init__(self) -> None:
        check(1 <= self.epochs <= 10_000, "epochs", self.epochs, "1 to 10000")
        check(1 <= self.batch_size <= 10_000, "batch_size", self.batch_size, "1 to 10000")
        check_choice("optimizer", self.optimizer, OPTIMIZERS)
        check(0 < self.learning_rate <= 10, "learning_rate", self.learning_rate, "above 0, to 10")
        for name in ("early_stopping_patience", "plateau_patience"):
            check(getattr(self, name) >= 1, name, getattr(self, name), "1 or more epochs")
        check(self.plateau_cooldown >= 0, "plateau_cooldown", self.plateau_cooldown, "0 or more")
        check(0 < self.plateau_factor < 1, "plateau_factor", self.plateau_factor, "between 0 and 1")
        least = self.minimum_learning_rate
        check(
            0 <= least <= self.learning_rate, "minimum_learning_rate", least, "0 to learning_rate"
        )
        check_choice("precision", self.precision, PRECISIONS)
        check_choice("schedule", self.schedule, SCHEDULES)
        check_choice("weights", self.weights, KEPT_WEIGHTS)
        delta = self.plateau_min_delta
        check(0 <= delta <= 1, "plateau_min_delta", delta, "0 to 1")
        check(0 <= self.weight_decay <= 1, "weight_decay", self.weight_decay, "0 to 1")
        smoothing = self.label_smoothing
        check(0 <= smoothing < 1, "label_smoothing", smoothing, "a number from 0 to below 1")
        check(0 <= self.shift <= 14, "shift", self.shift, "0 to 14 pixels")
        check(0 <= self.cutout <= 28, "cutout", self.cutout, "0 to 28 pixels")
        known = re.fullmatch(r"([1-9][0-9]{0,3}(-[1-9][0-9]{0,3})*)?", self.continues)
        rises = bool(known) and all(before < after for before, after in pairwise(self.limits))
        check(rises, "continues", self.continues, "limits that rise to below epochs, such as 1-3")

    @property
    def keeps_best(self) -> bool:
        """Whether the best epoch's weights are kept, and not the last one's."""
        return self.schedule == "plateau" and self.weights == BEST

    @property
    def limits(self) -> tuple[int, ...]:
        """The limits of epochs that the training had, from the first to its own."""
        return (*(int(limit) for limit in self.continues.split("-") if limit), self.epochs)
