"""Why a trial failed is the first line of its error that says something, not the last."""

import pytest

from fmnist.training.events import reason_in

FRAMES = 'Traceback (most recent call last):\n  File "x.py", line 1, in f\n    g()\n'
KERAS = (
    "ValueError: Exception encountered when calling Conv2D.call().\n\n"
    "\x1b[1mThe channel dimension of the inputs should be defined.\x1b[0m\n\n"
    "Arguments received by Conv2D.call():\n  • inputs=None\n  • training=False\n"
)
TENSORFLOW = (
    "tensorflow.errors_impl.InvalidArgumentError: Graph execution error:\n\n"
    "Detected at node mul defined at (most recent call last):\n<stack traces unavailable>\n"
    "Incompatible shapes: [2] vs. [3]\n\t [[{{node mul}}]] [Op:call]\n"
)


@pytest.mark.parametrize(
    ("traceback", "said"),
    [
        (FRAMES + "ValueError: no\n", "ValueError: no"),
        (FRAMES + "MemoryError\n", "MemoryError"),
        (FRAMES + "KeyError: 'a'\n\nDuring it:\n\n" + FRAMES + "OSError: b\n", "OSError: b"),
        (FRAMES + KERAS, "ValueError: The channel dimension of the inputs should be defined."),
        (
            FRAMES + TENSORFLOW,
            "tensorflow.errors_impl.InvalidArgumentError: Incompatible shapes: [2] vs. [3]",
        ),
        ("ray::train() (pid=1)\n" + FRAMES.partition("\n")[2] + "OSError: b\n", "OSError: b"),
        ("the worker died in each of 3 attempts, given up (X)", None),
    ],
)
def test_why_a_trial_failed(traceback, said):
    assert reason_in(traceback) == (said or traceback)
