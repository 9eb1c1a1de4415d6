"""Make the benchmarks' tables; `python -m benchmarks.table` makes them again from the numbers."""

from collections.abc import Sequence
from statistics import median
from typing import Any

from benchmarks import machine, results
from benchmarks.cases import CASES, CONVOLUTIONAL, PEERS, trials
from benchmarks.results import Table
from fmnist.data.config import VALIDATION_FRACTION, DataConfig
from fmnist.search.forecast import OPERATIONS_PER_MULTIPLY_ADD
from fmnist.study.networks import CNN, multiply_adds

NAME = "benchmarks"
COMMAND = "python -m benchmarks.run"
Pair = dict[str, dict[str, float]]


def tables(record: dict[str, Any]) -> list[Table]:
    """All tables of a record."""
    cases = {name: measured for name, measured in record["cases"].items() if measured["pairs"]}
    return [*machine.tables(record["machine"]), _ratios(cases), _floor(cases, record["machine"])]


def _ratios(cases: dict[str, Any]) -> Table:
    heading = (
        "case", "trials", "epochs", "samples", "peer",
        "ours s", "peer s", "peer / ours", "n", "ours accuracy", "peer accuracy",
    )  # fmt: skip
    rows = [
        (name, *_size(name, measured), peer, *_compared(pairs))
        for name, measured in cases.items()
        for peer, pairs in measured["pairs"].items()
    ]
    note = (
        "Median (least-greatest) over n pairs, run one after the other; each ratio is of one pair. "
        "Accuracy: best on the validation split, median over the pairs; a CNN's is low after so "
        "few steps, since batch normalization's averages are still near their start, and says "
        f"nothing of which tool trains better.{_not_measured(cases)}"
    )
    return Table("Searches side by side", heading, rows, note)


def _not_measured(cases: dict[str, Any]) -> str:
    """A sentence that lists the peers of each case that were not measured."""
    missing = [
        f"{name} beside {peer}"
        for name, peers in PEERS.items()
        for peer in peers
        if peer not in cases.get(name, {"pairs": {}})["pairs"]
    ]
    return f" Not measured: {', '.join(missing)}." if missing else ""


def _compared(pairs: Sequence[Pair]) -> list[str]:
    times = {who: [pair[who]["seconds"] for pair in pairs] for who in ("ours", "peer")}
    ratios = [theirs / own for own, theirs in zip(times["ours"], times["peer"], strict=True)]
    accuracies = [
        f"{median(pair[who]['best_val_accuracy'] for pair in pairs):.4f}" for who in times
    ]
    spreads = [results.spread(times["ours"]), results.spread(times["peer"])]
    return [*spreads, results.spread(ratios, 2), str(len(pairs)), *accuracies]


def _size(name: str, measured: dict[str, Any]) -> tuple[str, ...]:
    return str(len(CASES[name].points)), str(measured["epochs"]), str(measured["samples"])


def _floor(cases: dict[str, Any], described: dict[str, Any]) -> Table:
    """The table of the time that the products alone would take, beside the whole search."""
    heading = ("case", "ours s", *(f"products alone, {name} s" for name in machine.PRECISIONS))
    rows = []
    for name, measured in cases.items():
        rate = described["rates"][_rate_of(name)]
        needed = operations(name, measured["epochs"], measured["samples"])
        own = [pair["ours"]["seconds"] for pairs in measured["pairs"].values() for pair in pairs]
        alone = [f"{needed / rate[precision]:.1f}" for precision in machine.PRECISIONS]
        rows.append((name, f"{median(own):.1f}", *alone))
    note = (
        "Multiplications and additions of all steps and validations, at the rate above of the "
        "large matrix product, or of the network's second convolution."
    )
    return Table("Against the machine", heading, rows, note)


def _rate_of(name: str) -> str:
    if name not in CONVOLUTIONAL:
        return machine.MATRIX
    architecture = str(CASES[name].points[0]["architecture"])
    return machine.convolution(CNN(architecture=architecture).filters[0])


def operations(name: str, epochs: int, samples: int) -> float:
    """The operations of a case's products; training an image takes three passes, validating one."""
    asked = trials(CASES[name], epochs, DataConfig(digest="", samples=samples))
    per_image = sum(multiply_adds(trial.model) for trial in asked)
    passes = (1 - VALIDATION_FRACTION) * OPERATIONS_PER_MULTIPLY_ADD + VALIDATION_FRACTION * 2
    return per_image * passes * samples * epochs


if __name__ == "__main__":
    read = results.read(NAME)
    results.write(NAME, COMMAND, read, tables(read))
    results.show(tables(read))
