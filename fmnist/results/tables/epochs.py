"""How long the author's trainings and ours ran, and when their learning rates fell; pure."""

from collections.abc import Callable, Sequence
from itertools import pairwise

import pandas as pd

from fmnist.results.counterparts import NOT_RUN, Counterpart
from fmnist.results.tables.table import Table
from fmnist.tracking.runs import RunRecord

COLUMNS = ("training", "published_epochs", "our_epochs", "published_falls", "our_falls")
LEGEND = (
    "Falls: the epochs, counted from 1, after which the learning rate was reduced. Ours: a value "
    "for each seed, separated by semicolons."
)


def falls(learning_rates: Sequence[float]) -> list[int]:
    """The epochs, from 1, at whose end the rate fell: a curve shows it one epoch later."""
    return [
        epoch for epoch, (rate, after) in enumerate(pairwise(learning_rates), 1) if after < rate
    ]


def epochs_table(
    pairs: Sequence[Counterpart], learning_rates: Callable[[RunRecord], Sequence[float]]
) -> Table:
    """A row for each training that the author printed; none where we have none of them."""
    rows = []
    for pair in pairs:
        runs = sorted(pair.runs, key=lambda run: run.trial.replicate)
        ours = (falls(learning_rates(run)) for run in runs)
        rows.append(
            {
                "training": pair.title,
                "published_epochs": f"{pair.entry.metrics['epochs_run']:.0f}",
                "our_epochs": "; ".join(f"{run.metrics['epochs_run']:.0f}" for run in runs)
                or NOT_RUN,
                "published_falls": _listed(pair.entry.learning_rate_falls),
                "our_falls": "; ".join(map(_listed, ours)),
            }
        )
    compared = any(pair.runs for pair in pairs)
    frame = pd.DataFrame(rows if compared else [], columns=list(COLUMNS))
    return Table("epochs", "Epochs, and falls of the learning rate", frame, LEGEND)


def _listed(epochs: Sequence[int]) -> str:
    return " ".join(map(str, epochs)) or "none"
