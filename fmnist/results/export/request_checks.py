"""Whether a request can be what it says; it comes in a file, from anybody."""

import re

from fmnist.errors import InvalidInput
from fmnist.results.export.exported import ENSEMBLE, FINAL, TRIAL
from fmnist.study.families import FAMILIES, FINALS, KFOLD
from fmnist.study.options import PRESETS
from fmnist.study.trial import Request

FAMILIES_OF = {TRIAL: {*FAMILIES, KFOLD}, FINAL: {*FINALS, KFOLD}, ENSEMBLE: {ENSEMBLE}}
MAXIMUM_TEXT = 2_000


def require(holds: bool, what: str) -> None:
    """Refuse with `what` unless it holds.

    Raises:
        InvalidInput: if not.
    """
    if not holds:
        raise InvalidInput(what)


def check_request(kind: str, request: Request) -> None:
    """Check what a record was asked for with.

    Raises:
        InvalidInput: if anything in it is not what it should be.
    """
    family, preset, label = request.family, request.preset, request.label
    require(family in FAMILIES_OF[kind], f"family {str(family)[:80]!r} is no {kind}'s")
    require(preset in PRESETS, f"preset is one of {', '.join(PRESETS)}")
    require(len(label) <= MAXIMUM_TEXT and label.isprintable(), "label is not a line of text")
    require(type(request.attempt) is int and 1 <= request.attempt <= 1_000, "attempt is 1 to 1000")
    require(type(request.deterministic) is bool, "deterministic is true or false")
    data, replicate = request.trial.data, request.trial.replicate
    require(bool(re.fullmatch(r"[0-9a-f]{64}", data.digest)), "digest is no SHA-256")
    require(type(data.samples) is type(data.seed) is int, "samples and seed are whole numbers")
    require(0 <= data.seed < 2**31 and 0 <= replicate < 2**31, "seed and replicate are 0 or more")
    require(set(request.evaluate) <= {"train", "test"}, "evaluate is of train, test")
