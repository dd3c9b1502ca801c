"""Palette files of other programs: what is written is read, and what is wrong is said."""

from __future__ import annotations

import io
from pathlib import Path
from unittest import mock

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image
from strategies import PALETTE_SIZES, pictures

import kqformat
from kqformat import (
    ChecksumError,
    IndexedImage,
    KqError,
    LimitError,
    PaletteError,
    ParameterError,
    RasterError,
)
from kqformat.palettes import (
    KINDS,
    decode_palette,
    encode_palette,
    kinds,
    lines,
    read_palette,
    write_palette,
)
from kqformat.palettes import (
    pictures as palette_pictures,
)

Palette = npt.NDArray[np.uint8]

TEXT_KINDS = ["gpl", "pal", "hex"]
MOST = 65_536


@st.composite
def palettes(draw: st.DrawFn, channels: int | None = None) -> Palette:
    """Palettes of all sizes up to 300, entries that are there twice included."""
    k = draw(st.integers(1, 20) | st.sampled_from([16, 17, 255, 256, 257, 300]))
    depth = channels if channels is not None else draw(st.sampled_from([3, 4]))
    rng = np.random.default_rng(draw(st.integers(0, 99)))
    return rng.integers(0, draw(st.sampled_from([3, 256])), (k, depth), np.uint8)


def shortest(palette: Palette) -> Palette:
    """Leave out alpha where all is opaque."""
    return palette[:, :3] if (palette[:, 3:] == 255).all() else palette


def png(image: Image.Image) -> bytes:
    stream = io.BytesIO()
    image.save(stream, "PNG")
    return stream.getvalue()


def many_colors(count: int) -> Palette:
    """Return as many different opaque colours, in no order: uint8, shape (count, 3)."""
    keys = (np.arange(count, dtype=np.uint32) * np.uint32(40_503)) & np.uint32(0xFFFFFF)
    assert len(np.unique(keys)) == count
    return keys.astype(">u4").view(np.uint8).reshape(-1, 4)[:, 1:].copy()


@given(palettes(), st.sampled_from(["pal", "hex"]))
def test_text_with_alpha_is_read_as_it_was_written(palette: Palette, kind: str) -> None:
    """JASC palettes and lists give the same entries in the same order, with their alpha."""
    np.testing.assert_array_equal(
        decode_palette(encode_palette(palette, kind)), shortest(palette), strict=True
    )


@given(palettes(channels=3), st.text(max_size=30))
def test_gimp_palette_is_read_as_it_was_written(palette: Palette, name: str) -> None:
    """GIMP palettes give the same entries in the same order, whatever they are called."""
    data = encode_palette(palette, "gpl", name)
    np.testing.assert_array_equal(decode_palette(data), palette, strict=True)
    assert len(data.decode().split("\n")) == len(palette) + 5


@given(palettes())
def test_swatches_have_the_palette(palette: Palette) -> None:
    """A PNG of swatches has up to 256 entries exactly, in their order."""
    palette = palette[:256]
    data = encode_palette(palette, "png")
    np.testing.assert_array_equal(decode_palette(data), shortest(palette), strict=True)
    image = Image.open(io.BytesIO(data))
    assert image.mode == "P"
    assert image.width // 16 == min(len(palette), 16)


@pytest.mark.parametrize("count", [257, 1000, MOST])
@pytest.mark.parametrize("alpha", [False, True])
def test_swatches_of_many_have_the_colours(count: int, alpha: bool) -> None:
    """Of more than 256 entries, each colour is there, and they come in their order."""
    palette = many_colors(count)
    if alpha:
        palette = np.concatenate([palette, np.full((count, 1), 99, np.uint8)], axis=1)
    np.testing.assert_array_equal(
        decode_palette(encode_palette(palette, "png")), palette, strict=True
    )


@given(st.data(), PALETTE_SIZES, st.sampled_from([3, 4]))
def test_palette_of_kq_file_is_exact(data: st.DataObject, k: int, channels: int) -> None:
    """Of a .kq file the entries come as they are, alpha of nothing but 255 included."""
    rng = np.random.default_rng(k)
    palette = rng.integers(0, 256, (k, channels), np.uint8)
    palette[:, 3:] |= data.draw(st.sampled_from([0, 255]))
    image = IndexedImage(np.zeros((2, 3), np.uint8), palette)
    np.testing.assert_array_equal(decode_palette(kqformat.encode(image)), palette, strict=True)


@pytest.mark.parametrize("kind", KINDS)
def test_files_are_as_their_names_end(kind: str, tmp_path: Path) -> None:
    """The ending of the name says what is written; reading takes its file back."""
    palette = many_colors(40)
    for ending in [ending for ending, other in kinds.ENDINGS.items() if other == kind]:
        path = tmp_path / f"forty{ending.upper()}"
        write_palette(path, palette)
        assert path.read_bytes() == encode_palette(palette, kind, "forty")
        np.testing.assert_array_equal(read_palette(path), palette, strict=True)
        np.testing.assert_array_equal(read_palette(str(path)), palette, strict=True)


@pytest.mark.parametrize("kind", KINDS)
def test_content_counts_more_than_the_name(kind: str, tmp_path: Path) -> None:
    """A file is read as what it is, whatever its name ends in."""
    palette = many_colors(9)
    for ending in (".gpl", ".pal", ".txt", ".png", ".kq", ""):
        path = tmp_path / f"nine{ending}"
        write_palette(path, palette, kind)
        np.testing.assert_array_equal(read_palette(path), palette, strict=True)


def test_streams_are_written_to() -> None:
    """A stream gets the same bytes as a file, and has to be told the kind."""
    stream = io.BytesIO()
    write_palette(stream, many_colors(3), "pal")
    assert stream.getvalue() == encode_palette(many_colors(3), "pal")
    with pytest.raises(ParameterError, match="kind of palette is None"):
        write_palette(stream, many_colors(3))


def test_existing_file_is_kept_if_asked(tmp_path: Path) -> None:
    """With overwrite=False a file that is there stays as it is."""
    path = tmp_path / "a.gpl"
    path.write_bytes(b"mine")
    with pytest.raises(FileExistsError):
        write_palette(path, many_colors(3), overwrite=False)
    assert path.read_bytes() == b"mine"


def test_gimp_palette_of_gimp() -> None:
    """Name, columns, comments, blank lines, names of colours and what Windows does to lines."""
    text = (
        "\ufeffGIMP Palette \r\nName: Café 2 \r\nColumns: 16\r\n#\r\n# 1 2 3\r\n\r\n"
        "  0   0   0\tBlack\r\n255 255 255 12 white\r\n\t7\t8\t9\r\n 1 2 3 #comment"
    )
    expected = [[0, 0, 0], [255, 255, 255], [7, 8, 9], [1, 2, 3]]
    assert decode_palette(text.encode()).tolist() == expected
    assert decode_palette(text[1:].encode("latin-1")).tolist() == expected


def test_gimp_palette_of_aseprite() -> None:
    """Where the channels are RGBA, a fourth number is alpha."""
    data = b"GIMP Palette\nChannels: RGBA\n#\n  0   0   0   0 Transparent\n254  91  89 255 Red 2\n"
    assert decode_palette(data).tolist() == [[0, 0, 0, 0], [254, 91, 89, 255]]


def test_jasc_palettes_of_others() -> None:
    """Line ends of any system, alpha in some lines, and blank lines at the end are taken."""
    assert decode_palette(b"JASC-PAL\r\n0100\r\n1\r\n1 2 3\r\n\r\n").tolist() == [[1, 2, 3]]
    mixed = b"JASC-PAL\n0100\n2\n1 2 3 4\n 5  6\t7 \n"
    assert decode_palette(mixed).tolist() == [[1, 2, 3, 4], [5, 6, 7, 255]]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ff8000\r\n0A0b0C\r\n", [[255, 128, 0], [10, 11, 12]]),
        ("#ff8000 #abc,\n,#00ff00", [[255, 128, 0], [170, 187, 204], [0, 255, 0]]),
        ("; one\n// two\n#1234 ;three\n010203// four\n", [[17, 34, 51, 68], [1, 2, 3, 255]]),
        ("01020304\n", [[1, 2, 3, 4]]),
        ("// as of paint.net\n010203", [[1, 2, 3]]),
    ],
)
def test_lists_of_colours(text: str, expected: list[list[int]]) -> None:
    """One or several a line, with or without # and alpha, and comments."""
    assert decode_palette(text.encode()).tolist() == expected


@pytest.mark.parametrize(
    ("data", "ending", "message"),
    [
        (b"", ".gpl", "not a GIMP palette: line 1 has '', expected GIMP Palette"),
        (b"1 2 3", ".GPL", "not a GIMP palette: line 1 has '1 2 3', expected GIMP Palette"),
        (b"GIMP Palette 2\n", "", "not a GIMP palette: line 1 has 'GIMP Palette 2', expected"),
        (b"GIMP Palette\nName: x\n#\n", "", "has no colours"),
        (b"GIMP Palette\n0 0 256\n", "", "bad colour: line 2 has '0 0 256', expected three numb"),
        (b"GIMP Palette\n\n0 0\n", "", "bad colour: line 3 has '0 0', expected three numbers"),
        (b"GIMP Palette\n-1 0 0", "", "bad colour: line 2 has '-1 0 0', expected three numbers"),
        (b"GIMP Palette\n1_0 0 0", "", "bad colour: line 2 has '1_0 0 0', expected three numbers"),
        ("GIMP Palette\n² 0 0".encode(), "", "bad colour: line 2 has '² 0 0', expected three"),
        (b"GIMP Palette\nChannels: RGBA\n1 2 3 red", "", "line 3 has '1 2 3 red', expected four"),
        (b"GIMP Palette\nChannels: Lab\n", "", "bad channels: line 2 has 'Lab', expected RGB or "),
        (b"GIMP Palette\n" + 99 * b"x", "", f"bad colour: line 2 has '{40 * 'x'}…', expected "),
        (b"RIFF\x10\0\0\0PAL data", ".pal", "not a JASC palette: line 1 has 'RIFF"),
        (b"JASC-PALX\n0100\n", "", "not a JASC palette: line 1 has 'JASC-PALX', expected JASC-PAL"),
        (b"JASC-PAL\n0200\n1\n1 2 3", "", "not a JASC palette: line 2 has '0200', expected 0100"),
        (b"JASC-PAL", "", "not a JASC palette: line 2 has '', expected 0100"),
        (b"JASC-PAL\n0100\n0\n", "", "bad number of colours: line 3 has '0', expected 1 to 65,536"),
        (b"JASC-PAL\n0100\n+1\n1 2 3", "", "bad number of colours: line 3 has '+1', expected"),
        (b"JASC-PAL\n0100\n65537\n1 2 3", "", "bad number of colours: line 3 has '65537', expe"),
        (b"JASC-PAL\n0100\n" + 9999 * b"9", "", "bad number of colours: line 3 has '9999"),
        (b"JASC-PAL\n0100\n2\n1 2 3", "", "wrong number of colours: line 3 has 2, expected 1 as"),
        (b"JASC-PAL\n0100\n1\n1 2 3\n4 5 6", "", "wrong number of colours: line 3 has 1, expect"),
        (b"JASC-PAL\n0100\n2\n\n1 2 3", "", "bad colour: line 4 has '', expected three numbers"),
        (b"JASC-PAL\n0100\n1\n1 2 3 4 5", "", "bad colour: line 4 has '1 2 3 4 5', expected thr"),
        (b"JASC-PAL\n0100\n1\n1 2 300", "", "bad colour: line 4 has '1 2 300', expected three"),
        (b"", ".txt", "has no colours"),
        (b"; nothing\n", ".hex", "has no colours"),
        (b"colours:\n#123456", ".txt", "bad colour: line 1 has 'colours:', expected a colour like"),
        (b"#123456\n#12345\n", "", "bad colour: line 2 has '#12345', expected a colour like"),
        (b"#123456\nabc\n", "", "bad colour: line 2 has 'abc', expected a colour like #ff8000"),
        (b"#123456 ##234567\n", "", "bad colour: line 1 has '##234567', expected a colour like"),
        (b"; Paint.NET Palette\nff102030", "", "line 2 has 'ff102030', expected rrggbbaa; a list"),
        (b"", "", "neither a palette nor an image of a known kind"),
        (b"", ".kq", "neither a palette nor an image of a known kind"),
        (b"beauty is a face", ".doc", "neither a palette nor an image of a known kind"),
        (b"123456\0", "", "neither a palette nor an image of a known kind"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(data: bytes, ending: str, message: str) -> None:
    """An error has the line, what stands there, and what should."""
    with pytest.raises(PaletteError) as caught:
        decode_palette(data, ending)
    assert message in str(caught.value)


def with_colors(kind: str, count: int) -> bytes:
    """Return a file with so many colours, be they too many."""
    colors = many_colors(count)
    if count <= MOST:
        return encode_palette(colors, kind)
    if kind == "png":
        return png(Image.fromarray(colors[:, None]))
    whole = encode_palette(colors[:MOST], kind)
    more = {"gpl": b"1 2 3\n", "pal": b"1 2 3\r\n", "hex": b"#010203\n"}[kind]
    return whole + more * (count - MOST)


@pytest.mark.parametrize("kind", KINDS)
def test_65536_colours_are_the_most(kind: str) -> None:
    """Every kind of file may have as many as a .kq file, and not one more."""
    np.testing.assert_array_equal(decode_palette(with_colors(kind, MOST)), many_colors(MOST))
    with pytest.raises(PaletteError, match="has more than 65,536 colours"):
        decode_palette(with_colors(kind, MOST + 1))


@pytest.mark.parametrize("kind", TEXT_KINDS)
def test_text_is_not_endless(kind: str) -> None:
    """A text of more than 16 MiB is refused, be it right."""
    start = encode_palette(many_colors(2), kind)
    with mock.patch.object(lines, "MAX_TEXT_BYTES", 100):
        assert len(decode_palette(start.ljust(100, b"\n"))) == 2
        with pytest.raises(LimitError, match="101 bytes are more than the limit of 100"):
            decode_palette(start.ljust(101, b"\n"))
    assert lines.MAX_TEXT_BYTES == 2**24


def test_images_have_their_limit_of_pixels() -> None:
    """Images are refused by their size before they are decoded; `.kq` files, whose pixels are not
    looked at, are not."""
    image = IndexedImage(np.zeros((9, 9), np.uint8), many_colors(2))
    with pytest.raises(LimitError, match="81 pixels"):
        decode_palette(png(Image.new("RGB", (9, 9))), max_pixels=80)
    assert len(decode_palette(kqformat.encode(image), max_pixels=80)) == 2


@given(pictures() | pictures().map(lambda pixels: np.ascontiguousarray(pixels[..., 0])))
def test_colours_of_an_image_are_in_the_order_in_which_they_come(
    pixels: npt.NDArray[np.uint8],
) -> None:
    """The distinct colours come as they do in the rows; all that is transparent is one colour."""
    rgba = np.asarray(Image.fromarray(pixels).convert("RGBA")).reshape(-1, 4)
    colors = [tuple(color) if color[3] else (0, 0, 0, 0) for color in rgba.tolist()]
    expected = shortest(np.array(list(dict.fromkeys(colors)), np.uint8))
    with mock.patch.object(palette_pictures, "_BLOCK_PIXELS", 50):
        found = decode_palette(png(Image.fromarray(pixels)))
    np.testing.assert_array_equal(found, expected, strict=True)


@given(hnp.arrays(np.uint8, (2, 3), elements=st.integers(0, 4)), st.sampled_from(["PNG", "BMP"]))
def test_palette_of_an_image_is_its_own(indices: npt.NDArray[np.uint8], kind: str) -> None:
    """An image with a palette gives that: unused entries and those that are there twice, too."""
    palette = np.array([[9, 9, 9], [8, 8, 8], [9, 9, 9], [7, 7, 7], [1, 2, 3]], np.uint8)
    image = Image.fromarray(indices, "L")
    image.putpalette(palette.tobytes())
    stream = io.BytesIO()
    image.save(stream, kind)
    np.testing.assert_array_equal(decode_palette(stream.getvalue())[:5], palette)


def test_damage_of_files_is_theirs(data_folder: Path) -> None:
    """A damaged image is no palette of another kind, nor is a damaged .kq file."""
    whole = (data_folder / "chart.png").read_bytes()
    with pytest.raises(RasterError):
        decode_palette(whole[: len(whole) // 2])
    file = bytearray(kqformat.encode(IndexedImage(np.zeros((2, 2), np.uint8), many_colors(4))))
    file[17] ^= 1
    with pytest.raises(ChecksumError, match="head_crc"):
        decode_palette(bytes(file))


BEGINNINGS = [b"", b"GIMP Palette\n", b"JASC-PAL\r\n0100\r\n2\r\n", b"#ff8000\n", b"\xbbKQ", b"BM"]


def assert_palette_or_error(data: bytes, ending: str = "") -> None:
    """Fail unless there is a palette, or an error of ours in one line."""
    try:
        palette = decode_palette(data, ending)
    except KqError as error:
        message = str(error)
        assert message
        assert "\n" not in message
    else:
        assert palette.dtype == np.uint8
        assert 1 <= palette.shape[0] <= MOST
        assert palette.shape[1] in (3, 4)


@given(
    st.sampled_from(BEGINNINGS),
    st.binary(max_size=80) | st.text("0129af #;/\n\r\t,", max_size=80).map(str.encode),
    st.sampled_from(["", ".gpl", ".pal", ".txt", ".png"]),
)
def test_any_bytes_are_a_palette_or_an_error(start: bytes, rest: bytes, ending: str) -> None:
    """Whatever a file holds, there is a palette of 1 to 65,536 entries or an error of ours."""
    assert_palette_or_error(start + rest, ending)


@given(palettes(channels=3), st.sampled_from(KINDS), st.data())
def test_any_change_is_a_palette_or_an_error(
    palette: Palette, kind: str, data: st.DataObject
) -> None:
    """A file with a byte changed, or cut short, is read or refused, and nothing else."""
    changed = bytearray(encode_palette(palette[:40], kind))
    changed[data.draw(st.integers(0, len(changed) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(changed)))
    for hostile in (bytes(changed), bytes(changed[:cut])):
        assert_palette_or_error(hostile)


@pytest.mark.parametrize(
    ("palette", "kind", "message"),
    [
        (np.zeros((0, 3), np.uint8), "hex", "palette has 0 entries"),
        (np.zeros((MOST + 1, 3), np.uint8), "pal", "palette has 65537 entries"),
        (np.zeros((2, 5), np.uint8), "hex", "palette has shape"),
        (np.zeros((2, 3), np.int64), "hex", "expected a uint8 array"),
        (np.zeros((2, 3), np.uint8), "act", "kind of palette is 'act', expected one of gpl, pal"),
    ],
)
def test_wrong_arguments_are_refused(palette: Palette, kind: str, message: str) -> None:
    """What is no palette is not written, nor is a kind that there is not."""
    with pytest.raises(ParameterError, match=message):
        encode_palette(palette, kind)


def test_gimp_palette_has_no_transparency(tmp_path: Path) -> None:
    """Transparent colours are not lost silently, and no file is left."""
    path = tmp_path / "a.gpl"
    with pytest.raises(PaletteError, match=r"has transparent colours, which \.gpl has not"):
        write_palette(path, np.array([[1, 2, 3, 254]], np.uint8))
    assert not path.exists()
    write_palette(path, np.array([[1, 2, 3, 255]], np.uint8))
    assert read_palette(path).tolist() == [[1, 2, 3]]
