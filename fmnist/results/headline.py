"""What was found, in sentences: how a folder of results and the front page begin; pure."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from fmnist.results.accuracy import Accuracy
from fmnist.results.tables.published import DRAWN, OTHER
from fmnist.results.tables.table import Table

# The accuracy from which the time of a training is worth a sentence.
ACCURATE = 0.94
REPRODUCED = "reproduced"
PARTS = {"validation": "val_", "test": "test_"}
# What the study's story goes through: the family, and what it is of.
STEPS = {"mlp_baseline": "linear model", "mlp_final": "best MLP", "cnn_final": "best CNN"}


def sentences(tables: Mapping[str, Table]) -> list[str]:
    """The reproduction, the finals, the most accurate model and the fastest accurate one."""
    found = [
        _reproduced(tables["published"].frame),
        _steps(tables["summary"].frame),
        *_models(tables["peers"].frame),
    ]
    return [sentence for sentence in found if sentence]


def _reproduced(printed: pd.DataFrame) -> str:
    """How many of the printed accuracies are reproduced, of those that are measured here."""
    accuracies = printed[printed["metric"].str.contains(DRAWN)]
    judged = accuracies[accuracies["verdict"].notna() & (accuracies["verdict"] != OTHER)]
    counts = []
    for part, name in PARTS.items():
        of_part = judged[judged["metric"].str.contains(name)]
        if len(of_part):
            number = (of_part["verdict"] == REPRODUCED).sum()
            counts.append(f"{number} of {len(of_part)} published {part} accuracies")
    return f"**Reproduction:** we reproduce {' and '.join(counts)}." if counts else ""


def _steps(summary: pd.DataFrame) -> str:
    """The test accuracies from the linear model to the CNN."""
    rows = summary.set_index("family").reindex(list(STEPS)).to_dict("index")
    tested = [
        f"{name} {rows[family]['test_accuracy']}, published {rows[family]['published_test']:.4f}"
        for family, name in STEPS.items()
        if isinstance(rows[family]["test_accuracy"], Accuracy)
    ]
    return f"**On the test set:** {'; '.join(tested)} (95% intervals)." if tested else ""


def _models(peers: pd.DataFrame) -> list[str]:
    """The most accurate of our models, and the one of those above 0.94 that was trained fastest."""
    ours = [row for row in peers.to_dict("records") if isinstance(row["test_accuracy"], Accuracy)]
    if not ours:
        return []
    best = max(ours, key=lambda row: row["test_accuracy"].value)
    accurate = [row for row in ours if row["test_accuracy"].value >= ACCURATE]
    on_processor = [row for row in accurate if row["on"] == "processor"]
    fastest = min(on_processor, key=lambda row: row["minutes"], default=None)
    told = [_model("Most accurate", best)]
    return [*told, _model(f"Fastest above {ACCURATE} on 2 cores", fastest)] if fastest else told


def _model(label: str, row: Mapping[Any, Any]) -> str:
    on = "" if row["on"] == "processor" else f" on {row['on']}"
    return (
        f"**{label}:** test accuracy {row['test_accuracy'].explained}, "
        f"{row['parameters']:,.0f} parameters, {row['minutes']} minutes of training{on}."
    )
