"""A grid grows, or makes no sense."""

import io

import pytest
from conftest import Place
from rich.console import Console

from faults.support import run_ids
from fmnist.family_search import run_family
from fmnist.options import Options

MANY = f"{{batch_size: {list(range(1, 202))}, epochs: {list(range(1, 51))}}}"


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


@pytest.mark.parametrize(
    ("grid", "said"),
    [
        ("units: ['32']", "units: unknown field"),
        ("dropout: []", "dropout takes a list of one or more values"),
        ("dropout: [0.1, 0.1]", "occurs twice"),
        ("dropout: ['much']", "dropout"),
        ("dropout: [-0.1]", "dropout=-0.1"),
        (MANY, "10000"),
        ("dropout: [0.1", "not YAML"),
    ],
)
def test_a_grid_that_makes_no_sense_is_refused_in_one_line(tmp_path, grid, said):
    (tmp_path / "grid.yaml").write_text(grid)
    refused = Place(tmp_path).run("mlp_search", "--preset", "smoke", "--grid", "grid.yaml")
    assert refused.returncode == 2
    (line,) = refused.stderr.splitlines()
    assert said in line
    assert [path.name for path in tmp_path.iterdir()] == ["grid.yaml"]
