"""The families that go beyond the study: augmentation, VGG-like and residual networks."""

from collections.abc import Sequence
from dataclasses import replace

from fmnist.study.family import Family
from fmnist.study.grids import Grid
from fmnist.study.networks import CNN, VGG, ResNet
from fmnist.study.training import TrainingConfig

_BEST = "Its best test accuracy is 0.9361, by 3x128 at dropout 0.25"

# How the champion is trained. Each search varies one or two of these fields.
RECIPE = TrainingConfig(
    batch_size=256,
    optimizer="nesterov",
    learning_rate=0.2,
    schedule="one_cycle",
    weight_decay=1e-3,
    label_smoothing=0.1,
    shift=2,
    flip=True,
    cutout=8,
)


def _augmentations(architecture: str) -> Grid:
    """No augmentation, shifts, mirror images and cutouts each alone, and all together."""
    choices = [(0, False, 0), (2, False, 0), (0, True, 0), (0, False, 8), (2, True, 8)]
    return [
        {"architecture": [architecture], "shift": [shift], "flip": [flip], "cutout": [cutout]}
        for shift, flip, cutout in choices
    ]


def _learning(architectures: Sequence[str]) -> Grid:
    """Learning rates and weight decays around the recipe's."""
    rates, decays = [0.1, 0.2, 0.4], [5e-4, 1e-3, 2e-3]
    return [{"architecture": architectures, "learning_rate": rates, "weight_decay": decays}]


BEYOND = (
    Family(
        name="cnn_augment",
        question="What do shifts, mirror images and cutouts each add to the final CNN?",
        finding=f"{_BEST}. It names image augmentation as its next step.",
        model=CNN(dropout=0.25),
        training=TrainingConfig(batch_size=256),
        grid=_augmentations("3x128"),
        quick=_augmentations("3x16"),
        smoke=_augmentations("2x8"),
    ),
    Family(
        name="champion_search",
        question="Which VGG-like network, learning rate and weight decay are most accurate?",
        finding=f"{_BEST}.",
        model=VGG(mirrored=True),
        training=RECIPE,
        grid=_learning(["64-128-256", "64-256-256"]),
        quick=_learning(["32-64-128"]),
        smoke=[{"architecture": ["8-8"], "learning_rate": [0.1, 0.2, 0.4]}],
    ),
    Family(
        name="wide_search",
        question="How accurate is a wide residual network, and at which weight decay?",
        finding=f"{_BEST}.",
        model=ResNet(mirrored=True),
        # 240 divides the 48,000 training images, so that XLA compiles steps of one size only.
        training=replace(RECIPE, batch_size=240),
        grid=[{"architecture": ["2x128"], "weight_decay": [2e-3, 5e-3]}],
        quick=[{"architecture": ["1x16"], "weight_decay": [2e-3, 5e-3]}],
        smoke=[{"architecture": ["1x8"], "weight_decay": [2e-3, 5e-3]}],
    ),
    Family(
        name="small_search",
        question="How accurate is a residual network of at most 300,000 parameters?",
        finding=f"{_BEST}, with 1,562,122 parameters.",
        model=ResNet(mirrored=True),
        training=RECIPE,
        grid=[{"architecture": ["3x16", "1x30"], "learning_rate": [0.1, 0.2]}],
        quick=[{"architecture": ["1x16"], "learning_rate": [0.1, 0.2]}],
        smoke=[{"architecture": ["1x8"], "learning_rate": [0.1, 0.2]}],
    ),
    Family(
        name="small_vgg_search",
        question="How accurate is a VGG-like network of at most 300,000 parameters?",
        finding=f"{_BEST}, with 1,562,122 parameters.",
        model=VGG(mirrored=True),
        training=RECIPE,
        grid=[{"architecture": ["32-64-128"], "learning_rate": [0.1, 0.2, 0.4]}],
        quick=[{"architecture": ["16-32-64"], "learning_rate": [0.1, 0.2, 0.4]}],
        smoke=[{"architecture": ["8-8"], "learning_rate": [0.1, 0.2]}],
    ),
)
