"""A real smoke study, made once through `mlflow run`, and the ways tests run the product."""

import os
import shutil
import sqlite3
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from filelock import FileLock

# The tests are of processors, also where there is a GPU.
os.environ |= {"CUDA_VISIBLE_DEVICES": "", "JAX_PLATFORMS": "cpu"}
# What a person has set for their own work: an address for alerts, a backend, a tracking server.
for name in [*os.environ]:
    if name.startswith(("FMNIST_", "KERAS_", "MLFLOW_")) and name != "FMNIST_DATA_DIR":
        del os.environ[name]
PROJECT = Path(__file__).parent.parent
Completed = subprocess.CompletedProcess[str]


# What takes minutes to make, or more than Python: `make test-fast` leaves out what uses it.
SLOW = {"place", "study", "service", "browser", "prepared"}
SLOW_FOLDERS = {"training", "search", "faults"}


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add what only CI asks for."""
    parser.addoption("--forbid-skips", action="store_true", help="a skipped test is a failure")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Function]) -> None:
    """Mark as slow what needs a study, a service or a browser, starts processes, or trains much."""
    for item in items:
        if SLOW & set(item.fixturenames) or item.path.parent.name in SLOW_FOLDERS:
            item.add_marker("slow")


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Let nothing be skipped where that is forbidden."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if session.config.getoption("forbid_skips") and reporter and reporter.stats.get("skipped"):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@dataclass(frozen=True)
class Place:
    """A folder with a tracking store of its own, and how to run entries against it."""

    folder: Path

    @property
    def environment(self) -> dict[str, str]:
        own = {
            "MLFLOW_TRACKING_URI": f"sqlite:///{self.folder}/mlflow.db",
            "FMNIST_BUNDLE_DIR": str(self.folder / "bundles"),
            "TF_CPP_MIN_LOG_LEVEL": "3",
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": str(PROJECT),
        }
        inherited = {name: text for name, text in os.environ.items() if "MLFLOW" not in name}
        return inherited | own

    def start(self, entry: str, *arguments: str, **variables: str) -> subprocess.Popen[str]:
        """Start `python -m entrypoints ENTRY` in the folder."""
        return subprocess.Popen(
            [sys.executable, "-m", "entrypoints", entry, *arguments],
            cwd=self.folder,
            env=self.environment | variables,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, entry: str, *arguments: str, **variables: str) -> Completed:
        """Run `python -m entrypoints ENTRY` in the folder to its end."""
        process = self.start(entry, *arguments, **variables)
        try:
            out, err = process.communicate(timeout=560)
        finally:
            process.kill()
        return subprocess.CompletedProcess(process.args, process.returncode, out, err)

    def mlflow_run(self, entry: str, **parameters: str) -> Completed:
        """Run an entry as `mlflow run` does, with this environment's packages."""
        given = [word for name, text in parameters.items() for word in ("-P", f"{name}={text}")]
        command = ["mlflow", "run", str(PROJECT), "-e", entry, "--env-manager", "local", *given]
        return subprocess.run(
            command,
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=560,
        )

    def copy(self, folder: Path) -> "Place":
        """Another place, whose store holds the same runs and keeps new artifacts in its folder."""
        shutil.copy(self.folder / "mlflow.db", folder)
        keep_artifacts(folder / "mlflow.db", folder)
        return Place(folder)

    def use(self, monkeypatch: pytest.MonkeyPatch):
        """The store, opened in this process."""
        from fmnist.tracking.store import open_store

        monkeypatch.chdir(self.folder)  # MLflow keeps artifacts where it is called
        for name in ("MLFLOW_TRACKING_URI", "FMNIST_BUNDLE_DIR"):
            monkeypatch.setenv(name, self.environment[name])
        return open_store()


def keep_artifacts(database: Path, folder: Path) -> None:
    """Let a copied store keep new artifacts in a folder, not where the first one was made."""
    with sqlite3.connect(database) as opened:
        opened.execute("UPDATE experiments SET artifact_location = ?", [f"{folder}/mlruns"])


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """An empty folder."""
    return Place(tmp_path)


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database of MLflow's without runs, which takes seconds to make. Copy it."""
    from fmnist.tracking.store import open_store

    path = tmp_path_factory.mktemp("made") / "mlflow.db"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{path}")
        open_store()
    return path


@pytest.fixture
def database(empty_database: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of it, which MLflow has not opened yet, as the current store."""
    monkeypatch.chdir(tmp_path)
    for name in ("EXPERIMENT_ID", "EXPERIMENT_NAME", "RUN_ID"):
        monkeypatch.delenv(f"MLFLOW_{name}", raising=False)
    path = Path(shutil.copy(empty_database, tmp_path))
    keep_artifacts(path, tmp_path)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def study(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Place:
    """A folder whose store holds the whole study at preset=smoke. Read it, do not write it.

    It takes minutes: with several processes the first makes it, and the others wait for it.
    """
    base = tmp_path_factory.getbasetemp()
    shared = base if worker_id == "master" else base.parent
    made = Place(shared / "study")
    output = made.folder / "output.txt"
    with FileLock(shared / "study.lock"):
        if not output.exists():
            made.folder.mkdir(exist_ok=True)
            done = made.mlflow_run("main", preset="smoke")
            assert done.returncode == 0, done.stdout + done.stderr
            output.write_text(done.stdout)
    return made


@pytest.fixture
def study_copy(study: Place, tmp_path: Path) -> Place:
    """The smoke study's store, to be written; the study's own artifacts stay where they are."""
    return study.copy(tmp_path)


@pytest.fixture(scope="session")
def written_report(study: Place, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of the smoke study."""
    from fmnist.report import page
    from fmnist.study.options import Options

    path = tmp_path_factory.mktemp("report") / "report.html"
    with pytest.MonkeyPatch.context() as patch:
        page.write(path, Options(preset="smoke"), study.use(patch))
    return path
