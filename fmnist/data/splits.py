"""Split the training images, stratified by class: holdout, refit, or one of five folds."""

import hashlib
from dataclasses import dataclass
from functools import cache, lru_cache

import numpy as np

from fmnist.data import kept_splits
from fmnist.data.config import ALL_IMAGES, FOLDS, HOLDOUT, REFIT, DataConfig, validation_fraction
from fmnist.data.fashion_mnist import (
    CLASS_NAMES,
    FASHION_MNIST,
    FloatImages,
    Labels,
    identity,
    load,
    scale,
)
from fmnist.data.identity import Identity
from fmnist.data.kept_splits import Indices
from fmnist.errors import InvalidInput

STUDYS = FASHION_MNIST.title


@dataclass(frozen=True)
class Split:
    """The images of one trial: (n, 28, 28), float32 scaled to [0, 1], with labels (n,)."""

    config: DataConfig
    train_images: FloatImages
    train_labels: Labels
    validation_images: FloatImages
    validation_labels: Labels


def describe(samples: int, split: str, seed: int) -> DataConfig:
    """The configuration of a split, with the digest of its images and labels.

    Of other data than Fashion-MNIST, 60,000 samples stand for all images, and so does whatever is
    more than there are.
    """
    return _describe(samples, split, seed, identity())


@cache
def _describe(samples: int, split: str, seed: int, told: Identity) -> DataConfig:
    dataset = load()
    if told.is_other:
        samples = _samples(samples, len(dataset.train_labels))
    hasher = hashlib.sha256()
    for indices in _split_indices(dataset.train_labels, samples, split, seed):
        hasher.update(dataset.train_images[indices].tobytes())
        hasher.update(dataset.train_labels[indices].tobytes())
    return DataConfig(
        digest=hasher.hexdigest(),
        samples=samples,
        split=split,
        seed=seed,
        training_set=told.training_set,
        test_set=told.test_set,
    )


def _samples(asked: int, there: int) -> int:
    """How many images are used: all, unless those left out could still be split by class."""
    return there if asked >= min(ALL_IMAGES, there - len(CLASS_NAMES)) else asked


@lru_cache(maxsize=2)
def load_split(config: DataConfig) -> Split:
    """The images and labels of a split.

    Raises:
        InvalidInput: if this machine's data do not match the configuration's digest.
    """
    dataset = load()
    train, validation = _verified_indices(config)
    return Split(
        config,
        scale(dataset.train_images[train]),
        dataset.train_labels[train],
        scale(dataset.train_images[validation]),
        dataset.train_labels[validation],
    )


@cache
def validation_labels(config: DataConfig) -> Labels:
    """The labels (n,) of a split's validation images, without loading the images.

    Raises:
        InvalidInput: if this machine's data do not match the configuration's digest.
    """
    return load().train_labels[_verified_indices(config)[1]]


def check_data_set(config: DataConfig) -> None:
    """Refuse a configuration of another data set than this process's. No image is read.

    Raises:
        InvalidInput: if it is of another one.
    """
    if config.data_set == identity().digests:
        return
    wanted = f"other data (test set {config.test_set[:12]}...)" if config.test_set else STUDYS
    accepted = "its own data, with data=FOLDER" if config.test_set else f"{STUDYS}, without data"
    raise InvalidInput(
        f"data: the trial is of {wanted}, and not of {identity().title}; accepted is {accepted}"
    )


def _verified_indices(config: DataConfig) -> Indices:
    check_data_set(config)
    if describe(config.samples, config.split, config.seed) != config:
        raise InvalidInput(f"digest={config.digest[:12]}...: the data here give another digest")
    return _split_indices(load().train_labels, config.samples, config.split, config.seed)


def _split_indices(labels: Labels, samples: int, split: str, seed: int) -> Indices:
    """Sorted indices of the training and the validation images, kept since they were last drawn."""
    path, size = kept_splits.path_of(labels, samples, split, seed), len(labels)
    if kept := kept_splits.read(path, size):
        return kept
    drawn = _draw(labels, samples, split, seed)
    kept_splits.keep(path, size, drawn)
    return drawn


def _draw(labels: Labels, samples: int, split: str, seed: int) -> Indices:
    """Sorted indices of the training and the validation images; both keep the classes' shares."""
    from sklearn.model_selection import StratifiedKFold, train_test_split  # 1 s to import

    pool = np.arange(len(labels))
    if samples < len(labels):
        pool, _ = train_test_split(pool, train_size=samples, stratify=labels, random_state=seed)
    if split in (HOLDOUT, REFIT):
        part = validation_fraction(split)
        train, validation = train_test_split(
            pool, test_size=part, stratify=labels[pool], random_state=seed
        )
    else:
        folds = StratifiedKFold(FOLDS, shuffle=True, random_state=seed)
        number = int(split.removeprefix("fold-")) - 1
        chosen = list(folds.split(pool, labels[pool]))[number]
        train, validation = (pool[part] for part in chosen)
    return np.sort(train), np.sort(validation)
