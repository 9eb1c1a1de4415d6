"""Files that several processes share: lock them, and replace them atomically."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from filelock import FileLock, Timeout

from fmnist.errors import InvalidInput

# The root of the checkout. For an installed copy this is site-packages.
PROJECT = Path(__file__).parent.parent
# How a file's or a folder's name begins while it is written.
INCOMPLETE = ".incomplete-"
FOREVER = -1  # filelock's value for a wait without a limit


def can_be_written(path: Path) -> bool:
    """Whether a file can be created or overwritten at this path; its folder must exist."""
    return not path.is_dir() and os.access(path if path.exists() else path.parent, os.W_OK)


def existing(folder: Path) -> Path:
    """The folder itself if it exists, else its nearest parent that does."""
    whole = folder.absolute()
    return next(path for path in (whole, *whole.parents) if path.exists())


def check_output(path: Path, kind: str, *, is_folder: bool = False) -> None:
    """Make sure, before any work is done, that an output can be written. Nothing is created.

    `kind` says in the message what is accepted, such as "an HTML file".

    Raises:
        InvalidInput: if the output cannot be written, or is a folder instead of a file or the
            other way round.
    """
    accepted = f"accepted is {kind}, or none"
    if path.exists() and path.is_dir() != is_folder:
        found = "a file" if is_folder else "a folder"
        raise InvalidInput(f"output={path}: {found}; {accepted}")
    folder = existing(path if is_folder else path.parent)
    if not folder.is_dir():
        raise InvalidInput(f"output={path}: {folder} is a file; {accepted}")
    if not os.access(folder if is_folder or not path.exists() else path, os.W_OK):
        raise InvalidInput(f"output={path}: {os.strerror(errno.EACCES)}; {accepted}")


@contextmanager
def locked(path: Path, *, wait: bool) -> Iterator[bool]:
    """Hold a lock file during the block. The lock ends with the process, even if that is killed.

    The file and its folder are created if needed. Yields True with the lock. Yields False, without
    the lock, if another process holds it and `wait` is false.

    Raises:
        InvalidInput: if the file cannot be written, for example because it is another user's.
    """
    # Where the system cannot lock, filelock would leave a mark that outlives its process.
    lock = FileLock(path, fallback_to_soft=False)
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
    """Yield a scratch file beside `path`, which replaces `path` if the block ends without an error.

    So `path` is written whole or not at all. Its folder is created if needed.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    # A process number would not be unique: containers that share a folder can have the same ones.
    scratch = path.with_name(f"{INCOMPLETE}{uuid4().hex}-{path.name}")
    try:
        yield scratch
        os.replace(scratch, path)
    finally:
        scratch.unlink(missing_ok=True)
