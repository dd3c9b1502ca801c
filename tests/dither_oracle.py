"""Dithering in plain Python, slow and obvious: what its tests compare it with.

Nothing here calls `kqformat.quantizer`, except for the points that colours are compared by (which
have an oracle of their own) and the mask.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from quantizer_oracle import canonical

from kqformat.quantizer.dither import blue_noise
from kqformat.quantizer.space import embed

Point: TypeAlias = tuple[int, ...]
Bytes: TypeAlias = npt.NDArray[np.uint8]

LEVEL = 64
TOP, OPAQUE = 255 * LEVEL, 8160
CELL_SIDE = 8 * LEVEL


def diffuse(pixels: Bytes, palette: Bytes, strength: int) -> list[list[int]]:
    """Dither after Floyd and Steinberg; `strength` is in 1/256."""
    image, entries = _points(pixels), _colors(palette)
    spacings = [_spacing(entry, entries) for entry in entries]
    height, width = len(image), len(image[0])
    errors = [[[0] * 4 for _ in range(width)] for _ in range(height)]
    out = [[0] * width for _ in range(height)]
    for y in range(height):
        ahead = -1 if y % 2 else 1
        for x in range(width)[::ahead]:
            point = image[y][x]
            nearest = _nearest(point, entries)
            out[y][x] = nearest
            if _is_kept(image, y, x, entries[nearest]):
                continue
            error = [_divide(e * strength, 256) for e in errors[y][x]]
            target = [p + e for p, e in zip(point, error, strict=True)]
            limits = (TOP, TOP, TOP, OPAQUE)
            inside = tuple(min(max(t, 0), m) for t, m in zip(target, limits, strict=True))
            out[y][x] = _nearest(inside, entries)
            error = [t - e for t, e in zip(target, entries[out[y][x]], strict=True)]
            while 2 * sum(e * e for e in error) > spacings[out[y][x]]:
                error = [_divide(3 * e, 4) for e in error]
            for c, e in enumerate(error):
                shares = [7 * e // 16, 3 * e // 16, 0, (e + 8) // 16]
                shares[2] = e - sum(shares)
                places = [(y, x + ahead), (y + 1, x - ahead), (y + 1, x), (y + 1, x + ahead)]
                for (to_y, to_x), share in zip(places, shares, strict=True):
                    within = 0 <= to_x < width and to_y < height
                    if within and not _is_edge(point, image[to_y][to_x]):
                        errors[to_y][to_x][c] += share
    return out


def order(pixels: Bytes, palette: Bytes, strength: int) -> list[list[int]]:
    """Dither by the blue-noise mask; `strength` is in 1/256."""
    image, entries = _points(pixels), _colors(palette)
    all_opaque = all(p[3] == OPAQUE for row in [*image, entries] for p in row)
    mask = blue_noise()
    out = [[0] * len(image[0]) for _ in image]
    for y, row in enumerate(image):
        for x, point in enumerate(row):
            nearest = _nearest(point, entries)
            out[y][x] = nearest
            if _is_kept(image, y, x, entries[nearest]):
                continue
            middle = [c // CELL_SIDE * CELL_SIDE + CELL_SIDE // 2 for c in point]
            if all_opaque:
                middle[3] = OPAQUE
            order = sorted(range(len(entries)), key=lambda i: (_square(middle, entries[i]), i))
            mixture = _mix(point, nearest, order[:8], entries)
            weights = [weight * strength // 256 for _, weight in mixture]
            weights[0] = 4096 - sum(weights[1:])
            parts = [(_luma(entries[i]), i, w) for (i, _), w in zip(mixture, weights, strict=True)]
            rank = int(mask[y % 64, x % 64])
            for _, i, weight in sorted(parts):
                out[y][x] = i
                rank -= weight
                if rank < 0:
                    break
    return out


def _mix(
    point: Point, nearest: int, candidates: list[int], entries: list[Point]
) -> list[tuple[int, int]]:
    """Return up to four parts, entries and their weights, which are 4096 together."""
    mixture = [(nearest, 4096)]
    mean = entries[nearest]
    while len(mixture) < 4:
        rest = [p - m for p, m in zip(point, mean, strict=True)]
        best, chosen, chosen_part = 0, -1, 0
        for i in candidates:
            step = [e - m for e, m in zip(entries[i], mean, strict=True)]
            square = sum(s * s for s in step)
            dot = sum(s * r for s, r in zip(step, rest, strict=True))
            spacing = max(_spacing(entries[j], entries) for j in (nearest, i))
            if 16 * dot <= square or square > 2 * spacing:
                continue
            part = min(4096 * dot // square, 4096)
            gain = dot * (16 * part - 4096)
            if gain > best:
                best, chosen, chosen_part = gain, i, part
        if chosen < 0:
            break
        mean = tuple(
            m + _divide((e - m) * chosen_part, 4096)
            for m, e in zip(mean, entries[chosen], strict=True)
        )
        mixture = [(i, weight * (4096 - chosen_part) // 4096) for i, weight in mixture]
        mixture.append((chosen, 4096 - sum(weight for _, weight in mixture)))
    return mixture


def _is_kept(image: list[list[Point]], y: int, x: int, nearest: Point) -> bool:
    """Whether a pixel is nearly in the palette, or at an edge."""
    point = image[y][x]
    places = [(y, x - 1), (y, x + 1), (y - 1, x), (y + 1, x)]
    inside = [(b, a) for b, a in places if 0 <= b < len(image) and 0 <= a < len(image[0])]
    edges = [_is_edge(point, image[b][a]) for b, a in inside]
    return _square(point, nearest) <= LEVEL**2 or point[3] == 0 or any(edges)


def _is_edge(a: Point, b: Point) -> bool:
    far = max(abs(p - q) for p, q in zip(a, b, strict=True)) > 16 * LEVEL
    return far or 0 in (a[3], b[3]) or (a[3] == OPAQUE) != (b[3] == OPAQUE)


def _spacing(entry: Point, entries: list[Point]) -> int:
    """Return the squared distance to the fourth-nearest other entry, or to the last."""
    return sorted(_square(entry, other) for other in entries)[: 4 + 1][-1]


def _nearest(point: Point, entries: list[Point]) -> int:
    return min(range(len(entries)), key=lambda i: (_square(point, entries[i]), i))


def _square(a: Point | list[int], b: Point) -> int:
    return sum((p - q) ** 2 for p, q in zip(a, b, strict=True))


def _luma(point: Point) -> int:
    return 2 * point[0] + 5 * point[1] + point[2]


def _divide(a: int, b: int) -> int:
    """Divide, towards 0."""
    return abs(a) // b * (1 if a >= 0 else -1)


def _points(pixels: Bytes) -> list[list[Point]]:
    rgb = pixels.repeat(3, axis=2) if pixels.shape[2] == 1 else pixels
    colors = _colors(canonical(rgb))
    width = pixels.shape[1]
    return [colors[first : first + width] for first in range(0, len(colors), width)]


def _colors(colors: Bytes) -> list[Point]:
    return [tuple(point) for point in embed(colors).tolist()]
