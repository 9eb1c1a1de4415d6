"""Fashion-MNIST's files: find or download them, verify them, and load them as arrays. No Keras."""

import hashlib
import os
import subprocess
import sys
import tempfile
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import platformdirs
from numpy.typing import NDArray

from fmnist.data import idx
from fmnist.data.identity import Identity
from fmnist.errors import InvalidInput
from fmnist.files import existing, locked

Images = NDArray[np.uint8]
Labels = NDArray[np.uint8]
FloatImages = NDArray[np.float32]

CLASS_NAMES = (
    "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat",
    "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot",
)  # fmt: skip
IMAGE_SHAPE = (28, 28)
FASHION_MNIST = Identity("fashion-mnist", CLASS_NAMES)
# The digests that it would have if it were given as other data.
OWN_DIGESTS = (
    "16d82e2b505296aa2b78bd5ea0992634f30419a4c97def7c907d154a35ac6157",
    "9f1ec356a747bfe4ebab3cfb722d3694c9ca737e2570f6f90cf31d7b6fd689d4",
)

# Keras downloads the same files from here.
ORIGIN = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/"
DEBIAN_PACKAGE = "dataset-fashion-mnist"
DEBIAN_FOLDER = Path("/usr/share/datasets/fashion-mnist")
LOCK = ".lock"  # held by the process that changes the cache


@dataclass(frozen=True)
class IdxFile:
    """One gzipped file of the data set.

    `sha256` is of the decompressed bytes, since Debian's package compresses the files differently.
    """

    name: str
    magic: int
    shape: tuple[int, ...]
    sha256: str


FILES = (
    IdxFile("train-images-idx3-ubyte.gz", idx.IMAGES, (60_000, *IMAGE_SHAPE),
            "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888"),
    IdxFile("train-labels-idx1-ubyte.gz", idx.LABELS, (60_000,),
            "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9"),
    IdxFile("t10k-images-idx3-ubyte.gz", idx.IMAGES, (10_000, *IMAGE_SHAPE),
            "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b"),
    IdxFile("t10k-labels-idx1-ubyte.gz", idx.LABELS, (10_000,),
            "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34"),
)  # fmt: skip


@dataclass(frozen=True)
class Dataset:
    """The raw data: images (n, 28, 28) with pixels 0-255, labels (n,) from 0 to 9."""

    train_images: Images
    train_labels: Labels
    test_images: Images
    test_labels: Labels
    identity: Identity = field(default=FASHION_MNIST, kw_only=True)


def scale(images: Images) -> FloatImages:
    """Scale pixels from 0-255 to float32 in [0, 1]; the shape stays."""
    return images.astype(np.float32) / np.float32(255)


def read_idx(path: Path, expected: IdxFile) -> NDArray[np.uint8]:
    """The array in a gzipped IDX file, verified by its shape and digest.

    Raises:
        InvalidInput: if the file is missing, truncated, not gzip, or has other content.
    """
    if not path.is_file():
        raise InvalidInput(f"{path}: no such file; Fashion-MNIST's {expected.name} is needed")
    content = idx.decompress(path)
    array = idx.parse(path, content, expected.magic, expected.shape)
    if expected.magic == idx.LABELS and array.max() >= len(CLASS_NAMES):
        raise InvalidInput(f"{path}: label {array.max()} out of range; expected 0 to 9")
    if (found := hashlib.sha256(content).hexdigest()) != expected.sha256:
        told = f"SHA-256 {found[:12]}... is not Fashion-MNIST's {expected.sha256[:12]}..."
        raise InvalidInput(f"{path}: {told}")
    return array


def cache_folder() -> Path:
    """Where downloaded files are kept."""
    return Path(platformdirs.user_cache_dir("fmnist"))


@cache
def read(folder: Path) -> Dataset:
    """The data set in a folder, verified.

    Raises:
        InvalidInput: if a file is missing or fails verification.
    """
    return Dataset(*(read_idx(folder / file.name, file) for file in FILES))


def known_folder() -> Path | None:
    """The folder on this machine that holds the data; None if there is none yet.

    If `FMNIST_DATA_DIR` is set, it is returned unverified. Otherwise the cache and then Debian's
    package are verified. Damaged files in the cache are renamed.
    """
    if chosen := os.environ.get("FMNIST_DATA_DIR"):
        return Path(chosen)
    return next(filter(_is_sound, (cache_folder(), DEBIAN_FOLDER)), None)


def _is_sound(folder: Path) -> bool:
    """Whether a folder holds the data; a line on stderr reports a damaged file."""
    if not all((folder / file.name).is_file() for file in FILES):
        return False
    try:
        read(folder)
    except InvalidInput as error:
        print(f"Not used: {error}", file=sys.stderr)
        if folder == cache_folder():
            # In a read-only folder the damaged files stay, and the next process finds them again.
            with suppress(InvalidInput, OSError), locked(folder / LOCK, wait=True):
                _set_damaged_aside(folder)
        return False
    return True


def _set_damaged_aside(folder: Path) -> list[IdxFile]:
    """Rename damaged files in a folder; returns the data set's files that it then lacks."""
    lacking = []
    for file in FILES:
        path = folder / file.name
        try:
            read_idx(path, file)
        except InvalidInput:
            lacking.append(file)
            if path.exists():
                os.replace(path, path.with_name(f"{file.name}.damaged"))
    return lacking


def find_folder() -> Path:
    """The folder that holds the data, downloaded into the user's cache if there is none yet.

    Raises:
        InvalidInput: if the data cannot be downloaded or cannot be kept.
    """
    if known := known_folder():
        return known
    fetch(cache_folder())
    return cache_folder()


def fetch(folder: Path) -> None:
    """Download the files that a folder lacks, with a progress bar.

    If the data's origin fails, they come from Debian's archive. Every file is verified before it
    is kept, since a network's sign-in page can arrive in its place.

    Raises:
        InvalidInput: if neither source gives the data, or the folder cannot be written.
    """
    check_cache(folder)
    with locked(folder / LOCK, wait=True):
        lacking = _set_damaged_aside(folder)
        try:
            for file in lacking:
                _download(file, folder)
        except (OSError, InvalidInput) as error:
            reason = error if isinstance(error, InvalidInput) else "it cannot be reached"
            text = f"Download from {ORIGIN} failed: {reason}; trying Debian's {DEBIAN_PACKAGE}"
            print(text, file=sys.stderr)
            _fetch_from_debian(folder)


def check_cache(folder: Path) -> None:
    """Make sure that downloaded files can be kept in a folder, which need not exist yet.

    Raises:
        InvalidInput: if it cannot be written.
    """
    if not os.access(existing(folder), os.W_OK):
        raise InvalidInput(
            f"{folder}: Fashion-MNIST is not on this machine, and this folder cannot be written",
            "set FMNIST_DATA_DIR to a folder that holds the data, or XDG_CACHE_HOME to one that "
            "you may write to",
        )


def _download(file: IdxFile, folder: Path) -> None:
    """Download a file from the data's origin."""
    import pooch  # here, since it is not needed on a machine that already has the data

    download = pooch.HTTPDownloader(progressbar=True)

    def download_and_verify(url: str, scratch: str, known: Any) -> None:
        """Download to pooch's scratch file, which pooch keeps only if this raises nothing."""
        download(url, scratch, known)
        read_idx(Path(scratch), file)

    # pooch gets no hash to check: ours are of the decompressed bytes.
    pooch.retrieve(ORIGIN + file.name, None, file.name, folder, downloader=download_and_verify)


def _fetch_from_debian(folder: Path) -> None:
    """Unpack Debian's package into `folder`; apt-get downloads it, without root."""
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        try:
            subprocess.run(["apt-get", "download", DEBIAN_PACKAGE], cwd=scratch, check=True)
            package = next(Path(scratch).glob("*.deb"))
            subprocess.run(["dpkg-deb", "-x", package, scratch], check=True)
            unpacked = Path(scratch) / DEBIAN_FOLDER.relative_to("/")
            read(unpacked)
        except (OSError, subprocess.CalledProcessError, StopIteration, InvalidInput):
            raise InvalidInput(
                "data: Fashion-MNIST cannot be fetched; set FMNIST_DATA_DIR to a folder with "
                + ", ".join(file.name for file in FILES)
            ) from None
        for file in FILES:
            os.replace(unpacked / file.name, folder / file.name)


_provided: list[Dataset] = []


def provide(dataset: Dataset) -> None:
    """Use a data set that is already verified: other data, or in a Ray worker the driver's."""
    _provided[:] = [dataset]


def load() -> Dataset:
    """The data set, read and verified once per process.

    Raises:
        InvalidInput: if a file is missing or fails verification, or the data cannot be downloaded.
    """
    if not _provided:
        provide(read(find_folder()))
    return _provided[0]


def identity() -> Identity:
    """What the process's data set is. Nothing is read: it is Fashion-MNIST unless provided."""
    return _provided[0].identity if _provided else FASHION_MNIST
