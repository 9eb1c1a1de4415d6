"""Ties with a family's winner, on the predictions that trials saved."""

from pathlib import Path

import pytest
from synthetic import record_family

from fmnist import stats
from fmnist.data import splits
from fmnist.results import selection
from fmnist.results.family_trials import family_runs
from fmnist.results.tables import ties
from fmnist.results.tables.family import grid_table
from fmnist.study.options import Options
from fmnist.tracking import runs
from fmnist.tracking.entry_run import entry_run
from fmnist.training import bundle

SMOKE = Options(preset="smoke")


def marked(store, name):
    """A family's runs by their validation accuracy, the best first, and its marked table."""
    grouped = family_runs(SMOKE, runs.finished(store.trials()).values())
    family = next(family for family in grouped if family.name == name)
    ranked = [candidate.best for candidate in selection.candidates(family.runs)]
    return ranked, ties.mark(grid_table(family), family, store).set_index("run_id")


def right(run, store, folder):
    predictions = bundle.read(store.download_bundle(run, folder)).predictions("validation")
    return predictions.argmax(axis=1) == splits.load_split(run.trial.data).validation_labels


def test_each_trained_trial_is_tested_against_the_winner(study, monkeypatch, tmp_path):
    store = study.use(monkeypatch)
    (winner, *others), table = marked(store, "mlp_search")
    assert table["against_winner"][winner.run_id] == "winner"
    best = right(winner, store, tmp_path / "best")
    assert len(others) == 3
    for run in others:
        test = stats.paired_test(right(run, store, tmp_path / run.run_id), best)
        assert table["against_winner"][run.run_id] == ("tied" if test.tied else "behind")
        assert table["p_value"][run.run_id] == pytest.approx(test.p_value)


@pytest.fixture
def made(place, monkeypatch):
    """A store in which one trial of a family is far behind the others, which are close."""
    store = place.use(monkeypatch)
    with entry_run(store, "search", "mlp_search", {}) as run:
        record_family(run, "mlp_search", SMOKE, [0.90, 0.89, 0.88, 0.50], place.folder)
    return store


def test_close_trials_tie_and_a_far_one_is_behind(made):
    ranked, table = marked(made, "mlp_search")
    marks = table["against_winner"][[run.run_id for run in ranked]].tolist()
    assert marks == ["winner", "tied", "tied", "behind"]
    assert table["p_value"][ranked[3].run_id] < 1e-6
    assert list(table.columns).index("against_winner") < list(table.columns).index("parameters")


def test_a_trial_whose_predictions_are_lost_has_no_mark(made, place):
    ranked, _ = marked(made, "mlp_search")
    for run, damage in ((ranked[1], Path.unlink), (ranked[2], lambda file: file.write_text("?"))):
        (file,) = place.folder.rglob(f"{run.run_id}/**/{bundle.PREDICTIONS}")
        damage(file)
    _, table = marked(made, "mlp_search")
    assert table["against_winner"][[run.run_id for run in ranked]].isna().tolist() == [
        False, True, True, False,
    ]  # fmt: skip
