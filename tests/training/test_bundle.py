"""A bundle is read back as it was written, refused if it was changed, and never seen in part."""

import json
from dataclasses import replace

import numpy as np
import pytest

from fmnist.data.config import DataConfig
from fmnist.errors import InvalidInput
from fmnist.study.networks import MLP
from fmnist.study.request import Request
from fmnist.study.training import TrainingConfig
from fmnist.study.trial import Trial
from fmnist.training import bundle
from fmnist.training.bundle import Record

TRIAL = Trial(
    model=MLP(architecture="8", dropout=0.3),
    training=TrainingConfig(),
    data=DataConfig(digest="d" * 64),
)
RECORD = Record(
    request=Request(trial=TRIAL, family="mlp_search", preset="smoke", evaluate=("test",)),
    seed=TRIAL.seed,
    curves={"loss": [0.5, 0.25], "val_loss": [0.6, 1 / 3]},
    timestamps=[1_700_000_000_000, 1_700_000_001_000],
    summary={"best_val_loss": 1 / 3, "epochs_run": 2},
    environment={"keras": "3", "backend": "tensorflow"},
)
# More than ten, so that their order would suffer if names were sorted as text without padding.
WEIGHTS = [np.full((2, index + 1), index, np.float32) for index in range(12)]
PREDICTIONS = {
    part: np.random.default_rng(seed).random((5, 10), np.float32)
    for seed, part in enumerate(("validation", "test"))
}


@pytest.fixture
def folder(tmp_path):
    bundle.write(tmp_path / "bundle", RECORD, WEIGHTS, PREDICTIONS)
    return tmp_path / "bundle"


def refusal_of(folder):
    with pytest.raises(InvalidInput) as refusal:
        bundle.read(folder)
    assert "\n" not in str(refusal.value)
    return str(refusal.value)


def change_record(folder, change):
    fields = json.loads((folder / "record.json").read_text())
    change(fields)
    (folder / "record.json").write_text(json.dumps(fields))


def test_what_was_written_is_read_back(folder):
    found = bundle.read(folder)
    assert replace(found.record, files={}) == RECORD
    assert found.record.key == TRIAL.key
    for written, read in zip(WEIGHTS, found.weights(), strict=True):
        np.testing.assert_array_equal(written, read)
    for part, probabilities in PREDICTIONS.items():
        np.testing.assert_array_equal(found.predictions(part), probabilities)
    assert sorted(file.name for file in folder.iterdir()) == [
        "predictions.npz", "record.json", "weights.npz",
    ]  # fmt: skip


def test_a_bundle_replaces_the_one_before(folder):
    bundle.write(folder, RECORD, WEIGHTS[:1], PREDICTIONS)
    assert len(bundle.read(folder).weights()) == 1


def test_a_bundle_from_elsewhere_is_written_whole_and_verified(folder):
    content = {file.name: file.read_bytes() for file in folder.iterdir()}
    arrived = folder.parent / "arrived"
    assert bundle.unpack(content, arrived).record == bundle.read(folder).record
    with pytest.raises(KeyError):
        bundle.unpack({"weights.npz": b""}, folder.parent / "part")
    with pytest.raises(InvalidInput, match="not the file that"):
        bundle.unpack(content | {"weights.npz": b"damaged"}, arrived)
    assert bundle.read(arrived).record == bundle.read(folder).record
    assert sorted(folder.parent.iterdir()) == [arrived, folder]


@pytest.mark.parametrize("name", ["weights.npz", "predictions.npz"])
def test_a_file_that_was_changed_or_is_gone_is_refused(folder, name):
    content = bytearray((folder / name).read_bytes())
    content[len(content) // 2] ^= 1
    (folder / name).write_bytes(content)
    said = f"{folder / name}: missing, or not the file that record.json describes"
    assert refusal_of(folder) == said
    (folder / name).unlink()
    assert refusal_of(folder) == said


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "{}", '{"key": "k", "request": {}}', "[" * 100_000]
)
def test_a_damaged_record_is_refused(folder, text):
    (folder / "record.json").write_text(text)
    assert refusal_of(folder).startswith("record.json: not a trial's record (")


def test_a_folder_without_a_record_is_refused(folder, tmp_path):
    (folder / "record.json").unlink()
    for empty in (folder, tmp_path / "nowhere"):
        assert refusal_of(empty) == (
            f"{empty}: no record.json; accepted is the folder of a trial's bundle"
        )


def test_a_record_whose_configuration_was_changed_is_refused(folder):
    change_record(folder, lambda fields: fields["request"]["trial"]["model"].update(dropout=0.2))
    assert refusal_of(folder).startswith(f"record.json: key {TRIAL.key} is not its configuration's")


def test_a_record_that_names_a_file_outside_is_refused(folder):
    change_record(folder, lambda fields: fields["files"].update({"../secret": "0"}))
    assert refusal_of(folder).endswith("record.json does not describe the files of a bundle")
    change_record(folder, lambda fields: fields.update(files=[]))
    assert refusal_of(folder).endswith("record.json does not describe the files of a bundle")


def test_reading_weights_runs_no_code(folder):
    class Payload:
        def __reduce__(self):
            return (folder / "ran").touch, ()

    np.savez(folder / "weights.npz", **{"0000": np.array([Payload()], dtype=object)})
    digest = bundle.file_digest(folder / "weights.npz")
    change_record(folder, lambda fields: fields["files"].update({"weights.npz": digest}))
    with pytest.raises(ValueError, match="allow_pickle=False"):
        bundle.read(folder).weights()
    assert not (folder / "ran").exists()


@pytest.mark.parametrize("step", ["np.savez", "np.savez_compressed", "os.replace"])
def test_a_write_that_fails_leaves_nothing_in_part(tmp_path, monkeypatch, step):
    target = tmp_path / "trials" / "bundle"

    def fail(*_, **__):
        assert not target.exists()
        raise OSError("no space left")

    module, name = step.split(".")
    monkeypatch.setattr(getattr(bundle, module), name, fail)
    with pytest.raises(OSError, match="no space left"):
        bundle.write(target, RECORD, WEIGHTS, PREDICTIONS)
    assert list(target.parent.iterdir()) == []


def test_a_write_that_fails_leaves_the_bundle_before(folder, monkeypatch):
    def fail(*_, **__):
        raise OSError("no space left")

    monkeypatch.setattr(np, "savez_compressed", fail)
    with pytest.raises(OSError, match="no space left"):
        bundle.write(folder, RECORD, WEIGHTS[:1], PREDICTIONS)
    assert len(bundle.read(folder).weights()) == len(WEIGHTS)
    assert list(folder.parent.iterdir()) == [folder]
