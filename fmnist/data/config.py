"""Which images a trial trains and validates on, as a value."""

import dataclasses
import math
import re
from dataclasses import dataclass
from typing import TypeVar

from fmnist.errors import check

# Marks a field that `newer` made.
NEWER = {"newer than the schema": True}

Default = TypeVar("Default")


def newer(default: Default) -> Default:
    """A field that was added after trials were recorded.

    Its default must mean what was done before there was the field. A trial's canonical form leaves
    the field out while it has its default, so that the keys of earlier trials stay the same.
    """
    made: Default = dataclasses.field(default=default, metadata=NEWER)
    return made


# A SHA-256 in hexadecimal.
DIGEST = r"[0-9a-f]{64}"
SPLIT_PATTERN = r"holdout|refit|fold-[1-5]"
# How many training images Fashion-MNIST has, and how many other data may have.
ALL_IMAGES, MOST_IMAGES = 60_000, 1_000_000


@dataclass(frozen=True, kw_only=True)
class DataConfig:
    """Which images a trial trains and validates on.

    Attributes:
        digest: the SHA-256 of exactly these images and labels.
        samples: how many of the training images are used: of Fashion-MNIST's up to 60,000.
        split: "holdout" and "fold-1" to "fold-5" split them 4:1. "refit" splits them 49:1, to train
            a configuration again that was already chosen.
        seed: of the random split.
        training_set, test_set: what other data than Fashion-MNIST they are of: the SHA-256 of the
            whole training set and of the test set. Both are empty for Fashion-MNIST.

    Raises:
        InvalidInput: if a field but the digest is out of range.
    """

    digest: str
    samples: int = ALL_IMAGES
    split: str = "holdout"
    seed: int = 0
    training_set: str = newer("")
    test_set: str = newer("")

    def __post_init__(self) -> None:
        most = MOST_IMAGES if any(self.data_set) else ALL_IMAGES
        counted = type(self.samples) is int and 10 <= self.samples <= most
        check(counted, "samples", self.samples, f"10 to {most}")
        seeded = type(self.seed) is int and 0 <= self.seed < 2**31
        check(seeded, "seed", self.seed, "a whole number from 0 to 2147483647")
        known = re.fullmatch(SPLIT_PATTERN, self.split)
        check(bool(known), "split", self.split, "holdout, refit, or fold-1 to fold-5")
        for name in ("training_set", "test_set"):
            found = getattr(self, name)
            check(not found or bool(re.fullmatch(DIGEST, found)), name, found, "a SHA-256")

    @property
    def data_set(self) -> tuple[str, str]:
        """The digests of the data set that the images are of; empty for Fashion-MNIST."""
        return self.training_set, self.test_set

    @property
    def is_fold(self) -> bool:
        """Whether the split is one of the five folds."""
        return self.split in FOLD_SPLITS


HOLDOUT, REFIT = "holdout", "refit"
VALIDATION_FRACTION = 0.2
# A refit makes no choice on its held-out images. They only show whether training went well.
REFIT_FRACTION = 0.02
FOLDS = 5
FOLD_SPLITS = tuple(f"fold-{number}" for number in range(1, FOLDS + 1))
# What stands for all of them together, where one of them is not meant.
ALL_FOLDS = f"{FOLDS} folds"


def split_sizes(samples: int, split: str) -> tuple[int, int]:
    """How many of the samples a split trains on, and how many it validates on."""
    validation = math.ceil(samples * validation_fraction(split))
    return samples - validation, validation


def validation_fraction(split: str) -> float:
    """The part of the samples that a split validates on."""
    return REFIT_FRACTION if split == REFIT else VALIDATION_FRACTION
