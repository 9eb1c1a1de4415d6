"""Files that several processes use."""

import os
import tempfile
from pathlib import Path

import pytest

from fmnist.errors import InvalidInput
from fmnist.files import check_output, locked, replacing

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
        os.setresuid(NOBODY, NOBODY, 0)
        yield Path(made)
        os.setresuid(0, 0, 0)


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


def test_an_output_that_cannot_be_written_is_refused_before_anything_is_done(folder):
    check_output(folder / "new" / "table.csv", "a CSV file")
    check_output(folder / "tables", "a folder", is_folder=True)
    assert not any(folder.iterdir())  # what is refused later leaves no empty folder
    (folder / "file").touch(0o444)
    (folder / "closed").mkdir(0o555)
    for path, is_folder, said in (
        (folder, False, "a folder; accepted is a thing, or none"),
        (folder / "file", True, "a file; accepted is a thing, or none"),
        (folder / "file", False, "Permission denied; accepted is a thing, or none"),
        (folder / "closed", True, "Permission denied; accepted is a thing, or none"),
        (folder / "closed" / "new" / "x", False, "Permission denied; accepted is a thing, or none"),
        (folder / "file" / "x", False, f"{folder}/file is a file; accepted is a thing, or none"),
    ):
        with pytest.raises(InvalidInput) as refusal:
            check_output(path, "a thing", is_folder=is_folder)
        assert str(refusal.value) == f"output={path}: {said}"


def test_two_that_write_one_file_do_not_share_their_scratch_file(tmp_path):
    path = tmp_path / "file"
    with replacing(path) as one, replacing(path) as other:
        one.write_text("one", encoding="utf-8")
        other.write_text("other", encoding="utf-8")
    assert path.read_text(encoding="utf-8") == "one"
    assert list(tmp_path.iterdir()) == [path]
