"""What a real smoke study leaves in MLflow."""

import json

import mlflow
import numpy as np
import pandas as pd
import pytest
from rich.console import Console

from entrypoints.finals import run_final
from entrypoints.search import run_family
from fmnist.data import fashion_mnist
from fmnist.registry import evaluation, registry
from fmnist.results import comparison, folder, terminal
from fmnist.study import plan
from fmnist.study.families import FINALS, STUDY
from fmnist.study.options import Options
from fmnist.tracking import runs
from fmnist.training import bundle

SMOKE = Options(preset="smoke")
QUIET = Console(quiet=True)
# Families of whose settings two vary, so that their trials are drawn as lines.
OF_TWO_SETTINGS = {"mlp_search", "mlp_optimizers"}
CURVES = {
    "loss", "sparse_categorical_accuracy", "val_loss", "val_sparse_categorical_accuracy",
    "learning_rate",
}  # fmt: skip


@pytest.fixture
def store(study, monkeypatch):
    return study.use(monkeypatch)


def interrupted(*_):
    raise KeyboardInterrupt


def test_every_family_is_complete(store):
    done = runs.finished(store.trials())
    for family in STUDY.values():
        assert set(plan.plan_family(family, SMOKE).keys) <= done.keys()


def test_runs_form_a_tree_of_study_family_trial(store):
    (root,) = store.runs("tags.`fmnist.kind` = 'study'")
    searches = {run.run_id: run for run in store.runs("tags.`fmnist.kind` = 'search'")}
    assert {run.tags["mlflow.parentRunId"] for run in searches.values()} == {root.run_id}
    trials = [run for run in store.trials() if run.family in STUDY]
    assert {run.tags["mlflow.parentRunId"] for run in trials} <= searches.keys()
    assert {run.status for run in [root, *searches.values(), *trials]} == {"FINISHED"}


def test_a_trial_has_the_tags_params_metrics_and_artifacts_of_the_contract(store):
    trial = next(run for run in store.trials() if run.family == "mlp_search")
    assert trial.tags["fmnist.preset"] == "smoke"
    assert trial.tags["fmnist.replicate"] == "0"
    assert trial.tags["fmnist.attempt"] == "1"
    assert trial.tags["fmnist.key"] == trial.trial.key
    run = store.client.get_run(trial.run_id)
    assert run.data.params["architecture"] == trial.trial.model.architecture
    assert run.data.params["optimizer"] == "adam"
    assert run.data.params["learning_rate"] == "0.001"
    assert trial.metrics.keys() >= CURVES
    assert {f"best_{name}" for name in CURVES - {"learning_rate"}} <= trial.metrics.keys()
    assert {f"last_{name}" for name in CURVES} <= trial.metrics.keys()
    assert trial.metrics["epochs_run"] == len(store.curve(trial.run_id, "loss")) == 2


def test_a_curve_has_one_value_an_epoch_from_step_0(store):
    trial = store.trials()[0]
    steps = [point.step for point in store.client.get_metric_history(trial.run_id, "val_loss")]
    assert sorted(steps) == [0, 1]


def test_the_recorded_bundle_is_whole(store, tmp_path):
    trial = next(run for run in store.trials() if run.family == "cnn_baseline")
    left = bundle.read(store.download_bundle(trial, tmp_path))
    assert left.record.trial == trial.trial
    assert left.predictions("validation").shape == (300, 10)


def test_the_baseline_also_records_its_test_result(store):
    baseline = next(run for run in store.trials() if run.family == "mlp_baseline")
    assert baseline.metrics["parameters"] == 7850
    assert 0.1 < baseline.metrics["test_sparse_categorical_accuracy"] < 1
    assert "train_loss" in baseline.metrics


def test_a_trial_reads_the_parts_of_the_data_that_its_inputs_name(store):
    for trial in store.trials():
        logged = store.client.get_run(trial.run_id).inputs.dataset_inputs
        contexts = [tag.value for made in logged for tag in made.tags]
        evaluated = ["test"] if "test_loss" in trial.metrics else []
        assert sorted(contexts) == sorted(["training", "validation", *evaluated])
        digests = {made.dataset.digest for made in logged}
        assert f"training-{trial.trial.data.digest[:27]}" in digests


def test_the_data_of_one_split_are_one_data_set(store):
    logged = [
        made.dataset
        for trial in store.trials()
        for made in store.client.get_run(trial.run_id).inputs.dataset_inputs
    ]
    assert {made.name for made in logged} == {"fashion-mnist"}
    # The holdout split and five folds, of two parts each, and the test set.
    assert len({made.digest for made in logged}) == 13


def test_a_search_describes_what_it_found(store):
    for run in store.runs("tags.`fmnist.kind` = 'search'"):
        text = run.tags["mlflow.note.content"]
        assert text.startswith(f"**{STUDY[run.family].question}**")
        assert " Best: **" in text
        assert f"{run.family}: expected {run.tags['fmnist.expected']}, done" in text
        assert "| configuration " in text
        held = store.client.get_run(run.run_id).data
        assert held.metrics["trials/done"] == int(run.tags["fmnist.done"])
        assert f"**{held.params['best.architecture']}" in text
        files = {item.path for item in store.client.list_artifacts(run.run_id, "tables")}
        complete = {f"tables/{run.family}.{kind}" for kind in ("csv", "md", "png")}
        lines = {f"tables/{run.family}_trials.png"} if run.family in OF_TWO_SETTINGS else set()
        assert files == complete | lines


def test_the_study_and_its_finals_describe_what_they_found(store):
    (root,) = store.runs("tags.`fmnist.kind` = 'study'")
    assert "| cnn_kfold " in root.tags["mlflow.note.content"]
    assert root.metrics["trials_done"] == root.metrics["trials_expected"]
    finals = {run.family: run for run in store.runs("tags.`fmnist.kind` = 'final'")}
    for name, published in (("mlp_final", 0.9035), ("cnn_final", 0.9361), ("cnn_kfold", None)):
        run = finals[name]
        text = run.tags["mlflow.note.content"]
        assert text.startswith(f"Selected: **{run.tags['fmnist.words']}**, chosen from ")
        beside = run.metrics.get("published_test_sparse_categorical_accuracy")
        assert beside == (published and pytest.approx(published))
        assert published is None or f"the study's: {published}" in text
        assert (
            store.client.get_run(run.run_id).info.run_name == f"{name} {run.tags['fmnist.words']}"
        )


def test_a_search_leaves_its_certificate(store):
    search = next(
        run for run in store.runs("tags.`fmnist.kind` = 'search'") if run.family == "mlp_search"
    )
    assert search.tags["fmnist.expected"] == search.tags["fmnist.done"] == "4"
    certificate = json.loads(mlflow.artifacts.load_text(f"runs:/{search.run_id}/certificate.json"))
    assert certificate["complete"]
    assert certificate["missing"] == []


@pytest.mark.parametrize(
    ("name", "address"),
    [
        ("fmnist-mlp", "models:/fmnist-mlp/Production"),
        ("fmnist-cnn", "models:/fmnist-cnn@production"),
    ],
)
def test_a_registered_model_gives_the_logged_test_result_on_raw_pixels(store, name, address):
    model = mlflow.keras.load_model(address)
    run = store.client.get_run(registry.find(store, name, registry.STAGE).run_id)
    probabilities = model.predict(
        fashion_mnist.load().test_images.astype(np.float32), 500, verbose=0
    )
    accuracy = (probabilities.argmax(axis=1) == fashion_mnist.load().test_labels).mean()
    assert accuracy == pytest.approx(run.data.metrics["test/sparse_categorical_accuracy"])
    low, high = (run.data.metrics[f"test/accuracy_{end}"] for end in ("low", "high"))
    assert low < accuracy < high


@pytest.mark.usefixtures("store")
def test_the_registered_models_signature_refuses_what_is_no_pixel():
    model = mlflow.pyfunc.load_model("models:/fmnist-mlp/Production")
    assert model.metadata.metadata["classes"] == list(fashion_mnist.CLASS_NAMES)
    image = fashion_mnist.load().test_images[:1]
    assert model.predict(image).shape == (1, 10)
    with pytest.raises(mlflow.exceptions.MlflowException):
        model.predict(np.full((1, 28, 28), -1.0))


def test_a_final_leaves_its_pictures_and_predictions(store):
    final = next(
        run for run in store.runs("tags.`fmnist.kind` = 'final'") if run.family == "cnn_final"
    )
    names = {item.path for item in store.client.list_artifacts(final.run_id)}
    assert names >= {
        "confusion_matrix.png", "confusion_matrix.csv", "per_class.csv", "curves.png",
        "mistakes.png", "architecture.txt", "test_predictions.npz",
    }  # fmt: skip


def test_cross_validation_reports_its_means(store):
    folds = [run for run in store.trials() if run.family == "cnn_kfold"]
    assert sorted(run.trial.data.split for run in folds) == [f"fold-{n}" for n in range(1, 6)]
    (final,) = [
        run for run in store.runs("tags.`fmnist.kind` = 'final'") if run.family == "cnn_kfold"
    ]
    for part in ("best_val", "last_val", "test"):
        metric = f"{part}_sparse_categorical_accuracy"
        mean = np.mean([run.metrics[metric] for run in folds])
        assert final.metrics[f"mean_{metric}"] == pytest.approx(mean)


def test_compare_builds_the_tables_from_the_store(store, tmp_path):
    tables = comparison.compare(store, SMOKE)
    accuracies = tables.frame("mlp_search")["val_sparse_categorical_accuracy"]
    assert len(accuracies) == 4
    assert accuracies.map(lambda accuracy: accuracy.value).is_monotonic_decreasing
    assert set(tables.frame("summary")["family"]) == {*STUDY, "mlp_final", "cnn_final", "cnn_kfold"}
    folder.write(tables, tmp_path, store, "smoke")
    assert not list(tmp_path.glob("*.csv"))
    for file in tmp_path.glob("*.md"):
        assert file.read_text().partition("\n")[0].count("|") <= 6, file.name  # five columns
    rows = (tmp_path / "mlp_capacity.md").read_text().splitlines()
    assert sorted(row.split()[1] for row in rows[2:4]) == ["128-64", "32"]
    assert (tmp_path / "headline.md").read_text().count("\n- ") >= 1
    folder.write(tables, tmp_path / "short", store, "paper")
    short = {path.name for path in (tmp_path / "short").iterdir()}
    assert short == {"headline.md", "summary.md", "published.md", "published.png"}


def test_the_run_of_a_comparison_has_the_complete_tables(store, tmp_path):
    folder.write_complete(comparison.compare(store, SMOKE), tmp_path)
    written = pd.read_csv(tmp_path / "mlp_capacity.csv")
    assert sorted(written["architecture"].astype(str)) == ["128-64", "32"]
    assert {"val_loss", "key", "parameters"} <= set(written)
    assert (tmp_path / "summary.md").read_text().startswith("| family")


@pytest.mark.parametrize(
    "options",
    [
        Options(preset="quick"),
        Options(preset="smoke", seed=1),
        Options(preset="smoke", epochs=1),
    ],
)
def test_compare_of_what_was_not_run_is_empty(store, options):
    compared = comparison.compare(store, options)
    assert compared.empty
    terminal.show(compared, options, Console(quiet=True), details=True)  # tables without rows


def test_a_final_that_is_done_does_not_read_the_test_set_again(study_copy):
    again = study_copy.run("mlp_final", "--preset", "smoke")
    assert again.returncode == 0, again.stderr
    assert "evaluated before" in again.stdout


def test_tables_show_the_evaluation_that_was_chosen_last(study_copy, monkeypatch):
    store = study_copy.use(monkeypatch)
    (first,) = (run for run in store.evaluated() if run.family == "mlp_final")
    tags = {name: text for name, text in first.tags.items() if name.startswith("fmnist.")}
    other = store.create_run(first.experiment_id, "mlp_final", tags)
    store.log(other, metrics=first.metrics)
    assert comparison.compare(store, SMOKE).recorded.finals["mlp_final"].run_id == other
    again = {runs.KIND: "final", runs.PRESET: "smoke", runs.EVALUATED_IN: first.run_id}
    store.create_run(first.experiment_id, "mlp_final", again)
    assert comparison.compare(store, SMOKE).recorded.finals["mlp_final"].run_id == first.run_id


def test_what_a_search_chose_counts_before_the_studys_choice(study_copy, monkeypatch):
    store = study_copy.use(monkeypatch)
    (first,) = (run for run in store.evaluated() if run.family == "mlp_final")
    tags = {name: text for name, text in first.tags.items() if name.startswith("fmnist.")}
    of_study = store.create_run(first.experiment_id, "mlp_final", tags | {runs.CONFIG: runs.STUDY})
    store.log(of_study, metrics=first.metrics)
    assert comparison.compare(store, SMOKE).recorded.finals["mlp_final"].run_id == first.run_id
    selected = {runs.KIND: "final", runs.PRESET: "smoke", runs.EVALUATED_IN: of_study}
    store.create_run(first.experiment_id, "mlp_final", selected)
    assert comparison.compare(store, SMOKE).recorded.finals["mlp_final"].run_id == of_study


def test_what_was_evaluated_before_an_interruption_is_registered_and_not_read_again(
    study_copy, monkeypatch
):
    store, final = study_copy.use(monkeypatch), FINALS["mlp_final"]
    again = Options(preset="smoke", seed=1)
    assert run_family("mlp_search", again, store, QUIET).complete
    with monkeypatch.context() as patch:
        patch.setattr(registry, "register", interrupted)
        with pytest.raises(KeyboardInterrupt):
            run_final(final, again, runs.SELECTED, store, QUIET)
    monkeypatch.setattr(evaluation, "evaluate", interrupted)
    assert run_final(final, again, runs.SELECTED, store, QUIET)
    (evaluated,) = (run for run in store.evaluated() if run.trial.data.seed == 1)
    assert evaluated.status == "KILLED"
    version = registry.version_of_key(store, final.registered_model, evaluated.key)
    assert version.run_id == evaluated.run_id
    assert version.tags[registry.DIGEST] == evaluated.tags[registry.DIGEST]


def test_a_final_whose_evaluation_was_deleted_is_evaluated_again(study_copy, monkeypatch):
    store = study_copy.use(monkeypatch)
    (first,) = (run for run in store.evaluated() if run.family == "mlp_final")
    store.client.delete_run(first.run_id)
    again = study_copy.run("mlp_final", "--preset", "smoke")
    assert again.returncode == 0, again.stderr
    (found,) = (run for run in store.evaluated() if run.family == "mlp_final")
    assert found.metrics["test_loss"] == first.metrics["test_loss"]
