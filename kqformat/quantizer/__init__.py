"""The lossy half: pixels to `IndexedImage`. Nothing in here is part of the format.

One pipeline noun a module, in the order in which `pipeline` runs them:

=============  ==========================================================================
`options`      what a caller can ask for
`counting`     pixels to distinct colours and how often each occurs, exactly (`histogram`)
`space`        colours to points whose distance is what one sees, and back
`spaces`       what takes its place: `weighted`, the default, or `oklab`
`points`       colours to cells of colours
`starts`       k first centroids: Wu's splitting, k-means++, random
`tree`         points to their nearest centroids, exactly
`kmeans`       Lloyd's passes until nothing changes
`search`       passes with `momentum`, and out of local optima (`swaps`, `unions`)
`pinning`      centroids for small bright things (`outliers`, `pins`), or `kmor`
`choose`       these in the order of an `effort`
`palette`      centroids to k different 8-bit colours, all of them used
`remap`        pixels to palette indices
`shared`       one palette for several images (`merging`, `selection`)
=============  ==========================================================================

A `*_kernel` module holds the compiled loops of the module it is named after.
"""
