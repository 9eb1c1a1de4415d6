"""Start the tracking server: MLflow's own, hardened, on the team's database and artifacts."""

import os
import sys

import settings

# How long a process may be too busy to answer the one that watches it, which else kills it and what
# it works at: uvicorn's own 5 are too few for a machine that trains.
BUSY_SECONDS = 60


def command() -> list[str]:
    """MLflow's server, as it is started."""
    return [
        sys.executable, "-m", "mlflow", "server",
        "--app-name", "basic-auth",
        "--backend-store-uri", settings.database(),
        "--serve-artifacts", "--artifacts-destination", settings.artifacts(),
        "--host", os.environ.get("SERVICE_ADDRESS", "0.0.0.0"),
        "--port", os.environ.get("SERVICE_PORT", "5000"),
        "--workers", os.environ.get("SERVICE_WORKERS", "2"),
        "--uvicorn-opts", f"--timeout-worker-healthcheck {BUSY_SECONDS}",
    ]  # fmt: skip


if __name__ == "__main__":
    settings.use_credentials()
    settings.harden()
    os.execv(sys.executable, command())
