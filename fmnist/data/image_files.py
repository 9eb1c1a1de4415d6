"""A user's images: PNG files, or an IDX file as MNIST's data sets have them.

Nothing is converted or resized: what a model never saw in training it would answer all the same.
"""

from pathlib import Path

import numpy as np
from PIL import Image

from fmnist.data import idx
from fmnist.data.fashion_mnist import IMAGE_SHAPE, Images
from fmnist.errors import InvalidInput

PNG = b"\x89PNG"
GREYSCALE = "L"  # as Pillow names it
ACCEPTED = "accepted is a PNG file, a folder of them, or an IDX file of images, gzipped or not"


def read(path: Path) -> tuple[list[str], Images]:
    """The names and the pixels (n, 28, 28) of the images at a path; an IDX file's are numbered.

    Raises:
        InvalidInput: if there are none, or one is not 28x28 in 8-bit greyscale.
    """
    if path.is_dir():
        files = sorted(file for file in path.iterdir() if file.suffix.lower() == ".png")
        if not files:
            raise InvalidInput(f"path={path}: no PNG file in that folder; {ACCEPTED}")
        return [file.name for file in files], np.stack([_read_png(file) for file in files])
    if not path.is_file():
        raise InvalidInput(f"path={path}: no such file or folder; {ACCEPTED}")
    if _begins_with(path, PNG):
        return [path.name], _read_png(path)[np.newaxis]
    images = _read_idx(path)
    return [str(number) for number in range(len(images))], images


def _begins_with(path: Path, magic: bytes) -> bool:
    with path.open("rb") as stream:
        return stream.read(len(magic)) == magic


def _read_png(path: Path) -> Images:
    """The pixels (28, 28) of a PNG file."""
    try:
        with Image.open(path, formats=["PNG"]) as image:
            found = f"{image.mode} of {image.width}x{image.height} pixels"
            fits = image.mode == GREYSCALE and image.size == IMAGE_SHAPE
            pixels = np.asarray(image) if fits else None
    except Exception as error:  # Pillow raises whatever a damaged file makes it stumble over
        raise InvalidInput(f"{path}: not a whole PNG file ({error})") from None
    if pixels is None:
        raise InvalidInput(f"{path}: {found}; accepted is 8-bit greyscale, {GREYSCALE} of 28x28")
    return pixels


def _read_idx(path: Path) -> Images:
    """The images (n, 28, 28) of an IDX file."""
    gzipped = _begins_with(path, idx.GZIP)
    content = idx.decompress(path) if gzipped else path.read_bytes()
    if not content.startswith(b"\0\0"):  # as every IDX file does
        raise InvalidInput(f"path={path}: neither PNG nor IDX; {ACCEPTED}")
    images = idx.parse(path, content, idx.IMAGES, (idx.ANY, *IMAGE_SHAPE))
    if not len(images):
        raise InvalidInput(f"path={path}: no image in that file; {ACCEPTED}")
    return images
