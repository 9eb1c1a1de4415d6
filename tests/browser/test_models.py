"""MLflow's pages lead from a final's run to its model and its version, and back."""

import re

import pytest
from playwright.sync_api import expect

from fmnist.registry import registry
from fmnist.registry.logged_models import MODEL

NAME = "fmnist-cnn"


@pytest.fixture
def version(study, monkeypatch):
    """The version in Production."""
    return registry.find(study.use(monkeypatch), NAME, registry.STAGE)


@pytest.fixture
def experiment(study, monkeypatch, version):
    """The id of the experiment of its final."""
    return study.use(monkeypatch).client.get_run(version.run_id).info.experiment_id


def test_the_models_tab_lists_the_finals_and_leads_to_model_and_version(
    page, mlflow_ui, experiment, version
):
    page.goto(f"{mlflow_ui}/#/experiments/{experiment}/models")
    for final in ("mlp_final", "cnn_final"):
        expect(page.get_by_role("link", name=final, exact=True)).to_be_visible()
    expect(page.get_by_text("Ready", exact=True)).to_have_count(2)
    page.get_by_role("link", name="cnn_final", exact=True).click()
    expect(page.get_by_text(version.tags[MODEL])).to_be_visible()
    expect(page.get_by_text("test/sparse_categorical_accuracy")).to_be_visible()
    expect(page.get_by_text(re.compile("fashion-mnist .*test-")).first).to_be_visible()
    expect(page.get_by_text("Its test accuracy")).to_be_visible()
    page.get_by_role("link", name=re.compile(NAME)).click()
    expect(page.get_by_text(f"Version {version.version}").first).to_be_visible()


def test_a_finals_run_shows_its_model(page, mlflow_ui, experiment, version):
    page.goto(f"{mlflow_ui}/#/experiments/{experiment}/runs/{version.run_id}")
    expect(page.get_by_text("Logged models (1)")).to_be_visible()


def test_a_versions_page_shows_signature_metrics_and_run(page, mlflow_ui, version):
    page.goto(f"{mlflow_ui}/#/models/{NAME}/versions/{version.version}")
    expect(page.get_by_text("Its test accuracy")).to_be_visible()
    page.get_by_text("Inputs (1)").click()
    expect(page.get_by_text(re.compile("uint8"))).to_be_visible()
    expect(page.get_by_role("link", name=re.compile("^cnn_final .*3x"))).to_be_visible()
    page.get_by_role("link", name="cnn_final", exact=True).click()
    expect(page.get_by_text("test/sparse_categorical_accuracy")).to_be_visible()
