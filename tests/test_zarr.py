"""The codec `kq` in numcodecs and in Zarr arrays of formats 2 and 3: every label is kept."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numcodecs
import numpy as np
import numpy.typing as npt
import pytest
import zarr
import zarr.codecs
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from label_masks import VOID, mask

import kqformat
from kqformat import FormatError, IndexedImage, LimitError, Limits, ParameterError
from kqformat.label_chunks import decode_labels, encode_labels
from kqformat.numcodecs_plugin import KqCodec
from kqformat.zarr_plugin import KqSerializer

CODINGS = ("auto", "packed", "entropy")

Labels = npt.NDArray[np.uint8 | np.uint16]

SHAPES = hnp.array_shapes(min_dims=0, max_dims=5, min_side=1, max_side=9)

LABELS = SHAPES.flatmap(
    lambda shape: (
        hnp.arrays(np.uint8, shape, elements=st.sampled_from([0, 1, 7, 150, 255]))
        | hnp.arrays(np.uint8, shape)
        | hnp.arrays("<u2", shape, elements=st.sampled_from([0, 255, 256, 65_535]))
        | hnp.arrays("<u2", shape)
    )
)


def volume(dtype: str = "uint8", factor: int = 1) -> Labels:
    """Return labels of shape (6, 120, 160): masks that change from slice to slice."""
    slices = [mask((0, 1, 15, 20), seed=seed // 2, border=VOID) for seed in range(6)]
    return np.stack(slices).astype(dtype) * factor


@given(labels=LABELS, coding=st.sampled_from(CODINGS))
def test_labels_are_kept(labels: Labels, coding: str) -> None:
    """Whatever the shape, the order in memory and the labels, they come back, and their type."""
    for array in (labels, np.asfortranarray(labels), labels.T):
        back = decode_labels(encode_labels(array, coding=coding))
        assert back.dtype == labels.dtype
        assert np.array_equal(back.reshape(array.shape), array)
        codec = KqCodec(coding)
        order: Any = "F" if array.flags.f_contiguous else "C"
        flat = codec.decode(codec.encode(array))
        assert np.array_equal(flat.reshape(array.shape, order=order), array)


def test_two_dimensions_stay_as_they_are() -> None:
    """A chunk of two dimensions is a picture of its own size, and so are axes of length 1 more."""
    labels = mask((0, 5, 9))
    for shape in ((120, 160), (1, 120, 160), (120, 160, 1), (1, 120, 1, 160)):
        image = kqformat.decode_indexed(encode_labels(labels.reshape(shape)))
        assert image.size == (160, 120)
        assert np.array_equal(image.to_rgb()[..., 0], labels)
    assert kqformat.decode_indexed(encode_labels(volume())).size == (160, 720)
    assert kqformat.decode_indexed(encode_labels(labels.reshape(-1))).size == (120 * 160, 1)


def test_few_labels_take_few_bits() -> None:
    """The palette has the labels that occur, so that their size does not matter."""
    labels = mask((0, 200, 255))
    image = kqformat.decode_indexed(encode_labels(labels, coding="packed"))
    assert (image.index_width, image.palette[:, 0].tolist()) == (2, [0, 200, 255])
    wide = np.where(labels == 200, np.uint16(60_000), np.uint16(3))
    image = kqformat.decode_indexed(encode_labels(wide, coding="packed"))
    assert (image.index_width, image.colors) == (1, 2)


def test_smaller_coding_is_taken() -> None:
    """`auto` is never larger than either, and with regions smaller than packed."""
    labels = mask((0, 1, 2, 3))
    sizes = {coding: len(encode_labels(labels, coding=coding)) for coding in CODINGS}
    assert sizes["auto"] == min(sizes.values()) < sizes["packed"]


@pytest.mark.parametrize("dtype", ["int8", "int32", "uint32", "float32", "bool", ">u2", "S3"])
def test_other_dtypes_are_refused(dtype: str) -> None:
    """What is no label of 8 or 16 bits is the caller's error, in one line that says so."""
    labels = np.zeros((4, 4), dtype)
    for encode in (encode_labels, KqCodec().encode):
        with pytest.raises(ParameterError, match=r"expected \|u1") as error:
            encode(labels)
        assert np.dtype(dtype).str in str(error.value)


def test_nothing_is_refused() -> None:
    """An array without labels is no picture."""
    with pytest.raises(ParameterError, match="at least one"):
        encode_labels(np.zeros((0, 4), np.uint8))


@pytest.mark.parametrize(
    "palette",
    [[[1, 2, 3]], [[0, 0, 0], [255, 0, 0]], [[9, 9, 9, 255]], [[1, 2, 254], [5, 5, 5]]],
)
def test_other_palettes_are_no_labels(palette: list[list[int]]) -> None:
    """A .kq file of colours is refused where labels are expected."""
    image = IndexedImage(np.zeros((4, 4), np.uint8), np.array(palette, np.uint8))
    with pytest.raises(FormatError, match="none of labels"):
        decode_labels(kqformat.encode(image))


def test_limits_and_damage() -> None:
    """A chunk is checked as any file is."""
    data = encode_labels(volume())
    with pytest.raises(LimitError):
        decode_labels(data, limits=Limits(pixels=1000))
    for broken in (data[:-1], data[:-9] + bytes(5) + data[-4:], b"", b"no chunk"):
        with pytest.raises(FormatError):
            KqCodec().decode(broken)


def test_numcodecs_finds_the_codec() -> None:
    """The codec is found by its name, keeps its configuration, and fills what it is given."""
    codec = numcodecs.get_codec({"id": "kq", "coding": "entropy"})
    assert isinstance(codec, KqCodec)
    assert codec.get_config() == {"id": "kq", "coding": "entropy"}
    assert codec == KqCodec("entropy") != KqCodec("packed")
    labels = mask((0, 3, 4))
    target = np.zeros_like(labels)
    assert codec.decode(codec.encode(labels), out=target) is target
    assert np.array_equal(target, labels)
    with pytest.raises(FormatError, match="another size"):
        codec.decode(codec.encode(labels), out=target[:5])
    assert bytes(codec.decode(codec.encode(b"\x01\x02\x01"))) == b"\x01\x02\x01"


@pytest.mark.parametrize("coding", ["best", "", 3, None])
def test_unknown_codings_are_refused(coding: Any) -> None:
    """A coding that there is not is the caller's error, when the codec is made."""
    for codec in (KqCodec, KqSerializer):
        with pytest.raises(ParameterError, match="expected one of packed, entropy, auto"):
            codec(coding)


@pytest.mark.parametrize("coding", CODINGS)
@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("dtype", ["uint8", "<u2"])
def test_zarr_format_2(coding: str, order: Any, dtype: str, tmp_path: Path) -> None:
    """In a store on disk of format 2, in either order, chunks at the edges too."""
    labels = volume(dtype)
    array = zarr.create_array(
        tmp_path / "a.zarr",
        shape=labels.shape,
        chunks=(4, 50, 70),
        dtype=dtype,
        zarr_format=2,
        compressors=KqCodec(coding),
        order=order,
        fill_value=0,
    )
    array[:] = labels
    stored = json.loads((tmp_path / "a.zarr" / ".zarray").read_text())
    assert stored["compressor"] == {"id": "kq", "coding": coding}
    assert (tmp_path / "a.zarr" / "0.0.0").read_bytes()[:3] == b"\xbbKQ"
    again = zarr.open_array(tmp_path / "a.zarr", mode="r")
    assert np.array_equal(again[:], labels)
    assert np.array_equal(again[3, 20:90, 60:], labels[3, 20:90, 60:])


@pytest.mark.parametrize("coding", CODINGS)
@pytest.mark.parametrize("dtype", ["uint8", "uint16", ">u2"])
def test_zarr_format_3(coding: str, dtype: str, tmp_path: Path) -> None:
    """In a store on disk of format 3: the chunks are .kq files, the metadata names the codec."""
    labels = volume(dtype)
    array = zarr.create_array(
        tmp_path / "a.zarr",
        shape=labels.shape,
        chunks=(1, 64, 64),
        dtype=dtype,
        serializer=KqSerializer(coding=coding),
        compressors=None,
    )
    array[:] = labels
    stored = json.loads((tmp_path / "a.zarr" / "zarr.json").read_text())
    assert stored["codecs"] == [{"name": "kq", "configuration": {"coding": coding}}]
    first = kqformat.read_indexed(tmp_path / "a.zarr" / "c" / "0" / "0" / "0")
    assert first.size == (64, 64)
    again = zarr.open_array(tmp_path / "a.zarr", mode="r+")
    assert np.array_equal(again[:], labels)
    again[2, 10:80, 5:9] = 99
    changed = labels.copy()
    changed[2, 10:80, 5:9] = 99
    assert np.array_equal(zarr.open_array(tmp_path / "a.zarr", mode="r")[:], changed)


def test_zarr_shards(tmp_path: Path) -> None:
    """Inside of shards, too, with a checksum after it."""
    labels = volume()
    array = zarr.create_array(
        tmp_path / "a.zarr",
        shape=labels.shape,
        chunks=(1, 40, 40),
        shards=(2, 120, 160),
        dtype="uint8",
        serializer=KqSerializer(),
        compressors=zarr.codecs.Crc32cCodec(),
    )
    array[:] = labels
    assert np.array_equal(zarr.open_array(tmp_path / "a.zarr", mode="r")[:], labels)


def test_codec_is_found_in_a_process_that_knows_nothing_of_it(tmp_path: Path) -> None:
    """Who opens an array needs no import of ours: the entry points are enough."""
    for version in (2, 3):
        codec: dict[str, Any] = {"compressors": KqCodec()}
        if version == 3:
            codec = {"serializer": KqSerializer(), "compressors": None}
        path = tmp_path / f"{version}.zarr"
        array = zarr.create_array(path, data=mask((0, 7)), zarr_format=version, **codec)
        program = f"import zarr; print(int(zarr.open_array({str(path)!r}, mode='r')[:].sum()))"
        told = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
        assert int(told.stdout) == int(np.asarray(array[:]).sum())


@pytest.mark.parametrize("dtype", ["int8", "uint32", "float32", "bool"])
def test_arrays_of_other_dtypes_are_not_made(dtype: str) -> None:
    """An array that could not be written is refused when it is made."""
    with pytest.raises(ParameterError, match="expected uint8 or uint16 for the codec kq"):
        zarr.create_array(
            {}, shape=(4, 4), dtype=dtype, serializer=KqSerializer(), compressors=None
        )


def test_damaged_chunk_of_a_store_is_an_error(tmp_path: Path) -> None:
    """A chunk that is cut, or another's, is no labels."""
    array = zarr.create_array(
        tmp_path / "a.zarr",
        data=volume()[0],
        chunks=(60, 80),
        serializer=KqSerializer(),
        compressors=None,
    )
    chunk = tmp_path / "a.zarr" / "c" / "0" / "0"
    whole = chunk.read_bytes()
    others = encode_labels(volume()[:, :5]), encode_labels(np.zeros((60, 80), "<u2"))
    for wrong in (whole[:-1], encode_labels(np.zeros((6, 8), np.uint8)), *others):
        chunk.write_bytes(wrong)
        with pytest.raises((FormatError, LimitError)):
            array[:60, :80]


@pytest.mark.parametrize(
    "data",
    [{"name": "zstd"}, {"name": "kq", "configuration": {"level": 3}}, {}],
)
def test_metadata_of_others_is_refused(data: dict[str, Any]) -> None:
    """An option that this version does not know is not passed over."""
    with pytest.raises(ParameterError, match="expected 'kq' with no option but coding"):
        KqSerializer.from_dict(data)
    assert KqSerializer.from_dict({"name": "kq"}) == KqSerializer("auto")


@pytest.mark.parametrize(
    ("module", "package"), [("numcodecs_plugin", "numcodecs"), ("zarr_plugin", "zarr")]
)
def test_missing_package_names_the_extra(module: str, package: str) -> None:
    """Without Zarr one line says what brings it, and the rest of the package works."""
    program = f"""
import sys
sys.modules["{package}"] = None
sys.modules["{package}.abc"] = None
import kqformat
assert kqformat.encode
try:
    import kqformat.{module}
except kqformat.MissingExtraError as error:
    print(error)
"""
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    assert told.stdout.decode().strip() == (
        f"the codec for Zarr needs the package {package}: pip install 'kqformat[zarr]'"
    )
