"""`recover=True`: what is read of damaged files; nothing is called real that is not."""

from __future__ import annotations

import zlib
from collections import Counter
from contextlib import suppress
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import BAND_SHIFTS, CODINGS, indexed_images, metadata, mixed_images
from suite import VALID, name, read_vector, vectors_below
from vectors import writer

import kqformat
from kqformat import IndexedImage, Limits, Metadata, PixelState, Recovered
from kqformat.codec import claims, resync
from kqformat.codec.layout import read_layout
from kqformat.codec.stream import encode_indexed
from kqformat.errors import ChecksumError, FormatError, KqError, LimitError, TruncatedError

SMALL = vectors_below(400)
NOISE = np.random.default_rng(4).integers(0, 5, (24, 30), dtype=np.uint8)
NOISE[8:16] = 3
IMAGE = IndexedImage(NOISE, np.arange(15, dtype=np.uint8).reshape(5, 3), Metadata(xmp=b"words"))
FILES = {
    coding: encode_indexed(IMAGE, coding=coding, band_shift=2) for coding in ("packed", "entropy")
}


def recovered(data: bytes) -> Recovered:
    return kqformat.decode(data, recover=True)


def flipped(data: bytes, offset: int, bits: int = 0x10) -> bytes:
    return data[:offset] + bytes([data[offset] ^ bits]) + data[offset + 1 :]


def assert_is_true_to(found: Recovered, image: IndexedImage) -> None:
    """Every pixel of the mask is that of the image; lost ones are entry 0; losses are told."""
    assert np.array_equal(found.image.palette, image.palette)
    assert np.array_equal(found.image.indices[found.mask], image.indices[found.mask])
    assert not found.image.indices[~found.readable].any()
    assert found.losses or found.mask.all()


def rows_of(found: Recovered, state: PixelState) -> list[int]:
    """Return the bands of four rows in which all pixels are in a state."""
    return [n for n in range(6) if (found.states[4 * n : 4 * n + 4] == state).all()]


def rows_of_one(found: Recovered) -> list[int]:
    return [int(row[0]) for row in found.states]


@given(image=indexed_images() | mixed_images(), coding=CODINGS, band_shift=BAND_SHIFTS)
def test_whole_file_is_all_real(image: IndexedImage, coding: str, band_shift: int | None) -> None:
    """A file without damage is decoded as ever, every pixel real, and nothing is said."""
    found = recovered(encode_indexed(image, coding=coding, band_shift=band_shift))
    assert found.image == image
    assert found.mask.all()
    assert found.losses == ()


@given(
    image=mixed_images(),
    extra=metadata(),
    coding=CODINGS,
    band_shift=st.integers(0, 4),
    data=st.data(),
)
def test_what_is_called_real_is_real(
    image: IndexedImage, extra: Metadata, coding: str, band_shift: int, data: st.DataObject
) -> None:
    """After changes, insertions, deletions and cuts, each pixel of the mask is the original's.

    No band, of ten bytes at least, is taken out as a whole: that cannot be noticed (spec §11).
    """
    image = IndexedImage(image.indices, image.palette, extra)
    file = encode_indexed(image, coding=coding, band_shift=band_shift)
    head = read_layout(file).head.byte_length
    may_go = 9
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(head, max(head, len(file) - 1)))
        removed = data.draw(st.integers(0, may_go))
        may_go -= removed
        file = file[:at] + data.draw(st.binary(max_size=12)) + file[at + removed :]
    if data.draw(st.booleans()):
        file = file[: data.draw(st.integers(head, max(head, len(file))))]
    try:
        found = recovered(file)
    except KqError:
        return
    assert_is_true_to(found, image)


@pytest.mark.parametrize("entry", SMALL, ids=name)
def test_cut_at_every_byte(entry: dict[str, object]) -> None:
    """Of a file that ends at any byte, all pixels that are read are the original's."""
    file = read_vector(entry)
    image = kqformat.decode_indexed(file)
    told = 0
    for size in range(len(file)):
        try:
            found = recovered(file[:size])
        except TruncatedError:
            assert size < read_layout(file).file_bytes
            continue
        assert_is_true_to(found, image)
        assert not (found.states == PixelState.DOUBTFUL).any()
        readable = found.readable
        assert np.array_equal(found.image.indices[readable], image.indices[readable])
        told += bool(found.losses)
    assert told


@pytest.mark.parametrize("entry", SMALL, ids=name)
def test_every_bit_flipped(entry: dict[str, object]) -> None:
    """Of a file with any one bit flipped, the pixels of the mask are right and the flip is told."""
    file = read_vector(entry)
    image = kqformat.decode_indexed(file)
    for bit in range(8 * len(file)):
        try:
            found = recovered(flipped(file, bit // 8, 1 << bit % 8))
        except KqError:
            continue
        assert_is_true_to(found, image)
        assert found.losses


@pytest.mark.parametrize("entry", VALID, ids=name)
def test_damage_in_one_band_leaves_the_others(entry: dict[str, object]) -> None:
    """A changed payload costs the pixels of its band, and no other."""
    file = read_vector(entry)
    layout = read_layout(file)
    shift = layout.head.band_shift
    for number, band in list(enumerate(layout.bands))[:8]:
        if band.length:
            found = recovered_or_none(flipped(file, band.payload_offset))
            if found is None:
                assert len(layout.bands) == 1
                continue
            is_here = np.arange(layout.head.height) >> shift == number
            assert found.mask[~is_here].all()
            assert not found.mask[is_here].any()


def recovered_or_none(data: bytes) -> Recovered | None:
    try:
        return recovered(data)
    except FormatError:
        return None


@pytest.mark.parametrize("coding", FILES)
@pytest.mark.parametrize("at", range(5))
def test_bands_after_damaged_tag_or_length_are_found(coding: str, at: int) -> None:
    """A wrong tag or length does not hide the bands behind it."""
    band = read_layout(FILES[coding]).bands[2]
    found = recovered(flipped(FILES[coding], band.offset + at, 0x20))
    assert_is_true_to(found, IMAGE)
    assert rows_of(found, PixelState.CHECKED) == [0, 1, 3, 4, 5]


@pytest.mark.parametrize("coding", FILES)
@pytest.mark.parametrize("more", [b"", b"1234567"])
def test_bands_after_lost_or_added_bytes_are_found(coding: str, more: bytes) -> None:
    """Bytes that are missing, or too many, cost the band that they are in."""
    band = read_layout(FILES[coding]).bands[1]
    cut = band.payload_offset + (0 if more else 1)
    file = FILES[coding][: band.payload_offset] + more + FILES[coding][cut:]
    found = recovered(file)
    assert_is_true_to(found, IMAGE)
    assert rows_of(found, PixelState.CHECKED) == [0, 2, 3, 4, 5]


@pytest.mark.parametrize("coding", FILES)
def test_several_damaged_bands(coding: str) -> None:
    """Whole bands between and after damaged ones are kept."""
    file = FILES[coding]
    for number in (1, 2, 4):
        file = flipped(file, read_layout(FILES[coding]).bands[number].crc_offset)
    assert rows_of(recovered(file), PixelState.CHECKED) == [0, 3, 5]


@pytest.mark.parametrize("coding", FILES)
@pytest.mark.parametrize("number", [0, 2, 5])
@pytest.mark.parametrize("more", [b"A\0\0\0", bytes(54)], ids=["few", "as a packed band"])
def test_bytes_between_bands_cost_nothing(coding: str, number: int, more: bytes) -> None:
    """What was put in between whole bands, or before them, is left out, and that is told."""
    offset = read_layout(FILES[coding]).bands[number].offset
    found = recovered(FILES[coding][:offset] + more + FILES[coding][offset:])
    assert found.image.indices.tolist() == IMAGE.indices.tolist()
    assert found.mask.all()
    told = f"{len(more)} bytes from byte {offset} on are no band"
    assert (told in found.losses) == (number > 0 or more[0] > 0)  # else it looks like metadata


@pytest.mark.parametrize("start", [b"B\0\0\0\x2d", b"b\0\0\0\x2d"])
def test_what_looks_like_a_band_too_many(start: bytes) -> None:
    """Where the first may be a damaged one, or the last one too many, no band is called real."""
    offset = read_layout(FILES["packed"]).bands[2].offset
    file = FILES["packed"][:offset] + start + bytes(49) + FILES["packed"][offset:]
    found = recovered(file)
    assert_is_true_to(found, IMAGE)
    assert rows_of(found, PixelState.CHECKED) == [0, 1]
    assert any("which is unknown" in loss for loss in found.losses)


def test_whole_band_that_is_only_likely_the_one_is_doubted() -> None:
    """Bytes as long as a band, and damage behind: what follows is shown, but not called real."""
    bands = read_layout(FILES["packed"]).bands
    file = flipped(FILES["packed"], bands[1].offset)
    file = file[: bands[0].offset] + b"A" + bytes(53) + file[bands[0].offset :]
    found = recovered(file)
    assert_is_true_to(found, IMAGE)
    assert np.array_equal(found.image.indices[4:8], IMAGE.indices[:4])
    assert rows_of(found, PixelState.DOUBTFUL) == [0, 1, 2]
    assert not found.mask.any()


@pytest.mark.parametrize("coding", FILES)
@pytest.mark.parametrize("start", [b"A\0\0\0\x2d", b"A\0\0\0\0"])
def test_bytes_before_bands_in_a_file_that_is_cut(coding: str, start: bytes) -> None:
    """As many whole bands as would follow on a damaged one are no evidence that there was one."""
    bands = read_layout(FILES[coding]).bands
    opening = FILES[coding][: bands[0].offset]
    whole = FILES[coding][bands[0].offset : bands[5].offset]
    found = recovered(opening + start + bytes(20) + whole)
    assert not found.mask.any()
    assert rows_of(found, PixelState.DOUBTFUL) == [1, 2, 3, 4, 5]
    assert np.array_equal(found.image.indices[4:], IMAGE.indices[:20])


def test_damaged_band_ends_where_the_next_whole_one_starts() -> None:
    """What of a packed band is missing is lost, and not read from the band behind it."""
    payload = read_layout(FILES["packed"]).bands[1].payload_offset
    found = recovered(FILES["packed"][:payload] + FILES["packed"][payload + 20 :])
    states = found.states[4:8].reshape(-1)
    read = 8 * (45 + 4 - 20) // 3  # of 45 bytes and a CRC-32
    assert (states[:read] == PixelState.DOUBTFUL).sum() > 0
    assert (states[read:] == PixelState.LOST).all()
    assert rows_of(found, PixelState.CHECKED) == [0, 2, 3, 4, 5]


@pytest.mark.parametrize("height", [22, 24])
def test_band_written_over_and_another_damaged(height: int) -> None:
    """Where the lengths of all bands lead to the end, it is certain which is which."""
    image = IndexedImage(NOISE[:height], IMAGE.palette)
    file = bytearray(encode_indexed(image, band_shift=2))
    bands = read_layout(bytes(file)).bands
    file[bands[1].offset : bands[3].offset] = bytes(bands[3].offset - bands[1].offset)
    found = recovered(flipped(bytes(file), bands[4].payload_offset))
    assert_is_true_to(found, image)
    assert rows_of(found, PixelState.CHECKED) == [0, 3, 5]


def test_unknown_place_is_lost() -> None:
    """Whole bands of which it is not certain which they are are not guessed at."""
    bands = read_layout(FILES["entropy"]).bands
    file = FILES["entropy"][: bands[1].offset] + b"??" + FILES["entropy"][bands[3].offset :]
    found = recovered(flipped(file, len(file) - 1))
    assert_is_true_to(found, IMAGE)
    assert rows_of(found, PixelState.CHECKED) == [0]
    assert any("which is unknown" in loss for loss in found.losses)


@pytest.mark.parametrize("coding", FILES)
@pytest.mark.parametrize("at", [0, 1, 2, 4, 5, 10])
def test_damaged_metadata_costs_metadata_only(coding: str, at: int) -> None:
    """Whatever byte of a metadata section is wrong, all pixels are real, and the loss is told."""
    section = read_layout(FILES[coding]).sections[0]
    found = recovered(flipped(FILES[coding], section.offset + at, 0x80 if at < 5 else 1))
    assert found.mask.all()
    assert found.image.metadata == Metadata()
    assert any("metadata" in loss for loss in found.losses)


@pytest.mark.parametrize("coding", FILES)
def test_first_band_that_looks_like_metadata(coding: str) -> None:
    """A band's tag in lower case does not have the next band taken for the first."""
    offset = read_layout(FILES[coding]).bands[0].offset
    found = recovered(flipped(FILES[coding], offset, 0x20))
    assert_is_true_to(found, IMAGE)
    assert 0 not in rows_of(found, PixelState.CHECKED)


def test_damaged_packed_pixels_are_shown_and_doubted() -> None:
    """Indices of a packed band with a wrong CRC-32 are read, marked; impossible ones are lost."""
    band = writer.section("B", writer.pack([2, 3, 1, 3], 2), crc=bytes(4))
    file = writer.Head(4, 1, ((0, 0, 0), (1, 1, 1), (2, 2, 2))).encode() + band
    found = recovered(file)
    assert found.image.indices.tolist() == [[2, 0, 1, 0]]
    assert found.states.tolist() == [[1, 0, 1, 0]]
    assert found.losses[-1] == "of 4 pixels: 0 checked, 0 unchecked, 2 doubtful, 2 lost"


def test_one_colour_needs_no_band() -> None:
    """Where k = 1 the head says every pixel."""
    found = recovered(writer.Head(4, 3, ((7, 8, 9),)).encode())
    assert found.mask.all()
    assert found.losses


def test_damaged_head_or_palette_is_refused() -> None:
    """Without a right head, palette included, no pixel has a meaning: an error, no guess."""
    for offset in range(4, read_layout(FILES["packed"]).head.byte_length):
        with pytest.raises(KqError):
            recovered(flipped(FILES["packed"], offset))


def test_nothing_left_is_an_error() -> None:
    """Where not one pixel can be read, the error is that of decoding."""
    file = encode_indexed(IMAGE)
    with pytest.raises(TruncatedError, match="ends too early"):
        recovered(file[: read_layout(file).bands[0].payload_offset])


def test_limits_hold() -> None:
    """A damaged file over the limits is refused as a whole one is."""
    for limits in (Limits(pixels=719), Limits(palette_entries=4), Limits(bands=5)):
        with pytest.raises(LimitError):
            kqformat.decode(FILES["packed"][:-1], limits=limits, recover=True)


def test_metadata_over_the_limits_is_left_out() -> None:
    """It costs itself, and no pixel."""
    found = kqformat.decode(FILES["packed"], limits=Limits(metadata_bytes=4), recover=True)
    assert found.mask.all()
    assert found.image.metadata == Metadata()
    assert "more than the limit of 4" in found.losses[0]


def test_search_for_bands_is_bounded() -> None:
    """A file in which everything looks like a band is given up, and this is told."""
    head = writer.Head(4000, 3, tuple((n, n, n) for n in range(200)), 0, coding=1)
    band = writer.section("B", bytes(4000))
    found = recovered(head.encode() + band + b"E\x00\x00\x0f\x00" * 4000)
    assert rows_of_one(found) == [3, 0, 0]
    assert any("ended early" in loss for loss in found.losses)


HOSTILE = {
    "every band has the length of the last": (
        writer.Head(1, 16 * 4000 - 8, ((0,) * 3, (1,) * 3), 4),
        writer.section("B", bytes(1)) * 4000,
    ),
    "every other band is damaged": (
        writer.Head(1, 16 * 4000, ((0,) * 3, (1,) * 3), 4),
        (writer.section("B", bytes(2), crc=bytes(4)) + writer.section("B", bytes(2))) * 2000,
    ),
    "every band is damaged": (
        writer.Head(9, 4000, ((0,) * 3, (1,) * 3), 0, coding=1),
        writer.section("E", crc=bytes(4)) * 4000,
    ),
    "metadata looks like bands": (
        writer.Head(1, 4000, ((0,) * 3,), 0),
        writer.section("a", crc=bytes(4)) * 60 + writer.section("B") * 3999,
    ),
    "whole bands within bands": (
        writer.Head(4000, 40, tuple((n, n, n) for n in range(200)), 0, coding=1),
        writer.section("B", bytes(4000), crc=bytes(4))
        + b"".join(writer.section("E", writer.section("E") * 400) for _ in range(39)),
    ),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_work_is_bounded_by_the_bytes(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """However bands are arranged, no more is looked at than some tens of times the file."""
    work: Counter[str] = Counter()
    candidates, claim = resync.Search._looks_like_bands, claims.Claims.at

    def crc32(part: memoryview, start: int = 0) -> int:
        work["checks"] += 1
        work["bytes"] += len(part)
        return zlib.crc32(part, start)

    def counted_candidates(*arguments: Any) -> list[tuple[int, int]]:
        work["steps"] += 1
        return candidates(*arguments)

    def counted_claim(*arguments: Any) -> claims.Claim | None:
        work["claims"] += 1
        return claim(*arguments)

    monkeypatch.setattr(resync, "crc32", crc32)
    monkeypatch.setattr(resync.Search, "_looks_like_bands", counted_candidates)
    monkeypatch.setattr(claims.Claims, "at", counted_claim)
    head, bands = HOSTILE[name]
    file = head.encode() + bands
    with suppress(FormatError):
        recovered(file)
    cost = 64 * (work["checks"] + work["claims"]) + work["bytes"]
    assert 0 < cost < 36 * len(file) + 2**20
    assert work["steps"] <= 1 + len(file) // 2**16


@pytest.mark.parametrize("coding", ["packed", "entropy"])
def test_search_in_noise_does_not_give_up(coding: str) -> None:
    """In a large band of noise few places look like a band, and the ones behind it are found."""
    rng = np.random.default_rng(8)
    indices = np.minimum(rng.geometric(0.02, (1024, 1024)), 255).astype(np.uint8)
    palette = rng.integers(0, 256, (256, 3), dtype=np.uint8)
    image = IndexedImage(indices, palette)
    file = encode_indexed(image, coding=coding, band_shift=8)
    found = recovered(flipped(file, read_layout(file).bands[1].offset + 2))
    assert found.mask.sum() == 3 * 256 * 1024
    assert_is_true_to(found, image)


def test_default_is_strict() -> None:
    """Nothing is recovered unless it is asked for."""
    with pytest.raises(ChecksumError):
        kqformat.decode(flipped(FILES["packed"], len(FILES["packed"]) - 1))


def test_damaged_metadata_of_a_cut_file() -> None:
    """In a packed file that is also cut, the bands behind a damaged metadata section are kept."""
    section = read_layout(FILES["packed"]).sections[0]
    found = recovered(flipped(FILES["packed"], section.payload_offset)[:-10])
    assert_is_true_to(found, IMAGE)
    assert rows_of(found, PixelState.CHECKED) == [0, 1, 2, 3, 4]


def test_section_that_occurs_again_is_left_out() -> None:
    """Of two XMP sections the first is kept, and the other told."""
    head = writer.Head(2, 1, ((0, 0, 0), (1, 1, 1))).encode()
    file = head + writer.section("x", b"one") + writer.section("x", b"two")
    found = recovered(file + writer.section("B", b"\x40"))
    assert found.image.metadata == Metadata(xmp=b"one")
    assert found.mask.all()
    assert any("occurs again" in loss for loss in found.losses)


def test_rule_broken_behind_a_right_checksum_is_doubtful() -> None:
    """A band with a right CRC-32 and an impossible index is none that an encoder has written."""
    head = writer.Head(4, 1, ((0, 0, 0), (1, 1, 1), (2, 2, 2))).encode()
    found = recovered(head + writer.section("B", writer.pack([2, 3, 1, 2], 2)))
    assert found.image.indices.tolist() == [[2, 0, 1, 2]]
    assert found.states.tolist() == [[1, 0, 1, 1]]


def test_damaged_section_that_may_be_a_band() -> None:
    """Where a damaged section may have been the first band, and the file is cut, none is placed."""
    image = IndexedImage(NOISE, IMAGE.palette, Metadata(xmp=bytes(45)))
    file = encode_indexed(image, band_shift=2)
    layout = read_layout(file)
    assert layout.bands[0].length == layout.sections[0].length
    with pytest.raises(ChecksumError):
        recovered(flipped(file, layout.sections[0].payload_offset)[:-10])


@pytest.mark.parametrize("cut", [0, 4])
def test_entropy_band_that_means_nothing_is_lost(cut: int) -> None:
    """Of one that is whole but for its meaning, or its CRC-32, no pixel is left in the picture."""
    palette = tuple((n, n, n) for n in range(250))
    head = writer.Head(400, 16, palette, 3, coding=1).encode()
    noise = np.random.default_rng(1).integers(1, 250, 3200).astype(np.uint8).tobytes()
    file = head + writer.section("B", noise) + writer.section("E", noise[:3000])
    found = recovered(file[: len(file) - cut])
    assert found.image.indices[:8].tobytes() == noise
    assert not found.image.indices[8:].any()
    assert not found.readable[8:].any()
    assert "rows 8 to 15: lost" in found.losses
    assert found.losses[-1] == "of 6,400 pixels: 3,200 checked, 0 unchecked, 0 doubtful, 3,200 lost"
