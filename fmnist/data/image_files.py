"""Read a user's images, from image files or from an IDX file as MNIST's data sets have them.

Nothing is converted unless the user asks for it: a model would classify any image without a
complaint, even one unlike everything that it was trained on.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from fmnist.data import idx, photos
from fmnist.data.fashion_mnist import IMAGE_SHAPE, Images
from fmnist.errors import InvalidInput

GRAYSCALE = "L"  # Pillow's name for it
ACCEPTED = (
    "accepted is a PNG file of 28x28 in grayscale, a folder of them, or an IDX file of images, "
    "gzipped or not; with convert=1 also JPEG, PNG, WebP and BMP files of any size and color"
)
CONVERTED = "convert=1 takes JPEG, PNG, WebP and BMP files of any size and color"
NAMES_SHOWN = 5
# Of an image in a request: a file of a few kilobytes may unfold to gigabytes.
MOST_PIXELS = 50_000_000


def read(path: Path, convert: bool = False) -> tuple[list[str], Images]:
    """The names and the pixels (n, 28, 28) of the images at a path; those of IDX are numbered.

    With `convert`, photos of other formats, sizes and colors become 28x28 grayscale images, light
    on dark.

    Raises:
        InvalidInput: if there is no image, if one cannot be read, or if one is not 28x28 in 8-bit
            grayscale and `convert` is false.
    """
    read_one = _read_photo if convert else _read_png
    if path.is_dir():
        files = [file for file in _files(path) if _is_taken(file, convert)]
        if not files:
            kind = "image" if convert else "PNG"
            raise InvalidInput(f"path={shown(path)}: no {kind} file in that folder; {ACCEPTED}")
        return [shown(file.name) for file in files], np.stack([read_one(file) for file in files])
    if not path.is_file():
        raise InvalidInput(f"path={shown(path)}: no such file or folder; {ACCEPTED}")
    if _is_image(path):
        return [shown(path.name)], read_one(path)[np.newaxis]
    images = _read_idx(path)
    return [str(number) for number in range(len(images))], images


def from_bytes(content: bytes) -> Images:
    """The pixels (28, 28) that a network sees of an image file's content.

    A PNG that is as Fashion-MNIST's images are is taken as it is; every other image is converted.

    Raises:
        InvalidInput: if it is no image, or larger than 50 million pixels.
    """
    try:
        with Image.open(BytesIO(content), formats=photos.FORMATS) as image:
            if image.width * image.height > MOST_PIXELS:
                raise InvalidInput(f"accepted are images of up to {MOST_PIXELS:,} pixels")
            return np.asarray(image) if _fits(image) else photos.convert(image)
    except InvalidInput:
        raise
    except Exception:  # Pillow raises whatever a damaged file makes it stumble over
        raise InvalidInput("not a whole image; accepted are JPEG, PNG, WebP and BMP") from None


def left_out(path: Path, convert: bool = False) -> str:
    """A line that names the files of a folder that `read` ignores; empty if there are none."""
    files = [file for file in _files(path) if not _is_taken(file, convert)]
    if not files:
        return ""
    names = [shown(file.name) for file in files[:NAMES_SHOWN]]
    if more := len(files) - len(names):
        names.append(f"and {more} more")
    hint = f"; {CONVERTED}" if any(_is_taken(file, convert=True) for file in files) else ""
    return f"Left out of {shown(path)}: {len(files)} files: {', '.join(names)}{hint}"


def shown(path: Path | str) -> str:
    r"""A path as printable text: each byte that is not UTF-8 is written like \xe9."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def _files(folder: Path) -> list[Path]:
    return sorted(folder.iterdir()) if folder.is_dir() else []


def _is_taken(file: Path, convert: bool) -> bool:
    """Whether a file in a folder is read as an image. Hidden files, as macOS's ._x.png, are not."""
    suffixes = photos.SUFFIXES if convert else {".png"}
    return file.suffix.lower() in suffixes and not file.name.startswith(".") and file.is_file()


def _is_image(path: Path) -> bool:
    """Whether a file is in a known format by its name or its first bytes."""
    if path.suffix.lower() in photos.SUFFIXES:
        return True
    try:
        with Image.open(path, formats=photos.FORMATS):
            return True
    except UnidentifiedImageError:
        return False


def _read_png(path: Path) -> Images:
    """The pixels (28, 28) of a PNG file, turned upright."""
    with _opened(path) as image:
        if not _fits(image):
            raise InvalidInput(
                f"{shown(path)}: {_describe(image)}; accepted is PNG in 8-bit grayscale, "
                f"{GRAYSCALE} of 28x28; {CONVERTED}"
            )
        return np.asarray(ImageOps.exif_transpose(image))


def _read_photo(path: Path) -> Images:
    """A photo's pixels (28, 28), converted as the networks expect them."""
    with _opened(path) as image:
        return photos.convert(image)


@contextmanager
def _opened(path: Path) -> Iterator[Image.Image]:
    """Open an image file for the block.

    Raises:
        InvalidInput: if it is damaged, which Pillow may notice only while the block reads it.
    """
    try:
        with Image.open(path, formats=photos.FORMATS) as image:
            yield image
    except InvalidInput:
        raise
    except Exception as error:  # a damaged file can make Pillow raise almost anything
        raise InvalidInput(f"{shown(path)}: not a whole image file ({error})") from None


def _describe(image: Image.Image) -> str:
    transparency = " with transparency" if image.has_transparency_data else ""
    return f"{image.format} in {image.mode} of {image.width}x{image.height} pixels{transparency}"


def _fits(image: Image.Image) -> bool:
    matches = (image.format, image.mode, image.size) == ("PNG", GRAYSCALE, IMAGE_SHAPE)
    return matches and not image.has_transparency_data


def _read_idx(path: Path) -> Images:
    """The images (n, 28, 28) of an IDX file."""
    content = path.read_bytes()
    if content.startswith(idx.GZIP):
        content = idx.decompress(path)
    if not content.startswith(b"\0\0"):  # every IDX file begins with two zero bytes
        raise InvalidInput(f"path={shown(path)}: neither an image nor IDX; {ACCEPTED}")
    images = idx.parse(path, content, idx.IMAGES, (idx.ANY, *IMAGE_SHAPE))
    if not len(images):
        raise InvalidInput(f"path={shown(path)}: no image in that file; {ACCEPTED}")
    return images
