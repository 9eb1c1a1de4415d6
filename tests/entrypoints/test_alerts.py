"""Alerts: how a search ended reaches the address, whose password is printed nowhere."""

import json
from collections.abc import Iterator
from http.server import HTTPServer
from queue import SimpleQueue

import pytest
from http_servers import Silent, serving


class Recipient(Silent):
    """Takes alerts as apprise posts them to json:// addresses."""

    def do_POST(self) -> None:  # noqa: N802 - the name that http.server calls
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.taken.put(json.loads(body)["message"])
        self.send_response(200)
        self.end_headers()


@pytest.fixture
def recipient() -> Iterator[HTTPServer]:
    server = HTTPServer(("127.0.0.1", 0), Recipient)
    server.taken = SimpleQueue()
    with serving(server):
        yield server


def test_a_search_tells_its_result_and_its_refusal(place, recipient):
    address = f"json://me:hidden@127.0.0.1:{recipient.server_port}/here"
    done = place.run("mlp_baseline", "--preset", "smoke", FMNIST_NOTIFY=address)
    assert done.returncode == 0, done.stderr
    assert recipient.taken.get(timeout=1).startswith("mlp_baseline: Best: linear, 0.")
    refused = place.run("mlp_baseline", "--preset", "smoke", "--epochs", "0", FMNIST_NOTIFY=address)
    assert refused.returncode == 2
    assert recipient.taken.get(timeout=1).startswith("mlp_baseline: refused: epochs=0: accepted is")
    assert recipient.taken.empty()
    assert "hidden" not in done.stdout + done.stderr + refused.stdout + refused.stderr


def test_an_address_that_is_none_is_refused_and_one_that_is_away_changes_nothing(place):
    refused = place.run("mlp_baseline", "--preset", "smoke", FMNIST_NOTIFY="nonsense:hidden")
    assert refused.returncode == 2
    assert refused.stderr.startswith("FMNIST_NOTIFY: not an address; accepted is one that apprise")
    assert not (place.folder / "mlflow.db").exists()
    away = "json://me:hidden@127.0.0.1:9"
    done = place.run("mlp_baseline", "--preset", "smoke", FMNIST_NOTIFY=away)
    assert done.returncode == 0
    assert "FMNIST_NOTIFY: the alert was not taken there" in done.stderr
    assert "hidden" not in refused.stderr + done.stdout + done.stderr
