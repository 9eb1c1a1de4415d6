"""Secrets are made strong, and nothing starts without them."""

import subprocess
import sys

import pytest

from service.stack import PYTHON, SERVICE

CREDENTIALS = SERVICE / "credentials.py"
WEAK = {
    "missing": (None, "cannot be read"),
    "empty": ("", "has fewer than"),
    "short": ("kX3vP9q", "has fewer than"),
    "of one character": ("x" * 64, "different characters"),
    "a default": ("minioadmin-password-ChangeMe-2026-" * 2, "well-known"),
}
READERS = {
    "credentials.py": "kek_passphrase",
    "migrate.py": "admin_password",
    "tracking.py": "flask_secret_key",
}


def start(script, secrets, **variables):
    command = [PYTHON, SERVICE / script, *(["check"] if script == "credentials.py" else [])]
    environment = {"SERVICE_SECRETS": str(secrets), "PATH": "/usr/bin:/bin"} | variables
    return subprocess.run(
        command, env=environment, capture_output=True, text=True, timeout=60, check=False
    )


def test_what_is_made_is_accepted_different_and_never_replaced(secrets):
    before = {path.name: path.read_text() for path in secrets.iterdir()}
    assert len(set(before.values())) == len(before)
    assert secrets.stat().st_mode & 0o777 == 0o700
    subprocess.run([sys.executable, CREDENTIALS, "make", secrets, "ben"], check=True)
    assert {path.name: path.read_text() for path in secrets.iterdir()} == before
    assert start("credentials.py", secrets).returncode == 0


# All scripts read their secrets by the same lines: of the others, one kind each will do.
@pytest.mark.parametrize(
    ("script", "kind"),
    [
        *(("credentials.py", kind) for kind in WEAK),
        *((script, "short") for script in READERS if script != "credentials.py"),
    ],
)
def test_a_part_whose_secret_is_missing_or_weak_does_not_start(secrets, script, kind):
    path = secrets / READERS[script]
    text, reason = WEAK[kind]
    path.unlink()
    if text is not None:
        path.write_text(text)
    refused = start(script, secrets)
    assert refused.returncode == 2
    (line,) = refused.stderr.splitlines()
    assert str(path) in line
    assert reason in line
    assert not text or text not in refused.stderr + refused.stdout


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("ada:short", "the password of ada has fewer than"),
        ("ada", "the password of ada has fewer than"),
        ("Ada Lovelace:kX3vP9qLm27sTz0b", "'Ada Lovelace' is no name for a user"),
        ("admin:kX3vP9qLm27sTz0b", "'admin' is no name for a user"),
        ("serve:kX3vP9qLm27sTz0b", "'serve' is no name for a user"),
    ],
)
def test_a_user_without_a_good_name_and_password_is_refused(secrets, line, reason):
    (secrets / "team").unlink()
    (secrets / "team").write_text(f"{line}\n")
    refused = start("credentials.py", secrets)
    assert refused.returncode == 2
    assert refused.stderr.count("\n") == 1
    assert reason in refused.stderr
    assert "kX3vP9qLm27sTz0b" not in refused.stderr


@pytest.mark.parametrize(
    ("variable", "text", "said"),
    [
        ("SERVICE_HOSTS", "10.*,localhost:8080", "exact names"),
        ("SERVICE_DATABASE", "postgresql://mlflow:hunter2@db/mlflow", "without one"),
    ],
)
def test_an_address_that_opens_a_hole_is_refused(secrets, variable, text, said):
    refused = start("tracking.py", secrets, **{variable: text})
    assert refused.returncode == 2
    assert said in refused.stderr
    assert "hunter2" not in refused.stderr
    assert refused.stderr.count("\n") == 1
