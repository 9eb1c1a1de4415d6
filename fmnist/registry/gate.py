"""The gate to Production: a decision as a value, with the numbers that it rests on.

A final read the test set once and stored what its model predicted. The gate chooses nothing by
reading it again: it verifies that the registered files give the accuracy that was logged.
"""

import dataclasses
import json
from dataclasses import dataclass
from functools import partial
from typing import Literal

import numpy as np
from mlflow.entities.model_registry import ModelVersion

from fmnist import stats
from fmnist.data import fashion_mnist
from fmnist.errors import InvalidInput
from fmnist.registry import history, model_data, registry
from fmnist.registry.history import PROMOTED, Event, State
from fmnist.registry.registry import STAGE
from fmnist.stats import PairedTest
from fmnist.study.metrics import ACCURACY, TEST
from fmnist.study.options import PRESETS
from fmnist.tracking import artifacts
from fmnist.tracking.runs import DECISION, EVALUATED_IN, KEY, PRESET, RunRecord
from fmnist.tracking.store import Store
from fmnist.training import scoring

EVIDENCE = "fmnist.evidence"
DELETED = "its model was deleted; run its final again, which registers a new version"
HEADS = {
    "promoted": f"is in {STAGE} now",
    "refused": "is registered and refused",
    "unchanged": f"is in {STAGE} already",
}


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """What the gate judges a candidate by.

    Attributes:
        logged_accuracy: on the test set, by the final.
        reloaded_accuracy: the same images by the model as the registry gives it.
        production: the version in Production, and its parameters; None if there is none.
        test: the candidate (first) and that version on the test images.
    """

    logged_accuracy: float
    reloaded_accuracy: float
    parameters: int
    production: str | None = None
    production_parameters: int | None = None
    test: PairedTest | None = None

    @property
    def reproduced(self) -> bool:
        """Whether the registered files give the accuracy that the final logged."""
        return self.reloaded_accuracy == self.logged_accuracy

    def text(self) -> str:
        """The numbers, for people."""
        words = f"test accuracy {self.logged_accuracy}, reloaded {self.reloaded_accuracy}"
        if not self.test:
            return f"{words}; {self.parameters} parameters"
        return (
            f"{words}; of the test images it alone has {self.test.only_first} right, version "
            f"{self.production} alone {self.test.only_second}, McNemar's exact p = "
            f"{self.test.p_value:.2g}; {self.parameters} parameters against "
            f"{self.production_parameters}"
        )


@dataclass(frozen=True, kw_only=True)
class Decision:
    """Whether a version goes into Production, and why. A refusal is a result too.

    Attributes:
        repaired: what stood wrong in the registry before, and was put right.
    """

    name: str
    version: str
    outcome: Literal["promoted", "refused", "unchanged"]
    reason: str = ""
    evidence: Evidence | None = None
    repaired: str = ""

    @property
    def promoted(self) -> bool:
        """Whether the version goes into Production."""
        return self.outcome == "promoted"

    @property
    def why(self) -> str:
        """The reason with its numbers."""
        return f"{self.reason} ({self.evidence.text()})" if self.evidence else self.reason

    @property
    def text(self) -> str:
        """The decision in a sentence."""
        head = f"{self.name} version {self.version} {HEADS[self.outcome]}"
        decision = f"{head}: {self.why}" if self.reason else head
        return f"{self.repaired}; {decision}" if self.repaired else decision


def candidate(store: Store, name: str, run_id: str) -> ModelVersion:
    """The version that a final registered, by the final's run.

    Raises:
        InvalidInput: if there is no such model, the run has registered no version of it, or that
            is of another data set than this process's.
    """
    registry.registered_model(store, name)
    tags = [run.tags for run in store.with_id(run_id)]
    runs = {run_id, *(tag[EVALUATED_IN] for tag in tags if EVALUATED_IN in tag)}
    found = registry.versions(store, name)
    for version in found:
        if version.run_id in runs:
            model_data.check(version)
            return version
    there = registry.some([f"{version.run_id} (version {version.version})" for version in found])
    raise InvalidInput(f"run={run_id}: no version of {name} is of that run; accepted is {there}")


def promote(
    store: Store, version: ModelVersion, *, allow_tie: bool = False, asked: bool = True
) -> Decision:
    """Decide on a version, put it into Production if it passes, and write down what was decided.

    What was rolled back comes in again only where somebody `asked` for it. The version was compared
    with what is in Production at that moment: if another version comes in between, the decision
    is made again.
    """
    repaired = history.align(store, version.name)
    while True:
        state = history.read(store, version.name)
        decision = decide(store, version, state, allow_tie, asked)
        event = Event.now(PROMOTED, decision.version, decision.why)
        if not decision.promoted or history.add(store, state, event):
            break
    history.align(store, version.name)
    if decision.evidence:
        numbers = json.dumps(dataclasses.asdict(decision.evidence))
        store.client.set_model_version_tag(version.name, version.version, EVIDENCE, numbers)
    # A promotion that was cut short after its event has left no note.
    if decision.outcome != "unchanged" or DECISION not in version.tags:
        history.note(store, version, decision.text)
    return dataclasses.replace(decision, repaired=repaired)


def decide(
    store: Store, version: ModelVersion, state: State, allow_tie: bool, asked: bool
) -> Decision:
    """Whether a version may replace the one in Production."""
    decided = partial(Decision, name=version.name, version=str(version.version))
    refused, current = partial(decided, outcome="refused"), state.current
    deleted = current if current and registry.is_deleted(store, current) else None
    if current and str(current.version) == str(version.version):
        return decided(outcome="unchanged", reason=DELETED if deleted else state.why)
    if not asked and (left := _put_aside(version, state)):
        reason = f"rolled back at {left.at} UTC ({left.why}); the entry promote puts it back"
        return refused(reason=reason)
    if deleted:
        current = None
    if current and _samples(current) > _samples(version):
        reason = (
            f"preset={version.tags.get(PRESET)} never replaces preset={current.tags.get(PRESET)} "
            f"of version {current.version}"
        )
        return refused(reason=reason)
    try:
        evidence = gather(store, version, current)
    except InvalidInput as refusal:
        return refused(reason=str(refusal))
    passed, reason = judge(evidence, allow_tie)
    if passed and deleted:
        reason += f", since the model of version {deleted.version} was deleted"
    return decided(outcome="promoted" if passed else "refused", reason=reason, evidence=evidence)


def _put_aside(version: ModelVersion, state: State) -> Event | None:
    """The roll-back of the version, or of another one of the same trial."""
    key = version.tags.get(KEY)
    for number, event in state.put_aside.items():
        other = state.versions.get(number)  # none where it was deleted since
        if number == str(version.version) or (key and other and other.tags.get(KEY) == key):
            return event
    return None


def _samples(version: ModelVersion) -> int:
    preset = version.tags.get(PRESET, "")
    return PRESETS[preset].samples if preset in PRESETS else 0


def gather(store: Store, version: ModelVersion, current: ModelVersion | None) -> Evidence:
    """Reload a candidate from the registry, and compare what it and Production predicted.

    Raises:
        InvalidInput: if its files cannot be verified, or either has no final's results, or what
            Production predicted is damaged.
    """
    dataset, final = fashion_mnist.load(), _final(store, version)
    model = registry.load(version.name, str(version.version), store)
    probabilities = scoring.predict(model, dataset.test_images.astype(np.float32))
    evidence = Evidence(
        logged_accuracy=final.metrics[TEST],
        reloaded_accuracy=scoring.evaluate(probabilities, dataset.test_labels)[ACCURACY],
        parameters=int(final.metrics["parameters"]),
    )
    if not current or not evidence.reproduced:
        return evidence
    other = _final(store, current)
    right = [
        predicted.argmax(axis=1) == dataset.test_labels
        for predicted in (probabilities, artifacts.read_test_predictions(other.run_id, store))
    ]
    if right[1].mean() != other.metrics[TEST]:
        raise InvalidInput(f"version {current.version}: its test predictions are not what it gave")
    return dataclasses.replace(
        evidence,
        production=str(current.version),
        production_parameters=int(other.metrics["parameters"]),
        test=stats.paired_test(*right),
    )


def _final(store: Store, version: ModelVersion) -> RunRecord:
    """The run of the final that registered a version.

    Raises:
        InvalidInput: if there is none, or it is of another data set than this process's.
    """
    for run in store.with_id(version.run_id):
        if run.metrics.keys() >= {TEST, "parameters"}:
            model_data.check_run(run)
            return run
    raise InvalidInput(
        f"version {version.version} has no final's run to compare by; if it is in {STAGE}, "
        "delete that version in MLflow first"
    )


def judge(evidence: Evidence, allow_tie: bool) -> tuple[bool, str]:
    """The rule: whether a candidate passes, and why."""
    if not evidence.reproduced:
        return False, "reloaded from the registry it does not reproduce its logged test accuracy"
    test, other = evidence.test, f"version {evidence.production}"
    if not test:
        return True, f"nothing else is in {STAGE}"
    if not test.tied:
        better = test.only_first > test.only_second
        return better, f"{'better' if better else 'worse'} than {other}"
    if evidence.parameters < (evidence.production_parameters or 0):
        return True, f"tied with {other}, and of fewer parameters"
    if allow_tie:
        return True, f"tied with {other}, which allow_tie=1 lets pass"
    return False, f"tied with {other}, and not of fewer parameters; allow_tie=1 would let it pass"
