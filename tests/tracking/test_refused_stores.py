"""A store that no repetition makes usable is refused with its remedy; the doctor says the same."""

import errno
import shutil
import sqlite3

import mlflow
import pytest
import requests
from mlflow.exceptions import INVALID_PARAMETER_VALUE, MlflowException
from mlflow.protos.databricks_pb2 import TEMPORARILY_UNAVAILABLE

from entrypoints import doctor
from fmnist.errors import InvalidInput
from fmnist.registry import registry
from fmnist.tracking.entry_run import entry_run
from fmnist.tracking.failures import may_pass
from fmnist.tracking.store import open_store


def told_by_the_doctor(name, capsys):
    (check,) = (check for check in doctor.CHECKS if check.name == name)
    capsys.readouterr()
    doctor.examine([check])
    return capsys.readouterr().out.splitlines()[0]


@pytest.mark.parametrize(
    ("variable", "said", "remedy"),
    [
        ("ID=4711", "there is no such experiment", "accepted is one that you may write"),
        ("NAME=old", "this experiment is deleted", "restore --experiment-id 1 brings it back, "),
        ("ID=1", "this experiment is deleted", "mlflow experiments restore --experiment-id 1 "),
    ],
)
@pytest.mark.usefixtures("database")
def test_an_experiment_that_is_gone(variable, said, remedy, monkeypatch, capsys):
    store = open_store()
    store.client.delete_experiment(store.client.create_experiment("old"))
    monkeypatch.setenv(*f"MLFLOW_EXPERIMENT_{variable}".split("="))
    with pytest.raises(InvalidInput) as refusal, entry_run(store, "compare", "compare", {}):
        pass
    assert refusal.value.what == f"MLFLOW_EXPERIMENT_{variable}: {said}"
    assert remedy in refusal.value.remedy
    line = told_by_the_doctor("store", capsys)
    assert line.endswith(f"{said}; fix: {refusal.value.remedy}")


@pytest.mark.parametrize(
    ("revision", "age", "remedy"),
    [
        ("451aebb31d03", "an older", "make a backup, then: mlflow db upgrade sqlite:///"),
        ("ffffffffffff", "a newer", "install that MLflow, or set MLFLOW_TRACKING_URI to another"),
    ],
)
def test_tables_of_another_mlflow(database, revision, age, remedy, capsys):
    with sqlite3.connect(database) as opened:
        opened.execute("UPDATE alembic_version SET version_num = ?", [revision])
    with pytest.raises(InvalidInput) as refusal:
        open_store()
    assert refusal.value.what.endswith(
        f"its tables are from {age} MLflow than {mlflow.__version__}"
    )
    assert refusal.value.remedy.startswith(remedy)
    assert told_by_the_doctor("store", capsys).endswith(f"; fix: {refusal.value.remedy}")


@pytest.mark.usefixtures("database")
def test_a_models_run_that_was_deleted_for_good(tmp_path):
    store = open_store()
    run_id = store.create_run("0", "mlp_final", {})
    registry.register(store, "fmnist-mlp", run_id, {registry.DIGEST: "d"}, "")
    shutil.rmtree(tmp_path / "mlruns", ignore_errors=True)
    for gone in ("files", "run"):
        if gone == "run":
            store.client.delete_run(run_id)
            with sqlite3.connect(tmp_path / "mlflow.db") as opened:
                opened.execute("DELETE FROM tags")
                opened.execute("DELETE FROM runs")
        with pytest.raises(InvalidInput) as refusal:
            registry.load("fmnist-mlp", "1", store)
        said = f"fmnist-mlp version 1: its files are gone with its run {run_id}"
        assert refusal.value.what == said
        assert refusal.value.remedy.startswith("run its final again")


@pytest.mark.parametrize(
    ("error", "passes"),
    [
        (MlflowException("", error_code=TEMPORARILY_UNAVAILABLE), True),
        (MlflowException("", error_code=INVALID_PARAMETER_VALUE), False),
        (requests.ConnectionError(), True),
        (OSError(errno.ENOSPC, ""), True),
        (PermissionError(errno.EACCES, ""), False),
        (FileNotFoundError(errno.ENOENT, ""), False),
        (OSError(errno.EROFS, ""), False),
    ],
)
def test_only_what_a_repetition_may_cure_is_told_as_such(error, passes):
    assert may_pass(error) == passes
