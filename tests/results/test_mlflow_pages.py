"""What runs say of themselves on MLflow's pages, from records."""

import re

from made_runs import ACCURACY, WINNER, certified, family_of, make_final, make_run

from fmnist.results import comparison, mlflow_pages
from fmnist.results.tables.summary import summary_table
from fmnist.study import families
from fmnist.study.networks import MLP
from fmnist.study.options import Options

PAPER = Options()
MLP_SEARCH = families.get("mlp_search")


def test_a_search_says_question_best_counts_and_a_table_that_fits_a_screen():
    runs = [make_run(MLP(architecture=str(units)), accuracy=0.8) for units in range(1, 13)]
    text = mlflow_pages.of_search(
        MLP_SEARCH, PAPER, family_of(*runs, make_run(WINNER, accuracy=0.9)), certified()
    )
    answer, counts, rule, table = text.split("\n\n")
    assert answer == (
        "**Which architecture and dropout are best for an MLP?** Best: **768 dropout=0.3**, "
        "validation accuracy 0.9000 (95% interval 0.8945 to 0.9052, 12000 images); "
        "the study's: 0.9103."
    )
    assert counts == (
        "mlp_search: expected 3, done 3 (reused 1), failed 0, missing 0. "
        "At preset=paper, 60,000 of 60,000 training images, at most 300 epochs."
    )
    assert rule == "Top 5 of 13 configurations:"
    heading, _, first, *others = table.splitlines()
    assert heading.startswith("| configuration")
    assert heading.count("|") <= 7
    assert first.startswith("| 768 dropout=0.3 ")
    assert len(others) == 4


def test_an_accuracy_has_one_interval_on_a_page():
    runs = [
        make_run(MLP(architecture=units), replicate=seed, accuracy=accuracy + 0.002 * seed)
        for units, accuracy in (("512", 0.90), ("768", 0.91), ("384", 0.89))
        for seed in range(2)
    ]
    text = mlflow_pages.of_search(MLP_SEARCH, PAPER, family_of(*runs), certified())
    bounds = re.search(r"validation accuracy 0\.9110 \(95% interval (.*?),", text)[1]
    assert f"0.9110 ({bounds})" in text.split("\n\n")[-1]


def test_a_search_without_a_finished_trial_says_what_failed():
    failed = certified(done=0, reused=0, failed={"768": "out of memory"})
    text = mlflow_pages.of_search(MLP_SEARCH, PAPER, family_of(), failed)
    assert text.startswith(f"**{MLP_SEARCH.question}** No configuration is finished.")
    assert "mlp_search: expected 3, done 0 (reused 0), failed 1, missing 0." in text
    assert "|" not in text


def test_a_family_without_a_published_number_is_not_compared():
    text = mlflow_pages.of_search(
        families.get("mlp_optimizers"),
        PAPER,
        family_of(make_run(WINNER), name="mlp_optimizers"),
        certified("mlp_optimizers"),
    )
    assert "12000 images)." in text
    assert "the study's:" not in text


def test_a_final_says_choice_accuracy_and_decision():
    choice = mlflow_pages.of_choice("768 dropout=0.3", "by a rule")
    final = make_final("mlp_final", WINNER, 256, **{f"test_{ACCURACY}": 0.9})
    text = mlflow_pages.of_final(choice, Options(preset="quick"), [final], "It is in Production.")
    assert text.split("\n\n") == [
        "Selected: **768 dropout=0.3**, by a rule.",
        "Test accuracy 0.9000 (95% interval 0.8940 to 0.9057, 10000 images); the study's: 0.9035.",
        "It is in Production.",
        "At preset=quick, 15,000 of 60,000 training images, at most 5 epochs.",
    ]


def test_a_final_whose_evaluation_was_deleted_says_the_rest():
    text = mlflow_pages.of_final("choice", PAPER, [], "decision")
    assert text.startswith("choice\n\ndecision\n\nAt preset=paper")


def test_the_studys_description_is_its_summary():
    found = family_of(make_run(WINNER))
    tables = [summary_table([found], {}, "paper")]
    recorded = comparison.Recorded(
        families=[found],
        finals={},
        of_study={},
        beyond=[],
        folds=[],
        on_folds=[],
        failed=[],
        of_all_presets=[],
    )
    compared = comparison.Comparison(recorded, {table.name: table for table in tables}, "")
    text = mlflow_pages.of_comparison(compared, PAPER)
    assert text.startswith("**What does the study find?** At preset=paper, 60,000 of 60,000 ")
    assert "| mlp_search | 768 dropout=0.3 " in text
    assert text.splitlines()[-1].count("|") <= 7
    assert "| val accuracy (95% interval) " in text
