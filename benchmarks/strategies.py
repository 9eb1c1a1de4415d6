"""Compare what search strategies find in a family's space, and in how many epochs, with its grid.

It trains nothing: it repeats each strategy with the scores in the store of MLFLOW_TRACKING_URI. The
store must hold the family's grid and its hyperband:

    mlflow run . -e mlp_search
    mlflow run . -e mlp_search -P strategy=hyperband
"""

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import fmean
from typing import Any

from benchmarks import results
from benchmarks.results import Table
from entrypoints.parameters import PARAMETERS
from fmnist import stats
from fmnist.results import selection
from fmnist.results.accuracy import samples_of
from fmnist.search import run_plan
from fmnist.search.ask_tell import Search
from fmnist.search.oracles import oracle_for
from fmnist.study import families, naming
from fmnist.study.family import Family
from fmnist.study.metrics import CRITERION, LAST_VALIDATION
from fmnist.study.options import BAYESIAN, GRID, HYPERBAND, RANDOM, Options
from fmnist.study.plan import base_trial, grid_points, plan_family, request_for
from fmnist.tracking.runs import RunRecord, finished
from fmnist.tracking.store import open_store

NAME, COMMAND = "strategies", "python -m benchmarks.strategies"
# Random and Bayesian searches depend on their seed, so the table shows means over several.
SEEDS = 10
# keras-tuner adds 1 to its seed with every value that it draws, so close seeds share their draws.
BETWEEN_SEEDS = 1000
# The target for hyperband: points below the grid's best, and the fraction of the grid's epochs.
POINTS, SHARE = 0.2, 0.25


@dataclass(frozen=True)
class Found:
    """The result of a search: its trials, its epochs, and the best trial trained in full."""

    trials: int
    epochs: float
    best: RunRecord


def found(runs: Sequence[RunRecord], options: Options) -> Found:
    """The result of a search's trials; finals select the best by the same rule."""
    full = [run for run in runs if run.trial.training.epochs == options.epoch_limit]
    return Found(len(runs), epochs_of(runs), selection.candidates(full)[0].best)


def epochs_of(runs: Sequence[RunRecord]) -> float:
    """The epochs that were trained; a continued trial's epochs count once."""
    longest: dict[str, float] = {}
    for run in runs:
        origin = run.trial.origin.key
        longest[origin] = max(longest.get(origin, 0), run.metrics["epochs_run"])
    return sum(longest.values())


def asked(family: Family, options: Options, finished: Mapping[str, RunRecord]) -> list[RunRecord]:
    """The trials of a strategy, in order.

    Raises:
        SystemExit: if the store lacks some of them.
    """
    if options.strategy == GRID:
        plan = plan_family(family, options)
    else:
        plan = run_plan.foresee(family, options, finished.values())
    missing = [request.label for request in plan.requests if request.trial.key not in finished]
    if missing:
        raise SystemExit(f"{family.name}, strategy={options.strategy}: missing {missing}")
    return [finished[key] for key in plan.keys]


def sampled(
    family: Family, options: Options, seed: int, finished: Mapping[str, RunRecord]
) -> list[RunRecord]:
    """The trials that a random or Bayesian search with this seed tries in the same grid.

    Raises:
        SystemExit: if the store lacks some of them.
    """
    oracle = oracle_for(replace(options, seed=seed), grid_points(family, options))
    scores = {key: run.metrics[CRITERION] for key, run in finished.items()}
    search = Search(oracle, request_for(family, options, {}), scores)
    if search.next_request():
        raise SystemExit(f"{family.name}: its grid is not the whole space, or not complete")
    return [finished[key] for key in search.requests]


def measure(family: Family, options: Options, finished: Mapping[str, RunRecord]) -> dict[str, Any]:
    """The results of grid, hyperband, and random and Bayesian searches.

    One random search has as many trials as hyperband's epochs pay for.
    """
    grid = found(asked(family, options, finished), options)
    hyperband = found(asked(family, replace(options, strategy=HYPERBAND), finished), options)
    measured = {"grid": [plain(grid)], "hyperband": [plain(hyperband)]}
    seeds = range(0, SEEDS * BETWEEN_SEEDS, BETWEEN_SEEDS)
    afforded = int(hyperband.epochs / (grid.epochs / grid.trials))
    for strategy, trials in ((RANDOM, afforded), (RANDOM, 15), (BAYESIAN, 15)):
        as_asked = replace(options, strategy=strategy, trials=trials)
        searches = [sampled(family, as_asked, seed, finished) for seed in seeds]
        measured[f"{strategy}, {trials} trials"] = [plain(found(s, options)) for s in searches]
    return measured


def plain(one: Found) -> dict[str, Any]:
    """A result as plain data."""
    return {
        "trials": one.trials,
        "epochs": one.epochs,
        "best": naming.words(one.best.trial),
        "key": one.best.key,
        "accuracy": one.best.metrics[CRITERION],
        "last_accuracy": one.best.metrics[LAST_VALIDATION],
    }


def table(family: Family, options: Options, measured: Mapping[str, Sequence[Any]]) -> Table:
    """The table with a row for each strategy; random and Bayesian rows are means over seeds."""
    (grid,) = measured["grid"]
    rows = []
    for name, searches in measured.items():
        trials, epochs, accuracy = (
            fmean(search[value] for search in searches)
            for value in ("trials", "epochs", "accuracy")
        )
        below = fmean(100 * (grid["accuracy"] - search["accuracy"]) for search in searches)
        seeds = f", mean of {len(searches)} seeds" if len(searches) > 1 else ""
        epochs_words = f"{epochs:.0f} ({epochs / grid['epochs']:.0%} of the grid's)"
        numbers = (f"{accuracy:.4f}", f"{below:.2f}")
        rows.append((f"{name}{seeds}", f"{trials:.0f}", epochs_words, *numbers))
    n = samples_of(CRITERION, base_trial(family, options).data)
    low, high = stats.accuracy_interval(grid["accuracy"], n)
    note = (
        "Validation accuracy of the saved weights of the best trial that was trained in full; the "
        f"grid's 95% interval is {low:.4f} to {high:.4f} (n = {n} images). Points below: "
        f"percentage points below the grid's best. {asked_of_hyperband(grid, measured)}"
    )
    heading = ("strategy", "trials", "epochs", "accuracy", "points below")
    return Table(f"{family.name}, preset={options.preset}", heading, rows, note)


def asked_of_hyperband(grid: Mapping[str, Any], measured: Mapping[str, Sequence[Any]]) -> str:
    """Whether Hyperband met its target, in one search."""
    (hyperband,) = measured["hyperband"]
    below = round(100 * (grid["accuracy"] - hyperband["accuracy"]), 6)
    share = hyperband["epochs"] / grid["epochs"]
    met = "met" if below <= POINTS and share <= SHARE else "missed"
    return (
        f"Hyperband's target, within {POINTS} points of the grid's best with at most {SHARE:.0%} "
        f"of its epochs, was {met} by one search with other seeds: {below:.2f} points, {share:.0%}."
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--family", default="mlp_search", type=PARAMETERS["family"].parse)
    parser.add_argument("--preset", default="paper", type=PARAMETERS["preset"].parse)
    given = parser.parse_args()
    family, options = families.get(given.family), Options(preset=given.preset)
    measured = measure(family, options, finished(open_store().trials()))
    shown = [table(family, options, measured)]
    record = results.stamped({"family": family.name, "measured": measured})
    results.write(NAME, COMMAND, record, shown)
    results.show(shown)


if __name__ == "__main__":
    main()
