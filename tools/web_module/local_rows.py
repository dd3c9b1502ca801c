"""A row's ranks by the local model (spec §7.5.8): the text is for `compiled`.

It is one function, so that the coder's numbers and the lines of a group stay where they are.
"""

from __future__ import annotations

from collections.abc import Iterator

from web_module.compiling import filled
from web_module.local_walking import local_walk
from web_module.rows import EXPECTED, FIRST, LAST, NEXT

# Of slots 4 to 8.
NEIGHBOURS = ("W", "N", "NE", "NW", "NEE")


def local_rows_source() -> str:
    """Return the function that decodes a row."""
    return filled(
        ROW,
        FIRST=FIRST,
        BEGINS="\n".join(_begins()),
        CONTEXTS="\n".join(_contexts()),
        EXPECTED=EXPECTED,
        WALK=local_walk(),
        NEXT=NEXT,
        LAST=LAST,
    )


def _begins() -> Iterator[str]:
    """Yield what finds where the tables begin, in bytes after the first slot."""
    yield "begin2 = 2 * AT_PAIRS"
    yield "begin3 = begin2 + i32.load[PAIR_SIZE]"
    yield "begin4 = begin3 + i32.load[PAIR_SIZE]"
    for i in range(5, 9):
        yield f"begin{i} = begin{i - 1} + i32.load[NEIGHBOUR_SIZE]"


def _contexts() -> Iterator[str]:
    """Yield what a pixel's lines are found by, but for their groups."""
    yield "x2 = W * C_A + WW * C_B"
    yield "x3 = N * C_A + N2 * C_B"
    for i in (2, 3):
        yield f"x{i} = (x{i} ^ i32.shr_u(x{i}, 15)) * C_C"
    for i, name in enumerate(NEIGHBOURS, 4):
        yield f"x{i} = {name} * groups"


ROW = """
@local_row
def local_row(y):
  # FIRST
  low = i32.load[CODER]
  high = i32.load[CODER + 4]
  code = i32.load[CODER + 8]
  mixed = i32.load[MIXED]
  groups = i32.load[GROUPS]
  pair_shift = i32.load[PAIR_SHIFT]
  line_mask = i32.load[LINE_MASK]
  # BEGINS
  while x < width:
    # CONTEXTS
    activity = predict(W, N, NW, NE, WW, N2, NEE, NWW)
    # EXPECTED
    v_near = i32x4.splat(W)
    v_near = i32x4.replace_lane(v_near, 1, N)
    v_near = i32x4.replace_lane(v_near, 2, NW)
    v_near = i32x4.replace_lane(v_near, 3, NE)
    # WALK
    rank = 0 - 1 - node
    i32.store[errors + 4] = learn_color(rank)
    i32.store16[at] = rank
    # NEXT
  # LAST
  i32.store[CODER] = low
  i32.store[CODER + 4] = high
  i32.store[CODER + 8] = code
  i32.store[MIXED] = mixed
"""
