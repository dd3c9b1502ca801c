"""Palettes from elsewhere, and for elsewhere: the files of other programs to colours, and back.

=============  =========================================================================
`kinds`        which kind of file it is, by its content before its name; reading, writing
`gimp`         ``.gpl``, the palettes of GIMP, Inkscape and Krita
`jasc`         ``.pal``, those of Paint Shop Pro and many sprite editors
`hexadecimal`  lists of colours like ``#ff8000``
`pictures`     the colours of an image; swatches
`lines`        what the three kinds of text have in common
=============  =========================================================================

The order of a palette's entries is data and is kept, as are entries that are there twice.
"""

from kqformat.palettes.kinds import (
    KINDS,
    decode_palette,
    encode_palette,
    read_palette,
    write_palette,
)

__all__ = ["KINDS", "decode_palette", "encode_palette", "read_palette", "write_palette"]
