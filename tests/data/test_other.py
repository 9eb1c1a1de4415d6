"""Other data of the same shape are read from IDX or NPZ files, and refused if they are not."""

import zipfile
from dataclasses import replace

import numpy as np
import pytest
from other_data import NAMES, arrays, write_idx, write_npz

from entrypoints import data_set
from fmnist.data import fashion_mnist, other, splits
from fmnist.data.config import split_sizes
from fmnist.data.fashion_mnist import FASHION_MNIST, Dataset
from fmnist.data.identity import digest
from fmnist.errors import InvalidInput
from fmnist.study.networks import MLP
from fmnist.study.training import TrainingConfig
from fmnist.study.trial import Trial

MADE = arrays()


def changed(index, array):
    return [array if place == index else one for place, one in enumerate(MADE)]


def test_all_forms_are_the_same_data(tmp_path):
    zipped = other.read(write_idx(tmp_path / "K-MNIST (49)", MADE))
    plain = other.read(write_idx(tmp_path / "plain", MADE, zipped=False))
    archive = other.read(write_npz(tmp_path / "archive.npz", MADE))
    assert zipped.identity.name == "k-mnist-49"
    assert zipped.identity.class_names == tuple("0123456789")
    assert zipped.identity.test_samples == 120
    for one in (plain, archive):
        assert replace(one.identity, name="k-mnist-49") == zipped.identity
        for name in ("train_images", "train_labels", "test_images", "test_labels"):
            np.testing.assert_array_equal(getattr(one, name), getattr(zipped, name))


def test_a_text_file_names_the_classes(tmp_path):
    folder, path = write_idx(tmp_path / "shapes", MADE), write_npz(tmp_path / "shapes.npz", MADE)
    for file in (folder / "class_names.txt", tmp_path / "shapes.txt"):
        file.write_text("\n".join(NAMES) + "\n")
    assert other.read(folder).identity.class_names == tuple(NAMES)
    assert other.read(path).identity.class_names == tuple(NAMES)


def test_fashion_mnist_by_another_path_is_the_studys_data():
    dataset = fashion_mnist.load()
    found = other.read(fashion_mnist.find_folder())
    assert found.identity == dataset.identity == FASHION_MNIST
    parts = (dataset.train_images, dataset.train_labels), (dataset.test_images, dataset.test_labels)
    assert tuple(digest(*part) for part in parts) == fashion_mnist.OWN_DIGESTS


IMAGES, LABELS = MADE[0], MADE[1]
BAD_ARRAYS = {
    "shape": (0, IMAGES[:, :27], "training images are uint8 of shape (600, 27, 28); accepted is"),
    "colors": (2, MADE[2][..., None], "test images are uint8 of shape (120, 28, 28, 1); accepted"),
    "scaled": (0, IMAGES / 255, "training images are float64 of shape (600, 28, 28); accepted is"),
    "one too few": (1, LABELS[1:], "labels are uint8 of shape (599,); accepted are whole numbers"),
    "one-hot": (1, np.eye(10)[LABELS], "labels are float64 of shape (600, 10); accepted are"),
    "out of range": (1, LABELS.astype(int) - 1, "training label -1 out of range; accepted is 0 to"),
    "nine classes": (3, np.minimum(MADE[3], 8), "0 test images of class 9; accepted is 1 or more"),
    "too few": (1, np.where(np.arange(600) < 20, 1, LABELS), "40 training images of class 0; acc"),
    "pickled": (1, LABELS.astype(object), "cannot be read (Object arrays cannot be loaded when"),
}


@pytest.mark.parametrize("kind", BAD_ARRAYS)
def test_what_is_not_of_that_shape_is_refused(kind, tmp_path):
    index, array, said = BAD_ARRAYS[kind]
    path = write_npz(tmp_path / "other.npz", changed(index, array))
    refused(path, f"data={path}: ", said)


def refused(path, start, said):
    with pytest.raises(InvalidInput) as refusal:
        other.read(path)
    line = str(refusal.value)
    assert line.startswith(start)
    assert said in line
    assert "\n" not in line


def test_what_is_no_data_set_is_refused(tmp_path):
    refused(
        tmp_path / "nowhere", "data=", "no such file or folder; accepted is a folder of MNIST's"
    )
    refused(tmp_path, "data=", "no train-images-idx3-ubyte; accepted is a folder of MNIST's four")
    no_archive = tmp_path / "no.npz"
    no_archive.write_bytes(b"\x93NUMPY")
    refused(no_archive, "data=", "not an NPZ file")
    np.savez(tmp_path / "part.npz", x_train=MADE[0])
    refused(tmp_path / "part.npz", "data=", "holds not all of the four arrays")
    np.savez_compressed(tmp_path / "whole.npz", **dict(zip(other.ARRAYS, MADE, strict=True)))
    whole = (tmp_path / "whole.npz").read_bytes()
    with zipfile.ZipFile(tmp_path / "texts.npz", "w") as archive:
        for name in other.ARRAYS:
            archive.writestr(f"{name}.npy", "not an array")
    refused(tmp_path / "texts.npz", "data=", "not arrays of NumPy")
    for place in (200, 1_000):
        damaged = bytearray(whole)
        damaged[place : place + 40] = bytes(40)
        (tmp_path / "whole.npz").write_bytes(damaged)
        refused(tmp_path / "whole.npz", "data=", "cannot be read (")
    folder = write_idx(tmp_path / "damaged", MADE)
    (folder / "t10k-labels-idx1-ubyte.gz").write_bytes(b"\x1f\x8b and no more")
    refused(folder, f"{folder}/t10k-labels-idx1-ubyte.gz: ", "not a gzip file, or a damaged one")


@pytest.mark.parametrize("lines", [NAMES[:9], [*NAMES[:9], NAMES[0]], [*NAMES[:9], "x" * 41]])
def test_other_than_ten_distinct_names_are_refused(lines, tmp_path):
    folder = write_idx(tmp_path / "shapes", MADE)
    (folder / "class_names.txt").write_text("\n".join(lines))
    refused(folder, f"{folder}/class_names.txt: ", "class names; accepted is 10 lines, each with")


@pytest.mark.parametrize(
    ("name", "said"), [("Fashion_MNIST", "is reserved"), ("衣", "is without a")]
)
def test_a_name_that_cannot_be_is_refused(name, said, tmp_path):
    refused(write_idx(tmp_path / name, MADE), "data=", f"its name {said}")


def test_the_authors_preset_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(fashion_mnist, "_provided", [])
    path = write_npz(tmp_path / "shapes.npz", MADE)
    with pytest.raises(InvalidInput, match=r"^preset=as_run: .*accepted with data is one of paper"):
        data_set.use({"data": path, "preset": "as_run"})
    assert fashion_mnist.identity() == FASHION_MNIST
    data_set.use({"data": path, "preset": "smoke"})
    assert fashion_mnist.identity().name == "shapes"


def test_splits_and_keys_follow_the_data(tmp_path, monkeypatch):
    """Test images alone make another key, though training sees the same images."""
    monkeypatch.setattr(fashion_mnist, "_provided", [])
    keys, of_study = set(), splits.describe(1_500, "holdout", 0)
    for name, made in (("one", MADE), ("two", changed(2, 255 - MADE[2]))):
        fashion_mnist.provide(other.read(write_npz(tmp_path / f"{name}.npz", made)))
        described = splits.describe(1_500, "holdout", 0)
        assert described == splits.describe(60_000, "holdout", 0)  # both are all images
        loaded = splits.load_split(described)
        counts = len(loaded.train_labels), len(loaded.validation_labels)
        assert counts == split_sizes(600, "holdout") == (480, 120)
        trial = Trial(model=MLP(), training=TrainingConfig(), data=described)
        assert Trial.from_canonical(trial.canonical()) == trial
        keys.add((trial.key, described.digest))
    (one, digest_of_one), (two, digest_of_two) = keys
    assert one != two
    assert digest_of_one == digest_of_two
    with pytest.raises(InvalidInput, match="the trial is of Fashion-MNIST, and not of two; accept"):
        splits.load_split(of_study)
    fashion_mnist.provide(Dataset(*MADE))  # as if they were Fashion-MNIST's
    with pytest.raises(InvalidInput, match=r"the trial is of other data \(test set "):
        splits.check_data_set(described)
    study = Trial(model=MLP(), training=TrainingConfig(), data=of_study)
    assert study.canonical()["data"].keys() == {"digest", "samples", "split", "seed"}
