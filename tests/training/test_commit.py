"""The commit is the project's own, or unknown: seen with real repositories."""

import subprocess

import pytest

from fmnist.training.commit import UNKNOWN, changes, commit

IDENTITY = ("-c", "user.name=Ada", "-c", "user.email=ada@example.com")


def git(folder, *arguments):
    command = ["git", *IDENTITY, *arguments]
    return subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout


def repository(folder):
    """A repository of two commits."""
    folder.mkdir(parents=True)
    git(folder, "init")
    for text in ("one\n", "two\n"):
        (folder / "code.py").write_text(text)
        git(folder, "add", "code.py")
        git(folder, "commit", "--message", text.strip())
    return folder


@pytest.fixture
def project(tmp_path):
    return repository(tmp_path / "project")


@pytest.fixture
def head(project):
    found = git(project, "rev-parse", "HEAD").strip()
    assert len(found) == 40
    return found


def test_an_annotated_tag_is_not_the_commit(project, head):
    git(project, "tag", "--annotate", "v1", "--message", "first")
    assert commit(project) == head


def test_a_worktree_and_a_shallow_clone_have_their_commit(project, head, tmp_path):
    git(project, "worktree", "add", str(tmp_path / "tree"), "HEAD~1")
    assert commit(tmp_path / "tree") == git(project, "rev-parse", "HEAD~1").strip()
    git(tmp_path, "clone", "--depth=1", project.as_uri(), "shallow")
    assert commit(tmp_path / "shallow") == head


def test_a_copy_inside_another_repository_has_none(project):
    copy = project / "unpacked" / "fmnist-main"
    copy.mkdir(parents=True)
    (copy / "code.py").touch()
    assert commit(copy) == UNKNOWN
    git(project, "add", "unpacked")
    git(project, "commit", "--message", "Keep the copy")
    assert commit(copy) == UNKNOWN


def test_outside_git_and_before_the_first_commit_there_is_none(tmp_path):
    assert commit(tmp_path) == UNKNOWN
    (tmp_path / "empty").mkdir()
    git(tmp_path / "empty", "init")
    assert commit(tmp_path / "empty") == UNKNOWN


def test_a_repository_that_the_environment_names_is_not_asked(project, head, tmp_path, monkeypatch):
    other = repository(tmp_path / "other")
    monkeypatch.setenv("GIT_DIR", str(other / ".git"))
    monkeypatch.setenv("GIT_WORK_TREE", str(other))
    assert commit(project) == head


def test_changed_files_are_said_and_kept(project, head):
    assert changes(project) == ""
    (project / "unknown.txt").touch()  # no file of the commit
    (project / "code.py").write_text("three\n")
    assert commit(project) == f"{head}-dirty"
    assert "-two\n+three\n" in changes(project)
