"""A split that was drawn is kept, and drawn again where what is kept cannot be trusted."""

import numpy as np
import pytest

from fmnist.data import fashion_mnist, kept_splits, splits

ASKED = (1_500, "holdout", 0)


@pytest.fixture
def labels(tmp_path, monkeypatch):
    known = fashion_mnist.load().train_labels  # before the cache is another one
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return known


@pytest.fixture
def drawn(monkeypatch):
    """The requests that were drawn, in order."""
    requests, draw = [], splits._draw

    def draw_and_note(labels, *request):
        requests.append(request)
        return draw(labels, *request)

    monkeypatch.setattr(splits, "_draw", draw_and_note)
    return requests


def test_a_split_is_drawn_once_for_the_same_labels_and_request(labels, drawn):
    first, again = (splits._split_indices(labels, *ASKED) for _ in range(2))
    assert drawn == [ASKED]
    for one, other in zip(first, again, strict=True):
        assert one.dtype == other.dtype
        np.testing.assert_array_equal(one, other)
    splits._split_indices(labels, 1_500, "holdout", 1)
    splits._split_indices(labels[::-1].copy(), *ASKED)
    assert drawn == [ASKED, (1_500, "holdout", 1), ASKED]


@pytest.mark.parametrize(
    "damage", [lambda kept: kept[:0], lambda kept: kept[:-1], lambda kept: kept[:-1] + b"\x07"]
)
def test_a_damaged_file_is_replaced(damage, labels, drawn):
    expected = splits._split_indices(labels, *ASKED)
    path = kept_splits.path_of(labels, *ASKED)
    whole = path.read_bytes()
    path.write_bytes(damage(whole))
    np.testing.assert_array_equal(splits._split_indices(labels, *ASKED)[0], expected[0])
    assert (drawn, path.read_bytes()) == ([ASKED, ASKED], whole)


def test_another_version_of_what_draws_is_another_split(labels, monkeypatch):
    before = kept_splits.path_of(labels, *ASKED)
    monkeypatch.setattr(kept_splits, "version", lambda _package: "0")
    assert kept_splits.path_of(labels, *ASKED) != before


def test_where_nothing_can_be_kept_a_split_is_drawn_each_time(labels, drawn, tmp_path):
    (tmp_path / "fmnist").write_text("not a folder")
    for _ in range(2):
        assert len(splits._split_indices(labels, *ASKED)[1]) == 300
    assert drawn == [ASKED, ASKED]
