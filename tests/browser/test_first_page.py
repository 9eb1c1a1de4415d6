"""MLflow's first pages answer in two clicks: saved views, and groups of seeds."""

import pytest
from playwright.sync_api import expect

from fmnist.study.metrics import CRITERION
from fmnist.tracking import home, views

WIDE = {"width": 2600, "height": 1200}  # the table makes no column that is out of sight

# Rows in the order in which they are seen, which is not that of the page's source.
IN_ORDER = """rows => rows
    .sort((one, other) => one.getAttribute("row-index") - other.getAttribute("row-index"))
    .map(row => row.innerText.trim())"""


@pytest.fixture
def store(study, monkeypatch):
    return study.use(monkeypatch)


def open_view(page, mlflow_ui, store, key):
    page.goto(f"{mlflow_ui}/{views.page(key, home.known_experiment(store))}")
    expect(page.get_by_text("You're viewing a shared view")).to_be_visible()
    expect(page.get_by_role("button", name=views.VIEWS[key].name).first).to_be_visible()


def columns(page):
    """The columns' ids from left to right, which is not their order in the document."""
    return page.locator(".ag-header-cell[col-id]").evaluate_all(
        """headers => headers
        .sort((one, other) => one.getBoundingClientRect().x - other.getBoundingClientRect().x)
        .map(header => header.getAttribute("col-id"))"""
    )


def test_a_newcomer_finds_the_best_cnn_in_two_clicks(page, mlflow_ui, store):
    cnns = [run for run in store.finished_trials().values() if run.trial.data.split == "holdout"]
    cnns = [run for run in cnns if run.trial.model.network == "cnn"]
    best = max(cnns, key=lambda run: run.metrics[CRITERION])
    page.goto(mlflow_ui)
    page.get_by_role("link", name=home.NAME).first.click()
    with page.expect_popup() as opened:  # MLflow opens a description's links in a new tab
        page.get_by_role("link", name="Best trials").first.click()
    view, name = opened.value, best.tags["mlflow.runName"]
    expect(view.get_by_text("You're viewing a shared view")).to_be_visible()
    expect(view.get_by_role("link", name=name, exact=True)).to_be_visible()
    shown = view.locator(".ag-pinned-left-cols-container .ag-row").evaluate_all(IN_ORDER)
    lines = [line for text in shown for line in text.splitlines()]
    assert next(line for line in lines if line.startswith("cnn_")) == name


@pytest.mark.parametrize("key", views.VIEWS)
def test_a_saved_view_opens_with_its_runs_and_columns(page, mlflow_ui, store, key):
    page.set_viewport_size(WIDE)
    open_view(page, mlflow_ui, store, key)
    expect(page.locator(".ag-row").first).to_be_visible()
    wanted = list(views.VIEWS[key].columns)
    for name in wanted:
        expect(page.locator(f'.ag-header-cell[col-id="{name}"]')).to_be_visible()
    assert [name for name in columns(page) if name in wanted] == wanted
    (runs,) = {len(store.runs(views.VIEWS[key].condition))}
    expect(page.get_by_text(f"{runs} matching runs")).to_be_visible()


def test_the_menu_offers_the_saved_views(page, mlflow_ui, store):
    open_view(page, mlflow_ui, store, "searches")
    page.get_by_role("button", name="Searches").first.click()
    for view in views.VIEWS.values():
        expect(page.get_by_role("menuitem", name=view.name)).to_be_visible()


def test_seeds_group_by_configuration(page, mlflow_ui, store):
    open_view(page, mlflow_ui, store, "best-trials")
    page.get_by_role("button", name="Group by").click()
    page.get_by_placeholder("Search").last.fill("fmnist.configuration")
    page.get_by_role("menuitemcheckbox", name="fmnist.configuration").last.click()
    expect(page.get_by_text("3x32 dropout=0.2 epochs=2").first).to_be_visible()
