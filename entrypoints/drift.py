"""The differences between two results of one trial; pure."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from fmnist.training.bundle import Bundle, Record

COLUMNS = ("metric", "largest", "best", "last")
# Times always differ, and the number of parameters never does.
NOT_COMPARED = ("train_seconds", "epoch_seconds", "parameters")


def is_bit_equal(one: Bundle, other: Bundle) -> bool:
    """Whether weights, predictions and the metrics of all epochs are equal bit for bit."""
    firsts, seconds = _arrays(one), _arrays(other)
    return one.record.curves == other.record.curves and all(
        _bits(arrays) == _bits(seconds[name]) for name, arrays in firsts.items()
    )


def drift(one: Bundle, other: Bundle) -> pd.DataFrame:
    """The absolute differences of two results, in the columns of `COLUMNS`.

    A metric with a curve has its largest difference over the epochs of both, and those of its best
    and last values. Other metrics have one difference. Weights and probabilities have the largest
    one over all their values.
    """
    before, after, others = one.record, other.record, _arrays(other)
    rows = [_curve_row(name, before, after) for name in before.curves]
    rows += [_row(name, _moved(name, before, after)) for name in _single_values(before)]
    rows += [_row(name, _largest(arrays, others[name])) for name, arrays in _arrays(one).items()]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _row(name: str, largest: float) -> dict[str, object]:
    return {"metric": name, "largest": largest}


def _curve_row(name: str, before: Record, after: Record) -> dict[str, object]:
    values, others = before.curves[name], after.curves[name]
    epochs = min(len(values), len(others))
    best, last = (_moved(f"{rule}_{name}", before, after) for rule in ("best", "last"))
    row = _row(name, _largest([values[:epochs]], [others[:epochs]]))
    return row | {"best": best, "last": last}


def _single_values(record: Record) -> list[str]:
    """The metrics of the summary that are not values of a curve, without `NOT_COMPARED`."""
    of_curves = {f"{rule}_{name}" for rule in ("best", "last") for name in record.curves}
    return [name for name in record.summary if name not in of_curves | set(NOT_COMPARED)]


def _moved(name: str, before: Record, after: Record) -> float:
    return abs(after.summary[name] - before.summary[name])


def _largest(ones: Sequence[ArrayLike], others: Sequence[ArrayLike]) -> float:
    """The largest absolute difference over pairs of arrays."""
    pairs = zip(ones, others, strict=True)
    return max(float(np.abs(np.subtract(one, other)).max()) for one, other in pairs)


def _arrays(left: Bundle) -> dict[str, list[NDArray[np.float32]]]:
    """A bundle's weights, and its predictions on each part of the data that has them."""
    parts = ["validation", *(["test"] if "test" in left.record.request.evaluate else [])]
    predictions = {f"{part}_probabilities": [left.predictions(part)] for part in parts}
    return {"weights": left.weights(), **predictions}


def _bits(arrays: Sequence[NDArray[np.float32]]) -> list[bytes]:
    return [array.tobytes() for array in arrays]
