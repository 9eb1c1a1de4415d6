"""What a search, and a study, came to: in a line each."""

import pandas as pd
import pytest
from made_runs import WINNER, family_of, make_run

from fmnist.results import closing
from fmnist.results.accuracy import Accuracy
from fmnist.results.tables.table import Table
from fmnist.study.networks import MLP
from fmnist.study.options import Options

QUICK = Options(preset="quick", replicates=2)


@pytest.mark.parametrize(("complete", "head"), [(True, "Best"), (False, "Best so far")])
def test_a_search_ends_with_its_best_and_the_accuracy_of_that(complete, head):
    found = family_of(make_run(MLP(architecture="32"), accuracy=0.8), make_run(WINNER))
    told = closing.of_search(found, complete=complete)
    assert told.startswith(f"{head}: 768 dropout=0.3, 0.9000 (95% interval 0.8945 to 0.9052, 12000")


def test_a_search_without_a_finished_trial_says_so():
    assert closing.of_search(family_of(), complete=False) == "Best: no configuration is finished"


@pytest.mark.parametrize(
    ("family", "complete", "step"),
    [
        ("cnn_search", True, "mlflow run . -e cnn_final -P preset=quick -P replicates=2"),
        ("mlp_capacity", True, "mlflow run . -e compare -P preset=quick"),
        ("cnn_search", False, "the same command again, for what is missing"),
    ],
)
def test_what_is_run_next(family, complete, step):
    assert closing.next_step(family, QUICK, complete=complete) == step


@pytest.mark.parametrize(
    ("family", "more", "step"),
    [
        ("cnn_search", {}, "cnn_final -P preset=as_run"),
        ("cnn_depth", {}, "cnn_search -P preset=as_run"),
        ("mlp_search", {}, "mlp_optimizers -P preset=as_run"),
        ("cnn_search", {"folds": 5}, "cnn_final -P preset=as_run -P folds=5 -P config=selected"),
    ],
)
def test_what_is_run_next_as_the_author_ran_it(family, more, step):
    options = Options(preset="as_run", **more)
    assert closing.next_step(family, options, complete=True) == f"mlflow run . -e {step}"


def test_a_study_comes_to_a_line_for_each_kind_of_model_that_is_tested():
    rows = [
        {"family": "mlp_baseline", "best": "linear", "published_test": 0.8487},
        {"family": "cnn_search", "best": "3x32 dropout=0.2"},
        {"family": "cnn_final", "best": "3x32 dropout=0.2", "published_test": 0.9361},
    ]
    frame = pd.DataFrame(rows).assign(test_accuracy=[None, None, Accuracy(0.8625, 0.8556, 0.8691)])
    assert closing.of_study(Table("summary", "Summary", frame)) == [
        "Best CNN:     test accuracy 0.8625 (0.8556 to 0.8691), published 0.9361 (3x32 dropout=0.2)"
    ]
