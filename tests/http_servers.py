"""HTTP servers in this process, for tests that ask what is asked of one."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TypeVar

Server = TypeVar("Server", bound=HTTPServer)


class Silent(BaseHTTPRequestHandler):
    """Prints nothing of the requests that it answers."""

    def log_message(self, *_: object) -> None:
        """Stay silent."""


@contextmanager
def serving(server: Server) -> Iterator[Server]:
    """A server that serves during the block."""
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
