"""The real data are found, verified, split and folded; bad files are refused in one line."""

import gzip
import hashlib
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from http.server import BaseHTTPRequestHandler, HTTPServer, SimpleHTTPRequestHandler

import numpy as np
import pytest
from http_servers import Silent, serving

from fmnist.data import fashion_mnist, splits
from fmnist.data.config import split_sizes
from fmnist.data.fashion_mnist import FILES, IdxFile
from fmnist.errors import InvalidInput

FOLDS = ("fold-1", "fold-2", "fold-3", "fold-4", "fold-5")
SPLITS = ("holdout", "refit", *FOLDS)
DIGESTS = {
    "holdout": "f1eb93484ca3ec472d31c0ecf43c38266fa0b6da7ad59f5d81b096029e0a4eb0",
    "fold-1": "1a22dcf19be2f80199cecd2b345f0bc6b982d1a6ab1b31881de5e47c0a85f0a2",
}
LABELS = bytes([0, 9, 4])
CONTENT = b"\x00\x00\x08\x01" + b"\x00\x00\x00\x03" + LABELS
EXPECTED = IdxFile("labels.gz", 0x801, (3,), hashlib.sha256(CONTENT).hexdigest())


def split(name, samples=60_000, seed=0):
    return splits._split_indices(fashion_mnist.load().train_labels, samples, name, seed)


def files_in(folder):
    """A folder with the small data set of `places`."""
    folder.mkdir(parents=True)
    for file in FILES:
        (folder / file.name).write_bytes(gzip.compress(CONTENT))
    return folder


def names_in(folder):
    return {path.name for path in folder.iterdir()} - {fashion_mnist.LOCK}


class Files(Silent, SimpleHTTPRequestHandler):
    """Serves a folder."""


class SignIn(Silent, BaseHTTPRequestHandler):
    """Answers whatever is asked as the networks of hotels do."""

    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"<html>Please sign in</html>")


@pytest.fixture
def places(tmp_path, monkeypatch):
    monkeypatch.delenv("FMNIST_DATA_DIR", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", str(tmp_path))  # without Debian's tools
    monkeypatch.setattr(fashion_mnist, "DEBIAN_FOLDER", tmp_path / "debian")
    small = tuple(replace(EXPECTED, name=file.name) for file in FILES)
    monkeypatch.setattr(fashion_mnist, "FILES", small)
    fashion_mnist.read.cache_clear()


@contextmanager
def origin_is(handler, monkeypatch):
    """The data's origin, on this machine."""
    with serving(HTTPServer(("127.0.0.1", 0), handler)) as server:
        monkeypatch.setattr(fashion_mnist, "ORIGIN", f"http://127.0.0.1:{server.server_port}/")
        yield


def test_the_real_data():
    dataset = fashion_mnist.load()
    assert dataset.train_images.shape == (60_000, 28, 28)
    assert dataset.test_images.shape == (10_000, 28, 28)
    assert np.bincount(dataset.train_labels).tolist() == [6_000] * 10
    assert np.bincount(dataset.test_labels).tolist() == [1_000] * 10
    assert dataset.train_images.dtype == dataset.train_labels.dtype == np.uint8


@pytest.mark.parametrize("name", SPLITS)
def test_a_split_is_stratified_disjoint_and_covering(name):
    labels = fashion_mnist.load().train_labels
    train, validation = split(name)
    held_out = 120 if name == "refit" else 1_200
    assert np.bincount(labels[train]).tolist() == [6_000 - held_out] * 10
    assert np.bincount(labels[validation]).tolist() == [held_out] * 10
    assert split_sizes(60_000, name) == (len(train), len(validation))
    assert sorted([*train, *validation]) == list(range(60_000))


def test_the_folds_validation_parts_are_disjoint_and_covering():
    parts = [split(name)[1] for name in FOLDS]
    assert sorted(np.concatenate(parts)) == list(range(60_000))


def test_a_part_of_the_data_is_stratified_too():
    labels = fashion_mnist.load().train_labels
    train, validation = split("holdout", samples=1_500)
    assert np.bincount(labels[train]).tolist() == [120] * 10
    assert np.bincount(labels[validation]).tolist() == [30] * 10
    assert not set(train) & set(validation)


@pytest.mark.parametrize("name", DIGESTS)
def test_a_split_is_the_same_everywhere(name):
    # Where this fails, the keys of all trials change: recorded ones would not count any more.
    assert splits.describe(60_000, name, 0).digest == DIGESTS[name]


def test_other_splits_have_other_digests():
    described = [splits.describe(1_500, name, seed) for name in SPLITS for seed in (0, 1)]
    assert len({config.digest for config in described}) == len(described)


def test_scaling_is_to_0_and_1():
    scaled = fashion_mnist.scale(np.array([0, 51, 255], dtype=np.uint8))
    assert scaled.dtype == np.float32
    np.testing.assert_array_equal(scaled, np.array([0, 0.2, 1], dtype=np.float32))


def test_a_split_holds_the_scaled_images_with_their_labels():
    config = splits.describe(1_500, "holdout", 0)
    loaded, dataset = splits.load_split(config), fashion_mnist.load()
    train, validation = split("holdout", samples=1_500)
    np.testing.assert_array_equal(loaded.train_images * 255, dataset.train_images[train])
    np.testing.assert_array_equal(loaded.train_labels, dataset.train_labels[train])
    np.testing.assert_array_equal(loaded.validation_labels, dataset.train_labels[validation])
    assert loaded.validation_images.shape == (300, 28, 28)
    assert (loaded.train_images.min(), loaded.train_images.max()) == (0, 1)


def test_a_split_of_other_data_is_refused():
    config = replace(splits.describe(1_500, "holdout", 0), digest="0" * 64)
    with pytest.raises(
        InvalidInput, match=r"digest=000000000000\.\.\.: the data here give another"
    ):
        splits.load_split(config)


def test_the_chosen_folder_is_used_and_no_other(tmp_path, monkeypatch):
    monkeypatch.setenv("FMNIST_DATA_DIR", str(tmp_path))
    monkeypatch.setattr(fashion_mnist, "_provided", [])
    with pytest.raises(InvalidInput) as refusal:
        fashion_mnist.load()
    file = tmp_path / "train-images-idx3-ubyte.gz"
    needed = "Fashion-MNIST's train-images-idx3-ubyte.gz is needed"
    assert str(refusal.value) == f"{file}: no such file; {needed}"


@pytest.mark.usefixtures("places")
def test_the_cache_comes_before_debians_folder(tmp_path):
    debian = files_in(tmp_path / "debian")
    assert fashion_mnist.find_folder() == debian
    cache = files_in(tmp_path / "cache" / "fmnist")
    assert fashion_mnist.find_folder() == cache
    (cache / FILES[0].name).unlink()
    assert fashion_mnist.find_folder() == debian


@pytest.mark.usefixtures("places")
def test_what_is_nowhere_is_fetched_into_the_cache(tmp_path, monkeypatch):
    origin = files_in(tmp_path / "origin")
    with origin_is(partial(Files, directory=origin), monkeypatch):
        cache = fashion_mnist.find_folder()
    assert cache == tmp_path / "cache" / "fmnist"
    assert names_in(cache) == names_in(origin)


def test_the_data_are_downloaded_whole(tmp_path, monkeypatch):
    with origin_is(partial(Files, directory=fashion_mnist.find_folder()), monkeypatch):
        fashion_mnist.fetch(tmp_path)
    assert fashion_mnist.read(tmp_path).test_labels.shape == (10_000,)
    assert names_in(tmp_path) == {file.name for file in FILES}


@pytest.mark.usefixtures("places")
def test_where_nothing_can_be_reached_it_is_said_and_nothing_is_left(tmp_path, monkeypatch):
    with origin_is(Silent, monkeypatch):
        pass  # it has stopped
    with pytest.raises(InvalidInput, match="cannot be fetched; set FMNIST_DATA_DIR to a folder"):
        fashion_mnist.fetch(tmp_path / "cache")
    assert names_in(tmp_path / "cache") == set()


@pytest.mark.usefixtures("places")
def test_a_cache_verifies_before_it_keeps(tmp_path, monkeypatch, capsys):
    with (
        origin_is(SignIn, monkeypatch),
        pytest.raises(InvalidInput, match="data: Fashion-MNIST cannot be fetched"),
    ):
        fashion_mnist.find_folder()
    told = capsys.readouterr().err
    assert "not a gzip file, or a damaged one; trying Debian's dataset-fashion-mnist" in told
    assert names_in(tmp_path / "cache" / "fmnist") == set()


@pytest.mark.usefixtures("places")
def test_what_is_damaged_in_the_cache_is_set_aside_and_the_next_source_is_taken(tmp_path, capsys):
    cache, debian = files_in(tmp_path / "cache" / "fmnist"), files_in(tmp_path / "debian")
    bad, *good = FILES
    (cache / bad.name).write_bytes(b"<html>Please sign in</html>")
    assert fashion_mnist.find_folder() == debian
    assert "train-images-idx3-ubyte.gz: not a gzip file" in capsys.readouterr().err
    assert names_in(cache) == {f"{bad.name}.damaged"} | {file.name for file in good}


@pytest.mark.usefixtures("places")
def test_what_is_damaged_in_the_cache_is_fetched_again(tmp_path, monkeypatch):
    cache, origin = files_in(tmp_path / "cache" / "fmnist"), files_in(tmp_path / "origin")
    for file in FILES[1:]:  # only the damaged one is asked for
        (origin / file.name).unlink()
    (cache / FILES[0].name).write_bytes(b"")
    with origin_is(partial(Files, directory=origin), monkeypatch):
        assert fashion_mnist.find_folder() == cache
    assert fashion_mnist.read(cache).train_images.tolist() == [0, 9, 4]


def test_a_good_file_is_read_however_it_was_compressed(tmp_path):
    for level in (1, 9):
        (tmp_path / "labels.gz").write_bytes(gzip.compress(CONTENT, level))
        assert fashion_mnist.read_idx(tmp_path / "labels.gz", EXPECTED).tolist() == [0, 9, 4]


def test_images_are_read_row_by_row(tmp_path):
    header = np.array([0x803, 2, 28, 28], dtype=">u4").tobytes()
    content = header + np.arange(2 * 28 * 28, dtype=np.uint32).astype(np.uint8).tobytes()
    (tmp_path / "images.gz").write_bytes(gzip.compress(content, 1))
    digest = hashlib.sha256(content).hexdigest()
    expected = IdxFile("images.gz", 0x803, (2, 28, 28), digest)
    images = fashion_mnist.read_idx(tmp_path / "images.gz", expected)
    assert images.shape == (2, 28, 28)
    assert images[0, 1, 0] == 28


HEADER = CONTENT[:8]
BAD_FILES = {
    "truncated": (gzip.compress(CONTENT)[:-9], "truncated gzip; delete it and fetch it again"),
    "not gzip": (b"<html>Not found</html>", "not a gzip file, or a damaged one"),
    "garbage": (gzip.compress(CONTENT)[:10] + b"\xff" * 20, "not a gzip file"),
    "damaged": (gzip.compress(CONTENT)[:-8] + bytes(8), "not a gzip file"),
    "empty": (gzip.compress(b""), "truncated IDX header of 0 bytes"),
    "short": (gzip.compress(HEADER[:4]), "truncated IDX header of 4 bytes"),
    "magic": (
        gzip.compress(b"\x00\x00\x08\x03" + CONTENT[4:]),
        "magic number 0x803; expected 0x801",
    ),
    "count": (gzip.compress(CONTENT[:7] + b"\x04" + LABELS + b"\x01"), "holds 4; expected 3"),
    "too little": (gzip.compress(CONTENT[:-1]), "2 bytes of data; expected 3"),
    "too much": (gzip.compress(CONTENT + b"\x00"), "4 bytes of data; expected 3"),
    "label": (gzip.compress(HEADER + b"\x00\x0a\x04"), "label 10 out of range; expected 0 to 9"),
    "digest": (gzip.compress(HEADER + b"\x00\x09\x05"), "is not Fashion-MNIST's"),
}


@pytest.mark.parametrize("kind", BAD_FILES)
def test_a_bad_file_is_refused_in_one_line(kind, tmp_path):
    content, said = BAD_FILES[kind]
    path = tmp_path / "labels.gz"
    path.write_bytes(content)
    with pytest.raises(InvalidInput) as refusal:
        fashion_mnist.read_idx(path, EXPECTED)
    line = str(refusal.value)
    assert line.startswith(f"{path}: ")
    assert said in line
    assert "\n" not in line


def test_a_changed_real_file_is_refused(tmp_path):
    file = FILES[3]
    content = bytearray(gzip.decompress((fashion_mnist.find_folder() / file.name).read_bytes()))
    content[-1] = (content[-1] + 1) % 10
    (tmp_path / file.name).write_bytes(gzip.compress(bytes(content), 1))
    with pytest.raises(InvalidInput, match=r"SHA-256 .* is not Fashion-MNIST's 0402a96d92fd"):
        fashion_mnist.read_idx(tmp_path / file.name, file)


def test_a_home_that_cannot_be_written_is_refused_with_what_to_set(monkeypatch):
    monkeypatch.setattr(fashion_mnist.os, "access", lambda *_: False)
    with pytest.raises(InvalidInput, match="this folder cannot be written; set FMNIST_DATA_DIR"):
        fashion_mnist.fetch(fashion_mnist.cache_folder())
