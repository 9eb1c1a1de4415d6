"""What a search leaves on disk, and what it finds there."""

from fmnist.search import run_plan


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
