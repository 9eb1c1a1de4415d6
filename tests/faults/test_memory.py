"""A long search does not grow."""

import time

import psutil
import pytest
from conftest import Place

from faults.support import running
from fmnist.tracking import runs
from fmnist.tracking.store import Store

GRID = "{architecture: ['8', '16', '32', '64'], dropout: %s}"


@pytest.mark.long
@pytest.mark.timeout(900)
def test_memory_is_flat_over_200_trials(place: Place, store: Store):
    (place.folder / "grid.yaml").write_text(GRID % [step / 100 for step in range(1, 51)])
    megabytes: dict[int, int] = {}
    with running(place.start("mlp_search", "--preset", "smoke", "--grid", "grid.yaml")) as search:
        process = psutil.Process(search.pid)
        while search.poll() is None:
            finished = len(runs.finished(store.trials()))
            megabytes[finished] = process.memory_info().rss >> 20
            time.sleep(0.5)
    print("megabytes after so many trials:", megabytes)
    assert search.returncode == 0
    first = next(size for finished, size in megabytes.items() if finished >= 20)
    later = [size for finished, size in megabytes.items() if finished > 20]
    assert max(later) <= 1.1 * first
