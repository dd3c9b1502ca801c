"""The walk to a pixel's rank in the local model (spec §7.5.8): the text is for `compiled`.

A node's lines and first slots are asked for before the decision above it is learnt. Eight opinions
are in one vector, the ninth in all lanes of another.
"""

from __future__ import annotations

from collections.abc import Iterator

from web_module.compiling import filled

_LOW_HALVES = "0,1,16,17,2,3,18,19,4,5,20,21,6,7,22,23"  # of 16 bits, of two vectors in turn
_HIGH_HALVES = "8,9,24,25,10,11,26,27,12,13,28,29,14,15,30,31"
_LOW_WORDS = "0,1,2,3,16,17,18,19,4,5,6,7,20,21,22,23"  # of 32 bits
_HIGH_WORDS = "8,9,10,11,24,25,26,27,12,13,14,15,28,29,30,31"
_LOW_BYTES = "0,16,1,17,2,18,3,19,4,20,5,21,6,22,7,23"
_HIGH_BYTES = "8,24,9,25,10,26,11,27,12,28,13,29,14,30,15,31"
_FIRST_OF_PAIRS = "0,1,18,19,4,5,22,23,8,9,26,27,12,13,30,31"
_TURNED = "8,9,10,11,12,13,14,15,0,1,2,3,4,5,6,7"


def local_walk() -> str:
    """Return what walks the tree: `node` is −1 − rank in the end."""
    learning = filled(LEARNING, SLOTS_LEARN="\n".join(_slots_learn()))
    finding = filled(FINDING, LINES="\n".join(_lines()))
    return filled(
        WALK,
        FINDING=finding,
        GATHERING="\n".join(_gathering()),
        WEIGHING=WEIGHING,
        DECODING=DECODING,
        LEARNING=learning,
        BRIEF_LEARNING="\n".join(_brief_learning()),
    )


def _scaled(t: str) -> str:
    """Return the expression of |t| · inverse / 2^15, t being turned where it is negative."""
    numbers = (f"i64.extend_i32_u({number})" for number in (f"({t} ^ sign) - sign", "inverse"))
    return f"i32.wrap_i64(i64.shr_u(i64.mul({', '.join(numbers)}), i64.extend_i32_u(15)))"


def _class(size: str) -> str:
    """Return the expression of one of 24 classes of distances."""
    return f"(i32.load8_u[DISTANCE_CLASS + ({size} if {size} < 140 else 140)] ^ sign) + 12"


def _lines() -> Iterator[str]:
    """Yield what finds the lines of a group, and asks for them."""
    yield "h = ordinal * C_D"
    for i in (2, 3):
        yield f"line{i} = begin{i} + (i32.shr_u(x{i} + h, pair_shift) << 5)"
    yield "h = ordinal << 5"
    for i in range(4, 9):
        yield f"line{i} = begin{i} + ((x{i} + h) & line_mask)"
    for i in range(2, 9):
        yield f"drop(i32.load16_u[SLOTS + line{i}])"


def _gathering() -> Iterator[str]:
    """Yield what gathers the slots."""
    yield "local = i32.load[NODES + LOCAL + at_node] << 1"
    for i in range(2, 9):
        yield f"p{i} = line{i} + local"
    yield "v_s = lanes(0, 0, 0, 0)"
    for i in range(8):
        yield f"v_s = v128.load16_lane[SLOTS + p{i}, {i}, v_s]"
    yield "v_last = v128.load16_splat[SLOTS + p8]"


def _slots_learn() -> Iterator[str]:
    """Yield what gives every slot its follower."""
    yield "v_s = v128.xor(v_s, i16x8.splat(mirror))"
    for four, part in enumerate(("low", "high")):
        wide = f"i32x4.extend_{part}_i16x8_u(v_s)"
        yield f"v128.store[HELD + {16 * four}] = i32x4.shl({wide}, 1)"
    for i in range(8):
        follower = f"i32.load16_u[FOLLOWER + i32.load[HELD + {4 * i}]]"
        yield f"i32.store16[SLOTS + p{i}] = {follower} ^ mirror"
    follower = "i32.load16_u[FOLLOWER + 2 * (i32.load16_u[SLOTS + p8] ^ mirror)]"
    yield f"i32.store16[SLOTS + p8] = {follower} ^ mirror"


def _brief_learning() -> Iterator[str]:
    """Yield what follows the short cut."""
    for i in range(2):
        follower = f"i32.load16_u[FOLLOWER + 2 * (s{i} ^ mirror)]"
        yield f"i32.store16[SLOTS + p{i}] = {follower} ^ mirror"


WALK = """
node = 0
group = 0 - 1
inside = 15
# FINDING
while node >= 0:
  at_node = next_at
  p0 = next0
  p1 = next1
  rb = next_rb
  s0 = i32.load16_u[SLOTS + p0]
  s1 = i32.load16_u[SLOTS + p1]
  below = i32x4.bitmask(i32x4.lt_s(v_near, i32x4.splat(i32.load[NODES + MIDDLE + at_node])))
  state0 = s0 >> 4
  state1 = s1 >> 4
  sure = ((s0 & 15) >= 8) & ((s1 & 15) >= 6)
  sure = sure & ((state0 < 1196) & (state1 < 1196) | (state0 >= 2900) & (state1 >= 2900))
  if sure:
    p = i32.load16_u[CHANCES + (state0 + state1 & 0 - 2)]
  else:
    # GATHERING
    # WEIGHING
  # DECODING
  inside = inside & (below ^ 0 - bit)
  mirror = 0 if bit else 0xFFF0
  node = i32.load[NODES + RIGHT + at_node] if bit else i32.load[NODES + LEFT + at_node]
  if node >= 0:
    # FINDING
  if sure:
    # BRIEF_LEARNING
  else:
    # LEARNING
"""

# What is known of a node before the one above it is learnt.
FINDING = f"""
next_at = node << 6
inverse = i32.load[NODES + INVERSE + next_at]
cut = i32.load[NODES + CUT + next_at]
direction = i32.load[NODES + DIRECTION + next_at] << 2
t = i32.load[GRADIENT_PLACES + direction] - cut
sign = t >> 31
t = {_scaled("t")} >> 1
c1 = {_class("t")}
t = i32.load[LEARNT_PLACES + direction] - cut
sign = t >> 31
t = {_scaled("t")}
c3 = {_class("t")}
t = t >> 1
c2 = {_class("t")}
depth = i32.load[NODES + DEPTH + next_at]
depth = depth if depth < 15 else 15
next0 = 2 * AT_DISTANCE + ((c1 * 24 + c2) * 256 + 32 * activity + 2 * depth)
next1 = 2 * AT_FINE + (((node & 1023) * 24 + c3) * 16 + 2 * expected)
next_rb = REFINEMENTS_B + 52 * (24 * node + c2 & 4095)
drop(i32.load16_u[SLOTS + next0])
drop(i32.load16_u[SLOTS + next1])
drop(i32.load16_u[next_rb])
drop(i32.load16_u[next_rb + 50])
ordinal = i32.load[NODES + ORDINAL + next_at]
if ordinal != group:
  group = ordinal
  # LINES
"""

# The sum at the end is from 4 to 262,142: it need not be clamped.
WEIGHING = f"""
v_steps = v128.and_(v_last, i16x8.splat(15))
v_steps = i8x16.narrow_i16x8_u(v128.and_(v_s, i16x8.splat(15)), v_steps)
v_lows = i8x16.swizzle(v128.load[TRUST], v_steps)
v_highs = i8x16.swizzle(v128.load[TRUST + 16], v_steps)
v_trust = i8x16.shuffle(v_lows, v_highs, {_LOW_BYTES})
v_t = i16x8.sub(v128.and_(v_s, i16x8.splat(0xFFF0)), i16x8.splat(32760))
v_half = i32x4.shr_s(i32x4.extmul_low_i16x8_s(v_t, v_trust), 16)
v_t = i32x4.shr_s(i32x4.extmul_high_i16x8_s(v_t, v_trust), 16)
v_t = i16x8.narrow_i32x4_s(v_half, v_t)
v_trust = i8x16.shuffle(v_lows, v_highs, {_HIGH_BYTES})
v_ninth = i16x8.sub(v128.and_(v_last, i16x8.splat(0xFFF0)), i16x8.splat(32760))
v_ninth = i32x4.shr_s(i32x4.extmul_low_i16x8_s(v_ninth, v_trust), 16)
wa = WEIGHTS_A + ((node & 255) << 5)
wb = WEIGHTS_B + (2592 * activity + i32.load16_u[SIDES + 2 * (below | inside << 4)])
v_weights = v128.load32_lane[wb + 16, 1, v128.load32_zero[wa + 16]]
v_a = i32x4.dot_i16x8_s(v128.load[wa], v_t)
v_b = i32x4.dot_i16x8_s(v128.load[wb], v_t)
v_half = i8x16.shuffle(v_a, v_b, {_LOW_WORDS})
v_sum = i32x4.add(v_half, i8x16.shuffle(v_a, v_b, {_HIGH_WORDS}))
v_sum = i32x4.add(v_sum, i32x4.dot_i16x8_s(v_weights, v_ninth))
v_sum = i32x4.add(v_sum, i8x16.shuffle(v_sum, v_sum, {_TURNED}))
v_sum = i32x4.max_s(i32x4.shr_s(v_sum, 13), i32x4.splat(0 - 3072))
v_sum = i32x4.min_s(v_sum, i32x4.splat(3072))
sa = i32x4.extract_lane(v_sum, 0) + 3072
sb = i32x4.extract_lane(v_sum, 1) + 3072
place = sa + sb >> 1
f = place & 255
j = i32.shr_u(place, 8) << 1
ra = REFINEMENTS_A + 52 * (node & 511) + j
rb = rb + j
q = (i32.load16_u[ra] + i32.load16_u[rb]) * (256 - f)
q = q + (i32.load16_u[ra + 2] + i32.load16_u[rb + 2]) * f
p = 2 * i32.load16_u[SQUASH + 2 * place] + i32.shr_u(q, 8) + 2 >> 2
"""

DECODING = """
p = i32.wrap_i64(i64.shr_u(i64.mul(
  i64.extend_i32_u(high - low), i64.extend_i32_u(p)), i64.extend_i32_u(16)))
p = p + low
bit = i32.le_u(code, p)
high = p if bit else high
low = low if bit else p + 1
if i32.lt_u(low ^ high, 0x1000000):
  while i32.lt_u(low ^ high, 0x1000000):
    low = low << 8
    high = high << 8 | 255
    code = code << 8 | next()
"""

# Each opinion, at first its double, stands beside 4, each error beside 16,384, so that the sum of
# the products is theirs, and what it is to be rounded by, whatever `shift` is.
LEARNING = f"""
one = bit << 16
v_a = i32x4.splat((one - i32.load16_u[SQUASH + 2 * sa] >> 1) & 0xFFFF | 0x40000000)
v_b = i32x4.splat((one - i32.load16_u[SQUASH + 2 * sb] >> 1) & 0xFFFF | 0x40000000)
if mixed < 65536:
  mixed = mixed + 1
  v_t = i16x8.add(v_t, v_t)
  v_ninth = i32x4.add(v_ninth, v_ninth)
v_low = i8x16.shuffle(v_t, i16x8.splat(4), {_LOW_HALVES})
v_high = i8x16.shuffle(v_t, i16x8.splat(4), {_HIGH_HALVES})
v_half = i32x4.shr_s(i32x4.dot_i16x8_s(v_low, v_a), 17)
v_half = i16x8.narrow_i32x4_s(v_half, i32x4.shr_s(i32x4.dot_i16x8_s(v_high, v_a), 17))
v128.store[wa] = i16x8.add_sat_s(v128.load[wa], v_half)
v_half = i32x4.shr_s(i32x4.dot_i16x8_s(v_low, v_b), 17)
v_half = i16x8.narrow_i32x4_s(v_half, i32x4.shr_s(i32x4.dot_i16x8_s(v_high, v_b), 17))
v128.store[wb] = i16x8.add_sat_s(v128.load[wb], v_half)
v_low = i8x16.shuffle(v_ninth, i16x8.splat(4), {_FIRST_OF_PAIRS})
v_half = i32x4.dot_i16x8_s(v_low, i8x16.shuffle(v_a, v_b, {_LOW_WORDS}))
v_weights = i16x8.add_sat_s(v_weights, i32x4.shr_s(v_half, 17))
v128.store16_lane[wa + 16, 0] = v_weights
v128.store16_lane[wb + 16, 2] = v_weights
# SLOTS_LEARN
j = (f >= 128) << 1
ra = ra + j
rb = rb + j
i32.store16[ra] = i32.load16_u[ra] + (one - bit - i32.load16_u[ra] >> 6)
i32.store16[rb] = i32.load16_u[rb] + (one - bit - i32.load16_u[rb] >> 6)
"""
