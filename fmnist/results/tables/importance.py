"""Which settings mattered in a family: how much each decides the validation accuracy."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from fmnist.results.accuracy import Accuracy
from fmnist.results.family_trials import FamilyRuns
from fmnist.results.tables.table import Table
from fmnist.stats import INTERVAL
from fmnist.study.metrics import CRITERION
from fmnist.study.naming import REPLICATE
from fmnist.tracking.runs import RunRecord

# A forest that has seen fewer trials says nothing.
LEAST_TRIALS = 8
RESAMPLES, TREES, SHUFFLES = 20, 50, 5
LEGEND = (
    "Importance (permutation importance): how much the root mean squared error of a random forest "
    "that predicts validation accuracy grows when a setting's values are shuffled. "
    f"{INTERVAL}: over forests fitted to {RESAMPLES} bootstrap resamples of the trials. A setting "
    "without effect is slightly above 0, since a forest also fits noise."
)


def importance_table(family: FamilyRuns) -> Table:
    """A row for each setting that varies, the most important first; none of too few trials."""
    settings = varied_settings(family.runs)
    rows = []
    if len(settings) >= LEAST_TRIALS and not settings.empty:
        accuracies = np.array([run.metrics[CRITERION] for run in family.runs])
        found = _importances(_encoded(settings), accuracies)
        order = np.argsort(-found.mean(axis=0))
        rows = [
            {
                "setting": settings.columns[place],
                "importance": _with_interval(found[:, place], len(settings)),
            }
            for place in order
        ]
    frame = pd.DataFrame(rows, columns=["setting", "importance"])
    return Table(
        f"{family.name}_importance", f"{family.name}: which settings mattered", frame, LEGEND
    )


def varied_settings(runs: Sequence[RunRecord]) -> pd.DataFrame:
    """A row for each trial and a column for each setting that is not the same in all of them."""
    trials = [run.trial for run in runs]
    frame = pd.DataFrame([{**vars(trial.model), **vars(trial.training)} for trial in trials])
    return frame.loc[:, frame.nunique(dropna=False) > 1].drop(columns=REPLICATE, errors="ignore")


def _encoded(settings: pd.DataFrame) -> NDArray[np.float64]:
    """Numbers as they are, other values numbered: a forest only asks what lies below a bound."""
    numbered = [
        column if pd.api.types.is_numeric_dtype(column) else pd.factorize(column, sort=True)[0]
        for _, column in settings.items()
    ]
    return np.column_stack(numbered).astype(float)


def _importances(
    settings: NDArray[np.float64], accuracies: NDArray[np.float64]
) -> NDArray[np.float64]:
    """The importance of each setting, a row for each resample of the trials."""
    from sklearn.ensemble import RandomForestRegressor
    from sklearn.inspection import permutation_importance

    found, random = [], np.random.default_rng(0)
    for seed in range(RESAMPLES):
        drawn = random.integers(0, len(settings), len(settings))
        forest = RandomForestRegressor(TREES, random_state=seed)
        forest.fit(settings[drawn], accuracies[drawn])
        importance = permutation_importance(
            forest,
            settings,
            accuracies,
            scoring="neg_root_mean_squared_error",
            n_repeats=SHUFFLES,
            random_state=seed,
        )
        found.append(importance.importances_mean)
    return np.array(found)


def _with_interval(values: NDArray[np.float64], trials: int) -> Accuracy:
    low, high = np.percentile(values, [2.5, 97.5])
    return Accuracy(float(values.mean()), float(low), float(high), f"{trials} trials")
