"""Start the object store: rclone's S3 server on a folder, for the one pair of keys."""

import os
import sys
from pathlib import Path

import credentials
import settings


def command(folder: Path) -> list[str]:
    """The server, as it is started; it has the keys from its environment.

    Writes that are not done lie beside the objects, so that they outlive a server that dies.
    """
    address = os.environ.get("SERVICE_ADDRESS", "0.0.0.0")
    port = os.environ.get("SERVICE_PORT", "9000")
    return [
        str(Path(sys.executable).parent / "rclone"), "serve", "s3", "--addr", f"{address}:{port}",
        "--vfs-cache-mode", "full", "--vfs-write-back", "0s", "--cache-dir", str(folder / "cache"),
        "--config", "", str(folder / "objects"),
    ]  # fmt: skip


if __name__ == "__main__":
    place = Path(os.environ.get("SERVICE_OBJECTS", "/data"))
    (place / "objects" / settings.bucket()).mkdir(parents=True, exist_ok=True)
    access, secret = credentials.read("s3_access_key"), credentials.read("s3_secret_key")
    os.environ["RCLONE_AUTH_KEY"] = f'"{access},{secret}"'
    started = command(place)
    os.execv(started[0], started)
