"""What the study claims of its families, each as two groups of configurations that it compares.

And what we claim of augmentation, beyond it.
"""

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from functools import partial

from fmnist.results.accuracy import Accuracy
from fmnist.results.tables.differences import (
    Comparing,
    Group,
    best,
    every,
    means,
    pairs,
)
from fmnist.study.networks import CNN, MLP
from fmnist.study.trial import Trial


@dataclass(frozen=True, kw_only=True)
class Claim:
    """That the configurations of `first` are better than those of `second`."""

    family: str
    question: str
    claim: str
    first: Callable[[Trial], bool]
    second: Callable[[Trial], bool]
    compare: Comparing = best

    def measure(self, group: Group) -> Accuracy | None:
        """What the configurations of a family say of it."""
        first = [found for found in group if self.first(found.trial)]
        others = [found for found in group if not self.first(found.trial)]
        return self.compare(first, [found for found in others if self.second(found.trial)])


def _is(*, architecture: str, dropout: float | None = None) -> Callable[[Trial], bool]:
    return lambda trial: (
        trial.model.architecture == architecture and dropout in (None, trial.model.dropout)
    )


def _optimizer(
    *names: str, batch_size: int | None = None, learning_rate: float | None = None
) -> Callable[[Trial], bool]:
    return lambda trial: (
        trial.training.optimizer in names
        and batch_size in (None, trial.training.batch_size)
        and learning_rate in (None, trial.training.learning_rate)
    )


def _layers(count: int) -> Callable[[Trial], bool]:
    return lambda trial: _layers_of(trial) == count


def _layers_of(trial: Trial) -> int:
    model = trial.model
    return len(model.hidden_units if isinstance(model, MLP) else model.filters)


def _first_filters(trial: Trial) -> Hashable:
    model = trial.model
    filters = model.filters[0] if isinstance(model, CNN) else 0
    return filters, model.dropout, trial.training.precision


def _normalized(normalized: bool, dropout: float) -> Callable[[Trial], bool]:
    def matches(trial: Trial) -> bool:
        model = trial.model
        return isinstance(model, CNN) and (
            (model.batch_normalization, model.dropout) == (normalized, dropout)
        )

    return matches


def _dropout(trial: Trial) -> Hashable:
    return trial.model.dropout, trial.training.precision


def _augmented(shift: int, flip: bool, cutout: int) -> Callable[[Trial], bool]:
    def matches(trial: Trial) -> bool:
        training = trial.training
        return (training.shift, training.flip, training.cutout) == (shift, flip, cutout)

    return matches


def _any(_: Trial) -> bool:
    return True


CLAIMS = (
    Claim(
        family="mlp_capacity",
        question="Is one layer of 256 units best?",
        claim="one layer of 256 units has the highest accuracy of five",
        first=_is(architecture="256"),
        second=_any,
    ),
    Claim(
        family="mlp_search",
        question="Does one layer beat two?",
        claim="always 1 layer outperforms 2 layers",
        first=_layers(1),
        second=_layers(2),
        compare=means,
    ),
    Claim(
        family="mlp_search",
        question="Is 768 at dropout 0.3 best?",
        claim="768 at 0.3 is best; 512-512 at 0.25 ties, and is larger",
        first=_is(architecture="768", dropout=0.3),
        second=_any,
    ),
    Claim(
        family="mlp_optimizers",
        question="Is Adam at batch 256 best?",
        claim="Adam had the best performance with batches of 256",
        first=_optimizer("adam", batch_size=256),
        second=_any,
    ),
    Claim(
        family="mlp_optimizers",
        question="Do Adam and Nadam beat momentum?",
        claim="SGD with momentum, Nesterov or not, is in all cases worse than Adam and Nadam",
        first=_optimizer("adam", "nadam", learning_rate=1e-3),  # the study's of them
        second=_optimizer("momentum", "nesterov"),
        compare=every,
    ),
    Claim(
        family="cnn_baseline",
        question="Does batch normalization help?",
        claim="batch normalization increases the validation accuracy",
        first=_normalized(True, 0.0),
        second=_normalized(False, 0.0),
    ),
    Claim(
        family="cnn_baseline",
        question="Does dropout help?",
        claim="dropout increases it further, to 0.9083",
        first=_normalized(True, 0.2),
        second=_normalized(True, 0.0),
    ),
    Claim(
        family="cnn_depth",
        question="Does depth help?",
        claim="more layers increase the accuracy, even from 8 filters (4 layers against 1)",
        first=_layers(4),
        second=_layers(1),
        compare=partial(pairs, by=_first_filters),
    ),
    Claim(
        family="cnn_search",
        question="Do more filters help?",
        claim="the more filters, the higher the accuracy (3x128 against 3x32)",
        first=_is(architecture="3x128"),
        second=_is(architecture="3x32"),
        compare=partial(pairs, by=_dropout),
    ),
    Claim(
        family="cnn_search",
        question="Is 3x128 at dropout 0.25 best?",
        claim="3x128 at dropout 0.25 is best",
        first=_is(architecture="3x128", dropout=0.25),
        second=_any,
    ),
)

# The study leaves augmentation as its next step.
BEYOND = tuple(
    Claim(
        family="cnn_augment",
        question=f"Do {what} help?",
        claim=f"beyond the study: training with {what} increases the accuracy",
        first=_augmented(*how),
        second=_augmented(0, False, 0),
    )
    for what, how in (
        ("shifts", (2, False, 0)),
        ("mirror images", (0, True, 0)),
        ("cutouts", (0, False, 8)),
        ("all three together", (2, True, 8)),
    )
)
