"""The page to try a model on, in a real browser: draw, choose a photo, read the ten bars."""

from collections.abc import Iterator

import numpy as np
import pytest
from http_servers import serving_app
from PIL import Image
from playwright.sync_api import expect
from starlette.applications import Starlette

from fmnist.data.fashion_mnist import CLASS_NAMES
from fmnist.registry import try_page
from fmnist.registry.try_page import About


def share_of_light(images):
    """The brighter an image, the surer that it is a trouser."""
    light = images.mean(axis=(1, 2)) / 255
    probabilities = np.zeros((len(images), 10), np.float32)
    probabilities[:, 0], probabilities[:, 1] = 1 - light, light
    return probabilities


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """A server of the page, whose model only looks at how bright an image is."""
    app = Starlette(routes=try_page.routes(share_of_light, About("fmnist-cnn", "3")))
    with serving_app(app) as served:
        yield served


def test_what_is_drawn_or_chosen_is_seen_and_classified(page, address, tmp_path):
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(address)
    box = page.locator("#drawing").bounding_box()
    page.mouse.move(box["x"] + 60, box["y"] + 60)
    page.mouse.down()
    page.mouse.move(box["x"] + 220, box["y"] + 220, steps=5)
    page.mouse.up()
    rows = page.locator("#classes li")
    expect(rows).to_have_count(len(CLASS_NAMES))
    expect(page.locator("#message")).to_have_text("T-shirt/top")
    seen = "document.getElementById('seen').getContext('2d').getImageData(14, 14, 1, 1).data[0]"
    assert page.evaluate(seen) == 255  # the stroke goes through the middle
    bright = tmp_path / "dark_cloth_on_white.jpg"
    photo = Image.new("L", (90, 60), "white")
    photo.paste(0, (20, 2, 70, 58))
    photo.save(bright)
    page.set_input_files("#file", bright)
    expect(page.locator("#message")).to_have_text("Trouser")
    expect(rows.nth(1)).to_have_class("first")
    page.get_by_role("button", name="Clear").click()
    expect(rows).to_have_count(0)
    expect(page.locator("#curl")).to_contain_text(f"{address}/predict")
    page.set_input_files("#file", {"name": "x.png", "mimeType": "image/png", "buffer": b"junk"})
    expect(page.locator("#message")).to_contain_text("not a whole image")
    assert [text for text in complaints if "400" not in text] == []
