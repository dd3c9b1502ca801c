# cython: language_level=3, boundscheck=True, wraparound=False, cdivision=True
"""The loop over a band's pixels in entropy coding (spec §7.5), compiled; for `entropy` alone.

There are two models, the recalling one and the local one, which leaves out most of the other.

It serves both ways: whoever encodes knows each bit, whoever decodes asks the coder for it, and what
the model learns from it is the same. `choose_band` also takes the pixels' own colours, and may give
a pixel another entry where that spares more bits than it costs.

The model's slots are one array, in which every table has its place. It is reached by pointer, with
indices that are masked, or follow from ranks and nodes that were checked or made here.
"""

import cython
from cython.cimports.kqformat.codec.mixing_kernel import (
    Model,
    adapt,
    after,
    attach,
    code,
    finish,
    kq_find_lines,
    kq_find_local_lines,
    kq_predict,
    kq_prefetch,
    kq_sides,
    mix,
    set_pace,
    start,
)
from cython.cimports.kqformat.codec.palette_tree_kernel import Node

if not cython.compiled:
    raise ImportError(
        "kqformat.codec.entropy_kernel is not compiled; install the package with pip "
        "(a C compiler is needed where there is no wheel)"
    )

_RUNS = cython.declare(cython.uint, 16384)
_DISTANCES = cython.declare(cython.uint, 18432)
_FINE = cython.declare(cython.uint, 92160)
_MATCHES = cython.declare(cython.uint, 288768)
_AGREES = cython.declare(cython.uint, 295680)
_HITS = cython.declare(cython.uint, 301824)
"""Where tables begin among the slots, as in `entropy_tables`; that by pattern is the first."""

ushort_p = cython.typedef(cython.pointer(cython.ushort))
uint_p = cython.typedef(cython.pointer(cython.uint))
int_p = cython.typedef(cython.pointer(cython.int))
node_p = cython.typedef(cython.pointer(Node))

_DISTANCE = cython.declare(cython.uchar[256])
_ACTIVITY = cython.declare(cython.uchar[256])
_ERROR = cython.declare(cython.uchar[256])
_LENGTH = cython.declare(cython.uchar[257])
_FIRST_WEIGHTS = cython.declare(cython.int[8])
_COST = cython.declare(cython.int[4097])


def fill_tables(
    distances: list,
    activities: list,
    errors: list,
    lengths: list,
    first_weights: list,
    costs: list,
) -> None:
    """Make the tables above from the listed numbers (spec §7.2); once, at import."""
    i: cython.int
    for i in range(256):
        _DISTANCE[i] = sum(i >= bound for bound in distances)
        _ACTIVITY[i] = sum(i >= bound for bound in activities)
        _ERROR[i] = sum(i >= bound for bound in errors)
    for i in range(257):
        _LENGTH[i] = sum(i >= bound for bound in lengths)
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
    slots=ushort_p,
    hit_bits=cython.int,
    near_bits=cython.int,
    near_rows=cython.uint[16],
    local=cython.bint,
    groups=cython.uint,
    neighbour_mask=cython.uint,
    close=ushort_p,
    met=uint_p,
    seen_bits=cython.int,
    match=cython.Py_ssize_t,
    match_length=cython.int,
    bar=cython.int,
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
    nee=cython.uint,
    nww=cython.uint,
    hash_4=cython.uint,
    hash_7=cython.uint,
    hash_11=cython.uint,
    close=ushort_p,
    met=uint_p,
    matched=cython.uint,
    length=cython.int,
    gate=ushort_p,
    candidate=cython.uint,
    kind=cython.uint,
    equal=cython.uint,
    pattern=cython.uint,
    run_class=cython.int,
    is_open=cython.bint,
    gradient=cython.int[8],
    learnt=cython.int[8],
    offset=cython.int[32],
    energy=cython.int,
    by_distance=cython.uint,
    by_expected=cython.uint,
    first_set=cython.int,
    first=cython.uint,
    second=cython.uint,
    learnt_class=cython.int,
    context=cython.uint[16],
    hits=cython.uint[16],
    # 16 places each of the four groups that `_find_groups` finds, and of two others in turn.
    near=cython.uint[96],
    groups=cython.int[4],
    found=cython.int,
    turn=cython.int,
    group=cython.int,
    lines=uint_p,
    has_contexts=cython.bint,
    base=ushort_p,
    places=uint_p,
)
pixel_p = cython.typedef(cython.pointer(Pixel))

_NO_RANK = cython.declare(cython.uint, 0xFFFFFFFF)

MIXED = cython.declare(cython.int, 0)
SURE = cython.declare(cython.int, 1)
FORCED_LEFT = cython.declare(cython.int, 2)
FORCED_RIGHT = cython.declare(cython.int, 3)


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _stirred(h: cython.uint) -> cython.uint:
    return (h ^ (h >> 15)) * cython.cast(cython.uint, 0x2C1B3C6D)


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _hash(h: cython.uint) -> cython.uint:
    h = _stirred(h)
    return h ^ (h >> 13)


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _sum(a: cython.uint, b: cython.uint, c: cython.uint, d: cython.uint) -> cython.uint:
    return (
        a * cython.cast(cython.uint, 0x2545F491)
        + b * cython.cast(cython.uint, 0x5851F42D)
        + c * cython.cast(cython.uint, 0x2C1B3C6D)
        + d * cython.cast(cython.uint, 0x9E3779B1)
    )


# ------------------------------------------------------------------ what surrounds a pixel


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _look_around(
    band: band_p, s: pixel_p, x: cython.Py_ssize_t, y: cython.Py_ssize_t
) -> cython.void:
    """Go to a pixel: find its neighbours, and ask for the memory of what followed them."""
    width: cython.Py_ssize_t = band.width
    row: ushort_p = band.ranks + y * width
    above: ushort_p
    n2e: cython.uint
    n2w: cython.uint
    www: cython.uint
    s.x = x
    s.y = y
    s.has_contexts = False
    if y == 0:
        s.w = row[x - 1] if x else 0
        s.n = s.nw = s.ne = s.nee = s.nww = s.n2 = n2e = n2w = s.w
    else:
        above = row - width
        s.n = above[x]
        s.w = row[x - 1] if x else s.n
        s.nw = above[x - 1] if x else s.n
        s.ne = above[x + 1] if x + 1 < width else s.n
        s.nee = above[x + 2] if x + 2 < width else s.ne
        s.nww = above[x - 2] if x > 1 else s.nw
        if y == 1:
            s.n2 = s.n
            n2e = s.ne
            n2w = s.nw
        else:
            above -= width
            s.n2 = above[x]
            n2e = above[x + 1] if x + 1 < width else s.ne
            n2w = above[x - 1] if x else s.nw
    s.ww = row[x - 2] if x > 1 else s.w
    if band.local:
        return
    www = row[x - 3] if x > 2 else s.ww
    s.hash_4 = _hash(_sum(s.w, s.n, s.nw, s.ne))
    s.hash_7 = _hash(s.hash_4 + _sum(s.ww, s.n2, n2e, 0))
    s.hash_11 = _hash(s.hash_7 + _sum(s.nee, s.nww, n2w, www))
    s.close = band.close + (s.hash_7 >> (32 - band.seen_bits))
    s.met = band.met + 2 * (s.hash_11 >> (32 - band.seen_bits))
    kq_prefetch(s.close)
    kq_prefetch(s.met)


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _foresee(band: band_p, s: pixel_p, following: pixel_p, rank: cython.uint) -> cython.void:
    """Write a pixel's rank, and look around at the one after it."""
    band.ranks[s.y * band.width + s.x] = cython.cast(cython.ushort, rank)
    _look_around(band, following, s.x + 1, s.y)


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _guess(band: band_p, s: pixel_p) -> cython.void:
    """Find the candidate, whether it is tried, and the pace at which slots learn."""
    far: cython.uint = s.met[1]
    second: cython.uint = s.close[0]
    if far:
        s.kind = 0
        s.candidate = far - 1
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
    set_pace(cython.address(band.model), s.equal > 0)
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
    s.is_open = s.gate[0] >= band.bar


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _match(band: band_p, s: pixel_p) -> cython.void:
    """Follow the match, or find one; what it says is no rank where there is none."""
    if band.match_length:
        band.match += 1
    elif s.met[0]:
        band.match = s.met[0] - 1
        band.match_length = 1
    s.length = _LENGTH[band.match_length]
    s.matched = band.ranks[band.match] if band.match_length else _NO_RANK


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _side(rank: cython.uint, node: node_p) -> cython.uint:
    """Return 0 for a rank left of a node's cut, 1 for one right of it, 2 for any other."""
    if rank - cython.cast(cython.uint, node.low) >= cython.cast(cython.uint, node.high - node.low):
        return 2
    return rank >= cython.cast(cython.uint, node.middle)


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _gather(s: pixel_p, context: uint_p) -> cython.void:
    """Make the contexts that candidates and nodes share."""
    context[3] = _sum(s.w, 0, 0, 0)
    context[4] = _sum(s.n, 0, 0, 0)
    context[5] = _sum(s.ne, 0, 0, 0)
    context[6] = _sum(s.n2, 0, 0, 0)
    context[7] = _sum(s.w, s.ww, 0, 0)
    context[8] = _sum(s.n, s.n2, 0, 0)
    context[9] = _sum(s.nee, 0, 0, 0)
    context[10] = s.hash_4
    context[12] = s.hash_7
    context[13] = _sum(s.w, s.n, 0, 0)
    context[14] = _sum(s.n, s.ne, 0, 0)
    context[15] = _sum(s.nw, 0, 0, 0)


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _offer(band: band_p, s: pixel_p) -> cython.int:
    """Return the probability that the candidate is right."""
    context: cython.uint[16]
    key: cython.uint = _sum(0, s.kind, 0, s.candidate)
    _gather(s, context)
    context[11] = _sum(s.ww, 0, 0, 0)
    s.hits[0] = 128 * s.pattern + s.equal
    s.hits[1] = _RUNS + (s.pattern * 8 + s.run_class) * 2 + (s.w == s.n)
    agreed: cython.uint = 2
    if s.length:
        agreed = s.matched == s.candidate
    s.hits[2] = _AGREES + (s.length * 3 + agreed) * 128 + s.pattern
    i: cython.int
    shift: cython.int = 32 - band.hit_bits
    at: cython.uint = _HITS
    for i in range(3, 16):
        s.hits[i] = at + (_stirred(context[i] + key) >> shift)
        at += cython.cast(cython.uint, 1) << band.hit_bits
    return mix(
        cython.address(band.model),
        band.slots,
        s.hits,
        8 * s.kind + s.run_class,
        3 * (s.equal & 63) + s.kind,
        s.pattern,
        _stirred(key + _sum(s.equal, 0, 0, 0)) >> 20,
        16,
    )


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _find_lines(band: band_p, s: pixel_p, node: node_p, places: uint_p) -> cython.void:
    """Find the lines of the nodes in a node's group, and ask for their memory."""
    if band.local:
        kq_find_local_lines(
            places,
            s.context,
            band.near_rows,
            _sum(0, 0, 0, cython.cast(cython.uint, node.ordinal)),
            cython.cast(cython.uint, node.ordinal),
            36 - band.near_bits,
            band.neighbour_mask,
            band.slots,
        )
    else:
        kq_find_lines(
            places,
            s.context,
            band.near_rows,
            _sum(0, 0, 0, cython.cast(cython.uint, node.group)),
            36 - band.near_bits,
            band.slots,
        )


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _turn_to(band: band_p, s: pixel_p, node: node_p) -> cython.void:
    """Go on with the lines of the nodes in a node's group; those before stay known."""
    s.turn += 1
    while s.turn < s.found and s.groups[s.turn] != node.group:
        s.turn += 1
    if s.turn < s.found:
        s.lines = s.near + 16 * s.turn
    else:
        s.lines = s.near + 64 + 16 * (s.turn & 1)
        _find_lines(band, s, node, s.lines)
    s.group = node.group


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _expect(band: band_p, i: cython.int, context: cython.uint) -> cython.void:
    """Ask for the memory of a context's line for the root's group."""
    line: cython.uint = _stirred(context) >> (36 - band.near_bits)
    kq_prefetch(band.slots + band.near_rows[i] + (line << 4))


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _expect_neighbour(band: band_p, i: cython.int, rank: cython.uint) -> cython.void:
    """Ask for the memory of a neighbour's line for the root's group, in the local model."""
    line: cython.uint = rank * band.groups & band.neighbour_mask
    kq_prefetch(band.slots + band.near_rows[i] + (line << 4))


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _expect_next(band: band_p, s: pixel_p) -> cython.void:
    """Ask for the root's lines of the next pixel, by contexts that do not wait for this one."""
    above: ushort_p
    n2: cython.uint
    if s.y > 1 and s.x + 3 < band.width:
        above = band.ranks + (s.y - 1) * band.width + s.x + 1
        n2 = (above - band.width)[0]
        if band.local:
            _expect(band, 3, _sum(above[0], n2, 0, 0))
            _expect_neighbour(band, 5, above[0])
            _expect_neighbour(band, 6, above[1])
            _expect_neighbour(band, 7, s.n)
            _expect_neighbour(band, 8, above[2])
            return
        _expect(band, 4, _sum(above[0], 0, 0, 0))
        _expect(band, 5, _sum(above[1], 0, 0, 0))
        _expect(band, 6, _sum(n2, 0, 0, 0))
        _expect(band, 8, _sum(above[0], n2, 0, 0))
        _expect(band, 9, _sum(above[2], 0, 0, 0))
        _expect(band, 14, _sum(above[0], above[1], 0, 0))
        _expect(band, 15, _sum(s.n, 0, 0, 0))


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _find_contexts(band: band_p, s: pixel_p) -> cython.void:
    """Find the contexts of nodes, from which their lines follow."""
    i: cython.int
    s.has_contexts = True
    s.found = 0
    if band.local:
        s.context[0] = s.context[1] = 0  # which have no lines
        s.context[2] = _stirred(_sum(s.w, s.ww, 0, 0))
        s.context[3] = _stirred(_sum(s.n, s.n2, 0, 0))
        s.context[4] = s.w * band.groups
        s.context[5] = s.n * band.groups
        s.context[6] = s.ne * band.groups
        s.context[7] = s.nw * band.groups
        s.context[8] = s.nee * band.groups
        return
    _gather(s, s.context)
    s.context[0] = s.context[1] = s.context[2] = 0  # which have no lines
    s.context[11] = 10
    for i in range(3, 16):
        s.context[i] = _stirred(s.context[i])


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _find_groups(band: band_p, s: pixel_p, rank: cython.uint) -> cython.void:
    """Find the lines of the first groups on the way to a rank, four at most, and ask for them."""
    at: cython.int = 0
    node: node_p
    while at >= 0 and s.found < 4:
        node = band.nodes + at
        if s.found == 0 or node.group != s.groups[s.found - 1]:
            _find_lines(band, s, node, s.near + 16 * s.found)
            s.groups[s.found] = node.group
            s.found += 1
        at = node.right if rank >= cython.cast(cython.uint, node.middle) else node.left


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _project(color: int_p) -> cython.void:
    """Put a colour's places along directions 4 to 6 behind its four samples (spec §7.4)."""
    color[4] = color[0] + 2 * color[1] + color[2]
    color[5] = color[0] - color[2]
    color[6] = 2 * color[1] - color[0] - color[2]


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _predict(band: band_p, s: pixel_p) -> cython.void:
    """Predict the pixel's colour in two ways, in eighths, once the contexts of nodes are known."""
    i: cython.int
    value: cython.int
    activity: cython.int = 0
    s.turn = -1
    _turn_to(band, s, band.nodes)
    if band.model.decoding:
        _expect_next(band, s)
    kq_predict(
        band.colors,
        cython.address(s.w),
        band.weights,
        s.offset,
        s.gradient,
        s.learnt,
        cython.address(s.energy),
        cython.address(activity),
    )
    s.energy += 2880
    _project(s.gradient)
    _project(s.learnt)
    activity = _ACTIVITY[min(activity // 3, 255)]
    s.by_distance = _DISTANCES + 16 * activity
    s.first_set = 81 * activity
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
    s.by_expected = _FINE + _ERROR[min(value >> 2, 255)]


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _aim(band: band_p, s: pixel_p, at: cython.int) -> cython.void:
    """Find a node's first two slots by how far from its cut the predictions are, and ask for them."""
    node: node_p = band.nodes + at
    t: cython.int = s.gradient[node.direction] - node.cut
    steps: cython.ulonglong = (
        cython.cast(cython.ulonglong, t if t >= 0 else -t) * node.inverse
    ) >> 16
    class1: cython.int = (_DISTANCE[255 if steps > 255 else steps] ^ (t >> 31)) + 12
    t = s.learnt[node.direction] - node.cut
    steps = (cython.cast(cython.ulonglong, t if t >= 0 else -t) * node.inverse) >> 15
    class2: cython.int = (_DISTANCE[255 if steps > 511 else steps >> 1] ^ (t >> 31)) + 12
    class3: cython.int = (_DISTANCE[255 if steps > 255 else steps] ^ (t >> 31)) + 12
    s.first = s.by_distance + 3072 * class1 + 128 * class2 + node.level
    s.second = s.by_expected + 192 * (at & 1023) + 8 * class3
    s.learnt_class = class2
    kq_prefetch(band.slots + s.first)
    kq_prefetch(band.slots + s.second)


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _ask(band: band_p, s: pixel_p, at: cython.int, p: int_p) -> cython.int:
    """Find the probability that the pixel of a node aimed at lies right of its cut, and how.

    FORCED_LEFT and FORCED_RIGHT: the other side is the candidate alone, which it is not. SURE: the
    first two slots agree. MIXED: by all of them. The slots are at `places` from `base`.
    """
    m: cython.pointer(Model) = cython.address(band.model)
    node: node_p = band.nodes + at
    if s.is_open:
        if node.middle - node.low == 1 and s.candidate == cython.cast(cython.uint, node.low):
            return FORCED_RIGHT
        if node.high - node.middle == 1 and s.candidate == cython.cast(cython.uint, node.middle):
            return FORCED_LEFT
    slot0: cython.uint = band.slots[s.first]
    slot1: cython.uint = band.slots[s.second]
    s.base = band.slots
    s.places = s.lines
    if (
        (slot0 & 15) >= 8
        and (slot1 & 15) >= 6
        and (
            (slot0 < 16 * 1196 and slot1 < 16 * 1196) or (slot0 >= 16 * 2900 and slot1 >= 16 * 2900)
        )
    ):
        p[0] = m.chance[((slot0 >> 4) + (slot1 >> 4)) >> 1]
        s.places[0] = s.first
        s.places[1] = s.second
        return SURE
    if node.group != s.group:
        _turn_to(band, s, node)
        s.places = s.lines
    s.base += node.local
    s.places[0] = s.first - node.local
    s.places[1] = s.second - node.local
    sides: cython.int = kq_sides(cython.address(s.w), node.low, node.middle, node.high)
    cell: cython.int = (24 * at + s.learnt_class) & 4095
    if band.local:
        p[0] = mix(m, s.base, s.places, at & 255, s.first_set + sides, at & 511, cell, 9)
        return MIXED
    said: cython.uint = _side(s.matched, node)
    s.places[2] = (
        _MATCHES
        + (((s.length * 3 + said) * 16 + node.level) * 3 + _side(s.candidate, node)) * 3
        + s.kind
        - node.local
    )
    p[0] = mix(
        m,
        s.base,
        s.places,
        32 + (at & 255),
        192 + sides + (0 if said == 2 else (81 if s.length < 8 else 162)),
        128 + (at & 511),
        cell,
        16,
    )
    return MIXED


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _walk(
    band: band_p,
    s: pixel_p,
    following: pixel_p,
    rank: cython.uint,
    foreseen: cython.uint,
) -> cython.uint:
    """Code a pixel's rank by the palette's tree; return it.

    Unless it is NULL, `following` is the next pixel, for whose neighbours the rank is waited for if
    it is not the one `foreseen`.
    """
    m: cython.pointer(Model) = cython.address(band.model)
    at: cython.int = 0
    bit: cython.int
    how: cython.int
    p: cython.int = 0
    node: node_p
    base: ushort_p
    places: uint_p
    _aim(band, s, 0)
    while at >= 0:
        node = band.nodes + at
        bit = rank >= cython.cast(cython.uint, node.middle)
        how = _ask(band, s, at, cython.address(p))
        if how > SURE:
            bit = how == FORCED_RIGHT
        else:
            bit = code(m, bit, p)
        if bit:
            if node.right < 0:
                rank = node.middle
            at = node.right
        else:
            if node.left < 0:
                rank = node.low
            at = node.left
        if at < 0 and following != cython.NULL and rank != foreseen:
            _foresee(band, s, following, rank)
            if band.local:
                _find_contexts(band, following)
                _find_groups(band, following, rank)
        base = s.base
        places = s.places
        if at >= 0:  # what the next node needs is on its way while the model learns
            if how == MIXED and band.nodes[at].group != s.group:
                _turn_to(band, s, band.nodes + at)
            _aim(band, s, at)
        if how == MIXED and band.local:
            adapt(m, base, places, bit, 9)
        elif how == MIXED:
            adapt(m, base, places, bit, 16)
        elif how == SURE:
            base[places[0]] = after(m, base[places[0]], bit)
            base[places[1]] = after(m, base[places[1]], bit)
    return rank


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _learn_color(band: band_p, s: pixel_p, rank: cython.uint) -> cython.int:
    """Better the prediction's weights by the colour that came; return how far it was."""
    distance: cython.int = 0
    missed: cython.int
    step: cython.int[4]
    weight: cython.int
    weights: int_p = band.weights
    color: int_p = band.colors + 4 * rank
    i: cython.int
    j: cython.int
    for j in range(4):
        missed = 8 * color[j] - s.learnt[j]
        distance += missed if missed >= 0 else -missed
        step[j] = missed * 15728 // s.energy
    for i in range(8):
        for j in range(4):
            weight = weights[4 * i + j] + ((step[j] * s.offset[4 * i + j]) >> 3)
            weights[4 * i + j] = (
                -131072 if weight < -131072 else (131072 if weight > 131072 else weight)
            )
    return distance >> 3


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
            _aim(band, s, at)
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
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _remember(band: band_p, s: pixel_p, rank: cython.uint) -> cython.void:
    """Learn what a pixel was, for the candidates, gates and matches of others (spec §7.5.7)."""
    s.gate[0] += ((65535 if s.candidate == rank else 0) - s.gate[0]) >> 6
    band.run = min(band.run + 1, 32) if s.candidate == rank else 0
    s.close[0] = cython.cast(cython.ushort, rank + 1)
    s.met[0] = cython.cast(cython.uint, s.y * band.width + s.x + 1)
    s.met[1] = (rank + 1) & 0xFFFF
    band.match_length = min(band.match_length + 1, 256) if s.matched == rank else 0


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _code_pixels(band: band_p, choice: choice_p) -> cython.void:
    """Code the band's ranks in raster order; `choice` is NULL where they are as they are."""
    m: cython.pointer(Model) = cython.address(band.model)
    i: cython.int
    for i in range(32):
        band.weights[i] = _FIRST_WEIGHTS[i >> 2]
    band.run = 0
    band.match = 0
    band.match_length = 0
    set_pace(m, 0)
    pixels: Pixel[2]
    s: pixel_p = cython.address(pixels[0])
    following: pixel_p = cython.address(pixels[1])
    waiting: pixel_p
    rank: cython.uint = 0
    foreseen: cython.uint
    is_hit: cython.bint
    error: int_p
    p: cython.int
    x: cython.Py_ssize_t
    y: cython.Py_ssize_t
    for y in range(band.rows):
        _look_around(band, s, 0, y)
        for x in range(band.width):
            waiting = following if x + 1 < band.width else cython.NULL
            if band.local:
                s.is_open = False
                s.candidate = s.w  # an option like the others, where there is a choice
            else:
                _guess(band, s)
                _match(band, s)
            if not m.decoding:
                rank = band.ranks[y * band.width + x]
            if choice != cython.NULL:
                if not s.has_contexts:
                    _find_contexts(band, s)
                _predict(band, s)
                rank = _choose(band, s, choice, rank)
            if not m.decoding and waiting != cython.NULL:
                _foresee(band, s, following, rank)
                waiting = cython.NULL
                if not s.is_open:  # where it is, the next one's candidate may do as well
                    _find_contexts(band, following)
                    _find_groups(band, following, band.ranks[y * band.width + x + 1])
            foreseen = _NO_RANK
            if m.decoding and waiting != cython.NULL and not s.is_open and not band.local:
                _foresee(band, s, following, s.candidate)  # most likely what it will be
                foreseen = s.candidate
            is_hit = False
            if s.is_open:
                p = _offer(band, s)
                is_hit = code(m, s.candidate == rank, p)
                if is_hit and waiting != cython.NULL:
                    _foresee(band, s, following, s.candidate)
                adapt(m, band.slots, s.hits, is_hit, 16)
            error = band.errors + (y & 1) * band.width + x
            if is_hit:
                rank = s.candidate
                error[0] = 0
            else:
                if choice == cython.NULL:
                    if not s.has_contexts:  # a decoder guesses its groups
                        _find_contexts(band, s)
                        _find_groups(band, s, s.candidate if m.decoding else rank)
                    _predict(band, s)
                rank = _walk(band, s, waiting, rank, foreseen)
                error[0] = _learn_color(band, s, rank)
            band.ranks[y * band.width + x] = cython.cast(cython.ushort, rank)
            if not band.local:
                _remember(band, s, rank)
            s, following = following, s
        if choice == cython.NULL and m.at - (4 if m.decoding else 0) > m.end:
            return  # the payload has no room, or is at its end too early: `finish` will say so


def table_bits(pixels: int) -> tuple:
    """Return the binary logarithms of the sizes of tables found by hashes (spec §7.6).

    Those are, in slots, of each context of nodes, of each of candidates, and what was seen.
    """
    bits = (pixels - 1).bit_length()
    return min(max(bits + 4, 10), 19), min(max(bits + 1, 10), 17), min(max(bits + 1, 8), 20)


def local_table_bits(pixels: int, k: int, groups: int) -> tuple:
    """Return those of the local model's tables, of each pair and of each neighbour, in slots."""
    bits = (pixels - 1).bit_length() + 4
    needed = (16 * k * (groups | 1) - 1).bit_length()
    return min(max(bits, 10), 20), min(max(min(bits, needed), 10), 20)


@cython.cfunc
def _set_up(
    band: band_p,
    ranks: cython.ushort[:, ::1],
    band_rows: cython.Py_ssize_t,
    colors: cython.int[:, ::1],
    tree: cython.int[:, ::1],
    groups: cython.int,
    local: cython.bint,
    slots: cython.ushort[::1],
    close: cython.ushort[::1],
    met: cython.uint[:, ::1],
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
    if not 1 <= ranks.shape[0] <= band_rows or width < 1 or k < 2 or colors.shape[1] != 4:
        raise ValueError("the pixels and colours do not fit together")
    if tree.shape[0] != k - 1 or tree.shape[1] != 12:
        raise ValueError("the tree's shape is wrong")
    at: cython.uint
    i: cython.int
    seen: cython.Py_ssize_t = 0
    band.local = local
    band.groups = groups | 1
    if local:
        band.near_bits, neighbour_bits = local_table_bits(band_rows * width, k, groups)
        band.neighbour_mask = (1 << (neighbour_bits - 4)) - 1
        at = _MATCHES
        for i in range(16):
            band.near_rows[i] = at
            if 2 <= i < 9:
                at += cython.cast(cython.uint, 1) << (band.near_bits if i < 4 else neighbour_bits)
    else:
        band.near_bits, band.hit_bits, band.seen_bits = table_bits(band_rows * width)
        seen = 1 << band.seen_bits
        at = _HITS + 13 * (cython.cast(cython.uint, 1) << band.hit_bits)
        for i in range(16):
            band.near_rows[i] = at
            at += (cython.cast(cython.uint, 1) << band.near_bits) if i > 2 else 0
    if slots.shape[0] != cython.cast(cython.Py_ssize_t, at):
        raise ValueError("there are not as many slots as there must be")
    if close.shape[0] != seen:
        raise ValueError("the number of ranks seen is wrong")
    if met.shape[0] != seen or met.shape[1] != 2:
        raise ValueError("the number of places met is wrong")
    if gates.shape[0] != (0 if local else 131072):
        raise ValueError("the number of gates is wrong")
    if errors.shape[0] != 2 or errors.shape[1] != width:
        raise ValueError("the rows of errors have another size")
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
    band.slots = cython.address(slots[0])
    band.close = cython.NULL if local else cython.address(close[0])
    band.met = cython.NULL if local else cython.address(met[0, 0])
    band.bar = 65536 if k <= 16 else (65208 if k <= 64 else 63570)
    band.gates = cython.NULL if local else cython.address(gates[0])
    band.errors = cython.address(errors[0, 0])
    if weights_a.shape[0] != (256 if local else 288):
        raise ValueError("the number of sets of weights A is wrong")
    if weights_b.shape[0] != (648 if local else 435):
        raise ValueError("the number of sets of weights B is wrong")
    if refined_a.shape[0] != (512 if local else 640) or refined_b.shape[0] != 4096:
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
    band_rows: cython.Py_ssize_t,
    colors: cython.int[:, ::1],
    tree: cython.int[:, ::1],
    groups: cython.int,
    source: cython.const[cython.uchar][::1],
    target: cython.uchar[::1],
    decoding: cython.bint,
    local: cython.bint,
    slots: cython.ushort[::1],
    close: cython.ushort[::1],
    met: cython.uint[:, ::1],
    gates: cython.ushort[::1],
    errors: cython.int[:, ::1],
    weights_a: cython.short[:, ::1],
    weights_b: cython.short[:, ::1],
    refined_a: cython.ushort[:, ::1],
    refined_b: cython.ushort[:, ::1],
) -> cython.Py_ssize_t:
    """Encode a band's ranks into `target`, or decode them, or the first rows, from `source`.

    Returns the payload's length, or -1 where it does not fit or does not end as it must. Of first
    rows that is 0, or -1 where it ends before them.

    Parameters
    ----------
    ranks : (rows, width)
        The pixels, by the place of their entries among the leaves.
    band_rows
        Rows of the band; if there are more than in `ranks`, it is decoded only so far.
    colors : (k, 4)
        The entries' colours in that order.
    tree : (k - 1, 12)
    groups : int
        How many the tree's nodes make up.
    source, target : the payload, or room for it; the other is empty
    local : bool
        Whether it is the local model, of which a decoder tells the first bit (spec §7.5).
    slots, close, met, gates, errors, weights_a, weights_b, refined_a, refined_b
        The model's memory as it starts, made by `entropy`.
    """
    band: Band
    if ranks.shape[0] < band_rows and not decoding:
        raise ValueError("a band is encoded as a whole")
    _set_up(
        cython.address(band),
        ranks,
        band_rows,
        colors,
        tree,
        groups,
        local,
        slots,
        close,
        met,
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
        if colors.shape[0] > 64:
            code(cython.address(band.model), not local, 32768)
        _code_pixels(cython.address(band), cython.NULL)
        if band.rows < band_rows:
            length = -1 if band.model.at - 4 > band.model.end else 0
        else:
            length = finish(cython.address(band.model))
    return length


def choose_band(
    ranks: cython.ushort[:, ::1],
    colors: cython.int[:, ::1],
    tree: cython.int[:, ::1],
    groups: cython.int,
    points: cython.const[cython.short][:, :, ::1],
    entry_points: cython.const[cython.short][:, ::1],
    options: cython.const[cython.ushort][:, ::1],
    farthest: cython.longlong,
    price: cython.longlong,
    stamps: cython.uint[::1],
    costs: cython.int[:, ::1],
    nothing: cython.uchar[::1],
    local: cython.bint,
    slots: cython.ushort[::1],
    close: cython.ushort[::1],
    met: cython.uint[:, ::1],
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
    groups, local
        As in `code_band`.
    """
    band: Band
    choice: Choice
    k: cython.Py_ssize_t = colors.shape[0]
    _set_up(
        cython.address(band),
        ranks,
        ranks.shape[0],
        colors,
        tree,
        groups,
        local,
        slots,
        close,
        met,
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
