"""MLflow's login, and one refusal more. MLflow calls this for every request it serves.

MLflow lets whoever makes an experiment say where its artifacts are, and then reads there with the
server's own rights: file:///etc, another bucket, or the folder of somebody else's experiment.
"""

from http import HTTPStatus

from flask import Response, request
from mlflow.protos.service_pb2 import CreateExperiment
from mlflow.server.auth import authenticate_request_basic_auth
from mlflow.server.handlers import _get_request_message
from werkzeug.datastructures import Authorization


def authorise() -> Authorization | Response:
    """Who sends the request, or the refusal."""
    sender = authenticate_request_basic_auth()
    if isinstance(sender, Authorization) and _wants_to_choose_a_location():
        line = "artifact_location: the server chooses where artifacts are kept"
        return Response(line, HTTPStatus.FORBIDDEN)
    return sender


def _wants_to_choose_a_location() -> bool:
    """Whether it does, in whichever of the field's spellings MLflow understands."""
    if not request.path.endswith("/mlflow/experiments/create"):
        return False
    return bool(_get_request_message(CreateExperiment()).artifact_location)
