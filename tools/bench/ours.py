"""The contenders made of this project: each effort, and two plain algorithms to measure against.

The plain ones are put together from the quantizer's parts, so that they stay what they are
whatever the quantizer does.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

import kqformat
from bench.contender import Contender, Job, Pixels
from kqformat.quantizer.counting import count_colors, counted
from kqformat.quantizer.kmeans import lloyd
from kqformat.quantizer.space import embed, nearest_colors
from kqformat.quantizer.starts import Start, random_pixels, wu
from kqformat.quantizer.tree import ColorTree

EFFORTS = ("fast", "balanced", "best")
OPTION_MARK = ":"

_BLOCK_PIXELS = 1 << 18  # so few that their histogram is exact


def ours() -> list[Contender]:
    """Return our quantizer at each effort."""
    return [
        Contender(effort, f"kqformat {effort}", partial(_prepare_effort, {"effort": effort}))
        for effort in EFFORTS
    ]


def ours_with(name: str) -> Contender:
    """Return it at an effort with options of `kqformat.quantization`.

    The name is like ``best:space=srgb:outliers=off``.

    Raises
    ------
    SystemExit
        If the name is not of this form, or the quantizer refuses the options.
    """
    effort, *pairs = name.split(OPTION_MARK)
    options: dict[str, object] = {}
    for pair in pairs:
        option, equals, value = pair.partition("=")
        if not equals:
            raise SystemExit(f"{name}: {pair!r} is not option=value")
        options[option] = _value(value)
    prepare = partial(_prepare_effort, {"effort": effort, **options})
    try:
        prepare(np.zeros((1, 1, 3), np.uint8), 1, 0)()
    except (TypeError, kqformat.ParameterError) as error:
        raise SystemExit(f"{name}: {error}") from error
    return Contender(name, f"kqformat {effort}, {', '.join(pairs)}", prepare)


def plain_algorithms() -> list[Contender]:
    """Return Wu's start with 50 passes, and the textbook algorithm: k random pixels, 30 passes.

    Their passes are exact and over all colours, but our tree makes them much faster than a scan.
    """
    return [
        Contender("wu50", "Wu's start, 50 passes", partial(_prepare_lloyd, wu, 50)),
        Contender(
            "textbook",
            "random start, 30 passes",
            partial(_prepare_lloyd, random_pixels, 30),
            seeds=3,
        ),
    ]


def _value(text: str) -> object:
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            pass
    return text


def _prepare_effort(options: dict[str, object], pixels: Pixels, k: int, seed: int) -> Job:
    chosen = {"seed": seed, **options}
    quantization = kqformat.quantization  # loaded here, not in what is timed
    return lambda: quantization(pixels, k, **chosen).image.to_rgb


def _prepare_lloyd(start: Start, passes: int, pixels: Pixels, k: int, seed: int) -> Job:
    return lambda: _quantize_plainly(start, passes, pixels, k, seed)


def _quantize_plainly(
    start: Start, passes: int, pixels: Pixels, k: int, seed: int
) -> Callable[[], Pixels]:
    flat = pixels.reshape(-1, 3)
    histogram = count_colors(flat)
    first = start(histogram, k, np.random.default_rng(seed))
    run = lloyd(ColorTree(histogram), first, passes)
    palette = np.unique(nearest_colors(run.centroids), axis=0)
    indices = np.empty(len(flat), np.uint16)
    for place in range(0, len(flat), _BLOCK_PIXELS):
        block = counted(flat[place : place + _BLOCK_PIXELS])
        clusters = ColorTree(block.histogram).assign(embed(palette), labels=True)
        labels = clusters.labels.astype(np.uint16)
        block.look_up(labels, indices[place : place + _BLOCK_PIXELS])
    return lambda: palette[indices, :3].reshape(pixels.shape)
