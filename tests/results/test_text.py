"""One table, as people and as programs read it."""

import io

import pandas as pd
from rich.console import Console

from fmnist.results import text
from fmnist.results.accuracy import Accuracy
from fmnist.results.tables.table import Table

FRAME = pd.DataFrame(
    [
        {"model": "ours", "test_accuracy": Accuracy(0.879, 0.8668, 0.8902, "3000 images")},
        {"model": "other", "test_accuracy": 0.9},
        {"model": "none", "test_accuracy": None},
    ]
)


def test_people_see_an_interval_beside_its_accuracy():
    shown = text.readable(FRAME)
    assert list(shown.columns) == ["model", "test accuracy (95% interval)"]
    assert shown.iloc[:, 1].tolist() == ["0.8790 (0.8668 to 0.8902)", "0.9000", ""]
    assert "0.8790 (0.8668 to 0.8902)" in text.markdown(FRAME)


def test_programs_get_an_interval_in_columns_of_its_own():
    read = pd.read_csv(io.StringIO(text.csv(FRAME.assign(run_id="of one store"))))
    assert list(read.columns) == [
        "model", "test_accuracy", "test_accuracy_low", "test_accuracy_high",
    ]  # fmt: skip
    assert read["test_accuracy"].tolist()[:2] == [0.879, 0.9]
    assert read["test_accuracy_low"].isna().tolist() == [False, True, True]


def test_a_narrow_terminal_cuts_nothing_off():
    console = Console(width=20, file=io.StringIO())
    text.show(Table("models", "Models", FRAME, "A legend."), console)
    assert "0.8790 (0.8668 to 0.8902)" in console.file.getvalue()


def test_a_sentence_says_what_an_interval_is_over():
    accuracy = FRAME["test_accuracy"][0]
    assert accuracy.explained == "0.8790 (95% interval 0.8668 to 0.8902, 3000 images)"
