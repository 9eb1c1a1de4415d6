"""What is backed up comes back after everything was lost."""

import shutil
import subprocess

from service.callers import ARTIFACTS
from service.stack import PYTHON, SERVICE


def rows(service):
    """Of each table: its name, how many rows it has, and a digest of them."""
    tables = service.sql(
        "SELECT string_agg(format('SELECT %L, count(*), md5(coalesce(string_agg(t::text, '';'' "
        "ORDER BY t::text), '''')) FROM %I t', tablename, tablename), ' UNION ALL ') "
        "FROM pg_tables WHERE schemaname = 'public'",
        "mlflow",
    )
    return service.sql(f"{tables} ORDER BY 1", "mlflow")


def objects(service):
    """The files of the object store."""
    files = (path for path in service.objects.rglob("*") if path.is_file())
    return {path.relative_to(service.objects): path.read_bytes() for path in files}


def test_backup_wipe_restore_gives_the_same_tables_artifacts_and_models(service, caller, tmp_path):
    left = caller("ada").leave_belongings("backed-up")
    before = rows(service), objects(service)
    save(service, tmp_path)
    for part in ("tracking", "store"):
        service.kill(part)
    service.sql("DROP DATABASE mlflow WITH (FORCE)")
    service.sql("DROP ROLE mlflow")
    shutil.rmtree(service.objects.parents[1])

    service.make_database()
    service.start_store_and_migrate()
    assert rows(service) != before[0]
    bring_back(service, tmp_path)
    service.start_tracking()

    assert rows(service) == before[0]
    assert objects(service) == before[1]
    version = caller("ada").get("/model-versions/get", name=left["model"], version="1").json()
    assert version["model_version"]["run_id"] == left["run"]
    kept = caller("ada").ask("GET", f"{ARTIFACTS}/{left['folder']}/model/MLmodel")
    assert kept.text == "backed-up"


def save(service, folder):
    """What `make team-backup` does, inside the containers."""
    run(service, [SERVICE / "database.sh", "backup"], output=folder / "database.dump")
    run(service, [PYTHON, SERVICE / "artifacts.py", "backup"], output=folder / "artifacts.tar")


def bring_back(service, folder):
    """What `make team-restore` does, inside the containers."""
    run(service, [SERVICE / "database.sh", "restore"], given=folder / "database.dump")
    run(service, [PYTHON, SERVICE / "artifacts.py", "restore"], given=folder / "artifacts.tar")


def run(service, command, given=None, output=None):
    with open(given or "/dev/null", "rb") as stdin, open(output or "/dev/null", "wb") as stdout:
        subprocess.run(command, env=service.environment, stdin=stdin, stdout=stdout, check=True)
