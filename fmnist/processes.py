"""Which user and process a run belongs to, and whether that process is gone."""

import os
import socket
from pathlib import Path

import psutil


def user() -> str:
    """Who works here: as the tracking server knows them, or else the operating system."""
    return os.environ.get("MLFLOW_TRACKING_USERNAME") or psutil.Process().username()


def owner() -> str:
    """The current process, as no other: host, boot, process number, its start."""
    process = psutil.Process()
    return f"{socket.gethostname()} {_boot()} {process.pid} {process.create_time():.2f}"


def _boot() -> str:
    """The machine's boot, as Linux identifies it; else when it was."""
    identity = Path("/proc/sys/kernel/random/boot_id")
    return identity.read_text().strip() if identity.is_file() else f"{psutil.boot_time():.0f}"


def is_gone(described: str, elsewhere: bool) -> bool:
    """Whether a process of this machine has ended; of other machines it is `elsewhere`."""
    host, boot, pid, started = (described.split(" ") + [""] * 4)[:4]
    if host != socket.gethostname() or not pid:
        return elsewhere
    try:
        process = psutil.Process(int(pid))
        ended = process.status() == psutil.STATUS_ZOMBIE
        return ended or boot != _boot() or f"{process.create_time():.2f}" != started
    except psutil.NoSuchProcess:
        return True
