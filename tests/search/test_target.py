"""What a target may be."""

from __future__ import annotations

import pickle
from typing import Any

import pytest

from kqformat import KqError, ParameterError, TargetError
from kqformat.search.target import Target


@pytest.mark.parametrize(
    "parts",
    [
        {},
        {"psnr": -1},
        {"psnr": float("nan")},
        {"psnr": "40"},
        {"psnr": True},
        {"max_error": 256},
        {"max_error": -1},
        {"max_error": 2.5},
        {"max_bytes": 0},
        {"max_bytes": 1e6},
        {"quality": (80, 60)},
        {"quality": (0, 101)},
        {"quality": (0,)},
        {"quality": 80},
        {"quality": ("60", "80")},
    ],
)
def test_refused(parts: dict[str, Any]) -> None:
    """A target that means nothing is the caller's error, even beside a good one."""
    with pytest.raises(ParameterError):
        Target(**parts)
    if parts and "max_bytes" not in parts:
        with pytest.raises(ParameterError):
            Target(**parts, max_bytes=1000)


def test_in_words() -> None:
    """All that is wanted is said."""
    target = Target(psnr=38.5, max_error=9, max_bytes=12_345, quality=(60, 80))
    assert target.wanted == (
        "quality 60 or more, 38.5 dB or more, a worst error of 9 or less, 12,345 bytes or less"
    )


def test_the_most_colours() -> None:
    """As with pngquant, a quality is sought with up to 256 colours; other targets take all."""
    assert Target(quality=(60, 80)).max_colors == 256
    assert Target(psnr=40).max_colors == 65_536


def test_error_is_kept_by_pickle() -> None:
    """The error passes between processes as it is, and is no error of the caller's."""
    error = pickle.loads(pickle.dumps(TargetError("30 dB", "40 dB or more", 1)))
    assert str(error) == "the target cannot be met: 1 colour gives 30 dB, wanted 40 dB or more"
    assert (error.found, error.wanted, error.colors) == ("30 dB", "40 dB or more", 1)
    assert isinstance(error, KqError)
    assert not isinstance(error, ValueError)
