"""Split the training images, stratified by class: holdout, refit, or one of five folds."""

import hashlib
from dataclasses import dataclass
from functools import cache, lru_cache

import numpy as np

from fmnist.data import kept_splits
from fmnist.data.config import FOLDS, HOLDOUT, REFIT, DataConfig, validation_fraction
from fmnist.data.fashion_mnist import FloatImages, Labels, load, scale
from fmnist.data.kept_splits import Indices
from fmnist.errors import InvalidInput


@dataclass(frozen=True)
class Split:
    """The images of one trial: (n, 28, 28), float32 scaled to [0, 1], with labels (n,)."""

    config: DataConfig
    train_images: FloatImages
    train_labels: Labels
    validation_images: FloatImages
    validation_labels: Labels


@cache
def describe(samples: int, split: str, seed: int) -> DataConfig:
    """The configuration of a split, with the digest of its images and labels."""
    dataset = load()
    hasher = hashlib.sha256()
    for indices in _split_indices(dataset.train_labels, samples, split, seed):
        hasher.update(dataset.train_images[indices].tobytes())
        hasher.update(dataset.train_labels[indices].tobytes())
    return DataConfig(digest=hasher.hexdigest(), samples=samples, split=split, seed=seed)


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


def _verified_indices(config: DataConfig) -> Indices:
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
