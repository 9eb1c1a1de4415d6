"""A real browser, and MLflow's own pages of the smoke study."""

import shutil
from collections.abc import Iterator

import pytest
from conftest import Place
from faults.servers import tracking_server
from playwright.sync_api import Browser, Page, expect, sync_playwright
from system import need

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
ALONE = (
    "--no-sandbox", "--disable-gpu", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--no-first-run", "--disable-quic",
)  # fmt: skip
DESKTOP = {"width": 1280, "height": 800}
WAIT_MILLISECONDS = 60_000
# What someone who trains models, and has closed the assistant's panel, sees.
SETTINGS = """
localStorage.setItem("mlflow.workflowType_v1", '"machine_learning"');
localStorage.setItem("mlflow.assistant.fab.autoOpenedOnFirstLoad_v1", "true");
"""


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """The system's Chromium."""
    need(CHROMIUM is not None, "Chromium", "chromium")
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=CHROMIUM, args=list(ALONE))
        yield launched
        launched.close()


@pytest.fixture(scope="package")
def mlflow_ui(study: Place, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of MLflow's server on the smoke study's store."""
    store = study.environment["MLFLOW_TRACKING_URI"]
    with tracking_server(store, tmp_path_factory.mktemp("mlflow_ui")) as server:
        yield server.uri


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page of a desktop's size, that waits as long as MLflow's need."""
    opened = browser.new_page(viewport=DESKTOP)
    opened.set_default_timeout(WAIT_MILLISECONDS)
    expect.set_options(timeout=WAIT_MILLISECONDS)
    opened.add_init_script(SETTINGS)
    yield opened
    opened.close()
