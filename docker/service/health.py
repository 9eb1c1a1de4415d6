"""Whether the tracking server can work: it and its database answer, its disk takes artifacts.

MLflow's /health says OK when its database is gone. An S3 is not asked.
"""

import errno
import os
import shutil
import sys
import urllib.request

import settings
import sqlalchemy

SECONDS = 5
LEAST_FREE = 64 * 1024**2  # bytes: the largest models of the study take 44 MB


def check() -> None:
    """Ask all three; raises what the first one raises that cannot be used."""
    port = os.environ.get("SERVICE_PORT", "5000")
    urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=SECONDS).close()
    limits = {"connect_timeout": SECONDS}
    with sqlalchemy.create_engine(settings.database(), connect_args=limits).connect() as connection:
        connection.execute(sqlalchemy.text("SELECT 1 FROM experiments LIMIT 1"))
    folder = settings.artifacts()
    if "://" in folder:
        return
    if not os.access(folder, os.W_OK):
        raise PermissionError(folder)
    if shutil.disk_usage(folder).free < LEAST_FREE:
        raise OSError(errno.ENOSPC, folder)


if __name__ == "__main__":
    settings.use_credentials()
    try:
        check()
    except Exception as error:
        sys.exit(f"{type(error).__name__}")
