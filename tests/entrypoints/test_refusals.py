"""Bad input: exit code 2, one line, no run; through `mlflow run` a FAILED run that says why."""

import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from conftest import PROJECT, Place

from entrypoints import plan
from entrypoints.verbs import VERBS
from fmnist.errors import InvalidInput


def refused(completed):
    assert completed.returncode == 2, completed.stdout + completed.stderr
    assert "Traceback" not in completed.stderr
    lines = [line for line in completed.stderr.splitlines() if line and "INFO mlflow" not in line]
    return lines[-1]


def test_a_final_without_a_finished_search(place):
    line = refused(place.run("mlp_final", "--preset", "smoke"))
    assert line.startswith("mlp_final: no finished trial of mlp_search or mlp_optimizers")


def test_through_mlflow_run_the_run_fails_with_the_line_as_its_description(place, monkeypatch):
    completed = place.mlflow_run("mlp_search", preset="smoke", epochs="abc")
    assert completed.returncode == 1
    assert "epochs=abc: accepted is a whole number from 1 to 10000, or preset" in completed.stderr
    (run,) = place.use(monkeypatch).runs("")
    assert run.status == "FAILED"
    assert run.tags["mlflow.note.content"].startswith("epochs=abc: accepted is")


class Relative(Place):
    """A place whose store and outbox are named as a person there would name them."""

    @property
    def environment(self):
        own = {"MLFLOW_TRACKING_URI": "sqlite:///mlflow.db", "FMNIST_BUNDLE_DIR": "bundles"}
        return super().environment | own


def test_from_another_folder_what_is_not_declared_reaches_the_verb_or_is_refused(
    tmp_path, monkeypatch
):
    place, checkout = Relative(tmp_path), set(PROJECT.iterdir())
    (place.folder / "a grid.yaml").write_text("architecture: ['8']\ndropout: [0.5]\n")
    given = {"preset": "smoke", "grid": "a grid.yaml", "close-stale": "all"}
    done = place.mlflow_run("mlp_search", **given)
    assert done.returncode == 0, done.stderr
    store = place.use(monkeypatch)
    (trial,) = store.trials()
    assert (trial.trial.model.architecture, trial.trial.model.dropout) == ("8", 0.5)
    assert place.folder in Path(urlsplit(trial.artifact_uri).path).parents
    completed = place.mlflow_run("mlp_search", preset="smoke", gridd="a grid.yaml")
    assert completed.returncode == 1
    (run,) = (run for run in store.runs("") if run.status == "FAILED")
    said = "gridd: unknown parameter (did you mean grid?); accepted is one of preset, "
    assert run.tags["mlflow.note.content"].startswith(said)
    assert said in completed.stderr
    left = {"mlflow.db", "mlflow.db.lock", "mlruns", "bundles"}
    assert not left & {path.name for path in set(PROJECT.iterdir()) - checkout}


@pytest.mark.parametrize(
    ("uri", "said"),
    [
        ("http://127.0.0.1:9", "http://127.0.0.1:9: cannot be used"),
        ("sqlite:////proc/nowhere/mlflow.db", "cannot be written"),
        ("postgresql://me:hidden@127.0.0.1:9/db", "me:***@127.0.0.1"),
        ("postgres://me:hidden@127.0.0.1:9/db", "accepted is sqlite"),
    ],
)
def test_a_tracking_store_that_cannot_be_used(place, uri, said):
    completed = place.run("compare", MLFLOW_TRACKING_URI=uri)
    assert said in refused(completed)
    assert "hidden" not in completed.stdout + completed.stderr


def test_a_grid_that_makes_no_sense(place):
    (place.folder / "grid.yaml").write_text("dropout: [-0.1]\n")
    line = refused(place.run("mlp_search", "--grid", "grid.yaml"))
    assert line == "dropout=-0.1: accepted is a number from 0 to below 1"
    assert not (place.folder / "mlflow.db").exists()


UNSET = (
    "MLFLOW_TRACKING_URI", "MLFLOW_EXPERIMENT_NAME", "MLFLOW_EXPERIMENT_ID",
    "MLFLOW_TRACKING_INSECURE_TLS", "FMNIST_BUNDLE_DIR", "FMNIST_DATA_DIR", "KERAS_BACKEND",
)  # fmt: skip


def test_inherited_variables_set_to_nothing_and_an_old_locale_change_nothing(place, monkeypatch):
    written = place.run(
        "report", "--preset=smoke", **dict.fromkeys(UNSET, ""), PYTHONUTF8="0", LC_ALL="C"
    )
    assert written.returncode == 0, written.stderr
    assert (place.folder / "report.html").is_file()
    (run,) = place.use(monkeypatch).runs("")
    assert (run.status, run.experiment_id) == ("FINISHED", "0")


def test_damaged_data(place):
    folder = place.folder / "data"
    folder.mkdir()
    (folder / "train-images-idx3-ubyte.gz").write_bytes(b"no gzip")
    line = refused(place.run("explore", FMNIST_DATA_DIR=str(folder)))
    assert "train-images-idx3-ubyte.gz: not a gzip file" in line
    assert not (place.folder / "mlflow.db").exists()


def test_a_folder_of_results_is_not_replaced_by_nothing(place):
    (place.folder / "results").mkdir()
    (place.folder / "results" / "headline.md").write_text("found before")
    line = refused(place.run("compare", "--output", "results"))
    assert line == (
        "output=results: nothing is recorded at preset=paper, epochs=300, seed=0; accepted is what "
        "this store holds, of the presets none: this store is empty"
    )
    assert [path.read_text() for path in (place.folder / "results").iterdir()] == ["found before"]


@pytest.mark.parametrize(
    ("family", "given", "line"),
    [
        ("cnn_search", ("--config", "study"), "config=study: accepted is a final of the study"),
        ("champion_final", ("--config", "study"), "config=study: accepted is a final of the study"),
        ("mlp_final", ("--refit", "7"), "refit=7: accepted is a final beyond the study with it"),
        ("cnn_search", ("--refit", "7"), "refit=7: accepted is a final beyond the study with it"),
    ],
)
def test_a_plan_of_what_no_verb_runs(family, given, line):
    verb = VERBS["plan"]
    with pytest.raises(InvalidInput, match=re.escape(line)):
        plan.run(verb.accept(["--family", family, *given]))
