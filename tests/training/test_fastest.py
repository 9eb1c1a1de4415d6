"""Which trials share a compiled graph."""

import dataclasses

import pytest
from study.test_trial import CHANGES

from fmnist.data.config import DataConfig
from fmnist.study.networks import MLP
from fmnist.study.training import TrainingConfig
from fmnist.study.trial import Trial
from fmnist.training.epochs import fastest

# What a graph reads from variables, or Keras's callbacks do between its calls.
OUTSIDE_THE_GRAPH = {
    "epochs", "continues", "learning_rate", "early_stopping_patience", "plateau_patience",
    "plateau_factor", "plateau_cooldown", "plateau_min_delta", "minimum_learning_rate", "weights",
}  # fmt: skip


@pytest.mark.parametrize("name", [field.name for field in dataclasses.fields(TrainingConfig)])
def test_what_a_graph_is_compiled_for_sets_shapes_apart(name):
    base = Trial(
        model=MLP(architecture="32"), training=TrainingConfig(), data=DataConfig(digest="d" * 64)
    )
    other = dataclasses.replace(
        base, training=dataclasses.replace(base.training, **{name: CHANGES[TrainingConfig][name]})
    )
    alike = fastest.shape(base) == fastest.shape(other)
    assert alike == (name in OUTSIDE_THE_GRAPH)
