"""Prints every route of the tracking server, as it is started: [method, path]. Run by PYTHON."""

import json
import os

import settings
from fastapi.routing import APIRoute
from mlflow.server import app, auth

settings.use_credentials()
settings.harden()
os.environ |= {
    "_MLFLOW_SERVER_FILE_STORE": settings.database(),
    "_MLFLOW_SERVER_SERVE_ARTIFACTS": "true",
    "_MLFLOW_SERVER_ARTIFACT_DESTINATION": settings.artifacts(),
    "_MLFLOW_SGI_NAME": "uvicorn",
    "_MLFLOW_AUTH_ADMIN_BOOTSTRAPPED": "true",
}

native = [route for route in auth.create_app().routes if isinstance(route, APIRoute)]
found = [(rule.rule, rule.methods) for rule in app.url_map.iter_rules()]
found += [(route.path, route.methods) for route in native]
print(json.dumps(sorted((method, path) for path, methods in found for method in methods)))
