"""Files that several processes write: whole or not at all, and gone once they are old."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

# The checkout, or where an installed copy's packages lie.
PROJECT = Path(__file__).parent.parent


def can_be_written(path: Path) -> bool:
    """Whether a file can be put there: over none or one, in a folder that there is."""
    return not path.is_dir() and os.access(path if path.exists() else path.parent, os.W_OK)


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A file beside `path` to write to, which takes its place at the end unless that fails."""
    path.parent.mkdir(parents=True, exist_ok=True)
    scratch = path.with_name(f".incomplete-{os.getpid()}-{path.name}")
    try:
        yield scratch
        os.replace(scratch, path)
    finally:
        scratch.unlink(missing_ok=True)


def remove_old(folder: Path, seconds: float) -> None:
    """Remove the files in a folder that nobody has written for so long."""
    for path in folder.glob("*"):
        with suppress(OSError):
            if time.time() - path.stat().st_mtime > seconds:
                path.unlink()
