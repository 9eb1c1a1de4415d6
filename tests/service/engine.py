"""A `docker` that runs the commands of containers here, and writes down what it was asked for.

Like Docker it passes no signal on to them.
"""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

from conftest import PROJECT

TWO_WORDS = ("--project-directory", "--file")
ASKED = "asked.txt"


class Engine:
    """A folder with that `docker`, in which paths of containers are those of this machine."""

    def __init__(self, folder: Path, environment: dict[str, str], paths: dict[str, Path]) -> None:
        self.folder = folder
        docker = folder / "bin" / "docker"
        docker.parent.mkdir(exist_ok=True)
        docker.write_text(f'#!/bin/sh\nexec {sys.executable} -P {__file__} "$@"\n')
        docker.chmod(0o755)
        self.environment = environment | {
            "PATH": f"{docker.parent}:{environment['PATH']}",
            "PYTHONPATH": str(PROJECT / "tests"),
            "ENGINE_FOLDER": str(folder),
            "ENGINE_PATHS": json.dumps({path: str(here) for path, here in paths.items()}),
        }

    @property
    def asked(self) -> list[str]:
        """The commands of Compose so far, without their options."""
        file = self.folder / ASKED
        return file.read_text().splitlines() if file.exists() else []

    def make(self, *words: str, project: Path = PROJECT) -> subprocess.CompletedProcess[str]:
        """Run a target of the project's Makefile."""
        return subprocess.run(
            ["make", "--silent", *words],
            cwd=project,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=120,
        )


def play(words: list[str]) -> int:
    """Do what Compose would; returns the exit code."""
    rest = words[1:]
    while rest[0] in TWO_WORDS:
        rest = rest[2:]
    verb, *rest = rest
    while rest and rest[0].startswith("-"):
        rest = rest[1:]
    folder = Path(os.environ["ENGINE_FOLDER"])
    with (folder / ASKED).open("a") as file:
        print(verb, *rest[:1], file=file)
    if verb == "port":
        print("0.0.0.0:8080")
    if verb not in ("exec", "run") or not rest[1:]:
        return 0
    paths = json.loads(os.environ["ENGINE_PATHS"])
    command = rest[1:]
    for path, here in paths.items():
        command = [word.replace(path, here) for word in command]
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)  # a shell may have it ignored
    inside = subprocess.Popen(command, cwd=PROJECT, start_new_session=True)
    return inside.wait()


if __name__ == "__main__":
    sys.exit(play(sys.argv[1:]))
