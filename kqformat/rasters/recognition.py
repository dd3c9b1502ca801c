"""Whether bytes begin an image file, from the first of them."""

from __future__ import annotations

import io

from PIL import Image

_PREFIX = 16
"""What Pillow shows of a file to those of its readers that say whether they know it."""


def may_be_image(beginning: bytes) -> bool:
    r"""Whether Pillow may read a file that begins so, however it goes on.

    Most readers tell from the first 16 bytes; those that do not are asked to open it.

    Parameters
    ----------
    beginning : bytes
        Some kilobytes, or the whole file.

    Examples
    --------
    >>> may_be_image(b"\x89PNG\r\n\x1a\n".ljust(16, b"\0")), may_be_image(bytes(5000))
    (True, False)
    """
    Image.init()
    unsure = []
    for name, (_, knows) in Image.OPEN.items():
        if knows is None:
            unsure.append(name)
        elif (answer := knows(beginning[:_PREFIX])) and not isinstance(answer, str):
            return True  # a text says why not, as where a library is missing
    try:
        with Image.open(io.BytesIO(beginning), formats=unsure):
            return True
    except Exception:  # Pillow's readers raise many kinds
        return False
