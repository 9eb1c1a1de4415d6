"""Entries that look at the study or go on from it, on the smoke study's store."""

import re

import pytest
from rich.console import Console

from entrypoints import choice, compare, explore, finals, held, plan
from entrypoints.command_line import parse
from entrypoints.search import run_family
from entrypoints.verbs import VERBS
from fmnist.errors import InvalidInput
from fmnist.search import run_plan
from fmnist.study.families import FINALS
from fmnist.study.options import Options
from fmnist.tracking import runs

SMOKE = Options(preset="smoke")
QUIET = Console(quiet=True)


@pytest.fixture
def store(study_copy, monkeypatch):
    return study_copy.use(monkeypatch)


def values(verb, **given):
    words = [word for name, text in given.items() for word in (f"--{name}", str(text))]
    return parse(VERBS[verb].parameters, words)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "mlp_search: trials 4, done 4, missing 0\n"),
        ({"seed": 1}, "mlp_search: trials 4, done 0, missing 4; about "),
        ({"seed": 1, "strategy": "random", "trials": 2}, "mlp_search: trials 2, done 0, missing 2"),
        ({"strategy": "hyperband", "max_epochs": 3}, "depends on their results"),
    ],
)
def test_a_plan_says_what_is_missing_and_trains_nothing(store, capsys, given, said):
    before = {run.run_id for run in store.trials()}
    assert plan.run(values("plan", family="mlp_search", preset="smoke", **given))
    assert said in capsys.readouterr().out
    assert {run.run_id for run in store.trials()} == before


@pytest.mark.usefixtures("store")
def test_compare_writes_its_folder_again(tmp_path):
    asked = values("compare", preset="smoke", output=tmp_path / "made" / "results")
    written = []
    for _ in range(2):
        assert compare.run(asked)
        folder = tmp_path / "made" / "results"
        written.append({path.name: path.read_bytes() for path in folder.iterdir()})
    assert written[0] == written[1]
    tables = {"headline", "summary", "published", "findings", "cost", "provenance"}
    assert written[0].keys() >= {f"{name}.md" for name in tables}
    assert written[0].keys() >= {
        "summary.png",
        "published.png",
        "mlp_search.png",
        "records.parquet",
    }


def test_a_store_of_one_preset_is_compared_whichever_is_asked_for(store, capsys):
    assert compare.run(values("compare"))
    told = capsys.readouterr().out
    assert told.startswith(
        "Nothing is recorded at preset=paper: shown is preset=smoke, the only one in this store\n"
    )
    assert "mlp_final" in told
    assert "Top 4 of 4" not in told
    assert told.endswith("mlflow run . -e compare -P preset=smoke -P details=1\n")
    assert compare.run(values("compare", preset="smoke", details=1))
    assert "Top 4 of 4" in capsys.readouterr().out
    (trial, *_) = store.trials()
    store.log(trial.run_id, tags={runs.PRESET: "quick"})
    assert held.shown(Options(), store, Console()) == Options()
    assert "holds quick and smoke: choose one with preset=quick" in capsys.readouterr().out


def test_explore_leaves_both_figures(place, monkeypatch, capsys):
    store = place.use(monkeypatch)
    assert explore.run(values("explore"))
    (run,) = store.runs("")
    left = {artifact.path for artifact in store.client.list_artifacts(run.run_id)}
    assert left == {"first_50_images.png", "class_balance.png"}
    printed = capsys.readouterr().out.splitlines()
    assert printed[1] == "validation: 12,000 images, 1,200 of each class"


def test_a_final_of_the_studys_configuration_takes_it_or_says_how_it_is_trained(store):
    chosen = choice.choose(FINALS["mlp_final"], SMOKE, runs.STUDY, store, QUIET).trial
    assert (chosen.training.optimizer, chosen.training.batch_size) == ("adam", 256)
    grid = re.escape("{architecture: [3x128], dropout: [0.25]}")
    with pytest.raises(InvalidInput, match=f"run cnn_search with a grid file of {grid} first"):
        choice.choose(FINALS["cnn_final"], SMOKE, runs.STUDY, store, QUIET)


def test_a_final_of_several_replicates_has_their_mean(store):
    two = Options(preset="smoke", replicates=2)
    assert finals.run_final(FINALS["mlp_final"], two, runs.SELECTED, store, QUIET)
    (run,) = (run for run in store.evaluated() if run.metrics.get("models") == 2)
    metrics = run.metrics
    name = "test_sparse_categorical_accuracy"
    assert metrics[f"mean_{name}_low"] < metrics[f"mean_{name}"] < metrics[f"mean_{name}_high"]


def test_runs_of_other_machines_are_closed_only_when_all_are_asked_for(place, monkeypatch):
    store = place.use(monkeypatch)
    elsewhere = {runs.OWNER: "another-machine boot 1 2"}
    run = store.client.create_run("0", tags=elsewhere).info.run_id
    assert store.close_stale() == []
    assert store.close_stale(everywhere=True) == [run]
    assert store.client.get_run(run).info.status == "KILLED"


def test_no_more_is_trained_than_fits_beside_what_waits(place, monkeypatch):
    store = place.use(monkeypatch)
    monkeypatch.setattr(run_plan, "OUTBOX_BYTES", -1)
    certificate = run_family("mlp_search", SMOKE, store, QUIET)
    assert (certificate.done, len(certificate.missing)) == (0, 4)
    assert store.trials() == []
