"""IDX, the format of MNIST's files: unpacked, and checked before its sizes are believed."""

import gzip
import math
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fmnist.errors import InvalidInput

# Unsigned bytes in three dimensions, and in one.
IMAGES, LABELS = 0x803, 0x801
GZIP = b"\x1f\x8b"
# Stands in an expected shape for a size that may be any.
ANY = -1


def decompress(path: Path) -> bytes:
    """The content of a gzip file.

    Raises:
        InvalidInput: if it is truncated, damaged, or not gzip.
    """
    try:
        return gzip.decompress(path.read_bytes())
    except EOFError:
        raise InvalidInput(f"{path}: truncated gzip; delete it and fetch it again") from None
    except (gzip.BadGzipFile, zlib.error):
        raise InvalidInput(f"{path}: not a gzip file, or a damaged one") from None


def parse(path: Path, content: bytes, magic: int, shape: tuple[int, ...]) -> NDArray[np.uint8]:
    """The array in the bytes of an IDX file, of the expected shape; `path` is for the messages.

    Raises:
        InvalidInput: if the header is another one, or the data are not as many as it says.
    """
    end = 4 * (1 + len(shape))
    if len(content) < end:
        raise InvalidInput(f"{path}: truncated IDX header of {len(content)} bytes")
    found, *sizes = np.frombuffer(content[:end], dtype=">u4").tolist()
    if found != magic:
        raise InvalidInput(f"{path}: magic number {found:#x}; expected {magic:#x}")
    if any(expected not in (size, ANY) for size, expected in zip(sizes, shape, strict=True)):
        raise InvalidInput(f"{path}: holds {_by(sizes)}; expected {_by(shape)}")
    if len(content) - end != math.prod(sizes):
        raise InvalidInput(
            f"{path}: {len(content) - end} bytes of data; expected {math.prod(sizes)}"
        )
    return np.frombuffer(memoryview(content)[end:], dtype=np.uint8).reshape(sizes)


def _by(sizes: tuple[int, ...] | list[int]) -> str:
    return "x".join("n" if size == ANY else str(size) for size in sizes)
