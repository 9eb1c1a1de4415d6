"""The study's claims about its families, each as two sides of matched pairs of trainings.

Our own claims about augmentation are here too.
"""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from statistics import fmean

from fmnist.study.networks import CNN, MLP
from fmnist.study.trial import Trial

# A training, and its validation accuracy.
Training = tuple[Trial, float]


@dataclass(frozen=True, kw_only=True)
class Claim:
    """That trainings of `first` are better than those of `second` that are like them.

    Attributes:
        families: whose trainings are compared; the claim is about the first of them.
        alike: what both sides of a pair share, beside the number of their seed.
    """

    families: tuple[str, ...]
    question: str
    claim: str
    first: Callable[[Trial], bool]
    second: Callable[[Trial], bool]
    alike: Callable[[Trial], Hashable]

    @property
    def family(self) -> str:
        """The family that the claim is about."""
        return self.families[0]

    def differences(self, trainings: Iterable[Training]) -> list[float]:
        """By how much the first side is better in each pair; a side of several is their mean."""
        pairs: dict[Hashable, tuple[list[float], list[float]]] = defaultdict(lambda: ([], []))
        for trial, accuracy in trainings:
            ones, others = pairs[self.alike(trial), trial.replicate]
            if self.first(trial):
                ones.append(accuracy)
            elif self.second(trial):
                others.append(accuracy)
        return [fmean(ones) - fmean(others) for ones, others in pairs.values() if ones and others]


def _fields(trial: Trial) -> dict[str, object]:
    return {**vars(trial.model), **vars(trial.training)}


def _is(**values: object) -> Callable[[Trial], bool]:
    return lambda trial: all(_fields(trial).get(name) == value for name, value in values.items())


def _all_but(*names: str) -> Callable[[Trial], Hashable]:
    """Every field of a trial's network and training but those."""
    return lambda trial: tuple(
        (name, value) for name, value in _fields(trial).items() if name not in names
    )


def _widths(trial: Trial) -> tuple[int, ...]:
    """Units of an MLP's hidden layers, or filters of a CNN's convolutions; else none."""
    model = trial.model
    if isinstance(model, MLP):
        return tuple(model.hidden_units)
    return tuple(model.filters) if isinstance(model, CNN) else ()


def _layers(count: int) -> Callable[[Trial], bool]:
    return lambda trial: len(_widths(trial)) == count


def _same_start(trial: Trial) -> Hashable:
    """All but the layers behind the first."""
    return _widths(trial)[:1], _all_but("architecture")(trial)


def _momentum(trial: Trial) -> bool:
    return (
        trial.training.optimizer in ("momentum", "nesterov")
        and trial.training.learning_rate == 1e-2
    )


def _optimizer(name: str) -> Claim:
    return Claim(
        families=("mlp_optimizers",),
        question=f"Does {name.capitalize()} beat momentum?",
        claim="SGD with momentum, Nesterov or not, is in all cases worse than Adam and Nadam",
        first=_is(optimizer=name, learning_rate=1e-3),
        second=_momentum,
        alike=_all_but("optimizer", "learning_rate"),
    )


# That a configuration is best is asked of it and the next one by the study's own numbers: the best
# of all others by ours would be lucky as well. Of Adam's batches the text names no next one.
CLAIMS = (
    Claim(
        families=("mlp_capacity",),
        question="Is one layer of 256 units best?",
        claim="one layer of 256 units has the highest accuracy of five; next is 256-128",
        first=_is(architecture="256"),
        second=_is(architecture="256-128"),
        alike=_all_but("architecture"),
    ),
    Claim(
        families=("mlp_search",),
        question="Does one layer beat two?",
        claim="1 layer always outperforms 2 layers (with the same first layer)",
        first=_layers(1),
        second=_layers(2),
        alike=_same_start,
    ),
    Claim(
        families=("mlp_search",),
        question="Is 768 at dropout 0.3 best?",
        claim="768 at 0.3 is best; 512-512 at 0.25 ties, and is larger",
        first=_is(architecture="768", dropout=0.3),
        second=_is(architecture="512-512", dropout=0.25),
        alike=_all_but("architecture", "dropout"),
    ),
    Claim(
        families=("mlp_optimizers",),
        question="Does batch 256 beat others for Adam?",
        claim="Adam had the best performance with batches of 256 (against the mean of the others)",
        first=_is(optimizer="adam", batch_size=256),
        second=_is(optimizer="adam"),
        alike=_all_but("batch_size"),
    ),
    _optimizer("adam"),
    _optimizer("nadam"),
    Claim(
        families=("cnn_baseline",),
        question="Does batch normalization help?",
        claim="batch normalization increases the validation accuracy",
        first=_is(batch_normalization=True, dropout=0.0),
        second=_is(batch_normalization=False, dropout=0.0),
        alike=_all_but("batch_normalization"),
    ),
    Claim(
        families=("cnn_baseline",),
        question="Does dropout help?",
        claim="dropout increases it further, to 0.9083",
        first=_is(batch_normalization=True, dropout=0.2),
        second=_is(batch_normalization=True, dropout=0.0),
        alike=_all_but("dropout"),
    ),
    Claim(
        families=("cnn_depth", "cnn_baseline"),
        question="Does depth help?",
        claim="more layers increase the accuracy, even from 8 filters (4 layers against 1)",
        first=_layers(4),
        second=_layers(1),
        alike=_same_start,
    ),
    Claim(
        families=("cnn_search",),
        question="Do more filters help?",
        claim="the more filters, the higher the accuracy (3x128 against 3x32)",
        first=_is(architecture="3x128"),
        second=_is(architecture="3x32"),
        alike=_all_but("architecture"),
    ),
    Claim(
        families=("cnn_search",),
        question="Is 3x128 at dropout 0.25 best?",
        claim="3x128 at dropout 0.25 is best; next is 3x128 at 0.3",
        first=_is(architecture="3x128", dropout=0.25),
        second=_is(architecture="3x128", dropout=0.3),
        alike=_all_but("dropout"),
    ),
)

# The study leaves augmentation as its next step.
BEYOND = tuple(
    Claim(
        families=("cnn_augment",),
        question=f"Do {what} help?",
        claim=f"beyond the study: training with {what} increases the accuracy",
        first=_is(shift=shift, flip=flip, cutout=cutout),
        second=_is(shift=0, flip=False, cutout=0),
        alike=_all_but("shift", "flip", "cutout"),
    )
    for what, (shift, flip, cutout) in (
        ("shifts", (2, False, 0)),
        ("mirror images", (0, True, 0)),
        ("cutouts", (0, False, 8)),
        ("all three together", (2, True, 8)),
    )
)
