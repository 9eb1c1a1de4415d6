"""A real browser, and MLflow's own pages of the smoke study."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import Place
from faults.servers import TrackingServer, tracking_server
from playwright.sync_api import Browser, Page, expect, sync_playwright

CHROMIUM = Path("/usr/bin/chromium")
WITHOUT_NETWORK = (
    "--no-sandbox", "--disable-gpu", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--no-first-run", "--disable-quic",
)  # fmt: skip
DESKTOP = {"width": 1280, "height": 800}
# The pages ask the server for what they show, one thing after the other.
WAIT_MILLISECONDS = 60_000


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Debian's Chromium."""
    assert CHROMIUM.is_file(), f"{CHROMIUM} is missing; install it with: apt-get install chromium"
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=CHROMIUM, args=list(WITHOUT_NETWORK))
        yield launched
        launched.close()


@pytest.fixture(scope="package")
def server(study: Place, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TrackingServer]:
    """MLflow's server, on the store of the smoke study."""
    store = study.environment["MLFLOW_TRACKING_URI"]
    with tracking_server(store, tmp_path_factory.mktemp("server")) as started:
        yield started


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page of the size of a desktop, waiting as long as MLflow's pages need."""
    opened = browser.new_page(viewport=DESKTOP)
    opened.set_default_timeout(WAIT_MILLISECONDS)
    expect.set_options(timeout=WAIT_MILLISECONDS)
    yield opened
    opened.close()
