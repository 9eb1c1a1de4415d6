"""What predictions are worth, whatever a network's last layer makes of them."""

import numpy as np
import pytest

from fmnist.study.metrics import ACCURACY
from fmnist.training import scoring


def test_a_sigmoids_outputs_count_by_their_share_of_the_sum():
    shares = np.full((2, 10), 0.05, np.float32)
    shares[:, 3] = 0.55
    labels = np.array([3, 4], np.uint8)
    expected = scoring.evaluate(shares, labels)
    assert expected["loss"] == pytest.approx(-np.log([0.55, 0.05]).mean(), abs=1e-6)
    for scale in (0.1, 1.8):
        assert scoring.evaluate(scale * shares, labels) == pytest.approx(expected)
    assert expected[ACCURACY] == 0.5
