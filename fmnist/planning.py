"""From what was asked for to trials: the requests that a family, a preset and a grid file give."""

import dataclasses
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass

from fmnist import data, grid_file, hyperband
from fmnist.config import Point, Request, Trial, typed
from fmnist.family import Family, expand, spanned_by
from fmnist.hardware import has_bfloat16
from fmnist.networks import MLP
from fmnist.options import GRID, HYPERBAND, Options
from fmnist.presets import PRESETS
from fmnist.records import RunRecord
from fmnist.validation import InvalidInput

REPLICATE = "replicate"


@dataclass(frozen=True)
class Plan:
    """The trials of one search, in order: points (each with its replicate) and requests."""

    family: str
    points: list[Point]
    requests: list[Request]

    @property
    def keys(self) -> list[str]:
        """The trials' keys."""
        return [request.trial.key for request in self.requests]

    def request_for(self, attempts: Mapping[str, int]) -> Callable[[Point], Request]:
        """A function from a point to its request, numbered after the attempts made before."""
        requests = {
            _identity(point): dataclasses.replace(
                request, attempt=attempts.get(request.trial.key, 0) + 1
            )
            for point, request in zip(self.points, self.requests, strict=True)
        }
        return lambda point: requests[_identity(point)]


def _identity(point: Point) -> tuple[tuple[str, object], ...]:
    return tuple(sorted(point.items()))


def plan_family(family: Family, options: Options) -> Plan:
    """The trials of a family: its preset's grid, or the grid file's, times the replicates.

    Raises:
        InvalidInput: if a field or value of the grid makes no sense, or two points are one trial.
    """
    base = base_trial(family, options)
    replicated = [
        point | {REPLICATE: replicate}
        for replicate in range(options.replicates)
        for point in grid_points(family, options)
    ]
    requests = [_request(family, base, point, options) for point in replicated]
    _check_distinct([request.trial.key for request in requests], replicated)
    return Plan(family.name, replicated, requests)


def check(family: Family, options: Options) -> None:
    """Find out before anything runs whether the family can be searched as the options say.

    Raises:
        InvalidInput: if not.
    """
    plan_family(family, options)
    points = grid_points(family, options)
    if options.strategy != GRID:
        base = base_trial(family, options)
        for point in expand([spanned_by(points)]):
            base.with_values(point)
    if options.strategy == HYPERBAND:
        hyperband.max_epochs(options, points)


def grid_points(family: Family, options: Options) -> list[Point]:
    """The points of a family's grid, or of the grid file's, without replicates.

    Raises:
        InvalidInput: if a grid file is none, or sets what is not its to set.
    """
    grid = grid_file.read(options.grid) if options.grid else None
    points = expand(grid) if grid else family.points(options.preset)
    if any(REPLICATE in point for point in points):
        raise InvalidInput(f"grid={options.grid}: {REPLICATE} is no field; use replicates=N")
    found = [typed(family.model.network, point) for point in points]
    _check_distinct([_identity(point) for point in found], points)
    return found


def request_for(
    family: Family, options: Options, attempts: Mapping[str, int]
) -> Callable[[Point], Request]:
    """A function from any point, of the grid or not, to its request."""
    base = base_trial(family, options)

    def request(point: Point) -> Request:
        asked = _request(family, base, point | {REPLICATE: 0}, options)
        return dataclasses.replace(asked, attempt=attempts.get(asked.trial.key, 0) + 1)

    return request


def refit(trial: Trial, epochs: int) -> Trial:
    """The trial's configuration, trained for so many epochs on nearly all of its images."""
    training = dataclasses.replace(trial.training, epochs=epochs, continues="")
    described = data.describe(trial.data.samples, data.REFIT, trial.data.seed)
    return dataclasses.replace(trial, training=training, data=described)


def plan_replicates(
    trial: Trial, run: RunRecord, words: str, options: Options, numbers: Sequence[int]
) -> Plan:
    """The replicates of a trial with these numbers, like those of `run`; `words` for people."""
    points: list[Point] = [{REPLICATE: number} for number in numbers]
    requests = [
        Request(
            trial=dataclasses.replace(trial, replicate=number),
            family=run.family,
            preset=run.preset,
            label=f"{words} replicate={number}",
            deterministic=options.deterministic,
        )
        for number in numbers
    ]
    return Plan(run.family, points, requests)


def base_trial(family: Family, options: Options) -> Trial:
    """The configuration that the family's points vary."""
    preset = PRESETS[options.preset]
    precision = resolve_precision(options.precision)
    training = dataclasses.replace(family.training, epochs=options.epoch_limit, precision=precision)
    described = data.describe(preset.samples, data.HOLDOUT, options.seed)
    model = family.model
    if not isinstance(model, MLP):
        momentum = preset.batch_normalization_momentum
        model = dataclasses.replace(model, batch_normalization_momentum=momentum)
    return Trial(model=model, training=training, data=described)


def resolve_precision(asked: str) -> str:
    """The precision that "auto" means on this machine; any other is itself."""
    if asked != "auto":
        return asked
    return "mixed_bfloat16" if has_bfloat16() else "float32"


def _request(family: Family, base: Trial, point: Point, options: Options) -> Request:
    values = {name: value for name, value in point.items() if name != REPLICATE}
    replicate = int(point[REPLICATE])
    trial = dataclasses.replace(base.with_values(values), replicate=replicate)
    return Request(
        trial=trial,
        family=family.name,
        preset=options.preset,
        label=label(point),
        evaluate=family.evaluate,
        deterministic=options.deterministic,
    )


def label(point: Point) -> str:
    """A point for people: "512-256 dropout=0.25"."""
    named = {name: value for name, value in point.items() if name != "architecture"}
    if not named.get(REPLICATE):
        named.pop(REPLICATE, None)
    words = [str(point["architecture"])] if "architecture" in point else []
    return " ".join(words + [f"{name}={value}" for name, value in named.items()])


def _check_distinct(identities: Sequence[Hashable], points: Sequence[Point]) -> None:
    seen: dict[Hashable, Point] = {}
    for identity, point in zip(identities, points, strict=True):
        if other := seen.get(identity):
            raise InvalidInput(f"grid: {label(other)} and {label(point)} are the same trial")
        seen[identity] = point
