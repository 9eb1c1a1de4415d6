"""A proxy that passes requests on and loses replies."""

import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import ThreadingHTTPServer

import requests
from http_servers import Silent, serving


class LosingProxy(ThreadingHTTPServer):
    """Loses the first replies of some calls: `to_lose` says how many by the end of the path."""

    def __init__(self, upstream: str, to_lose: Mapping[str, int]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.upstream = upstream
        self.uri = f"http://127.0.0.1:{self.server_port}"
        self.lost: Counter[str] = Counter()
        self._to_lose = to_lose
        self._lock = threading.Lock()

    def loses(self, path: str) -> bool:
        """Whether this reply is to be lost; counts it."""
        call = next((call for call in self._to_lose if path.endswith(call)), None)
        with self._lock:
            if call is None or self.lost[call] == self._to_lose[call]:
                return False
            self.lost[call] += 1
            return True


class _Handler(Silent):
    server: LosingProxy

    def _pass_on(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        headers = {name: text for name, text in self.headers.items() if name != "Host"}
        reply = requests.request(
            self.command, self.server.upstream + self.path, headers=headers, data=body, timeout=30
        )
        if self.server.loses(self.path.partition("?")[0]):
            return  # the connection ends without a word
        self.send_response(reply.status_code)
        self.send_header("Content-Type", reply.headers.get("Content-Type", "text/plain"))
        self.send_header("Content-Length", str(len(reply.content)))
        self.end_headers()
        self.wfile.write(reply.content)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _pass_on  # noqa: N815 - the library's


@contextmanager
def losing_proxy(upstream: str, to_lose: Mapping[str, int]) -> Iterator[LosingProxy]:
    """A proxy that serves during the block."""
    with serving(LosingProxy(upstream, to_lose)) as proxy:
        yield proxy
