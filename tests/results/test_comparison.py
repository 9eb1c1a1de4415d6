"""Which runs a comparison is of."""

import dataclasses

from made_runs import ACCURACY, WINNER, make_final, make_run

from fmnist.results import comparison, counterparts, family_trials
from fmnist.results.tables import family
from fmnist.study.networks import CNN, MLP
from fmnist.study.options import Options
from fmnist.study.training import TrainingConfig
from fmnist.tracking.runs import COMMAND, CONFIG, STUDY, RunRecord, finished

LIMITS = {"samples": 60_000, "epochs": 300, "seed": 0}


def test_the_summary_shows_what_a_search_chose_though_the_studys_is_newer():
    test = {f"test_{ACCURACY}": 0.9}
    chosen = make_final("mlp_final", MLP(architecture="512"), **test)
    of_study = make_final("mlp_final", WINNER, 256, **test)
    tags = of_study.tags | {CONFIG: STUDY}
    of_study = dataclasses.replace(of_study, start_time=5, tags=tags)
    paper = Options(preset="paper")
    assert comparison.final_runs([chosen, of_study], paper) == {"mlp_final": chosen}
    assert comparison.final_runs([of_study], paper) == {"mlp_final": of_study}
    assert counterparts.is_of_study(of_study, paper)
    assert not counterparts.is_of_study(chosen, paper)


def test_a_final_of_before_the_tag_is_known_by_its_command():
    final = make_final("mlp_final", WINNER)
    typed = {COMMAND: "mlflow run . -e mlp_final -P preset=paper -P config=study"}
    assert final.selected
    assert not dataclasses.replace(final, tags=final.tags | typed).selected


def test_of_ensembles_that_one_command_gave_the_newest_stands_beside_peers():
    older, newer, larger = (
        dataclasses.replace(final, start_time=number, tags=final.tags | {COMMAND: command})
        for number, command in enumerate(("members=2", "members=2", "members=3"))
        for final in [make_final("ensemble", WINNER, train_seconds=1.0, models=2.0 + number)]
    )
    assert comparison.beyond_runs([larger, newer, older]) == [newer, larger]


def test_a_final_that_was_asked_for_in_a_precision_is_shown_for_it():
    typed = ("", " -P precision=mixed_bfloat16")
    older, newer = (
        dataclasses.replace(final, start_time=number, tags=final.tags | {COMMAND: command})
        for number, command in enumerate(f"mlflow run . -e mlp_final{more}" for more in typed)
        for final in [make_final("mlp_final", WINNER)]
    )
    for precision, expected in (("float32", older), ("mixed_bfloat16", newer)):
        asked = Options(preset="paper", precision=precision)
        assert comparison.final_runs([older, newer], asked) == {"mlp_final": expected}
    tags = older.tags | {CONFIG: STUDY}
    of_study = dataclasses.replace(older, tags=tags)
    assert comparison.final_runs([of_study, newer], Options()) == {"mlp_final": newer}


def test_a_trial_belongs_to_every_family_whose_grid_has_its_key():
    shared = make_run(WINNER, "mlp_search")
    grid = shared.trial.configuration_key
    plans = {"mlp_search": [grid], "mlp_optimizers": [grid, "missing"]}
    search, optimizers = family_trials.by_family(plans, LIMITS, [shared])
    assert search.runs == optimizers.runs == [shared]
    assert (optimizers.expected, optimizers.done) == (2, 1)
    assert (search.was_searched, optimizers.was_searched) == (True, False)


def test_beyond_the_grid_runs_of_the_familys_tag_count_within_the_limits():
    own = make_run(WINNER)
    replicate = make_run(WINNER, replicate=1)
    runs = [
        own,
        replicate,
        make_run(WINNER, samples=15_000),
        make_run(WINNER, training=TrainingConfig(epochs=5)),
        make_run(CNN(), "cnn_search"),
    ]
    (found,) = family_trials.by_family({"mlp_search": [own.trial.configuration_key]}, LIMITS, runs)
    assert found.runs == [own, replicate]
    assert (found.expected, found.done) == (1, 1)


def test_presets_of_one_split_are_told_apart_by_their_grids_and_their_tags():
    of_grid = make_run(WINNER, preset="as_run")
    beyond, others = (
        make_run(MLP(architecture="99"), preset=preset, run_id=preset)
        for preset in ("paper", "as_run")
    )
    plans = {"mlp_search": [of_grid.trial.configuration_key]}
    runs = [of_grid, beyond, others]
    for preset, own in (("paper", beyond), ("as_run", others)):
        asked = LIMITS | {"preset": preset}
        (found,) = family_trials.by_family(plans, asked, [of_grid, own])
        assert list(found.runs) == [of_grid, own]
        (found,) = family_trials.by_family(plans, asked, [run for run in runs if run != own])
        assert list(found.runs) == [of_grid]
    final = make_final("cnn_final", CNN(architecture="3x128"))
    seed = Options(preset="as_run", seed=0)
    assert comparison.final_runs([final], Options()) == {"cnn_final": final}
    assert comparison.final_runs([final], seed) == {}


def test_a_key_that_finished_twice_counts_once_the_first():
    second = make_run(WINNER, run_id="a second", end_time=2)
    first = make_run(WINNER, run_id="the first", end_time=1)
    counted = finished([second, first])
    (found,) = family_trials.by_family(
        {"mlp_search": [first.trial.configuration_key]}, LIMITS, counted.values()
    )
    assert [run.run_id for run in found.runs] == ["the first"]
    assert family.grid_table(found).frame["run_id"].tolist() == ["the first"]


def test_only_finished_runs_count():
    done = make_run(WINNER)
    broken = RunRecord("broken", "1", "FAILED", 0, 0, make_run(CNN()).tags, {})
    assert finished([broken, done]) == {done.key: done}
