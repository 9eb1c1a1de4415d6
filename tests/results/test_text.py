"""One table, as people and as programs read it."""

import io

import pandas as pd
import pytest
from rich.console import Console

from fmnist.console import PLAIN_WIDTH
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


def test_text_cannot_add_cells_links_or_html_to_markdown():
    hostile = pd.DataFrame([{"model": "mode=x | 1.0 | ![p](q) <img>"}])
    assert "mode=x \\| 1.0 \\| !\\[p](q) \\<img>" in text.markdown(hostile)


def printed(frame, width=None, columns=()):
    """What a terminal of a width shows, or what is piped."""
    console = Console(
        file=io.TextIOWrapper(io.BytesIO(), "utf-8"),
        width=width or PLAIN_WIDTH,
        force_terminal=width is not None,
        color_system=None,
    )
    text.show(Table("models", "Models", frame, "A legend.", columns), console)
    console.file.seek(0)
    return console.file.read()


WIDE = FRAME.assign(
    name="two words", parameters=114_058, verdict="not comparable", note="A sentence of five words."
)


@pytest.mark.parametrize(
    ("width", "shown"),
    [
        (20, ["model", "verdict"]),
        (44, ["model", "test_accuracy", "verdict"]),
        (80, ["model", "test_accuracy", "name", "parameters", "verdict", "note"]),
    ],
)
def test_a_terminal_shows_the_columns_that_fit_and_names_the_others(width, shown):
    lines = printed(WIDE, width, columns=["model", "verdict"]).splitlines()
    assert max(map(len, lines)) <= width
    table, _, hidden = "\n".join(lines).partition("Not shown at")
    for name in WIDE.columns:
        heading = name.split("_")[0]
        assert (heading in table, heading in hidden) == (name in shown, name not in shown)
    assert ("0.8790 (0.8668\N{EN DASH}0.8902)" in table) == ("test_accuracy" in shown)


def test_what_is_piped_has_all_columns_with_values_and_a_line_for_each_row():
    lines = printed(WIDE.assign(unknown=None, unsaid="")).splitlines()
    assert not any("unknown" in line or "unsaid" in line for line in lines)  # of no row
    (ours,) = (line for line in lines if line.startswith("ours"))
    assert "0.8790 (0.8668 to 0.8902)  two words  114058" in ours
    assert ours.rstrip().endswith("not comparable  A sentence of five words.")


def test_a_sentence_says_what_an_interval_is_over():
    accuracy = FRAME["test_accuracy"][0]
    assert accuracy.explained == "0.8790 (95% interval 0.8668 to 0.8902, 3000 images)"
