"""The reference decoder, `spec/reference_decoder.py`, on every vector and on damaged ones.

The vectors and their manifest are made by `tools/make_vectors.py`, which shares no code with it.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
import zlib
from pathlib import Path
from typing import Any

import pytest
from suite import (
    DECODER,
    INVALID,
    ROOT,
    VALID,
    VECTORS,
    name,
    read_vector,
    reference,
    vectors_below,
)

TRUNCATED_BELOW = 2048, 120  # bytes of a packed vector, and of an entropy-coded one: it is slow
FLIPPED_BELOW = 300, 70


def run_decoder(*arguments: str | Path) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, str(DECODER), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, check=False)


def test_manifest_is_not_empty() -> None:
    """The suite has the vectors that the tests below count on."""
    assert len(VALID) >= 55
    assert len(INVALID) >= 125
    assert len(vectors_below(*TRUNCATED_BELOW)) >= 45
    assert len(vectors_below(*FLIPPED_BELOW)) >= 35


def test_vectors_cover_every_index_width() -> None:
    """Every b from 0 to 16 is the index width of a valid vector."""
    assert {(entry["colors"] - 1).bit_length() for entry in VALID} == set(range(17))


def test_vectors_cover_every_error_kind() -> None:
    """Every kind of error of spec §1.1 is the outcome of several invalid vectors."""
    kinds = [entry["error"] for entry in INVALID]
    for kind in (
        "FormatError",
        "TruncatedError",
        "ChecksumError",
        "UnsupportedError",
        "LimitError",
    ):
        assert kinds.count(kind) >= 8, kind


def test_every_vector_file_is_in_the_manifest() -> None:
    """The folder holds the files that the manifest names and no others."""
    on_disk = {path.relative_to(VECTORS).as_posix() for path in VECTORS.rglob("*.kq")}
    assert on_disk == {entry["file"] for entry in VALID + INVALID}


@pytest.mark.parametrize("entry", VALID, ids=name)
def test_valid_vector_decodes(entry: dict[str, Any]) -> None:
    """A valid vector gives what the manifest says: pixels, metadata, unknown sections too."""
    picture = reference.decode(read_vector(entry))
    assert (picture.width, picture.height) == (entry["width"], entry["height"])
    assert (len(picture.palette), picture.channels) == (entry["colors"], entry["channels"])
    indices = b"".join(index.to_bytes(2, "big") for index in picture.indices)
    assert len(picture.indices) == entry["width"] * entry["height"]
    assert hashlib.sha256(indices).hexdigest() == entry["indices_sha256"]
    assert hashlib.sha256(picture.pixels()).hexdigest() == entry["pixels_sha256"]
    found: dict[str, Any] = {
        key: list(value) if key == "resolution" else len(value)
        for key, value in picture.metadata.items()
    }
    found["others"] = [[tag, len(payload)] for tag, payload in picture.others]
    assert found == entry["metadata"]


@pytest.mark.parametrize("entry", INVALID, ids=name)
def test_invalid_vector_is_refused(entry: dict[str, Any]) -> None:
    """An invalid vector gives exactly the kind of error of the manifest."""
    with pytest.raises(reference.KqError) as caught:
        reference.decode(read_vector(entry))
    assert type(caught.value).__name__ == entry["error"]


@pytest.mark.parametrize("entry", vectors_below(*TRUNCATED_BELOW), ids=name)
def test_every_truncation_is_noticed(entry: dict[str, Any]) -> None:
    """A vector cut off anywhere gives a TruncatedError."""
    data = read_vector(entry)
    for size in range(len(data)):
        with pytest.raises(reference.TruncatedError):
            reference.decode(data[:size])


@pytest.mark.parametrize("entry", vectors_below(*FLIPPED_BELOW), ids=name)
def test_flipped_bit_of_every_byte_is_noticed(entry: dict[str, Any]) -> None:
    """A vector with a single bit flipped, of any byte, gives an error."""
    data = read_vector(entry)
    for position in range(len(data)):
        flipped = bytearray(data)
        flipped[position] ^= 0x80 >> position % 8
        with pytest.raises(reference.KqError):
            reference.decode(bytes(flipped))


def test_pixel_limit_is_the_callers() -> None:
    """A picture of exactly max_pixels decodes, one of a pixel more gives a LimitError."""
    data = (VECTORS / "valid" / "annotated.kq").read_bytes()
    assert len(reference.decode(data, max_pixels=10).indices) == 10
    with pytest.raises(reference.LimitError):
        reference.decode(data, max_pixels=9)


def with_crc(data: bytes) -> bytes:
    return data + zlib.crc32(data).to_bytes(4, "big")


def one_color_file(height: int, band_shift: int, *sections: bytes) -> bytes:
    """Return a file of one column whose pixels take no bits."""
    size = (1).to_bytes(4, "big") + height.to_bytes(4, "big")
    head = with_crc(b"\xbbKQ\x01" + size + bytes([0, 0, band_shift, 0]) + bytes(3))
    return head + b"".join(sections)


def test_band_limit_is_inclusive() -> None:
    """A picture of 65,536 bands, too large for a vector, decodes."""
    empty_band = with_crc(b"B" + bytes(4))
    picture = reference.decode(one_color_file(65536, 0, *[empty_band] * 65536))
    assert picture.indices == [0] * 65536


def test_metadata_limit_is_inclusive() -> None:
    """Metadata of 2**24 bytes in two sections, too large for a vector, decodes."""
    first = with_crc(b"i" + (1).to_bytes(4, "big") + b"?")
    second = with_crc(b"x" + (2**24 - 1).to_bytes(4, "big") + bytes(2**24 - 1))
    empty_band = with_crc(b"B" + bytes(4))
    picture = reference.decode(one_color_file(1, 31, first, second, empty_band))
    assert len(picture.metadata["icc"]) + len(picture.metadata["xmp"]) == 2**24


def test_annotated_vector_is_the_picture_of_annex_b() -> None:
    """The annotated file decodes to the indices and colours that Annex B spells out."""
    picture = reference.decode((VECTORS / "valid" / "annotated.kq").read_bytes())
    assert picture.palette == [(255, 255, 255), (0, 0, 0), (230, 60, 20)]
    assert picture.indices == [0, 1, 2, 1, 0, 2, 2, 0, 1, 2]


def test_command_writes_ppm(tmp_path: Path) -> None:
    """An RGB picture becomes a PPM file of its pixels."""
    target = tmp_path / "out.ppm"
    assert run_decoder(VECTORS / "valid" / "shape-1x1.kq", target).returncode == 0
    assert target.read_bytes() == b"P6\n1 1\n255\n" + bytes([17, 0, 0])


def test_command_writes_pam_to_stdout() -> None:
    """An RGBA picture becomes a PAM file, on standard output where the name is a dash."""
    result = run_decoder(VECTORS / "valid" / "palette-rgba-1.kq", "-")
    assert result.returncode == 0
    header, _, pixels = result.stdout.partition(b"ENDHDR\n")
    assert header == b"P7\nWIDTH 2\nHEIGHT 2\nDEPTH 4\nMAXVAL 255\nTUPLTYPE RGB_ALPHA\n"
    assert pixels == bytes([17, 0, 0, 0]) * 4


def test_command_reports_one_line(tmp_path: Path) -> None:
    """A bad file gives one line on standard error, exit status 1 and no output file."""
    target = tmp_path / "out.ppm"
    result = run_decoder(VECTORS / "invalid" / "end-byte.kq", target)
    assert result.returncode == 1
    assert result.stderr.startswith(b"reference_decoder: FormatError: ")
    assert result.stderr.count(b"\n") == 1
    assert not target.exists()


def test_decoder_uses_the_standard_library_only() -> None:
    """The decoder imports nothing but modules of the standard library."""
    lines = DECODER.read_text("utf-8").splitlines()
    imported = {line.split()[1] for line in lines if line.startswith(("import ", "from "))}
    assert len(imported) >= 4
    assert imported <= set(sys.stdlib_module_names)


def test_vectors_on_disk_are_as_generated() -> None:
    """`make_vectors --check` finds vectors, manifest and annotated dump up to date."""
    command = [sys.executable, str(ROOT / "tools" / "make_vectors.py"), "--check"]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")
