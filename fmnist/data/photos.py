"""Convert ordinary photos to images like Fashion-MNIST's: 28x28, gray, light on dark."""

import numpy as np
from PIL import Image, ImageOps

from fmnist.data.fashion_mnist import IMAGE_SHAPE, Images

# Pillow's names of the accepted formats, and the suffixes of their files.
FORMATS = ("PNG", "JPEG", "WEBP", "BMP")
SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".webp", ".bmp"})
MIDDLE_GRAY = 128
SIXTEEN_TO_EIGHT_BITS = 257  # 65,535 becomes 255


def convert(image: Image.Image) -> Images:
    """Convert a photo to pixels (28, 28) of 0-255.

    The photo is turned upright by its EXIF orientation, put on a white background where it is
    transparent, converted to gray, cropped to the square in its middle and resized. If its border
    is light, it is inverted.
    """
    upright = _gray(_on_white(ImageOps.exif_transpose(image)))
    small = np.asarray(ImageOps.fit(upright, IMAGE_SHAPE, Image.Resampling.LANCZOS))
    border = np.concatenate([small[0], small[-1], small[1:-1, 0], small[1:-1, -1]])
    return 255 - small if np.median(border) >= MIDDLE_GRAY else small


def _on_white(image: Image.Image) -> Image.Image:
    if not image.has_transparency_data:
        return image
    colored = image.convert("RGBA")
    white = Image.new("RGBA", colored.size, "white")
    return Image.alpha_composite(white, colored)


def _gray(image: Image.Image) -> Image.Image:
    if image.mode.startswith("I"):  # 16 bits, which Pillow would clip at 255
        return Image.fromarray((np.asarray(image) // SIXTEEN_TO_EIGHT_BITS).astype(np.uint8))
    return image.convert("L")
