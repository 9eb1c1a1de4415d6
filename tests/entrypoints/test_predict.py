"""PNG and IDX files in, a table out; what is neither is refused in one line."""

import gzip
import struct
from io import StringIO
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from rich.console import Console

from entrypoints import predict
from fmnist.data import fashion_mnist, image_files
from fmnist.errors import InvalidInput
from fmnist.registry import registry

IMAGES = np.random.default_rng(0).integers(0, 256, (3, 28, 28), np.uint8)


def idx(images) -> bytes:
    return struct.pack(">4I", 0x803, *images.shape) + images.tobytes()


def png(path, pixels) -> None:
    Image.fromarray(pixels).save(path, "PNG")


@pytest.fixture
def pngs(tmp_path):
    """A folder of three PNG files, and one that is something else."""
    folder = tmp_path / "shirts"
    folder.mkdir()
    for name, image in zip(("a.png", "b.PNG", "c.png"), IMAGES, strict=True):
        png(folder / name, image)
    (folder / "notes.txt").touch()
    return folder


def test_a_folder_of_png_files_is_read_in_the_order_of_their_names(pngs):
    names, images = image_files.read(pngs)
    assert names == ["a.png", "b.PNG", "c.png"]
    np.testing.assert_array_equal(images, IMAGES)


def test_one_png_file_is_read(pngs):
    names, images = image_files.read(pngs / "b.PNG")
    assert names == ["b.PNG"]
    np.testing.assert_array_equal(images, IMAGES[1:2])


@pytest.mark.parametrize("compress", [bytes, gzip.compress])
def test_an_idx_file_is_read_gzipped_or_not(tmp_path, compress):
    (tmp_path / "images").write_bytes(compress(idx(IMAGES)))
    names, images = image_files.read(tmp_path / "images")
    assert names == ["0", "1", "2"]
    np.testing.assert_array_equal(images, IMAGES)


def test_the_data_sets_own_file_is_read():
    images = image_files.read(fashion_mnist.find_folder() / "t10k-images-idx3-ubyte.gz")[1]
    np.testing.assert_array_equal(images, fashion_mnist.load().test_images)


BAD_FILES = {
    "photo.jpg": (b"\xff\xd8\xff\xe0", "{}: not a whole image file ("),
    "empty.png": (b"", "{}: not a whole image file ("),
    "notes": (b"shirts", "path={}: neither an image nor IDX; accepted is a PNG file of 28x28 "),
    "cut.png": (b"\x89PNG\r\n\x1a\n\0\0", "{}: not a whole image file ("),
    "labels": (struct.pack(">2I9B", 0x801, 9, *range(9)), "{}: magic number 0x801; expected 0x803"),
    "28x27": (idx(IMAGES[:, :, :27]), "{}: holds 3x28x27; expected nx28x28"),
    "short": (idx(IMAGES)[:-1], "{}: 2351 bytes of data; expected 2352"),
    "none": (idx(IMAGES[:0]), "path={}: no image in that file; accepted is a PNG file "),
    "cut.gz": (gzip.compress(idx(IMAGES))[:-9], "{}: truncated gzip; "),
}
BAD_PNGS = {
    "color": (np.zeros((28, 28, 3), np.uint8), "RGB of 28x28 pixels"),
    "transparent": (np.zeros((28, 28, 4), np.uint8), "RGBA of 28x28 pixels with transparency"),
    "16 bits": (np.zeros((28, 28), np.uint16), "I;16 of 28x28 pixels"),
    "larger": (np.zeros((32, 28), np.uint8), "L of 28x32 pixels"),
}


@pytest.mark.parametrize("name", BAD_FILES)
def test_a_file_that_holds_no_images_is_refused(tmp_path, name):
    content, said = BAD_FILES[name]
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InvalidInput) as refusal:
        image_files.read(tmp_path / name)
    assert str(refusal.value).startswith(said.format(tmp_path / name))


@pytest.mark.parametrize("kind", BAD_PNGS)
def test_a_png_file_is_neither_converted_nor_resized(pngs, kind):
    pixels, found = BAD_PNGS[kind]
    png(pngs / "d.png", pixels)
    with pytest.raises(InvalidInput) as refusal:
        image_files.read(pngs)
    accepted = "accepted is PNG in 8-bit grayscale, L of 28x28; convert=1 takes JPEG, PNG, "
    assert str(refusal.value).startswith(f"{pngs / 'd.png'}: PNG in {found}; {accepted}")


def test_the_table_names_the_two_likeliest_classes():
    probabilities = np.zeros((2, 10), np.float32)
    probabilities[0, [9, 7]] = 0.75, 0.25
    probabilities[1, [0, 6]] = 0.5  # a tie goes to the first class
    table = predict.table(["x.png", "y.png"], probabilities)
    assert table.to_numpy().tolist() == [
        ["x.png", "Ankle boot", 0.75, "Sneaker", 0.25],
        ["y.png", "T-shirt/top", 0.5, "Shirt", 0.5],
    ]


def test_the_entry_prints_the_table_and_writes_it(study_copy, pngs, monkeypatch):
    output = pngs.parent / "new" / "table.csv"
    done = study_copy.mlflow_run("predict", model="fmnist-mlp", path=str(pngs), output=str(output))
    assert done.returncode == 0, done.stderr
    study_copy.use(monkeypatch)
    expected = predict.predict(registry.load("fmnist-mlp"), ["a.png", "b.PNG", "c.png"], IMAGES)
    written = pd.read_csv(output)
    pd.testing.assert_frame_equal(written, expected, check_dtype=False)
    assert all(name in done.stdout for name in [*written["image"], *written["class"]])


def test_a_long_table_is_cut_on_the_terminal_and_no_run_is_left(study_copy, monkeypatch):
    store = study_copy.use(monkeypatch)
    before = len(store.runs(""))
    file = fashion_mnist.find_folder() / "t10k-images-idx3-ubyte.gz"
    done = study_copy.run("predict", "--model", "fmnist-mlp", "--path", str(file))
    assert done.returncode == 0, done.stderr
    assert "9950 more images; -P output=FILE.csv writes all of them" in done.stdout
    assert len(store.runs("")) == before


LONG = [f"{'a-very-long-name-' * 4}{number:02}.png" for number in range(3)]


@pytest.mark.parametrize("width", [80, 60, 20])
@pytest.mark.parametrize("is_terminal", [True, False])
def test_nothing_is_left_out_of_a_narrow_table(width, is_terminal):
    probabilities = np.zeros((3, 10), np.float32)
    probabilities[:, [0, 9]] = 0.7512, 0.2488
    printed = StringIO()
    console = Console(
        file=printed, width=width, force_terminal=is_terminal, markup=False, color_system=None
    )
    predict.show(predict.table(LONG, probabilities), "title", console)
    lines = [line for line in printed.getvalue().splitlines() if ".png" in line]
    for line, name in zip(lines, LONG, strict=True):
        shown, *values = line.split(maxsplit=1)
        assert name.endswith(shown.removeprefix("...")) if is_terminal else name == shown
        assert values[0].split() == ["T-shirt/top", "0.7512", "Ankle", "boot", "0.2488"]
        assert len(line) <= max(width, 75) or not is_terminal


@pytest.fixture
def answering(monkeypatch):
    """A model that gives every image the same answer; there is no store."""
    answer = np.tile(np.eye(10, dtype=np.float32)[9], (9, 1))
    monkeypatch.delenv("MLFLOW_RUN_ID", raising=False)
    monkeypatch.setattr(predict, "open_store", lambda: None)
    monkeypatch.setattr(registry, "find", lambda *_: SimpleNamespace(version="1", tags={}))
    monkeypatch.setattr(registry, "load", lambda *_: None)
    monkeypatch.setattr(
        predict,
        "predict",
        lambda _, names, images, *__: predict.table(names, answer[: len(images)]),
    )


@pytest.mark.usefixtures("answering")
def test_photos_are_converted_where_it_is_asked_for_and_shown_as_they_were_seen(pngs, capsys):
    Image.fromarray(np.full((60, 90, 3), 255, np.uint8)).save(pngs / "photo.jpg")
    output = pngs.parent / "new" / "table.csv"
    given = {"model": "fmnist-cnn", "path": pngs, "output": output, "convert": False}
    assert predict.run(given)
    told = " ".join(capsys.readouterr().out.split())
    assert "Left out of" in told
    assert "2 files: notes.txt, photo.jpg; convert=1 takes JPEG, PNG" in told
    assert [path.name for path in output.parent.iterdir()] == ["table.csv"]
    assert predict.run(given | {"convert": True})
    assert f"What the network saw: {output.parent}/table-seen" in capsys.readouterr().out
    names, seen = image_files.read(output.parent / "table-seen")
    assert names == ["a.png.png", "b.PNG.png", "c.png.png", "photo.jpg.png"]
    np.testing.assert_array_equal(seen, image_files.read(pngs, convert=True)[1])
    with pytest.raises(InvalidInput, match=r"RGB of 90x60 pixels; .*convert=1 takes JPEG"):
        predict.run(given | {"path": pngs / "photo.jpg"})


@pytest.mark.usefixtures("answering")
def test_an_output_that_cannot_be_written_is_refused_before_predicting(pngs, monkeypatch):
    monkeypatch.setattr(predict, "open_store", lambda: pytest.fail("opened"))
    (pngs.parent / "table-seen").touch()
    with pytest.raises(InvalidInput, match="table-seen: a file; accepted is a folder"):
        predict.run(
            {"model": "", "path": pngs, "output": pngs.parent / "table.csv", "convert": True}
        )


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--path", "nowhere"), "path=nowhere: no such file or folder; accepted is"),
        (("--path", "."), "path=.: no PNG file in that folder; accepted is"),
        (
            ("--path", "here", "--output", "."),
            "output=.: a folder; accepted is a CSV file, or none",
        ),
    ],
)
def test_bad_input_is_refused_before_the_store_is_opened(place, arguments, said):
    refused = place.run("predict", *arguments)
    assert refused.returncode == 2
    assert refused.stderr.splitlines()[-1].startswith(said)
    assert list(place.folder.iterdir()) == []
