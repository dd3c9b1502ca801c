"""A node of a palette's tree; `palette_tree_kernel.py` says what each number is."""

cdef struct Node:
    int low
    int middle
    int high
    int direction
    int cut
    int inverse
    int left
    int right
    int ordinal
    int group
    int local
    int level
