"""Read IDX, the format of MNIST's files, and check that the sizes in the header are true."""

import gzip
import math
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fmnist.errors import InvalidInput

# Magic numbers for unsigned bytes: 3 dimensions (images), 1 dimension (labels).
IMAGES, LABELS = 0x803, 0x801
GZIP = b"\x1f\x8b"
# In an expected shape, a size that is not checked.
ANY = -1


def decompress(path: Path) -> bytes:
    """The decompressed content of a gzip file.

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
    """The array of unsigned bytes in the content of an IDX file; `path` is only for the messages.

    Raises:
        InvalidInput: if magic number or shape are not the expected ones, or the length of the data
            is not what the header says.
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
