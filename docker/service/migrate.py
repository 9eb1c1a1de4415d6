"""Prepare what the tracking server needs, once, before anything that uses it starts.

The database's tables, or their upgrade; the artifacts' folder; the administrator, the team's users
and what they may do. What is there already is left as it is: it can be run again, and is at every
start.
"""

from pathlib import Path

import credentials
import settings


def prepare_database() -> None:
    """Make MLflow's tables, or bring them to this version's schema."""
    from mlflow import db

    db.commands(["upgrade", settings.database()], standalone_mode=False)


def prepare_artifacts() -> None:
    """Make the folder, unless it is there; a bucket is made by its owner."""
    if "://" not in settings.artifacts():
        Path(settings.artifacts()).mkdir(parents=True, exist_ok=True)


if __name__ == "__main__":
    credentials.check()
    settings.use_credentials()
    settings.harden()
    prepare_database()
    prepare_artifacts()
    import bootstrap  # reads the settings as it is imported

    bootstrap.bootstrap()
    print("The database, the artifacts' folder and the team's permissions are ready.")
