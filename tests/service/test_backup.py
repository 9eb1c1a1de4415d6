"""What is backed up comes back after everything was lost."""

import re
import shutil
import subprocess

import pytest

from service.callers import ARTIFACTS
from service.engine import Engine
from service.stack import SERVICE

# A table of a later version, which has no place in what was saved.
NEWER = "CREATE TABLE newer (run_uuid varchar(32) REFERENCES runs)"


@pytest.fixture
def engine(service, tmp_path):
    """Docker, whose containers are the parts of the service that runs here."""
    paths = {"/data/artifacts": service.artifacts, "/docker-entrypoint-initdb.d": SERVICE}
    return Engine(tmp_path, service.environment, paths)


def rows(service):
    """Of each table: its name, how many rows it has, and a digest of them."""
    tables = service.sql(
        "SELECT string_agg(format('SELECT %L, count(*), md5(coalesce(string_agg(t::text, '';'' "
        "ORDER BY t::text), '''')) FROM %I t', tablename, tablename), ' UNION ALL ') "
        "FROM pg_tables WHERE schemaname = 'public'",
        "mlflow",
    )
    return service.sql(f"{tables} ORDER BY 1", "mlflow")


def files(service):
    """The files of the artifacts."""
    found = (path for path in service.artifacts.rglob("*") if path.is_file())
    return {path.relative_to(service.artifacts): path.read_bytes() for path in found}


def test_backup_wipe_restore_gives_the_same_tables_artifacts_and_models(
    service, caller, tmp_path, engine
):
    left = caller("ada").leave_belongings("backed-up")
    before = rows(service), files(service)
    missing = engine.make("team-restore", f"FOLDER={tmp_path / 'none'}")
    assert (missing.returncode, engine.asked) == (2, [])
    assert "database.dump: is missing" in missing.stderr
    saved = engine.make("team-backup", f"FOLDER={tmp_path}")
    assert saved.returncode == 0, saved.stderr
    service.kill("tracking")
    service.sql("DROP DATABASE mlflow WITH (FORCE)")
    service.sql("DROP ROLE mlflow")
    shutil.rmtree(service.artifacts)

    service.make_database()
    service.migrate()
    service.sql(NEWER, "mlflow")
    assert rows(service) != before[0]
    asked = len(engine.asked)
    restored = engine.make("team-restore", f"FOLDER={tmp_path}")
    assert restored.returncode == 0, restored.stderr
    assert engine.asked[asked:] == ["stop tracking", "exec db", "run migrate", "run migrate", "up"]
    assert (tmp_path / "database.dump").stat().st_mode & 0o077 == 0
    service.start_tracking()

    assert rows(service) == before[0]
    assert files(service) == before[1]
    version = caller("ada").get("/model-versions/get", name=left["model"], version="1").json()
    assert version["model_version"]["run_id"] == left["run"]
    kept = caller("ada").ask("GET", f"{ARTIFACTS}/{left['folder']}/model/MLmodel")
    assert kept.text == "backed-up"


def test_the_artifacts_of_a_former_object_store_are_brought_over_by_the_command_of_the_readme(
    tmp_path,
):
    text = (SERVICE.parent / "README.md").read_text()
    (command,) = re.findall(r"run --rm --no-deps migrate sh -c '(.+)'", text)
    former, now = (tmp_path / name / "1" / "run" for name in ("objects/mlflow", "artifacts"))
    former.mkdir(parents=True)
    (former / "record.json").write_text("of before")
    now.mkdir(parents=True)
    (now / "later.json").write_text("of now")
    subprocess.run(["sh", "-c", command.replace("/data", str(tmp_path))], check=True)
    assert {file.name: file.read_text() for file in now.iterdir()} == {
        "record.json": "of before", "later.json": "of now",
    }  # fmt: skip
