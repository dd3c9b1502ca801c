"""The lossy half: pixels to `IndexedImage`. Nothing in here is part of the format.

One pipeline noun a module, in the order in which `pipeline` runs them:

=============  ==========================================================================
`histogram`    pixels to distinct colours and how often each occurs, exactly
`space`        colours to points whose distance is what one sees, and back
`starts`       k first centroids: Wu's splitting, k-means++, random
`tree`         points to their nearest centroids, exactly
`kmeans`       Lloyd's passes until nothing changes
`palette`      centroids to k different 8-bit colours, all of them used
`remap`        pixels to palette indices
=============  ==========================================================================

A `*_kernel` module holds the compiled loops of the module it is named after.
"""
