"""The page on which a model is tried: an image file in, the ten classes and what was seen out."""

import io

import numpy as np
import pytest
import requests
from http_servers import serving_app
from PIL import Image
from starlette.applications import Starlette

from fmnist.data.fashion_mnist import CLASS_NAMES
from fmnist.registry import try_page
from fmnist.registry.try_page import About

SERVED = About("fmnist-cnn", "3", "test accuracy 0.9")


def brightest(images):
    """Takes class 1 for an image that is bright anywhere, and class 0 for a black one."""
    bright = images.max(axis=(1, 2)) > 0
    return np.eye(10, dtype=np.float32)[bright.astype(int)]


@pytest.fixture(scope="module")
def address():
    with serving_app(Starlette(routes=try_page.routes(brightest, SERVED))) as served:
        yield served


def content(image, form):
    file = io.BytesIO()
    image.save(file, form)
    return file.getvalue()


def test_the_page_names_the_model_and_takes_nothing_from_elsewhere(address):
    page = requests.get(address, timeout=30)
    assert "Try fmnist-cnn" in page.text
    assert "Version 3, test accuracy 0.9" in page.text
    assert "//" not in page.text.replace("http://www.w3.org", "").replace("// ", "")
    assert "default-src 'none'" in page.headers["content-security-policy"]


def test_an_image_of_the_data_set_is_seen_as_it_is(address):
    pixels = np.arange(784, dtype=np.uint8).reshape(28, 28)
    answer = requests.post(
        f"{address}/predict", content(Image.fromarray(pixels), "PNG"), timeout=30
    ).json()
    assert answer["pixels"] == pixels.tolist()
    assert (answer["class"], answer["model"], answer["version"]) == ("Trouser", "fmnist-cnn", "3")
    assert answer["probabilities"] == {name: float(name == "Trouser") for name in CLASS_NAMES}


def test_a_photo_is_converted(address):
    photo = Image.new("RGB", (300, 200), "white")
    answer = requests.post(f"{address}/predict", content(photo, "JPEG"), timeout=30).json()
    assert answer["pixels"] == np.zeros((28, 28), int).tolist()  # light turned dark
    assert answer["class"] == "T-shirt/top"


@pytest.mark.parametrize(
    ("body", "status", "line"),
    [
        (b"junk", 400, "not a whole image; accepted are JPEG, PNG, WebP and BMP"),
        (b"", 400, "not a whole image; accepted are JPEG, PNG, WebP and BMP"),
        (
            content(Image.new("1", (8_000, 8_000)), "PNG"),
            400,
            "accepted are images of up to 50,000,000 pixels",
        ),
        (b"x" * (17 * 2**20), 413, "The body is larger than 16 MiB."),
    ],
    ids=["junk", "nothing", "unfolds", "large"],
)
def test_what_is_no_image_is_refused_in_a_line(address, body, status, line):
    refused = requests.post(f"{address}/predict", body, timeout=30)
    assert (refused.status_code, refused.json()) == (status, {"message": line})
