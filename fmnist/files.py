"""Files that several processes use: locked, written whole or not at all, gone once they are old."""

import errno
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from uuid import uuid4

from filelock import FileLock, Timeout

from fmnist.errors import InvalidInput

# The checkout, or where an installed copy's packages lie.
PROJECT = Path(__file__).parent.parent
FOREVER = -1


def can_be_written(path: Path) -> bool:
    """Whether a file can be put there: over none or one, in a folder that there is."""
    return not path.is_dir() and os.access(path if path.exists() else path.parent, os.W_OK)


def existing(folder: Path) -> Path:
    """A folder, or the one that there is and it will be made in."""
    whole = folder.absolute()
    return next(path for path in (whole, *whole.parents) if path.exists())


def check_output(path: Path, kind: str, *, is_folder: bool = False) -> None:
    """Make sure, before anything is done for it, that an output can be written; makes its folder.

    Raises:
        InvalidInput: if not.
    """
    accepted = f"accepted is {kind}, or none"
    if path.exists() and path.is_dir() != is_folder:
        found = "a file" if is_folder else "a folder"
        raise InvalidInput(f"output={path}: {found}; {accepted}")
    folder = path if is_folder else path.parent
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InvalidInput(f"output={path}: {error.strerror}; {accepted}") from None
    if not (os.access(folder, os.W_OK) if is_folder else can_be_written(path)):
        raise InvalidInput(f"output={path}: {os.strerror(errno.EACCES)}; {accepted}")


@contextmanager
def locked(path: Path, *, wait: bool) -> Iterator[bool]:
    """Hold a lock file, made with its folder, during the block; a process that dies gives it up.

    Gives False, without the lock, only where another process has it and `wait` is false.

    Raises:
        InvalidInput: if the file cannot be written: it is another user's, or its folder is.
    """
    lock = FileLock(path)
    try:
        lock.acquire(timeout=FOREVER if wait else 0)
    except Timeout:
        yield False
        return
    except OSError as error:
        raise InvalidInput(
            f"{path}: cannot be locked ({error.strerror})",
            "accepted is a file that you may write, or none in a folder that you may write to",
        ) from None
    try:
        yield True
    finally:
        lock.release()


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A file beside `path` to write to, which takes its place at the end unless that fails."""
    path.parent.mkdir(parents=True, exist_ok=True)
    # Process numbers are not enough: containers that share a folder have the same ones.
    scratch = path.with_name(f".incomplete-{uuid4().hex}-{path.name}")
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
