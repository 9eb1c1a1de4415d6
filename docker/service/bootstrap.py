"""Who may do what: the administrator, the team, the server of the model in Production.

Without a grant nobody sees anything. All of the team share one experiment and the study's models:
members see each other's trials there, so that no grid point is trained twice. What is there already
is found, and left as it is: a password that somebody has changed stays changed. What is missing is
made again, so that an interrupted start is completed by the next.
"""

from collections.abc import Callable, Iterable

import credentials
import settings
from mlflow.exceptions import MlflowException
from mlflow.server import auth
from mlflow.store.model_registry.sqlalchemy_store import SqlAlchemyStore as Registry
from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore as Tracking

EXPERIMENT = "fashion-mnist"
MODELS = ("fmnist-mlp", "fmnist-cnn", "fmnist-champion", "fmnist-small")
SERVE = "serve"


def bootstrap() -> None:
    """Make users, the shared experiment and models, and the grants on them."""
    auth.store.init_db(settings.database())
    _find_or_make_user("admin", credentials.read("admin_password"), is_admin=True)
    shared = [("experiment", _experiment()), *(("registered_model", name) for name in _models())]
    for name, password in credentials.team().items():
        _find_or_make_user(name, password)
        _grant(name, "EDIT", shared)
    _find_or_make_user(SERVE, credentials.read("serve_password"))
    _grant(SERVE, "READ", shared)


def _experiment() -> str:
    """The shared experiment's id."""
    tracking = Tracking(settings.database(), "mlflow-artifacts:/")
    if found := tracking.get_experiment_by_name(EXPERIMENT):
        return str(found.experiment_id)
    return str(tracking.create_experiment(EXPERIMENT, artifact_location=None, tags=[]))


def _models() -> Iterable[str]:
    """The shared models' names."""
    registry = Registry(settings.database())
    for name in MODELS:
        _unless_there(registry.create_registered_model, name)
    return MODELS


def _find_or_make_user(name: str, password: str, is_admin: bool = False) -> None:
    if not auth.store.has_user(name):
        auth.store.create_user(name, password, is_admin=is_admin)


def _grant(user: str, permission: str, shared: list[tuple[str, str]]) -> None:
    for kind, identity in shared:
        _unless_there(auth.store.grant_user_resource_permission, user, kind, identity, permission)


def _unless_there(make: Callable[..., object], *arguments: str) -> None:
    try:
        make(*arguments)
    except MlflowException as error:
        if error.error_code != "RESOURCE_ALREADY_EXISTS":
            raise
