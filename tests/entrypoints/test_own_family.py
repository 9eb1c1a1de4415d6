"""A family in a person's own file works as the study's do: as CONTRIBUTING shows it."""

import re

import mlflow
import numpy as np
import pytest
from conftest import PROJECT, Place

from fmnist.errors import InvalidInput
from fmnist.results.comparison import compare
from fmnist.study import families, family_file, own_network
from fmnist.study.options import Options
from fmnist.training import models

PAGE = (PROJECT / "CONTRIBUTING.md").read_text("utf-8")
FAMILY = re.search(r"```yaml\n(name: .*?)```", PAGE, re.DOTALL)[1]
NETWORK = re.search(r"```python\n(import keras.*?)```", PAGE, re.DOTALL)[1]
OWN_NETWORK = """
name: mine
question: How many units?
network: my_network.py:build
grid: {units: [16, 32]}
"""
QUICKLY = ("--preset=smoke", "--epochs=2")


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    place = Place(tmp_path_factory.mktemp("own"))
    (place.folder / "wide_or_deep.yaml").write_text(FAMILY)
    (place.folder / "mine.yaml").write_text(OWN_NETWORK)
    (place.folder / "my_network.py").write_text(NETWORK)
    for entry in ("search", "final"):
        done = place.mlflow_run(entry, family="wide_or_deep.yaml", preset="smoke", epochs="2")
        assert done.returncode == 0, done.stderr
        done = place.run(entry, "--family=mine.yaml", *QUICKLY)
        assert done.returncode == 0, done.stderr
    return place


@pytest.fixture
def store(place, monkeypatch):
    monkeypatch.setattr(families, "_own", {})
    return place.use(monkeypatch)


def test_its_tables_are_made_from_the_store_alone(store):
    compared = compare(store, Options(preset="smoke", epochs=2))
    assert len(compared.frame("wide_or_deep")) == 4
    assert set(compared.frame("mine")["units"]) == {16, 32}
    summary = compared.frame("summary").set_index("family")
    assert summary.loc["mine", "best"].startswith("my_network.py:build")
    assert {"mine_final", "wide_or_deep_final"} <= set(summary.index)
    assert compared.frame("completeness").set_index("family").loc["mine", "done"] == 2


@pytest.mark.usefixtures("store")
def test_its_model_is_in_production_and_needs_no_file():
    images = np.zeros((1, 28, 28))
    for name in ("fmnist-mine", "fmnist-wide_or_deep"):
        model = mlflow.keras.load_model(f"models:/{name}/Production")
        assert model.predict(images, verbose=0).sum() == pytest.approx(1)


def test_it_is_in_the_report(place):
    done = place.run("report", *QUICKLY)
    assert done.returncode == 0, done.stderr
    text = (place.folder / "report.html").read_text("utf-8")
    assert "Your own families" in text
    assert "How many units?" in text
    assert "-e search -P preset" not in text  # all of it is done


def test_a_search_keeps_the_code_and_trains_nothing_twice(place, store):
    (search,) = store.runs("tags.`fmnist.definition` LIKE '%name: mine%'")
    assert store.content(search, "my_network.py").decode() == NETWORK
    again = place.run("search", "--family=mine.yaml", *QUICKLY)
    assert "expected 2, done 2 (reused 2)" in again.stdout


def test_code_runs_only_where_the_family_is_named(place, store):
    trial = next(run for run in store.trials() if run.family == "mine")
    runs = len(store.runs(""))
    refused = place.run("replay", f"--run={trial.run_id}")
    assert refused.returncode == 2
    assert len(store.runs("")) == runs
    assert "runs only if its family is named; add -P family=FILE" in refused.stderr
    replayed = place.run("replay", f"--run={trial.run_id}", "--family=mine.yaml")
    assert replayed.returncode == 0, replayed.stderr


@pytest.mark.slow  # it imports TensorFlow
def test_a_network_that_is_none_is_refused_without_a_run(tmp_path):
    place = Place(tmp_path)
    (tmp_path / "mine.yaml").write_text(OWN_NETWORK)
    (tmp_path / "my_network.py").write_text("def build(units=1): return units")
    done = place.run("search", "--family=mine.yaml", *QUICKLY)
    assert done.returncode == 2
    assert done.stderr.startswith("my_network.py:build=int: accepted is a Keras model")
    assert not (tmp_path / "mlflow.db").exists()


def test_what_its_code_raises_is_told_in_one_line(tmp_path):
    (tmp_path / "my_network.py").write_text("def build(units=1): raise OSError('none\\nof it')")
    network = own_network.name_file(tmp_path / "my_network.py", "build")
    with pytest.raises(InvalidInput, match=r"my_network\.py:build: OSError: none; accepted is a"):
        models.build(network)


LAYERED = """
import keras

class Holding(keras.layers.Layer):
    def __init__(self, held):
        super().__init__()
        self.held = held

    def call(self, inputs):
        return inputs

class Same(keras.layers.Layer):
    def call(self, inputs):
        return inputs

def twice(inputs):
    return 2 * inputs

def build(units=1):
    layers = [keras.layers.Flatten(), {layer}, keras.layers.Dense(10, activation="softmax")]
    return keras.Sequential([keras.Input((28, 28)), *layers])
"""


@pytest.mark.parametrize(
    ("layer", "named"),
    [
        ("Same()", "Same"),
        ("Holding(object())", "a class without get_config"),
        ("keras.layers.Lambda(lambda inputs: inputs)", "__lambda__"),
        ("keras.layers.Dense(units, activation=twice)", "function"),
    ],
)
def test_layers_that_are_not_of_keras_are_refused_before_they_are_trained(tmp_path, layer, named):
    (tmp_path / "my_network.py").write_text(LAYERED.replace("{layer}", layer))
    network = own_network.name_file(tmp_path / "my_network.py", "build")
    told = rf"my_network\.py:build: {named}; accepted is a model of Keras's own layers"
    with pytest.raises(InvalidInput, match=told):
        models.build(network)


def test_an_example_is_printed(place):
    printed = place.run("search", "--example").stdout
    assert family_file.parse(printed).name == "my_mlp_capacity"
