# cython: language_level=3, boundscheck=True, wraparound=False, cdivision=True
"""The tree over a palette's colours (spec §7.4), compiled; `entropy` is its only caller.

A node splits the entries `low` to `high` - 1 of the leaves' order before `middle`, by where they
lie along a `direction`, against `cut`, in eighths; distances from it count in `inverse` 1/65,536 of
the entries' mean deviation. Nodes of four levels make up a `group`, which is named after the
uppermost one, with a `local` number each; groups have an `ordinal`, too. `left` and `right` are
nodes, -1 for a leaf; `level` is the depth, 15 at most.
"""

import cython

if not cython.compiled:
    raise ImportError(
        "kqformat.codec.palette_tree_kernel is not compiled; install the package with pip "
        "(a C compiler is needed where there is no wheel)"
    )

NODE_FIELDS = 12

int_p = cython.typedef(cython.pointer(cython.int))
node_p = cython.typedef(cython.pointer(Node))


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _projection(color: int_p, direction: cython.int) -> cython.int:
    """Return a colour's place along a direction: R, G, B, A, R + 2G + B, R - B, 2G - R - B."""
    if direction < 4:
        return color[direction]
    if direction == 4:
        return color[0] + 2 * color[1] + color[2]
    if direction == 5:
        return color[0] - color[2]
    return 2 * color[1] - color[0] - color[2]


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _grow(
    nodes: node_p,
    made: int_p,
    colors: int_p,
    order: int_p,
    spare: int_p,
    low: cython.int,
    high: cython.int,
    depth: cython.int,
    group: cython.int,
    local: cython.int,
) -> cython.int:
    """Split the entries order[low:high] and so on; return the node, -1 for a single entry.

    `made` is how many nodes there are so far, and how many groups.
    """
    if high - low < 2:
        return -1
    index: cython.int = made[0]
    made[0] += 1
    n: cython.longlong = high - low
    best: cython.longlong = -1
    total: cython.longlong = 0
    chosen: cython.int = 0
    direction: cython.int
    i: cython.int
    value: cython.longlong
    first: cython.longlong
    second: cython.longlong
    for direction in range(7):
        first = 0
        second = 0
        for i in range(low, high):
            value = _projection(colors + 4 * order[i], direction)
            first += value
            second += value * value
        value = n * second - first * first
        value *= 6 if direction < 4 else (3 if direction == 5 else 1)
        if value > best:
            best = value
            chosen = direction
            total = first
    below: cython.int = 0
    above: cython.int = 0
    sum_below: cython.longlong = 0
    if best == 0:
        below = cython.cast(cython.int, n // 2)
    else:
        for i in range(low, high):
            value = _projection(colors + 4 * order[i], chosen)
            if n * value < total:
                sum_below += value
                order[low + below] = order[i]
                below += 1
            else:
                spare[above] = order[i]
                above += 1
        for i in range(above):
            order[low + below + i] = spare[i]
    if local == 0 or local >= 16:
        group = index
        local = 1
        nodes[index].ordinal = made[1]
        made[1] += 1
    node: node_p = nodes + index
    node.low = low
    node.middle = low + below
    node.high = high
    node.direction = chosen
    value = 8 * total
    node.cut = cython.cast(cython.int, value // n if value >= 0 else -((n - 1 - value) // n))
    node.inverse = (
        cython.cast(cython.int, 1048576 // (16 * (below * total - n * sum_below) // (n * n) + 1))
        if best > 0
        else 1048576
    )
    node.level = min(depth, 15)
    node.group = group
    node.ordinal = nodes[group].ordinal
    node.local = local
    middle: cython.int = node.middle
    node.left = _grow(nodes, made, colors, order, spare, low, middle, depth + 1, group, 2 * local)
    node.right = _grow(
        nodes, made, colors, order, spare, middle, high, depth + 1, group, 2 * local + 1
    )
    return index


def build_tree(
    colors: cython.int[:, ::1],
    order: cython.int[::1],
    spare: cython.int[::1],
    tree: cython.int[:, ::1],
) -> int:
    """Order the palette's entries as the tree's leaves are, and fill the tree's nodes.

    Returns how many groups they make up.
    """
    k: cython.int = colors.shape[0]
    if colors.shape[1] != 4 or order.shape[0] != k or spare.shape[0] != k:
        raise ValueError("the arrays do not belong to one palette of 4 channels")
    if k < 2 or tree.shape[0] != k - 1 or tree.shape[1] != 12:
        raise ValueError("the tree has no room for k - 1 nodes of 12 numbers")
    made: cython.int[2]
    made[0] = made[1] = 0
    i: cython.int
    for i in range(k):
        order[i] = i
    with cython.nogil:
        _grow(
            cython.cast(node_p, cython.address(tree[0, 0])),
            made,
            cython.address(colors[0, 0]),
            cython.address(order[0]),
            cython.address(spare[0]),
            0,
            k,
            0,
            0,
            0,
        )
    return made[1]
