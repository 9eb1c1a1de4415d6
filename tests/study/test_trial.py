"""A trial's key is its identity: it must follow from the configuration, and from nothing else."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass, fields, replace

import pytest

from fmnist.data.config import DataConfig, newer
from fmnist.errors import InvalidInput
from fmnist.study.networks import CNN, MLP, VGG, ResNet
from fmnist.study.request import Request
from fmnist.study.training import TrainingConfig
from fmnist.study.trial import Trial

DATA = DataConfig(digest="d" * 64)
MLP_TRIAL = Trial(
    model=MLP(architecture="768", dropout=0.3), training=TrainingConfig(batch_size=256), data=DATA
)
CNN_TRIAL = Trial(model=CNN(architecture="3x128"), training=TrainingConfig(), data=DATA)
RESNET_TRIAL = Trial(model=ResNet(), training=TrainingConfig(), data=DATA)
VGG_TRIAL = Trial(model=VGG(), training=TrainingConfig(), data=DATA)

# Another value for every field: a field that is added has to be added here.
CHANGES = {
    MLP: {
        "architecture": "768-768",
        "dropout": 0.25,
        "activation": "tanh",
        "last_activation": "sigmoid",
    },
    CNN: {
        "architecture": "4x128",
        "dropout": 0.25,
        "batch_normalization": False,
        "batch_normalization_momentum": 0.9,
        "activation": "tanh",
        "last_activation": "sigmoid",
        "kernel_size": 5,
        "strides": 2,
        "dilation_rate": 2,
        "padding": "valid",
    },
    ResNet: {
        "architecture": "1x64",
        "dropout": 0.25,
        "batch_normalization_momentum": 0.9,
        "strides": 2,
        "mirrored": True,
    },
    VGG: {
        "architecture": "64-64",
        "dropout": 0.25,
        "batch_normalization_momentum": 0.9,
        "activation": "gelu",
        "mirrored": True,
    },
    TrainingConfig: {
        "epochs": 299,
        "batch_size": 512,
        "optimizer": "nadam",
        "learning_rate": 0.01,
        "early_stopping_patience": 19,
        "plateau_patience": 9,
        "plateau_factor": 0.2,
        "plateau_cooldown": 1,
        "minimum_learning_rate": 1e-6,
        "precision": "mixed_bfloat16",
        "schedule": "one_cycle",
        "weight_decay": 1e-3,
        "label_smoothing": 0.1,
        "shift": 2,
        "flip": True,
        "cutout": 8,
        "continues": "1-3",
        "weights": "last",
        "plateau_min_delta": 1e-5,
    },
    DataConfig: {
        "digest": "e" * 64,
        "samples": 15_000,
        "split": "fold-1",
        "seed": 1,
        "training_set": "f" * 64,
        "test_set": "f" * 64,
    },
}


def changed_trials(trial):
    for part in ("model", "training", "data"):
        config = getattr(trial, part)
        for name, value in CHANGES[type(config)].items():
            yield replace(trial, **{part: replace(config, **{name: value})})
    yield replace(trial, replicate=1)


def reversed_order(plain):
    if not isinstance(plain, dict):
        return plain
    return {name: reversed_order(plain[name]) for name in reversed(plain)}


@pytest.mark.parametrize("config", CHANGES)
def test_every_field_has_a_change(config):
    assert CHANGES[config].keys() == {field.name for field in fields(config)}


@pytest.mark.parametrize("trial", [MLP_TRIAL, CNN_TRIAL, RESNET_TRIAL, VGG_TRIAL])
def test_every_scientific_change_gives_another_key(trial):
    trials = [trial, *changed_trials(trial)]
    assert len({trial.key for trial in trials}) == len(trials)


def test_the_key_is_the_same_in_every_process():
    code = (
        "from fmnist.data.config import *; from fmnist.study.training import *;"
        "from fmnist.study.trial import *; from fmnist.study.networks import *;"
        "print(Trial(model=MLP(architecture='768', dropout=0.3), "
        "training=TrainingConfig(batch_size=256), data=DataConfig(digest='d' * 64)).key)"
    )
    for seed in ("1", "2"):
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        command = [sys.executable, "-c", code]
        printed = subprocess.run(command, env=environment, capture_output=True, text=True)
        assert printed.stdout.strip() == MLP_TRIAL.key, printed.stderr


def test_recorded_trials_keep_their_key():
    # Where this fails, every recorded trial would count as missing: raise SCHEMA_VERSION.
    assert (MLP_TRIAL.key, MLP_TRIAL.seed) == ("f7e55e6bf242cf10", 627566394)
    assert (CNN_TRIAL.key, CNN_TRIAL.seed) == ("0224035bf1f84e9d", 1592312548)


def test_a_newer_field_is_part_of_the_key_only_where_it_has_not_its_default():
    @dataclass(frozen=True, kw_only=True)
    class NewerMLP(MLP):
        noise: float = newer(0.0)

    model = NewerMLP(architecture="768", dropout=0.3)
    assert replace(MLP_TRIAL, model=model).key == MLP_TRIAL.key
    noisy = replace(MLP_TRIAL, model=replace(model, noise=0.1))
    assert noisy.canonical()["model"]["noise"] == 0.1
    assert noisy.key != MLP_TRIAL.key


@pytest.mark.parametrize("trial", [MLP_TRIAL, CNN_TRIAL, RESNET_TRIAL, VGG_TRIAL])
def test_the_canonical_form_is_read_back(trial):
    for changed in [trial, *changed_trials(trial)]:
        canonical = json.loads(json.dumps(changed.canonical()))
        assert Trial.from_canonical(canonical) == changed
        again = Trial.from_canonical(reversed_order(canonical))
        assert (again.key, again.seed) == (changed.key, changed.seed)


@pytest.mark.parametrize(
    "point",
    [
        {"dropout": 0},
        {"dropout": "0"},
        {"dropout": 0.0, "learning_rate": "1e-3"},
        {"learning_rate": 0.001, "dropout": 0.0},
    ],
)
def test_the_same_configuration_has_one_key_however_its_values_are_written(point):
    written = replace(MLP_TRIAL, model=MLP(architecture="768", dropout=0.0))
    assert MLP_TRIAL.with_values(point).key == written.key


def test_a_point_sets_fields_of_the_model_and_of_training():
    changed = CNN_TRIAL.with_values({"dropout": 0.25, "batch_size": 64})
    assert changed.model == CNN(architecture="3x128", dropout=0.25)
    assert changed.training == TrainingConfig(batch_size=64)
    assert CNN_TRIAL.model.dropout == 0


@pytest.mark.parametrize(
    ("point", "line"),
    [
        ({"units": 5}, "units: unknown field of a mlp; known: architecture, dropout, "),
        ({"padding": "same"}, "padding: unknown field of a mlp; known: architecture, "),
        ({"seed": 5}, "seed: unknown field of a mlp; known: architecture, dropout, "),
        ({"epochs": 1.5}, "epochs=1.5: accepted is a value of type int"),
        ({"epochs": True}, "epochs=True: accepted is a value of type int"),
        ({"epochs": "5"}, "epochs='5': accepted is a value of type int"),
        ({"dropout": True}, "dropout=True: accepted is a value of type float"),
        ({"dropout": "much"}, "dropout='much': accepted is a value of type float"),
        ({"architecture": 512}, "architecture=512: accepted is a value of type str"),
        ({"epochs": 0}, "epochs=0: accepted is 1 to 10000"),
        ({"dropout": 1}, "dropout=1.0: accepted is a number from 0 to below 1"),
        ({"dropout": "nan"}, "dropout=nan: accepted is a number from 0 to below 1"),
        ({"learning_rate": 0}, "learning_rate=0.0: accepted is above 0, to 10"),
        ({"learning_rate": "inf"}, "learning_rate=inf: accepted is above 0, to 10"),
        ({"minimum_learning_rate": 0.1}, "minimum_learning_rate=0.1: accepted is 0 to learning_ra"),
        ({"optimizer": "lion"}, "optimizer=lion: accepted is one of adam, nadam, amsgrad, "),
        ({"architecture": "512-"}, "architecture=512-: accepted is linear, or hidden units such "),
        ({"architecture": "0"}, "architecture=0: accepted is linear, or hidden units such as "),
        ({"continues": "3-1"}, "continues=3-1: accepted is limits that rise to below epochs"),
        ({"continues": "300"}, "continues=300: accepted is limits that rise to below epochs"),
        ({"continues": "0-1"}, "continues=0-1: accepted is limits that rise to below epochs"),
    ],
)
def test_a_point_that_makes_no_sense_is_refused(point, line):
    with pytest.raises(InvalidInput) as refusal:
        MLP_TRIAL.with_values(point)
    assert str(refusal.value).startswith(line)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize(
    ("config", "values", "line"),
    [
        (ResNet, {"architecture": "3"}, "architecture=3: accepted is blocks x first filters"),
        (VGG, {"architecture": "3x64"}, "architecture=3x64: accepted is filters of 1 to 4"),
        (ResNet, {"strides": 3}, "strides=3: accepted is 1 or 2"),
        (
            TrainingConfig,
            {"schedule": "linear"},
            "schedule=linear: accepted is one of plateau, one",
        ),
        (TrainingConfig, {"weights": "first"}, "weights=first: accepted is one of best, last"),
        (TrainingConfig, {"plateau_min_delta": -1e-5}, "plateau_min_delta=-1e-05: accepted is 0"),
        (TrainingConfig, {"cutout": 29}, "cutout=29: accepted is 0 to 28 pixels"),
        (TrainingConfig, {"label_smoothing": 1.0}, "label_smoothing=1.0: accepted is a number fro"),
        (CNN, {"architecture": "6x8"}, "architecture=6x8: accepted is layers x first filters"),
        (CNN, {"kernel_size": 0}, "kernel_size=0: accepted is 1 to 11"),
        (
            CNN,
            {"architecture": "3x32", "kernel_size": 5, "padding": "valid"},
            "padding=valid: accepted is same where layers would leave no pixels",
        ),
        (CNN, {"strides": 2, "dilation_rate": 2}, "dilation_rate=2: accepted is 1 when strides"),
        (CNN, {"batch_normalization_momentum": 1.0}, "batch_normalization_momentum=1.0: accepted"),
        (
            DataConfig,
            {"digest": "d", "split": "fold-6"},
            "split=fold-6: accepted is holdout, refit,",
        ),
    ],
)
def test_a_configuration_that_makes_no_sense_is_refused(config, values, line):
    with pytest.raises(InvalidInput) as refusal:
        config(**values)
    assert str(refusal.value).startswith(line)


def test_a_canonical_form_of_another_schema_or_with_an_unknown_field_is_refused():
    canonical = MLP_TRIAL.canonical()
    with pytest.raises(InvalidInput, match="schema=99: accepted is 1"):
        Trial.from_canonical(canonical | {"schema": 99})
    with pytest.raises(InvalidInput, match="warmup: unknown field of a mlp"):
        Trial.from_canonical(canonical | {"training": canonical["training"] | {"warmup": 3}})
    with pytest.raises(InvalidInput, match="epochs=0: accepted is 1 to 10000"):
        Trial.from_canonical(canonical | {"training": canonical["training"] | {"epochs": 0}})


def test_replicates_share_their_configuration_and_nothing_random_but_the_split():
    replicates = [replace(MLP_TRIAL, replicate=replicate) for replicate in range(5)]
    assert len({trial.configuration_key for trial in replicates}) == 1
    assert len({trial.key for trial in replicates}) == 5
    assert len({trial.seed for trial in replicates}) == 5
    assert all(0 <= trial.seed < 2**31 for trial in replicates)


def test_other_configurations_have_other_configuration_keys():
    trials = [MLP_TRIAL, *changed_trials(MLP_TRIAL)][:-1]
    assert len({trial.configuration_key for trial in trials}) == len(trials)


def test_a_request_survives_json():
    request = Request(
        trial=CNN_TRIAL, family="cnn_search", preset="paper", label="3x128", attempt=2,
        evaluate=("train", "test"), deterministic=True,
    )  # fmt: skip
    assert Request.from_plain(json.loads(json.dumps(request.to_plain()))) == request


def test_architectures_are_read_as_units_and_filters():
    assert MLP().hidden_units == ()
    assert MLP(architecture="768-512-256").hidden_units == (768, 512, 256)
    assert CNN(architecture="3x128").filters == (128, 256, 512)
