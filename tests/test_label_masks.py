"""Label masks to `.kq` and back: the same indices and palette, a folder at a time."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from command import kq, names
from label_masks import VOID, mask, voc_palette
from PIL import Image

import kqformat
from kqformat import IndexedImage, ParameterError

Capture = pytest.CaptureFixture[str]

VOC = voc_palette()


def save(
    path: Path, labels: npt.NDArray[np.uint8], palette: npt.NDArray[np.uint8], **options: Any
) -> None:
    """Write a PNG of mode P with exactly these palette entries."""
    image = Image.fromarray(labels)
    image.putpalette(palette.tobytes())
    path.parent.mkdir(parents=True, exist_ok=True)
    image.save(path, **options)


@pytest.fixture
def masks(tmp_path: Path) -> Path:
    """Return a folder of P-mode masks with what such masks may have."""
    folder = tmp_path / "masks"
    save(folder / "SegmentationClass/2007_000032.png", mask((0, 1, 15, 20), border=VOID), VOC)
    save(folder / "SegmentationClass/background.png", mask((0,)), VOC)
    save(folder / "SegmentationObject/2007_000032.png", mask((0, 1, 2, 3), border=VOID), VOC)
    save(folder / "ade/150 classes.png", mask((0, 4, 77, 150)), VOC[:151])
    save(folder / "21 entries.png", mask((0, 20)), VOC[:21])
    save(folder / "four bits.png", mask((0, 5, 11)), VOC[:12])
    save(folder / "one bit.png", mask((0, 1)), VOC[:2])
    save(folder / "equal colours.png", mask((0, 4, 5, 29)), np.repeat(VOC[:10], 3, axis=0))
    save(folder / "see-through 3.png", mask((0, 3)), VOC, transparency=3)
    save(folder / "partly.png", mask((0, 3)), VOC[:9], transparency=bytes([0, 128, 255, 7]))
    save(folder / "opaque.png", mask((0, 3)), VOC[:9], transparency=bytes([255] * 9))
    save(folder / "greys.png", mask((0, 3)), np.repeat(VOC[::-1, :1], 3, axis=1))
    return folder


def seen_alpha(path: Path) -> npt.NDArray[np.uint8]:
    with Image.open(path) as image:
        return np.asarray(image.convert("RGBA"))[..., 3]


def test_colour_map_is_the_published_one() -> None:
    """The first colours of PASCAL VOC, and that of the void, are as everybody has them."""
    assert VOC[[0, 1, 2, 3, 15, 20, VOID]].tolist() == [
        [0, 0, 0],
        [128, 0, 0],
        [0, 128, 0],
        [128, 128, 0],
        [192, 128, 128],
        [0, 64, 128],
        [224, 224, 192],
    ]


@pytest.mark.parametrize("options", [[], ["--small"], ["--labels", "--coding", "auto"]])
def test_folder_there_and_back(options: list[str], masks: Path, tmp_path: Path) -> None:
    """Indices, all palette entries and transparency of every mask are the same afterwards."""
    assert kq("encode", "-q", *options, "-r", masks, "-d", tmp_path / "out") == 0
    assert kq("decode", "-q", "-r", tmp_path / "out", "-d", tmp_path / "back") == 0
    assert names(tmp_path / "back") == names(masks)
    for name in names(masks):
        with Image.open(masks / name) as first, Image.open(tmp_path / "back" / name) as last:
            assert (first.mode, last.mode) == ("P", "P")
            assert np.array_equal(np.asarray(first), np.asarray(last)), name
            assert first.getpalette() == last.getpalette(), name
        assert np.array_equal(seen_alpha(masks / name), seen_alpha(tmp_path / "back" / name))


def test_file_has_the_labels(masks: Path, tmp_path: Path) -> None:
    """What is at a place of the file is the label there."""
    name = "SegmentationClass/2007_000032.png"
    assert kq("encode", "-q", masks / name, "-o", tmp_path / "a.kq") == 0
    labels = mask((0, 1, 15, 20), border=VOID)
    with kqformat.open(tmp_path / "a.kq") as file:
        assert np.array_equal(file.palette, VOC)
        assert [file[x, 60] for x in range(160)] == labels[60].tolist()
        assert np.array_equal(file.to_indexed().indices, labels)


def test_short_transparency_stays_short(masks: Path, tmp_path: Path) -> None:
    """What is opaque at the end of a palette is not written out."""
    assert kq("encode", "-q", masks / "partly.png", "-o", tmp_path / "a.kq") == 0
    assert kq("decode", "-q", tmp_path / "a.kq") == 0
    with Image.open(tmp_path / "a.png") as image:
        assert image.info["transparency"] == bytes([0, 128, 255, 7])


def grey_masks(folder: Path) -> dict[str, npt.NDArray[np.uint8]]:
    """Write masks of mode L as ADE20K has them, and return them."""
    folder.mkdir()
    made = {
        "ADE_val_00000001.png": mask((0, 3, 14, 150)),
        "ADE_val_00000002.png": mask((7, 90), seed=1),
        "empty.png": mask((0,)),
        "void.png": mask((0, 18), border=VOID),
    }
    for name, labels in made.items():
        Image.fromarray(labels).save(folder / name)
    return made


def test_grey_masks_keep_their_labels(tmp_path: Path) -> None:
    """With --labels grey values are the indices of the file, and with --grey they come back."""
    made = grey_masks(tmp_path / "masks")
    command = ("encode", "-q", "--labels", "--small", "-r", tmp_path / "masks", "-d")
    assert kq(*command, tmp_path / "out") == 0
    assert kq("decode", "-q", "-r", tmp_path / "out", "-d", tmp_path / "indexed") == 0
    assert kq("decode", "-q", "--grey", "-r", tmp_path / "out", "-d", tmp_path / "back") == 0
    for name, labels in made.items():
        indexed = kqformat.read_indexed((tmp_path / "out" / name).with_suffix(".kq"))
        assert np.array_equal(indexed.indices, labels)
        assert indexed.palette[:, 0].tolist() == list(range(int(labels.max()) + 1))
        for folder, mode in (("indexed", "P"), ("back", "L")):
            with Image.open(tmp_path / folder / name) as image:
                assert image.mode == mode
                assert np.array_equal(np.asarray(image), labels)


def test_grey_pictures_keep_their_values_without_the_option(tmp_path: Path) -> None:
    """Without --labels a grey image has a palette of its own greys, and --grey undoes that."""
    made = grey_masks(tmp_path / "masks")
    assert kq("encode", "-q", "-r", tmp_path / "masks", "-d", tmp_path / "out") == 0
    assert kq("decode", "-q", "--grey", "-r", tmp_path / "out", "-d", tmp_path / "back") == 0
    for name, labels in made.items():
        with Image.open(tmp_path / "back" / name) as image:
            assert image.mode == "L"
            assert np.array_equal(np.asarray(image), labels)


def test_one_grey_that_is_transparent_stays(tmp_path: Path) -> None:
    """The transparent grey of a PNG is an entry without alpha, and the indices stay."""
    labels = mask((0, 5, 9))
    Image.fromarray(labels).save(tmp_path / "a.png", transparency=5)
    assert kq("encode", "-q", "--labels", tmp_path / "a.png") == 0
    indexed = kqformat.read_indexed(tmp_path / "a.kq")
    assert np.array_equal(indexed.indices, labels)
    assert indexed.palette[:, 3].tolist() == [255] * 5 + [0] + [255] * 4
    assert kq("decode", "-q", "--grey", tmp_path / "a.kq", "-o", tmp_path / "b.png") == 0
    with Image.open(tmp_path / "b.png") as image:
        assert image.mode == "P"


def test_colours_are_written_as_colours(masks: Path, tmp_path: Path) -> None:
    """With --grey, a picture with one colour that is no grey keeps its palette."""
    name = "SegmentationClass/2007_000032.png"
    assert kq("encode", "-q", masks / name, "-o", tmp_path / "a.kq") == 0
    assert kq("decode", "-q", "--grey", tmp_path / "a.kq") == 0
    with Image.open(tmp_path / "a.png") as image:
        assert image.mode == "P"


@pytest.mark.parametrize("mode", ["RGB", "LA", "I;16", "1", "RGBA"])
def test_what_is_no_mask_is_refused(mode: str, tmp_path: Path, capsys: Capture) -> None:
    """With --labels an image of another mode is one line of error, and others are done."""
    Image.new(mode, (4, 4)).save(tmp_path / "a.png")
    Image.new("L", (4, 4), 7).save(tmp_path / "b.png")
    files = (tmp_path / "a.png", tmp_path / "b.png")
    assert kq("encode", "-q", "--labels", *files, "-d", tmp_path / "out") == 1
    error = capsys.readouterr().err
    assert f"no label mask: of mode {mode}, expected P or L" in error
    assert error.count("\n") == 1
    assert names(tmp_path / "out") == ["b.kq"]


@pytest.mark.parametrize(
    "options",
    [
        *(["-k", "16"], ["-k", "auto"], ["--dither", "blue-noise"], ["--shared-palette"]),
        *(["--palette", "a.gpl"], ["--target-psnr", "40"], ["--small", "--rdo", "5"]),
    ],
)
def test_labels_with_other_colours_are_wrong_usage(
    options: list[str], tmp_path: Path, capsys: Capture
) -> None:
    """What would choose colours has no place beside --labels."""
    Image.new("L", (4, 4), 7).save(tmp_path / "a.png")
    assert kq("encode", "--labels", *options, tmp_path / "a.png") == 2
    assert "--labels keeps all indices" in capsys.readouterr().err
    assert names(tmp_path) == ["a.png"]


def test_file_of_more_labels_is_kept(tmp_path: Path) -> None:
    """A .kq file of more than 256 labels is kept, too."""
    rng = np.random.default_rng(1)
    palette = rng.integers(0, 256, (1000, 3), np.uint8)
    wide = IndexedImage(rng.integers(0, 1000, (30, 40)).astype(np.uint16), palette)
    kqformat.write(tmp_path / "a.kq", wide)
    command = ("encode", "-q", "--labels", "--small", tmp_path / "a.kq", "-o", tmp_path / "b.kq")
    assert kq(*command) == 0
    assert kqformat.read_indexed(tmp_path / "b.kq") == wide


@pytest.mark.parametrize("coding", ["packed", "entropy", "auto"])
def test_arrays_of_labels(coding: str) -> None:
    """From Python, labels and palette are an IndexedImage, whatever the order in memory."""
    labels = mask((0, 1, 15, 20), border=VOID)
    for array in (labels, np.asfortranarray(labels), labels[::2, ::3], labels[::-1]):
        again = kqformat.decode_indexed(kqformat.encode(IndexedImage(array, VOC), coding=coding))
        assert np.array_equal(again.indices, array)
        assert np.array_equal(again.palette, VOC)
    with pytest.raises(ParameterError, match="a int64 array, expected a uint8 or uint16 array"):
        IndexedImage(labels.astype(np.int64), VOC)
    with pytest.raises(ParameterError, match="index 255 is not in a palette of 21 entries"):
        IndexedImage(labels, VOC[:21])
