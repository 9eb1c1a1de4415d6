"""Stage and alias follow the log of events, whoever moves them apart."""

import threading

import pytest
from conftest import Place
from mlflow.tracking import MlflowClient

from fmnist.errors import InvalidInput
from fmnist.registry import history
from fmnist.registry.history import FOUND, PROMOTED, ROLLED_BACK, Event, State
from fmnist.tracking.store import Store
from registry.support import NAME

pytestmark = pytest.mark.filterwarnings("ignore:.*transition_model_version_stage:FutureWarning")
ROUNDS = 10


@pytest.fixture(scope="module")
def scratch(tmp_path_factory):
    """A place whose store holds a model of three versions, each without a run."""
    return Place(tmp_path_factory.mktemp("registry"))


@pytest.fixture
def store(scratch, monkeypatch):
    opened = scratch.use(monkeypatch)
    opened.client.create_registered_model(NAME)
    for _ in range(3):
        opened.client.create_model_version(NAME, "file:///nowhere")
    yield opened
    opened.client.delete_registered_model(NAME)


def put(store, version, kind=PROMOTED):
    """Promote as the gate does, once it has decided."""
    while not history.add(store, history.read(store, NAME), Event.now(kind, version, "")):
        pass
    history.align(store, NAME)


def holders(store):
    """Who has the stage, and who has the alias."""
    state = history.read(store, NAME)
    return state.staged, state.alias


def events(*described):
    """A state of versions 1 to 4 with the events, written as "promoted 1"."""
    log = [
        Event(kind=kind, version=version, by="", at="", why="")
        for kind, version in (text.rsplit(" ", 1) for text in described)
    ]
    versions = {number: f"version {number}" for number in "1234"}
    return State(NAME, dict(enumerate(log)), versions, "")


@pytest.mark.parametrize(
    ("log", "current", "previous"),
    [
        ([], None, None),
        (["promoted 1"], "1", None),
        (["promoted 1", "promoted 2"], "2", "1"),
        (["promoted 1", "promoted 2", "promoted 3", "rolled back 2"], "2", "1"),
        (["promoted 1", "promoted 2", "promoted 3", "rolled back 2", "rolled back 1"], "1", None),
        (["promoted 1", "promoted 2", "rolled back 1", "promoted 3"], "3", "1"),
        (["promoted 1", "promoted 2", "promoted 1"], "1", "2"),
        (["found 1", "found 1"], "1", None),
        (["promoted 1", "promoted 9", "promoted 2"], "2", "1"),  # 9 was deleted
        (["promoted 1", "promoted 9"], None, "1"),
    ],
)
def test_the_log_says_what_is_and_what_was_in_production(log, current, previous):
    state = events(*log)
    assert state.current == (current and f"version {current}")
    assert state.earlier[:1] == ([f"version {previous}"] if previous else [])


def test_each_promotion_moves_stage_and_alias_and_is_remembered(store):
    for version in ("1", "3", "2", "3"):
        put(store, version)
        assert holders(store) == ([version], version)
    state = history.read(store, NAME)
    assert [event.version for event in state.events.values()] == ["1", "3", "2", "3"]


@pytest.mark.parametrize("alias", ["1", "2", ""])
def test_two_versions_in_production_and_a_stray_alias_are_put_right(store, alias):
    put(store, "2")
    store.client.transition_model_version_stage(NAME, "3", "Production")
    store.client.delete_registered_model_alias(NAME, "production")
    if alias:
        store.client.set_registered_model_alias(NAME, "production", alias)
    assert "both are on 2 now" in history.align(store, NAME)
    assert holders(store) == (["2"], "2")
    assert history.align(store, NAME) == ""


def test_a_promotion_that_died_after_its_event_is_completed_by_the_next_call(store):
    put(store, "1")
    assert history.add(store, history.read(store, NAME), Event.now(PROMOTED, "2", ""))
    assert holders(store) == (["1"], "1")
    history.align(store, NAME)
    assert holders(store) == (["2"], "2")


def test_a_version_that_was_in_production_before_the_log_begins_it(store):
    store.client.transition_model_version_stage(NAME, "2", "Production")
    assert history.align(store, NAME)
    (event,) = history.read(store, NAME).events.values()
    assert (event.kind, event.version) == (FOUND, "2")
    assert holders(store) == (["2"], "2")


def test_nothing_in_production_stays_so(store):
    assert history.align(store, NAME) == ""
    assert holders(store) == ([], "")


def test_an_event_based_on_what_is_no_longer_so_is_withdrawn(store):
    before = history.read(store, NAME)
    assert history.add(store, before, Event.now(PROMOTED, "1", ""))
    assert not history.add(store, before, Event.now(PROMOTED, "2", ""))
    assert [event.version for event in history.read(store, NAME).events.values()] == ["1"]


def test_roll_backs_go_back_one_version_at_a_time(store):
    for version in "123":
        put(store, version)
    assert "version 2 is back in Production, in place of version 3: too slow" in (
        history.roll_back(store, NAME, "too slow")
    )
    assert holders(store) == (["2"], "2")
    store.client.delete_model_version(NAME, "3")
    history.roll_back(store, NAME, "")
    assert holders(store) == (["1"], "1")
    with pytest.raises(InvalidInput, match="no version to roll back to"):
        history.roll_back(store, NAME, "")
    log = list(history.read(store, NAME).events.values())
    assert [event.kind for event in log] == [PROMOTED] * 3 + [ROLLED_BACK] * 2
    assert log[3].why == "in place of version 3: too slow"
    for version in "12":  # what was put back, and what it was put in place of
        description = store.client.get_model_version(NAME, version).description
        assert description.endswith("version 1 is back in Production, in place of version 2")


def test_the_version_before_comes_back_after_the_present_one_was_deleted(store):
    put(store, "1")
    put(store, "2")
    store.client.delete_model_version(NAME, "2")
    assert history.align(store, NAME) == ""
    assert holders(store) == ([], "")
    history.roll_back(store, NAME, "")
    assert holders(store) == (["1"], "1")


def test_a_damaged_log_is_refused_by_the_tag_to_delete(store):
    store.client.set_registered_model_tag(NAME, f"{history.EVENT}000001.abc", "{}")
    with pytest.raises(InvalidInput, match=r"its tag fmnist.event.000001.abc is no event"):
        history.align(store, NAME)


def test_promotions_that_race_end_with_one_version_in_production(store, scratch, monkeypatch):
    monkeypatch.setattr(history, "LONGEST_WAIT_SECONDS", 0.05)
    together = threading.Barrier(2)

    def promote(version):
        own = Store(MlflowClient(scratch.environment["MLFLOW_TRACKING_URI"]))
        for _ in range(ROUNDS):
            together.wait(timeout=60)
            put(own, version)
            together.wait(timeout=60)
            outcomes[version].append(holders(own))

    outcomes = {"1": [], "2": []}
    racers = [threading.Thread(target=promote, args=(version,)) for version in outcomes]
    for racer in racers:
        racer.start()
    for racer in racers:
        racer.join()
    assert len(outcomes["1"]) == ROUNDS
    assert all(outcome in ((["1"], "1"), (["2"], "2")) for outcome in outcomes["1"])
    assert len(history.read(store, NAME).events) == 2 * ROUNDS
