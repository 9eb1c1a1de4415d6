"""A tracking server is asked as MLflow asks it; what is kept for a store is that store's."""

from base64 import b64encode
from http.server import HTTPServer
from urllib.parse import quote

import psutil
import pytest
from http_servers import Silent, serving

from fmnist.errors import InvalidInput
from fmnist.tracking import outbox
from fmnist.tracking.address import ask_server, check_reachable, sqlite_file, user

LOGINS = ("USERNAME", "PASSWORD", "TOKEN", "AUTH", "AWS_SIGV4", "SERVER_CERT_PATH", "INSECURE_TLS")


class Heard(Silent):
    """Answers everything, and keeps who asked."""

    def do_GET(self):  # noqa: N802 - the library's
        self.server.heard.append(self.headers["Authorization"])
        self.send_response(200)
        self.end_headers()
        self.wfile.write(self.server.answer)


@pytest.fixture
def server(tmp_path, monkeypatch):
    """A server that keeps who asked; nobody is logged in, and no proxy stands before it."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,localhost")
    for name in LOGINS:
        monkeypatch.delenv(f"MLFLOW_TRACKING_{name}", raising=False)
    server = HTTPServer(("127.0.0.1", 0), Heard)
    server.heard, server.answer = [], b"{}"
    server.uri = f"http://127.0.0.1:{server.server_port}"
    with serving(server):
        yield server


def test_a_login_in_mlflows_file_is_ours_too(server, tmp_path, monkeypatch):
    (tmp_path / ".mlflow").mkdir()
    (tmp_path / ".mlflow" / "credentials").write_text(
        "[mlflow]\nmlflow_tracking_username = ada\nmlflow_tracking_password = Zürich:1\n", "utf-8"
    )
    monkeypatch.setenv("MLFLOW_TRACKING_URI", server.uri)
    check_reachable(server.uri)
    assert server.heard == [f"Basic {b64encode('ada:Zürich:1'.encode()).decode()}"]
    assert user() == "ada"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path}/mlflow.db")
    assert user() == psutil.Process().username()


def test_every_way_of_mlflow_to_authenticate_counts(server, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_TOKEN", "abc")
    ask_server(server.uri)
    assert server.heard == ["Bearer abc"]
    monkeypatch.setenv("MLFLOW_TRACKING_AWS_SIGV4", "true")
    with pytest.raises(InvalidInput, match="needs the package requests_auth_aws_sigv4"):
        ask_server(server.uri)
    monkeypatch.setenv("MLFLOW_TRACKING_SERVER_CERT_PATH", "/own.pem")
    monkeypatch.setenv("MLFLOW_TRACKING_INSECURE_TLS", "true")
    with pytest.raises(InvalidInput, match=r"cannot be used \(When 'ignore_tls_verification' is"):
        ask_server(server.uri)


def test_an_address_in_capitals_is_a_servers_as_it_is_for_mlflow(server):
    check_reachable(f"HTTP://LOCALHOST:{server.server_port}")
    assert len(server.heard) == 1


def test_a_page_to_sign_in_at_is_no_server(server):
    server.answer = b"<html>Sign in</html>"
    with pytest.raises(InvalidInput, match=r"cannot be used \(it is not an MLflow server\)"):
        check_reachable(server.uri)


def test_a_proxy_in_between_is_named_with_the_way_around_it(server, monkeypatch):
    monkeypatch.delenv("NO_PROXY")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    with pytest.raises(InvalidInput) as refused:
        check_reachable(server.uri)
    assert refused.value.what.endswith("through the proxy that HTTP_PROXY names (ProxyError)")
    assert refused.value.remedy == "NO_PROXY=127.0.0.1 avoids the proxy"


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
