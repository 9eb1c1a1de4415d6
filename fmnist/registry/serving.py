"""MLflow's scoring server, with a gate before it that lets nothing through but images, and a page.

By itself that server takes 0.7 for a pixel of 0, so that an image scaled to [0, 1] is all black,
and answers what it refuses with the whole body or a stack trace.
"""

import json
from collections.abc import Sequence
from email.message import EmailMessage
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import uvicorn
from mlflow.models import Model
from mlflow.pyfunc import scoring_server
from numpy.typing import NDArray
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse
from starlette.routing import Mount
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from fmnist.data.fashion_mnist import IMAGE_SHAPE, Images
from fmnist.registry import logged_models, request_body, try_page
from fmnist.registry.try_page import About
from fmnist.training.backend import keras

BODY_MEBIBYTES = 4  # some 1,000 images
BATCH = 256  # so that memory stays bounded
PIXELS = frozenset(range(256))
NUMBERS = frozenset({int, float})
JSON = "application/json"


def serve(
    model: keras.Model, about: About, host: str, port: int, names: Sequence[str] = ("*",)
) -> None:
    """Serve a registered model until the process is told to stop.

    `names` are those by which it may be asked: any other site's name could lead to this machine
    too, and its pages would be taken for the server's own.
    """
    scorer = Scorer(model)
    for count in (1, 2):  # compiled for one image, then for any number
        scorer.predict(np.zeros((count, *IMAGE_SHAPE), np.uint8))
    uvicorn.run(build(scorer, about, names), host=host, port=port)


class Scorer:
    """A Keras model as MLflow's scoring server asks it.

    Attributes:
        metadata: the signature by which the server reads numbers.
    """

    def __init__(self, model: keras.Model) -> None:
        self._model = model
        self.metadata = Model(signature=logged_models.signature())

    def predict(self, images: Images) -> NDArray[np.float32]:
        """Probabilities (n, 10) for raw pixels (n, 28, 28)."""
        pixels = images.astype(np.float32)
        parts = np.split(pixels, range(BATCH, len(pixels), BATCH))
        # `predict`, which MLflow's own flavor calls, sets up a pipeline for each request.
        return np.concatenate([self._model.predict_on_batch(part) for part in parts])


def build(scorer: Scorer, about: About, names: Sequence[str]) -> Starlette:
    """The page to try a model on, and behind the gate MLflow's scoring server for it."""
    server: Starlette = scoring_server.init(scorer)
    server.add_middleware(Gate)
    return Starlette(
        routes=[*try_page.routes(scorer.predict, about), Mount("/", server)],
        middleware=[
            Middleware(TrustedHostMiddleware, allowed_hosts=names, www_redirect=False),
            Middleware(OwnPages),
        ],
    )


class OwnPages:
    """Refuses what another site's page sends: a browser says which page a request comes from."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request of another site's page, and pass any other on."""
        headers = Headers(scope=scope) if scope["type"] == "http" else {}
        origin = headers.get("origin")
        if origin and urlsplit(origin).netloc != headers.get("host"):
            refusal = JSONResponse({"message": "Another site's page may not ask this."}, 403)
            await refusal(scope, receive, send)
        else:
            await self._app(scope, receive, send)


class Gate:
    """Lets requests through that hold images, and refuses others in one sentence."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or pass it on."""
        # Whatever the path: only the model is asked by POST, and %0A after a path is matched too.
        if scope["type"] != "http" or scope["method"] != "POST":
            await self._app(scope, receive, send)
            return
        request = Request(scope, receive)
        try:
            body = await request_body.read(request, BODY_MEBIBYTES)
            content_type = request.headers.get("content-type", "")
            await run_in_threadpool(check, content_type, body)
        except ClientDisconnect:
            return  # nobody waits for an answer
        except HTTPException as refusal:
            answer = JSONResponse({"message": refusal.detail}, refusal.status_code)
            await answer(scope, receive, send)
        else:
            await self._app(_plainly_json(scope), _again(body, receive), send)


def _plainly_json(scope: Scope) -> Scope:
    """The scope with the content type as MLflow's server knows it: without a charset in quotes."""
    kept = [pair for pair in scope["headers"] if pair[0] != b"content-type"]
    return {**scope, "headers": [*kept, (b"content-type", JSON.encode())]}


def _again(body: bytes, receive: Receive) -> Receive:
    """A `receive` that gives a body that was read before, then what comes after it."""
    waiting: list[Message] = [{"type": "http.request", "body": body}]

    async def receive_again() -> Message:
        return waiting.pop() if waiting else await receive()

    return receive_again


def check(content_type: str, body: bytes) -> None:
    """Make sure that a request holds images.

    Raises:
        HTTPException: if not: 415 or 400, with a sentence.
    """
    if not _is_json(content_type):
        raise HTTPException(415, "The content type is not application/json in UTF-8.")
    try:
        fields = json.loads(body)
    except (ValueError, RecursionError):
        raise HTTPException(400, "The body is not JSON.") from None
    if not isinstance(fields, dict) or fields.keys() != {"inputs"}:
        raise HTTPException(400, 'The body is not a JSON object with the one field "inputs".')
    images = fields["inputs"]
    if not isinstance(images, list) or not images or not all(map(_is_image, images)):
        raise HTTPException(
            400, '"inputs" is not a list of one or more images, each of 28 rows of 28 pixels.'
        )
    if not all(_are_pixels(row) for image in images for row in image):
        raise HTTPException(
            400, "A pixel is not a whole number from 0 to 255; the model does the scaling."
        )


def _is_json(content_type: str) -> bool:
    """Whether a header says so, in any of the ways that HTTP allows: also charset="UTF-8"."""
    parsed = EmailMessage()
    try:
        parsed["content-type"] = content_type
        charset = parsed.get_param("charset", "utf-8")
    except (IndexError, ValueError):  # Python's parser stumbles over some headers
        return False
    return parsed.get_content_type() == JSON and str(charset).lower() == "utf-8"


def _is_image(found: Any) -> bool:
    return _is_list(found, IMAGE_SHAPE[0]) and all(_is_list(row, IMAGE_SHAPE[1]) for row in found)


def _is_list(found: Any, length: int) -> bool:
    return isinstance(found, list) and len(found) == length


def _are_pixels(row: list[object]) -> bool:
    """Whether all values are; 3.0 is the number 3, but true is not 1, and NaN is none."""
    return NUMBERS.issuperset(map(type, row)) and PIXELS.issuperset(row)
