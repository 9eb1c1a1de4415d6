"""A page on which people try the served model, and the address that it sends images to."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

import numpy as np
from jinja2 import Environment
from mlflow.entities.model_registry import ModelVersion
from numpy.typing import NDArray
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from fmnist.data import image_files
from fmnist.data.fashion_mnist import CLASS_NAMES, Images
from fmnist.errors import InvalidInput
from fmnist.registry import evaluation, model_data, request_body
from fmnist.tracking.store import Store

IMAGE_MEBIBYTES = 16  # a telephone's photos have up to about 10
# Nothing on the page comes from elsewhere, and no other page may show it within itself.
POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; "
    "connect-src 'self'; img-src blob: data:; frame-ancestors 'none'"
)

Predict = Callable[[Images], NDArray[np.float32]]


@dataclass(frozen=True)
class About:
    """What the page says of the model: its registered name, version, test accuracy and classes."""

    name: str
    version: str
    accuracy: str = ""
    classes: tuple[str, ...] = CLASS_NAMES

    @property
    def subject(self) -> str:
        """What people draw on the page."""
        return "a garment" if self.classes == CLASS_NAMES else "one of its classes"


def about(store: Store, version: ModelVersion) -> About:
    """What is known of a version; no accuracy where its evaluation was deleted."""
    evaluated, told = store.with_id(str(version.run_id)), model_data.identity_of(version)
    accuracy = evaluation.test_text(evaluated[0].metrics, told) if evaluated else ""
    return About(version.name, str(version.version), accuracy, told.class_names)


def routes(predict: Predict, served: About) -> list[Route]:
    """`GET /`, the page, and `POST /predict`, which answers an image file with its classes.

    `predict` gives the probabilities (n, 10) of raw pixels (n, 28, 28).
    """
    source = files(__package__).joinpath("try_page.html").read_text(encoding="utf-8")
    html = Environment(autoescape=True).from_string(source).render(about=served)
    turn = asyncio.Lock()  # an image of 50 million pixels takes about 1 GB until it is small

    async def page(_request: Request) -> Response:
        return HTMLResponse(html, headers={"Content-Security-Policy": POLICY})

    async def classify(request: Request) -> Response:
        try:
            body = await request_body.read(request, IMAGE_MEBIBYTES)
            async with turn:
                return JSONResponse(await run_in_threadpool(_answer, body, predict, served))
        except InvalidInput as refusal:
            return JSONResponse({"message": str(refusal)}, 400)
        except HTTPException as refusal:
            return JSONResponse({"message": refusal.detail}, refusal.status_code)
        except ClientDisconnect:
            return Response(status_code=400)  # nobody waits for it

    return [Route("/", page), Route("/predict", classify, methods=["POST"])]


def _answer(body: bytes, predict: Predict, served: About) -> dict[str, Any]:
    """The classes of an image file with their probabilities, and the pixels that the model saw."""
    pixels = image_files.from_bytes(body)
    found = predict(pixels[np.newaxis])[0]
    return {
        "class": served.classes[int(found.argmax())],
        "probabilities": {
            name: round(float(probability), 4)
            for name, probability in zip(served.classes, found, strict=True)
        },
        "pixels": pixels.tolist(),
        "model": served.name,
        "version": served.version,
    }
