"""One service for all of these tests, and the people who use it."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
import requests

from service.stack import PYTHON, Stack, stack

API = "/api/2.0/mlflow"
PATHS = "/usr/sbin:/usr/bin:/usr/local/bin"


@dataclass(frozen=True)
class Caller:
    """Somebody with a name and a password, or nobody, at the service's door."""

    uri: str
    name: str = ""
    password: str = ""

    def ask(self, method: str, path: str, **options) -> requests.Response:
        """The answer to a request."""
        login = (self.name, self.password) if self.name else None
        return requests.request(
            method, self.uri + path, auth=login, timeout=60, allow_redirects=False, **options
        )

    def post(self, path: str, **body) -> requests.Response:
        """The answer to a call of MLflow's API with a body."""
        return self.ask("POST", API + path, json=body)

    def get(self, path: str, **query: str) -> requests.Response:
        """The answer to a call of MLflow's API with a query."""
        return self.ask("GET", API + path, params=query)


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The service, up and healthy."""
    assert PYTHON.exists(), f"{PYTHON}: `make test` makes it"
    assert shutil.which("nginx", path=PATHS), "nginx: Debian's package nginx-light has it"
    with stack(tmp_path_factory.mktemp("service")) as up:
        yield up


@pytest.fixture(scope="session")
def caller(service: Stack) -> Callable[[str], Caller]:
    """People by their names: admin, ada and ben of the team, or nobody."""

    def known(name: str = "") -> Caller:
        return Caller(service.uri, name, service.passwords[name] if name else "")

    return known
