"""A grid grows."""

import io

from rich.console import Console

from entrypoints.search import run_family
from faults.support import run_ids
from fmnist.study.options import Options


def test_only_the_new_points_of_a_larger_grid_are_trained(place, store):
    grid = place.folder / "grid.yaml"
    options = Options(preset="smoke", grid=grid)
    grid.write_text("{architecture: ['32'], dropout: [0.1, 0.2]}")
    assert run_family("mlp_search", options, store, Console(file=io.StringIO())).complete
    before = run_ids(store)
    grid.write_text("{architecture: ['32', '64'], dropout: [0.1, 0.2, 0.3]}")
    larger = run_family("mlp_search", options, store, Console(file=io.StringIO()))
    assert (larger.expected, larger.done, larger.reused) == (6, 6, 2)
    assert run_ids(store).items() > before.items()
    assert len(store.trials()) == 6
