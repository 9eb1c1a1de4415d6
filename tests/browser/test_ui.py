"""MLflow's own pages tell the study's story: run table, descriptions, charts, files, models."""

import re

import pytest
from playwright.sync_api import expect

from fmnist.registry import registry
from fmnist.study import families, metrics
from fmnist.tracking import home


@pytest.fixture
def store(study, monkeypatch):
    return study.use(monkeypatch)


def first(store, kind, family):
    """The study's own run of that kind and family."""
    runs = store.runs(f"tags.`fmnist.kind` = '{kind}' AND tags.`fmnist.family` = '{family}'")
    return min(runs, key=lambda run: run.start_time)


def address(mlflow_ui, run, tab=""):
    return f"{mlflow_ui}/#/experiments/{run.experiment_id}/runs/{run.run_id}{tab}"


def open_row(page, name):
    """Open what lies below a run in the table; of several, the oldest."""
    link = page.get_by_role("link", name=name, exact=True)
    page.get_by_role("row").filter(has=link).last.get_by_role("button").click()


def test_the_run_table_opens_from_study_to_family_to_trial(page, mlflow_ui, store):
    page.goto(f"{mlflow_ui}/#/experiments/{home.known_experiment(store)}/runs")
    open_row(page, "main")
    open_row(page, "mlp_search")
    for trial in ("384 dropout=0.2", "384 dropout=0.3", "256-256 dropout=0.2"):
        expect(page.get_by_role("link", name=f"mlp_search {trial}")).to_be_visible()


def test_a_familys_page_answers_its_question_with_a_table(page, mlflow_ui, store):
    page.goto(address(mlflow_ui, first(store, "search", "mlp_search")))
    expect(page.get_by_text(families.get("mlp_search").question)).to_be_visible()
    page.get_by_text("Show more").click()
    expect(page.get_by_text("expected 4, done 4 (reused 0), failed 0, missing 0")).to_be_visible()
    expect(page.get_by_role("columnheader", name="val accuracy (95% interval)")).to_be_visible()
    expect(page.get_by_role("cell", name=re.compile("^256-256"))).to_have_count(2)


def test_a_trials_page_opens_with_its_curves(page, mlflow_ui, store):
    page.goto(address(mlflow_ui, first(store, "trial", "cnn_search"), "/model-metrics"))
    cards = page.get_by_test_id("experiment-view-compare-runs-card")
    for number, name in enumerate(sorted(metrics.COPIES.values())[:3]):
        card, title = cards.nth(number), name.removeprefix(f"{metrics.FIRST_GROUP}/")
        expect(card.get_by_role("heading", name=title, exact=True)).to_be_visible()
        expect(card.locator(".js-plotly-plot .js-line").first).to_be_visible()


def test_a_trials_page_names_its_data_and_shows_its_record(page, mlflow_ui, store):
    trial = first(store, "trial", "mlp_search")
    page.goto(address(mlflow_ui, trial))
    expect(page.get_by_text(f"Key {trial.key}")).to_be_visible()
    expect(page.get_by_text(re.compile(r"^fashion-mnist \("))).to_be_visible()
    page.get_by_role("tab", name="Artifacts").click()
    page.get_by_text("bundle", exact=True).click()
    page.get_by_text("record.json", exact=True).click()
    expect(page.get_by_text('"curves"')).to_be_visible()


def test_a_finals_page_says_what_was_selected_and_what_came_of_it(page, mlflow_ui, store):
    page.goto(address(mlflow_ui, first(store, "final", "cnn_final")))
    expect(page.get_by_text("highest mean validation accuracy")).to_be_visible()
    expect(page.get_by_text("the study's: 0.9361")).to_be_visible()


def test_the_registered_models_page_shows_stage_alias_signature_and_run(page, mlflow_ui, store):
    version = registry.find(store, "fmnist-cnn", registry.STAGE)
    page.goto(f"{mlflow_ui}/#/models/fmnist-cnn/versions/{version.version}")
    expect(page.get_by_text("Production", exact=True)).to_be_visible()
    expect(page.get_by_text("@ production")).to_be_visible()
    expect(page.get_by_text("Its test accuracy")).to_be_visible()
    expect(page.get_by_text("Decision of")).to_be_visible()
    expect(page.get_by_role("link", name="cnn_final 3x32")).to_be_visible()
    page.get_by_text("Inputs (1)").click()
    expect(page.get_by_text(re.compile("uint8"))).to_be_visible()
