"""MLflow's first pages answer in two clicks: saved views, groups of seeds, charts of curves."""

import re

import pytest
from playwright.sync_api import expect

from fmnist.study.metrics import CRITERION, CURVES
from fmnist.tracking import home, views

WIDE = {"width": 2600, "height": 1200}  # the table makes no column that is out of sight


@pytest.fixture
def store(study, monkeypatch):
    return study.use(monkeypatch)


def open_view(page, mlflow_ui, store, key):
    page.goto(f"{mlflow_ui}/{views.page(key, home.known_experiment(store))}")
    expect(page.get_by_text("You're viewing a shared view")).to_be_visible()
    expect(page.get_by_role("button", name=views.VIEWS[key].name).first).to_be_visible()


def columns(page):
    headers = page.locator(".ag-header-cell[col-id]")
    return [header.get_attribute("col-id") for header in headers.all()]


def test_a_newcomer_finds_the_best_cnn_in_two_clicks(page, mlflow_ui, store):
    cnns = [run for run in store.finished_trials().values() if run.trial.data.split == "holdout"]
    cnns = [run for run in cnns if run.trial.model.network == "cnn"]
    best = max(cnns, key=lambda run: run.metrics[CRITERION])
    page.goto(mlflow_ui)
    page.get_by_role("link", name=home.NAME).first.click()
    page.get_by_role("link", name="Best trials").first.click()
    first = page.locator(".ag-row").get_by_role("link", name=re.compile("^cnn_")).first
    expect(first).to_have_text(best.tags["mlflow.runName"])


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


def test_a_trials_first_three_charts_are_curves(page, mlflow_ui, store):
    trial = next(run for run in store.trials() if run.family == "cnn_search")
    page.goto(f"{mlflow_ui}/#/experiments/{trial.experiment_id}/runs/{trial.run_id}/model-metrics")
    cards = page.get_by_test_id("experiment-view-compare-runs-card")
    expect(cards.nth(2).locator(".js-line").first).to_be_attached()
    for number in range(3):
        card = cards.nth(number)
        assert card.get_by_role("heading").first.inner_text() in {*CURVES, "learning_rate"}
        expect(card.locator(".js-line").first).to_be_attached()
