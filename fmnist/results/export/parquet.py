"""The records of trials, finals and ensembles as one Parquet file, without weights.

A row holds the fields of a `bundle.Record`, with the class that the restored weights predict for
each validation image. The same records give the same bytes, with the same pyarrow. What is read
comes from anybody: every field is checked, and a key is that of its configuration or refused.
"""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from fmnist.errors import InvalidInput
from fmnist.files import replacing
from fmnist.results.export.exported import MAPS, Exported, require
from fmnist.study.request import Request
from fmnist.training.bundle import Record

SUFFIX = ".parquet"
# Far above what a study needs, far below what a machine cannot take.
MAXIMUM_BYTES, MAXIMUM_UNPACKED, MAXIMUM_ROWS = 64 * 1024**2, 512 * 1024**2, 20_000
MAXIMUM_VALUES = 50_000_000


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


def write(path: Path, exported: Iterable[Exported]) -> None:
    """Write the file, in the order of identities, whole or not at all."""
    rows = [_row(one) for one in sorted(exported, key=lambda one: one.identity)]
    table = pa.Table.from_pylist(rows, SCHEMA)
    with replacing(path) as scratch:
        pq.write_table(table, scratch, compression="zstd", write_page_checksum=True)


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
    """Read and check a file of records; never none.

    Raises:
        InvalidInput: if it is none, or anything in it is not what it should be.
    """
    if not (rows := _read_rows(path)):
        raise InvalidInput(f"{path}: holds no records")
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
            if _is_too_large(file.metadata):
                raise InvalidInput(f"{path}: accepted is up to {MAXIMUM_ROWS} rows of records")
            if not file.schema_arrow.equals(SCHEMA):
                raise InvalidInput(f"{path}: accepted is the columns {', '.join(SCHEMA.names)}")
            rows: list[dict[str, Any]] = file.read().to_pylist()
            return rows
    except (pa.ArrowException, OSError) as error:
        raise InvalidInput(f"{path}: not a whole Parquet file ({_line(error)})") from None


def _is_too_large(metadata: pq.FileMetaData) -> bool:
    groups = [metadata.row_group(number) for number in range(metadata.num_row_groups)]
    columns = [group.column(number) for group in groups for number in range(group.num_columns)]
    unpacked = sum(group.total_byte_size for group in groups)
    values = sum(column.num_values for column in columns)
    limits = (MAXIMUM_UNPACKED, MAXIMUM_VALUES, MAXIMUM_ROWS)
    found = (unpacked, values, metadata.num_rows)
    return any(amount > limit for amount, limit in zip(found, limits, strict=True))


def _exported(row: Mapping[str, Any]) -> Exported:
    maps: dict[str, Any] = {name: _as_map(name, row[name]) for name in MAPS}
    record = Record(
        request=Request.from_plain(json.loads(row["request"])),
        seed=row["seed"],
        timestamps=row["timestamps"],
        **maps,
    )
    found = Exported(row["kind"], record, row["validation_classes"])
    require(row["key"] == found.key, f"key {row['key']} is not its configuration's {found.key}")
    return found


def _as_map(field: str, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise InvalidInput(f"{field} has a name twice")
    return found
