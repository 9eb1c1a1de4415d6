"""What earlier searches left on disk is recorded, whatever lies beside it."""

from synthetic import write

from fmnist import planning, records
from fmnist.entry_runs import entry_run
from fmnist.families import FAMILIES
from fmnist.options import Options
from fmnist.recorder import record_waiting


def test_a_bundle_that_cannot_be_read_stays_and_keeps_no_other_waiting(
    place, monkeypatch, tmp_path
):
    store, outbox = place.use(monkeypatch), tmp_path / "outbox"
    good, bad = planning.plan_family(FAMILIES["mlp_capacity"], Options(preset="smoke")).requests
    for request in (good, bad):
        write(request, 0.8, outbox / "earlier")
    damaged = outbox / "earlier" / bad.trial.key
    (damaged / "record.json").write_text("")
    with entry_run(store, "search", "mlp_capacity", {}) as run:
        recorded, (line,) = record_waiting(run, outbox)
        assert recorded == 1
        assert line.startswith(f"{damaged}: ")
        assert record_waiting(run, outbox) == (0, [line])
    assert records.finished(store.trials()).keys() == {good.trial.key}
