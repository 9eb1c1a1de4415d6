"""Fill a tracking store with trials: one is trained and recorded, the others are copies of it."""

import dataclasses
import itertools
import os
import random
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rich.console import Console
from sqlalchemy import Connection, MetaData, create_engine, insert, select

from fmnist.search import run_plan
from fmnist.study import families, plan
from fmnist.study.options import Options
from fmnist.study.plan import Plan
from fmnist.study.request import Request
from fmnist.tracking import runs, store, trial_run
from fmnist.tracking.entry_run import entry_run

TABLES = ("runs", "tags", "params", "latest_metrics")
ACCURACY = "accuracy"
MILLISECONDS_PER_TRIAL = 60_000
Row = dict[str, Any]


def fill(folder: Path, count: int) -> None:
    """Create mlflow.db in a folder with `count` finished trials; all but one are copies."""
    uri = f"sqlite:///{folder}/mlflow.db"
    os.environ["MLFLOW_TRACKING_URI"] = uri
    os.environ["FMNIST_BUNDLE_DIR"] = str(folder / "bundles")
    template = record_one()
    engine, schema = create_engine(uri), MetaData()
    schema.reflect(engine, only=TABLES)
    with engine.begin() as connection:
        rows = {name: template_rows(connection, schema, name, template) for name in TABLES}
        numbered = enumerate(itertools.islice(requests(), count - 1), start=1)
        copied = [copies(rows, request, number) for number, request in numbered]
        for name in TABLES:
            connection.execute(
                insert(schema.tables[name]), [row for copy in copied for row in copy[name]]
            )
    engine.dispose()


def record_one() -> str:
    """Train and record one small trial, as a search does; returns its run id."""
    options = Options(preset="smoke", epochs=1)
    planned = plan.plan_family(families.get("mlp_capacity"), options)
    one = Plan(planned.family, planned.points[:1], planned.requests[:1])
    opened = store.open_store()
    with entry_run(opened, "search", one.family, {}) as run:
        run_plan.run_plan(one, options, run, Console(quiet=True))
    (trial,) = opened.trials()
    return trial.run_id


def requests() -> Iterator[Request]:
    """Yield the study's trials of preset paper, replicate after replicate, without end."""
    planned = [
        request
        for family in families.STUDY.values()
        for request in plan.plan_family(family, Options()).requests
    ]
    distinct = {request.trial.key: request for request in reversed(planned)}
    for replicate in itertools.count():
        for request in distinct.values():
            trial = dataclasses.replace(request.trial, replicate=replicate)
            yield dataclasses.replace(request, trial=trial)


def template_rows(connection: Connection, schema: MetaData, name: str, run_id: str) -> list[Row]:
    """A run's rows in a table."""
    table = schema.tables[name]
    found = connection.execute(select(table).where(table.c.run_uuid == run_id))
    return [dict(row) for row in found.mappings()]


def copies(rows: dict[str, list[Row]], request: Request, number: int) -> dict[str, list[Row]]:
    """The template's rows for another finished trial, which ran `number` minutes earlier."""
    run_id, trial = uuid.uuid4().hex, request.trial
    tags = {
        runs.FAMILY: request.family,
        runs.KEY: trial.key,
        runs.PRESET: request.preset,
        runs.REPLICATE: str(trial.replicate),
        runs.TRIAL: runs.canonical_text(trial),
    }
    values = {"tags": tags, "params": trial_run.params(trial)}
    copied = {
        name: [
            row | {"run_uuid": run_id, "value": values[name].get(row["key"], row["value"])}
            for row in rows[name]
        ]
        for name in values
    }
    earlier = number * MILLISECONDS_PER_TRIAL
    copied["runs"] = [
        row
        | {"run_uuid": run_id}
        | {name: row[name] - earlier for name in ("start_time", "end_time")}
        for row in rows["runs"]
    ]
    copied["latest_metrics"] = [
        row | {"run_uuid": run_id, "value": _scattered(row)} for row in rows["latest_metrics"]
    ]
    return copied


def _scattered(row: Row) -> float:
    """A metric's value; accuracies are random, so that they differ from trial to trial."""
    return random.uniform(0.85, 0.94) if ACCURACY in row["key"] else float(row["value"])
