"""Files that several processes use."""

import os
import tempfile
from pathlib import Path

import pytest

from fmnist.errors import InvalidInput
from fmnist.files import locked, replacing

NOBODY = 65_534


@pytest.fixture
def folder(tmp_path):
    """A folder in which this process is not root: root may write everything."""
    if os.geteuid() != 0:
        yield tmp_path
        return
    with tempfile.TemporaryDirectory() as made:  # pytest's own is closed to others
        os.chmod(made, 0o755)
        os.chown(made, NOBODY, NOBODY)
        os.seteuid(NOBODY)
        yield Path(made)
        os.seteuid(0)


def test_one_at_a_time_holds_a_lock(tmp_path):
    path = tmp_path / "new" / "lock"
    with locked(path, wait=True) as first, locked(path, wait=False) as second:
        assert (first, second) == (True, False)
    with locked(path, wait=False) as again:
        assert again


def test_a_refusal_without_a_cure_is_one_line_for_anothers_lock_file(folder):
    (folder / "lock").touch(0o444)
    with pytest.raises(InvalidInput, match=r"lock: cannot be locked \(Permission denied\); acc"):
        locked(folder / "lock", wait=True).__enter__()


def test_a_refusal_without_a_cure_is_one_line_for_a_folder_that_cannot_be_written(folder):
    folder.chmod(0o555)
    with pytest.raises(InvalidInput, match=r"lock: cannot be locked \(Permission denied\); acc"):
        locked(folder / "lock", wait=True).__enter__()


def test_two_that_write_one_file_do_not_share_their_scratch_file(tmp_path):
    path = tmp_path / "file"
    with replacing(path) as one, replacing(path) as other:
        one.write_text("one", encoding="utf-8")
        other.write_text("other", encoding="utf-8")
    assert path.read_text(encoding="utf-8") == "one"
    assert list(tmp_path.iterdir()) == [path]
