"""The service's secrets: one file each in one folder; made strong, refused when missing or weak.

python3 credentials.py make FOLDER [USER ...]   makes what is missing; replaces nothing
python3 credentials.py check                    exit code 2 and one line for what is refused
"""

import os
import re
import secrets
import string
import sys
from pathlib import Path
from typing import NoReturn

# How many characters are made; half of it is the least that is accepted.
LENGTHS = {
    "admin_password": 32,
    "database_password": 32,
    "flask_secret_key": 64,
    "kek_passphrase": 64,
    "postgres_password": 32,
    "ray_token": 64,
    "serve_password": 32,
}
TEAM = "team"  # a line for each user: name:password
LEAST_OF_USERS = 12  # as MLflow asks of those who change theirs
USER = re.compile("[a-z0-9._-]+")
RESERVED = ("admin", "serve")
LEAST_DIFFERENT = 8
KNOWN = re.compile(
    "password|changeme|change-me|secret|admin|example|default|mlflow|postgres|123456"
)
ALPHABET = string.ascii_letters + string.digits


def folder() -> Path:
    """Where the secrets are: `SERVICE_SECRETS`, or where Compose mounts them."""
    return Path(os.environ.get("SERVICE_SECRETS", "/run/secrets"))


def read(name: str) -> str:
    """A secret; ends the process with exit code 2 if it is missing or weak."""
    text = _text(name)
    if problem := weakness(text, LENGTHS[name] // 2):
        _refuse_file(name, problem)
    return text


def team() -> dict[str, str]:
    """The passwords of the team's users by name; refused like any secret."""
    users: dict[str, str] = {}
    for line in _text(TEAM).splitlines():
        name, _, password = line.strip().partition(":")
        if not USER.fullmatch(name) or name in RESERVED:
            _refuse_file(TEAM, f"{name!r} is no name for a user; accepted are a-z, 0-9, ., _ and -")
        if problem := weakness(password, LEAST_OF_USERS):
            _refuse_file(TEAM, f"the password of {name} {problem}")
        users[name] = password
    return users


def weakness(text: str, least: int) -> str | None:
    """What is wrong with a secret, without a word of it; None if nothing is."""
    if len(text) < least:
        return f"has fewer than {least} characters"
    if len(set(text)) < LEAST_DIFFERENT:
        return f"has fewer than {LEAST_DIFFERENT} different characters"
    if KNOWN.search(text.lower()):
        return "is a well-known one, or holds a well-known word"
    return None


def refuse(line: str) -> NoReturn:
    """End the process with exit code 2 and one line."""
    print(line, file=sys.stderr)
    raise SystemExit(2)


def _refuse_file(name: str, problem: str) -> NoReturn:
    refuse(f"{folder() / name}: {problem}; `make secrets` makes what is missing")


def _text(name: str) -> str:
    try:
        return (folder() / name).read_text(encoding="utf-8").strip()
    except OSError as error:
        _refuse_file(name, f"cannot be read ({error.strerror})")


def make(into: Path, users: list[str]) -> None:
    """Write what is missing.

    The folder is closed to other users of the machine. The files in it can be read, since Compose
    mounts each as it is into containers whose user is another one.
    """
    into.mkdir(mode=0o700, parents=True, exist_ok=True)
    into.chmod(0o700)
    made = {name: _random(length) for name, length in LENGTHS.items()}
    lines = [f"{user}:{_random(24)}\n" for user in users]
    for name, text in {**made, TEAM: "".join(lines)}.items():
        if not (into / name).exists():
            (into / name).write_text(text, encoding="utf-8")
            (into / name).chmod(0o644)


def _random(length: int) -> str:
    while True:
        text = "".join(secrets.choice(ALPHABET) for _ in range(length))
        if not weakness(text, length):
            return text


def check() -> None:
    """Refuse to start anything unless every secret is there and strong."""
    for name in LENGTHS:
        read(name)
    team()


if __name__ == "__main__":
    if sys.argv[1] == "make":
        make(Path(sys.argv[2]), sys.argv[3:])
    else:
        check()
