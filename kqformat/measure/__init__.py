"""What a palette costs and loses, against other formats: real files, measured on the disk.

============  ==========================================================================
`comparing`   one picture at several k, with its peers: `compare`
`totals`      many pictures: sums and geometric means, by kind of file
`making`      each file made, written, read back, measured
`lossless`    PNG-8, WebP and JPEG XL of the same pixels
`lossy`       JPEG, WebP and AVIF at the same PSNR
`comparison`  what was found
`disk`        the files
`pictures`    pixels to Pillow and back
`fidelity`    PSNR, worst pixel, SSIMULACRA2
============  ==========================================================================

Nothing is printed or drawn here.
"""

from kqformat.measure.comparing import DEFAULT_CODINGS, DEFAULT_COLORS, Progress, compare
from kqformat.measure.comparison import Comparison, LeftOut, PeerRow, Row
from kqformat.measure.fidelity import Fidelity, fidelity_of

__all__ = [
    "DEFAULT_CODINGS",
    "DEFAULT_COLORS",
    "Comparison",
    "Fidelity",
    "LeftOut",
    "PeerRow",
    "Progress",
    "Row",
    "compare",
    "fidelity_of",
]
