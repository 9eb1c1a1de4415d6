"""The server of the model in Production: waits until there is one, and is found where it is."""

import psutil
from faults.support import until

IMAGES = {"inputs": [[[0] * 28] * 28]}
MEBIBYTE = 2**20


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

    # The page to try it on, and where that sends a photo of any telephone.
    for method, path in (("GET", "/try"), ("POST", "/predict")):
        assert nobody.ask(method, path).status_code == 401
        assert "has no such version, stage or alias" in ada.ask(method, path).text
    photo = bytes(10 * MEBIBYTE)
    assert ada.ask("POST", "/predict", data=photo).status_code == 503
    assert ada.ask("POST", "/predict", data=2 * photo).status_code == 413
    assert ada.ask("POST", "/invocations", data=photo).status_code == 413

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
    told = log.count("Waiting: version=Production: fmnist-cnn has no such version")
    assert told in (2, 3)  # at each start, and again if it asked while the proxy was away
    assert "Traceback" not in log
    service.kill("model")
