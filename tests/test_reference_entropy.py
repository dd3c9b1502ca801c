"""Entropy coding of bands (spec §7): the package's kernel against the reference decoder."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from suite import ROOT, reference
from trace_entropy import DOCUMENT, PALETTE, PICTURE, with_trace
from vectors.picture import ANNOTATED_ENTROPY

import kqformat
from kqformat.codec import entropy
from kqformat.codec.entropy_tables import (
    ACTIVITIES,
    COUNTS,
    DISTANCES,
    ERRORS,
    LOGISTIC,
    chances,
    slot_tables,
)
from kqformat.errors import FormatError

Palette = npt.NDArray[np.uint8]
Indices = npt.NDArray[Any]

SHAPES = ((1, 1), (1, 9), (9, 1), (2, 2), (7, 11))
PALETTE_SIZES = (2, 3, 5, 16, 17, 256, 300, 2500)


def random_palette(rng: np.random.Generator, size: int, channels: int) -> Palette:
    return rng.integers(0, 256, (size, channels), np.uint8)


def index_type(palette_size: int) -> type[np.uint8 | np.uint16]:
    return np.uint8 if palette_size <= 256 else np.uint16


def encoded(indices: Indices, palette: Palette) -> bytes:
    payload = entropy.encode(indices, palette, 8 * indices.size + 100)
    assert payload is not None
    return payload


def band_of(payload: bytes, palette: Palette, shape: tuple[int, ...]) -> Any:
    return reference.BandDecoder(payload, [tuple(entry) for entry in palette.tolist()], *shape)


def read_by_reference(payload: bytes, palette: Palette, shape: tuple[int, ...]) -> list[int] | None:
    """Return the indices, or None for an error."""
    entries = [tuple(entry) for entry in palette.tolist()]
    try:
        indices: list[int] = reference.decode_entropy_band(payload, entries, *shape)
    except reference.FormatError:
        return None
    return indices


def read_by_package(payload: bytes, palette: Palette, shape: tuple[int, ...]) -> list[int] | None:
    """Return the indices, or None for an error."""
    indices = np.zeros(shape, index_type(len(palette)))
    try:
        entropy.decode(memoryview(payload), palette, indices)
    except FormatError:
        return None
    return [int(index) for index in indices.reshape(-1)]


def check_read(indices: Indices, palette: Palette) -> None:
    read = read_by_reference(encoded(indices, palette), palette, indices.shape)
    assert read == indices.reshape(-1).tolist()


def test_starts_of_package_are_those_of_specification() -> None:
    """The package carries the specification's table of starting states, byte by byte."""
    name = "entropy_starts.txt"
    assert (ROOT / "kqformat/codec" / name).read_bytes() == (ROOT / "spec" / name).read_bytes()


def test_listed_numbers_are_the_same_everywhere() -> None:
    """The numbers of spec §7.2 are those of the package and of the reference decoder."""
    text = DOCUMENT.read_text("utf-8")
    for name, values in {
        "LOGISTIC[0 … 48]": LOGISTIC,
        "DISTANCES": DISTANCES,
        "ACTIVITIES": ACTIVITIES,
        "ERRORS": ERRORS,
    }.items():
        row = re.search(rf"^\| `{re.escape(name)}` \| ([\d ]+) \|$", text, re.MULTILINE)
        assert row is not None, name
        assert tuple(map(int, row[1].split())) == values
        assert getattr(reference, name.partition("[")[0]) == values
    rows = re.findall(r"^\| `COUNTS\[\d\]\[0 … 15\]` \| ([\d ]+) \|$", text, re.MULTILINE)
    assert tuple(tuple(map(int, row.split())) for row in rows) == COUNTS == reference.COUNTS


def test_chances_are_the_same_everywhere() -> None:
    """The probabilities of states are those that the specification names."""
    text = DOCUMENT.read_text("utf-8")
    named = re.search(
        r"CHANCE\[0\] = (\d+), CHANCE\[2048\] = (\d+) and CHANCE\[4095\] = (\d+)", text
    )
    assert named is not None
    assert chances() == reference.CHANCE
    assert tuple(map(int, named.groups())) == tuple(chances()[state] for state in (0, 2048, 4095))


@pytest.mark.parametrize("pace", [0, 1])
def test_slots_follow_each_other_alike(pace: int) -> None:
    """What each slot becomes, and what an opinion is made of, is the same in both decoders."""
    tables = slot_tables()
    assert tables.trust.tolist() == reference.TRUST
    following = tables.following[pace]
    for place in range(0, 65536, 7):
        for bit, mirror in ((0, 0xFFF0), (1, 0)):
            after = reference.Slot(place >> 4, place & 15)
            after.learn(bit, pace)
            assert 16 * after.state + after.step == following[place ^ mirror] ^ mirror


def test_opinions_at_ends_and_in_the_middle() -> None:
    """A slot that has seen much of one bit is near the largest logit, and a blank one says 0."""
    assert reference.Slot(4095, 15).opinion(0) == 4095 * 4809 >> 13 == 2403
    assert reference.Slot(0, 15).opinion(1) == -4095 * 4817 >> 13 == -2408
    assert reference.Slot(2048, 0).opinion(0) == reference.Slot(0, 0).opinion(1) == 0


def test_trace_is_up_to_date() -> None:
    """What the specification shows of the worked picture is what the reference decoder does."""
    text = DOCUMENT.read_text("utf-8")
    assert with_trace(text) == text, "run tools/trace_entropy.py"


def test_trace_is_of_the_annotated_file() -> None:
    """The picture of the trace is that whose file Annex B of the specification shows."""
    rows = [index for row in PICTURE for index in row]
    assert (ANNOTATED_ENTROPY.indices, ANNOTATED_ENTROPY.width) == (tuple(rows), len(PICTURE[0]))
    assert ANNOTATED_ENTROPY.palette == tuple(PALETTE)


@pytest.mark.parametrize("channels", [3, 4])
@pytest.mark.parametrize("palette_size", PALETTE_SIZES)
def test_reads_noise(palette_size: int, channels: int) -> None:
    """The reference decoder reads what the package writes, whatever k, c and the band's shape."""
    rng = np.random.default_rng(palette_size + channels)
    palette = random_palette(rng, palette_size, channels)
    for shape in SHAPES:
        indices = rng.integers(0, palette_size, shape).astype(index_type(palette_size))
        check_read(indices, palette)


@pytest.mark.parametrize("palette_size", [2, 5, 256, 300])
def test_reads_what_is_smooth_or_flat(palette_size: int) -> None:
    """Gradients of related colours and flat pictures are read, equal entries and all."""
    ramp = np.linspace(0, 255, palette_size).astype(np.uint8)
    palette = np.stack([ramp, ramp[::-1], ramp // 2], axis=1)
    y, x = np.mgrid[:16, :20]
    indices = ((x + y) * palette_size // 36).astype(index_type(palette_size))
    check_read(indices, palette)
    check_read(np.full_like(indices, palette_size // 2), palette)
    check_read(indices, np.repeat(palette[:1], palette_size, axis=0))


def test_reads_a_photo_by_every_kind_of_decision(photo: Palette) -> None:
    """Candidates, sure and forced decisions, and both speeds of learning occur, and are right."""
    image = kqformat.quantize(np.ascontiguousarray(photo[100:203, 150:253]), colors=256)
    band = band_of(encoded(image.indices, image.palette), image.palette, image.indices.shape)
    taken = dict.fromkeys(("decide_candidate", "decide_surely", "forced_bit"), 0)
    for name in taken:
        count_calls(band, name, taken)
    assert band.decode() == image.indices.reshape(-1).tolist()
    assert band.mixer.decisions > 65536
    assert min(taken.values()) > 0


def count_calls(band: Any, name: str, taken: dict[str, int]) -> None:
    method = getattr(band, name)

    def counted(*arguments: Any) -> Any:
        result = method(*arguments)
        taken[name] += result is not None
        return result

    setattr(band, name, counted)


@pytest.mark.parametrize("palette_size", [3, 16, 17, 64, 65])
@pytest.mark.parametrize("size", [16, 48])
def test_reads_a_drawing(size: int, palette_size: int) -> None:
    """A picture with repetitions is read, where candidates are tried often, seldom and never."""
    tile = np.zeros((12, 16), np.uint8)
    tile[2:9, 3:12] = 1
    tile[4:6, 5:9] = 2
    indices = np.tile(tile, (4, 4))[:size, : size + 5] * (palette_size // 3)
    check_read(indices, random_palette(np.random.default_rng(7), palette_size, 3))


def test_reads_what_matches_for_long(photo: Palette) -> None:
    """Rows that come again are followed to the longest lengths, and over the ends of rows."""
    rows = kqformat.quantize(np.ascontiguousarray(photo[100:106, 150:240]), colors=40)
    indices = np.concatenate([rows.indices, rows.indices, rows.indices[:3, ::-1]])
    band = band_of(encoded(indices, rows.palette), rows.palette, indices.shape)
    lengths = [0]
    find_match = band.find_match

    def found(place: int) -> Any:
        match = find_match(place)
        lengths.append(match.length_class)
        return match

    band.find_match = found
    assert band.decode() == indices.reshape(-1).tolist()
    assert max(lengths) == 15


@settings(max_examples=25)
@given(data=st.data(), palette_size=st.integers(2, 20), rows=st.integers(1, 6))
def test_reads_any_picture(data: st.DataObject, palette_size: int, rows: int) -> None:
    """Whatever the colours and indices, the reference decoder reads what the package writes."""
    width = data.draw(st.integers(1, 6))
    samples = data.draw(st.binary(min_size=4 * palette_size, max_size=4 * palette_size))
    palette = np.frombuffer(samples, np.uint8).reshape(palette_size, 4)
    pixels = st.lists(
        st.integers(0, palette_size - 1), min_size=rows * width, max_size=rows * width
    )
    check_read(np.array(data.draw(pixels), np.uint8).reshape(rows, width), palette)


def test_a_flat_picture_may_take_no_bytes() -> None:
    """All decisions are 1 where each pixel is the last leaf; then there is nothing to write."""
    palette, indices = np.array(PALETTE, np.uint8), np.zeros((3, 16), np.uint8)
    assert encoded(indices, palette) == b""
    check_read(indices, palette)
    assert read_by_package(b"", palette, indices.shape) == [0] * 48


def mutated(payload: bytes) -> list[bytes]:
    """Return the payload with bits flipped, cut short, and with bytes after it."""
    cut = [payload[:length] for length in range(1, len(payload))]
    longer = [payload + bytes([tail]) for tail in (0, 1, 128, 255)] + [payload + b"\0\0"]
    flipped = []
    for bit in range(0, 8 * len(payload), 1 + len(payload) // 8):
        changed = bytearray(payload)
        changed[bit >> 3] ^= 128 >> (bit & 7)
        flipped.append(bytes(changed))
    return cut + longer + flipped


@pytest.mark.parametrize("palette_size", [2, 5, 40])
def test_changed_payload_is_refused_or_is_another_picture(palette_size: int) -> None:
    """Both decoders do the same with it, and accept only what an encoder writes for its pixels."""
    rng = np.random.default_rng(palette_size)
    palette = random_palette(rng, palette_size, 3)
    shape = (5, 6)
    indices = np.sort(rng.integers(0, palette_size, shape).astype(np.uint8), axis=0)
    payload = encoded(indices, palette)
    for changed in mutated(payload):
        read = read_by_reference(changed, palette, shape)
        assert read == read_by_package(changed, palette, shape)
        if read is not None:
            assert read != indices.reshape(-1).tolist()
            assert encoded(np.array(read, np.uint8).reshape(shape), palette) == changed


def test_zeros_after_a_payload_are_refused() -> None:
    """Zeros are implied beyond the end, so the pixels stay the same; the length does not."""
    palette, indices = np.array(PALETTE, np.uint8), np.array(PICTURE, np.uint8)
    payload = encoded(indices, palette)
    for count in (1, 2, 5):
        assert read_by_reference(payload + bytes(count), palette, indices.shape) is None
        assert read_by_package(payload + bytes(count), palette, indices.shape) is None
