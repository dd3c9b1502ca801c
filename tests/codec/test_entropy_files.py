"""Entropy coding in the container (spec §4.1, §6.2, §10): which bands and palettes are coded.

What is in a coded band or palette is no concern here.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import BAND_SHIFTS, CODINGS, indexed_images, metadata, mixed_images
from vectors import writer

from kqformat.codec import coded_palette, entropy
from kqformat.codec.bands import band_rows
from kqformat.codec.head import Coding, PaletteFormat
from kqformat.codec.layout import Layout, band_byte_length, read_layout
from kqformat.codec.region import read_entropy_strips, read_region
from kqformat.codec.salvage import decode_truncated
from kqformat.codec.sections import ENTROPY_TAG
from kqformat.codec.stream import decode_indexed, decode_rgb, encode_indexed, head_of, verify
from kqformat.errors import ChecksumError, FormatError, KqError, LimitError, ParameterError
from kqformat.kqfile import KqFile
from kqformat.limits import Limits
from kqformat.metadata import Metadata
from kqformat.model import IndexedImage, index_dtype
from kqformat.threads import at_most

IMAGES = indexed_images() | mixed_images()
GREYS = np.arange(256, dtype=np.uint8).repeat(3).reshape(256, 3)


def flat(colors: int, channels: int = 3, height: int = 20, width: int = 30) -> IndexedImage:
    """Return a picture of stripes, of any number of colours in the order of a coded palette."""
    indices = np.empty((height, width), index_dtype(colors))
    indices[:] = np.arange(height)[:, None] * 7 % colors
    palette = np.zeros((colors, channels), np.uint8)
    palette[:, 0], palette[:, 1] = np.arange(colors) >> 8, np.arange(colors) & 255
    return coded_palette.sort(IndexedImage(indices, palette))


def noise(colors: int, height: int = 20, width: int = 30) -> IndexedImage:
    """Return a picture that no coding makes smaller, with a palette that none does."""
    rng = np.random.default_rng(colors)
    indices = np.empty((height, width), index_dtype(colors))
    indices[:] = rng.integers(0, colors, (height, width))
    return IndexedImage(indices, rng.integers(0, 256, (colors, 3), dtype=np.uint8))


def half_and_half() -> IndexedImage:
    """Return a picture whose upper half is noise and whose lower half has one colour."""
    image = noise(256, height=32)
    indices = image.indices.copy()
    indices[16:] = 7
    return IndexedImage(indices, image.palette)


MIXED = half_and_half()
MIXED_FILE = encode_indexed(MIXED, coding="entropy", band_shift=3)


@contextmanager
def suppress_format_error() -> Iterator[None]:
    """Accept that bytes without a meaning are refused, as a FormatError and nothing else."""
    try:
        yield
    except FormatError as error:
        if type(error) is not FormatError:
            raise


def tags(data: bytes) -> str:
    """Return the tags of the bands."""
    return "".join(band.tag for band in read_layout(data).bands)


def packed_lengths(layout: Layout) -> list[int]:
    """Return the length that each band would have packed."""
    rows = band_rows(layout.head.height, layout.head.band_shift)
    return [band_byte_length(layout.head, bottom - top) for top, bottom in rows]


@given(image=IMAGES, extra=st.just(Metadata()) | metadata(), coding=CODINGS, band_shift=BAND_SHIFTS)
def test_decode_is_the_inverse_of_encode(
    image: IndexedImage, extra: Metadata, coding: str, band_shift: int | None
) -> None:
    """Indices, palette and metadata come back exactly, however coded and split into rows."""
    image = IndexedImage(image.indices, image.palette, extra)
    data = encode_indexed(image, coding=coding, band_shift=band_shift)
    decoded = decode_indexed(data)
    assert decoded == image
    assert decoded.indices.dtype == (np.uint8 if image.colors <= 256 else np.uint16)
    assert np.array_equal(decode_rgb(data), image.to_rgb())
    verify(data)


@given(image=IMAGES, band_shift=BAND_SHIFTS)
def test_each_part_is_the_smaller(image: IndexedImage, band_shift: int | None) -> None:
    """No band and no palette is larger than packed and raw; where nothing gains, all is packed."""
    data = encode_indexed(image, coding="entropy", band_shift=band_shift)
    layout = read_layout(data)
    head = layout.head
    for band, packed_length in zip(layout.bands, packed_lengths(layout), strict=True):
        assert band.length == packed_length if band.tag == "B" else band.length < packed_length
    assert len(head.stored_palette) <= len(head.palette)
    if layout.entropy_bands == 0 and not head.palette_format.is_coded:
        assert data == encode_indexed(image, band_shift=band_shift)
    else:
        assert head.coding == Coding.ENTROPY
    if len(layout.bands) == 1:
        assert len(data) <= len(encode_indexed(image))


@given(image=IMAGES, band_shift=BAND_SHIFTS)
def test_auto_is_the_smaller_file(image: IndexedImage, band_shift: int | None) -> None:
    """`auto` is the file of either coding, the shorter one, and packed where both are as long."""
    packed, entropy, auto = (
        encode_indexed(image, coding=coding, band_shift=band_shift)
        for coding in ("packed", "entropy", "auto")
    )
    assert auto == (entropy if len(entropy) < len(packed) else packed)


@pytest.mark.parametrize("channels", [3, 4])
@pytest.mark.parametrize("colors", [2, 3, 4, 5, 16, 17, 255, 256, 257, 4096, 65_536])
def test_any_number_of_colours(colors: int, channels: int) -> None:
    """A picture of stripes is coded and comes back, for every width of an index."""
    image = flat(colors, channels)
    data = encode_indexed(image, coding="entropy")
    assert tags(data) == "E"
    assert len(data) < len(encode_indexed(image))
    assert decode_indexed(data) == image


@pytest.mark.parametrize("colors", [256, 65_536])
@pytest.mark.parametrize("channels", [3, 4])
def test_palette_in_order_is_coded(colors: int, channels: int) -> None:
    """A palette that counts is stored in less than its entries, and is what it was."""
    image = flat(colors, channels)
    data = encode_indexed(image, coding="entropy")
    head = read_layout(data).head
    assert head.palette_format == PaletteFormat(channels - 3).coded
    assert len(head.stored_palette) < len(head.palette) == colors * channels
    assert data[16 + len(head.stored_palette) :][:4] == writer.crc32(
        data[: 16 + len(head.stored_palette)]
    )
    assert np.array_equal(decode_indexed(data).palette, image.palette)


@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (9, 1), (7, 5)])
@pytest.mark.parametrize("coding", ["entropy", "auto"])
def test_one_colour_is_packed(coding: str, shape: tuple[int, int]) -> None:
    """Where an index has no bits there is nothing to code: the file is the packed one."""
    image = IndexedImage(np.zeros(shape, np.uint8), np.array([[1, 2, 3]], np.uint8))
    assert encode_indexed(image, coding=coding) == encode_indexed(image)


def test_one_pixel_takes_no_more_than_packed() -> None:
    """One pixel of two colours has one byte packed, and can have none."""
    for index in (0, 1):
        image = IndexedImage(
            np.full((1, 1), index, np.uint8), np.array([[1, 2, 3], [9, 9, 9]], np.uint8)
        )
        data = encode_indexed(image, coding="entropy")
        assert len(data) <= len(encode_indexed(image))
        assert np.array_equal(decode_indexed(data).indices, image.indices)


@pytest.mark.parametrize("colors", [2, 16, 256])
def test_noise_is_packed(colors: int) -> None:
    """Noise falls back to packed bands."""
    assert tags(encode_indexed(noise(colors), coding="entropy", band_shift=3)) == "BBB"


def test_order_and_duplicates_are_kept() -> None:
    """The palette given is the palette stored, equal and unused entries included."""
    palette = np.array([[9, 9, 9], [0, 0, 0], [9, 9, 9], [255, 0, 0], [1, 1, 1]], np.uint8)
    indices = np.zeros((20, 20), np.uint8)
    indices[5:] = 2
    image = IndexedImage(indices, palette)
    assert decode_indexed(encode_indexed(image, coding="entropy")) == image


def test_sorting_a_palette_keeps_all_else() -> None:
    """Pixels, metadata and the order of equal entries are what they were."""
    random_numbers = np.random.default_rng(6)
    palette = random_numbers.integers(0, 2, (200, 3), dtype=np.uint8)
    indices = random_numbers.integers(0, 200, (9, 9), dtype=np.uint8)
    image = IndexedImage(indices, palette, Metadata(xmp=b"words"))
    sorted_image = coded_palette.sort(image)
    assert np.array_equal(sorted_image.to_rgb(), image.to_rgb())
    assert sorted_image.metadata == image.metadata
    assert sorted_image.indices.dtype == np.uint8
    place = dict(zip(indices.ravel().tolist(), sorted_image.indices.ravel().tolist(), strict=True))
    for first, second in itertools.combinations(sorted(place), 2):
        if (palette[first] == palette[second]).all():
            assert place[first] < place[second]


def test_bands_are_mixed() -> None:
    """Of one picture the bands of noise are packed and the others are not."""
    assert tags(MIXED_FILE) == "BBEE"
    assert decode_indexed(MIXED_FILE) == MIXED
    assert np.array_equal(decode_rgb(MIXED_FILE), MIXED.to_rgb())


def test_default_bands_are_smaller_than_packed_ones() -> None:
    """Without a band_shift up to 2^22 pixels make one band, and more than these several."""
    one = IndexedImage(np.broadcast_to(np.uint8(1), (2**10, 2**12)), GREYS)
    more = IndexedImage(np.broadcast_to(np.uint8(1), (2**10 + 1, 2**12)), GREYS)
    assert tags(encode_indexed(one, coding="entropy")) == "E"
    data = encode_indexed(more, coding="entropy")
    assert (tags(data), read_layout(data).head.band_shift) == ("EE", 10)
    assert head_of(more).band_shift == 31
    assert np.array_equal(decode_indexed(data).indices, more.indices)


@pytest.mark.parametrize("threads", [None, 1, 2, 5, 64])
def test_number_of_threads_changes_nothing(threads: int | None) -> None:
    """Whatever the number of threads, the bytes and the pixels are the same."""
    with at_most(threads):
        assert encode_indexed(MIXED, coding="entropy", band_shift=3) == MIXED_FILE
        assert decode_indexed(MIXED_FILE) == MIXED
        assert np.array_equal(decode_rgb(MIXED_FILE), MIXED.to_rgb())


@pytest.mark.parametrize("threads", [1, 4])
def test_first_of_several_errors_is_raised(threads: int) -> None:
    """Of several damaged bands the first in the file is reported, whatever the threads."""
    data = bytearray(encode_indexed(flat(16, height=64), coding="entropy", band_shift=3))
    bands = read_layout(data).bands
    for band in bands[2:]:
        data[band.payload_offset] ^= 1
    for decode in (decode_indexed, decode_rgb, verify):
        with at_most(threads), pytest.raises(ChecksumError) as caught:
            decode(bytes(data))
        assert caught.value.offset == bands[2].crc_offset


@pytest.mark.parametrize("coding", ["entropy", "auto"])
def test_index_without_an_entry_is_refused(coding: str) -> None:
    """An index that has lost its entry is the caller's error, as in packed coding."""
    indices = np.zeros((20, 20), np.uint8)
    image = IndexedImage(indices, GREYS[:3])
    indices[3, 3] = 3
    with pytest.raises(ParameterError, match="index 3 is not in a palette of 3 entries"):
        encode_indexed(image, coding=coding)


@settings(deadline=None)
@given(image=IMAGES, band_shift=BAND_SHIFTS, data=st.data())
def test_pixels_and_regions_are_the_pictures(
    image: IndexedImage, band_shift: int | None, data: st.DataObject
) -> None:
    """Single pixels and regions are the picture's, whatever bands they are in."""
    x, y = (data.draw(st.integers(0, side - 1)) for side in image.size)
    right = data.draw(st.integers(x + 1, image.width))
    bottom = data.draw(st.integers(y + 1, image.height))
    with KqFile(encode_indexed(image, coding="entropy", band_shift=band_shift)) as file:
        assert file[x, y] == image.indices[y, x]
        assert file[0, image.height - 1] == image.indices[-1, 0]
        assert np.array_equal(
            file.region(x, y, right, bottom).indices, image.indices[y:bottom, x:right]
        )
        assert file.to_indexed() == image
        file.verify()


def test_every_pixel_of_mixed_bands() -> None:
    """Every single pixel is read right, in both kinds of bands."""
    with KqFile(MIXED_FILE) as file:
        pixels = [[file[x, y] for x in range(30)] for y in range(32)]
    assert pixels == MIXED.indices.tolist()
    assert all(type(pixel) is int for row in pixels for pixel in row)


def test_single_pixels_decode_a_band_twice_at_most(monkeypatch: pytest.MonkeyPatch) -> None:
    """A band is decoded down to the first pixel, then whole: what is read next is there."""
    decoded: list[tuple[int, int | None]] = []

    def counted(
        data: Any, layout: Layout, number: int, strips: Any, rows: int | None = None
    ) -> Any:
        decoded.append((number, rows))
        return read_entropy_strips(data, layout, number, strips, rows)

    monkeypatch.setattr("kqformat.kqfile.read_entropy_strips", counted)
    with KqFile(MIXED_FILE) as file:
        for x, y in itertools.product(range(5), (16, 20)):
            assert file[x, y] == 7
        assert file[0, 30] == 7
        assert (file.region(3, 25, 9, 31).indices == 7).all()
    assert decoded == [(2, 1), (2, None), (3, 7)]


@pytest.mark.parametrize("rows", range(1, 9))
def test_first_rows_of_a_band(rows: int) -> None:
    """As many rows of a coded band as are asked for are those that it has when decoded whole."""
    layout = read_layout(MIXED_FILE)
    for number, band in enumerate(layout.bands):
        if band.tag == ENTROPY_TAG:
            found = read_entropy_strips(MIXED_FILE, layout, number, [0], rows)[0]
            assert np.array_equal(found, MIXED.indices[8 * number : 8 * number + rows])


def test_first_rows_need_no_more_of_the_payload() -> None:
    """Payload that is missing is noticed by the rows that need it, not by those before."""
    indices = np.random.default_rng(1).integers(0, 20, (64, 50), np.uint8)
    palette = np.arange(60, dtype=np.uint8).reshape(20, 3)
    payload = entropy.encode(indices, palette, indices.size)
    assert payload is not None
    cut = memoryview(payload)[: len(payload) // 2]
    found = np.empty((16, 50), np.uint8)
    entropy.decode(cut, palette, found, band_rows=64)
    assert np.array_equal(found, indices[:16])
    with pytest.raises(FormatError, match="does not end with its last pixel"):
        entropy.decode(cut, palette, np.empty((48, 50), np.uint8), band_rows=64)


def test_damage_of_a_coded_band_is_noticed_by_its_pixels() -> None:
    """A coded band is read whole, so its checksum is checked even for a pixel; others are read."""
    data = bytearray(MIXED_FILE)
    data[read_layout(data).bands[2].payload_offset] ^= 1
    with KqFile(bytes(data)) as file:
        assert file[3, 3] == MIXED.indices[3, 3]
        assert file[3, 31] == 7
        with pytest.raises(ChecksumError):
            file[3, 16]
        with pytest.raises(ChecksumError):
            file.region(0, 0, 1, 17)
        assert file.region(0, 24, 30, 32).indices.tolist() == [[7] * 30] * 8


def test_region_crosses_bands() -> None:
    """A rectangle over bands of both kinds is put together."""
    layout = read_layout(MIXED_FILE)
    region = read_region(MIXED_FILE, layout, 4, 5, 21, 30)
    assert np.array_equal(region, MIXED.indices[5:30, 4:21])


@given(image=mixed_images(), band_shift=st.integers(0, 4), data=st.data())
def test_whole_bands_before_the_cut_are_kept(
    image: IndexedImage, band_shift: int, data: st.DataObject
) -> None:
    """Cut anywhere, a file keeps the coded bands that are whole; those that are not become 0."""
    file = encode_indexed(image, coding="entropy", band_shift=band_shift)
    layout = read_layout(file)
    size = data.draw(st.integers(layout.bands[0].payload_offset, len(file)))
    salvaged = decode_truncated(file[:size])
    rows = band_rows(layout.head.height, layout.head.band_shift)
    for (top, bottom), band in zip(rows, layout.bands, strict=True):
        if band.crc_offset <= size:
            assert np.array_equal(salvaged.indices[top:bottom], image.indices[top:bottom])
        elif band.tag == "E" or band.payload_offset > size:
            assert not salvaged.indices[top:bottom].any()
    assert np.array_equal(salvaged.palette, image.palette)


@pytest.mark.parametrize("junk", [b"\xff", bytes(3), b"123456789"])
@pytest.mark.parametrize("decode", [decode_indexed, decode_rgb, verify, decode_truncated])
def test_payload_without_a_meaning_is_an_error_or_a_picture(
    decode: Callable[[bytes], object], junk: bytes
) -> None:
    """Whatever a coded band holds behind a right CRC-32, it is decoded or is a FormatError."""
    head = writer.Head(9, 9, tuple(map(tuple, GREYS[:200].tolist())), coding=1).encode()
    with suppress_format_error():
        decode(head + writer.section("E", junk))


def test_payload_without_a_meaning_is_told_where_it_begins() -> None:
    """The error has the place of the band's payload in the file."""
    head = writer.Head(9, 8, tuple(map(tuple, GREYS[:200].tolist())), coding=1).encode()
    for decode in (decode_indexed, decode_rgb, verify):
        with pytest.raises(FormatError, match="20 bytes") as caught:
            decode(head + writer.section("E", b"\xff" * 20))
        assert caught.value.offset == len(head) + 5


@pytest.mark.parametrize("band_shift", [31, 2])
@pytest.mark.parametrize("decode", [decode_indexed, decode_rgb, verify, decode_truncated])
def test_no_view_outlives_an_error(decode: Callable[[object], object], band_shift: int) -> None:
    """While an error is being handled, nothing holds the data's buffer, in no thread either."""
    head = writer.Head(9, 8, tuple(map(tuple, GREYS[:200].tolist())), band_shift, coding=1)
    data = bytearray(head.encode() + 2 * writer.section("E", b"\xff" * 20))
    with suppress_format_error():
        try:
            decode(data)
        finally:
            data.append(0)


@given(junk=st.binary(max_size=60), colors=st.integers(1, 40), channels=st.sampled_from([3, 4]))
def test_palette_without_a_meaning_is_an_error_or_a_palette(
    junk: bytes, colors: int, channels: int
) -> None:
    """Whatever a coded palette holds behind a right CRC-32, it is decoded or is a FormatError."""
    head = writer.Head(
        1, 1, (), palette_format=channels - 1, coding=1, palette_size=colors, coded_palette=junk
    ).encode()
    index_bytes = 0 if colors == 1 else 1
    with suppress_format_error():
        image = decode_indexed(head + writer.section("B", bytes(index_bytes)))
        assert image.palette.shape == (colors, channels)


def test_limits_come_before_decoding() -> None:
    """A claim of many pixels or entries is refused before anything is decoded."""
    data = encode_indexed(flat(256), coding="entropy")
    for limits in (Limits(pixels=599), Limits(palette_entries=255)):
        with pytest.raises(LimitError):
            decode_indexed(data, limits=limits)
    assert decode_indexed(data, limits=Limits(pixels=600, palette_entries=256)) == flat(256)


@given(data=st.data())
def test_flipped_bit_is_noticed(data: st.DataObject) -> None:
    """A coded file with a bit flipped gives an error, whichever bit it is."""
    file = bytearray(encode_indexed(flat(256), coding="entropy"))
    bit = data.draw(st.integers(0, 8 * len(file) - 1))
    file[bit // 8] ^= 1 << bit % 8
    for decode in (decode_indexed, decode_rgb, verify):
        with pytest.raises(KqError):
            decode(bytes(file))


@given(data=st.data())
def test_cut_file_is_noticed(data: st.DataObject) -> None:
    """A coded file that ends too early gives an error, wherever it ends."""
    size = data.draw(st.integers(0, len(MIXED_FILE) - 1))
    for decode in (decode_indexed, decode_rgb, verify):
        with pytest.raises(FormatError):
            decode(MIXED_FILE[:size])
