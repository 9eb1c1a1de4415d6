"""Where the output is no terminal, every running trial is heard of, and none too often."""

import io

import pytest
from rich.console import Console

from fmnist import console
from fmnist.study import families
from fmnist.study.options import Options
from fmnist.study.plan import plan_family
from fmnist.training import progress
from fmnist.training.events import EpochEnded, Started


def test_brackets_are_text(capsys):
    console.open_console().print("too slow [/wiki] shirt[blue].png")
    assert capsys.readouterr().out == "too slow [/wiki] shirt[blue].png\n"


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
                accuracy = {progress.VALIDATION: 0.5}
                display(EpochEnded(request, epoch, accuracy, timestamp=0))
    lines = output.getvalue().splitlines()
    assert lines[:2] == [
        f"mlp_capacity 1/5  {first.label}: epoch 6 of 300, validation accuracy 0.5000",
        f"mlp_capacity 2/5  {second.label}: epoch 6 of 300, validation accuracy 0.5000",
    ]
    assert len(lines) == 2 * (200 // 60)
