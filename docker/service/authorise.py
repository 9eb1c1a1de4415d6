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
    if request.path.endswith("/mlflow/experiments/create") and _location_of_artifacts():
        line = "artifact_location: the server chooses where artifacts are kept"
        return Response(line, HTTPStatus.FORBIDDEN)
    return authenticate_request_basic_auth()


def _location_of_artifacts() -> str:
    """What the request asks for, in whichever of its spellings MLflow would understand."""
    return str(_get_request_message(CreateExperiment()).artifact_location)
