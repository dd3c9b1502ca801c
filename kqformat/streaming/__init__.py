"""Pictures larger than memory: rows in, bands out.

The whole picture is never held: what is, are a few blocks of rows for each thread, and a histogram
of bounded size. The file is the one that `encode` makes of the same pixels.

==========  ==============================================================================
`writing`   rows of pixels or of indices to a `.kq` file
`palettes`  the palette for rows of pixels, and how each is mapped to it
`sources`   what rows come from: arrays, memory maps, Zarr, Dask, iterables of blocks
==========  ==============================================================================
"""

from kqformat.streaming.writing import Written, write_index_rows, write_rows

__all__ = ["Written", "write_index_rows", "write_rows"]
