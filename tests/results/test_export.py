"""A study's records: exported, brought into an empty store, and refused where they were changed."""

import json
import shutil

import pyarrow.parquet as pq
import pytest
from conftest import Place
from rich.console import Console

from entrypoints import ingest, replay
from entrypoints.finals import run_final
from fmnist.errors import InvalidInput
from fmnist.results import comparison
from fmnist.results.export import collect, parquet
from fmnist.results.export.exported import FINAL
from fmnist.results.folder import write
from fmnist.study import plan
from fmnist.study.families import FAMILIES, FINALS, STUDY
from fmnist.study.metrics import CRITERION
from fmnist.study.options import Options
from fmnist.tracking import runs
from fmnist.tracking.entry_run import entry_run

SMOKE = Options(preset="smoke")


def write_results(store, folder):
    """What `compare -P output=...` writes, by name."""
    tables = comparison.compare(store, SMOKE)
    write(tables, folder, store, SMOKE.preset)
    collect.write(folder / collect.NAME, tables, store)
    return {file.name: file.read_bytes() for file in folder.iterdir()}


@pytest.fixture(scope="module")
def published(study, tmp_path_factory):
    """The results of the smoke study: the folder and what is in it."""
    folder = tmp_path_factory.mktemp("published")
    with pytest.MonkeyPatch.context() as patch:
        return folder, write_results(study.use(patch), folder)


@pytest.fixture(scope="module")
def imported(published, tmp_path_factory):
    """A place whose store holds the export of the smoke study and nothing else."""
    made = Place(tmp_path_factory.mktemp("imported"))
    done = made.run("ingest", "--path", str(published[0] / collect.NAME))
    assert done.returncode == 0, done.stderr
    (made.folder / "output.txt").write_text(done.stdout)
    return made


def test_the_results_are_rebuilt_from_the_export_byte_for_byte(
    published, imported, monkeypatch, tmp_path
):
    rebuilt = write_results(imported.use(monkeypatch), tmp_path / "rebuilt")
    assert rebuilt.keys() == published[1].keys() >= {"summary.png", "mlp_search.png", "cost.md"}
    assert [name for name in rebuilt if rebuilt[name] != published[1][name]] == []


def test_an_export_makes_every_key_done_once(published, imported, monkeypatch):
    store = imported.use(monkeypatch)
    found = ingest.find(published[0] / collect.NAME)
    assert (imported.folder / "output.txt").read_text() == (
        f"ingest: {len(found)} records, {len(found)} recorded, 0 already known\n"
    )
    with entry_run(store, "ingest", "again", {}) as run:
        assert ingest.record_new(found, run) == 0
    assert len(store.trials()) == len(runs.finished(store.trials())) == len(found) - 3


def test_a_plan_of_what_an_export_brought_has_nothing_to_train(imported, monkeypatch):
    done = runs.finished(imported.use(monkeypatch).trials())
    for name in STUDY:
        assert set(plan.plan_family(FAMILIES[name], SMOKE).keys) <= done.keys()
    assert not any(run.has_weights for run in done.values())


def test_what_an_export_brought_cannot_be_replayed(imported, monkeypatch):
    store = imported.use(monkeypatch)
    with pytest.raises(InvalidInput, match="it has no weights here"):
        replay.find(store.trials()[0].run_id, store)


@pytest.fixture
def copied(imported, tmp_path):
    """A copy of the imported store, to be written."""
    return imported.copy(tmp_path)


def test_a_final_trains_replicates_of_a_winner_that_came_without_weights(copied, monkeypatch):
    store = copied.use(monkeypatch)
    (known,) = (run for run in store.evaluated() if run.family == "mlp_final")
    before = {run.run_id for run in store.trials()}
    for _ in range(2):  # the second finds everything done, and chooses the same
        assert run_final(FINALS["mlp_final"], SMOKE, "selected", store, Console(quiet=True))
    (trained,) = (run for run in store.trials() if run.run_id not in before)
    assert trained.trial.configuration_key == known.trial.configuration_key
    assert (trained.trial.replicate, trained.has_weights) == (1, True)
    (evaluated,) = (run for run in store.evaluated() if run.key == trained.key)
    assert evaluated.metrics["models"] == 1


def test_weights_that_come_after_the_record_count(study, copied, monkeypatch, tmp_path):
    with pytest.MonkeyPatch.context() as patch:
        store = study.use(patch)
        trained = next(run for run in store.trials() if run.family == "mlp_search")
        folder = store.download_bundle(trained, tmp_path)
    found = ingest.find(folder)
    store = copied.use(monkeypatch)
    assert not runs.finished(store.trials())[trained.key].has_weights
    with entry_run(store, "ingest", "bundles", {}) as run:
        assert ingest.record_new(found, run) == 1
        assert ingest.record_new(found, run) == 0
    counts = runs.finished(store.trials())[trained.key]
    assert counts.has_weights
    assert runs.DUPLICATE not in counts.tags


def test_a_bundle_that_claims_more_than_its_curve_is_refused(study, monkeypatch, tmp_path):
    store = study.use(monkeypatch)
    trained = next(run for run in store.trials() if run.family == "mlp_search")
    record = store.download_bundle(trained, tmp_path) / "record.json"
    plain = json.loads(record.read_text())
    plain["summary"]["best_val_sparse_categorical_accuracy"] = 0.999
    record.write_text(json.dumps(plain))
    assert "is not that of its curve" in refusal_of(tmp_path)
    record.write_text(json.dumps(plain | {"environment": {"python": "3\n## x"}}))
    assert "environment: text of python" in refusal_of(tmp_path)
    plain["summary"]["best_val_sparse_categorical_accuracy"] = trained.metrics[CRITERION]
    for sample in ({"system/cores": 1.0}, {"cores": float("inf")}):
        record.write_text(json.dumps(plain | {"machine": [sample]}))
        assert "machine: " in refusal_of(tmp_path)


@pytest.fixture
def exported(published):
    """The smoke study's records."""
    return parquet.read(published[0] / collect.NAME)


def change(path, one, **changes):
    """A file with one record of which some fields of its row were changed."""
    parquet.write(path, [one])
    row = pq.read_table(path).to_pylist()[0] | changes
    pq.write_table(parquet.pa.Table.from_pylist([row], parquet.SCHEMA), path)
    return path


# Of what a file alone shows; test_exported.py has what a record cannot claim.
CHANGES = {
    "key 0000000000000000 is not its configuration's": {"key": "0" * 16},
    "a value that none can have": {"summary": [("best_val_loss", float("nan"))]},
    "environment has a name": {"environment": [("trial", "{}")]},
    "do not give its accuracy": {"validation_classes": b"\x00" * 300},
}


@pytest.fixture
def trial(exported):
    """One trial of them."""
    return next(one for one in exported if one.record.request.family == "mlp_search")


def refusal_of(path):
    with pytest.raises(InvalidInput) as refusal:
        ingest.find(path)
    assert str(path) in str(refusal.value)
    assert "\n" not in str(refusal.value)
    return str(refusal.value)


@pytest.mark.parametrize("said", CHANGES)
def test_a_record_that_was_changed_is_refused_in_one_line(trial, tmp_path, said):
    assert said in refusal_of(change(tmp_path / "changed.parquet", trial, **CHANGES[said]))


def test_a_better_accuracy_or_another_configuration_is_refused(trial, tmp_path):
    path = tmp_path / "changed.parquet"
    summary = {**trial.record.summary, "best_val_sparse_categorical_accuracy": 0.99}
    said = refusal_of(change(path, trial, summary=sorted(summary.items())))
    assert "is not that of its curve" in said
    plain = trial.record.request.to_plain()
    plain["trial"]["model"]["dropout"] = 0.45
    said = refusal_of(change(path, trial, request=json.dumps(plain)))
    assert "seed is not that of the key" in said


def test_a_result_that_no_final_gives_is_refused(exported, tmp_path):
    (final, *_) = (one for one in exported if one.record.request.family == "mlp_final")
    path = tmp_path / "changed.parquet"
    summary = [(name, final.record.summary[name]) for name in ("models", "parameters")]
    assert "summary lacks metrics" in refusal_of(change(path, final, summary=summary))
    plain = final.record.request.to_plain() | {"label": "[/x]"}
    assert "label is not" in refusal_of(change(path, final, request=json.dumps(plain)))


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({"command": "mlflow run . -e x; rm -r /"}, "command is no mlflow run"),
        ({"python": "3"}, "environment is of a command, config and gpu"),
        ({"config": "x"}, "config is selected or study"),
    ],
)
def test_a_finals_environment_is_the_command_that_gave_it(published, tmp_path, environment, said):
    (final, *_) = (one for one in parquet.read(published[0] / collect.NAME) if one.kind == FINAL)
    assert final.record.environment["command"].startswith("mlflow run . -e")
    path = change(tmp_path / "changed.parquet", final, environment=sorted(environment.items()))
    assert said in refusal_of(path)


def damage_first_half(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 3] ^= 0xFF
    path.write_bytes(content)


@pytest.mark.parametrize(
    "damage",
    [
        damage_first_half,
        lambda path: path.write_bytes(path.read_bytes()[:-100]),
        lambda path: path.write_text("not a file of records"),
        lambda path: parquet.write(path, []),
        lambda path: path.write_bytes(b""),
        lambda path: pq.write_table(pq.read_table(path).drop(["seed"]), path),
    ],
)
def test_a_file_that_is_damaged_or_another_is_refused(published, tmp_path, damage):
    path = tmp_path / "damaged.parquet"
    shutil.copy(published[0] / collect.NAME, path)
    damage(path)
    refusal_of(path)


def test_a_refused_file_leaves_no_run(published, place):
    path = change(
        place.folder / "changed.parquet", parquet.read(published[0] / collect.NAME)[-1], seed=1
    )
    done = place.run("ingest", "--path", str(path))
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert not (place.folder / "mlflow.db").exists()


def test_the_records_are_of_every_family_and_final(exported):
    families = {one.record.request.family for one in exported if one.kind == "trial"}
    assert families == {*STUDY, "cnn_kfold"}
    finals = [one.record.request.family for one in exported if one.kind == "final"]
    assert sorted(finals) == ["cnn_final", "cnn_kfold", "mlp_final"]
