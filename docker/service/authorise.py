"""MLflow's login, and two refusals more. MLflow calls this for every request it serves.

MLflow lets whoever makes an experiment say where its artifacts are, and then reads there with the
server's own rights: file:///etc, another bucket, or the folder of somebody else's experiment.

Of a DELETE that is not JSON, MLflow reads in its address what may be deleted, and in its body what
is: with both, anybody could delete what is another's.
"""

import json
from http import HTTPStatus

from flask import Response, request
from mlflow.protos.service_pb2 import CreateExperiment
from mlflow.server.auth import authenticate_request_basic_auth
from werkzeug.datastructures import Authorization


def authorise() -> Authorization | Response:
    """Who sends the request, or the refusal."""
    sender = authenticate_request_basic_auth()
    if isinstance(sender, Authorization) and _wants_to_choose_a_location():
        line = "artifact_location: the server chooses where artifacts are kept"
        return Response(line, HTTPStatus.FORBIDDEN)
    if request.method == "DELETE" and not request.is_json and request.get_data():
        line = "a DELETE with a body: accepted is Content-Type: application/json"
        return Response(line, HTTPStatus.BAD_REQUEST)
    return sender


def _wants_to_choose_a_location() -> bool:
    """Whether it does, in either spelling that protobuf reads."""
    if not request.path.endswith("/mlflow/experiments/create"):
        return False
    asked = request.get_json(force=True, silent=True)
    if isinstance(asked, str):  # MLflow also reads what an old client encoded twice
        asked = json.loads(asked)
    field = CreateExperiment.DESCRIPTOR.fields_by_name["artifact_location"]
    return isinstance(asked, dict) and any(map(asked.get, (field.name, field.json_name)))
