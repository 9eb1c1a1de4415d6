"""What the runs of searches and finals hold as columns, from records."""

import pytest
from made_runs import ACCURACY, WINNER, certified, family_of, make_final, make_run

from fmnist.results import answers
from fmnist.study.metrics import to_mlflow
from fmnist.study.naming import configuration
from fmnist.study.networks import MLP
from fmnist.study.options import Scale

VALIDATION = f"val_{ACCURACY}"
SEARCHED = certified(done=2, failed={"64": "error"})


def test_a_search_holds_its_best_beside_the_studys_and_its_counts():
    best = make_run(WINNER, accuracy=0.9)
    found = family_of(make_run(MLP(architecture="1"), accuracy=0.8), best)
    answer = answers.of_search(found, SEARCHED, Scale())
    assert answer.metrics == pytest.approx(
        {
            "trials_expected": 3,
            "trials_done": 2,
            "trials_failed": 1,
            f"best_{VALIDATION}": 0.9,
            f"published_{VALIDATION}": 0.9103,
            f"difference_{VALIDATION}": -0.0103,
        },
        abs=1e-4,
    )
    assert answer.params["best.architecture"] == "768"
    assert answer.params["best.configuration"] == configuration(best.trial)
    assert to_mlflow("trials_done") == "trials/done"


def test_a_search_without_a_finished_trial_holds_its_counts():
    answer = answers.of_search(family_of(), SEARCHED, Scale())
    assert answer.metrics.keys() == {"trials_expected", "trials_done", "trials_failed"}
    assert answer.params == {}


def test_a_final_holds_its_test_accuracy_wherever_that_was_measured():
    final = make_final("mlp_final", WINNER, 256, **{f"test_{ACCURACY}": 0.9})
    beside = {f"published_test_{ACCURACY}": 0.9035, f"difference_test_{ACCURACY}": -0.0035}
    here = answers.of_final(final, final.run_id)
    assert here.metrics == pytest.approx(beside, abs=1e-4)
    elsewhere = answers.of_final(final, "another")
    assert elsewhere.metrics.items() >= here.metrics.items()
    assert elsewhere.metrics[f"test_{ACCURACY}"] == 0.9
    assert "parameters" not in elsewhere.metrics  # with which it would count as an evaluation


def test_of_several_replicates_the_registered_models_accuracy_is_compared():
    test = f"test_{ACCURACY}"
    mean = {f"mean_{test}": 0.88, f"mean_{test}_low": 0.87, f"mean_{test}_high": 0.89}
    own = {test: 0.9, "test_accuracy_low": 0.89, "test_accuracy_high": 0.91}
    final = make_final("mlp_final", WINNER, 256, **{**mean, **own, "models": 3.0})
    here, elsewhere = (answers.of_final(final, run).metrics for run in (final.run_id, "another"))
    assert here[f"difference_{test}"] == pytest.approx(0.9 - 0.9035)
    assert elsewhere == here | own
