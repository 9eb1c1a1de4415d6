"""What a data set is, without its images: its name, its classes, its digests."""

import hashlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Identity:
    """What a data set is, without its images.

    Attributes:
        name: for people, and in names of registered models: lowercase letters, digits and dashes.
        training_set, test_set: the SHA-256 of all training images and labels, and of all test
            images and labels; empty for Fashion-MNIST, whose keys are older than these fields.
        test_samples: how many test images there are.
    """

    name: str
    class_names: tuple[str, ...]
    training_set: str = ""
    test_set: str = ""
    test_samples: int = 10_000

    @property
    def digests(self) -> tuple[str, str]:
        """The digests of the training set and of the test set, which tell data sets apart."""
        return self.training_set, self.test_set

    @property
    def is_other(self) -> bool:
        """Whether this is another data set than Fashion-MNIST."""
        return any(self.digests)

    @property
    def title(self) -> str:
        """What the data set is called in a sentence."""
        return self.name if self.is_other else "Fashion-MNIST"


def digest(images: NDArray[np.uint8], labels: NDArray[np.uint8]) -> str:
    """The SHA-256 of images (n, 28, 28) and their labels (n,)."""
    return hashlib.sha256(images.tobytes() + labels.tobytes()).hexdigest()
