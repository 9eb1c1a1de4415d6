"""An exported record that makes no sense cannot be built; the published ones can."""

from dataclasses import replace

import pytest

from fmnist.errors import InvalidInput
from fmnist.files import PROJECT
from fmnist.results.export import parquet
from fmnist.results.export.exported import ENSEMBLE, FINAL, RESULT_METRICS, TRIAL

# What a final of three models has, but for their means.
SEVERAL = dict.fromkeys(RESULT_METRICS, 0.5) | {"models": 3.0}


@pytest.fixture(scope="module")
def published():
    """One record of each kind, as the repository holds them."""
    records = parquet.read(PROJECT / "results" / "paper" / "records.parquet")
    return {one.kind: one for one in records}


def test_every_kind_of_record_is_read_back(published):
    assert published.keys() == {TRIAL, FINAL, ENSEMBLE}


@pytest.mark.parametrize(
    ("kind", "changes", "said"),
    [
        (TRIAL, {"kind": "model"}, "kind is one of trial, final, ensemble"),
        (TRIAL, {"kind": FINAL}, "no final's"),
        (TRIAL, {"classes": b""}, "validation_classes of no data set"),
        (TRIAL, {"classes": bytes([10])}, "validation_classes are 0 to 9"),
        (ENSEMBLE, {"kind": FINAL}, "no final's"),
    ],
)
def test_a_record_of_another_kind_is_refused(published, kind, changes, said):
    with pytest.raises(InvalidInput, match=said):
        replace(published[kind], **changes)


@pytest.mark.parametrize(
    ("kind", "changes", "said"),
    [
        (TRIAL, {"seed": 1}, "seed is not that of the key"),
        (TRIAL, {"timestamps": [1]}, "curves of different lengths"),
        (TRIAL, {"summary": {}}, "summary lacks metrics of a trial"),
        (TRIAL, {"environment": {"python": "3\n## x"}}, "environment: text of python"),
        (FINAL, {"summary": {"models": 1.0}}, "summary lacks metrics of a result"),
        (FINAL, {"summary": SEVERAL}, "summary lacks means"),
        (FINAL, {"timestamps": [1, 2]}, "timestamps of no date, or of several"),
        (FINAL, {"environment": {"command": "rm -r /"}}, "command is no mlflow run"),
        (FINAL, {"environment": {"members": "0" * 16}}, "environment is of a command"),
        (ENSEMBLE, {"environment": {"members": "x,y"}}, "members are keys"),
    ],
)
def test_a_record_that_claims_what_cannot_be_is_refused(published, kind, changes, said):
    one = published[kind]
    with pytest.raises(InvalidInput, match=said):
        replace(one, record=replace(one.record, **changes))


def test_a_command_may_name_a_file(published):
    typed = "mlflow run . -e final -P family=docs/residual.yaml -P epochs=10"
    record = replace(published[FINAL].record, environment={"command": typed})
    assert replace(published[FINAL], record=record).record.environment["command"] == typed
