"""Where the output is no terminal, every running trial is heard of, and none too often."""

import io
import os
import pty
import subprocess
import sys

import pytest
from conftest import PROJECT
from rich.console import Console

from fmnist import console
from fmnist.study import families
from fmnist.study.metrics import VALIDATION
from fmnist.study.options import Options
from fmnist.study.plan import plan_family
from fmnist.training import progress
from fmnist.training.events import EpochEnded, Failed, Started


def test_brackets_are_text(capsys):
    console.open_console().print("too slow [/wiki] shirt[blue].png")
    assert capsys.readouterr().out == "too slow [/wiki] shirt[blue].png\n"


TELLING = """
import logging, sys
from fmnist.console import open_console
from fmnist.data.config import DataConfig
from fmnist.study.metrics import VALIDATION
from fmnist.study.networks import MLP
from fmnist.study.request import Request
from fmnist.study.training import TrainingConfig
from fmnist.study.trial import Trial
from fmnist.training.events import EpochEnded, Started
from fmnist.training.progress import Display

console = open_console()
trial = Trial(model=MLP(), training=TrainingConfig(), data=DataConfig(digest="none"))
request = Request(trial=trial, family="mlp_capacity", preset="smoke")
with Display("mlp_capacity", 1, console) as display:
    display(Started(request))
    console.print("begun \\u2713")
    if sys.stdin:
        sys.stdin.readline()
    for epoch in range(3):
        display(EpochEnded(request, epoch, {VALIDATION: 0.5}, timestamp=0))
        console.print("an epoch")
        print("plainly", flush=True)
        print("what went wrong", file=sys.stderr, flush=True)
        logging.warning("as libraries say it")
with open("recorded", "w", encoding="utf-8") as file:
    file.write("all")
"""


def tell(folder, output, terminal=None, **variables):
    """Start a process that tells, waits for a line, tells more, and records."""
    command = f'exec "{sys.executable}" -c "$TELLING" {output}'
    variables = {**os.environ, "TELLING": TELLING, "PYTHONPATH": str(PROJECT)} | variables
    return subprocess.Popen(
        ["sh", "-c", command],
        cwd=folder,
        env=variables,
        stdin=subprocess.PIPE,
        stdout=terminal,
        stderr=terminal,
    )


def end_of(process, folder):
    """How the process ended once it could go on, and what it recorded."""
    process.communicate(b"go on\n", timeout=120)
    return process.returncode, (folder / "recorded").read_text(encoding="utf-8")


@pytest.mark.parametrize("output", [">/dev/full 2>&1", ">&- 2>&-", "<&- >&- 2>&-"])
def test_telling_never_ends_the_work(tmp_path, output):
    assert end_of(tell(tmp_path, output), tmp_path) == (0, "all")


def test_telling_never_ends_the_work_when_nobody_reads_on(tmp_path):
    ours, theirs = os.pipe()
    process = tell(tmp_path, "", terminal=theirs)
    os.close(theirs)
    assert os.read(ours, 1)
    os.close(ours)
    assert end_of(process, tmp_path) == (0, "all")


def test_telling_never_ends_the_work_when_its_terminal_is_closed(tmp_path):
    ours, theirs = pty.openpty()
    process = tell(tmp_path, "", terminal=theirs)
    os.close(theirs)
    assert os.read(ours, 1)  # it has begun
    os.close(ours)
    assert end_of(process, tmp_path) == (0, "all")


def test_telling_never_ends_the_work_where_the_locale_has_no_letters_for_it(tmp_path):
    process = tell(tmp_path, ">told", LC_ALL="C", PYTHONUTF8="0")
    assert end_of(process, tmp_path) == (0, "all")
    assert "begun \\u2713\nan epoch\n" in (tmp_path / "told").read_text(encoding="ascii")


@pytest.fixture
def clock(monkeypatch):
    """The display's clock, set by hand."""
    now = [0.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    return now


def test_trials_that_run_together_speak_in_turn_with_their_own_numbers(clock):
    plan = plan_family(families.get("mlp_capacity"), Options(preset="paper"))
    first, second = plan.requests[:2]
    output = io.StringIO()
    with progress.Display("mlp_capacity", 5, Console(file=output, width=200)) as display:
        for request in (first, second):
            display(Started(request))
        for epoch in range(20):
            clock[0] += 10
            for request in (first, second):
                accuracy = {VALIDATION: 0.5}
                display(EpochEnded(request, epoch, accuracy, timestamp=0))
    lines = output.getvalue().splitlines()
    assert lines[:2] == [
        f"mlp_capacity 1/5  {first.label}: epoch 6 of 300, validation accuracy 0.5000",
        f"mlp_capacity 2/5  {second.label}: epoch 6 of 300, validation accuracy 0.5000",
    ]
    assert len(lines) == 2 * (200 // 60)


def left_after(events, clock, trials):
    """What is said to be left in the last line of a search of so many trials."""
    output = io.StringIO()
    with progress.Display("mlp_capacity", trials, Console(file=output, width=500)) as display:
        for seconds, event in events:
            clock[0] += seconds
            display(event)
    return output.getvalue().splitlines()[-1].rpartition("; ")[2]


def test_the_time_left_counts_open_trials_and_leaves_out_what_was_trained_before(clock):
    plan = plan_family(families.get("mlp_capacity"), Options(preset="paper"))
    first, second, third = plan.requests[:3]

    def epochs(request, numbers):
        return [(10, EpochEnded(request, epoch, {VALIDATION: 0.5}, 0)) for epoch in numbers]

    def failed(request):
        return 0, Failed(request, "OSError: no")

    both = [*zip(epochs(first, range(30)), epochs(second, range(30)), strict=True)]
    together = [(0, Started(first)), (0, Started(second)), *(one for pair in both for one in pair)]
    # Both have all but ended, in 10 minutes: one more trial takes 5.
    assert left_after([*together, failed(first)], clock, 3) == "5 min left"
    resumed = [(0, Started(third)), *epochs(third, range(54, 60)), failed(third)]
    # 6 of 60 epochs took a minute: two more trials take 20.
    assert left_after(resumed, clock, 3) == "20 min left"
