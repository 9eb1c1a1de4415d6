"""A trial as an MLflow run: its name, description, tags, params, metrics and data sets."""

import json
from collections.abc import Sequence

import numpy as np
from mlflow.data.schema import TensorDatasetSchema
from mlflow.entities import Dataset, DatasetInput, InputTag, Metric
from mlflow.types import Schema, TensorSpec
from mlflow.utils.mlflow_tags import MLFLOW_DATASET_CONTEXT

from fmnist.data import fashion_mnist
from fmnist.data.config import DataConfig, split_sizes
from fmnist.data.identity import Identity
from fmnist.study import families
from fmnist.study.metrics import NOT_IN_RUNS, SYSTEM
from fmnist.study.naming import configuration
from fmnist.study.request import Request
from fmnist.study.trial import Trial
from fmnist.tracking import runs
from fmnist.training.bundle import Record

PARTS = TRAINING, VALIDATION, TEST = "training", "validation", "test"
DIGEST_CHARACTERS = 36  # MLflow's limit
# The fields after `precision` are params only if they do not have their default.
TRAINING_PARAMS = (
    "epochs", "batch_size", "optimizer", "learning_rate", "precision", "schedule", "weight_decay",
    "label_smoothing", "shift", "flip", "cutout", "weights", "plateau_min_delta",
)  # fmt: skip


def name(request: Request) -> str:
    """A run's name: "mlp_search 512-256 dropout=0.25", with the attempt's number from 2 on."""
    again = f"(attempt {request.attempt})" if request.attempt > 1 else ""
    return " ".join(filter(None, [request.family, request.label, again]))


def description(request: Request) -> str:
    """A line with the trial's family, its label and its key."""
    family = families.known().get(request.family)
    question = f" ({family.question})" if family else ""
    apart = f": {request.label}" if request.label else ""
    return f"A trial of **{request.family}**{question}{apart}. Key `{request.trial.key}`."


def tags(request: Request) -> dict[str, str]:
    """The tags by which a trial is found, and its description."""
    return {
        runs.KIND: "trial",
        runs.FAMILY: request.family,
        runs.KEY: request.trial.key,
        runs.PRESET: request.preset,
        runs.REPLICATE: str(request.trial.replicate),
        runs.ATTEMPT: str(request.attempt),
        runs.TRIAL: runs.canonical_text(request.trial),
        runs.CONFIGURATION: configuration(request.trial),
        runs.DESCRIPTION: description(request),
        **data_tags(request.trial.data),
    }


def data_tags(config: DataConfig) -> dict[str, str]:
    """The tag with the name of other data than Fashion-MNIST, for people."""
    told = _data_set(config)
    return {runs.DATA: told.name} if told.is_other else {}


def _data_set(config: DataConfig) -> Identity:
    """What is known of the data set; of another one than the process's only its digests.

    Of that an earlier search may have left a bundle.
    """
    known = (fashion_mnist.FASHION_MNIST, fashion_mnist.identity())
    unknown = Identity(f"data-{config.test_set[:8]}", (), *config.data_set, test_samples=0)
    return next((one for one in known if one.digests == config.data_set), unknown)


def params(trial: Trial) -> dict[str, str]:
    """A trial's params, in the study's words and few enough to be columns."""
    canonical = trial.canonical()
    training = {
        name: value for name, value in canonical["training"].items() if name in TRAINING_PARAMS
    }
    split = {name: canonical["data"][name] for name in ("samples", "split", "seed")}
    words = {**canonical["model"], **training, **split, "replicate": trial.replicate}
    return {name: str(value) for name, value in words.items()}


def metrics(record: Record) -> list[Metric]:
    """All metrics of a record under our names: those of each epoch, then those of the summary.

    Each has its original step and time, so that logging it twice adds no row.
    """
    curves = [
        Metric(name, value, record.timestamps[epoch], epoch)
        for name, values in record.curves.items()
        for epoch, value in enumerate(values)
    ]
    sampled = [
        Metric(f"{SYSTEM}{name}", value, record.timestamps[epoch], epoch)
        for epoch, sample in enumerate(record.machine)
        for name, value in sample.items()
    ]
    kept = {name: value for name, value in record.summary.items() if name not in NOT_IN_RUNS}
    ended = record.timestamps[-1]
    return curves + sampled + [Metric(name, value, ended, 0) for name, value in kept.items()]


def parts_read(request: Request) -> list[str]:
    """The parts of the data that a trial reads."""
    return [TRAINING, VALIDATION, *(part for part in request.evaluate if part == TEST)]


def inputs(config: DataConfig, parts: Sequence[str]) -> list[DatasetInput]:
    """Parts of the data as MLflow's data sets, which are the same for the same split."""
    return [
        DatasetInput(_dataset(config, part), [InputTag(MLFLOW_DATASET_CONTEXT, part)])
        for part in parts
    ]


def _dataset(config: DataConfig, part: str) -> Dataset:
    """One part, with a digest of every byte; MLflow's own covers only the first 10,000 values."""
    told = _data_set(config)
    training, validation = split_sizes(config.samples, config.split)
    count, digest = {
        TRAINING: (training, config.digest),
        VALIDATION: (validation, config.digest),
        TEST: (told.test_samples, config.test_set or fashion_mnist.FILES[2].sha256),
    }[part]
    counted = {"images": count} if count else {}
    profile = {**counted, "classes": len(fashion_mnist.CLASS_NAMES), "sha256": digest}
    if part != TEST:
        profile |= {"split": config.split, "seed": config.seed}
    source = {"uri": told.name} if told.is_other else {"url": fashion_mnist.ORIGIN}
    return Dataset(
        name=told.name,
        digest=f"{part}-{digest}"[:DIGEST_CHARACTERS],
        source_type="local" if told.is_other else "http",
        source=json.dumps(source),
        schema=json.dumps(_schema().to_dict()),
        profile=json.dumps(profile),
    )


def _schema() -> TensorDatasetSchema:
    """The schema of images (n, 28, 28) with pixels 0-255, and labels (n,)."""
    pixels = TensorSpec(np.dtype(np.uint8), (-1, *fashion_mnist.IMAGE_SHAPE))
    labels = TensorSpec(np.dtype(np.uint8), (-1,))
    return TensorDatasetSchema(Schema([pixels]), Schema([labels]))
