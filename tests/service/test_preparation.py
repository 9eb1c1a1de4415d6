"""What is prepared before the tracking server starts."""

import subprocess
from http.server import HTTPServer

import pytest
from http_servers import Silent, serving

from service.stack import PYTHON, SERVICE

PREPARE = "import migrate, settings; settings.use_credentials(); migrate.prepare_bucket()"


class Empty(Silent):
    """An object store without a bucket; keeps what it is asked for."""

    def do_HEAD(self):  # noqa: N802 - the library's
        self.send_response(404)
        self.end_headers()

    def do_PUT(self):  # noqa: N802 - the library's
        self.server.made[self.path] = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.end_headers()


@pytest.fixture
def store():
    server = HTTPServer(("127.0.0.1", 0), Empty)
    server.made = {}
    with serving(server):
        yield server


@pytest.mark.parametrize(
    ("region", "said"),
    [
        ("eu-central-1", b"<LocationConstraint>eu-central-1</LocationConstraint>"),
        ("us-east-1", b""),  # S3 refuses its default region by name
    ],
)
def test_a_bucket_that_is_missing_is_made_in_its_region(secrets, store, region, said):
    environment = {
        "SERVICE_SECRETS": str(secrets),
        "SERVICE_STORE": f"http://127.0.0.1:{store.server_port}",
        "SERVICE_BUCKET": "another",
        "SERVICE_REGION": region,
    }
    subprocess.run([PYTHON, "-c", PREPARE], cwd=SERVICE, env=environment, timeout=60, check=True)
    ((bucket, body),) = store.made.items()
    assert bucket == "/another"
    assert said in body
    assert bool(body) == bool(said)
