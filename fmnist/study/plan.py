"""Plan a search: turn a family, its options and perhaps a grid file into requests for trials."""

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from fmnist.data import config, splits
from fmnist.errors import InvalidInput
from fmnist.machine import has_bfloat16
from fmnist.study import families, grids
from fmnist.study.family import Family
from fmnist.study.grids import expand
from fmnist.study.naming import REPLICATE, SPLIT, label
from fmnist.study.networks import MLP, MOMENTUM
from fmnist.study.options import PRESETS, Options, Scale
from fmnist.study.own_network import OwnNetwork
from fmnist.study.request import Request
from fmnist.study.training import ONE_CYCLE
from fmnist.study.trial import Point, Trial, typed


@dataclass(frozen=True)
class Plan:
    """The trials of one search, in order. Point i, which includes its replicate, is request i."""

    family: str
    points: list[Point]
    requests: list[Request]

    @property
    def keys(self) -> list[str]:
        """The trials' keys."""
        return [request.trial.key for request in self.requests]

    def request_for(self, attempts: Mapping[str, int]) -> Callable[[Point], Request]:
        """A function from a point to its request; `attempts` counts each key's earlier attempts."""
        requests = {
            _identity(point): dataclasses.replace(
                request, attempt=attempts.get(request.trial.key, 0) + 1
            )
            for point, request in zip(self.points, self.requests, strict=True)
        }
        return lambda point: requests[_identity(point)]


def _identity(point: Point) -> tuple[tuple[str, object], ...]:
    return tuple(sorted(point.items()))


def plan_family(family: Family, options: Options, points: Sequence[Point] = ()) -> Plan:
    """The trials of a family, one for each replicate, point and split.

    The points are the given ones, else the grid file's, else those of the preset's grid. All folds
    of a point come before the next point, so that a search that is stopped has whole means.

    Raises:
        InvalidInput: if a field or value of the grid is invalid, two points are the same trial, or
            several replicates are asked for on folds.
    """
    if options.folds and options.replicates > 1:
        raise InvalidInput(f"replicates={options.replicates}: accepted is 1 with folds")
    base = base_trial(family, options)
    replicated = [
        point | {REPLICATE: replicate, SPLIT: split}
        for replicate in range(options.replicates)
        for point in points or grid_points(family, options)
        for split in options.splits
    ]
    requests = [_request(family, base, point, options) for point in replicated]
    _check_distinct(requests)
    return Plan(family.name, replicated, requests)


def plan_grid(family: Family, scale: Scale, folds: int | None = None) -> Plan:
    """The trials of the family's own grid at a scale, one per configuration, or one per fold."""
    return plan_family(family, Options(**vars(scale.scale), folds=folds))


def grid_points(family: Family, options: Options) -> list[Point]:
    """The points of the grid file, or of the family's grid for the preset, without replicates.

    Raises:
        InvalidInput: if the grid file is invalid, or has a field that a grid may not set.
    """
    grid = grids.read(options.grid) if options.grid else None
    points = expand(grid) if grid else family.points(options.preset)
    if any(REPLICATE in point for point in points):
        raise InvalidInput(f"grid={options.grid}: {REPLICATE} is not a field; use replicates=N")
    return [typed(family.model, point) for point in points]


def request_for(
    family: Family, options: Options, attempts: Mapping[str, int]
) -> Callable[[Point], Request]:
    """A function from any point, in the grid or not, to its request.

    `attempts` counts each key's earlier attempts. The points have no replicate.
    """
    base = base_trial(family, options)

    def request(point: Point) -> Request:
        asked = _request(family, base, point | {REPLICATE: 0, SPLIT: config.HOLDOUT}, options)
        return dataclasses.replace(asked, attempt=attempts.get(asked.trial.key, 0) + 1)

    return request


def refit(trial: Trial, epochs: int) -> Trial:
    """The trial's configuration, to be trained for `epochs` on 98% of its images.

    Raises:
        InvalidInput: if its schedule would choose the epoch on the images that are held out.
    """
    if trial.training.schedule != ONE_CYCLE:
        raise InvalidInput(
            f"refit={epochs}: accepted is a configuration with schedule={ONE_CYCLE}; with "
            f"schedule={trial.training.schedule} the images held out would decide when to stop"
        )
    training = dataclasses.replace(trial.training, epochs=epochs, continues="")
    return on_split(dataclasses.replace(trial, training=training), config.REFIT)


def on_split(trial: Trial, split: str) -> Trial:
    """The same trial on another split of the same images."""
    described = splits.describe(trial.data.samples, split, trial.data.seed)
    return dataclasses.replace(trial, data=described)


def plan_replicates(
    trial: Trial, family: str, preset: str, options: Options, numbers: Sequence[int]
) -> Plan:
    """The plan of a trial's replicates with these numbers."""
    evaluate = families.get(family).part(preset).evaluate
    replicates = [dataclasses.replace(trial, replicate=number) for number in numbers]
    return _plan_trials(replicates, family, preset, options, evaluate)


def plan_on_folds(trial: Trial, options: Options) -> Plan:
    """The cross-validation: a trial's first replicate on each fold, also scored on the test set."""
    first = dataclasses.replace(trial, replicate=0)
    folds = [on_split(first, split) for split in config.FOLD_SPLITS]
    return _plan_trials(folds, families.KFOLD, options.preset, options, ("test",))


def _plan_trials(
    trials: Sequence[Trial],
    family: str,
    preset: str,
    options: Options,
    evaluate: tuple[str, ...],
) -> Plan:
    points: list[Point] = [
        {REPLICATE: trial.replicate, SPLIT: trial.data.split} for trial in trials
    ]
    requests = [
        Request(
            trial=trial,
            family=family,
            preset=preset,
            label=label(trial),
            evaluate=evaluate,
            deterministic=options.deterministic,
        )
        for trial in trials
    ]
    return Plan(family, points, requests)


def base_trial(family: Family, options: Scale) -> Trial:
    """The trial whose fields the family's points replace.

    Raises:
        InvalidInput: if the preset runs nothing of the family.
    """
    preset = PRESETS[options.preset]
    precision = resolve_precision(options.precision)
    training = dataclasses.replace(
        family.part(options.preset).training, epochs=options.epoch_limit, precision=precision
    )
    described = splits.describe(preset.samples, config.HOLDOUT, options.split_seed)
    model = family.model
    if not isinstance(model, MLP | OwnNetwork) and model.batch_normalization_momentum == MOMENTUM:
        momentum = preset.batch_normalization_momentum
        model = dataclasses.replace(model, batch_normalization_momentum=momentum)
    return Trial(model=model, training=training, data=described)


def trial_of(name: str, point: Point, scale: Scale) -> Trial:
    """The first trial of a point of a family, or of the family that a final's winner is of."""
    final = families.finals().get(name)
    family = families.get(final.study_family if final else name)
    return base_trial(family, scale).with_values(point)


def resolve_precision(asked: str) -> str:
    """The precision that "auto" stands for on this machine; any other one stays."""
    if asked != "auto":
        return asked
    return "mixed_bfloat16" if has_bfloat16() else "float32"


def _request(family: Family, base: Trial, point: Point, options: Options) -> Request:
    values = {name: value for name, value in point.items() if name not in (REPLICATE, SPLIT)}
    trial = on_split(base.with_values(values), str(point[SPLIT]))
    trial = dataclasses.replace(trial, replicate=int(point[REPLICATE]))
    # The folds of a search only rank its configurations: they leave the test set unread.
    evaluate = () if trial.data.is_fold else family.part(options.preset).evaluate
    return Request(
        trial=trial,
        family=family.name,
        preset=options.preset,
        label=label(trial, *(["epochs"] if "epochs" in point else [])),
        evaluate=evaluate,
        deterministic=options.deterministic,
    )


def _check_distinct(requests: Sequence[Request]) -> None:
    seen: set[str] = set()
    for request in requests:
        if request.trial.key in seen:
            raise InvalidInput(f"grid: two points are the same trial, {request.label}")
        seen.add(request.trial.key)
