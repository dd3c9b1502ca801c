"""Metadata with a list of unknown sections was not equal to itself once it was decoded."""

from __future__ import annotations

from typing import Any

import numpy as np

from kqformat.codec.stream import decode_indexed, encode_indexed
from kqformat.metadata import Metadata
from kqformat.model import IndexedImage


def test_list_of_unknown_sections_becomes_a_tuple() -> None:
    """Sections given as lists come back equal, and can be hashed."""
    sections: Any = [["z", b"1"], ("a", b"")]
    metadata = Metadata(unknown=sections)
    assert metadata.unknown == (("z", b"1"), ("a", b""))
    image = IndexedImage(np.zeros((1, 1), np.uint8), np.zeros((1, 3), np.uint8), metadata)
    assert decode_indexed(encode_indexed(image)).metadata == metadata
    assert hash(metadata) == hash(Metadata(unknown=(("z", b"1"), ("a", b""))))
