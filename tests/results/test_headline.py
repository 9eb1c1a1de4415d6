"""The result in sentences and in one table, from made-up tables with a known answer."""

import pandas as pd
import pytest

from fmnist.results import headline
from fmnist.results.accuracy import Accuracy
from fmnist.results.counterparts import OTHER_SETTINGS, OTHER_SPLIT
from fmnist.results.tables.table import Table
from fmnist.study.metrics import LAST_VALIDATION, TEST

SEARCH, FINAL = "mlp_search", "mlp_final"


def accuracy(value):
    return Accuracy(value, value - 0.01, value + 0.01, "10000 images")


SUMMARY = [
    {
        "family": SEARCH, "configurations": 2, "done": 1, "best": "768 dropout=0.3",
        "val_accuracy": accuracy(0.9), "published_val": 0.91,
    },
    {
        "family": FINAL, "best": "768 dropout=0.3",
        "test_accuracy": accuracy(0.89), "published_test": 0.9,
    },
]  # fmt: skip
PEERS = [
    {
        "model": name, "test_accuracy": reached, "parameters": 1e6, "minutes": minutes, "on": on,
    }
    for name, reached, minutes, on in (
        ("best", accuracy(0.96), 5.7, "NVIDIA H200"),
        ("slow", accuracy(0.95), 83.1, "processor"),
        ("fast", accuracy(0.941), 8.3, "processor"),
        ("poor", accuracy(0.93), 0.8, "processor"),
        ("of others", 0.97, None, None),
    )
]  # fmt: skip


def tables(verdicts):
    """Made-up tables, in which the search has two published accuracies and the final one."""
    compared = ((SEARCH, LAST_VALIDATION), (SEARCH, LAST_VALIDATION), (FINAL, TEST))
    rows = [
        {
            "family": family,
            "metric": metric,
            "verdict": verdict,
            "difference": -0.02 - at / 1000,
            "ours": accuracy(0.88),
        }
        for at, ((family, metric), verdict) in enumerate(zip(compared, verdicts, strict=True))
    ]
    frames = {"published": rows, "summary": SUMMARY, "peers": PEERS}
    return {name: Table(name, name, pd.DataFrame(frame)) for name, frame in frames.items()}


@pytest.mark.parametrize(
    ("verdicts", "begins", "column", "shown"),
    [
        (
            ("inside", "outside", "not run"),
            "**Reproduction:** 1 of 2 validation accuracies of the study lie in",
            "verdict",
            ["1 of 2 inside", ""],
        ),
        (
            (None, None, None),
            "**Ours minus published:** -0.0205 validation accuracy (95% interval",
            "difference",
            ["-0.0100", "-0.0100"],
        ),
    ],
)
def test_the_reproduction_comes_first(verdicts, begins, column, shown):
    made = tables(verdicts)
    assert headline.sentences(made, OTHER_SPLIT)[0].startswith(begins)
    rows = headline.table(made, OTHER_SPLIT).frame
    assert rows[column].tolist() == shown
    best = "768, dropout 0.3"
    assert rows["best_configuration"].tolist() == [f"{best} (1 of 2 done)", best]
    assert [ours.value for ours in rows["ours"]] == [0.9, 0.89]  # a search's is of validation
    assert rows["published"].tolist() == [0.91, 0.9]


def test_what_has_no_verdict_is_told_until_everything_has_one():
    partly, whole = (
        headline.sentences(tables(verdicts), "")[0]
        for verdicts in (("inside", "outside", "not run"), ("inside", "outside", "inside"))
    )
    printed = "The study printed 2 validation and 1 test accuracies"
    assert partly.endswith(f"{printed} (not run: 1).")
    assert whole.endswith(f"{printed}.")


@pytest.mark.parametrize(
    ("why", "told"),
    [
        (OTHER_SETTINGS, f"there is no verdict, since {OTHER_SETTINGS}."),
        ("", "there are too few seeds for a verdict."),
    ],
)
def test_why_there_is_no_verdict_is_said(why, told):
    made = tables(("too few seeds", "too few seeds", "not run"))
    assert told in headline.sentences(made, why)[0]
    assert told in headline.table(made, why).legend


def test_the_best_and_the_fastest_good_model_are_ours():
    _, steps, best, fastest = headline.sentences(tables((None, None, None)), OTHER_SPLIT)
    assert "best MLP 0.8900" in steps
    assert "linear" not in steps
    assert "highest of 4 test accuracies:** 0.9600" in best
    assert "5.7 minutes of training on NVIDIA H200" in best
    assert "0.9410" in fastest
    assert "8.3 minutes of training, without its search." in fastest
