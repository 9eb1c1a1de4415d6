"""docker/run.sh: what was started in the head is stopped from outside, and says how it ended."""

import os
import signal
import subprocess
import sys

import pytest
from faults.support import running, until

from service.engine import Engine
from service.stack import SERVICE

RUN = SERVICE.parent / "run.sh"
MLFLOW = f"""#!{sys.executable}
import os, pathlib, signal, sys
folder = pathlib.Path(os.environ["ENGINE_FOLDER"])
login = os.environ["MLFLOW_TRACKING_USERNAME"], os.environ["MLFLOW_TRACKING_PASSWORD"]
(folder / sys.argv[-1]).write_text(" ".join(login))
try:
    signal.pause()
except KeyboardInterrupt:
    print("interrupted", *sys.argv[1:])
    sys.exit(130)
"""


@pytest.fixture
def engine(tmp_path):
    login = {"MLFLOW_TRACKING_USERNAME": "ada", "MLFLOW_TRACKING_PASSWORD": "hunter2"}
    made = Engine(tmp_path, os.environ | login, {})
    mlflow = tmp_path / "bin" / "mlflow"
    mlflow.write_text(MLFLOW)
    mlflow.chmod(0o755)
    return made


def start(engine, entry):
    """Start an entry as at a terminal, and wait until it is at work."""
    process = subprocess.Popen(
        [RUN, entry, "-P", f"at={entry}"],
        env=engine.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    until(lambda: (engine.folder / f"at={entry}").exists())
    return process


def test_ctrl_c_stops_the_own_search_and_the_command_stop_all_others(engine):
    with running(start(engine, "mine")) as mine, running(start(engine, "another")) as another:
        assert (engine.folder / "at=mine").read_text() == "ada hunter2"
        os.killpg(mine.pid, signal.SIGINT)  # as a terminal does
        out, _ = mine.communicate(timeout=30)
        assert mine.returncode == 130
        assert "interrupted run . --env-manager local -e mine -P at=mine" in out
        assert out.splitlines()[-1] == "The runs: http://127.0.0.1:8080"
        assert another.poll() is None
        subprocess.run([RUN, "stop"], env=engine.environment, check=True, timeout=30)
        out, _ = another.communicate(timeout=30)
        assert another.returncode == 130
        assert "interrupted" in out


def test_an_entrys_exit_code_is_that_of_the_command(engine):
    (engine.folder / "bin" / "mlflow").write_text("#!/bin/sh\nexit 3\n")
    done = subprocess.run([RUN, "x"], env=engine.environment, capture_output=True, timeout=30)
    assert done.returncode == 3
    nobody = {**engine.environment, "MLFLOW_TRACKING_PASSWORD": ""}
    refused = subprocess.run([RUN, "x"], env=nobody, capture_output=True, text=True, timeout=30)
    assert refused.returncode != 0
    assert "MLFLOW_TRACKING_PASSWORD: is the password of that user" in refused.stderr
