"""Two searches of one grid at once, on one store."""

from faults.support import running, statuses
from fmnist.results import comparison
from fmnist.study.options import Options
from fmnist.tracking import runs

FOUR = ("--preset", "smoke", "--epochs", "40")


def test_no_key_is_counted_twice(place, store):
    with (
        running(place.start("mlp_search", *FOUR)) as one,
        running(place.start("mlp_search", *FOUR)) as other,
    ):
        for search in (one, other):
            _, err = search.communicate()
            assert search.returncode == 0, err
    assert statuses(store).keys() == {"FINISHED"}
    assert statuses(store)["FINISHED"] > 4  # or this tests nothing
    assert len(runs.finished(store.trials())) == 4
    tables = comparison.compare(store, Options(preset="smoke", epochs=40))
    assert len(tables.frame("mlp_search")) == 4
