# cython: language_level=3, boundscheck=True, wraparound=False, cdivision=True
"""The loop over a band's pixels in entropy coding (spec §7.5), compiled; for `entropy` alone.

It serves both ways: whoever encodes knows each bit, whoever decodes asks the coder for it, and what
the model learns from it is the same. `choose_band` also takes the pixels' own colours, and may give
a pixel another entry where that spares more bits than it costs.

The model's tables are reached by pointer, with indices that are masked, or follow from ranks and
nodes that were checked or made here.
"""

import cython
from cython.cimports.kqformat.codec.mixing_kernel import (
    Model,
    adapt,
    attach,
    code,
    finish,
    learn,
    mix,
    start,
)
from cython.cimports.kqformat.codec.palette_tree_kernel import Node, projection

if not cython.compiled:
    raise ImportError(
        "kqformat.codec.entropy_kernel is not compiled; install the package with pip "
        "(a C compiler is needed where there is no wheel)"
    )

DENSE = 16384 + 2048 + 24 * 24 * 8 * 16
"""Slots found by their place: by pattern, by run, and by the distances from a node's cut."""

uint_p = cython.typedef(cython.pointer(cython.uint))
ushort_p = cython.typedef(cython.pointer(cython.ushort))
int_p = cython.typedef(cython.pointer(cython.int))
node_p = cython.typedef(cython.pointer(Node))

_DISTANCE = cython.declare(cython.uchar[256])
_ACTIVITY = cython.declare(cython.uchar[256])
_ERROR = cython.declare(cython.uchar[256])
_FIRST_WEIGHTS = cython.declare(cython.int[8])
_COST = cython.declare(cython.int[4097])


def fill_tables(
    distances: list, activities: list, errors: list, first_weights: list, costs: list
) -> None:
    """Make the tables above from the listed numbers (spec §7.2); once, at import."""
    i: cython.int
    for i in range(256):
        _DISTANCE[i] = sum(i >= bound for bound in distances)
        _ACTIVITY[i] = sum(i >= bound for bound in activities)
        _ERROR[i] = sum(i >= bound for bound in errors)
    for i in range(8):
        _FIRST_WEIGHTS[i] = first_weights[i]
    for i in range(4097):
        _COST[i] = costs[i]


Band = cython.struct(
    model=Model,
    ranks=ushort_p,
    rows=cython.Py_ssize_t,
    width=cython.Py_ssize_t,
    colors=int_p,
    nodes=node_p,
    by_pattern=uint_p,
    by_run=uint_p,
    by_distance=uint_p,
    near=uint_p,
    near_size=cython.Py_ssize_t,
    near_shift=cython.int,
    hits=uint_p,
    hits_size=cython.Py_ssize_t,
    hits_shift=cython.int,
    seen_far=uint_p,
    seen_close=uint_p,
    seen_shift=cython.int,
    gates=ushort_p,
    errors=int_p,
    run=cython.int,
    weights=cython.int[32],
)
band_p = cython.typedef(cython.pointer(Band))

Pixel = cython.struct(
    x=cython.Py_ssize_t,
    y=cython.Py_ssize_t,
    w=cython.uint,
    n=cython.uint,
    nw=cython.uint,
    ne=cython.uint,
    ww=cython.uint,
    n2=cython.uint,
    n2e=cython.uint,
    n2w=cython.uint,
    nee=cython.uint,
    nww=cython.uint,
    www=cython.uint,
    hash_4=cython.uint,
    hash_7=cython.uint,
    hash_11=cython.uint,
    far=uint_p,
    close=uint_p,
    gate=ushort_p,
    candidate=cython.uint,
    kind=cython.uint,
    equal=cython.uint,
    pattern=cython.uint,
    run_class=cython.int,
    is_open=cython.bint,
    gradient=cython.int[4],
    learnt=cython.int[4],
    offset=cython.int[32],
    energy=cython.int,
    activity=cython.int,
    expected=cython.int,
    context=cython.uint[16],
    lines=uint_p[16],
    group=cython.int,
)
pixel_p = cython.typedef(cython.pointer(Pixel))

MIXED = cython.declare(cython.int, 0)
SURE = cython.declare(cython.int, 1)
FORCED_LEFT = cython.declare(cython.int, 2)
FORCED_RIGHT = cython.declare(cython.int, 3)


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _hash(a: cython.uint, b: cython.uint) -> cython.uint:
    h: cython.uint = a * cython.cast(cython.uint, 0x2545F491) + b * cython.cast(
        cython.uint, 0x5851F42D
    )
    h ^= h >> 15
    h *= cython.cast(cython.uint, 0x2C1B3C6D)
    return h ^ (h >> 13)


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _median(w: cython.int, n: cython.int, nw: cython.int) -> cython.int:
    """Return the median of W, N and W + N - NW."""
    least: cython.int = w if w < n else n
    most: cython.int = n if w < n else w
    if nw >= most:
        return least
    if nw <= least:
        return most
    return w + n - nw


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _difference(a: cython.int, b: cython.int) -> cython.int:
    return a - b if a > b else b - a


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _distance(t: cython.longlong, inverse: cython.int) -> cython.int:
    """Return which of 24 classes a signed distance from a cut is in."""
    steps: cython.longlong = ((t if t >= 0 else -t) * inverse) >> 16
    level: cython.int = _DISTANCE[255 if steps > 255 else steps]
    return 12 + level if t >= 0 else 11 - level


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _side(rank: cython.uint, node: node_p) -> cython.int:
    if rank < cython.cast(cython.uint, node.low) or rank >= cython.cast(cython.uint, node.high):
        return 2
    return 1 if rank >= cython.cast(cython.uint, node.middle) else 0


# ------------------------------------------------------------------ what surrounds a pixel


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _look_around(band: band_p, s: pixel_p) -> cython.void:
    """Find the neighbours, the candidate, and whether the candidate is tried."""
    x: cython.Py_ssize_t = s.x
    width: cython.Py_ssize_t = band.width
    row: ushort_p = band.ranks + s.y * width
    above: ushort_p
    if s.y == 0:
        s.w = row[x - 1] if x else 0
        s.n = s.nw = s.ne = s.nee = s.nww = s.n2 = s.n2e = s.n2w = s.w
    else:
        above = row - width
        s.n = above[x]
        s.w = row[x - 1] if x else s.n
        s.nw = above[x - 1] if x else s.n
        s.ne = above[x + 1] if x + 1 < width else s.n
        s.nee = above[x + 2] if x + 2 < width else s.ne
        s.nww = above[x - 2] if x > 1 else s.nw
        if s.y == 1:
            s.n2 = s.n
            s.n2e = s.ne
            s.n2w = s.nw
        else:
            above -= width
            s.n2 = above[x]
            s.n2e = above[x + 1] if x + 1 < width else s.ne
            s.n2w = above[x - 1] if x else s.nw
    s.ww = row[x - 2] if x > 1 else s.w
    s.www = row[x - 3] if x > 2 else s.ww
    s.hash_4 = _hash(_hash(s.w, s.n), _hash(s.nw, s.ne))
    s.hash_7 = _hash(s.hash_4, _hash(s.ww, _hash(s.n2, s.n2e)))
    s.hash_11 = _hash(s.hash_7, _hash(_hash(s.nee, s.nww), _hash(s.n2w, s.www)))
    s.far = band.seen_far + (s.hash_11 >> band.seen_shift)
    s.close = band.seen_close + (s.hash_7 >> band.seen_shift)
    second: cython.uint = s.close[0]
    if s.far[0]:
        s.kind = 0
        s.candidate = s.far[0] - 1
    elif second:
        s.kind = 1
        s.candidate = second - 1
    else:
        s.kind = 2
        s.candidate = s.w
    s.equal = (
        (s.w == s.n)
        | (s.w == s.nw) << 1
        | (s.n == s.nw) << 2
        | (s.n == s.ne) << 3
        | (s.w == s.ww) << 4
        | (s.n == s.n2) << 5
        | (s.w == s.ne) << 6
    )
    s.pattern = (
        4
        * (
            (s.candidate == s.w)
            | (s.candidate == s.n) << 1
            | (s.candidate == s.nw) << 2
            | (s.candidate == s.ne) << 3
            | (s.candidate + 1 == second) << 4
        )
        + s.kind
    )
    run: cython.int = band.run
    s.run_class = (
        7 if run > 31 else (6 if run > 15 else (5 if run > 7 else (4 if run > 3 else run)))
    )
    s.gate = band.gates + (128 * s.pattern + s.equal) * 8 + s.run_class
    s.is_open = s.gate[0] >= 63570


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _offer(band: band_p, s: pixel_p) -> cython.int:
    """Return the probability that the candidate is right."""
    m: cython.pointer(Model) = cython.address(band.model)
    key: cython.uint = _hash(s.candidate, s.kind + 1)
    m.slots[0] = band.by_pattern + 128 * s.pattern + s.equal
    m.slots[1] = band.by_run + (s.pattern * 8 + s.run_class) * 2 + (s.w == s.n)
    context: cython.uint[16]
    context[2] = s.w
    context[3] = s.hash_7
    context[4] = s.hash_4
    context[5] = s.n
    context[6] = s.ne
    context[7] = _hash(s.n, s.n2)
    context[8] = s.hash_11
    context[9] = s.n2
    context[10] = s.ww
    context[11] = s.nee
    context[12] = _hash(s.w, s.ww)
    context[13] = _hash(s.w, s.n)
    context[14] = _hash(s.n, s.ne)
    context[15] = s.nw
    i: cython.int
    for i in range(2, 16):
        m.slots[i] = band.hits + i * band.hits_size + (_hash(key, context[i]) >> band.hits_shift)
    return mix(
        m,
        8 * s.kind + s.run_class,
        3 * (s.equal & 63) + s.kind,
        s.pattern,
        _hash(key, s.equal) >> 20,
    )


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _predict(band: band_p, s: pixel_p) -> cython.void:
    """Predict the pixel's colour in two ways, in eighths, and find the contexts of its nodes."""
    i: cython.int
    j: cython.int
    mean4: cython.int
    value: cython.int
    total: cython.int
    around: int_p[8]
    around[0] = band.colors + 4 * s.w
    around[1] = band.colors + 4 * s.n
    around[2] = band.colors + 4 * s.nw
    around[3] = band.colors + 4 * s.ne
    around[4] = band.colors + 4 * s.ww
    around[5] = band.colors + 4 * s.n2
    around[6] = band.colors + 4 * s.nee
    around[7] = band.colors + 4 * s.nww
    activity: cython.int = 0
    s.energy = 2880
    for j in range(4):
        s.gradient[j] = 8 * _median(around[0][j], around[1][j], around[2][j])
        activity += (
            _difference(around[0][j], around[2][j])
            + _difference(around[1][j], around[2][j])
            + _difference(around[3][j], around[1][j])
        )
        mean4 = around[0][j] + around[1][j] + around[2][j] + around[3][j]
        total = 0
        for i in range(8):
            value = 4 * around[i][j] - mean4
            s.offset[8 * j + i] = value
            s.energy += value * value
            total += band.weights[8 * j + i] * value
        total = (total >> 15) + 2 * mean4
        s.learnt[j] = 0 if total < 0 else (2040 if total > 2040 else total)
    s.activity = _ACTIVITY[min(activity // 3, 255)]
    error_row: int_p = band.errors + (s.y & 1) * band.width
    error_above: int_p = band.errors + (1 - (s.y & 1)) * band.width
    x: cython.Py_ssize_t = s.x
    value = 2 * (error_row[x - 1] if x else 0)
    if s.y:
        value += (
            2 * error_above[x]
            + error_above[x + 1 if x + 1 < band.width else x]
            + error_above[x - 1 if x else x]
        )
    s.expected = _ERROR[min(value >> 2, 255)]
    s.context[2] = _hash(s.w, 2)
    s.context[3] = _hash(s.n, 3)
    s.context[4] = _hash(s.ne, 4)
    s.context[5] = _hash(s.n2, 5)
    s.context[6] = _hash(_hash(s.w, s.ww), 6)
    s.context[7] = _hash(_hash(s.n, s.n2), 7)
    s.context[8] = _hash(s.nee, 8)
    s.context[9] = _hash(s.hash_4, 9)
    s.context[10] = 10
    s.context[11] = _hash(s.far[0], 11)
    s.context[12] = _hash(s.hash_7, 12)
    s.context[13] = _hash(_hash(s.w, s.n), 13)
    s.context[14] = _hash(_hash(s.n, s.ne), 14)
    s.context[15] = _hash(s.nw, 15)
    s.group = -1


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _ask(band: band_p, s: pixel_p, at: cython.int, p: int_p) -> cython.int:
    """Find the probability that a node's pixel lies right of its cut, and how it was found.

    FORCED_LEFT and FORCED_RIGHT: the other side is the candidate alone, which it is not. SURE: the
    first two slots agree. MIXED: by all 16.
    """
    m: cython.pointer(Model) = cython.address(band.model)
    node: node_p = band.nodes + at
    if s.is_open:
        if node.middle - node.low == 1 and s.candidate == cython.cast(cython.uint, node.low):
            return FORCED_RIGHT
        if node.high - node.middle == 1 and s.candidate == cython.cast(cython.uint, node.middle):
            return FORCED_LEFT
    t1: cython.longlong = projection(s.gradient, node.direction) - node.cut
    t2: cython.longlong = projection(s.learnt, node.direction) - node.cut
    class1: cython.int = _distance(t1, node.inverse)
    class2: cython.int = _distance(t2, node.inverse)
    m.slots[0] = band.by_distance + (
        ((class1 * 24 + class2) * 8 + s.activity) * 16 + min(node.depth, 15)
    )
    m.slots[1] = band.near + (
        _hash(at, 8 * _distance(2 * t2, node.inverse) + s.expected) >> band.near_shift
    )
    p0: cython.uint = m.slots[0][0]
    p1: cython.uint = m.slots[1][0]
    if (
        (p0 & 1023) >= 20
        and (p1 & 1023) >= 8
        and ((p0 >> 16 < 983 and p1 >> 16 < 983) or (p0 >> 16 > 64553 and p1 >> 16 > 64553))
    ):
        p0 = ((p0 >> 16) + (p1 >> 16)) >> 1
        p[0] = p0 if p0 > 1 else 1
        return SURE
    i: cython.int
    line: cython.uint
    mark: cython.uint
    if node.group != s.group:
        s.group = node.group
        mark = cython.cast(cython.uint, node.group) * cython.cast(cython.uint, 0x2545F491)
        for i in range(2, 16):
            line = (s.context[i] ^ mark) * cython.cast(cython.uint, 0x2C1B3C6D)
            s.lines[i] = band.near + i * band.near_size + 16 * (line >> (band.near_shift + 4))
    for i in range(2, 16):
        m.slots[i] = s.lines[i] + node.local
    sides: cython.int = (
        _side(s.w, node) + 3 * _side(s.n, node) + 9 * _side(s.nw, node) + 27 * _side(s.ne, node)
    )
    p[0] = mix(m, 32 + (at & 255), 192 + sides, 128 + (at & 511), _hash(at, class2) >> 20)
    return MIXED


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _walk(band: band_p, s: pixel_p, rank: cython.uint) -> cython.uint:
    """Code a pixel's rank by the palette's tree; return it."""
    m: cython.pointer(Model) = cython.address(band.model)
    at: cython.int = 0
    bit: cython.int
    how: cython.int
    p: cython.int = 0
    node: node_p
    while at >= 0:
        node = band.nodes + at
        bit = rank >= cython.cast(cython.uint, node.middle)
        how = _ask(band, s, at, cython.address(p))
        if how == MIXED:
            bit = code(m, bit, p)
            adapt(m, bit)
        elif how == SURE:
            bit = code(m, bit, p)
            learn(m.slots[0], bit)
            learn(m.slots[1], bit)
        else:
            bit = how == FORCED_RIGHT
        if bit:
            if node.right < 0:
                rank = node.middle
            at = node.right
        else:
            if node.left < 0:
                rank = node.low
            at = node.left
    return rank


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _learn_color(band: band_p, s: pixel_p, rank: cython.uint) -> cython.void:
    """Better the prediction's weights by the colour that came, and note how far it was."""
    distance: cython.int = 0
    missed: cython.int
    weight: cython.int
    i: cython.int
    j: cython.int
    for j in range(4):
        missed = 8 * band.colors[4 * rank + j] - s.learnt[j]
        distance += missed if missed >= 0 else -missed
        missed = missed * 15728 // s.energy
        for i in range(8):
            weight = band.weights[8 * j + i] + ((missed * s.offset[8 * j + i]) >> 3)
            band.weights[8 * j + i] = (
                -131072 if weight < -131072 else (131072 if weight > 131072 else weight)
            )
    band.errors[(s.y & 1) * band.width + s.x] = distance >> 3


# ------------------------------------------------------------------ which entry is cheapest

Choice = cython.struct(
    points=cython.pointer(cython.const[cython.short]),
    entry_points=cython.pointer(cython.const[cython.short]),
    options=cython.pointer(cython.const[cython.ushort]),
    option_count=cython.int,
    farthest=cython.longlong,
    price=cython.longlong,
    stamps=uint_p,
    costs=int_p,
    stamp=cython.uint,
)
choice_p = cython.typedef(cython.pointer(Choice))


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _bits_by_tree(band: band_p, s: pixel_p, c: choice_p, rank: cython.uint) -> cython.int:
    """Return what a rank would take, in 1/256 bits; what a node's two sides take is kept."""
    at: cython.int = 0
    bit: cython.int
    how: cython.int
    p: cython.int = 0
    bits: cython.int = 0
    while at >= 0:
        bit = rank >= cython.cast(cython.uint, band.nodes[at].middle)
        if c.stamps[at] != c.stamp:
            c.stamps[at] = c.stamp
            how = _ask(band, s, at, cython.address(p))
            if how == FORCED_LEFT or how == FORCED_RIGHT:
                c.costs[2 * at] = 0
                c.costs[2 * at + 1] = 0
            else:
                c.costs[2 * at] = _COST[(65536 - p) >> 4]
                c.costs[2 * at + 1] = _COST[p >> 4]
        bits += c.costs[2 * at + bit]
        at = band.nodes[at].right if bit else band.nodes[at].left
    return bits


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _choose(band: band_p, s: pixel_p, c: choice_p, rank: cython.uint) -> cython.uint:
    """Return the entry with the least squared error plus `price` times bits.

    Squared errors are in 1/4,096 of a sample's square; an entry farther than `farthest`, other than
    the pixel's own, is out of the question.
    """
    point: cython.pointer(cython.const[cython.short]) = c.points + 4 * (s.y * band.width + s.x)
    entry: cython.pointer(cython.const[cython.short])
    hit_bits: cython.int = 0
    miss_bits: cython.int = 0
    p: cython.int
    if s.is_open:
        p = _offer(band, s)
        hit_bits = _COST[p >> 4]
        miss_bits = _COST[(65536 - p) >> 4]
    c.stamp += 1
    best: cython.uint = rank
    least: cython.longlong = -1
    error: cython.longlong
    own: cython.longlong = 0
    total: cython.longlong
    option: cython.uint
    i: cython.int
    j: cython.int
    for i in range(c.option_count + 3):
        if i < c.option_count:
            option = c.options[rank * c.option_count + i]
        elif i == c.option_count:
            option = s.candidate
        elif i == c.option_count + 1:
            option = s.w
        else:
            option = s.n
        entry = c.entry_points + 4 * option
        error = 0
        for j in range(4):
            own = point[j] - entry[j]
            error += own * own
        if least >= 0 and (error > c.farthest or 16 * error >= least):
            continue
        if s.is_open and option == s.candidate:
            total = 16 * error + c.price * hit_bits
        else:
            total = 16 * error + c.price * (miss_bits + _bits_by_tree(band, s, c, option))
        if least < 0 or total < least:
            least = total
            best = option
    return best


# ------------------------------------------------------------------ the band


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _code_pixels(band: band_p, choice: choice_p) -> cython.void:
    """Code the band's ranks in raster order; `choice` is NULL where they are as they are."""
    m: cython.pointer(Model) = cython.address(band.model)
    i: cython.int
    for i in range(32):
        band.weights[i] = _FIRST_WEIGHTS[i & 7]
    band.run = 0
    s: Pixel
    spot: pixel_p = cython.address(s)
    rank: cython.uint = 0
    is_hit: cython.bint
    x: cython.Py_ssize_t
    y: cython.Py_ssize_t
    for y in range(band.rows):
        for x in range(band.width):
            s.x = x
            s.y = y
            _look_around(band, spot)
            if not m.decoding:
                rank = band.ranks[y * band.width + x]
            if choice != cython.NULL:
                _predict(band, spot)
                rank = _choose(band, spot, choice, rank)
                band.ranks[y * band.width + x] = cython.cast(cython.ushort, rank)
            is_hit = False
            if s.is_open:
                is_hit = code(m, s.candidate == rank, _offer(band, spot))
                adapt(m, is_hit)
            if is_hit:
                rank = s.candidate
                band.errors[(y & 1) * band.width + x] = 0
            else:
                if choice == cython.NULL:
                    _predict(band, spot)
                rank = _walk(band, spot, rank)
                _learn_color(band, spot, rank)
            if m.decoding:
                band.ranks[y * band.width + x] = cython.cast(cython.ushort, rank)
            s.gate[0] += ((65535 if s.candidate == rank else 0) - s.gate[0]) >> 6
            band.run = min(band.run + 1, 32) if s.candidate == rank else 0
            s.far[0] = rank + 1
            s.close[0] = rank + 1
        if choice == cython.NULL and m.at - (4 if m.decoding else 0) > m.end:
            return  # the payload has no room, or is at its end too early: `finish` will say so


@cython.cfunc
def _shift(size: cython.Py_ssize_t) -> cython.int:
    """Return what a hash is shifted by to be a place in a table of this size."""
    bits: cython.int = 4
    while bits < 30 and (cython.cast(cython.Py_ssize_t, 1) << bits) < size:
        bits += 1
    if (cython.cast(cython.Py_ssize_t, 1) << bits) != size:
        raise ValueError("a table's size is no power of two from 16 on")
    return 32 - bits


@cython.cfunc
def _set_up(
    band: band_p,
    ranks: cython.ushort[:, ::1],
    colors: cython.int[:, ::1],
    tree: cython.int[:, ::1],
    dense: cython.uint[::1],
    near: cython.uint[:, ::1],
    hits: cython.uint[:, ::1],
    seen: cython.uint[:, ::1],
    gates: cython.ushort[::1],
    errors: cython.int[:, ::1],
    source: cython.const[cython.uchar][::1],
    target: cython.uchar[::1],
    decoding: cython.bint,
    weights_a: cython.short[:, ::1],
    weights_b: cython.short[:, ::1],
    refined_a: cython.ushort[:, ::1],
    refined_b: cython.ushort[:, ::1],
) -> cython.int:
    """Take pointers to the pixels, the payload and the memory, whose shapes are checked."""
    k: cython.Py_ssize_t = colors.shape[0]
    width: cython.Py_ssize_t = ranks.shape[1]
    if ranks.shape[0] < 1 or width < 1 or k < 2 or colors.shape[1] != 4:
        raise ValueError("the pixels and colours do not fit together")
    if tree.shape[0] != k - 1 or tree.shape[1] != 12 or dense.shape[0] != DENSE:
        raise ValueError("the tree's or the tables' shapes are wrong")
    if near.shape[0] != 16 or hits.shape[0] != 16 or seen.shape[0] != 2:
        raise ValueError("the tables' shapes are wrong")
    if gates.shape[0] != 131072 or errors.shape[0] != 2 or errors.shape[1] != width:
        raise ValueError("the gates or the rows of errors have another size")
    y: cython.Py_ssize_t
    x: cython.Py_ssize_t
    for y in range(ranks.shape[0]):
        for x in range(width):
            if ranks[y, x] >= k:
                raise ValueError("a pixel has no entry")
    band.ranks = cython.address(ranks[0, 0])
    band.rows = ranks.shape[0]
    band.width = width
    band.colors = cython.address(colors[0, 0])
    band.nodes = cython.cast(node_p, cython.address(tree[0, 0]))
    band.by_pattern = cython.address(dense[0])
    band.by_run = band.by_pattern + 16384
    band.by_distance = band.by_run + 2048
    band.near = cython.address(near[0, 0])
    band.near_size = near.shape[1]
    band.near_shift = _shift(near.shape[1])
    band.hits = cython.address(hits[0, 0])
    band.hits_size = hits.shape[1]
    band.hits_shift = _shift(hits.shape[1])
    band.seen_close = cython.address(seen[0, 0])
    band.seen_far = cython.address(seen[1, 0])
    band.seen_shift = _shift(seen.shape[1])
    band.gates = cython.address(gates[0])
    band.errors = cython.address(errors[0, 0])
    if weights_a.shape[0] != 288 or weights_b.shape[0] != 273:
        raise ValueError("the weights' number of sets is wrong")
    if refined_a.shape[0] != 640 or refined_b.shape[0] != 4096:
        raise ValueError("the refinements' number is wrong")
    attach(
        cython.address(band.model),
        source,
        target,
        decoding,
        weights_a,
        weights_b,
        refined_a,
        refined_b,
    )
    return 0


def code_band(
    ranks: cython.ushort[:, ::1],
    colors: cython.int[:, ::1],
    tree: cython.int[:, ::1],
    source: cython.const[cython.uchar][::1],
    target: cython.uchar[::1],
    decoding: cython.bint,
    dense: cython.uint[::1],
    near: cython.uint[:, ::1],
    hits: cython.uint[:, ::1],
    seen: cython.uint[:, ::1],
    gates: cython.ushort[::1],
    errors: cython.int[:, ::1],
    weights_a: cython.short[:, ::1],
    weights_b: cython.short[:, ::1],
    refined_a: cython.ushort[:, ::1],
    refined_b: cython.ushort[:, ::1],
) -> cython.Py_ssize_t:
    """Encode a band's ranks into `target`, or decode them from `source`.

    Returns the payload's length, or -1 where it does not fit or does not end as it must.

    Parameters
    ----------
    ranks : (rows, width)
        The pixels, by the place of their entries among the leaves.
    colors : (k, 4)
        The entries' colours in that order.
    tree : (k - 1, 12)
    source, target : the payload, or room for it; the other is empty
    dense, near, hits, seen, gates, errors, weights_a, weights_b, refined_a, refined_b
        The model's memory as it starts, made by `entropy`.
    """
    band: Band
    _set_up(
        cython.address(band),
        ranks,
        colors,
        tree,
        dense,
        near,
        hits,
        seen,
        gates,
        errors,
        source,
        target,
        decoding,
        weights_a,
        weights_b,
        refined_a,
        refined_b,
    )
    length: cython.Py_ssize_t
    with cython.nogil:
        start(cython.address(band.model))
        _code_pixels(cython.address(band), cython.NULL)
        length = finish(cython.address(band.model))
    return length


def choose_band(
    ranks: cython.ushort[:, ::1],
    colors: cython.int[:, ::1],
    tree: cython.int[:, ::1],
    points: cython.const[cython.short][:, :, ::1],
    entry_points: cython.const[cython.short][:, ::1],
    options: cython.const[cython.ushort][:, ::1],
    farthest: cython.longlong,
    price: cython.longlong,
    stamps: cython.uint[::1],
    costs: cython.int[:, ::1],
    nothing: cython.uchar[::1],
    dense: cython.uint[::1],
    near: cython.uint[:, ::1],
    hits: cython.uint[:, ::1],
    seen: cython.uint[:, ::1],
    gates: cython.ushort[::1],
    errors: cython.int[:, ::1],
    weights_a: cython.short[:, ::1],
    weights_b: cython.short[:, ::1],
    refined_a: cython.ushort[:, ::1],
    refined_b: cython.ushort[:, ::1],
) -> None:
    """Change ranks where that spares more bits than it costs error.

    Parameters
    ----------
    points : (rows, width, 4)
        The pixels' own colours, in 1/64 of a sample.
    entry_points : (k, 4)
        Those of the entries, in the leaves' order.
    options : (k, n)
        The ranks nearest to each, itself first.
    farthest : int
        The greatest squared error of an entry chosen, in 1/4,096.
    price : int
        What 1/256 bit costs, in 1/65,536 of a squared sample.
    stamps, costs : (k - 1,), (k - 1, 2)
        Zeros.
    nothing : empty
    """
    band: Band
    choice: Choice
    k: cython.Py_ssize_t = colors.shape[0]
    _set_up(
        cython.address(band),
        ranks,
        colors,
        tree,
        dense,
        near,
        hits,
        seen,
        gates,
        errors,
        nothing,
        nothing,
        False,
        weights_a,
        weights_b,
        refined_a,
        refined_b,
    )
    if points.shape[0] != ranks.shape[0] or points.shape[1] != ranks.shape[1]:
        raise ValueError("there are not as many points as pixels")
    if points.shape[2] != 4 or entry_points.shape[0] != k or entry_points.shape[1] != 4:
        raise ValueError("the points are not of 4 coordinates")
    if options.shape[0] != k or options.shape[1] < 1:
        raise ValueError("not every entry has options")
    if stamps.shape[0] != k - 1 or costs.shape[0] != k - 1 or costs.shape[1] != 2:
        raise ValueError("there is not a place for every node")
    i: cython.Py_ssize_t
    j: cython.Py_ssize_t
    for i in range(k):
        for j in range(options.shape[1]):
            if options[i, j] >= k:
                raise ValueError("an option is no entry")
    choice.points = cython.address(points[0, 0, 0])
    choice.entry_points = cython.address(entry_points[0, 0])
    choice.options = cython.address(options[0, 0])
    choice.option_count = options.shape[1]
    choice.farthest = farthest
    choice.price = price
    choice.stamps = cython.address(stamps[0])
    choice.costs = cython.address(costs[0, 0])
    choice.stamp = 0
    with cython.nogil:
        start(cython.address(band.model))
        _code_pixels(cython.address(band), cython.address(choice))
