"""The doctor's checks of packages, machine, data and tracking store; each finds one line.

Each check imports what it needs itself, so that a missing or broken package fails only one check.
"""

import os
import shutil
from pathlib import Path
from typing import Literal
from urllib.parse import unquote, urlsplit

from fmnist.files import PROJECT, existing
from fmnist.redaction import without_password

OK: Literal["ok"] = "ok"
WARN: Literal["warn"] = "warn"
FAIL: Literal["fail"] = "fail"
Finding = tuple[Literal["ok", "warn", "fail"], str]

REQUIREMENTS = PROJECT / "requirements.txt"
# How many packages or models a line names.
NAMED = 5
ENOUGH_BYTES = 5 * 1024**3  # for the whole study at preset paper
LEAST_BYTES = 1024**3  # for one search of it
# The processor's features that speed up numerical code.
FEATURES = ("avx2", "avx512f", "avx512_bf16", "amx_bf16")


def python() -> Finding:
    """Whether the project supports this version of Python."""
    import platform
    import tomllib

    from packaging.specifiers import SpecifierSet

    project = tomllib.loads((PROJECT / "pyproject.toml").read_text("utf-8"))["project"]
    needed, found = project["requires-python"], platform.python_version()
    return OK if SpecifierSet(needed).contains(found) else FAIL, f"{found} (needs {needed})"


def packages(requirements: Path = REQUIREMENTS) -> Finding:
    """Whether the installed packages are those pinned for this Python and system."""
    from packaging.requirements import Requirement

    lines = requirements.read_text("utf-8").splitlines()
    # A backslash at the end of a line continues it with hashes.
    pins = [Requirement(line.rstrip(" \\")) for line in lines if line[:1].isalnum()]
    needed = [pin for pin in pins if pin.marker is None or pin.marker.evaluate()]
    found = {pin.name: _installed(pin.name) for pin in needed}
    wrong = [
        f"{pin.name} {found[pin.name] or 'is missing'} (pinned {pin.specifier})"
        for pin in needed
        if not pin.specifier.contains(found[pin.name] or "0", prereleases=True)
    ]
    if wrong:
        return FAIL, f"{len(wrong)} not as pinned: " + ", ".join(wrong[:NAMED])
    return OK, f"all {len(needed)} as pinned in {requirements.name}"


def _installed(name: str) -> str | None:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version(name)
    except PackageNotFoundError:
        return None


def backend() -> Finding:
    """Whether Keras loads with its backend, and the devices that it computes on."""
    from fmnist.training.environment import environment

    found = environment()
    name = found["backend"]
    return OK, f"{name} {found[name]}, Keras {found['keras']}, on {found['devices']}"


def processor() -> Finding:
    """The processor and its features, which train if there is no GPU."""
    from fmnist.machine import processor_flags
    from fmnist.study.plan import resolve_precision
    from fmnist.training.environment import environment

    found, flags = environment(), processor_flags()
    parts = (
        found["processor"],
        f"{found['cores']} cores",
        f"threads {found['threads']}",
        " ".join(name for name in FEATURES if name in flags),
        f"precision=auto is {resolve_precision('auto')}",
    )
    return OK, ", ".join(filter(None, parts))


def settings() -> Finding:
    """The settings in the environment that can change the bits of results."""
    from fmnist.training.environment import DEFAULT, settings

    asked = [f"{name}={text}" for name, text in settings().items() if text != DEFAULT]
    return OK, ", ".join(asked) or "all at their defaults"


def ray() -> Finding:
    """Whether Ray is installed, which several workers need."""
    version = _installed("ray")
    return OK, f"ray {version}" if version else "none; workers=2 needs: pip install '.[ray]'"


def managers() -> Finding:
    """Whether `mlflow run` can create its own environment."""
    found = [name for name in ("conda", "uv") if shutil.which(name)]
    return OK if found else WARN, " and ".join(found) or "neither conda nor uv on the PATH"


def data() -> Finding:
    """Whether the data are on this machine and pass verification."""
    from fmnist.data import fashion_mnist

    if not (folder := fashion_mnist.known_folder()):
        fashion_mnist.check_cache(fashion_mnist.cache_folder())
        return FAIL, "Fashion-MNIST is not on this machine"
    fashion_mnist.load()
    return OK, f"verified in {folder}"


def disk() -> Finding:
    """Whether there is room for bundles and checkpoints."""
    from fmnist.tracking.outbox import outbox

    return _room(outbox().parent)


def _room(folder: Path) -> Finding:
    """Whether a folder, or its nearest parent that exists, can be written and has room."""
    place = existing(folder)
    if not os.access(place, os.W_OK):
        return FAIL, f"{place} cannot be written"
    free = shutil.disk_usage(place).free
    level = OK if free >= ENOUGH_BYTES else WARN if free >= LEAST_BYTES else FAIL
    return level, f"{free / 1024**3:.1f} GiB free for {folder.absolute()}"


def outbox() -> Finding:
    """Whether bundles wait to be recorded."""
    from fmnist.tracking.outbox import outbox, waiting_bundles

    here, found = outbox(), waiting_bundles()
    waiting = sum(file.parents[2] == here for file in found)
    others = f"; {len(found) - waiting} more for other stores" if len(found) > waiting else ""
    return WARN if found else OK, f"{waiting} bundles in {here}{others}"


def server() -> Finding:
    """Whether the tracking server answers at all, even with an error."""
    from fmnist.tracking import address

    uri = address.tracking_uri()
    shown = without_password(uri)
    if not address.is_server(uri):
        return OK, f"none: the store is {shown}"
    address.ask_server(uri)
    return OK, f"{shown} answers"


def host() -> Finding:
    """Whether the tracking server accepts the host name in its address."""
    from fmnist.tracking import address

    uri = address.tracking_uri()
    if not address.is_server(uri):
        return OK, "no server is in use"
    name, answer = urlsplit(uri).netloc.rpartition("@")[2], address.ask_server(uri)
    if answer.status_code == 403 and "Host header" in answer.text:
        return FAIL, f"the server refuses the host name {name}"
    return OK, f"the server accepts the host name {name}"


def store() -> Finding:
    """Whether the store can be read and written: a tag of the experiment is set and deleted."""
    from fmnist.tracking import address

    uri = address.tracking_uri()
    shown = without_password(uri)
    address.check_reachable(uri)
    if uri.startswith("sqlite:///") and not address.sqlite_file(uri).exists():
        return WARN, f"{shown} does not exist yet"
    from fmnist.tracking.home import known_experiment
    from fmnist.tracking.store import open_store

    opened = open_store()
    experiment_id = known_experiment(opened)
    if experiment_id is None:
        return OK, f"{shown} can be read; the experiment for new runs does not exist yet"
    tag = f"fmnist.doctor-{os.getpid()}"
    opened.client.set_experiment_tag(experiment_id, tag, "")
    opened.client.delete_experiment_tag(experiment_id, tag)
    return OK, f"{shown} can be read and written"


def artifacts() -> Finding:
    """Where artifacts go; whether there is room, if that is this machine."""
    from fmnist.tracking.home import known_experiment
    from fmnist.tracking.store import open_store

    opened = open_store()
    experiment_id = known_experiment(opened)
    if experiment_id is None:
        return OK, "the experiment for new runs does not exist yet"
    location = urlsplit(opened.client.get_experiment(experiment_id).artifact_location)
    if location.scheme in ("", "file"):
        return _room(Path(unquote(location.path)))
    return OK, f"kept at {location.scheme}://"


def registry() -> Finding:
    """Whether registered models can be read."""
    from fmnist.tracking.store import open_store

    names = [model.name for model in open_store().client.search_registered_models()]
    return OK, f"{len(names)} models: {', '.join(names[:NAMED])}".rstrip(": ")


def stale() -> Finding:
    """Whether there are RUNNING runs whose process has ended."""
    from fmnist.tracking.store import open_store

    found = open_store().stale()
    return WARN if found else OK, f"{len(found)} runs without a process"
