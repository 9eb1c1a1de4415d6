"""The proxy with a certificate: the same door, by TLS alone."""

import dataclasses

import pytest
import requests

from service import certificate


@pytest.fixture
def tls(service, tmp_path):
    """The certificate's file, while a proxy uses it."""
    certificate.make(tmp_path)
    service.start_tls(tmp_path)
    yield tmp_path / "tls.crt"
    service.kill("tls")


def test_by_tls_people_log_in_and_other_sites_pages_are_refused(service, caller, tls):
    ada = dataclasses.replace(caller("ada"), uri=f"https://{service.tls_host}")
    path = "/api/2.0/mlflow/users/current"
    assert ada.ask("GET", path, verify=tls).json()["user"]["username"] == "ada"
    assert ada.ask("GET", "/", verify=tls, headers={"Origin": ada.uri}).status_code == 200
    foreign = ada.ask("GET", path, verify=tls, headers={"Origin": f"http://{service.tls_host}"})
    assert foreign.status_code == 403
    nobody = dataclasses.replace(ada, name="")
    assert nobody.ask("GET", "/health", verify=tls).text == "OK"
    assert nobody.ask("GET", path, verify=tls).status_code == 401
    with pytest.raises(requests.exceptions.SSLError):
        ada.ask("GET", path)  # signed by nobody whom this machine trusts
    assert requests.get(f"http://{service.tls_host}/health", timeout=60).status_code == 400
