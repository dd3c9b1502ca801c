"""Films: exact colours, the whole course, within their bytes."""

from __future__ import annotations

import io

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image, ImageSequence

from kqformat.errors import ParameterError
from kqformat.quantizer.options import Options
from kqformat.quantizer.trace import trace
from kqformat.report import animation
from kqformat.report.animation import Film, animate, chosen_moments
from kqformat.report.canvas import MAX_PICTURE_COLORS, Canvas
from kqformat.report.films import FORMATS, film
from kqformat.report.planes import PLANES, animate_plane, plane_named

Pixels = npt.NDArray[np.uint8]


@pytest.fixture(scope="module")
def small(photo: Pixels) -> Pixels:
    """A part of a photograph, 96 × 64."""
    return np.ascontiguousarray(photo[100:164, 100:196])


def shown(data: bytes) -> list[Pixels]:
    """Return every frame as a viewer shows it."""
    image = Image.open(io.BytesIO(data))
    return [np.asarray(frame.convert("RGB")) for frame in ImageSequence.Iterator(image)]


@pytest.mark.parametrize("form", FORMATS)
def test_every_pixel_of_a_film_is_exact(form: str) -> None:
    """What is drawn is what a viewer shows, frame by frame, in any form."""
    random = np.random.default_rng(0)
    frames = []
    for number in range(4):
        canvas = Canvas(60, 40)
        canvas.text("k = 16", 4, 14)
        canvas.line([(5, 35), (50, 20 + number)], 2, ink=1)
        canvas.paste(random.integers(0, 16, (10, 20)), 30, 2)
        frames.append(canvas.frame(random.integers(0, 256, (16, 3), np.uint8), 100))
    for frame, seen in zip(frames, shown(film(frames, form)), strict=True):
        assert np.array_equal(frame.palette[frame.indices], seen)


@pytest.mark.parametrize("form", FORMATS)
def test_the_film_ends_with_the_palette(form: str, small: Pixels) -> None:
    """The last frame shows the colours of the result, and there is a frame for each step shown."""
    made = animate(small, 6, form)
    frames = shown(made.data)
    course = trace(small, 6, animation.TEXTBOOK)
    assert (made.steps, made.frames) == (len(course.steps) - 1, len(frames))
    colors = {tuple(color) for color in frames[-1].reshape(-1, 3)}
    assert {tuple(color) for color in course.result.image.palette} <= colors
    assert made.size == (frames[0].shape[1], frames[0].shape[0])


def test_the_same_bytes_each_time(small: Pixels) -> None:
    """A film does not depend on when it is made."""
    assert animate(small, 6).data == animate(small, 6).data


def test_films_of_efforts_show_their_stages(small: Pixels) -> None:
    """With an effort it is the quantizer's own course that is shown."""
    made = animate(small, 6, "gif", Options(effort="best"))
    assert made.steps == len(trace(small, 6, {"effort": "best"}).steps) - 1


def test_films_are_shrunk_to_fit(small: Pixels, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a film has too many bytes its pictures are made smaller until it fits."""
    large = np.random.default_rng(0).integers(0, 256, (400, 600, 3), np.uint8)
    monkeypatch.setattr(animation, "MAX_BYTES", 400_000)
    made = animate(large, 4, "gif", Options(init="random", max_iterations=8))
    assert len(made.data) <= 400_000
    assert made.size[0] < 540


def test_the_size_of_pictures_can_be_given(photo: Pixels) -> None:
    """The picture's longer side is what was asked for, and the film the smaller for it."""
    small, large = (animate(photo, 4, side=side) for side in (320, 400))
    assert small.size[0] - large.size[0] == 320 - 400
    assert len(small.data) < len(large.data)


@pytest.mark.parametrize("plane", PLANES)
def test_planes(plane: str, small: Pixels) -> None:
    """In a plane the film has the same steps as k-means on the projected colours."""
    made = animate_plane(small, 5, plane)
    projected = plane_named(plane, small).project(small)
    options = Options(init="random", max_iterations=1000, space="srgb", outliers="off")
    assert made.steps == len(trace(projected, 5, options).steps) - 1
    assert len(shown(made.data)) == made.frames


def test_principal_components_keep_distances(small: Pixels) -> None:
    """The plane of principal components is scaled alike in both directions, and holds all."""
    plane = plane_named("pca", small)
    lengths = np.linalg.norm(plane.weights, axis=0)
    assert lengths[0] == pytest.approx(lengths[1])
    places = small.reshape(-1, 3) @ plane.weights + plane.offsets
    assert places.min() >= -0.5
    assert places.max() <= 255.5
    assert places[:, 0].var() >= places[:, 1].var()


def test_grey_and_tiny_pictures() -> None:
    """A picture of one colour, or of greys, can be filmed, too."""
    for pixels in (np.full((1, 1, 3), 9, np.uint8), np.arange(256, dtype=np.uint8).reshape(16, 16)):
        for made in (animate(pixels, 2), *(animate_plane(pixels, 2, at) for at in PLANES)):
            assert len(shown(made.data)) == made.frames


@pytest.mark.parametrize("shape", [(2000, 40, 3), (40, 2000, 3), (1, 3000, 3), (3000, 1, 3)])
def test_long_pictures(shape: tuple[int, ...]) -> None:
    """A very long or wide picture makes no film that is larger than others."""
    pixels = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    for made in (animate(pixels, 3), animate_plane(pixels, 3)):
        assert max(made.size) < 1000


@pytest.mark.parametrize(
    ("colors", "form"), [(1, "gif"), (MAX_PICTURE_COLORS + 1, "gif"), (257, "webp")]
)
def test_too_few_or_many_colours(colors: int, form: str, small: Pixels) -> None:
    """There is room for so many colours in a frame, and one is no film."""
    with pytest.raises(ParameterError, match="expected 2 to"):
        animate(small, colors, form)


def test_unknown_planes_and_forms(small: Pixels) -> None:
    """A plane or form that there is not is refused."""
    with pytest.raises(ParameterError, match="expected one of rg, pca"):
        plane_named("xy", small)
    with pytest.raises(ParameterError, match="expected one of gif"):
        film([Canvas(9, 9).frame(small[0, :2], 1)], "mp4")


@pytest.mark.parametrize("steps", [1, 2, 44, 45, 100, 1002])
def test_moments(steps: int) -> None:
    """The first and the last step are shown, none twice, and not too many."""
    moments = chosen_moments(steps)
    assert moments[0] == 0
    assert moments[-1] == steps - 1
    assert len(moments) == len(set(moments)) <= 44
    assert moments == sorted(moments)


def test_film_type() -> None:
    """A film is a value."""
    assert Film(b"", 1, 1, (2, 3)) == Film(b"", 1, 1, (2, 3))
