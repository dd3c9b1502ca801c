"""A LimitError from a worker process could not be unpickled."""

from __future__ import annotations

import pickle

from kqformat.errors import LimitError


def test_limit_error_is_unpickled() -> None:
    """What `pickle` gives back has the quantity, both numbers and the sentence."""
    error = pickle.loads(pickle.dumps(LimitError("pixels", 2000, 1999)))
    assert (error.quantity, error.found, error.limit) == ("pixels", 2000, 1999)
    assert str(error) == "2,000 pixels are more than the limit of 1,999"
