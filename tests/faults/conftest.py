"""Places whose store is prepared: making an empty one takes longer than most of these tests."""

from pathlib import Path

import pytest
from conftest import Place

from fmnist.tracking.store import Store


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """A place whose store holds no runs."""
    made = Place(tmp_path_factory.mktemp("prepared"))
    done = made.run("init")
    assert done.returncode == 0, done.stderr
    return made


def make_place(prepared: Place, folder: Path) -> Place:
    """A folder with a store that is prepared and holds no run, and a small grid."""
    (folder / "three.yaml").write_text("{architecture: ['384'], dropout: [0.1, 0.2, 0.3]}")
    return prepared.copy(folder)


@pytest.fixture
def place(tmp_path: Path, prepared: Place) -> Place:
    """A place of a test's own."""
    return make_place(prepared, tmp_path)


@pytest.fixture
def store(place: Place, monkeypatch: pytest.MonkeyPatch) -> Store:
    """The place's store, in this process."""
    return place.use(monkeypatch)
