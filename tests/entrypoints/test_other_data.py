"""A search, a final and a prediction on data that are not Fashion-MNIST's, by the command line."""

import json
from pathlib import Path

import mlflow
import numpy as np
import pandas as pd
import pytest
from other_data import NAMES, arrays, idx_bytes, write_idx

from entrypoints.verbs import VERBS
from fmnist.data import fashion_mnist
from fmnist.registry import registry, try_page
from fmnist.report import page
from fmnist.results import closing, comparison
from fmnist.study.options import Options
from fmnist.tracking import artifacts, runs

MODEL = "fmnist-mlp-shapes"
TEST = "test_sparse_categorical_accuracy"


def start(verb, *words):
    """Run a verb in this process."""
    assert VERBS[verb].start(VERBS[verb].accept(words))


def test_other_data_are_searched_tested_registered_and_predicted(place, monkeypatch, capsys):
    made = arrays()
    folder = write_idx(place.folder / "Shapes", made)
    (folder / "class_names.txt").write_text("\n".join(NAMES))
    given = ("--preset", "smoke", "--data", "Shapes")
    searched = place.run("mlp_search", *given, FMNIST_DATA_DIR="none")  # not needed
    assert searched.returncode == 0, searched.stderr
    assert searched.stdout.rstrip().endswith("-e mlp_final -P preset=smoke -P data=Shapes")

    store, study = place.use(monkeypatch), fashion_mnist.load()
    monkeypatch.setattr(fashion_mnist, "_provided", [study])
    start("mlp_final", *given)
    assert f"mlp_final: {MODEL} version 1 is in Production now" in capsys.readouterr().out
    (result,) = store.evaluated()
    check_run(result, store)
    check_report(store, place.folder / "report.html")
    fashion_mnist.provide(study)
    assert store.trials() == store.evaluated() == []
    assert comparison.compare(store, Options(preset="smoke")).empty
    check_version(store, result)
    (place.folder / "images").write_bytes(idx_bytes(made[2], 0x803))
    start("predict", "--model", MODEL, "--path", "images", "--output", "found.csv")
    check_predictions(pd.read_csv("found.csv"), made[3], result.metrics[TEST])


def check_run(final, store):
    told = fashion_mnist.identity()
    trial = store.finished_trials()[final.key]
    assert trial.data_set == final.data_set == told.digests
    assert trial.tags[runs.DATA] == final.tags[runs.DATA] == "shapes"
    assert artifacts.record(trial, store).environment["data"] == "shapes"
    inputs = store.client.get_run(final.run_id).inputs.dataset_inputs
    by_part = {made.tags[0].value: made.dataset for made in inputs}
    assert {made.name for made in by_part.values()} == {"shapes"}
    assert by_part["test"].digest == f"test-{told.test_set}"[:36]
    assert json.loads(by_part["test"].profile)["images"] == 120
    assert not any(name.startswith(("published", "difference")) for name in final.metrics)


def check_version(store, final):
    names = [model.name for model in store.client.search_registered_models()]
    assert names == [MODEL]
    version = registry.find(store, MODEL, "production")
    assert version.run_id == final.run_id
    model = mlflow.models.get_model_info(f"models:/{MODEL}@production")
    assert model.metadata["classes"] == NAMES
    about = try_page.about(store, version)  # a server is not told the data
    assert about.classes == tuple(NAMES)
    assert about.accuracy.endswith("120 images)")


def check_predictions(table, labels, accuracy):
    found = (table["class"] == np.array(NAMES)[labels]).mean()
    assert found == pytest.approx(accuracy)
    assert accuracy > 0.5  # the patterns are easy


def check_report(store, path):
    options = Options(preset="smoke", data=Path("Shapes"))
    compared = page.write(path, options, store)
    (line,) = closing.of_study(compared.tables["summary"])
    assert line.startswith("Best MLP:     test accuracy ")
    text = path.read_text("utf-8")
    assert "<title>shapes with MLPs and CNNs: the study, run on other data</title>" in text
    body = text[: text.rindex("<script")]
    assert "Published" not in body
    assert "The study found" not in body
    assert "120 images" in body
    assert all(name in body for name in NAMES)
