"""Ordinary images, as Pillow has them, to arrays and indexed images, and back.

Whatever mode an image has, it becomes one of two things: an `IndexedImage` where it is a
palette image already (indices and palette are then kept exactly), else uint8 pixels of grey, RGB
or RGBA in the colour space of an RGB profile or sRGB. No palette is chosen here.

=============  =========================================================================
`reading`      an image file of any format to a `Raster`: upright, with its metadata
`modes`        the modes of Pillow to pixels or an `IndexedImage`
`depths`       grey of 16 and 32 bits and floating point to 8 bits
`orientation`  which way up a picture is, and turning it upright
`large`        TIFF files and arrays that need not fit into memory, row by row
`recognition`  whether bytes begin an image file
`images`       an `IndexedImage` to a Pillow image; metadata both ways
=============  =========================================================================
"""

from kqformat.rasters.images import carried_info, image_from, info_of, metadata_from
from kqformat.rasters.large import LargeRaster, open_large
from kqformat.rasters.modes import indexed_from, pixels_from
from kqformat.rasters.orientation import orientation_of, turned_upright
from kqformat.rasters.reading import Raster, read_raster
from kqformat.rasters.recognition import may_be_image

__all__ = [
    "LargeRaster",
    "Raster",
    "carried_info",
    "image_from",
    "indexed_from",
    "info_of",
    "may_be_image",
    "metadata_from",
    "open_large",
    "orientation_of",
    "pixels_from",
    "read_raster",
    "turned_upright",
]
