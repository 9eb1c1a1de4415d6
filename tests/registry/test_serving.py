"""The model in Production over HTTP: its own probabilities, one sentence for what is no image."""

import io
import json
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import mlflow
import numpy as np
import pytest
import requests
from faults.servers import free_port
from faults.support import running, until
from PIL import Image

from fmnist.data import fashion_mnist
from fmnist.data.fashion_mnist import CLASS_NAMES

JSON = "application/json"
IMAGE = np.zeros((1, 28, 28)).tolist()
NO_LIST_OF_IMAGES = '"inputs" is not a list of one or more images, each of 28 rows of 28 pixels.'
NO_PIXEL = "A pixel is not a whole number from 0 to 255; the model does the scaling."
NOT_JSON = "The body is not JSON."
NOT_ONE_FIELD = 'The body is not a JSON object with the one field "inputs".'
NO_CONTENT_TYPE = "The content type is not application/json in UTF-8."
TOO_LARGE = "The body is larger than 4 MiB."
JUNK = b"\xff\x00junk" * 1_800_000  # 10 MB


def inputs(images: object) -> bytes:
    return json.dumps({"inputs": images}).encode()


def with_pixel(text: str) -> bytes:
    """A body of one black image but for its first pixel."""
    return inputs(IMAGE).replace(b"0.0", text.encode(), 1)


def in_chunks(body: bytes) -> Iterator[bytes]:
    """A body whose length is not announced."""
    for start in range(0, len(body), 65_536):
        yield body[start : start + 65_536]


REFUSED = {
    "NaN": (with_pixel("NaN"), JSON, 400, NO_PIXEL),
    "infinity": (with_pixel("1e999"), JSON, 400, NO_PIXEL),
    "negative": (with_pixel("-1"), JSON, 400, NO_PIXEL),
    "negative fraction": (with_pixel("-0.5"), JSON, 400, NO_PIXEL),
    "above 255": (with_pixel("256"), JSON, 400, NO_PIXEL),
    "fraction": (with_pixel("1.5"), JSON, 400, NO_PIXEL),
    "scaled to 0-1": (inputs((np.ones((1, 28, 28)) * 0.7).tolist()), JSON, 400, NO_PIXEL),
    "null": (with_pixel("null"), JSON, 400, NO_PIXEL),
    "text": (with_pixel('"5"'), JSON, 400, NO_PIXEL),
    "true": (with_pixel("true"), JSON, 400, NO_PIXEL),
    "list as a pixel": (with_pixel("[0]"), JSON, 400, NO_PIXEL),
    "a number of 5,000 digits": (with_pixel("9" * 5_000), JSON, 400, NOT_JSON),
    "one image, not in a list": (inputs(IMAGE[0]), JSON, 400, NO_LIST_OF_IMAGES),
    "flat": (inputs([[0] * 784]), JSON, 400, NO_LIST_OF_IMAGES),
    "a channel more": (inputs(np.zeros((1, 28, 28, 1)).tolist()), JSON, 400, NO_PIXEL),
    "27 rows": (inputs(np.zeros((1, 27, 28)).tolist()), JSON, 400, NO_LIST_OF_IMAGES),
    "ragged": (inputs([*IMAGE, IMAGE[0][:5]]), JSON, 400, NO_LIST_OF_IMAGES),
    "no image": (inputs([]), JSON, 400, NO_LIST_OF_IMAGES),
    "an object": (inputs({"pixels": IMAGE}), JSON, 400, NO_LIST_OF_IMAGES),
    "null inputs": (inputs(None), JSON, 400, NO_LIST_OF_IMAGES),
    "no inputs": (b"{}", JSON, 400, NOT_ONE_FIELD),
    "instances": (json.dumps({"instances": IMAGE}).encode(), JSON, 400, NOT_ONE_FIELD),
    "a list": (json.dumps(IMAGE).encode(), JSON, 400, NOT_ONE_FIELD),
    "cut off": (inputs(IMAGE)[:-9], JSON, 400, NOT_JSON),
    "nothing": (b"", JSON, 400, NOT_JSON),
    "not UTF-8": (b"\xff\xfe\xfd", JSON, 400, NOT_JSON),
    "100,000 brackets": (b"[" * 100_000, JSON, 400, NOT_JSON),
    "CSV": (b"0,0\n", "text/csv", 415, NO_CONTENT_TYPE),
    "Parquet": (b"PAR1", "application/vnd.apache.parquet", 415, NO_CONTENT_TYPE),
    "UTF-16": (inputs(IMAGE), f"{JSON}; charset=utf-16", 415, NO_CONTENT_TYPE),
    "UTF-16 in quotes": (inputs(IMAGE), f'{JSON}; charset="utf-16"', 415, NO_CONTENT_TYPE),
    "no content type": (inputs(IMAGE), None, 415, NO_CONTENT_TYPE),
    "half a charset": (inputs(IMAGE), f"{JSON}; charset*", 415, NO_CONTENT_TYPE),
    "an empty charset": (inputs(IMAGE), f"{JSON}; charset*=\"''", 415, NO_CONTENT_TYPE),
    "10 MB of junk": (JUNK, JSON, 413, TOO_LARGE),
    "10 MB of JSON": (inputs(IMAGE * 2_700), JSON, 413, TOO_LARGE),
}


@pytest.fixture(scope="module")
def server(study) -> Iterator[str]:
    """The address of a server of the smoke study's fmnist-mlp, once it answers /ping."""
    port = free_port()
    process = study.start("serve", "--model", "fmnist-mlp", "--port", str(port))
    with running(process):
        address = f"http://127.0.0.1:{port}"
        until(lambda: pings(process, address))
        yield address


def pings(process: subprocess.Popen[str], address: str) -> bool:
    assert process.poll() is None, process.communicate()
    with suppress(requests.ConnectionError):
        return requests.get(f"{address}/ping", timeout=30).ok
    return False


def ask(address, body, content_type=JSON, path="/invocations"):
    headers = {"Content-Type": content_type} if content_type else {}
    return requests.post(address + path, body, headers=headers, timeout=60)


def probabilities(answer):
    assert answer.status_code == 200, answer.text
    return np.array(answer.json()["predictions"], np.float32)


@pytest.fixture(scope="module")
def model(study):
    """The same model, loaded by Keras's flavor."""
    with pytest.MonkeyPatch.context() as patch:
        study.use(patch)
        return mlflow.keras.load_model("models:/fmnist-mlp/Production")


@pytest.mark.parametrize("count", [1, 64])
def test_images_get_the_probabilities_of_the_keras_model(server, model, count):
    images = fashion_mnist.load().test_images[:count]
    given = probabilities(ask(server, inputs(images.tolist())))
    assert given.shape == (count, len(fashion_mnist.CLASS_NAMES))
    np.testing.assert_array_equal(given, model.predict_on_batch(images))


def test_requests_at_the_same_time_get_each_its_own_answer(server, model):
    images = fashion_mnist.load().test_images[:40, np.newaxis]
    with ThreadPoolExecutor(8) as clients:
        answers = clients.map(lambda image: ask(server, inputs(image.tolist())), images)
        given = np.concatenate([probabilities(answer) for answer in answers])
    expected = np.concatenate([model.predict_on_batch(image) for image in images])
    np.testing.assert_array_equal(given, expected)


@pytest.mark.parametrize("length", ["announced", "not announced"])
@pytest.mark.parametrize("kind", REFUSED)
def test_what_is_no_image_is_refused_in_one_sentence_and_the_server_stays(server, kind, length):
    body, content_type, status, sentence = REFUSED[kind]
    refused = ask(server, body if length == "announced" else in_chunks(body), content_type)
    assert (refused.status_code, refused.json()) == (status, {"message": sentence})
    assert probabilities(ask(server, inputs(IMAGE))).shape == (1, 10)


def test_the_page_and_its_address_are_served_too(server, model):
    assert "Try fmnist-mlp" in requests.get(server, timeout=60).text
    pixels = fashion_mnist.load().test_images[0]
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    answer = ask(server, file.getvalue(), "image/png", "/predict").json()
    expected = model.predict(pixels[np.newaxis], verbose=0)[0]
    assert answer["class"] == CLASS_NAMES[expected.argmax()]


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Host": "evil.example"}, 400),  # a name that its owner lets lead to this machine
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
    ],
)
@pytest.mark.parametrize("path", ["/predict", "/invocations"])
def test_another_sites_page_is_refused(server, path, headers, status):
    headers = {"Content-Type": JSON, **headers}
    refused = requests.post(server + path, inputs(IMAGE), headers=headers, timeout=60)
    assert refused.status_code == status


def test_the_servers_own_page_is_answered(server):
    headers = {"Content-Type": JSON, "Origin": server}
    answer = requests.post(f"{server}/invocations", inputs(IMAGE), headers=headers, timeout=60)
    assert probabilities(answer).shape == (1, 10)


@pytest.mark.parametrize("charset", ["utf-8", "UTF-8", '"utf-8"', '"UTF-8"'])
def test_utf_8_is_taken_in_quotes_too(server, charset):
    answer = ask(server, inputs(IMAGE), f"{JSON}; charset={charset}")
    assert probabilities(answer).shape == (1, 10)


def test_a_path_that_only_looks_like_another_is_no_way_around(server):
    refused = ask(server, with_pixel("1.5"), path="/invocations%0A")
    assert (refused.status_code, refused.json()) == (400, {"message": NO_PIXEL})


def test_a_client_that_hangs_up_in_the_middle_leaves_the_server_answering(server):
    def hang_up() -> Iterator[bytes]:
        yield inputs(IMAGE)[:100]
        raise InterruptedError

    with pytest.raises(requests.ConnectionError):
        ask(server, hang_up())
    assert probabilities(ask(server, inputs(IMAGE))).shape == (1, 10)


def test_a_port_that_is_taken_is_refused(place, server):
    port = server.rpartition(":")[2]
    refused = place.run("serve", "--port", port)
    line = f"port={port}: Address already in use; accepted is a free port\n"
    assert (refused.returncode, refused.stderr) == (2, line)


def test_without_a_model_in_production_nothing_is_served(place):
    refused = place.run("serve")
    assert refused.returncode == 2
    assert refused.stderr.splitlines()[-1].startswith("model=fmnist-cnn: ")
