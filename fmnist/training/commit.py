"""The project's commit that runs, and the uncommitted changes; no Keras."""

import os
import subprocess
from functools import cache
from pathlib import Path

from fmnist.files import PROJECT

UNKNOWN = "unknown"
# Marks a commit with uncommitted changes.
DIRTY = "-dirty"


@cache
def commit(folder: Path = PROJECT) -> str:
    """The commit of the repository at `folder`, with "-dirty" if tracked files were changed.

    It is "unknown" outside git, and in a folder that is not the top of its repository, such as a
    copy of the project inside another one.
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
    """The diff of a repository's tracked files against its commit; empty outside git."""
    try:
        return _git(folder, "diff", "--no-ext-diff", "--no-color", "HEAD")
    except (OSError, subprocess.CalledProcessError):
        return ""


def _git(folder: Path, *arguments: str) -> str:
    """The output of git for a folder's repository, even if GIT_DIR or others name another."""
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
