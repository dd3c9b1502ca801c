"""Coded palettes (spec §7.7): the package's kernel against the reference decoder."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from suite import reference
from vectors.invalid_entropy import CODED, COLORS, ONE, ONE_PAYLOAD, changed_at_end

from kqformat.codec import coded_palette
from kqformat.errors import FormatError
from kqformat.fields import length_field_bytes
from kqformat.model import IndexedImage

Palette = npt.NDArray[np.uint8]

SIZES = (*range(1, 20), 63, 64, 65, 86, 257)


def in_order(palette: Palette) -> Palette:
    return coded_palette.sort(IndexedImage(np.zeros((1, 1), np.uint8), palette)).palette


def ramp(size: int, channels: int) -> Palette:
    """Return a ramp whose alpha, where it has one, rises as well."""
    steps = np.linspace(0, 1, size)[:, None]
    ends = np.array([[10, 30, 80, 0], [250, 200, 120, 255]])
    samples = ends[0] + steps * (ends[1] - ends[0])
    return in_order(samples.astype(np.uint8)[:, :channels])


def palettes(size: int, channels: int) -> Iterator[Palette]:
    """Yield palettes of several kinds, in canonical order."""
    rng = np.random.default_rng(size)
    yield in_order(rng.integers(0, 256, (size, channels), np.uint8))
    yield in_order(rng.integers(0, 2, (size, channels), np.uint8) * np.uint8(255))  # duplicates
    yield in_order(rng.integers(100, 104, (size, channels), np.uint8))
    yield np.full((size, channels), 255, np.uint8)
    yield np.zeros((size, channels), np.uint8)
    yield ramp(size, channels)
    greys = np.full((size, channels), 255, np.uint8)
    greys[:, :3] = np.linspace(0, 255, size).astype(np.uint8)[:, None]
    yield greys


def read_by_reference(payload: bytes, size: int, channels: int) -> bytes | None:
    """Return the entries, or None for an error."""
    try:
        entries: bytes = reference.decode_coded_palette(payload, size, channels)
    except reference.FormatError:
        return None
    return entries


def read_by_package(payload: bytes, size: int, channels: int) -> bytes | None:
    """Return the entries, or None for an error."""
    try:
        return coded_palette.decode(payload, size, channels)
    except FormatError:
        return None


def check_read(palette: Palette) -> None:
    payload = coded_palette.encode(palette)
    if payload is None:
        return
    room = palette.size - length_field_bytes(palette.size)
    assert len(payload) < room
    assert read_by_reference(payload, *palette.shape) == palette.tobytes()
    assert read_by_package(payload, *palette.shape) == palette.tobytes()


@pytest.mark.parametrize("channels", [3, 4])
@pytest.mark.parametrize("size", SIZES)
def test_reads_palettes(size: int, channels: int) -> None:
    """The reference decoder reads what the package writes, whatever the colours."""
    for palette in palettes(size, channels):
        check_read(palette)


@settings(max_examples=100)
@given(data=st.data(), size=st.integers(1, 24), channels=st.sampled_from([3, 4]))
def test_reads_any_palette(data: st.DataObject, size: int, channels: int) -> None:
    """Whatever the colours, duplicates included, both decoders read what the package writes."""
    samples = data.draw(st.binary(min_size=size * channels, max_size=size * channels))
    check_read(in_order(np.frombuffer(samples, np.uint8).reshape(size, channels)))


@pytest.mark.parametrize("size", [2, 17, 256])
def test_white_takes_no_bytes(size: int) -> None:
    """All decisions of white entries are 1, so that there is nothing to write."""
    white = np.full((size, 3), 255, np.uint8)
    assert coded_palette.encode(white) == b""
    assert read_by_reference(b"", size, 3) == white.tobytes()


@settings(max_examples=300)
@given(
    payload=st.binary(max_size=12), size=st.sampled_from([1, 2, 3, 4]), channels=st.integers(3, 4)
)
def test_any_bytes_are_judged_alike(payload: bytes, size: int, channels: int) -> None:
    """Both decoders refuse the same bytes; what they accept is in order and written so."""
    read = read_by_reference(payload, size, channels)
    assert read == read_by_package(payload, size, channels)
    if read is not None:
        palette = np.frombuffer(read, np.uint8).reshape(size, channels)
        assert np.array_equal(in_order(palette), palette)
        assert coded_palette.encode(palette) in (payload, None)


@pytest.mark.parametrize("channels", [3, 4])
def test_changed_payload_is_refused_or_is_another_palette(channels: int) -> None:
    """Both decoders do the same with it, and accept only what an encoder writes for its entries."""
    palette = ramp(16, channels)
    payload = coded_palette.encode(palette)
    assert payload is not None
    changed = [payload[:length] for length in range(len(payload))]
    changed += [payload + tail for tail in (b"\0", b"\1", b"\x80", b"\xff", b"\0\0")]
    for bit in range(0, 8 * len(payload), 7):
        flipped = bytearray(payload)
        flipped[bit >> 3] ^= 128 >> (bit & 7)
        changed.append(bytes(flipped))
    accepted = 0
    for other in changed:
        read = read_by_reference(other, *palette.shape)
        assert read == read_by_package(other, *palette.shape)
        if read is not None:
            accepted += 1
            assert read != palette.tobytes()
            again = coded_palette.encode(np.frombuffer(read, np.uint8).reshape(palette.shape))
            assert again in (other, None)
    assert 0 < accepted < len(changed)


def test_tails_of_the_suite_are_wrong_only_in_their_form() -> None:
    """The vectors whose tail is not the least, or not the shortest, tell the right content."""
    for change in (lambda payload: changed_at_end(payload, 1), lambda payload: payload + b"\0"):
        band = reference.BandDecoder(change(ONE_PAYLOAD), list(COLORS), ONE.height, ONE.width)
        palette = reference.PaletteDecoder(change(CODED), 3)
        for decoder in band, palette:
            decoder.coder.check_end = lambda: None
        assert tuple(band.decode()) == ONE.indices
        assert [entry[1:] for entry in palette.decode(len(COLORS))] == [
            (green, red, blue) for red, green, blue in COLORS
        ]
