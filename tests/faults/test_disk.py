"""The disk is full, or the store cannot be written: one line, a sound store, and on it goes."""

import os
import subprocess
import sys
from dataclasses import dataclass

import pytest
from conftest import Completed, Place

SEARCH = ("mlp_search", "--preset", "smoke", "--grid", "grid.yaml")
KEEP_MOUNTED = 'mount -t tmpfs -o size=6m none "$0" && echo ready && exec sleep 900'
GRID = "{architecture: ['128'], dropout: [0.1, 0.2, 0.3]}"
CHECK = "import sqlite3; print(*sqlite3.connect('mlflow.db').execute('PRAGMA integrity_check'))"


@dataclass(frozen=True)
class Disk:
    """A file system of 6 MB, which only processes in its mount namespace see."""

    place: Place
    keeper: int

    def run(self, *command: str) -> Completed:
        """Run a command in the file system's folder."""
        there = ["nsenter", "-t", str(self.keeper), "-m", "sh", "-c", 'cd "$0" && exec "$@"']
        return subprocess.run(
            [*there, str(self.place.folder), *command],
            env=self.place.environment,
            capture_output=True,
            text=True,
        )

    def entry(self, name: str, *arguments: str) -> Completed:
        """Run an entry there."""
        return self.run(sys.executable, "-m", "entrypoints", name, *arguments)


@pytest.fixture
def disk(tmp_path):
    if os.geteuid() != 0:
        pytest.skip("needs root, who alone mounts file systems")
    command = ["unshare", "-m", "sh", "-c", KEEP_MOUNTED, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as keeper:
        if keeper.stdout.readline() != "ready\n":
            pytest.skip("needs a file system to mount; a container needs --privileged")
        made = Disk(Place(tmp_path), keeper.pid)
        made.run("sh", "-c", f'echo "{GRID}" >grid.yaml')
        yield made
        keeper.kill()


def test_a_store_that_cannot_be_written_is_refused(disk):
    disk.run("mount", "-o", "remount,ro", str(disk.place.folder))
    refused = disk.entry(*SEARCH)
    assert refused.returncode == 2
    assert refused.stderr.splitlines()[-1].endswith("the file cannot be written")
    assert "Traceback" not in refused.stderr


@pytest.mark.long
@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_full_disk_stops_the_search_until_there_is_space(disk, workers):
    search = (*SEARCH, "--workers", workers)
    assert disk.entry("init").returncode == 0
    for free in (0, 300_000, 900_000):  # full for the run, for a bundle, for the artifacts
        disk.run("sh", "-c", f"head -c $(( $(stat -f -c %a .) * 4096 - {free} )) /dev/zero >filler")
        full = disk.entry(*search)
        assert full.returncode == 1
        said = full.stdout + full.stderr.splitlines()[-1]
        assert "No space left on device" in said or "database or disk is full" in said
        assert "Traceback" not in full.stderr
        assert disk.run(sys.executable, "-c", CHECK).stdout == "('ok',)\n"
        disk.run("rm", "filler")
    again = disk.entry(*search)
    assert again.returncode == 0, again.stderr
    assert "expected 3, done 3" in again.stdout
