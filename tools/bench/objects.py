"""Small bright things that photographs of the corpus have: where they are, and their colour.

They were chosen by looking at the photographs beside the same at 16 colours: what catches the eye
in one and is missing, or might be, in the other. Most boxes were found as where pixels of a hue lie
together that are shown in another; of the pixels in its box a thing has those of its hue.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bench.ciede2000 import ciede2000, lab
from bench.contender import Pixels

_HUE = 25.0  # degrees beside its own
_CHROMA = 0.5  # of its own at least


@dataclass(frozen=True, slots=True)
class Thing:
    """A thing in a photograph.

    Attributes
    ----------
    image : str
        The name of its file without what follows the dot.
    what : str
    box : tuple of int
        Left, top, right, bottom; the latter two are outside.
    color : tuple of int
        sRGB.
    """

    image: str
    what: str
    box: tuple[int, int, int, int]
    color: tuple[int, int, int]

    def mask(self, pixels: Pixels) -> npt.NDArray[np.bool_]:
        """Return which pixels of its photograph it has."""
        left, top, right, bottom = self.box
        _, a, b = lab(np.array([self.color]))[0]
        _, own_a, own_b = np.moveaxis(lab(pixels[top:bottom, left:right]), -1, 0)
        along, across = a * own_a + b * own_b, a * own_b - b * own_a
        mask = np.zeros(pixels.shape[:2], np.bool_)
        mask[top:bottom, left:right] = (np.degrees(np.arctan2(abs(across), along)) <= _HUE) & (
            np.hypot(own_a, own_b) >= _CHROMA * np.hypot(a, b)
        )
        return mask

    def difference(self, pixels: Pixels, shown: Pixels) -> float:
        """Return how different its mean colour is (CIEDE2000) from the mean of how it is shown.

        Not the mean of differences, since with few colours its light and shade are one.
        """
        mask = self.mask(pixels)
        means = [lab(each[mask]).mean(axis=0) for each in (pixels, shown)]
        return float(ciede2000(means[0][None], means[1][None])[0])


THINGS = (
    Thing("cq100_adirondack_chairs", "a violet stool", (134, 391, 236, 416), (153, 105, 186)),
    Thing("cq100_calaveras", "a blue leaf", (262, 301, 322, 367), (1, 106, 245)),
    Thing("cq100_calaveras", "a teal flower", (508, 48, 561, 90), (9, 170, 182)),
    Thing("cq100_daisy_poster", "a pink heart", (56, 254, 112, 321), (187, 57, 118)),
    Thing("cq100_floating_market", "a green hat", (337, 356, 369, 389), (56, 160, 98)),
    Thing("cq100_floating_market", "a blue hat", (662, 354, 689, 377), (45, 149, 219)),
    Thing("cq100_kingfisher", "leaves", (22, 487, 84, 512), (38, 71, 2)),
    Thing("cq100_plushies", "an orange sign", (348, 85, 460, 99), (236, 135, 72)),
    Thing("cq100_plushies", "violet toys", (655, 338, 702, 388), (105, 54, 148)),
    Thing("cq100_plushies", "a green toy", (76, 140, 116, 169), (84, 148, 18)),
    Thing("cq100_rescue_helicopter", "yellow stripes", (93, 301, 124, 348), (201, 168, 59)),
    Thing("cq100_sun_parakeet", "a blue tail", (80, 400, 210, 490), (31, 52, 107)),
    Thing("cq100_sun_parakeet", "green feathers", (286, 243, 344, 278), (66, 105, 3)),
    Thing("cq100_umbrellas", "a dark blue umbrella", (708, 163, 751, 206), (31, 48, 119)),
    Thing("cq100_umbrellas", "a green umbrella", (652, 130, 692, 164), (8, 182, 142)),
    Thing("cq100_umbrellas", "a red table", (615, 409, 692, 456), (118, 38, 22)),
    Thing("cq100_umbrellas", "a violet umbrella", (250, 190, 290, 212), (180, 120, 215)),
    Thing("cq100_wool_carder_bee", "pink petals", (539, 52, 577, 74), (180, 91, 153)),
    Thing("kodim03", "a green cap", (456, 227, 570, 336), (75, 150, 60)),
    Thing("kodim03", "a pink cap", (561, 270, 645, 392), (220, 57, 91)),
    Thing("kodim03", "a blue cap", (630, 318, 712, 432), (48, 57, 100)),
    Thing("kodim05", "a green helmet", (60, 39, 176, 92), (106, 170, 93)),
    Thing("kodim05", "a pink band", (650, 75, 715, 110), (247, 45, 127)),
    Thing("kodim07", "a red flower", (685, 0, 740, 60), (200, 40, 30)),
    Thing("kodim09", "a violet stripe", (120, 401, 186, 422), (154, 95, 121)),
    Thing("kodim09", "a yellow jacket", (189, 588, 232, 635), (121, 89, 28)),
    Thing("kodim11", "a red sail, folded", (440, 280, 540, 320), (200, 60, 40)),
    Thing("kodim13", "yellow flowers", (717, 409, 727, 421), (170, 149, 31)),
    Thing("kodim15", "blue paint", (426, 30, 440, 69), (70, 100, 153)),
    Thing("kodim19", "a yellow rope", (124, 490, 150, 573), (190, 150, 46)),
    Thing("kodim19", "an orange buoy", (60, 480, 140, 560), (200, 80, 45)),
)
