"""Which trials of the study are done, which are missing, and how long those would take; pure."""

from collections.abc import Iterable, Mapping, Sequence

import pandas as pd

from fmnist.data import config
from fmnist.results.family_trials import FamilyRuns, folds_of
from fmnist.results.tables.table import Table
from fmnist.search.forecast import REFERENCE_RATE, Estimator
from fmnist.study import families
from fmnist.study.families import FINALS, KFOLD, STUDY_FINALS, command
from fmnist.study.options import AS_RUN, Scale
from fmnist.study.plan import plan_grid, trial_of
from fmnist.study.request import Request
from fmnist.tracking.runs import DESCRIPTION, RunRecord

COLUMNS = (
    "family", "expected", "done", "models", "hours_missing", "to_complete_it", "missing", "failed",
)  # fmt: skip
FOR_PEOPLE = ("family", "expected", "done", "hours_missing", "to_complete_it")
LEGEND = (
    "Expected and done: the configurations of a family; 1 for a final, done once it is evaluated. "
    "Hours missing: an estimate for a CPU that trains one trial after the other."
)


def missing(family: FamilyRuns, options: Scale) -> list[Request]:
    """The configurations of a family's grid that have no finished trial."""
    done = {run.trial.configuration_key for run in family.runs}
    plan = plan_grid(families.get(family.name), options)
    return [one for one in plan.requests if one.trial.configuration_key not in done]


def completeness_table(
    found: Sequence[FamilyRuns],
    finals: Mapping[str, RunRecord],
    folds: Sequence[RunRecord],
    options: Scale,
    failed: Iterable[RunRecord] = (),
) -> Table:
    """A row for each family, final, and the cross-validation, of whose folds some may be done."""
    errors = {run.key: run.tags.get(DESCRIPTION, "") for run in failed}
    runs = {run.key: run for family in found for run in family.runs}
    estimator = Estimator(list(runs.values()), REFERENCE_RATE)
    rows = [_row(family, options, estimator, errors) for family in found]
    rows += [
        _final_row(name, finals.get(name), options)
        for name in families.finals()
        if name in finals or name in STUDY_FINALS
    ]
    if options.preset != AS_RUN:
        rows.append(_folds_row(finals, folds, options, estimator))
    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    return Table("completeness", "Expected and done", frame, LEGEND, FOR_PEOPLE)


def _row(
    family: FamilyRuns, options: Scale, estimator: Estimator, errors: Mapping[str, str]
) -> dict[str, object]:
    lacking = missing(family, options)
    failed = [one for one in lacking if one.trial.key in errors]
    return {
        "family": family.name,
        "expected": family.expected,
        "done": family.done,
        "models": len(family.runs),
        "hours_missing": estimator.seconds(lacking) / 3600,
        "to_complete_it": command(family.name, options) if lacking else "",
        "missing": ", ".join(request.label for request in lacking),
        "failed": "; ".join(f"{one.label}: {errors[one.trial.key]}" for one in failed),
    }


def _final_row(name: str, final: RunRecord | None, options: Scale) -> dict[str, object]:
    models = int(final.metrics["models"]) if final else 0
    done = {"expected": 1, "done": int(bool(final)), "models": models}
    return {"family": name, **done, "to_complete_it": "" if final else command(name, options)}


def _folds_row(
    finals: Mapping[str, RunRecord],
    folds: Sequence[RunRecord],
    options: Scale,
    estimator: Estimator,
) -> dict[str, object]:
    """The cross-validation, of the CNN that was chosen, or of the study's while none is."""
    row = _final_row(KFOLD, finals.get(KFOLD), options)
    final = FINALS["cnn_final"]
    chosen = (
        finals[final.name].trial
        if final.name in finals
        else trial_of(final.name, final.point(options.preset), options)
    )
    left = 0 if KFOLD in finals else config.FOLDS - len(folds_of(chosen, folds))
    return row | {"hours_missing": left * estimator.trial_seconds(chosen) / 3600}
