"""Write requests for trials to a file, and read them where there is no tracking store."""

import json
from collections.abc import Sequence
from pathlib import Path

from fmnist.errors import InvalidInput
from fmnist.files import replacing
from fmnist.study.families import may_have_trials
from fmnist.study.request import Request


def write(requests: Sequence[Request], path: Path) -> None:
    """Write requests as JSON, replacing an earlier file; `read` reads them back."""
    with replacing(path) as scratch:
        listed = [request.to_plain() for request in requests]
        scratch.write_text(json.dumps(listed, indent=1), "utf-8")


def read(path: Path) -> list[Request]:
    """Read requests and validate each again.

    Raises:
        InvalidInput: if the file is missing, or is not a file of valid requests.
    """
    try:
        listed = json.loads(path.read_text("utf-8"))
        if not isinstance(listed, list):
            raise TypeError("not a list")
        requests = [Request.from_plain(plain) for plain in listed]
        for request in requests:
            if not (isinstance(request.family, str) and may_have_trials(request.family)):
                raise ValueError(f"family={request.family}: accepted is a family's name")
    except (
        OSError, ValueError, KeyError, TypeError, AttributeError, ArithmeticError, RecursionError,
    ) as error:  # fmt: skip
        raise InvalidInput(
            f"requests={path}: accepted is a file that plan writes ({error})"
        ) from None
    return requests
