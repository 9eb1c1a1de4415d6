"""How a model is trained, as a frozen dataclass that refuses invalid values."""

import re
from dataclasses import dataclass
from itertools import pairwise

from fmnist.data.config import newer
from fmnist.errors import check, check_choice

OPTIMIZERS = (
    "adam", "nadam", "amsgrad", "rmsprop", "adagrad", "adadelta", "sgd", "momentum", "nesterov",
)  # fmt: skip
PRECISIONS = ("float32", "mixed_bfloat16")
SCHEDULES = PLATEAU, ONE_CYCLE = "plateau", "one_cycle"
KEPT_WEIGHTS = BEST, LAST = "best", "last"


@dataclass(frozen=True, kw_only=True)
class TrainingConfig:
    """How a model is trained; the defaults are the study's.

    Attributes:
        epochs: the limit of epochs.
        continues: the limits of the shorter trainings that this one continues: "1-3" if it first
            trained for 1 epoch, then up to 3. It has their seed, see `Trial.origin`.
        schedule: of the learning rate. "plateau" lowers it when the validation loss stops falling,
            and stops early. "one_cycle" warms up to `learning_rate` and falls to 0 in the last
            epoch, whose weights are kept; a continued training has one cycle per limit.
        weights: which epoch's weights "plateau" keeps: "best" for the lowest validation loss,
            "last" for the epoch in which training stopped.
        plateau_min_delta: how far the validation loss must fall to count as progress for the
            learning rate. Early stopping counts every fall.
        weight_decay: decoupled (AdamW, SGDW), of kernels only.
        shift, flip, cutout: augmentation, drawn anew for each training image and epoch: a shift by
            up to `shift` pixels each way, a mirror image or not, a black square of `cutout` pixels.

    Raises:
        InvalidInput: if a value is out of range.
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
        """Whether the best epoch's weights are kept, instead of the last epoch's."""
        return self.schedule == "plateau" and self.weights == BEST

    @property
    def limits(self) -> tuple[int, ...]:
        """The successive limits of epochs, from the first continued training's to this one's."""
        return (*(int(limit) for limit in self.continues.split("-") if limit), self.epochs)
