"""What a search, a final or the study found, as metrics and params of its run; pure.

MLflow's table of runs then shows the answers as columns, and nobody has to open a run.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from fmnist.data.config import ALL_FOLDS
from fmnist.results import selection
from fmnist.results.accuracy import Accuracy
from fmnist.results.comparison import Comparison
from fmnist.results.family_trials import FamilyRuns, limits, within
from fmnist.results.tables import summary
from fmnist.results.text import cell
from fmnist.search.certificate import Certificate
from fmnist.study.metrics import CRITERION, DIFFERENCE, PUBLISHED, TEST, TRIALS, VALIDATION
from fmnist.study.naming import SPLIT, configuration
from fmnist.study.options import Scale
from fmnist.study.trial import Trial
from fmnist.tracking import trial_run
from fmnist.tracking.entry_run import EntryRun
from fmnist.tracking.runs import BEST, BEST_CONFIGURATION, RunRecord


@dataclass(frozen=True)
class Answer:
    """Metrics by our names, and params."""

    metrics: Mapping[str, float]
    params: Mapping[str, str]

    def log(self, run: EntryRun) -> None:
        """Put the answer on a run; params that it has already stay."""
        run.log(metrics=self.metrics)
        run.add_params(self.params)


def of_search(found: FamilyRuns, did: Certificate, options: Scale) -> Answer:
    """A family's best configuration, the study's number, and the counts."""
    counts = _counts(did.expected, did.done, len(did.failed))
    return _best_of([found], counts, options.preset)


def of_study(compared: Comparison, options: Scale) -> Answer:
    """The best configuration of all families, the study's best number, and the counts."""
    recorded = compared.recorded
    done = {run.key for run in recorded.trials}
    failed = {run.key for run in recorded.failed if within(run, limits(options))} - done
    families = recorded.families
    expected, finished = sum(one.expected for one in families), sum(one.done for one in families)
    return _best_of(families, _counts(expected, finished, len(failed)), options.preset)


def _counts(expected: int, done: int, failed: int) -> dict[str, float]:
    counts = {"expected": expected, "done": done, "failed": failed}
    return {f"{TRIALS}_{name}": float(count) for name, count in counts.items()}


def _best_of(families: Sequence[FamilyRuns], counts: dict[str, float], preset: str) -> Answer:
    """The answer of the family with the highest validation accuracy, beside the study's highest."""
    rows = summary.summary_table(families, {}, preset).frame.to_dict("records")
    if not rows:
        return Answer(counts, {})
    first = max(rows, key=lambda row: row["val_accuracy"].value)
    (family,) = (one for one in families if one.name == first["family"])
    value = first["val_accuracy"].value
    found = [row.get("published_val") for row in rows]
    published = max((one for one in found if one and cell(one)), default=0.0)
    metrics = counts | {CRITERION: value} | _beside(VALIDATION, value, published)
    return Answer(metrics, _params(selection.candidates(family.runs)[0].best.trial))


def of_final(run: RunRecord, here: str) -> Answer:
    """What a final, or the cross-validation, found in the run that evaluated it.

    The run `here` gets what it lacks: all of it, where another one evaluated. Of a final of several
    replicates it is the registered model's accuracy; the cross-validation has a mean alone.
    """
    (row,) = summary.summary_table([], {run.family: run}, run.preset).frame.to_dict("records")
    mean: Accuracy = row["test_accuracy"]
    of_mean = {TEST: mean.value, "test_accuracy_low": mean.low, "test_accuracy_high": mean.high}
    found = {name: run.metrics.get(name, value) for name, value in of_mean.items()}
    beside = _beside(TEST, found[TEST], row.get("published_test"))
    metrics = beside if run.run_id == here else beside | found
    return Answer(metrics, _params(run.trial))


def _beside(metric: str, ours: float, published: float | None) -> dict[str, float]:
    """The study's number and ours minus that; nothing where it printed none."""
    if not published or not cell(published):
        return {}
    return {f"{PUBLISHED}_{metric}": published, f"{DIFFERENCE}_{metric}": ours - published}


def _params(trial: Trial) -> dict[str, str]:
    """The configuration that won: in words, and in the params of a trial, or of all its folds."""
    params = trial_run.params(trial) | ({SPLIT: ALL_FOLDS} if trial.data.is_fold else {})
    named = {f"{BEST}{name}": text for name, text in params.items()}
    return {BEST_CONFIGURATION: configuration(trial), **named}
