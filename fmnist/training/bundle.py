"""A trial's bundle: one folder on disk with its record, weights and predictions.

    record.json       configuration, key, seed, versions, hardware, curves, summary, files' digests
    weights.npz       the kept epoch's weights, in the order of `model.get_weights()`
    predictions.npz   probabilities (n, 10) on "validation" and, if requested, on "test"

A bundle is written whole or not at all, and reading it runs no code.
"""

import dataclasses
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from fmnist.errors import InvalidInput
from fmnist.files import INCOMPLETE
from fmnist.study.request import Request
from fmnist.study.trial import Trial

RECORD = "record.json"
WEIGHTS = "weights.npz"
PREDICTIONS = "predictions.npz"

# Values per epoch, by metric name.
Curves = dict[str, list[float]]


@dataclass(frozen=True, kw_only=True)
class Record:
    """A trial's record: everything about it except the arrays.

    Attributes:
        seed: the trial's seed, see `Trial.seed`.
        curves: one value per epoch, by metric name.
        timestamps: the end of each epoch, in milliseconds since 1970.
        summary: metrics of the whole trial: `best_*`, `last_*`, `train_*`, `test_*`, `epochs_run`,
            `parameters`, ...
        environment: where it ran: versions, hardware, backend, commit.
        files: the SHA-256 of each other file of the bundle, by name.
        machine: one sample of the machine per epoch, mostly empty; older records have no samples.
    """

    request: Request
    seed: int
    curves: Curves
    timestamps: list[int]
    summary: dict[str, float]
    environment: dict[str, str]
    files: dict[str, str] = field(default_factory=dict)
    machine: list[dict[str, float]] = field(default_factory=list)

    @property
    def trial(self) -> Trial:
        """The trial that was trained."""
        return self.request.trial

    @property
    def key(self) -> str:
        """The trial's key."""
        return self.trial.key

    def to_json(self) -> str:
        """The record as JSON, which `Record.from_json` reads back."""
        fields = {item.name: getattr(self, item.name) for item in dataclasses.fields(self)}
        fields |= {"request": self.request.to_plain(), "key": self.key}
        return json.dumps(fields, indent=1, sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read a record.

        Raises:
            InvalidInput: if the text is not a record, or its key is not its configuration's key.
        """
        try:
            fields = json.loads(text)
            key = fields.pop("key")
            record = cls(**fields | {"request": Request.from_plain(fields["request"])})
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            raise InvalidInput(f"{RECORD}: not a trial's record ({error})") from None
        if record.key != key:
            raise InvalidInput(f"{RECORD}: key {key} is not its configuration's key, {record.key}")
        return record


@dataclass(frozen=True)
class Bundle:
    """A bundle on disk."""

    folder: Path
    record: Record

    def weights(self) -> list[NDArray[np.float32]]:
        """The kept epoch's weights, in the order of `model.get_weights()`."""
        with np.load(self.folder / WEIGHTS, allow_pickle=False) as arrays:
            return [arrays[name] for name in sorted(arrays.files)]

    def predictions(self, part: str) -> NDArray[np.float32]:
        """The probabilities (n, 10) on "validation" or "test".

        Raises:
            KeyError: if the trial was not evaluated there.
        """
        with np.load(self.folder / PREDICTIONS, allow_pickle=False) as arrays:
            return np.asarray(arrays[part])


def write(
    folder: Path,
    record: Record,
    weights: list[NDArray[np.float32]],
    predictions: Mapping[str, NDArray[np.float32]],
) -> Bundle:
    """Write a bundle to `folder`, replacing what is there; `record.files` is filled in.

    `weights` are in the order of `model.get_weights()`, `predictions` are (n, 10) for each of
    "validation" and "test".
    """
    with _replacing(folder) as scratch:
        arrays = {f"{index:04d}": array for index, array in enumerate(weights)}
        np.savez(scratch / WEIGHTS, **arrays)  # type: ignore[arg-type]
        np.savez_compressed(scratch / PREDICTIONS, **predictions)  # type: ignore[arg-type]
        files = {name: file_digest(scratch / name) for name in (WEIGHTS, PREDICTIONS)}
        record = dataclasses.replace(record, files=files)
        (scratch / RECORD).write_text(record.to_json(), encoding="utf-8")
    return Bundle(folder, record)


def unpack(content: Mapping[str, bytes], folder: Path) -> Bundle:
    """Verify the files of a bundle from elsewhere, and write them to `folder` like `write`.

    Raises:
        InvalidInput: if a file is missing, or not the one that its record describes.
    """
    with _replacing(folder) as scratch:
        for name in (WEIGHTS, PREDICTIONS, RECORD):
            (scratch / name).write_bytes(content[name])
        record = read(scratch).record
    return Bundle(folder, record)


@contextmanager
def _replacing(folder: Path) -> Iterator[Path]:
    """Yield a scratch folder, which replaces `folder` if the block ends without an error.

    Its files are on the disk by then: the checkpoint that could bring them back goes next.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(prefix=INCOMPLETE, dir=folder.parent))
    try:
        yield scratch
        for file in scratch.iterdir():
            with file.open("rb") as stream:
                os.fsync(stream.fileno())
        if folder.exists():
            os.replace(folder, scratch / "replaced")
        os.replace(scratch, folder)
        shutil.rmtree(folder / "replaced", ignore_errors=True)
    except BaseException:
        shutil.rmtree(scratch, ignore_errors=True)
        raise


def read(folder: Path) -> Bundle:
    """Read a bundle and verify its files' digests.

    Raises:
        InvalidInput: if it is incomplete, or a file does not match the record's digest.
    """
    if not (folder / RECORD).is_file():
        raise InvalidInput(f"{folder}: no {RECORD}; accepted is the folder of a trial's bundle")
    record = Record.from_json((folder / RECORD).read_text(errors="replace"))
    if not isinstance(record.files, dict) or record.files.keys() != {WEIGHTS, PREDICTIONS}:
        raise InvalidInput(f"{folder}: {RECORD} does not describe the files of a bundle")
    for name, digest in record.files.items():
        if not (folder / name).is_file() or file_digest(folder / name) != digest:
            raise InvalidInput(f"{folder / name}: missing, or not the file that {RECORD} describes")
    return Bundle(folder, record)


def file_digest(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
