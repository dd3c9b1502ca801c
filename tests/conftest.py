"""What all tests share: Hypothesis profiles and the places of real images and vectors."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import HealthCheck, Phase, settings
from PIL import Image

settings.register_profile(
    "default", deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("thorough", parent=settings.get_profile("default"), max_examples=2000)
settings.register_profile(
    "mutation",  # many runs, of which the fewest fail for a reason that anyone reads
    parent=settings.get_profile("default"),
    max_examples=20,
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate],
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))

os.environ.pop("PYTHONUNBUFFERED", None)  # commands are run as people do, with buffers


@pytest.fixture(autouse=True)
def limit_of_pillow(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give Pillow its limit of pixels back, which kq sets for the whole process."""
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", Image.MAX_IMAGE_PIXELS)


@pytest.fixture(scope="session")
def data_folder() -> Path:
    """The folder of real images."""
    return Path(__file__).parent / "data"


@pytest.fixture(scope="session")
def spec_folder() -> Path:
    """The folder of the spec, its vectors and the reference decoder."""
    return Path(__file__).parent.parent / "spec"


@pytest.fixture(scope="session")
def photo(data_folder: Path) -> npt.NDArray[np.uint8]:
    """A photograph of 451 x 300 pixels and 32,584 colours: uint8, shape (300, 451, 3)."""
    return np.asarray(Image.open(data_folder / "chelsea.png").convert("RGB"))
