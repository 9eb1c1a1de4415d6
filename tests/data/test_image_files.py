"""Nothing of a user's images is omitted silently; convert=1 takes photos as people have them."""

import os

import numpy as np
import pytest
from PIL import Image

from fmnist.data import image_files, photos
from fmnist.errors import InvalidInput

GRAY = np.random.default_rng(0).integers(0, 256, (28, 28), np.uint8)
SIDEWAYS = Image.Exif()
SIDEWAYS[0x0112] = 6  # the camera was held so that the photo has to be turned to the right


@pytest.fixture
def folder(tmp_path):
    """A folder as people have them."""
    Image.fromarray(GRAY).save(tmp_path / "a.png")
    for name in ("b.jpg", "c.webp", "d.bmp"):
        Image.new("RGB", (60, 40), "white").save(tmp_path / name)
    for name in ("._a.png", "t10k-images-idx3-ubyte", "notes.txt"):
        (tmp_path / name).write_bytes(b"\0\5\x16\7")
    return tmp_path


def test_silent_omission_what_is_left_out_of_a_folder_is_named_and_counted(folder):
    assert image_files.read(folder)[0] == ["a.png"]
    assert image_files.left_out(folder) == (
        f"Left out of {folder}: 6 files: ._a.png, b.jpg, c.webp, d.bmp, notes.txt, and 1 more; "
        "convert=1 takes JPEG, PNG, WebP and BMP files of any size and color"
    )


def test_silent_omission_with_conversion_only_what_is_no_image_is_left_out(folder):
    names, images = image_files.read(folder, convert=True)
    assert names == ["a.png", "b.jpg", "c.webp", "d.bmp"]
    assert images.shape == (4, 28, 28)
    assert image_files.left_out(folder, convert=True) == (
        f"Left out of {folder}: 3 files: ._a.png, notes.txt, t10k-images-idx3-ubyte"
    )
    assert image_files.left_out(folder / "a.png") == ""


def test_silent_omission_an_image_is_read_upright(tmp_path):
    Image.fromarray(GRAY).save(tmp_path / "a.png", exif=SIDEWAYS)
    np.testing.assert_array_equal(image_files.read(tmp_path)[1][0], np.rot90(GRAY, -1))


def test_silent_omission_transparency_is_refused(tmp_path):
    Image.fromarray(GRAY).save(tmp_path / "a.png", transparency=0)
    with pytest.raises(InvalidInput, match=r"L of 28x28 pixels with transparency; .* convert=1"):
        image_files.read(tmp_path)


def test_silent_omission_a_name_that_is_not_utf_8_is_shown(tmp_path):
    path = os.path.join(os.fsencode(tmp_path), b"caf\xe9.png")
    Image.fromarray(GRAY).save(os.fsdecode(path))
    assert image_files.read(tmp_path)[0] == [r"caf\xe9.png"]


@pytest.mark.parametrize("name", ["photo.jpg", "photo.png", "photo.webp", "photo.bmp"])
def test_without_conversion_a_photo_is_refused_and_told_the_way(tmp_path, name):
    Image.new("RGB", (60, 40), "white").save(tmp_path / name)
    with pytest.raises(InvalidInput, match=r"in RGB of 60x40 pixels; .* convert=1 takes JPEG"):
        image_files.read(tmp_path / name)


def shirt(background: int, garment: int) -> Image.Image:
    """A photo of 160x120 with a garment in its middle, right half only at the top."""
    pixels = np.full((120, 160, 3), background, np.uint8)
    pixels[30:90, 50:80] = garment
    pixels[30:60, 80:110] = garment
    return Image.fromarray(pixels)


@pytest.mark.parametrize("photo", [shirt(255, 40), shirt(0, 215)], ids=["light", "dark"])
def test_a_photo_becomes_small_grey_and_light_on_dark(photo):
    seen = photos.convert(photo)
    assert (seen.shape, seen.dtype) == ((28, 28), np.uint8)
    assert (seen[0] == 0).all()
    assert seen[10, 10] == seen[17, 10] == seen[10, 17] == 215
    assert seen[17, 17] == 0


def test_a_photo_is_turned_as_its_camera_says(tmp_path):
    upright = shirt(255, 40)
    upright.rotate(90, expand=True).save(tmp_path / "photo.png", exif=SIDEWAYS)
    seen = image_files.read(tmp_path / "photo.png", convert=True)[1][0]
    np.testing.assert_array_equal(seen, photos.convert(upright))


def test_a_transparent_photo_is_seen_on_white():
    cut_out = shirt(0, 40).convert("RGBA")
    cut_out.putalpha(shirt(0, 255).convert("L"))
    difference = photos.convert(cut_out).astype(int) - photos.convert(shirt(255, 40))
    assert abs(difference).max() <= 1  # the edges are mixed in another order


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "CMYK", "YCbCr", "I;16"])
def test_every_kind_of_color_is_seen_alike(mode):
    photo = shirt(255, 0)
    if mode == "I;16":
        wide = np.asarray(photo.convert("L")).astype(np.uint16) * 257
        found = photos.convert(Image.fromarray(wide))
    else:
        found = photos.convert(photo.convert(mode))
    assert abs(found.astype(int) - photos.convert(photo)).max() <= 1


def test_a_damaged_photo_is_refused(tmp_path):
    shirt(255, 0).save(tmp_path / "photo.jpg")
    content = (tmp_path / "photo.jpg").read_bytes()
    (tmp_path / "photo.jpg").write_bytes(content[: len(content) // 2])
    with pytest.raises(InvalidInput, match=r"photo\.jpg: not a whole image file \("):
        image_files.read(tmp_path, convert=True)
