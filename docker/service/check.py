"""Refuse what is wrong before Compose replaces a container: run on the host by `make team-up`.

python3 check.py FOLDER    the folder of compose.yaml, .env and secrets; exit code 2 and one line
"""

import os
import ssl
import sys
from pathlib import Path

import credentials

CERTIFICATE, KEY = "tls.crt", "tls.key"


def settings(file: Path) -> dict[str, str]:
    """What Compose reads: the environment before the file."""
    lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
    pairs = (line.partition("=") for line in lines if not line.lstrip().startswith("#"))
    return {name.strip(): text.strip(" \"'") for name, _, text in pairs} | dict(os.environ)


def check_certificate(secrets: Path) -> None:
    """Refuse a certificate that the proxy of profile tls could not use."""
    files = [secrets / CERTIFICATE, secrets / KEY]
    for file in files:
        if not file.exists():
            credentials.refuse(f"{file}: is missing; profile tls needs it")
        if not file.stat().st_mode & 0o004:
            credentials.refuse(f"{file}: the proxy's user cannot read it; `chmod 0444` lets it")
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(*files, password=lambda: "")
    except OSError as error:
        credentials.refuse(f"{files[0]}, {files[1]}: no certificate and its key ({error})")


def check(folder: Path) -> None:
    """Refuse weak secrets, a certificate that is of no use, and a pattern of host names."""
    os.environ["SERVICE_SECRETS"] = str(folder / "secrets")
    credentials.check()
    chosen = settings(folder / ".env")
    if "tls" in chosen.get("COMPOSE_PROFILES", "").split(","):
        check_certificate(folder / "secrets")
    if "*" in (hosts := chosen.get("FMNIST_HOSTS", "")):
        credentials.refuse(f"FMNIST_HOSTS={hosts}: accepted are exact names with ports, without *")


if __name__ == "__main__":
    check(Path(sys.argv[1]))
