"""Make the benchmarks' tables; `python -m benchmarks.table` makes them again from the numbers."""

from collections.abc import Sequence
from statistics import median
from typing import Any

from benchmarks import machine, results
from benchmarks.cases import CASES, CONVOLUTIONAL, OURS, PEERS, trials
from benchmarks.results import Table
from fmnist.data.config import VALIDATION_FRACTION, DataConfig
from fmnist.search.forecast import OPERATIONS_PER_MULTIPLY_ADD
from fmnist.study.networks import CNN, multiply_adds

NAME = "searches"
# What our search and each peer's took in one round, by the name of the script.
Round = dict[str, dict[str, float]]
PEER_NAMES = {
    "keras_loop": "plain Keras",
    "keras_tuner_grid": "keras-tuner",
    "keras_tuner_autolog": "keras-tuner (autolog without models)",
    "keras_tuner_autolog_models": "keras-tuner (autolog with models)",
    "talos_scan": "Talos",
    "pytorch_loop": "PyTorch loop",
}
WHOLE, ALONE = "whole_seconds", "seconds"
HEADLINE = "mlp"
# It saves a model of each trial, which ours does of finals alone.
MORE_THAN_OURS = "keras_tuner_autolog_models"


def command(record: dict[str, Any]) -> str:
    """What measures all cases of a record again."""
    return "; ".join(
        f"python -m benchmarks.run --cases {name} --peers {','.join(_peers(case))} --epochs "
        f"{case['epochs']} --samples {case['samples']} --repeats {len(case['rounds'])}"
        for name, case in record["cases"].items()
    )


def headline(record: dict[str, Any]) -> str:
    """How long the search of MLPs takes here, and how many times as long by its peers."""
    if HEADLINE not in record["cases"]:
        return ""
    case = record["cases"][HEADLINE]
    rounds = case["rounds"]
    whole = ", ".join(
        f"{results.spread(_ratios(rounds, peer, WHOLE), 2)} with {PEER_NAMES[peer]}"
        for peer in _peers(case)
        if peer != MORE_THAN_OURS
    )
    whole = whole.replace(" with ", " times as long with ", 1)
    seconds = results.spread([one[OURS][WHOLE] for one in rounds])
    return (
        f"**Speed:** a search of {len(CASES[HEADLINE].points)} MLPs ({case['epochs']} epochs, "
        f"{case['samples']:,} images) takes {seconds} seconds on {record['machine']['cores']} "
        f"cores. The same search takes {whole}; the longer the trials, the smaller the gap. Whole "
        f"processes with imports; median (min-max), n = {len(rounds)}."
    )


def tables(record: dict[str, Any]) -> list[Table]:
    """All tables of a record."""
    cases = record["cases"]
    return [
        _times("Whole processes", cases, WHOLE, "From the start of the process to its end."),
        _times("The searches alone", cases, ALONE, "Without imports, data and the process's end."),
        _accuracies(cases),
        _floor(cases, record["machine"]),
        *machine.tables(record["machine"]),
    ]


def _times(title: str, cases: dict[str, Any], field: str, meaning: str) -> Table:
    heading = ("case", "peer", "ours s", "peer s", "peer / ours")
    rows = [
        (_size(name, measured), PEER_NAMES[peer], *_timed(measured["rounds"], peer, field))
        for name, measured in cases.items()
        for peer in _peers(measured)
    ]
    numbers = sorted({len(measured["rounds"]) for measured in cases.values()})
    note = (
        f"{meaning} Median (min-max) over {' or '.join(map(str, numbers))} rounds; in each, ours "
        "and all peers run one after the other. Each ratio is taken within a round, so the median "
        "can differ from the ratio of the medians."
    )
    return Table(title, heading, rows, note)


def _accuracies(cases: dict[str, Any]) -> Table:
    rows = [
        (name, PEER_NAMES[peer], *_accurate(measured["rounds"], peer), str(len(measured["rounds"])))
        for name, measured in cases.items()
        for peer in _peers(measured)
    ]
    note = (
        "Best validation accuracy of the search, median over the rounds. Ours has the same seeds "
        f"in each round, the peers have others.{_not_measured(cases)}"
    )
    return Table("Accuracies", ("case", "peer", "ours", "peer's", "n"), rows, note)


def _peers(measured: dict[str, Any]) -> list[str]:
    """The peers that a case was measured beside."""
    return [who for who in measured["rounds"][0] if who != OURS]


def _not_measured(cases: dict[str, Any]) -> str:
    """A sentence that lists the cases and the peers of a case that were not measured."""
    missing = [name for name in CASES if name not in cases] + [
        f"{name} beside {PEER_NAMES[peer]}"
        for name, measured in cases.items()
        for peer in PEERS[name]
        if peer not in _peers(measured)
    ]
    return f" Not measured: {', '.join(missing)}." if missing else ""


def _timed(rounds: Sequence[Round], peer: str, field: str) -> list[str]:
    spreads = [results.spread([one[who][field] for one in rounds]) for who in (OURS, peer)]
    return [*spreads, results.spread(_ratios(rounds, peer, field), 2)]


def _ratios(rounds: Sequence[Round], peer: str, field: str) -> list[float]:
    return [one[peer][field] / one[OURS][field] for one in rounds]


def _accurate(rounds: Sequence[Round], peer: str) -> list[str]:
    found = [[one[who]["best_val_accuracy"] for one in rounds] for who in (OURS, peer)]
    return [f"{median(accuracies):.4f}" for accuracies in found]


def _size(name: str, measured: dict[str, Any]) -> str:
    """A case, and how much of it was measured."""
    number, epochs = len(CASES[name].points), measured["epochs"]
    trials_words = f"{number} trial{'s' if number > 1 else ''}"
    epochs_words = f"{epochs} epoch{'s' if epochs > 1 else ''}"
    return f"{name}: {trials_words}, {epochs_words}, {measured['samples']:,} images"


def _floor(cases: dict[str, Any], described: dict[str, Any]) -> Table:
    """The table of the time that the products alone would take, beside the search."""
    alone = [f"products alone, {name} s" for name in machine.PRECISIONS]
    heading = ("case", "our search s", *alone)
    rows = []
    for name, measured in cases.items():
        rate = described["rates"][_rate_of(name)]
        needed = operations(name, measured["epochs"], measured["samples"])
        own = [one[OURS][ALONE] for one in measured["rounds"]]
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
    results.write(NAME, command(read), read, tables(read), headline(read))
    results.show(tables(read))
