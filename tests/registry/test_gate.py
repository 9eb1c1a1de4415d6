"""The gate: what passes it, what it refuses, and what it leaves behind."""

import dataclasses
import json
from pathlib import Path

import mlflow
import numpy as np
import pytest

from fmnist import stats
from fmnist.data import fashion_mnist
from fmnist.errors import InvalidInput
from fmnist.registry import gate, history, logged_models, registry
from fmnist.registry.gate import EVIDENCE, Evidence
from fmnist.stats import PairedTest
from fmnist.study.metrics import ACCURACY, TEST
from fmnist.study.networks import MLP
from fmnist.tracking import runs
from fmnist.tracking.artifacts import TEST_PREDICTIONS
from fmnist.training import models, scoring
from registry.support import NAME, in_production

OTHER = "fmnist-cnn"
FINALS = {NAME: "mlp_final", OTHER: "cnn_final"}
EQUAL = Evidence(
    logged_accuracy=0.9, reloaded_accuracy=0.9, parameters=100, production="1",
    production_parameters=100, test=PairedTest(50, 50, 1.0),
)  # fmt: skip


@pytest.fixture
def store(study_copy, monkeypatch):
    """A store that holds version 1 of both models."""
    return study_copy.use(monkeypatch)


def final_run(store, name):
    """The run of a model's final."""
    return next(
        run for run in store.runs("tags.`fmnist.kind` = 'final'") if run.family == FINALS[name]
    )


def add_version(store, of=NAME):
    """Another version of the model: what this model's final registered, or the other's."""
    first = store.client.get_model_version(of, "1")
    tags = {
        name: first.tags[name] for name in (registry.DIGEST, registry.MODEL, runs.KEY, runs.PRESET)
    }
    return store.client.create_model_version(NAME, first.source, first.run_id, tags)


def put(store, version):
    """Log a version as promoted, without the gate; stage and alias stay where they are."""
    event = history.Event.now(history.PROMOTED, str(version.version), "by hand")
    assert history.add(store, history.read(store, version.name), event)


def add_untrained(store, folder):
    """A version of the MLP that knows nothing, as a final of its own would register it."""
    experiment = store.client.create_experiment("untrained", str(folder / "untrained"))
    run_id = store.create_run(experiment, "mlp_final", {})
    dataset, model = fashion_mnist.load(), models.with_raw_pixels(models.build(MLP()))
    probabilities = scoring.predict(model, dataset.test_images.astype(np.float32))
    accuracy = scoring.evaluate(probabilities, dataset.test_labels)[ACCURACY]
    metrics = {TEST: accuracy, "parameters": model.count_params()}
    store.log(run_id, metrics=metrics)
    np.savez(folder / TEST_PREDICTIONS, test=probabilities)
    store.client.log_artifact(run_id, str(folder / TEST_PREDICTIONS))
    tags = logged_models.log_model(store, run_id, "mlp_final", model, dataset.test_images[:1], {})
    tags[runs.PRESET] = "smoke"
    return registry.register(store, NAME, run_id, tags, "")


@pytest.mark.parametrize(
    ("changes", "allow_tie", "passed", "said"),
    [
        ({"test": None}, False, True, "nothing else is in Production"),
        ({"test": PairedTest(60, 30, 0.002)}, False, True, "better than version 1"),
        ({"test": PairedTest(30, 60, 0.002)}, False, False, "worse than version 1"),
        ({"test": PairedTest(30, 60, 0.002), "parameters": 1}, True, False, "worse"),
        ({}, False, False, "tied with version 1, and not of fewer parameters; allow_tie=1"),
        ({}, True, True, "allow_tie=1 lets pass"),
        ({"parameters": 99}, False, True, "tied with version 1, and of fewer parameters"),
        ({"parameters": 101}, False, False, "not of fewer parameters"),
        ({"test": PairedTest(60, 40, 0.06)}, False, False, "tied"),
        ({"reloaded_accuracy": 0.9001}, True, False, "does not reproduce"),
        ({"reloaded_accuracy": 0.8999, "test": None}, True, False, "does not reproduce"),
    ],
)
def test_the_rule(changes, allow_tie, passed, said):
    found, reason = gate.judge(dataclasses.replace(EQUAL, **changes), allow_tie)
    assert found == passed
    assert said in reason


def test_a_first_final_passes_with_its_evidence_written_down(store):
    for name in FINALS:
        assert in_production(store, name) == (["1"], "1")
        version = store.client.get_model_version(name, "1")
        (final,) = store.with_id(version.run_id)
        accuracy = final.metrics[TEST]
        evidence = json.loads(version.tags[EVIDENCE])
        assert evidence["reloaded_accuracy"] == evidence["logged_accuracy"] == accuracy
        assert f"test accuracy {accuracy:.4f} (95% interval" in version.description
        assert f"/runs/{version.run_id})" in version.description
        assert "nothing else is in Production" in version.description
        (event,) = history.read(store, name).events.values()
        assert (event.kind, event.version) == ("promoted", "1")


def test_a_worse_model_is_refused_and_a_better_one_replaces_it(store, tmp_path):
    worse = add_untrained(store, tmp_path)
    refused = gate.promote(store, worse, allow_tie=True)
    assert refused.outcome == "refused"
    assert "refused: worse than version 1" in refused.text
    assert in_production(store) == (["1"], "1")
    noted = store.client.get_model_version(NAME, worse.version)
    assert noted.tags[runs.DECISION] == refused.text
    assert refused.text in noted.description
    put(store, worse)
    first = store.client.get_model_version(NAME, "1")
    promoted = gate.promote(store, first)
    assert promoted.outcome == "promoted"
    assert "better than version 2" in promoted.text
    assert in_production(store) == (["1"], "1")


def test_the_evidence_is_of_what_both_finals_stored(store):
    evidence = gate.promote(store, add_version(store, of=OTHER)).evidence
    right = []
    for name in (OTHER, NAME):
        address = f"runs:/{final_run(store, name).run_id}/test_predictions.npz"
        with np.load(mlflow.artifacts.download_artifacts(address)) as stored:
            right.append(stored["test"].argmax(axis=1) == fashion_mnist.load().test_labels)
    assert evidence.test == stats.paired_test(*right)
    assert evidence.test.only_first - evidence.test.only_second == right[0].sum() - right[1].sum()
    assert evidence.logged_accuracy == right[0].mean()
    assert evidence.parameters == final_run(store, OTHER).metrics["parameters"]
    assert evidence.production_parameters == final_run(store, NAME).metrics["parameters"]


@pytest.mark.parametrize("damage", [b"no archive", None])
def test_predictions_of_production_that_are_damaged_let_nothing_in(store, tmp_path, damage):
    worse, path = add_untrained(store, tmp_path), tmp_path / TEST_PREDICTIONS
    put(store, worse)
    others = store.client.download_artifacts(final_run(store, OTHER).run_id, TEST_PREDICTIONS)
    path.write_bytes(damage or Path(others).read_bytes())
    store.client.log_artifact(worse.run_id, str(path))
    decision = gate.promote(store, store.client.get_model_version(NAME, "1"))
    assert decision.outcome == "refused"
    assert ("is damaged" if damage else "are not what it gave") in decision.text


def test_a_result_that_is_not_reproduced_is_refused(store):
    version = add_version(store)
    store.log(version.run_id, metrics={TEST: 0.9999})
    decision = gate.promote(store, version, allow_tie=True)
    assert decision.outcome == "refused"
    assert "does not reproduce its logged test accuracy" in decision.text
    assert in_production(store) == (["1"], "1")


def test_changed_files_are_refused(store):
    version = add_version(store)
    store.client.set_model_version_tag(NAME, version.version, registry.DIGEST, "0" * 64)
    version = store.client.get_model_version(NAME, version.version)
    decision = gate.promote(store, version, allow_tie=True)
    assert decision.outcome == "refused"
    assert "its files were changed since it was registered" in decision.text


def test_a_smaller_preset_never_replaces_a_larger(store):
    store.client.set_model_version_tag(NAME, "1", runs.PRESET, "quick")
    decision = gate.promote(store, add_version(store, of=OTHER), allow_tie=True)
    assert decision.outcome == "refused"
    assert "preset=smoke never replaces preset=quick of version 1" in decision.text


@pytest.mark.parametrize("presets", [("paper", "as_run"), ("as_run", "paper")])
def test_the_study_as_described_and_as_run_may_replace_each_other(store, presets):
    version = add_version(store)
    for number, preset in zip(("1", version.version), presets, strict=True):
        store.client.set_model_version_tag(NAME, number, runs.PRESET, preset)
    version = store.client.get_model_version(NAME, version.version)
    assert gate.promote(store, version, allow_tie=True).outcome == "promoted"


def test_a_decision_is_made_again_when_another_version_comes_in_between(store, monkeypatch):
    rival, version = (add_version(store) for _ in range(2))
    decide = gate.decide

    def while_another_is_promoted(*arguments):
        monkeypatch.setattr(gate, "decide", decide)
        decision = gate.decide(*arguments)
        assert gate.promote(store, rival, allow_tie=True).promoted
        return decision

    monkeypatch.setattr(gate, "decide", while_another_is_promoted)
    decision = gate.promote(store, version, allow_tie=True)
    assert decision.promoted
    assert decision.evidence.production == str(rival.version)
    assert in_production(store) == (["3"], "3")


def test_what_was_rolled_back_comes_in_again_only_if_somebody_asks(store):
    version = add_version(store)
    assert gate.promote(store, version, allow_tie=True).promoted
    history.roll_back(store, NAME, "too slow")
    left = gate.promote(store, version, allow_tie=True, asked=False)
    assert left.outcome == "refused"
    assert "rolled back at" in left.text
    assert "too slow" in left.text
    again = add_version(store)  # of the same trial
    assert gate.promote(store, again, allow_tie=True, asked=False).outcome == "refused"
    assert in_production(store) == (["1"], "1")
    assert gate.promote(store, version, allow_tie=True).promoted
    assert gate.promote(store, version, asked=False).outcome == "unchanged"


def test_what_was_rolled_back_and_deleted_keeps_no_other_out(store):
    version = add_version(store)
    put(store, version)
    history.roll_back(store, NAME, "too slow")
    store.client.delete_model_version(NAME, version.version)
    other = gate.promote(store, add_version(store, of=OTHER), allow_tie=True, asked=False)
    assert "rolled back" not in other.text
    assert other.evidence


def test_a_promotion_that_was_cut_short_is_completed(store):
    version = add_version(store)
    put(store, version)
    decision = gate.promote(store, version)
    assert decision.outcome == "unchanged"
    assert "both are on 2 now" in decision.text
    assert in_production(store) == (["2"], "2")
    noted = store.client.get_model_version(NAME, "2").tags[runs.DECISION]
    assert noted == "fmnist-mlp version 2 is in Production already: by hand"
    assert len(history.read(store, NAME).events) == 2


def test_a_run_without_a_version_is_refused_with_what_is_accepted(store):
    with pytest.raises(InvalidInput, match=r"run=0{32}: .* accepted is [0-9a-f]{32} \(version 1\)"):
        gate.candidate(store, NAME, "0" * 32)
    with pytest.raises(InvalidInput, match="model=fmnist: not registered"):
        gate.candidate(store, "fmnist", "0" * 32)


def test_a_final_that_was_evaluated_in_another_run_is_found(store):
    evaluated = final_run(store, NAME)
    later = store.create_run(
        evaluated.experiment_id, "mlp_final", {runs.EVALUATED_IN: evaluated.run_id}
    )
    assert gate.candidate(store, NAME, later).run_id == evaluated.run_id


def test_promote_roll_back_and_history_from_the_command_line(study_copy, store):
    add_version(store)
    run = final_run(store, NAME).run_id
    given = ("--model", NAME, "--run", run)

    def output(entry, *arguments):
        done = study_copy.run(entry, *arguments)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    assert "refused: tied with version 1" in output("promote", *given)
    assert in_production(store) == (["1"], "1")
    assert "version 2 is in Production now" in output("promote", *given, "--allow_tie", "1")
    assert in_production(store) == (["2"], "2")
    store.client.set_registered_model_alias(NAME, "production", "1")
    told = output("rollback", "--model", NAME, "--reason", "a test")
    assert "alias production on 1; both are on 2 now" in told
    assert "version 1 is back in Production, in place of version 2: a test" in told
    assert in_production(store) == (["1"], "1")
    before = len(store.runs(""))
    listed = output("history", "--model", NAME)
    assert len(store.runs("")) == before
    assert (listed.count("promoted"), listed.count("rolled back")) == (2, 1)
    assert "in place of version 2: a test" in listed
    decisions = [run.tags.get(runs.DECISION, "") for run in store.runs("")]
    assert sum("refused: tied" in decision for decision in decisions) == 1


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ("promote", "run: required; accepted is the id of a final's run"),
        ("rollback", "model=fmnist-cnn: no version to roll back to"),
    ],
)
def test_what_makes_no_sense_is_refused_in_one_line(study_copy, store, entry, said):
    before = len(store.runs(""))
    done = study_copy.run(entry)
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1].startswith(said)
    assert len(store.runs("")) == before
