"""What the run of a trial says: its name, its description, the data it reads."""

import dataclasses
import json

import pytest

from fmnist.data import fashion_mnist
from fmnist.data.config import DataConfig
from fmnist.study import families
from fmnist.study.networks import MLP
from fmnist.study.options import Options
from fmnist.study.plan import plan_family
from fmnist.study.request import Request
from fmnist.study.training import TrainingConfig
from fmnist.study.trial import Trial
from fmnist.tracking import trial_run

DIGEST = "c0ffee" * 10 + "1234"
REQUEST = Request(
    trial=Trial(
        model=MLP(architecture="512-256", dropout=0.25),
        training=TrainingConfig(),
        data=DataConfig(digest=DIGEST, samples=15_000, seed=7),
    ),
    family="mlp_search",
    preset="quick",
    label="512-256 dropout=0.25",
)


def inputs(**changes):
    config = dataclasses.replace(REQUEST.trial.data, **changes)
    made = trial_run.inputs(config, trial_run.PARTS)
    return {made.tags[0].value: made.dataset for made in made}


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({}, "mlp_search 512-256 dropout=0.25"),
        ({"attempt": 2}, "mlp_search 512-256 dropout=0.25 (attempt 2)"),
        ({"family": "cnn_kfold", "label": "3x32 fold-1"}, "cnn_kfold 3x32 fold-1"),
        ({"label": ""}, "mlp_search"),
    ],
)
def test_a_trials_name_says_what_it_tries(changes, name):
    assert trial_run.name(dataclasses.replace(REQUEST, **changes)) == name


def test_no_two_trials_of_a_family_have_one_name():
    for family in families.FAMILIES.values():
        plan = plan_family(family, Options(replicates=2))
        names = {trial_run.name(request) for request in plan.requests}
        assert len(names) == len(plan.requests)


def test_a_trials_description_is_one_line_with_question_point_and_key():
    assert trial_run.description(REQUEST) == (
        "A trial of **mlp_search** (Which architecture and dropout are best for an MLP?): "
        f"512-256 dropout=0.25. Key `{REQUEST.trial.key}`."
    )
    fold = dataclasses.replace(REQUEST, family="cnn_kfold", label="3x32 fold-1")
    assert trial_run.description(fold).startswith("A trial of **cnn_kfold**: 3x32 fold-1. Key")


def test_a_trial_reads_the_test_set_only_when_asked_to():
    assert trial_run.parts_read(REQUEST) == ["training", "validation"]
    baseline = dataclasses.replace(REQUEST, evaluate=("train", "test"))
    assert trial_run.parts_read(baseline) == ["training", "validation", "test"]


def test_each_part_of_the_data_is_a_data_set_with_our_digest():
    made = inputs()
    assert {part: made.name for part, made in made.items()} == dict.fromkeys(
        ("training", "validation", "test"), "fashion-mnist"
    )
    assert made["training"].digest == f"training-{DIGEST[:27]}"
    assert made["test"].digest == f"test-{fashion_mnist.FILES[2].sha256[:31]}"
    assert all(len(dataset.digest) <= 36 for dataset in made.values())
    profile = json.loads(made["validation"].profile)
    assert (profile["images"], profile["sha256"]) == (3_000, DIGEST)
    assert (profile["split"], profile["seed"]) == ("holdout", 7)
    assert json.loads(made["training"].source) == {"url": fashion_mnist.ORIGIN}


def test_another_split_is_another_data_set_with_the_same_test_set():
    one, other = inputs(), inputs(digest="d" * 64, split="fold-1")
    assert one["training"].digest != other["training"].digest
    assert one["test"] == other["test"]
