"""A grid file is read as written, or refused in one line that names it."""

import pytest

from fmnist.errors import InvalidInput
from fmnist.study import grids


@pytest.fixture
def path(tmp_path):
    return tmp_path / "grid.yaml"


def test_one_block(path):
    path.write_text("architecture: ['512', 512-256]\ndropout: [0.2, 0.25]\n", encoding="utf-8")
    assert grids.expand(grids.read(path)) == [
        {"architecture": "512", "dropout": 0.2},
        {"architecture": "512", "dropout": 0.25},
        {"architecture": "512-256", "dropout": 0.2},
        {"architecture": "512-256", "dropout": 0.25},
    ]


def test_a_list_of_blocks_is_their_union(path):
    path.write_text(
        "- optimizer: [sgd]\n  learning_rate: [0.1]\n- optimizer: [adam, nadam]\n", encoding="utf-8"
    )
    assert grids.expand(grids.read(path)) == [
        {"optimizer": "sgd", "learning_rate": 0.1},
        {"optimizer": "adam"},
        {"optimizer": "nadam"},
    ]


def test_silent_omission_a_number_is_text_where_the_field_is_text(path):
    path.write_text("architecture: [64, 010, 512-256]\ndropout: [0]\n", encoding="utf-8")
    points = grids.expand(grids.read(path))
    assert [point["architecture"] for point in points] == ["64", "010", "512-256"]
    assert points[0]["dropout"] == 0


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", "grid={}: accepted is a block of field: [values], or a list of blocks"),
        ("dropout", "grid={}: accepted is a block of field: [values], or a list of blocks"),
        ("{}", "grid={}: accepted is a block of field: [values], or a list of blocks"),
        ("- dropout", "grid={}: accepted is a block of field: [values], or a list of blocks"),
        ("dropout: 0.2", "grid={}: dropout takes a list of one or more values"),
        ("dropout: []", "grid={}: dropout takes a list of one or more values"),
        ("dropout: [[0.2]]", "grid={}: dropout takes numbers or text, not [0.2]"),
        ("dropout: [null]", "grid={}: dropout takes numbers or text, not None"),
        ("dropout: [0.2\nepochs: [1]", "grid={}: not YAML (while parsing a flow sequence"),
        ("a: !!python/object/apply:os.getcwd []", "grid={}: not YAML (could not determine a"),
        ("dropout: [0.2, 0.2]", "grid: the point {{'dropout': 0.2}} occurs twice"),
        ("[" * 2_000, "grid={}: not YAML ("),
        ("dropout: &a [0.2]\nlearning_rate: *a", "grid={}: line 2, column 16: an alias; accepted"),
        ("[]", "grid: 0 points; accepted is 1 to 10000"),
        (
            "- dropout: [0.2]\n  epochs: [5]\n  dropout: [0.3]",
            "grid={}: line 3, column 3: dropout is given twice; accepted is one list",
        ),
        ("? [dropout, epochs]\n: [1]", "grid={}: not YAML ("),
    ],
)
def test_a_file_of_another_form_is_refused(path, text, line):
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InvalidInput) as refusal:
        grids.read(path)
    assert str(refusal.value).startswith(line.format(path))
    assert "\n" not in str(refusal.value)


def test_a_file_that_cannot_be_read_is_refused(path, tmp_path):
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    for bad in (path, tmp_path, tmp_path / "binary"):
        with pytest.raises(InvalidInput) as refusal:
            grids.read(bad)
        assert str(refusal.value) == f"grid={bad}: cannot be read; accepted is a YAML file"
