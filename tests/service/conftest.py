"""One service for all of these tests, and the people who use it."""

import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from system import need

from service.callers import Caller
from service.stack import PYTHON, SERVICE, Stack, stack

NGINX_SCRIPTS = Path("/usr/lib/nginx/modules/ngx_http_js_module.so")
PATHS = "/usr/sbin:/usr/bin:/usr/local/bin"


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The service, up and healthy."""
    assert PYTHON.exists(), f"{PYTHON}: `make test` makes it"
    need(shutil.which("nginx", path=PATHS) is not None, "nginx", "nginx-light")
    need(NGINX_SCRIPTS.exists(), "nginx's module njs", "libnginx-mod-http-js")
    with stack(tmp_path_factory.mktemp("service")) as up:
        yield up


@pytest.fixture(scope="session")
def caller(service: Stack) -> Callable[..., Caller]:
    """People by their names: admin, ada, ben and cyd of the team, serve, or nobody."""

    def known(name: str = "") -> Caller:
        return Caller(service.uri, name, service.passwords[name] if name else "")

    return known


@pytest.fixture(scope="session")
def belongings(caller: Callable[..., Caller]) -> dict[str, str]:
    """What is ada's alone: ids and names, for addresses to be filled in."""
    return caller("ada").leave_belongings("adas-own")


@pytest.fixture
def secrets(tmp_path: Path) -> Path:
    """A folder of good secrets, for scripts that need no service."""
    folder = tmp_path / "secrets"
    subprocess.run([sys.executable, SERVICE / "credentials.py", "make", folder, "ada"], check=True)
    return folder
