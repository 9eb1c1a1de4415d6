"""What was found, in sentences and a table: how the README and each results folder begin."""

from collections.abc import Hashable, Iterator, Mapping
from typing import Any

import pandas as pd

from fmnist.results import labels
from fmnist.results.accuracy import Accuracy
from fmnist.results.closing import RESULTS, published_beside
from fmnist.results.counterparts import NOT_RUN
from fmnist.results.tables import summary as summaries
from fmnist.results.tables.agreement import is_on_other_images, mean_difference
from fmnist.results.tables.published import PARTS, TOO_FEW, accuracies, judged, verdicts
from fmnist.results.tables.table import Table
from fmnist.stats import INTERVAL

# The accuracy from which the time of a training is worth a sentence.
ACCURATE = 0.94
PROCESSOR = "processor"
# The steps of the study's story: a family or final, and the network it stands for.
STEPS = {family: title[0].lower() + title[1:] for family, title in RESULTS.items()}
COLUMNS = ("family", "best_configuration", "ours", "published")
LEGEND = (
    "Best = highest mean validation accuracy, using the same number of seeds for every "
    "configuration. Searches show validation accuracy of the saved weights, finals and the "
    "cross-validation test accuracy"
)
BESIDE = ", beside the study's best, which may be another configuration. "
VERDICTS = (
    "Verdict: how many of the family's published accuracies lie in the 95% prediction interval of "
    "one further training of ours."
)
DIFFERENCES = "Difference: ours minus published, empty where the study prints no number"
BEYOND = "Beyond the study,"


def sentences(tables: Mapping[str, Table], without_verdict: str) -> list[str]:
    """The reproduction, the steps on the test set, the best model and the fastest good one.

    `without_verdict` is why ours are not judged, see `Comparison`.
    """
    return [
        *_reproduced(tables["published"].frame, without_verdict),
        *_steps(tables["summary"].frame),
        *_models(tables["peers"].frame),
    ]


def _reproduced(published: pd.DataFrame, without_verdict: str) -> Iterator[str]:
    """How many published accuracies are inside; where there are no verdicts, the difference."""
    if counts := judged(published):
        printed = [accuracies(published, part) for part in PARTS]
        lacking = pd.concat(printed)["verdict"].value_counts()
        counts_of = [f"{why}: {lacking[why]}" for why in (NOT_RUN, TOO_FEW) if why in lacking]
        others = f" ({', '.join(counts_of)})" if counts_of else ""
        yield (
            f"**Reproduction:** {' and '.join(counts)} of the study lie in the 95% prediction "
            "interval of one further training of ours, with the same split and settings. The "
            f"study printed {len(printed[0])} validation and {len(printed[1])} test accuracies"
            f"{others}."
        )
    elif parts := [*_differences(published, without_verdict)]:
        told = f"{' and '.join(parts)}, on average; {_reason(without_verdict)}"
        yield f"**Ours minus published:** {told}."


def _reason(without_verdict: str) -> str:
    if not without_verdict:
        return "there are too few seeds for a verdict"
    return f"there is no verdict, since {without_verdict}"


def _differences(published: pd.DataFrame, without_verdict: str) -> Iterator[str]:
    """The mean difference of validation accuracies, and that of test accuracies."""
    for part, name in PARTS.items():
        rows = accuracies(published, part).dropna(subset=["difference"])
        if found := mean_difference(rows, is_on_other_images(part, without_verdict)):
            interval = f"{INTERVAL} {found.low:+.4f} to {found.high:+.4f}, n = {len(rows)}"
            yield f"{found.value:+.4f} {name} accuracy ({interval})"


def _steps(summary: pd.DataFrame) -> Iterator[str]:
    """The test accuracies from the linear model to the CNN."""
    rows = summary.set_index("family").reindex(list(STEPS)).to_dict("index")
    tested = [
        f"{name} {rows[family]['test_accuracy']}{published_beside(rows[family])}"
        for family, name in STEPS.items()
        if isinstance(rows[family]["test_accuracy"], Accuracy)
    ]
    if tested:
        yield f"**On the test set:** {'; '.join(tested)} (95% intervals)."


def _models(peers: pd.DataFrame) -> Iterator[str]:
    """The most accurate of our own models, and the fastest above 0.94 on a CPU."""
    ours = [row for row in peers.to_dict("records") if isinstance(row["test_accuracy"], Accuracy)]
    if ours:
        among = f"highest of {len(ours)} test accuracies" if len(ours) > 1 else "test accuracy"
        yield _model(f"{BEYOND} {among}", max(ours, key=_accuracy))
    good = [row for row in ours if _accuracy(row) >= ACCURATE and row["on"] == PROCESSOR]
    if good:
        fastest = min(good, key=lambda row: row["minutes"])
        yield _model(f"{BEYOND} fastest above {ACCURATE} on a CPU", fastest)


def _accuracy(row: Mapping[Hashable, Any]) -> float:
    return float(row["test_accuracy"].value)


def _model(label: str, row: Mapping[Hashable, Any]) -> str:
    on = "" if row["on"] == PROCESSOR else f" on {row['on']}"
    return (
        f"**{label}:** {row['test_accuracy'].explained}, {row['parameters']:,.0f} parameters, "
        f"{row['minutes']} minutes of training{on}, without its search."
    )


def table(tables: Mapping[str, Table], without_verdict: str) -> Table:
    """A row for each family's best configuration and each final, with verdicts or differences.

    `without_verdict` is why ours are not judged, see `Comparison`.
    """
    complete, published = tables["summary"], tables["published"].frame
    with_verdicts = bool(verdicts(published).judged)
    differences = f"{DIFFERENCES}; {_reason(without_verdict)}."
    row_of, legend = (_judged, VERDICTS) if with_verdicts else (_compared, differences)
    rows = [row_of(_row(row), published) for row in complete.frame.to_dict("records")]
    columns = [*COLUMNS, "verdict" if with_verdicts else "difference"]
    frame = pd.DataFrame(rows, columns=columns)
    if "published_val" not in complete.frame:  # nothing is, of other data
        frame = frame[list(COLUMNS[:-1])]
        return Table(complete.name, complete.title, frame, f"{LEGEND}.")
    return Table(complete.name, complete.title, frame, f"{LEGEND}{BESIDE}{legend}")


def _row(row: Mapping[Hashable, Any]) -> dict[str, Any]:
    """A search has a grid of configurations; what has none was chosen before, and is tested."""
    part = "test" if pd.isna(row["configurations"]) else "val"
    return {
        "family": row["family"],
        "best_configuration": labels.plain(row["best"]) if part == "test" else summaries.label(row),
        "ours": row[f"{part}_accuracy"],
        "published": row.get(f"published_{part}"),
    }


def _judged(row: dict[str, Any], published: pd.DataFrame) -> dict[str, Any]:
    counts = verdicts(published[published["family"] == row["family"]])
    return row | {"verdict": f"{counts} inside" if counts.judged else ""}


def _compared(row: dict[str, Any], _published: pd.DataFrame) -> dict[str, Any]:
    printed = row["published"]
    return row | {"difference": "" if pd.isna(printed) else f"{row['ours'].value - printed:+.4f}"}
