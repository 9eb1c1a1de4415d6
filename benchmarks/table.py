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

NAME = "searches"
COMMAND = "python -m benchmarks.run"
Pair = dict[str, dict[str, float]]
WHO = ("ours", "peer")
PEER_NAMES = {
    "keras_loop": "plain Keras",
    "keras_tuner_grid": "keras-tuner",
    "keras_tuner_autolog": "keras-tuner with MLflow's autolog",
    "talos_scan": "Talos",
    "pytorch_loop": "PyTorch loop",
}


def headline(record: dict[str, Any]) -> str:
    """How long the search of MLPs takes, here and by its peers, in a sentence."""
    if "mlp" not in record["cases"]:
        return ""
    pairs = record["cases"]["mlp"]["pairs"]
    own = [pair["ours"]["seconds"] for of_peer in pairs.values() for pair in of_peer]
    slower = [
        f"{PEER_NAMES[peer]} takes {results.spread(_ratios(of_peer), 2)} times as long"
        for peer, of_peer in pairs.items()
    ]
    trials_words = f"{len(CASES['mlp'].points)} MLPs"
    return (
        f"**Speed:** a search of {trials_words} takes {results.spread(own)} seconds on "
        f"{record['machine']['cores']} cores; {' and '.join(slower)} (median, least-greatest; "
        f"{len(own)} runs)."
    )


def tables(record: dict[str, Any]) -> list[Table]:
    """All tables of a record."""
    cases = {name: measured for name, measured in record["cases"].items() if measured["pairs"]}
    return [
        _times(cases),
        _accuracies(cases),
        _floor(cases, record["machine"]),
        *machine.tables(record["machine"]),
    ]


def _times(cases: dict[str, Any]) -> Table:
    heading = ("case", "peer", "ours s", "peer s", "peer / ours")
    rows = [
        (_size(name, measured), PEER_NAMES[peer], *_timed(pairs))
        for name, measured in cases.items()
        for peer, pairs in measured["pairs"].items()
    ]
    numbers = {len(pairs) for measured in cases.values() for pairs in measured["pairs"].values()}
    note = (
        f"Median (least-greatest) over {' or '.join(map(str, sorted(numbers)))} pairs, run one "
        "after the other; each ratio is of one pair. Times are of the search alone, without "
        f"imports and data; autolog logs models too.{_not_measured(cases)}"
    )
    return Table("Searches side by side", heading, rows, note)


def _accuracies(cases: dict[str, Any]) -> Table:
    rows = [
        (name, PEER_NAMES[peer], *_accurate(pairs), str(len(pairs)))
        for name, measured in cases.items()
        for peer, pairs in measured["pairs"].items()
    ]
    note = (
        "Best validation accuracy, median over the pairs. A CNN's is low after so few steps, since "
        "batch normalization's averages are still near their start; it does not say which tool "
        "trains better."
    )
    return Table("Accuracies", ("case", "peer", "ours", "peer's", "n"), rows, note)


def _not_measured(cases: dict[str, Any]) -> str:
    """A sentence that lists the peers of each case that were not measured."""
    missing = [
        f"{name} beside {PEER_NAMES[peer]}"
        for name, peers in PEERS.items()
        for peer in peers
        if peer not in cases.get(name, {"pairs": {}})["pairs"]
    ]
    return f" Not measured: {', '.join(missing)}." if missing else ""


def _timed(pairs: Sequence[Pair]) -> list[str]:
    spreads = [results.spread([pair[who]["seconds"] for pair in pairs]) for who in WHO]
    return [*spreads, results.spread(_ratios(pairs), 2)]


def _ratios(pairs: Sequence[Pair]) -> list[float]:
    return [pair["peer"]["seconds"] / pair["ours"]["seconds"] for pair in pairs]


def _accurate(pairs: Sequence[Pair]) -> list[str]:
    return [f"{median(pair[who]['best_val_accuracy'] for pair in pairs):.4f}" for who in WHO]


def _size(name: str, measured: dict[str, Any]) -> str:
    """A case, and how much of it was measured."""
    number, epochs = len(CASES[name].points), measured["epochs"]
    trials_words = f"{number} trial{'s' if number > 1 else ''}"
    epochs_words = f"{epochs} epoch{'s' if epochs > 1 else ''}"
    return f"{name}: {trials_words}, {epochs_words}, {measured['samples']:,} images"


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
        "Multiplications and additions of all steps and validations, at the rate below of the "
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
    results.write(NAME, COMMAND, read, tables(read), headline(read))
    results.show(tables(read))
