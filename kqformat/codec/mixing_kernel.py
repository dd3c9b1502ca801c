# cython: language_level=3, boundscheck=True, wraparound=False, cdivision=True
"""A bit at a time by mixed probabilities, compiled: how a model begins and ends (spec §7.1, §7.3).

What is done for each bit is inlined in the kernels that code, and stands in `mixing_kernel.pxd`.
"""

import cython
from cython.cimports.kqformat.codec.mixing_kernel import kq_is_supported

if not cython.compiled:
    raise ImportError(
        "kqformat.codec.mixing_kernel is not compiled; install the package with pip "
        "(a C compiler is needed where there is no wheel)"
    )
if not kq_is_supported():
    raise ImportError("kqformat was compiled for processors with SSSE3, which this one has not")

_SQUASH = cython.declare(cython.ushort[6145])
_TRUSTS = cython.declare(cython.uchar[64])
_FOLLOWING = cython.declare(cython.ushort[131072])
_CHANCE = cython.declare(cython.ushort[4096])


def fill_tables(
    squash: cython.ushort[::1],
    trusts: cython.uchar[::1],
    following: cython.ushort[::1],
    chance: cython.ushort[::1],
) -> None:
    """Keep the numbers of spec §7.2: of logits from -3,072, and of slots; before any coding.

    Threads may do so at once, since what they write is the same.
    """
    if squash.shape[0] != 6145 or trusts.shape[0] != 64:
        raise ValueError("the tables are not of 6,145 and 64 numbers")
    if following.shape[0] != 131072 or chance.shape[0] != 4096:
        raise ValueError("the tables are not of 131,072 and 4,096 numbers")
    i: cython.int
    for i in range(6145):
        _SQUASH[i] = squash[i]
    for i in range(64):
        _TRUSTS[i] = trusts[i]
    for i in range(131072):
        _FOLLOWING[i] = following[i]
    for i in range(4096):
        _CHANCE[i] = chance[i]


def attach(m, source, target, decoding, weights_a, weights_b, refined_a, refined_b):
    """Let a model read from `source` or write to `target`, with these weights and refinements."""
    if _SQUASH[3072] != 32768:
        raise ValueError("the tables of mixing_kernel are not filled")
    if weights_a.shape[1] != 16 or weights_b.shape[1] != 16:
        raise ValueError("the weights' sets are not of 16")
    if refined_a.shape[1] != 26 or refined_b.shape[1] != 26:
        raise ValueError("the refinements are not of 26")
    m.decoding = decoding
    m.source = cython.address(source[0]) if source.shape[0] else cython.NULL
    m.target = cython.address(target[0]) if target.shape[0] else cython.NULL
    m.end = source.shape[0] if decoding else target.shape[0]
    m.squash = _SQUASH
    m.trusts = m.trust = _TRUSTS
    m.followings = m.following = _FOLLOWING
    m.chance = _CHANCE
    m.weights_a = cython.address(weights_a[0, 0])
    m.weights_b = cython.address(weights_b[0, 0])
    m.refined_a = cython.address(refined_a[0, 0])
    m.refined_b = cython.address(refined_b[0, 0])
    return 0


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
