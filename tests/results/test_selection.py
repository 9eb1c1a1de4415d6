"""The winner: highest mean validation accuracy, ties to fewer parameters, nothing else."""

from itertools import permutations

import pytest

from fmnist.data.config import DataConfig
from fmnist.results import selection
from fmnist.study.metrics import CRITERION
from fmnist.study.networks import MLP
from fmnist.study.training import TrainingConfig
from fmnist.study.trial import Trial
from fmnist.tracking.runs import KEY, TRIAL, RunRecord, canonical_text


def run(architecture, accuracy, *, parameters=1, replicate=0, **metrics):
    trial = Trial(
        model=MLP(architecture=architecture),
        training=TrainingConfig(),
        data=DataConfig(digest="d" * 64),
        replicate=replicate,
    )
    tags = {KEY: trial.key, TRIAL: canonical_text(trial)}
    measured = {CRITERION: accuracy, "parameters": parameters, **metrics}
    return RunRecord(f"{architecture}/{replicate}", "1", "FINISHED", 0, 1, tags, measured)


def order(*runs):
    return [found.best.trial.model.architecture for found in selection.candidates(runs)]


def test_the_highest_validation_accuracy_wins():
    assert order(run("1", 0.90), run("2", 0.92), run("3", 0.91)) == ["2", "3", "1"]


@pytest.mark.parametrize("sizes", list(permutations((100, 200, 300))))
def test_a_tie_goes_to_fewer_parameters(sizes):
    tied = [run(str(size), 0.9, parameters=size) for size in sizes]
    assert order(*tied, run("1", 0.8, parameters=1)) == ["100", "200", "300", "1"]


def test_means_of_the_same_count_of_images_are_tied_whatever_their_last_bit():
    first, second = (0.1, 0.2, 0.3), (0.3, 0.2, 0.1 + 1e-16)
    larger = [run("2", value, parameters=2, replicate=at) for at, value in enumerate(first)]
    smaller = [run("1", value, parameters=1, replicate=at) for at, value in enumerate(second)]
    assert order(*larger, *smaller) == ["1", "2"]


def test_test_and_training_results_choose_nothing():
    lucky = run("1", 0.90, test_sparse_categorical_accuracy=1.0, train_loss=0.0, best_val_loss=0.0)
    assert order(lucky, run("2", 0.91, test_sparse_categorical_accuracy=0.1)) == ["2", "1"]


def test_a_final_compares_as_many_replicates_as_all_have():
    chosen = [run("1", 0.92), run("1", 0.80, replicate=1), run("1", 0.81, replicate=2)]
    single = [run("2", 0.91)]
    kept = selection.comparable([*chosen, *single])
    assert [found.run_id for found in kept] == ["1/0", "2/0"]
    assert selection.comparable(chosen) == chosen
    assert selection.comparable([]) == []


def test_replicates_count_by_their_mean():
    lucky = [run("1", 0.99), run("1", 0.80, replicate=1)]
    steady = [run("2", 0.91), run("2", 0.92, replicate=1)]
    first, second = selection.candidates([*lucky, *steady])
    assert (first.score, second.score) == (0.915, 0.895)
    assert first.best.run_id == "2/1"
    assert [found.run_id for found in first.replicates] == ["2/1", "2/0"]


def test_replicates_that_others_lack_do_not_change_the_winner():
    chosen = [run("1", 0.92), run("1", 0.80, replicate=1)]
    first, _ = selection.candidates([*chosen, run("2", 0.91)])
    assert [found.run_id for found in first.replicates] == ["1/0", "1/1"]
    assert first.score == pytest.approx(0.86)


def test_the_order_in_which_runs_are_found_does_not_matter():
    runs = [run(units, 0.9) for units in ("1", "2", "3")]
    assert len({tuple(order(*found)) for found in permutations(runs)}) == 1


def test_no_runs_no_candidates():
    assert selection.candidates([]) == []


def test_the_seeds_after_a_choice_show_how_lucky_it_was():
    chosen = [run("1", 0.91), run("1", 0.88, replicate=1), run("1", 0.90, replicate=2)]
    winner, other = selection.candidates([*chosen, run("2", 0.90)])
    assert (winner.chosen_at, winner.afterwards) == (0.91, pytest.approx(0.89))
    assert (other.chosen_at, other.afterwards) == (0.90, None)
