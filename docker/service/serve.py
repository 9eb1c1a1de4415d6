"""Serve the model in Production to the proxy; until there is one, say what is missing.

The trainer's image has it beside fmnist. TensorFlow is imported when there is a model to load.
"""

import os
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING

from fmnist.errors import InvalidInput
from fmnist.registry import registry
from fmnist.tracking import failures
from fmnist.tracking.store import open_store

if TYPE_CHECKING:
    from mlflow.entities.model_registry import ModelVersion

    from fmnist.training.backend import keras


class Waiting(BaseHTTPRequestHandler):
    """Answers what is waited for: well (200) to the health check, 503 to those with images."""

    reason = "The model is being loaded."

    def do_GET(self) -> None:
        """Answer the health check."""
        self._answer(HTTPStatus.OK)

    def do_POST(self) -> None:
        """Refuse what is for the model."""
        self.close_connection = True  # its body is not read
        self._answer(HTTPStatus.SERVICE_UNAVAILABLE)

    def log_message(self, *_: object) -> None:
        """Say nothing of each request."""

    def _answer(self, status: HTTPStatus) -> None:
        body = f"{Waiting.reason}\n".encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@contextmanager
def answering(address: tuple[str, int]) -> Iterator[None]:
    """Answer what is waited for, until the end of the block."""
    with ThreadingHTTPServer(address, Waiting) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield
        finally:
            server.shutdown()


def wait_for(name: str, seconds: float) -> "tuple[ModelVersion, keras.Model]":
    """The version in Production and its model, as soon as there is one that may be loaded."""
    while True:
        try:
            version = registry.find(open_store(), name, registry.STAGE)
            return version, registry.load(name, str(version.version))
        except InvalidInput as refusal:
            reason = str(refusal)
        except failures.AWAY as error:
            reason = failures.reason(error)
        if reason != Waiting.reason:
            print(f"Waiting: {reason}", file=sys.stderr, flush=True)
            Waiting.reason = reason
        time.sleep(seconds)


if __name__ == "__main__":
    secrets = Path(os.environ.get("SERVICE_SECRETS", "/run/secrets"))
    os.environ["MLFLOW_TRACKING_PASSWORD"] = (
        (secrets / "serve_password").read_text(encoding="utf-8").strip()
    )
    host, port = (
        os.environ.get("SERVICE_ADDRESS", "0.0.0.0"),
        int(os.environ.get("SERVICE_PORT", "5001")),
    )
    with answering((host, port)):
        version, model = wait_for(
            os.environ["SERVICE_MODEL"], float(os.environ.get("SERVICE_SECONDS", "30"))
        )
    from fmnist.registry import serving, try_page

    serving.serve(model, try_page.about(open_store(), version), host, port)
