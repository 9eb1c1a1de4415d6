"""The records of a study as one Parquet file: what trials, finals and ensembles left, no weights.

A row holds the fields of a `bundle.Record`, with the class that the restored weights predict for
each validation image. The same records give the same bytes, with the same pyarrow. What is read
comes from anybody: every field is checked, and a key is that of its configuration or refused.
"""

import json
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from fmnist import records
from fmnist.bundle import Record
from fmnist.config import Request, digest_of
from fmnist.data import CLASS_NAMES
from fmnist.families import FAMILIES, FINALS, KFOLD
from fmnist.plots import CURVES
from fmnist.presets import PRESETS
from fmnist.selection import CRITERION
from fmnist.validation import InvalidInput

TRIAL, FINAL, ENSEMBLE = KINDS = "trial", "final", "ensemble"
SUFFIX = ".parquet"
FAMILIES_OF = {TRIAL: {*FAMILIES, KFOLD}, FINAL: {*FINALS, KFOLD}, ENSEMBLE: {ENSEMBLE}}
# What every table rests on.
TRIAL_METRICS = {
    *(f"{end}_{name}" for end in ("best", "last") for name in (*CURVES, "learning_rate")),
    "best_epoch", "epochs_run", "parameters", "train_seconds", "epoch_seconds",
}  # fmt: skip
FINAL_METRICS = {"models", "parameters"}
# Far above what a study needs, far below what a machine cannot take.
MAXIMUM_BYTES, MAXIMUM_UNPACKED, MAXIMUM_ROWS = 64 * 1024**2, 512 * 1024**2, 20_000
MAXIMUM_TEXT, MAXIMUM_NAMES = 2_000, 100
COMMAND = r"mlflow run \. -e [a-z_]+( -P [a-z_]+=[a-z0-9_.]+)*"
LATEST = 4_102_444_800_000  # the year 2100, milliseconds since 1970


def _values(kind: pa.DataType) -> pa.Field:
    return pa.field("value", kind, nullable=False)


def _list_of(kind: pa.DataType) -> pa.DataType:
    return pa.list_(pa.field("element", kind, nullable=False))


SCHEMA = pa.schema(
    [
        pa.field(name, kind, nullable=False)
        for name, kind in {
            "kind": pa.string(),
            "key": pa.string(),
            "request": pa.string(),
            "seed": pa.int64(),
            "curves": pa.map_(pa.string(), _values(_list_of(pa.float64()))),
            "timestamps": _list_of(pa.int64()),
            "summary": pa.map_(pa.string(), _values(pa.float64())),
            "environment": pa.map_(pa.string(), _values(pa.string())),
            "files": pa.map_(pa.string(), _values(pa.string())),
            "validation_classes": pa.binary(),
        }.items()
    ]
)
MAPS = ("curves", "summary", "environment", "files")


@dataclass(frozen=True)
class Exported:
    """A trial, or the result of a final or an ensemble, as the file holds it.

    Attributes:
        kind: one of `KINDS`; a result's record has its metrics as summary, and no curves. The
            trial of an ensemble's is its best member.
        classes: of a trial, a byte for each validation image: the class predicted for it.
    """

    kind: str
    record: Record
    classes: bytes = b""

    @property
    def key(self) -> str:
        """The key of the trial, or of that which was chosen; an ensemble's is of its members."""
        return digest_of(self.members) if self.kind == ENSEMBLE else self.record.key

    @property
    def members(self) -> list[str]:
        """The keys of an ensemble's members; of anything else none."""
        listed = self.record.environment.get("members", "")
        return listed.split(",") if self.kind == ENSEMBLE else []

    @property
    def identity(self) -> tuple[str, ...]:
        """What makes it the same as another one: a trial's key, a result's name and choice too."""
        request = self.record.request
        own = () if self.kind == TRIAL else (request.family, request.preset)
        return (self.kind, *own, self.key)


def write(path: Path, exported: Iterable[Exported]) -> None:
    """Write the file, in the order of identities, whole or not at all."""
    rows = [_row(one) for one in sorted(exported, key=lambda one: one.identity)]
    scratch = path.with_name(f".incomplete-{os.getpid()}-{path.name}")
    try:
        table = pa.Table.from_pylist(rows, SCHEMA)
        pq.write_table(table, scratch, compression="zstd", write_page_checksum=True)
        os.replace(scratch, path)
    finally:
        scratch.unlink(missing_ok=True)


def _row(one: Exported) -> dict[str, Any]:
    record = one.record
    row = {name: sorted(getattr(record, name).items()) for name in MAPS}
    return row | {
        "kind": one.kind,
        "key": one.key,
        "request": json.dumps(record.request.to_plain(), sort_keys=True),
        "seed": record.seed,
        "timestamps": record.timestamps,
        "validation_classes": one.classes,
    }


def read(path: Path) -> list[Exported]:
    """Read and check a file of records.

    Raises:
        InvalidInput: if it is none, or anything in it is not what it should be.
    """
    rows = _read_rows(path)
    found = []
    for number, row in enumerate(rows, start=1):
        try:
            found.append(_exported(row))
        except Exception as error:  # whatever a row raises that anybody may have written
            raise InvalidInput(f"{path}: row {number}: {_line(error)}") from None
    if len({one.identity for one in found}) < len(found):
        raise InvalidInput(f"{path}: two rows have the same key")
    return found


def _line(error: Exception) -> str:
    return " ".join(str(error).split())[:300] or type(error).__name__


def _read_rows(path: Path) -> list[dict[str, Any]]:
    """The rows of a file that is no larger than it may be, and of the schema."""
    if path.stat().st_size > MAXIMUM_BYTES:
        raise InvalidInput(f"{path}: accepted is up to {MAXIMUM_BYTES} bytes")
    try:
        with pq.ParquetFile(path, page_checksum_verification=True) as file:
            groups = (file.metadata.row_group(n) for n in range(file.metadata.num_row_groups))
            unpacked = sum(group.total_byte_size for group in groups)
            if unpacked > MAXIMUM_UNPACKED or file.metadata.num_rows > MAXIMUM_ROWS:
                raise InvalidInput(f"{path}: accepted is up to {MAXIMUM_ROWS} rows of records")
            if not file.schema_arrow.equals(SCHEMA):
                raise InvalidInput(f"{path}: accepted is the columns {', '.join(SCHEMA.names)}")
            rows: list[dict[str, Any]] = file.read().to_pylist()
            return rows
    except (pa.ArrowException, OSError) as error:
        raise InvalidInput(f"{path}: not a whole Parquet file ({_line(error)})") from None


def _exported(row: Mapping[str, Any]) -> Exported:
    _require(row["kind"] in KINDS, f"kind is one of {', '.join(KINDS)}")
    record = Record(
        request=Request.from_plain(json.loads(row["request"])),
        seed=row["seed"],
        timestamps=row["timestamps"],
        **{name: _as_map(name, row[name]) for name in MAPS},
    )
    _check_request(row["kind"], record.request)
    found = Exported(row["kind"], record, row["validation_classes"])
    _require(row["key"] == found.key, f"key {row['key']} is not its configuration's {found.key}")
    _require(record.seed == record.trial.seed, "seed is not that of the key")
    tags = {records.environment_tag(name) for name in record.environment}
    _require(not tags & records.OWN, "environment has a name that is not an environment's")
    if row["kind"] == TRIAL:
        _check_trial(record, found.classes)
    else:
        _check_result(found)
    return found


def _require(holds: bool, what: str) -> None:
    if not holds:
        raise InvalidInput(what)


def _as_map(field: str, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    _require(len(found) == len(pairs) <= MAXIMUM_NAMES, f"{field} has a name twice, or too many")
    for name, value in found.items():
        _require(bool(re.fullmatch(r"[a-z][a-z0-9_.]{0,79}", name)), f"{field}: name {name[:80]!r}")
        if isinstance(value, str):
            _require(len(value) <= MAXIMUM_TEXT and value.isprintable(), f"{field}: text of {name}")
        else:
            values = value if isinstance(value, list) else [value]
            _require(_plausible(name, values), f"{field}: {name} has a value that none can have")
    return found


def _plausible(name: str, values: list[float]) -> bool:
    """Whether numbers are finite, and an accuracy's from 0 to 1."""
    bounded = name.endswith("accuracy")
    return all(isfinite(value) and (0 <= value <= 1 or not bounded) for value in values)


def _check_request(kind: str, request: Request) -> None:
    family, preset, label = request.family, request.preset, request.label
    _require(family in FAMILIES_OF[kind], f"family {str(family)[:80]!r} is no {kind}'s")
    _require(preset in PRESETS, f"preset is one of {', '.join(PRESETS)}")
    _require(len(label) <= MAXIMUM_TEXT and label.isprintable(), "label is not a line of text")
    _require(type(request.attempt) is int and 1 <= request.attempt <= 1_000, "attempt is 1 to 1000")
    _require(type(request.deterministic) is bool, "deterministic is true or false")
    data, replicate = request.trial.data, request.trial.replicate
    _require(bool(re.fullmatch(r"[0-9a-f]{64}", data.digest)), "digest is no SHA-256")
    _require(type(data.samples) is type(data.seed) is int, "samples and seed are whole numbers")
    _require(0 <= data.seed < 2**31 and 0 <= replicate < 2**31, "seed and replicate are 0 or more")
    _require(set(request.evaluate) <= {"train", "test"}, "evaluate is of train, test")


def _check_trial(record: Record, classes: bytes) -> None:
    """A trial's summary is that of its curves, and its curves are as long as it ran."""
    summary, ran = record.summary, len(record.timestamps)
    _require(summary.keys() >= TRIAL_METRICS, "summary lacks metrics of a trial")
    _require(record.curves.keys() >= {*CURVES, "learning_rate"}, "curves lack one of a trial's")
    _require(1 <= ran <= record.trial.training.epochs, "more epochs than the limit, or none")
    lengths = {ran, int(summary["epochs_run"]), *map(len, record.curves.values())}
    _require(lengths == {ran}, "curves of different lengths")
    _require(all(0 < at < LATEST for at in record.timestamps), "timestamps of no date")
    _require(record.timestamps == sorted(record.timestamps), "timestamps that go back")
    best = int(summary["best_epoch"])
    _require(1 <= best <= ran, "best_epoch is none that ran")
    for name, values in record.curves.items():
        ends = {f"last_{name}": values[-1]}
        # Curves are of the network alone; the best of a mirrored model is judged by the mean.
        if not (record.trial.model.mirrored and name.startswith("val_")):
            ends[f"best_{name}"] = values[best - 1]
        _require(ends.items() <= summary.items(), f"summary of {name} is not that of its curve")
    _require(0 < len(classes) <= 60_000, "validation_classes of no data set")
    _require(max(classes) < len(CLASS_NAMES), "validation_classes are 0 to 9")


def _check_result(found: Exported) -> None:
    """What a final or an ensemble came to, and the command that gave it."""
    summary, environment = found.record.summary, dict(found.record.environment)
    _require(summary.keys() >= FINAL_METRICS, "summary lacks metrics of a result")
    ours = {CRITERION, f"mean_{CRITERION}"} & summary.keys()
    _require(bool(ours) and 1 <= summary["models"] <= 1_000, "summary is of no result")
    if found.kind == ENSEMBLE:
        _check_members(environment.pop("members", ""), found.record, int(summary["models"]))
    _require(environment.keys() <= {"command"}, "environment of a result is its command")
    for typed in environment.values():  # people copy it from a table into a terminal
        _require(bool(re.fullmatch(COMMAND, typed)), "command is no mlflow run of this project")


def _check_members(listed: str, best: Record, models: int) -> None:
    """An ensemble's members are keys, each once, in order, as many as it says, the best among."""
    _require(bool(re.fullmatch(r"[0-9a-f]{16}(,[0-9a-f]{16})*", listed)), "members are keys")
    keys = listed.split(",")
    _require(keys == sorted(set(keys)) and len(keys) == models, "members are each key once, sorted")
    _require(best.key in keys, "the best member is none of the members")
