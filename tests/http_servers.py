"""HTTP servers in this process, for tests that ask what is asked of one."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TypeVar

import uvicorn
from starlette.applications import Starlette

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


@contextmanager
def serving_app(app: Starlette) -> Iterator[str]:
    """The address of a server of an application during the block."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()  # so that who comes early waits
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()
