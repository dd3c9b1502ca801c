"""Targets are met by the smallest file, or refused."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from strategies import pictures

from kqformat import Metadata, ParameterError, TargetError
from kqformat.codec import coded_palette
from kqformat.codec.stream import encode_indexed
from kqformat.quantizer.options import Options
from kqformat.quantizer.pipeline import Quantization, Quantizer
from kqformat.search.quality import quality_of
from kqformat.search.reach import Reached, reach
from kqformat.search.target import Target
from kqformat.search.trials import Storage
from kqformat.search.worst import worst_error

Pixels = npt.NDArray[np.uint8]

TARGETS = st.builds(
    lambda parts, filler: Target(**parts) if parts else Target(psnr=filler),
    st.fixed_dictionaries(
        {},
        optional={
            "psnr": st.floats(5, 60),
            "max_error": st.integers(0, 120),
            "max_bytes": st.integers(30, 4000),
            "quality": st.tuples(st.integers(0, 100), st.integers(0, 100)).map(
                lambda pair: (min(pair), max(pair))
            ),
        },
    ),
    st.floats(5, 60),
)


@pytest.fixture(scope="module")
def icon(data_folder: Path) -> Pixels:
    """An icon of 32 x 32 pixels with alpha: uint8, shape (32, 32, 4)."""
    image = Image.open(data_folder / "tango32_document-save.png")
    return np.asarray(image.convert("RGBA"))


@pytest.fixture(scope="module")
def small_photo(photo: Pixels) -> Pixels:
    """A piece of a photograph, with more colours than its palettes: shape (40, 60, 3)."""
    return np.ascontiguousarray(photo[100:140, 200:260])


def assert_holds(reached: Reached, target: Target, pixels: Pixels) -> None:
    """Hold the result against the target by other means than the search has."""
    chosen = reached.quantization
    file = encode_indexed(chosen.image)
    assert reached.file_bytes == len(file)
    if target.max_bytes is not None:
        assert len(file) <= target.max_bytes
    if target.psnr is not None:
        assert chosen.psnr >= target.psnr
    if target.max_error is not None:
        flat = pixels.reshape(-1, pixels.shape[2])
        assert worst_error(flat, chosen.image) <= target.max_error
    if target.quality is not None:
        assert quality_of(chosen.mean_squared_error) >= target.quality[0] - 1e-9


@dataclass(frozen=True)
class Outcome:
    """What some number of colours gives."""

    file_bytes: int
    colors: int
    psnr: float


def outcomes(pixels: Pixels) -> list[Outcome]:
    """Try every number of colours there is for a small picture."""
    quantizer = Quantizer(pixels)
    found: list[Outcome] = []
    while not found or found[-1].psnr < 46:
        chosen = quantizer.at(len(found) + 1)
        size = len(encode_indexed(chosen.image))
        found.append(Outcome(size, chosen.image.colors, chosen.psnr))
    return found


@pytest.fixture(scope="module")
def outcomes_of(icon: Pixels, small_photo: Pixels) -> dict[str, list[Outcome]]:
    """What all numbers of colours give, up to 46 dB, for each of the two."""
    return {"icon": outcomes(icon), "small_photo": outcomes(small_photo)}


def smallest_of(tried: list[Outcome], psnr: float) -> Outcome:
    """Return the smallest file with this PSNR."""
    return min((one for one in tried if one.psnr >= psnr), key=lambda one: one.file_bytes)


@given(pictures(), TARGETS)
def test_met_or_refused(pixels: Pixels, target: Target) -> None:
    """What is returned meets all of the target; what is refused was found wanting."""
    quantizer = Quantizer(pixels)
    try:
        reached = reach(quantizer, target)
    except TargetError as error:
        most = quantizer.at(error.colors)
        best = quality_of(most.mean_squared_error)
        assert (
            (target.max_bytes is not None and target.max_bytes < len(encode_indexed(most.image)))
            or (target.psnr is not None and most.psnr < target.psnr)
            or (target.quality is not None and best < target.quality[0])
            or target.max_error is not None
        )
    else:
        assert_holds(reached, target, pixels)


@given(pictures())
def test_lossless_can_always_be_had(pixels: Pixels) -> None:
    """Infinite PSNR, no worst error and quality 100 each give every colour, and no more."""
    quantizer = Quantizer(pixels)
    assert len(quantizer.histogram) <= 65_536
    for target in (Target(psnr=float("inf")), Target(max_error=0), Target(quality=(100, 100))):
        reached = reach(quantizer, target, max_colors=65_536)
        assert reached.quantization.lossless
        assert reached.quantization.image.colors == len(quantizer.histogram)


@pytest.mark.parametrize("psnr", [14, 18, 24, 28, 31, 34, 38, 45])
@pytest.mark.parametrize("name", ["icon", "small_photo"])
def test_smallest_of_all(
    name: str,
    psnr: float,
    outcomes_of: dict[str, list[Outcome]],
    request: pytest.FixtureRequest,
) -> None:
    """For a PSNR no number of colours gives a file smaller by more than 1 %.

    Where the index bits are not filled, none gives a smaller file at all.
    """
    reached = reach(Quantizer(request.getfixturevalue(name)), Target(psnr=psnr))
    smallest = smallest_of(outcomes_of[name], psnr)
    image = reached.quantization.image
    assert reached.file_bytes <= 1.01 * smallest.file_bytes
    if image.colors < 1 << image.index_width:
        assert (reached.file_bytes, image.colors) == (smallest.file_bytes, smallest.colors)


def test_fewest_colours_of_an_icon(icon: Pixels, outcomes_of: dict[str, list[Outcome]]) -> None:
    """In a small picture, where palette bytes count, most targets leave bits unfilled."""
    colors = [
        reach(Quantizer(icon), Target(psnr=psnr)).quantization.image.colors
        for psnr in range(20, 44)
    ]
    fewest = [smallest_of(outcomes_of["icon"], psnr).colors for psnr in range(20, 44)]
    same = sum(own == best for own, best in zip(colors, fewest, strict=True))
    assert same >= 20


@pytest.mark.parametrize("max_error", [100, 48, 32, 16, 8])
@pytest.mark.parametrize("name", ["icon", "small_photo"])
def test_fewest_for_a_worst_error(
    name: str, max_error: int, request: pytest.FixtureRequest
) -> None:
    """The worst pixel is good enough; it is not with a filled narrower index, nor with 1 to 4 less.

    That these are looked at matters, as fewer colours can have a better worst pixel.
    """
    pixels = request.getfixturevalue(name)
    flat = pixels.reshape(-1, pixels.shape[2])
    quantizer = Quantizer(pixels)
    image = reach(quantizer, Target(max_error=max_error)).quantization.image
    assert worst_error(flat, image) <= max_error
    too_few = [1 << bits for bits in range(image.index_width)]
    if image.colors < 1 << image.index_width:
        too_few += [k for k in range(image.colors - 4, image.colors) if k > too_few[-1]]
    for k in too_few:
        assert worst_error(flat, quantizer.at(k).image) > max_error


@pytest.mark.parametrize("psnr", [26, 30, 34, 37, 39.5])
def test_a_photograph_fills_its_bits(photo: Pixels, psnr: float) -> None:
    """A packed photograph has a power of two of colours, and half as many are too few."""
    quantizer = Quantizer(photo)
    colors = reach(quantizer, Target(psnr=psnr)).quantization.image.colors
    assert colors & (colors - 1) == 0
    assert quantizer.at(colors // 2).psnr < psnr


@pytest.mark.parametrize("max_bytes", [60, 400, 1000, 1300, 2000, 2700, 3100, 5000])
@pytest.mark.parametrize("name", ["icon", "small_photo"])
def test_the_most_that_fits(name: str, max_bytes: int, request: pytest.FixtureRequest) -> None:
    """With nothing but a size given, one more colour would not fit, or there is none more."""
    pixels = request.getfixturevalue(name)
    quantizer = Quantizer(pixels)
    target = Target(max_bytes=max_bytes)
    if len(encode_indexed(quantizer.at(1).image)) > max_bytes:
        with pytest.raises(TargetError, match="bytes or less"):
            reach(quantizer, target)
        return
    reached = reach(quantizer, target)
    assert_holds(reached, target, pixels)
    if not reached.quantization.lossless:
        more = quantizer.at(reached.quantization.image.colors + 1)
        assert len(encode_indexed(more.image)) > max_bytes


def test_size_of_an_exact_image(icon: Pixels) -> None:
    """A file just large enough for all colours is lossless; one byte less and it is not."""
    quantizer = Quantizer(icon)
    size = len(encode_indexed(quantizer.at(65_536).image))
    assert reach(quantizer, Target(max_bytes=size)).quantization.lossless
    smaller = reach(quantizer, Target(max_bytes=size - 1))
    assert not smaller.quantization.lossless
    assert smaller.file_bytes < size


def test_quality_range(photo: Pixels) -> None:
    """The upper quality is aimed at; a limit of colours or bytes may bring it to the lower."""
    quantizer = Quantizer(photo)
    high = reach(quantizer, Target(quality=(70, 70)))
    assert high.quantization.image.colors > 32
    aimed = reach(quantizer, Target(quality=(20, 70)))
    assert aimed.quantization.image == high.quantization.image
    few = reach(quantizer, Target(quality=(20, 70)), max_colors=32)
    assert few.quantization.image.colors == 32
    small = reach(quantizer, Target(quality=(20, 70), max_bytes=high.file_bytes - 1))
    assert small.file_bytes < high.file_bytes
    assert quality_of(small.quantization.mean_squared_error) >= 20
    with pytest.raises(TargetError, match=r"32 colours give quality \d+\.\d\d, wanted quality 70"):
        reach(quantizer, Target(quality=(70, 70)), max_colors=32)


def test_both_a_quality_and_a_size(photo: Pixels) -> None:
    """The smallest file that is good enough is refused if it is too large."""
    quantizer = Quantizer(photo)
    size = reach(quantizer, Target(psnr=33)).file_bytes
    assert reach(quantizer, Target(psnr=33, max_bytes=size)).file_bytes == size
    with pytest.raises(TargetError, match=r"33\.\d\d dB, [\d,]+ bytes, wanted 33 dB or more"):
        reach(quantizer, Target(psnr=33, max_bytes=size - 1))


def test_impossible(photo: Pixels) -> None:
    """What the most colours cannot reach is refused, and the error says how near they came."""
    with pytest.raises(TargetError) as caught:
        reach(Quantizer(photo), Target(psnr=80), max_colors=64)
    assert caught.value.colors == 64
    assert caught.value.wanted == "80 dB or more"
    assert caught.value.found == f"{math.floor(100 * Quantizer(photo).at(64).psnr) / 100:.2f} dB"


def test_higher_targets_take_larger_files(photo: Pixels) -> None:
    """A higher PSNR never gives a smaller file, and a larger size never more error."""
    quantizer = Quantizer(photo)
    sizes = [reach(quantizer, Target(psnr=psnr)).file_bytes for psnr in range(20, 36, 3)]
    assert sizes == sorted(sizes)
    errors = [
        reach(quantizer, Target(max_bytes=size)).quantization.distortion
        for size in range(20_000, 140_000, 20_000)
    ]
    assert errors == sorted(errors, reverse=True)


@settings(max_examples=10)
@given(pictures(), st.integers(10, 50))
def test_deterministic(pixels: Pixels, psnr: int) -> None:
    """Two searches give the same, whatever was asked of the quantizer before."""
    used = Quantizer(pixels)
    for k in (7, 2, 90):
        used.at(k)
    reach(used, Target(max_bytes=100_000))
    first, second = reach(used, Target(psnr=psnr)), reach(Quantizer(pixels), Target(psnr=psnr))
    assert first.quantization.image == second.quantization.image
    assert first.tried == second.tried


def test_is_what_the_quantizer_gives(photo: Pixels) -> None:
    """The image reached is the one that its number of colours gives by itself."""
    reached = reach(Quantizer(photo), Target(psnr=30))
    assert (
        reached.quantization.image == Quantizer(photo).at(reached.quantization.image.colors).image
    )


def test_nothing_is_done_twice(small_photo: Pixels, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every number of colours is quantized once; again only the chosen, if its image is gone."""
    asked = []
    quantize = Quantizer.at

    def counted(quantizer: Quantizer, colors: int) -> Quantization:
        asked.append(colors)
        return quantize(quantizer, colors)

    monkeypatch.setattr(Quantizer, "at", counted)
    reached = reach(Quantizer(small_photo), Target(max_error=20))
    tried = [trial.colors for trial in reached.tried]
    assert asked in (tried, [*tried, reached.quantization.image.colors])


def test_metadata_counts(icon: Pixels) -> None:
    """Metadata is in the file and in its size; what only an exact image has, in that one only."""
    quantizer = Quantizer(icon)
    all_of_it = len(encode_indexed(quantizer.at(65_536).image))
    plain, rich = Metadata(xmp=b"x" * 50), Metadata(xmp=b"x" * 50, unknown=(("q", b"y" * 100),))
    for room in (0, 59, 60, 150, 168, 169, 300):
        target = Target(max_bytes=all_of_it + room)
        reached = reach(quantizer, target, Storage("packed", plain, rich))
        assert_holds(reached, target, icon)
        exact = room >= 59 + 109
        assert reached.quantization.lossless == exact
        assert reached.quantization.image.metadata == (rich if exact else plain)


def test_colours_to_be_kept(small_photo: Pixels) -> None:
    """No fewer colours are tried than are to be kept."""
    kept = [(n, 0, 255 - n) for n in range(5)]
    quantizer = Quantizer(small_photo, Options(keep_colors=kept))
    reached = reach(quantizer, Target(psnr=1), min_colors=5)
    assert {tuple(color) for color in reached.quantization.image.palette.tolist()} >= set(kept)
    assert min(trial.colors for trial in reached.tried) >= 5


@pytest.mark.parametrize(
    ("least", "most"), [(1, 0), (1, 65_537), (9, 8), (0, 8)], ids=["none", "many", "cross", "zero"]
)
def test_numbers_of_colours_are_checked(icon: Pixels, least: int, most: int) -> None:
    """The limits on the number of colours must be possible."""
    with pytest.raises(ParameterError):
        reach(Quantizer(icon), Target(psnr=30), min_colors=least, max_colors=most)


def test_unknown_coding(icon: Pixels) -> None:
    """A coding that does not exist is refused."""
    with pytest.raises(ParameterError, match="coding"):
        reach(Quantizer(icon), Target(psnr=30), Storage("none"))


def test_size_of_entropy_coding(icon: Pixels) -> None:
    """Where the size follows no formula, it is that of the file, and bits need no filling."""
    quantizer = Quantizer(icon)
    sizes = {
        k: len(encode_indexed(coded_palette.sort(quantizer.at(k).image), coding="entropy"))
        for k in range(1, 200)
    }
    for max_bytes in (150, 300, 500):
        reached = reach(quantizer, Target(max_bytes=max_bytes), Storage("entropy"))
        written = encode_indexed(reached.quantization.image, coding="entropy")
        assert len(written) == reached.file_bytes
        colors = reached.quantization.image.colors
        assert reached.file_bytes == sizes[colors] <= max_bytes < sizes[colors + 1]
    reached = reach(quantizer, Target(psnr=33), Storage("entropy"))
    colors = reached.quantization.image.colors
    assert quantizer.at(colors - 1).psnr < 33 <= quantizer.at(colors).psnr
    assert reached.file_bytes == sizes[colors]
