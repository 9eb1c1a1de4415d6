"""Many processes open an empty store at once."""

import pytest
from conftest import Place

from faults.servers import TrackingServer, postgres
from faults.support import until

AT_ONCE = 4


@pytest.mark.parametrize("times", [1, pytest.param(10, marks=pytest.mark.long)])
def test_processes_that_open_an_empty_sqlite_file_at_once(tmp_path_factory, times):
    for _ in range(times):
        place = Place(tmp_path_factory.mktemp("empty"))
        processes = [place.start("init") for _ in range(AT_ONCE)]
        for process in processes:
            _, err = process.communicate()
            assert process.returncode == 0, err


@pytest.mark.long
def test_two_servers_on_an_empty_postgres_that_init_prepared(tmp_path_factory):
    for _ in range(10):
        place = Place(tmp_path_factory.mktemp("empty"))
        with postgres() as database:
            prepared = place.run("init", MLFLOW_TRACKING_URI=database.uri)
            assert prepared.returncode == 0, prepared.stderr
            servers = [TrackingServer(database.uri, place.folder) for _ in range(2)]
            try:
                for server in servers:
                    server.launch()
                for server in servers:
                    until(server.answers)
            finally:
                for server in servers:
                    server.kill()
