"""With as many colours to keep as there may be, the start wrote behind an array of none.

Found by fuzzing the encoder with kernels under AddressSanitizer: `split_boxes` writes the first
box before it looks how many there may be.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import kqformat
from kqformat.quantizer import starts

PIXELS = np.random.default_rng(4).integers(0, 256, (20, 30, 3), np.uint8)


@pytest.mark.parametrize("init", ["wu", "kmeans++", "random", "random-space"])
@pytest.mark.parametrize("effort", ["fast", "balanced", "best"])
@pytest.mark.parametrize("more", [{}, {"max_iterations": 3}, {"outliers": "strong"}])
def test_nothing_is_started_for_no_colours(
    more: dict[str, Any], effort: str, init: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where kept colours are all that there may be, no start is asked for others."""
    start = starts.STARTS[init]

    def watched(weighted: Any, k: int, rng: np.random.Generator) -> Any:
        assert k >= 1
        return start(weighted, k, rng)

    monkeypatch.setitem(starts.STARTS, init, watched)
    kept = ("#010203", "#ff8000")
    if "max_iterations" not in more:
        more = {**more, "effort": effort}
    image = kqformat.quantize(PIXELS, 2, keep_colors=kept, init=init, **more)
    assert sorted(image.palette.tolist()) == [[1, 2, 3], [255, 128, 0]]
