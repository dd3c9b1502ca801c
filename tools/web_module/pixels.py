"""A row's ranks, pixel by pixel (spec §7.5): the text is for `compiled`."""

from __future__ import annotations

from collections.abc import Iterator

from web_module.compiling import filled
from web_module.rows import EXPECTED, FIRST, LAST, NEXT


def pixels_source() -> str:
    """Return the functions that decode a row, but for the walk and the prediction."""
    lines = "\n".join(_lines_of_hits())
    row = filled(ROW, FIRST=FIRST, HITS=lines, EXPECTED=EXPECTED, NEXT=NEXT, LAST=LAST)
    return "\n".join([*_find(), *_find_first(), row])


def _lines_of_hits() -> Iterator[str]:
    """Yield what finds where the slots 3 to 15 of the candidate decision are."""
    for four in range(4):
        yield f"v_h = i32x4.add(v_x{four}, i32x4.splat(key))"
        if four == 2:  # slot 11 of the candidate has another context than that of the nodes
            yield "v_h = i32x4.replace_lane(v_h, 3, WW * C_A + key)"
        yield "v_h = v128.xor(v_h, i32x4.shr_u(v_h, 15))"
        yield "v_h = i32x4.shr_u(i32x4.mul(v_h, i32x4.splat(C_C)), 32 - hit_bits)"
        yield f"v_h = i32x4.add(v_h, i32x4.shl({_steps(four)}, hit_bits))"
        yield f"v128.store[LINES + {16 * four}] = i32x4.add(v_h, i32x4.splat(AT_HITS))"


def _steps(four: int) -> str:
    return f"lanes({', '.join(str(4 * four + lane - 3) for lane in range(4))})"


def _find() -> Iterator[str]:
    """Yield find(group), where the slots 3 to 15 of nodes begin, by S of their contexts."""
    yield "def find(group):"
    yield "  v_added = i32x4.splat(group * C_D)"
    yield "  near_bits = i32.load[NEAR_BITS]"
    yield "  v_at = i32x4.splat(i32.load[AT_NEAR])"
    for four in range(4):
        yield f"  v_h = i32x4.add(v128.load[CONTEXTS + {16 * four}], v_added)"
        yield "  v_h = i32x4.shl(i32x4.shr_u(v_h, 36 - near_bits), 4)"
        yield f"  v_h = i32x4.add(v_h, i32x4.shl({_steps(four)}, near_bits))"
        yield f"  v128.store[LINES + {16 * four}] = i32x4.add(v_h, v_at)"


def _find_first() -> Iterator[str]:
    """Yield what starts a pixel's walk; the lines asked for come while the colour is predicted."""
    yield "def find_first(v_x0, v_x1, v_x2, v_x3):"
    for four in range(4):
        shuffled = f"v128.xor(v_x{four}, i32x4.shr_u(v_x{four}, 15))"
        yield f"  v128.store[CONTEXTS + {16 * four}] = i32x4.mul({shuffled}, i32x4.splat(C_C))"
    yield "  find(0)"
    for i in range(3, 16):
        yield f"  drop(i32.load16_u[SLOTS + 2 * i32.load[LINES + {4 * i}]])"


ROW = """
@decide
def decide_on_lines(local, wa, wb, ra, rb, pace) -> int:
  i32.store[PLACES] = 2 * (i32.load[LINES] + local)
  i32.store[PLACES + 4] = 2 * (i32.load[LINES + 4] + local)
  i32.store[PLACES + 8] = 2 * (i32.load[LINES + 8] + local)
  return decide(local, wa, wb, ra, rb, pace)

def mix(h) -> int:
  h = (h ^ i32.shr_u(h, 15)) * C_C
  return h ^ i32.shr_u(h, 13)

@row
def row(y):
  # FIRST
  seen_shift = i32.load[SEEN_SHIFT]
  hit_bits = i32.load[HIT_BITS]
  run = i32.load[RUN]
  match = i32.load[MATCH]
  matching = i32.load[MATCHING]
  while x < width:
    h4 = mix(W * C_A + N * C_B + NW * C_C + NE * C_D)
    h7 = mix(h4 + WW * C_A + N2 * C_B + N2E * C_C)
    h11 = mix(h7 + NEE * C_A + NWW * C_B + N2W * C_C + WWW * C_D)

    close_at = i32.load[CLOSE] + 2 * i32.shr_u(h7, seen_shift)
    met_at = i32.load[MET] + 8 * i32.shr_u(h11, seen_shift)
    close = i32.load16_u[close_at]
    met = i32.load[met_at]
    far = i32.load[met_at + 4]
    kind = 0 if far > 0 else 2 - (close > 0)
    candidate = far - 1 if far > 0 else (close - 1 if close > 0 else W)
    equal = (W == N) | (W == NW) << 1 | (N == NW) << 2 | (N == NE) << 3
    equal = equal | (W == WW) << 4 | (N == N2) << 5 | (W == NE) << 6
    pattern = kind | (candidate == W) << 2 | (candidate == N) << 3 | (candidate == NW) << 4
    pattern = pattern | (candidate == NE) << 5 | (candidate + 1 == close) << 6
    runs = i32.load8_u[RUN_CLASS + run]
    gate_at = i32.load[GATE] + (pattern << 11 | equal << 4 | runs << 1)
    gate = i32.load16_u[gate_at]
    is_open = gate >= i32.load[OPEN_GATE]
    pace = equal > 0
    if matching > 0:
      match = match + 1
    else:
      match = met - 1 if met != 0 else match
      matching = met != 0
    matched = i32.load16_u[ranks + 2 * match] if matching > 0 else 0 - 1
    length = i32.load8_u[LENGTH_CLASS + matching]

    v_x0 = i32x4.splat(W * C_A)
    v_x1 = i32x4.splat(N * C_A)
    v_x1 = i32x4.replace_lane(v_x1, 1, NE * C_A)
    v_x1 = i32x4.replace_lane(v_x1, 2, N2 * C_A)
    v_x1 = i32x4.replace_lane(v_x1, 3, W * C_A + WW * C_B)
    v_x2 = i32x4.splat(N * C_A + N2 * C_B)
    v_x2 = i32x4.replace_lane(v_x2, 1, NEE * C_A)
    v_x2 = i32x4.replace_lane(v_x2, 2, h4)
    v_x2 = i32x4.replace_lane(v_x2, 3, 10)
    v_x3 = i32x4.splat(h7)
    v_x3 = i32x4.replace_lane(v_x3, 1, W * C_A + N * C_B)
    v_x3 = i32x4.replace_lane(v_x3, 2, N * C_A + NE * C_B)
    v_x3 = i32x4.replace_lane(v_x3, 3, NW * C_A)
    rank = candidate
    is_candidate = 0
    if is_open:
      key = kind * C_B + candidate * C_D
      # HITS
      agreed = (matched == candidate) if length > 0 else 2
      i32.store[PLACES] = 2 * (AT_PATTERNS + 128 * pattern + equal)
      i32.store[PLACES + 4] = 2 * (AT_RUNS + 16 * pattern + 2 * runs + (W == N))
      i32.store[PLACES + 8] = 2 * (AT_AGREES + (3 * length + agreed) * 128 + pattern)
      h = key + equal * C_A
      h = i32.shr_u((h ^ i32.shr_u(h, 15)) * C_C, 20)
      is_candidate = decide(0, 8 * kind + runs, 3 * (equal & 63) + kind, pattern, h, pace)
    if is_candidate:
      i32.store[errors + 4] = 0
    else:
      find_first(v_x0, v_x1, v_x2, v_x3)
      activity = predict(W, N, NW, NE, WW, N2, NEE, NWW)
      # EXPECTED
      rank = walk(candidate if is_open else 0 - 1, expected, activity, W, N, NW, NE,
        matched, length, candidate, kind, pace)
      i32.store[errors + 4] = learn_color(rank)
    i32.store16[at] = rank

    hit = rank == candidate
    i32.store16[gate_at] = gate + ((hit * 65535 - gate) >> 6)
    run = run + (run < 32) if hit else 0
    i32.store16[close_at] = rank + 1
    i32.store[met_at] = number + x + 1
    i32.store[met_at + 4] = (rank + 1) & 65535
    matching = matching + (matching < 256) if rank == matched else 0

    # NEXT
  # LAST
  i32.store[RUN] = run
  i32.store[MATCH] = match
  i32.store[MATCHING] = matching
"""
