"""The server of the model in Production: waits until there is one, and is found where it is."""

import psutil
from faults.support import until

IMAGES = {"inputs": [[[0] * 28] * 28]}


def test_the_proxy_starts_without_the_model_and_finds_it_wherever_it_comes_back(service, caller):
    ada, nobody = caller("ada"), caller()

    def invoked():
        return ada.ask("POST", "/invocations", json=IMAGES)

    def waits():
        return "has no such version, stage or alias" in invoked().text

    missing = invoked()
    assert missing.status_code == 503
    assert "profile serve" in missing.text
    assert nobody.ask("GET", "/ping").status_code == 503
    service.start_model("127.0.0.1")
    until(waits)
    assert invoked().status_code == 503
    assert nobody.ask("POST", "/invocations", json=IMAGES).status_code == 401
    assert nobody.ask("GET", "/ping").status_code == 200

    service.kill("model")
    assert invoked().status_code == 503
    service.start_model("127.0.0.2")
    until(waits)
    service.kill("proxy")
    service.start_proxy()
    until(waits)
    process = psutil.Process(service.processes["model"].pid)
    assert not [part for part in process.memory_maps() if "tensorflow" in part.path]
    log = (service.folder / "model.log").read_text()
    assert log.count("Waiting: version=Production: fmnist-cnn has no such version") == 2
    assert "Traceback" not in log
    service.kill("model")
