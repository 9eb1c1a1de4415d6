"""A tracking server is asked as MLflow asks it; what is kept for a store is that store's."""

from http.server import HTTPServer
from urllib.parse import quote

import pytest
from http_servers import Silent, serving

from fmnist.errors import InvalidInput
from fmnist.tracking import outbox
from fmnist.tracking.address import _identification, ask_server, check_reachable, sqlite_file


class Heard(Silent):
    """Answers everything, and keeps who asked."""

    def do_GET(self):  # noqa: N802 - the library's
        self.server.heard.append(self.headers["Authorization"])
        self.send_response(200)
        self.end_headers()


@pytest.fixture
def server():
    server = HTTPServer(("127.0.0.1", 0), Heard)
    server.heard = []
    with serving(server):
        yield server


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"USERNAME": "ada", "PASSWORD": "Zürich:1"},
        {"TOKEN": "abc"},
        {"USERNAME": "ada", "PASSWORD": "x", "TOKEN": "abc"},
        {"USERNAME": "ada", "TOKEN": "abc"},
    ],
)
def test_a_server_is_told_what_mlflow_tells_it(server, given, monkeypatch):
    from mlflow.utils.credentials import get_default_host_creds
    from mlflow.utils.rest_utils import http_request

    for name in ("USERNAME", "PASSWORD", "TOKEN"):
        monkeypatch.delenv(f"MLFLOW_TRACKING_{name}", raising=False)
    for name, text in given.items():
        monkeypatch.setenv(f"MLFLOW_TRACKING_{name}", text)
    uri = f"http://127.0.0.1:{server.server_port}"
    http_request(get_default_host_creds(uri), "/", "GET")
    ask_server(uri)
    by_mlflow, by_us = server.heard
    assert by_us == by_mlflow


def test_a_certificate_of_ones_own_is_trusted_where_mlflow_trusts_it(monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_SERVER_CERT_PATH", "/own.pem")
    assert _identification()["verify"] == "/own.pem"
    monkeypatch.delenv("MLFLOW_TRACKING_SERVER_CERT_PATH")
    assert _identification()["verify"] is True
    monkeypatch.setenv("MLFLOW_TRACKING_INSECURE_TLS", "true")
    assert _identification()["verify"] is False


def test_what_waits_for_a_store_waits_for_no_other_of_the_same_name(tmp_path, monkeypatch):
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.setenv("FMNIST_BUNDLE_DIR", str(tmp_path / "bundles"))
    found = []
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
        monkeypatch.chdir(tmp_path / name)
        found.append(outbox.outbox())
    assert found[0] != found[1]


def test_a_sqlite_address_may_be_percent_encoded(tmp_path):
    folder = tmp_path / "deep lürning"
    folder.mkdir()
    address = f"sqlite:///{quote(str(folder))}/mlflow.db"
    assert sqlite_file(address) == folder / "mlflow.db"
    check_reachable(address)
    with pytest.raises(InvalidInput, match="names no file"):
        check_reachable("sqlite://")
