# cython: language_level=3, boundscheck=True, wraparound=False, cdivision=True
"""A bit at a time by mixed probabilities, compiled: the coder and the mixing of spec §7.1 to §7.3.

What a model knows is in arrays that its owner makes; `attach` takes pointers to them, and whoever
chooses slots, sets and places keeps them within. Types are declared in `mixing_kernel.pxd`.
"""

import cython

if not cython.compiled:
    raise ImportError(
        "kqformat.codec.mixing_kernel is not compiled; install the package with pip "
        "(a C compiler is needed where there is no wheel)"
    )

_SQUASH = cython.declare(cython.int[6145])
_STRETCH = cython.declare(cython.short[4096])
_RATE = cython.declare(cython.int[256])
_TRUST = cython.declare(cython.int[256])


def fill_tables(logistic: list) -> None:
    """Make the tables above from the listed numbers (spec §7.2); once, at import."""
    s: cython.int
    i: cython.int
    part: cython.int
    value: cython.int
    for s in range(3073):
        i = s >> 6
        part = s & 63
        value = logistic[i]
        if part:
            value = (value * (64 - part) + logistic[i + 1] * part + 32) >> 6
        _SQUASH[3072 + s] = value
        _SQUASH[3072 - s] = 65536 - value
    s = -3072
    for i in range(4096):
        while s < 3072 and _SQUASH[s + 3072] < 16 * i + 8:
            s += 1
        _STRETCH[i] = s
    for i in range(256):
        _RATE[i] = 655360 // (10 * i + 14)
        _TRUST[i] = 5120 * i // (20 * i + 5)


# ------------------------------------------------------------------ the coder, §7.1


def attach(m, source, target, decoding, weights_a, weights_b, refined_a, refined_b):
    """Let a model read from `source` or write to `target`, with these weights and refinements."""
    if weights_a.shape[1] != 16 or weights_b.shape[1] != 16:
        raise ValueError("the weights' sets are not of 16")
    if refined_a.shape[1] != 34 or refined_b.shape[1] != 34:
        raise ValueError("the refinements are not of 34")
    m.decoding = decoding
    m.source = cython.address(source[0]) if source.shape[0] else cython.NULL
    m.target = cython.address(target[0]) if target.shape[0] else cython.NULL
    m.end = source.shape[0] if decoding else target.shape[0]
    m.weights_a = cython.address(weights_a[0, 0])
    m.weights_b = cython.address(weights_b[0, 0])
    m.refined_a = cython.address(refined_a[0, 0])
    m.refined_b = cython.address(refined_b[0, 0])


def start(m):
    """Begin to code."""
    i: cython.int
    m.low = 0
    m.high = 0xFFFFFFFF
    m.code = 0
    m.at = 0
    m.mixed = 0
    if m.decoding:
        for i in range(4):
            m.code = (m.code << 8) | (m.source[i] if i < m.end else 0)
        m.at = 4


def code(m, bit, p):
    """Encode a bit, or decode one, whose probability of being 1 is p / 65,536; return it."""
    span: cython.ulonglong = m.high - m.low
    middle: cython.uint = m.low + cython.cast(cython.uint, (span * p) >> 16)
    if m.decoding:
        bit = m.code <= middle
    if bit:
        m.high = middle
    else:
        m.low = middle + 1
    while (m.low ^ m.high) >> 24 == 0:
        if m.decoding:
            m.code = (m.code << 8) | (m.source[m.at] if m.at < m.end else 0)
        elif m.at < m.end:
            m.target[m.at] = cython.cast(cython.uchar, m.high >> 24)
        m.at += 1
        m.low = m.low << 8
        m.high = (m.high << 8) | 255
    return bit


def finish(m):
    """Write the fewest bytes that end the payload, or check them; return the payload's length.

    -1 stands for a payload that did not fit, or that does not end as it must.
    """
    tail: cython.int = 0
    value: cython.uint = 0
    step: cython.ulonglong
    least: cython.ulonglong
    if m.low > 0:
        for tail in range(1, 5):
            step = cython.cast(cython.ulonglong, 1) << (8 * (4 - tail))
            least = (m.low + step - 1) & ~(step - 1)
            if least <= m.high:
                value = cython.cast(cython.uint, least)
                break
    if m.decoding:
        return m.end if m.code == value and m.end == m.at - 4 + tail else -1
    if m.at + tail > m.end:
        return -1
    i: cython.int
    for i in range(tail):
        m.target[m.at] = (value >> (24 - 8 * i)) & 255
        m.at += 1
    return m.at


# ------------------------------------------------------------------ mixing, §7.3


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _bounded(s: cython.int) -> cython.int:
    return -3072 if s < -3072 else (3072 if s > 3072 else s)


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _learn(slot: cython.pointer(cython.uint), bit: cython.int) -> cython.void:
    held: cython.uint = slot[0]
    count: cython.uint = held & 1023
    p: cython.int = cython.cast(cython.int, held >> 10)
    goal: cython.int = 4194303 if bit else 0
    p += (((goal - p) >> 7) * _RATE[count]) >> 9
    slot[0] = (cython.cast(cython.uint, p) << 10) | (count + (count < 255))


def learn(slot, bit):
    """Move a slot's probability, its high 22 bits, towards what came; count, its low 10 bits."""
    _learn(slot, bit)


def mix(m, set_a, set_b, place_a, place_b):
    """Return the probability that the 16 slots chosen give for a 1, in 1/65,536."""
    i: cython.int
    held: cython.uint
    t: cython.p_short = m.inputs
    for i in range(16):
        held = m.slots[i][0]
        t[i] = cython.cast(cython.short, (_STRETCH[held >> 20] * _TRUST[held & 255]) >> 8)
    w: cython.p_short = m.weights_a + 16 * set_a
    v: cython.p_short = m.weights_b + 16 * set_b
    sum_a: cython.int = 0
    sum_b: cython.int = 0
    for i in range(16):
        sum_a += cython.cast(cython.int, w[i]) * t[i]
    for i in range(16):
        sum_b += cython.cast(cython.int, v[i]) * t[i]
    sum_a = _bounded(sum_a >> 13)
    sum_b = _bounded(sum_b >> 13)
    m.p_a = _SQUASH[3072 + sum_a]
    m.p_b = _SQUASH[3072 + sum_b]
    place: cython.int = 3072 + ((sum_a + sum_b) >> 1)
    cell: cython.int = place // 192
    part: cython.int = place - 192 * cell
    a: cython.pointer(cython.ushort) = m.refined_a + 34 * place_a + cell
    b: cython.pointer(cython.ushort) = m.refined_b + 34 * place_b + cell
    m.used_a = w
    m.used_b = v
    m.cell_a = a + (part >= 96)
    m.cell_b = b + (part >= 96)
    p: cython.int = (a[0] + b[0]) * (192 - part) + (a[1] + b[1]) * part
    p = (2 * _SQUASH[place] + p // 192 + 2) >> 2
    return 1 if p < 1 else (65535 if p > 65535 else p)


def adapt(m, bit):
    """Learn what came after `mix`: weights, refinements and slots."""
    shift: cython.int = 17
    if m.mixed < 32768:
        m.mixed += 1
        shift = 16
    half: cython.int = (cython.cast(cython.int, 1) << shift) >> 1
    t: cython.p_short = m.inputs
    w: cython.p_short = m.used_a
    v: cython.p_short = m.used_b
    error_a: cython.int = (65536 * bit - m.p_a) >> 1
    error_b: cython.int = (65536 * bit - m.p_b) >> 1
    i: cython.int
    change: cython.int
    for i in range(16):
        change = w[i] + ((t[i] * error_a + half) >> shift)
        w[i] = cython.cast(
            cython.short, -32768 if change < -32768 else (32767 if change > 32767 else change)
        )
    for i in range(16):
        change = v[i] + ((t[i] * error_b + half) >> shift)
        v[i] = cython.cast(
            cython.short, -32768 if change < -32768 else (32767 if change > 32767 else change)
        )
    m.cell_a[0] += (65535 * bit - m.cell_a[0]) >> 6
    m.cell_b[0] += (65535 * bit - m.cell_b[0]) >> 6
    for i in range(16):
        _learn(m.slots[i], bit)
