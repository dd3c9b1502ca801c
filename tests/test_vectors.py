"""The package against the conformance suite and the reference decoder.

The three share no code: the vectors have a writer of their own, which takes entropy-coded payloads
from the package, and the reference decoder is a single file of plain Python.
"""

from __future__ import annotations

import hashlib
from typing import Any

import pytest
from hypothesis import given, settings
from raw_files import raw_files
from strategies import BAND_SHIFTS, indexed_images
from suite import INVALID, VALID, VECTORS, name, read_vector, reference

import kqformat
from kqformat.codec.head import Coding
from kqformat.codec.layout import read_layout
from kqformat.codec.stream import decode_indexed, decode_rgb, encode_indexed, verify
from kqformat.errors import KqError
from kqformat.metadata import RESOLUTION_UNIT
from kqformat.model import IndexedImage

NOT_CANONICAL = {"meta-all-other-order"}
NOT_CANONICAL |= {"coding-1-packed", "coding-1-packed-bands", "coding-1-one-color"}
NOT_CANONICAL |= {"coded-palette-86", "coded-palette-rgba-opaque"}  # E would be a byte shorter
NOT_CANONICAL |= {entry["name"] for entry in VALID if entry["name"].startswith("entropy-local-")}
KINDS = ["FormatError", "TruncatedError", "ChecksumError", "UnsupportedError", "LimitError"]
IN_BANDS = ["FormatError", "ChecksumError"]


def reading_of_package(data: bytes) -> dict[str, Any]:
    """Return all that the package reads, in terms that both decoders have."""
    image = decode_indexed(data)
    metadata = {
        "icc": image.metadata.icc_profile,
        "exif": image.metadata.exif,
        "xmp": image.metadata.xmp,
        "resolution": image.metadata.dpi
        and tuple(round(value * RESOLUTION_UNIT) for value in image.metadata.dpi),
    }
    return {
        "size": image.size,
        "palette": [tuple(entry) for entry in image.palette.tolist()],
        "channels": image.channels,
        "indices": image.indices.reshape(-1).tolist(),
        "pixels": decode_rgb(data).tobytes(),
        "metadata": {key: value for key, value in metadata.items() if value is not None},
        "others": list(image.metadata.unknown),
    }


def reading_of_reference(data: bytes) -> dict[str, Any]:
    """Return all that the reference decoder reads, in the same terms."""
    picture = reference.decode(data)
    return {
        "size": (picture.width, picture.height),
        "palette": picture.palette,
        "channels": picture.channels,
        "indices": picture.indices,
        "pixels": picture.pixels(),
        "metadata": picture.metadata,
        "others": picture.others,
    }


def outcome(read: Any, data: bytes) -> object:
    """Return what is read, or the name of the error."""
    try:
        return read(data)
    except (KqError, reference.KqError) as error:
        return type(error).__name__


@pytest.mark.parametrize("entry", VALID, ids=name)
def test_valid_vector_is_that_of_the_manifest(entry: dict[str, Any]) -> None:
    """A valid vector gives the size, palette, indices, pixels and bands of the manifest."""
    data = read_vector(entry)
    image = decode_indexed(data)
    assert image.size == (entry["width"], entry["height"])
    assert (image.colors, image.channels) == (entry["colors"], entry["channels"])
    indices = image.indices.astype(">u2").tobytes()
    assert hashlib.sha256(indices).hexdigest() == entry["indices_sha256"]
    assert hashlib.sha256(image.palette.tobytes()).hexdigest() == entry["palette_sha256"]
    assert len(data) == entry["bytes"]
    for pixels in (image.to_rgb(), decode_rgb(data)):
        assert hashlib.sha256(pixels.tobytes()).hexdigest() == entry["pixels_sha256"]
    assert len(read_layout(data).bands) == entry["bands"]


@pytest.mark.parametrize("entry", VALID, ids=name)
def test_valid_vector_is_read_as_by_the_reference_decoder(entry: dict[str, Any]) -> None:
    """Package and reference decoder agree on every valid vector, metadata included."""
    data = read_vector(entry)
    assert reading_of_package(data) == reading_of_reference(data)


@pytest.mark.parametrize("entry", INVALID, ids=name)
@pytest.mark.parametrize("decode", [decode_indexed, decode_rgb, verify])
def test_invalid_vector_is_refused(decode: Any, entry: dict[str, Any]) -> None:
    """An invalid vector gives the kind of error that the manifest has."""
    with pytest.raises(KqError) as caught:
        decode(read_vector(entry))
    assert type(caught.value).__name__ == entry["error"]


@pytest.mark.parametrize("entry", INVALID, ids=name)
def test_invalid_file_is_refused(entry: dict[str, Any]) -> None:
    """So it does on disk, where opening and verifying stand for a decoder's full check."""
    with (
        pytest.raises(KqError) as caught,
        kqformat.open(VECTORS / entry["file"]) as file,
    ):
        file.verify()
    assert type(caught.value).__name__ == entry["error"]


@pytest.mark.parametrize("entry", VALID, ids=name)
def test_encoding_again_gives_the_same_bytes(entry: dict[str, Any]) -> None:
    """A canonical vector, decoded and encoded with its bands, is the same file; no other is."""
    data = read_vector(entry)
    head = read_layout(data).head
    coding = "entropy" if head.coding == Coding.ENTROPY else "packed"
    again = encode_indexed(decode_indexed(data), coding=coding, band_shift=head.band_shift)
    assert (again == data) == (entry["name"] not in NOT_CANONICAL)
    assert decode_indexed(again) == decode_indexed(data)


@given(image=indexed_images(), band_shift=BAND_SHIFTS)
def test_reference_decoder_reads_what_the_package_writes(
    image: IndexedImage, band_shift: int | None
) -> None:
    """Both decoders read the same from any packed file that the package writes."""
    data = encode_indexed(image, band_shift=band_shift)
    assert reading_of_package(data) == reading_of_reference(data)


@settings(max_examples=1000)
@given(data=raw_files())
def test_both_decoders_judge_alike(data: bytes) -> None:
    """Files with broken rules behind right CRC-32s give the same error, or the same picture."""
    expected = outcome(reading_of_reference, data)
    assert outcome(reading_of_package, data) == expected
    if expected in KINDS:
        assert outcome(verify, data) == expected


def test_the_files_with_broken_rules_are_of_every_kind() -> None:
    """The files of the test before have pictures, every kind of error and errors within bands."""
    seen = set()

    @settings(max_examples=1000, database=None, derandomize=True)
    @given(data=raw_files())
    def look(data: bytes) -> None:
        whole = outcome(decode_indexed, data)
        if whole not in KINDS:
            seen.add("a picture")
        else:
            seen.add(whole if whole == outcome(read_layout, data) else f"{whole} in a band")

    look()
    assert seen == {"a picture", *KINDS, *(f"{kind} in a band" for kind in IN_BANDS)}
