"""The author's preset through the entries: what his finals evaluate, and what is refused."""

import pytest
from rich.console import Console

from entrypoints import choice, cross_validation, finals, search
from fmnist.errors import InvalidInput
from fmnist.results import comparison
from fmnist.study.families import FINALS
from fmnist.study.options import Options
from fmnist.tracking import runs

QUIET = Console(quiet=True)
ONE_EPOCH = Options(preset="as_run", epochs=1)


def test_the_final_mlp_is_the_next_replicate_of_the_authors_choice(place, monkeypatch):
    store = place.use(monkeypatch)
    grid = place.folder / "grid.yaml"
    grid.write_text("batch_size: [384]")
    searched = Options(preset="as_run", epochs=1, grid=grid)
    assert search.run_family("mlp_optimizers", searched, store, QUIET).complete
    config = choice.usual_config(ONE_EPOCH)
    assert finals.run_final(FINALS["mlp_final"], ONE_EPOCH, config, store, QUIET)
    trials = sorted(store.trials(), key=lambda run: run.trial.replicate)
    assert [run.trial.replicate for run in trials] == [0, 1]
    assert len({run.trial.configuration_key for run in trials}) == 1
    assert all(run.metrics.keys() >= {"train_loss", "test_loss"} for run in trials)
    (final,) = store.runs("tags.`fmnist.kind` = 'final'")
    assert (final.key, final.tags[runs.CONFIG]) == (trials[1].key, runs.STUDY)
    assert final.metrics["models"] == 1
    # Asked for again it is the same one.
    assert finals.run_final(FINALS["mlp_final"], ONE_EPOCH, config, store, QUIET)
    assert len(store.trials()) == 2
    compared = comparison.compare(store, ONE_EPOCH)
    assert compared.recorded.finals["mlp_final"].key == final.key
    of_paper = comparison.compare(store, Options(epochs=1, seed=ONE_EPOCH.split_seed))
    assert of_paper.empty


def test_what_the_author_did_not_run_is_refused_before_a_run_is_created(place, monkeypatch):
    for entry in ("champion_search", "plan"):
        more = ["--family", "cnn_kfold"] if entry == "plan" else []
        refused = place.run(entry, "--preset", "as_run", *more)
        assert refused.returncode == 2, refused.stderr
        assert refused.stderr.startswith("preset=as_run: the study's author did not run ")
    assert not (place.folder / "mlflow.db").exists()
    store = place.use(monkeypatch)
    with pytest.raises(InvalidInput, match="did not run cnn_kfold; accepted is one of paper"):
        cross_validation.run_folds(ONE_EPOCH, runs.STUDY, store, QUIET)
    with pytest.raises(InvalidInput, match="did not run small_final; accepted is one of paper"):
        finals.run_final(FINALS["small_final"], ONE_EPOCH, runs.SELECTED, store, QUIET)
    assert store.runs("") == []
