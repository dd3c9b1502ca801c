"""The predicted colour of a pixel, and what is learnt from the true one (spec §7.5.4, §7.5.6)."""

from __future__ import annotations

from collections.abc import Iterator

NEIGHBOURS = ("W", "N", "NW", "NE", "WW", "N2", "NEE", "NWW")


def predicting_source() -> str:
    """Return functions for `compiled`; lanes are samples."""
    return "\n".join([*_predict(), *_learn()])


def _sum(total: str, vector: str) -> Iterator[str]:
    yield f"  v_half = i8x16.shuffle({vector}, {vector}, 8,9,10,11,12,13,14,15,0,1,2,3,4,5,6,7)"
    yield f"  v_half = i32x4.add({vector}, v_half)"
    yield f"  {total} = i32x4.extract_lane(v_half, 0) + i32x4.extract_lane(v_half, 1)"


def _places(places: str, vector: str) -> Iterator[str]:
    yield f"  v128.store[{places}] = {vector}"
    for lane, sample in enumerate("RGB"):
        yield f"  {sample} = i32x4.extract_lane({vector}, {lane})"
    yield f"  i32.store[{places} + 16] = R + 2 * G + B"
    yield f"  i32.store[{places} + 20] = R - B"
    yield f"  i32.store[{places} + 24] = 2 * G - R - B"


def _predict() -> Iterator[str]:
    """Yield predict(W, …): it returns the activity."""
    yield f"def predict({', '.join(NEIGHBOURS)}) -> int:"
    for i, name in enumerate(NEIGHBOURS):
        yield f"  v_{i} = v128.load16x4_u[COLORS + 8 * {name}]"
    yield "  v_M = i32x4.add(i32x4.add(v_0, v_1), i32x4.add(v_2, v_3))"
    for i in range(8):
        yield f"  v_d = i32x4.sub(i32x4.shl(v_{i}, 2), v_M)"
        yield f"  v128.store[DIFFERENCES + {16 * i}] = v_d"
        weighed = f"i32x4.mul(v_d, v128.load[PREDICTING + {16 * i}])"
        yield f"  v_sum = i32x4.add(v_sum, {weighed})" if i else f"  v_sum = {weighed}"
        square = "i32x4.mul(v_d, v_d)"
        yield f"  v_squares = i32x4.add(v_squares, {square})" if i else f"  v_squares = {square}"
    yield "  v_sum = i32x4.add(i32x4.shl(v_M, 1), i32x4.shr_s(v_sum, 15))"
    yield "  v_sum = i32x4.min_s(i32x4.max_s(v_sum, i32x4.splat(0)), i32x4.splat(2040))"
    yield "  v128.store[LEARNT] = v_sum"
    yield from _places("LEARNT_PLACES", "v_sum")
    yield "  v_most = i32x4.min_s(i32x4.max_s(v_0, v_1), i32x4.sub(i32x4.add(v_0, v_1), v_2))"
    yield "  v_most = i32x4.shl(i32x4.max_s(i32x4.min_s(v_0, v_1), v_most), 3)"
    yield from _places("GRADIENT_PLACES", "v_most")
    yield from _sum("energy", "v_squares")
    yield "  i32.store[ENERGY] = energy + 2880"
    yield "  v_d = i32x4.abs(i32x4.sub(v_0, v_2))"
    yield "  v_d = i32x4.add(v_d, i32x4.abs(i32x4.sub(v_1, v_2)))"
    yield "  v_d = i32x4.add(v_d, i32x4.abs(i32x4.sub(v_3, v_1)))"
    yield from _sum("change", "v_d")
    yield "  return i32.load8_u[ACTIVITY + change]"


def _learn() -> Iterator[str]:
    """Yield learn_color(rank): it returns the error. Quotients of doubles are exact enough."""
    yield "def learn_color(rank) -> int:"
    yield "  v_e = i32x4.shl(v128.load16x4_u[COLORS + 8 * rank], 3)"
    yield "  v_e = i32x4.sub(v_e, v128.load[LEARNT])"
    yield "  v_energy = f64x2.splat(f64.convert_i32_s(i32.load[ENERGY]))"
    yield "  v_step = i32x4.mul(v_e, i32x4.splat(15728))"
    yield "  v_d = i8x16.shuffle(v_step, v_step, 8,9,10,11,12,13,14,15,0,1,2,3,4,5,6,7)"
    for name in ("v_step", "v_d"):
        quotient = f"f64x2.div(f64x2.convert_low_i32x4_s({name}), v_energy)"
        yield f"  {name} = i32x4.trunc_sat_f64x2_s_zero({quotient})"
    yield "  v_step = i8x16.shuffle(v_step, v_d, 0,1,2,3,4,5,6,7,16,17,18,19,20,21,22,23)"
    for i in range(8):
        yield f"  v_d = i32x4.mul(v_step, v128.load[DIFFERENCES + {16 * i}])"
        yield f"  v_d = i32x4.add(v128.load[PREDICTING + {16 * i}], i32x4.shr_s(v_d, 3))"
        yield "  v_d = i32x4.max_s(v_d, i32x4.splat(0 - 131072))"
        yield f"  v128.store[PREDICTING + {16 * i}] = i32x4.min_s(v_d, i32x4.splat(131072))"
    yield "  v_e = i32x4.abs(v_e)"
    yield from _sum("total", "v_e")
    yield "  return total >> 3"
