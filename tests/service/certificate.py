"""A certificate for 127.0.0.1 that nobody signed, as a team without an authority makes one."""

import shutil
import subprocess
from pathlib import Path

from system import need


def make(folder: Path, name: str = "tls") -> None:
    """Write NAME.crt and NAME.key, which the proxy's user can read."""
    need(shutil.which("openssl") is not None, "openssl", "openssl")
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1"]
    files = ["-keyout", folder / f"{name}.key", "-out", folder / f"{name}.crt"]
    of = ["-subj", "/CN=x", "-addext", "subjectAltName=IP:127.0.0.1"]
    subprocess.run([*command, *files, *of], check=True, capture_output=True)
    for file in folder.glob(f"{name}.*"):
        file.chmod(0o444)
