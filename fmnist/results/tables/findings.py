"""The study's claims and ours, and a verdict on each from matched pairs, by one rule; pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

import pandas as pd

from fmnist import stats
from fmnist.data import fashion_mnist
from fmnist.results.accuracy import Accuracy
from fmnist.results.counterparts import NOT_RUN, printed
from fmnist.results.family_trials import FamilyRuns
from fmnist.results.tables.claims import BEYOND, CLAIMS, Claim, Training
from fmnist.results.tables.table import Table
from fmnist.stats import SIGNIFICANCE, PairedDifference
from fmnist.study import families
from fmnist.study.metrics import CRITERION, LAST_VALIDATION
from fmnist.study.options import Scale
from fmnist.study.plan import plan_grid, trial_of

AGREES, UNDECIDED, CONTRADICTS = "agrees", "undecided", "contradicts"
TOO_FEW = "too few pairs"
# Families whose accuracies the study took from the last epoch: Talos did, of its grids.
OF_LAST_EPOCH = ("mlp_capacity", "mlp_search", "mlp_optimizers", "cnn_search")
COLUMNS = (
    "question", "family", "study_difference", "difference", "answer",
    "claim", "pairs", "p_value", "verdict", "excluded",
)  # fmt: skip
LEGEND = (
    "Difference: the mean difference in validation accuracy over pairs of trainings, or of means "
    "of several, that differ only in what the claim names. Agrees or contradicts: significantly "
    "different from 0 at 5%, with p values adjusted over the claims by Holm's method. Undecided: "
    "not significant, even if the unadjusted interval excludes 0; the answer gives the adjusted p "
    "and how large an effect the interval excludes, in either direction."
)


def findings_table(found: Iterable[FamilyRuns], scale: Scale) -> Table:
    """A row for each claim of the study that a preset has both sides of, and for ours if measured.

    Verdicts are drawn over all of them together. The claims are about Fashion-MNIST: there is no
    row for other data.
    """
    runs = {family.name: family for family in found}
    claims = () if fashion_mnist.identity().is_other else (*CLAIMS, *BEYOND)
    measured = {claim: claim.differences(_ours(claim, runs)) for claim in claims}
    asked = [claim for claim in measured if measured[claim] or _is_planned(claim, scale)]
    verdicts = verdicts_on([measured[claim] for claim in asked])
    rows = [
        _row(claim, claim.differences(_printed(claim, scale)), verdict)
        for claim, verdict in zip(asked, verdicts, strict=True)
    ]
    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    return Table("findings", "The study's claims", frame, LEGEND, COLUMNS[:5])


@dataclass(frozen=True)
class Verdict:
    """What pairs say of a claim; `p_value` is adjusted, `found` is none for fewer than two."""

    differences: Sequence[float]
    found: PairedDifference | None
    p_value: float | None = None

    @property
    def word(self) -> str:
        """The verdict."""
        if not self.differences:
            return NOT_RUN
        if self.found is None or self.p_value is None:
            return TOO_FEW
        if self.p_value >= SIGNIFICANCE:
            return UNDECIDED
        return AGREES if self.found.value > 0 else CONTRADICTS

    @property
    def excluded(self) -> float | None:
        """Where it is undecided, how large an effect is excluded: above this, either way."""
        if self.found is None or self.word != UNDECIDED:
            return None
        return max(abs(self.found.low), abs(self.found.high))

    @property
    def answer(self) -> str:
        """The verdict for people."""
        if self.excluded is None:
            return self.word
        return f"{self.word} (p = {self.p_value:.2g}): beyond ±{self.excluded:.4f} is excluded"


def verdicts_on(measured: Sequence[Sequence[float]]) -> list[Verdict]:
    """A verdict on each claim, from the differences of its pairs, adjusted for their number."""
    found = [stats.paired_difference(of_claim) for of_claim in measured]
    adjusted = stats.holm([one.p_value if one else None for one in found])
    return list(map(Verdict, measured, found, adjusted))


def _row(claim: Claim, of_study: Sequence[float], verdict: Verdict) -> dict[str, object]:
    difference: object = verdict.differences[0] if verdict.differences else None
    if found := verdict.found:
        pairs = f"{len(verdict.differences)} pairs"
        difference = Accuracy(found.value, found.low, found.high, pairs)
    return {
        "question": claim.question,
        "family": claim.family,
        "study_difference": fmean(of_study) if of_study else None,
        "difference": difference,
        "answer": verdict.answer,
        "claim": claim.claim,
        "pairs": len(verdict.differences),
        "p_value": verdict.p_value,
        "verdict": verdict.word,
        "excluded": verdict.excluded,
    }


def _metric(claim: Claim) -> str:
    return LAST_VALIDATION if claim.family in OF_LAST_EPOCH else CRITERION


def _ours(claim: Claim, runs: Mapping[str, FamilyRuns]) -> list[Training]:
    of_families = [runs[name] for name in claim.families if name in runs]
    distinct = {run.key: run for family in of_families for run in family.runs}
    return [(run.trial, run.metrics[_metric(claim)]) for run in distinct.values()]


def _printed(claim: Claim, scale: Scale) -> list[Training]:
    """The study's own trainings of the claim's families whose accuracy it printed."""
    return [
        (trial_of(entry.family, entry.point, scale), entry.metrics[name])
        for entry in printed(scale.preset)
        for name in (CRITERION, LAST_VALIDATION)
        if entry.family in claim.families and name in entry.metrics
    ]


def _is_planned(claim: Claim, scale: Scale) -> bool:
    """Whether a preset's grids have both sides of a claim of the study."""
    if claim not in CLAIMS:
        return False
    of_families = (families.get(name) for name in claim.families)
    planned = [plan_grid(family, scale) for family in of_families if family.has(scale.preset)]
    trials = {one.trial.key: one.trial for plan in planned for one in plan.requests}
    return bool(claim.differences((trial, 0.0) for trial in trials.values()))
