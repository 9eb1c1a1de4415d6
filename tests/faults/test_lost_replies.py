"""A reply that never arrives does not make a second run, model or version."""

import pytest

from faults.proxy import losing_proxy
from faults.servers import tracking_server
from faults.support import statuses
from fmnist.registry import history
from fmnist.tracking.runs import DECISION

TO_LOSE = {
    "runs/create": 2, "registered-models/create": 1, "model-versions/create": 1,
    "registered-models/set-tag": 1, "model-versions/transition-stage": 1,
    "logged-models": 1, "runs/outputs": 1,
}  # fmt: skip


@pytest.mark.long
def test_what_is_created_while_replies_are_lost_is_there_once(place, store):
    backend = place.environment["MLFLOW_TRACKING_URI"]
    with (
        tracking_server(backend, place.folder) as server,
        losing_proxy(server.uri, TO_LOSE) as proxy,
    ):
        search = place.run("mlp_search", "--preset", "smoke", MLFLOW_TRACKING_URI=proxy.uri)
        assert search.returncode == 0, search.stderr
        for _ in range(6):  # a final whose reply is lost says so, and is started again
            final = place.run("mlp_final", "--preset", "smoke", MLFLOW_TRACKING_URI=proxy.uri)
            assert "Traceback" not in final.stderr
            if final.returncode == 0:
                break
            assert "Stopped: " in final.stderr
    assert final.returncode == 0
    assert proxy.lost == TO_LOSE
    assert statuses(store) == {"FINISHED": 4}
    assert all(store.client.get_run(run.run_id).data.params for run in store.trials())
    assert len(store.runs("tags.`fmnist.kind` = 'search'")) == 1
    assert len(store.client.search_model_versions("name = 'fmnist-mlp'")) == 1
    assert len(store.client.search_registered_models()) == 1
    (model,) = store.client.search_logged_models(store.experiments())
    assert model.status == "READY"
    state = history.read(store, "fmnist-mlp")
    assert state.staged == ["1"]
    assert state.aligned
    assert len(state.events) == 1
    assert DECISION in state.versions["1"].tags
