"""A search on folds, and what finals and the cross-validation make of it."""

from types import SimpleNamespace

import pytest
from rich.console import Console

from entrypoints import choice, cross_validation, finals, plan
from entrypoints.command_line import parse
from entrypoints.search import run_family
from entrypoints.verbs import VERBS
from fmnist.errors import InvalidInput
from fmnist.results import comparison
from fmnist.study.families import FAMILIES, FINALS, KFOLD
from fmnist.study.metrics import CRITERION
from fmnist.study.options import Options
from fmnist.study.plan import plan_family
from fmnist.tracking import trial_run
from fmnist.tracking.runs import COMMAND, DESCRIPTION, FAMILY, SELECTED, STUDY, RunRecord

QUIET, WIDE = Console(quiet=True), Console(width=200)
TEST = "test_sparse_categorical_accuracy"
HELD_OUT, ON_FOLDS = Options(preset="smoke"), Options(preset="smoke", folds=5)


def done(options, accuracies, sizes=(1, 1), family="mlp_search"):
    """Finished trials of the first configurations of mlp_search, each of one accuracy."""
    requests = plan_family(FAMILIES["mlp_search"], options).requests
    each = len(options.splits)
    found = []
    for place, (accuracy, size) in enumerate(zip(accuracies, sizes, strict=True)):
        for request in requests[place * each : (place + 1) * each]:
            tags = trial_run.tags(request) | {FAMILY: family}
            metrics = {CRITERION: accuracy, "parameters": size}
            key = request.trial.key
            found.append(RunRecord(key, "1", "FINISHED", 0, 1, tags, metrics))
    return found


def chosen(found, options):
    store = SimpleNamespace(finished_trials=lambda: {run.key: run for run in found})
    return choice.choose(FINALS["mlp_final"], options, SELECTED, store, QUIET)


def test_a_final_on_folds_chooses_by_the_means_and_evaluates_on_the_holdout_split():
    held_out = done(HELD_OUT, (0.9, 0.8))
    first, second = (run.trial for run in held_out)
    folds = done(ON_FOLDS, (0.8, 0.9))
    assert chosen([*held_out, *folds], HELD_OUT).trial == first
    assert chosen([*held_out, *folds], ON_FOLDS).trial == second
    assert chosen(folds, ON_FOLDS).trial == second  # which is not trained yet
    assert chosen(folds[:-1], ON_FOLDS).trial == first  # of which all folds are finished
    tied = done(ON_FOLDS, (0.9, 0.9), sizes=(2, 1))
    assert chosen(tied, ON_FOLDS).trial == second
    of_cross_validation = chosen(done(ON_FOLDS, (0.8, 0.9), family=KFOLD), ON_FOLDS)
    assert (of_cross_validation.trial, of_cross_validation.family) == (second, "mlp_search")
    rules = [choice.rule(FINALS["mlp_final"], SELECTED, one) for one in (HELD_OUT, ON_FOLDS)]
    assert ["over 5 folds" in rule for rule in rules] == [False, True]


def test_what_folds_cannot_choose_is_refused():
    said = "no finished trial of mlp_search or mlp_optimizers at .*; run mlp_search first"
    with pytest.raises(InvalidInput, match=said):
        chosen(done(ON_FOLDS, (0.8, 0.9)), HELD_OUT)
    said = "no finished trial of .* with folds=5 at .*; run mlp_search with folds=5 first"
    with pytest.raises(InvalidInput, match=said):
        chosen(done(HELD_OUT, (0.8, 0.9)), ON_FOLDS)
    with pytest.raises(InvalidInput, match=r"^folds=5: accepted is config=selected with it"):
        choice.choose(FINALS["mlp_final"], ON_FOLDS, STUDY, SimpleNamespace(), QUIET)
    values = parse(VERBS["plan"].parameters, ["--family=cnn_kfold", "--folds=5"])
    with pytest.raises(InvalidInput, match=r"^family=cnn_kfold: accepted is a family of trials or"):
        plan.run(values)


def test_a_search_on_folds_goes_on_and_its_trials_serve_a_final_and_the_cross_validation(
    place, monkeypatch, capsys
):
    store = place.use(monkeypatch)
    grid = place.folder / "grid.yaml"
    grid.write_text("architecture: [1x2]\ndropout: [0.2]\n")
    options = Options(preset="smoke", folds=5, grid=grid)
    first, again = (run_family("cnn_search", options, store, WIDE) for _ in range(2))
    assert (first.done, first.reused, again.done, again.reused) == (5, 0, 5, 5)
    trials = store.trials()
    assert sorted(run.trial.data.split for run in trials) == [f"fold-{n}" for n in range(1, 6)]
    assert not any(TEST in run.metrics for run in trials)
    said = [line for line in capsys.readouterr().out.splitlines() if line.startswith("Best: ")]
    assert said[0] == said[1]
    assert (
        ", 5 folds) on validation; next: mlflow run . -e cnn_final -P preset=smoke -P " in said[0]
    )
    mean = sum(run.metrics[CRITERION] for run in trials) / 5
    for run in store.runs("tags.`fmnist.kind` = 'search'"):
        assert run.metrics[CRITERION] == pytest.approx(mean)
        files = {item.path for item in store.client.list_artifacts(run.run_id, "tables")}
        assert files == {f"tables/folds.{kind}" for kind in ("csv", "md", "png")}

    assert finals.run_final(FINALS["cnn_final"], ON_FOLDS, SELECTED, store, QUIET)
    (final,) = store.evaluated()
    assert final.trial.data.split == "holdout"
    assert "by highest mean validation accuracy over 5 folds" in final.tags[DESCRIPTION]
    assert final.tags[COMMAND] == "mlflow run . -e cnn_final -P preset=smoke -P folds=5"

    assert cross_validation.run_folds(HELD_OUT, SELECTED, store, WIDE)
    mean_and_interval = said[0].partition(", ")[2].partition(" on validation")[0]
    assert f"mean accuracy on the held-out folds {mean_and_interval}\n" in capsys.readouterr().out
    assert len(store.trials()) == 6  # five folds, and the final's
    folds = [run for run in store.trials() if run.trial.data.is_fold]
    assert all(TEST in run.metrics and run.tested_at > run.end_time for run in folds)

    compared = comparison.compare(store, HELD_OUT)
    assert compared.frame("folds")["family"].tolist() == ["cnn_search"]
    summary = compared.frame("summary").set_index("family")
    assert summary.loc["cnn_search", "val_accuracy"].n == "300 images"
