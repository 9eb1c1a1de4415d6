"""Which commit of the project runs, and what was changed since; no Keras."""

import os
import subprocess
from functools import cache
from pathlib import Path

from fmnist.files import PROJECT

UNKNOWN = "unknown"
# The end of a commit whose files were changed.
DIRTY = "-dirty"


@cache
def commit(folder: Path = PROJECT) -> str:
    """The commit of the repository whose top a folder is, with "-dirty" if its files were changed.

    "unknown" outside git, and for a copy inside another project's repository.
    """
    try:
        top, _, found = (
            _git(folder, "rev-parse", "--show-toplevel", "HEAD").strip().rpartition("\n")
        )
        if not os.path.samefile(top, folder):
            return UNKNOWN
        changed = _git(folder, "status", "--porcelain", "--untracked-files=no")
    except (OSError, subprocess.CalledProcessError):
        return UNKNOWN
    return f"{found}{DIRTY}" if changed else found


def changes(folder: Path = PROJECT) -> str:
    """What was changed in a repository's files since its commit; nothing outside git."""
    try:
        return _git(folder, "diff", "--no-ext-diff", "--no-color", "HEAD")
    except (OSError, subprocess.CalledProcessError):
        return ""


def _git(folder: Path, *arguments: str) -> str:
    """What git says of the repository that a folder is in, whichever one the environment names."""
    inherited = {
        name: text
        for name, text in os.environ.items()
        if not name.startswith("GIT_") or name.startswith("GIT_CONFIG")
    }
    done = subprocess.run(
        ["git", *arguments],
        cwd=folder,
        env=inherited | {"GIT_OPTIONAL_LOCKS": "0"},
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        check=True,
    )
    return done.stdout
