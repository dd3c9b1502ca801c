# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""Error diffusion and ordered dithering, and the search for near palette entries, compiled.

The search looks up the cell of a point (8 levels a side, 4 where the palette is large) and compares
the few entries listed there: those that are nearest somewhere in the cell. Lists are made
when first needed, by a tree over the palette. A cell whose list would be too long, or for which no
room is left, keeps none, and its points are looked for in the tree. All of it is exact: of
equally near entries the first is found.

All arithmetic is on integers, in the coordinates of `space`. `dither` is the only caller, and
states what its arrays must be.
"""

import cython

if not cython.compiled:
    raise ImportError("kqformat.quantizer.dither_kernel is not compiled; install with pip")

index_t = cython.fused_type(cython.uchar, cython.ushort)
p_const_short = cython.typedef(cython.pointer(cython.const[cython.short]))
p_const_longlong = cython.typedef(cython.pointer(cython.const[cython.longlong]))
p_const_uchar = cython.typedef(cython.pointer(cython.const[cython.uchar]))

Search = cython.struct(
    points=p_const_short,
    order=cython.pointer(cython.const[cython.int]),
    boxes=p_const_short,
    leaves=cython.int,
    shift=cython.int,
    opaque=cython.bint,
    cells=cython.p_int,
    pool=cython.pointer(cython.ushort),
    pool_length=cython.int,
    pool_used=cython.int,
)
p_search = cython.typedef(cython.pointer(Search))

LEAF_SIZE = 8
"""Entries to a leaf of the tree."""

MIXABLE = 8
"""Entries nearest to a cell's middle, among which ordered dithering chooses."""

_LEAF: cython.int = cython.declare(cython.int, 8)
_MIXABLE: cython.int = cython.declare(cython.int, 8)
_LONGEST: cython.int = cython.declare(cython.int, 48)
_UNKNOWN: cython.int = cython.declare(cython.int, 0)
_UNLISTED: cython.int = cython.declare(cython.int, -1)

_TOP: cython.int = cython.declare(cython.int, 16320)
_OPAQUE: cython.int = cython.declare(cython.int, 8160)
_FAR: cython.longlong = cython.declare(cython.longlong, 0x7FFFFFFFFFFFFFFF)

_MARGIN: cython.int = cython.declare(cython.int, 64)  # 1 level
_NEAR: cython.int = cython.declare(cython.int, 4096)  # its square
_EDGE: cython.int = cython.declare(cython.int, 1024)  # 16 levels
_NOISE_SHARE: cython.longlong = cython.declare(cython.longlong, 16)


def measure_spacing(
    points: cython.const[cython.short][:, ::1],
    order: cython.const[cython.int][::1],
    boxes: cython.const[cython.short][:, ::1],
    rank: cython.int,
    spacings: cython.longlong[::1],
) -> None:
    """Write each entry's squared distance to its nearest other but `rank` - 1 (at most 7)."""
    search: Search
    s: p_search = cython.address(search)
    i: cython.Py_ssize_t
    c: cython.int
    count: cython.int
    x: cython.int[4]
    near: cython.longlong[8]
    with cython.nogil:
        _set_up(s, points, order, boxes)
        for i in range(points.shape[0]):
            for c in range(4):
                x[c] = points[i, c]
            count = _list_neighbours(s, x, rank + 1, near)
            spacings[i] = near[count - 1] >> 16


def diffuse(
    pixels: cython.const[cython.uchar][:, :, ::1],
    points: cython.const[cython.short][:, ::1],
    order: cython.const[cython.int][::1],
    boxes: cython.const[cython.short][:, ::1],
    spacings: cython.const[cython.longlong][::1],
    strength: cython.int,
    opaque: cython.bint,
    shift: cython.int,
    cells: cython.int[::1],
    pool: cython.ushort[::1],
    rows: cython.short[:, :, ::1],
    errors: cython.int[:, :, ::1],
    passages: cython.int[::1],
    out: index_t[:, ::1],
) -> None:
    """Dither by confined error diffusion after Floyd and Steinberg, to and fro.

    `spacings` are those of `measure_spacing`, `strength` is in 1/256; `rows` (3, W + 2, 4),
    `errors` (2, W + 2, 4), zeros, and `passages` (W,), those from the row above, are scratch.
    """
    height: cython.Py_ssize_t = pixels.shape[0]
    width: cython.Py_ssize_t = pixels.shape[1]
    search: Search
    s: p_search = cython.address(search)
    y: cython.Py_ssize_t
    n: cython.Py_ssize_t
    x: cython.Py_ssize_t
    ahead: cython.int
    c: cython.int
    key: cython.longlong
    entry: cython.int
    here: p_const_short
    below: p_const_short
    incoming: cython.p_int
    later: cython.p_int
    target: cython.int[4]
    inside: cython.int[4]
    error: cython.int[4]
    calm: cython.bint
    from_behind: cython.int
    to_ahead: cython.int
    to_below: cython.int
    to_ahead_below: cython.int
    to_behind_below: cython.int
    with cython.nogil:
        _set_up(s, points, order, boxes)
        _set_up_cells(s, opaque, shift, cells, pool)
        for y in range(height):
            _embed_rows(pixels, y, rows)
            ahead = -4 if y & 1 else 4
            to_ahead = -1
            for n in range(width):
                x = width - 1 - n if y & 1 else n
                here = cython.address(rows[y % 3, 1 + x, 0])
                below = cython.address(rows[(y + 1) % 3, 1 + x, 0])
                incoming = cython.address(errors[y & 1, 1 + x, 0])
                later = cython.address(errors[1 - (y & 1), 1 + x, 0])
                for c in range(4):
                    error[c] = (incoming[c] * strength) / 256
                    incoming[c] = 0
                    inside[c] = here[c]
                # Where it leads to the pixel itself, beyond a side, the other way does as well.
                from_behind = to_ahead
                to_ahead = _passage(here, here + ahead)
                to_below = _passage(here, below)
                if y == 0:
                    passages[x] = to_below
                calm = from_behind & to_ahead & to_below & passages[x]
                passages[x] = to_below
                if not calm or _may_be_near(s, inside):
                    key = _nearest(s, inside)
                    # Edges, and what is (nearly) in the palette, take no part in it.
                    if not calm or (key >> 16) <= _NEAR:
                        out[y, x] = key & 0xFFFF
                        continue
                for c in range(4):
                    target[c] = here[c] + error[c]
                    inside[c] = min(max(target[c], 0), _TOP)
                inside[3] = min(inside[3], _OPAQUE)
                entry = _nearest(s, inside) & 0xFFFF
                out[y, x] = entry
                for c in range(4):
                    error[c] = target[c] - points[entry, c]
                _shorten(error, spacings[entry])
                to_ahead_below = _passage(here, below + ahead)
                to_behind_below = _passage(here, below - ahead)
                for c in range(4):
                    incoming[ahead + c] += (7 * error[c]) >> 4
                    later[ahead + c] += to_ahead_below & ((error[c] + 8) >> 4)
                    later[c - ahead] += to_behind_below & ((3 * error[c]) >> 4)
                    later[c] += (
                        error[c]
                        - ((7 * error[c]) >> 4)
                        - ((error[c] + 8) >> 4)
                        - ((3 * error[c]) >> 4)
                    )
            # The margins took what left the picture.
            for c in range(4):
                errors[y & 1, 0, c] = 0
                errors[y & 1, 1 + width, c] = 0


def order_dither(
    pixels: cython.const[cython.uchar][:, :, ::1],
    points: cython.const[cython.short][:, ::1],
    order: cython.const[cython.int][::1],
    boxes: cython.const[cython.short][:, ::1],
    spacings: cython.const[cython.longlong][::1],
    mask: cython.const[cython.ushort][:, ::1],
    strength: cython.int,
    opaque: cython.bint,
    shift: cython.int,
    cells: cython.int[::1],
    pool: cython.ushort[::1],
    blocks: cython.int[::1],
    neighbours: cython.ushort[:, ::1],
    rows: cython.short[:, :, ::1],
    out: index_t[:, ::1],
) -> None:
    """Dither by a mask of ranks, 0 to 4095, its sides powers of two.

    `spacings` are those of `measure_spacing`, `strength` is in 1/256. `blocks`, zeros, as many as
    cells, and `neighbours` keep what is near the cells; `rows` (3, W + 2, 4) is scratch.
    """
    height: cython.Py_ssize_t = pixels.shape[0]
    width: cython.Py_ssize_t = pixels.shape[1]
    search: Search
    s: p_search = cython.address(search)
    y: cython.Py_ssize_t
    x: cython.Py_ssize_t
    c: cython.int
    entry: cython.int
    key: cython.longlong
    rank: cython.int
    here: p_const_short
    above: p_const_short
    below: p_const_short
    inside: cython.int[4]
    blocks_used: cython.int = 1
    near: cython.pointer(cython.ushort)
    scratch: cython.ushort[8]
    number: cython.int
    listed: cython.int = cython.cast(cython.int, min(points.shape[0], _MIXABLE))
    row_mask: cython.Py_ssize_t = mask.shape[0] - 1
    column_mask: cython.Py_ssize_t = mask.shape[1] - 1
    with cython.nogil:
        _set_up(s, points, order, boxes)
        _set_up_cells(s, opaque, shift, cells, pool)
        for y in range(height):
            _embed_rows(pixels, y, rows)
            for x in range(width):
                here = cython.address(rows[y % 3, 1 + x, 0])
                above = cython.address(rows[(y + 2) % 3, 1 + x, 0])
                below = cython.address(rows[(y + 1) % 3, 1 + x, 0])
                for c in range(4):
                    inside[c] = here[c]
                key = _nearest(s, inside)
                entry = key & 0xFFFF
                if (key >> 16) > _NEAR and _is_calm(here, above, below):
                    number = _cell(s, inside)
                    if blocks[number] == 0 and blocks_used < neighbours.shape[0]:
                        _list_mixable(s, number, cython.address(neighbours[blocks_used, 0]))
                        blocks[number] = blocks_used
                        blocks_used += 1
                    if blocks[number] > 0:
                        near = cython.address(neighbours[blocks[number], 0])
                    else:
                        _list_mixable(s, number, scratch)
                        near = scratch
                    rank = mask[y & row_mask, x & column_mask]
                    entry = _mixed(
                        s.points,
                        cython.address(spacings[0]),
                        inside,
                        entry,
                        near,
                        listed,
                        strength,
                        rank,
                    )
                out[y, x] = entry


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _mixed(
    points: p_const_short,
    spacings: p_const_longlong,
    x: cython.p_int,
    nearest: cython.int,
    near: cython.pointer(cython.ushort),
    listed: cython.int,
    strength: cython.int,
    rank: cython.int,
) -> cython.int:
    """Mix entries to the colour x, and return the one whose turn it is at this rank.

    From the nearest on, each step adds the part of an entry that lowers _NOISE_SHARE - 1 times
    the squared error of the mean, plus the variance, the most. Entries far from each other, as
    distances go there, are not mixed.
    """
    entries: cython.int[4]
    weights: cython.int[4]
    mean: cython.int[4]
    rest: cython.int[4]
    count: cython.int = 1
    c: cython.int
    i: cython.int
    j: cython.int
    candidate: cython.int
    chosen: cython.int
    part: cython.int
    chosen_part: cython.int = 0
    difference: cython.int
    dot: cython.int
    square: cython.int
    gain: cython.longlong
    best: cython.longlong
    p: p_const_short
    entries[0] = nearest
    weights[0] = 4096
    for c in range(4):
        mean[c] = points[4 * nearest + c]
    while count < 4:
        for c in range(4):
            rest[c] = x[c] - mean[c]
        best = 0
        chosen = -1
        for i in range(listed):
            candidate = near[i]
            p = points + 4 * candidate
            dot = 0
            square = 0
            for c in range(4):
                difference = p[c] - mean[c]
                dot += difference * rest[c]
                square += difference * difference
            if _NOISE_SHARE * dot <= square:
                continue
            if square > 2 * max(spacings[nearest], spacings[candidate]):
                continue
            part = min(
                cython.cast(cython.int, (cython.cast(cython.longlong, dot) << 12) / square), 4096
            )
            gain = dot * (_NOISE_SHARE * part - 4096)
            if gain > best:
                best = gain
                chosen = candidate
                chosen_part = part
        if chosen < 0:
            break
        for c in range(4):
            mean[c] += ((points[4 * chosen + c] - mean[c]) * chosen_part) / 4096
        part = 0
        for i in range(count):
            weights[i] = weights[i] * (4096 - chosen_part) / 4096
            part += weights[i]
        entries[count] = chosen
        weights[count] = 4096 - part
        count += 1
    if strength < 256:
        part = 0
        for i in range(1, count):
            weights[i] = weights[i] * strength / 256
            part += weights[i]
        weights[0] = 4096 - part
    # From dark to bright, so that a mask's neighbouring ranks have similar colours.
    for i in range(1, count):
        chosen = entries[i]
        part = weights[i]
        j = i
        while j > 0 and _darker(points, chosen, entries[j - 1]):
            entries[j] = entries[j - 1]
            weights[j] = weights[j - 1]
            j -= 1
        entries[j] = chosen
        weights[j] = part
    for i in range(count - 1):
        rank -= weights[i]
        if rank < 0:
            return entries[i]
    return entries[count - 1]


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _darker(points: p_const_short, a: cython.int, b: cython.int) -> cython.bint:
    p: p_const_short = points + 4 * a
    q: p_const_short = points + 4 * b
    difference: cython.int = 2 * (p[0] - q[0]) + 5 * (p[1] - q[1]) + (p[2] - q[2])
    return difference < 0 or (difference == 0 and a < b)


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _is_calm(here: p_const_short, above: p_const_short, below: p_const_short) -> cython.bint:
    """Whether there is no edge between a pixel and its four neighbours."""
    return (
        _passage(here, here - 4)
        & _passage(here, here + 4)
        & _passage(here, above)
        & _passage(here, below)
    )


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _passage(a: p_const_short, b: p_const_short) -> cython.int:
    """Return -1 (all bits) if there is no edge between two points, else 0.

    Edges are also around what is fully transparent, and between the opaque and the translucent.
    Without branches, as in a texture none could be predicted.
    """
    range_: cython.uint = 2 * _EDGE
    c: cython.int
    blocked: cython.int = ((a[3] == _OPAQUE) != (b[3] == _OPAQUE)) | (a[3] == 0) | (b[3] == 0)
    for c in range(4):
        blocked |= cython.cast(cython.uint, a[c] - b[c] + _EDGE) > range_
    return blocked - 1


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _shorten(error: cython.p_int, square: cython.longlong) -> cython.void:
    """Shorten an error until its squared length is at most half of this."""
    c: cython.int
    length: cython.longlong
    wide: cython.longlong
    while True:
        length = 0
        for c in range(4):
            wide = error[c]
            length += wide * wide
        if 2 * length <= square:
            return
        for c in range(4):
            error[c] = 3 * error[c] / 4


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _embed_rows(
    pixels: cython.const[cython.uchar][:, :, ::1],
    y: cython.Py_ssize_t,
    rows: cython.short[:, :, ::1],
) -> cython.void:
    """See to it that `rows` has row y at y % 3, and those above and below before and after it.

    Beyond its sides the picture goes on as it is there.
    """
    if y == 0:
        _embed_row(pixels, 0, cython.address(rows[0, 0, 0]))
        _embed_row(pixels, 0, cython.address(rows[2, 0, 0]))
    _embed_row(pixels, min(y + 1, pixels.shape[0] - 1), cython.address(rows[(y + 1) % 3, 0, 0]))


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _embed_row(
    pixels: cython.const[cython.uchar][:, :, ::1], y: cython.Py_ssize_t, row: cython.p_short
) -> cython.void:
    """Write the points of a row of pixels, as `space.embed` has them, and one more on each side."""
    width: cython.Py_ssize_t = pixels.shape[1]
    channels: cython.Py_ssize_t = pixels.shape[2]
    pixel: p_const_uchar = cython.address(pixels[y, 0, 0])
    point: cython.p_short = row + 4
    x: cython.Py_ssize_t
    c: cython.int
    alpha: cython.int
    for x in range(width):
        if channels == 4 and pixel[3] < 255:
            alpha = pixel[3]
            for c in range(3):
                point[c] = cython.cast(
                    cython.short, (128 * pixel[c] * alpha + 255) / 510 - 32 * alpha + _OPAQUE
                )
            point[3] = cython.cast(cython.short, 32 * alpha)
        else:
            for c in range(3):
                point[c] = cython.cast(cython.short, 64 * pixel[c if channels > 1 else 0])
            point[3] = cython.cast(cython.short, _OPAQUE)
        pixel += channels
        point += 4
    for c in range(4):
        row[c] = row[4 + c]
        point[c] = point[c - 4]


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _set_up(
    s: p_search,
    points: cython.const[cython.short][:, ::1],
    order: cython.const[cython.int][::1],
    boxes: cython.const[cython.short][:, ::1],
) -> cython.void:
    s.points = cython.address(points[0, 0])
    s.order = cython.address(order[0])
    s.boxes = cython.address(boxes[0, 0])
    s.leaves = cython.cast(cython.int, boxes.shape[0] >> 1)
    s.opaque = False


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _set_up_cells(
    s: p_search,
    opaque: cython.bint,
    shift: cython.int,
    cells: cython.int[::1],
    pool: cython.ushort[::1],
) -> cython.void:
    s.opaque = opaque
    s.shift = shift
    s.cells = cython.address(cells[0])
    s.pool = cython.address(pool[0])
    s.pool_length = cython.cast(cython.int, pool.shape[0])
    s.pool_used = 1


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _cell(s: p_search, x: cython.p_int) -> cython.int:
    """Return the number of the cell of a point within the space."""
    bits: cython.int = 14 - s.shift
    number: cython.int = ((((x[0] >> s.shift) << bits) | (x[1] >> s.shift)) << bits) | (
        x[2] >> s.shift
    )
    if s.opaque:
        return number
    return (number << (bits - 1)) | (x[3] >> s.shift)


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _cell_box(
    s: p_search, number: cython.int, middle: cython.p_int, half: cython.p_int
) -> cython.void:
    """Write a cell's middle and, for each coordinate, half its side."""
    bits: cython.int = 14 - s.shift
    c: cython.int
    if s.opaque:
        middle[3] = _OPAQUE
        half[3] = 0
    else:
        half[3] = 1 << (s.shift - 1)
        middle[3] = ((number & ((1 << (bits - 1)) - 1)) << s.shift) + half[3]
        number >>= bits - 1
    for c in range(2, -1, -1):
        half[c] = 1 << (s.shift - 1)
        middle[c] = ((number & ((1 << bits) - 1)) << s.shift) + half[c]
        number >>= bits


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _key(s: p_search, x: cython.p_int, entry: cython.int) -> cython.longlong:
    """Return the squared distance and the entry as one number: the least is the nearest."""
    p: p_const_short = s.points + 4 * entry
    d0: cython.int = x[0] - p[0]
    d1: cython.int = x[1] - p[1]
    d2: cython.int = x[2] - p[2]
    square: cython.longlong = d0 * d0 + d1 * d1 + d2 * d2
    if not s.opaque:
        square += (x[3] - p[3]) * (x[3] - p[3])
    return (square << 16) | entry


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _box_key(x: cython.p_int, box: p_const_short) -> cython.longlong:
    """Return the least key that an entry in a box may have."""
    total: cython.longlong = 0
    d: cython.int
    c: cython.int
    for c in range(4):
        d = max(max(box[c] - x[c], x[c] - box[c + 4]), 0)
        total += d * d
    return total << 16


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _place_of_list(s: p_search, x: cython.p_int) -> cython.int:
    """Return where the entries that may be nearest to a point are listed, or `_UNLISTED`."""
    number: cython.int = _cell(s, x)
    place: cython.int = s.cells[number]
    return _list_nearest(s, number) if place == _UNKNOWN else place


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _nearest(s: p_search, x: cython.p_int) -> cython.longlong:
    """Return the key of the entry nearest to a point within the space."""
    place: cython.int = _place_of_list(s, x)
    best: cython.longlong
    i: cython.int
    if place == _UNLISTED:
        return _nearest_in_tree(s, x)
    best = _key(s, x, s.pool[place + 1])
    for i in range(place + 2, place + 1 + (s.pool[place] & 0xFF)):
        best = min(best, _key(s, x, s.pool[i]))
    return best


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _may_be_near(s: p_search, x: cython.p_int) -> cython.bint:
    """Whether an entry may be within _NEAR of a point within the space: False is certain."""
    place: cython.int = _place_of_list(s, x)
    return place == _UNLISTED or s.pool[place] > 0xFF


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _nearest_in_tree(s: p_search, x: cython.p_int) -> cython.longlong:
    nearest: cython.longlong
    _list_neighbours(s, x, 1, cython.address(nearest))
    return nearest


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _list_nearest(s: p_search, number: cython.int) -> cython.int:
    """List the entries that may be nearest in a cell; return where, or that it cannot be."""
    middle: cython.int[4]
    half: cython.int[4]
    nodes: cython.int[40]
    found: cython.int[48]
    depth: cython.int = 1
    count: cython.int = 0
    node: cython.int
    entry: cython.int
    child: cython.int
    i: cython.int
    j: cython.int
    c: cython.int
    outside: cython.int
    near: cython.int = 0
    nearest: cython.longlong
    gap: cython.longlong
    best: cython.int
    limit: cython.longlong
    s.cells[number] = _UNLISTED
    if s.pool_used + _LONGEST + 1 > s.pool_length:
        return _UNLISTED
    _cell_box(s, number, middle, half)
    nearest = _nearest_in_tree(s, middle)
    best = nearest & 0xFFFF
    # No entry further from the middle than the nearest plus the cell's diameter can win.
    limit = _root_above(nearest >> 16) + (7 * half[0] >> 1 if s.opaque else 4 * half[0])
    limit = ((limit * limit) << 16) | 0xFFFF
    nodes[0] = 1
    while depth > 0:
        depth -= 1
        node = nodes[depth]
        if node < s.leaves:
            for child in range(2 * node, 2 * node + 2):
                if _box_key(middle, s.boxes + 8 * child) <= limit:
                    nodes[depth] = child
                    depth += 1
            continue
        for i in range(_LEAF * (node - s.leaves), _LEAF * (node - s.leaves + 1)):
            entry = s.order[i]
            if entry < 0 or _key(s, middle, entry) > limit:
                continue
            gap = _advantage(middle, half, s.points + 4 * entry, s.points + 4 * best)
            if gap > 0 or (gap == 0 and entry > best):
                continue
            for c in range(4):
                outside = middle[c] - s.points[4 * entry + c]
                if outside > half[c] + _MARGIN or -outside > half[c] + _MARGIN:
                    break
            else:
                near = 0x100
            if count == _LONGEST:
                return _UNLISTED
            found[count] = entry
            count += 1
    j = s.pool_used
    s.pool[j] = cython.cast(cython.ushort, count | near)
    for i in range(count):
        s.pool[j + 1 + i] = cython.cast(cython.ushort, found[i])
    s.pool_used += count + 1
    s.cells[number] = j
    return j


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _advantage(
    middle: cython.p_int, half: cython.p_int, p: p_const_short, best: p_const_short
) -> cython.longlong:
    """Return d²(p, v) - d²(best, v) at the corner v of the cell that favours p most."""
    total: cython.longlong = 0
    step: cython.longlong
    c: cython.int
    for c in range(4):
        step = cython.cast(cython.int, p[c]) - best[c]
        total += step * (cython.cast(cython.int, p[c]) + best[c] - 2 * middle[c])
        total -= 2 * half[c] * (step if step > 0 else -step)
    return total


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _root_above(square: cython.longlong) -> cython.int:
    """Return the least integer whose square is at least this."""
    root: cython.int = 0
    bit: cython.int
    for bit in range(15, -1, -1):
        if cython.cast(cython.longlong, root + (1 << bit)) * (root + (1 << bit)) <= square:
            root += 1 << bit
    return root + (cython.cast(cython.longlong, root) * root < square)


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _list_neighbours(
    s: p_search,
    x: cython.p_int,
    room: cython.int,
    near: cython.p_longlong,
) -> cython.int:
    """List the keys of the entries nearest to a point, as many as fit; return how many."""
    nodes: cython.int[40]
    bounds: cython.longlong[40]
    depth: cython.int = 1
    count: cython.int = 0
    node: cython.int
    key: cython.longlong
    d: cython.longlong
    other: cython.longlong
    i: cython.int
    j: cython.int
    nodes[0] = 1
    bounds[0] = 0
    while depth > 0:
        depth -= 1
        if count == room and bounds[depth] >= near[count - 1]:
            continue
        node = nodes[depth]
        if node < s.leaves:
            d = _box_key(x, s.boxes + 16 * node)
            other = _box_key(x, s.boxes + 16 * node + 8)
            i = 0 if d > other else 1
            nodes[depth + 1 - i] = 2 * node + 1
            bounds[depth + 1 - i] = other
            nodes[depth + i] = 2 * node
            bounds[depth + i] = d
            depth += 2
            continue
        for i in range(_LEAF * (node - s.leaves), _LEAF * (node - s.leaves + 1)):
            if s.order[i] < 0:
                continue
            key = _key(s, x, s.order[i])
            if count == room:
                if key > near[count - 1]:
                    continue
                count -= 1
            j = count
            while j > 0 and near[j - 1] > key:
                near[j] = near[j - 1]
                j -= 1
            near[j] = key
            count += 1
    return count


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _list_mixable(
    s: p_search, number: cython.int, near: cython.pointer(cython.ushort)
) -> cython.void:
    """List the entries nearest to the middle of a cell."""
    middle: cython.int[4]
    half: cython.int[4]
    keys: cython.longlong[8]
    i: cython.int
    _cell_box(s, number, middle, half)
    for i in range(_list_neighbours(s, middle, _MIXABLE, keys)):
        near[i] = keys[i] & 0xFFFF
