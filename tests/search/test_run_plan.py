"""What a search does about trials that fail, and about what waits on disk."""

from rich.console import Console

from entrypoints.search import run_family
from fmnist.search import run_plan
from fmnist.study.options import Options


def test_a_trial_that_fails_says_why_is_tried_again_and_leaves_the_others_alone(place, monkeypatch):
    store, grid = place.use(monkeypatch), place.folder / "grid.yaml"
    grid.write_text("{architecture: ['64-64-64'], optimizer: [sgd], learning_rate: [10.0, 0.01]}")
    options = Options(preset="smoke", grid=grid)
    for _ in range(2):
        certificate = run_family("mlp_search", options, store, Console(quiet=True))
        assert (certificate.done, len(certificate.failed)) == (1, 1)
    (finished,) = store.finished_trials().values()
    assert finished.trial.training.learning_rate == 0.01
    failed = sorted((run.attempt, run) for run in store.trials() if run.status == "FAILED")
    assert [attempt for attempt, _ in failed] == [1, 2]
    reason = failed[0][1].tags["mlflow.note.content"]
    assert reason.startswith("FloatingPointError: the loss of epoch 1 is ")
    assert [*certificate.failed.values()] == [reason]


def test_the_outbox_is_full_by_the_size_of_what_waits_in_it(tmp_path, monkeypatch):
    monkeypatch.setattr(run_plan, "OUTBOX_BYTES", 100)
    waiting = tmp_path / "search" / "trial"
    waiting.mkdir(parents=True)
    (waiting / "weights.npz").write_bytes(bytes(60))
    (waiting / "gone.npz").symlink_to("recorded and removed while the folder is read")
    assert not run_plan.outbox_full(tmp_path)
    (waiting / "predictions.npz").write_bytes(bytes(60))
    assert run_plan.outbox_full(tmp_path)
    assert not run_plan.outbox_full(tmp_path / "nothing yet")
