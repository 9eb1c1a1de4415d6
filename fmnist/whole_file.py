"""Write a file whole or not at all, also when another process writes the same."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


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
