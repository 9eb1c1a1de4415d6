"""The author's final CNN and ours on five parts of the test set, by macro F1; pure."""

from collections.abc import Sequence
from statistics import fmean

import pandas as pd

from fmnist.results.tables.table import Table
from fmnist.study.published import MACRO_F1_OF_PARTS

COLUMNS = ("part", "published", "ours", "difference")
LEGEND = (
    "Macro F1 of one trained model on five shuffled parts of the test set, as Talos evaluated the "
    "author's model. His shuffle is not known, so our parts hold other images than his. Only the "
    "means are comparable: both cover the whole test set."
)


def f1_parts_table(ours: Sequence[float]) -> Table:
    """A row for each part, and their means; empty without ours."""
    rows = []
    if ours:
        names = [*(f"{number}" for number, _ in enumerate(ours, 1)), "mean"]
        sides = ([*scores, fmean(scores)] for scores in (MACRO_F1_OF_PARTS, ours))
        rows = [(name, his, own, own - his) for name, his, own in zip(names, *sides, strict=True)]
    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    return Table("f1_parts", "The final CNN on five parts of the test set", frame, LEGEND)
