"""Which images a trial trains and validates on, as a value."""

import re
from dataclasses import dataclass

from fmnist.errors import check

# A SHA-256 in hexadecimal.
DIGEST = r"[0-9a-f]{64}"
SPLIT_PATTERN = r"holdout|refit|fold-[1-5]"


@dataclass(frozen=True, kw_only=True)
class DataConfig:
    """Which images a trial trains and validates on.

    Attributes:
        digest: the SHA-256 of exactly these images and labels.
        samples: how many of the 60,000 training images are used.
        split: "holdout" and "fold-1" to "fold-5" split them 4:1. "refit" splits them 49:1, to train
            a configuration again that was already chosen.
        seed: of the random split.

    Raises:
        InvalidInput: if a field but the digest is out of range.
    """

    digest: str
    samples: int = 60_000
    split: str = "holdout"
    seed: int = 0

    def __post_init__(self) -> None:
        counted = type(self.samples) is int and 10 <= self.samples <= 60_000
        check(counted, "samples", self.samples, "10 to 60000")
        seeded = type(self.seed) is int and 0 <= self.seed < 2**31
        check(seeded, "seed", self.seed, "a whole number from 0 to 2147483647")
        known = re.fullmatch(SPLIT_PATTERN, self.split)
        check(bool(known), "split", self.split, "holdout, refit, or fold-1 to fold-5")

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
    validation = round(samples * validation_fraction(split))
    return samples - validation, validation


def validation_fraction(split: str) -> float:
    """The part of the samples that a split validates on."""
    return REFIT_FRACTION if split == REFIT else VALIDATION_FRACTION
